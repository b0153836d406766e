"""What the page of the playbook shows beside the course: texts of the modules, who acts, who may decide, the way by
hand. A constant number of queries, however many steps there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.documents.module import Instruction, ManualWork, Module
from governance.documents.playbook import END, GateOption, Pin, Scenario, Step
from governance.reads import named, people, playbooks
from governance.reads.sentences import said
from governance.rules import ownership, runner
from incidents import access
from incidents.models import Containment, DecisionRequest, Evidence, Incident, StatusUpdate
from incidents.reads import gate_people, scopes
from incidents.reads import steps as reads
from incidents.reads.scopes import Scope
from incidents.reads.steps import Course, Line
from portal.models import User

LAST_SHOWN, NEAR, ON_CARD = 3, 10, 3
"""So many steps are shown behind and ahead; the others are folded."""


@dataclass(frozen=True)
class Text:
    """The module that a step follows, at its pinned version, and those `instructions` that the step carries out."""

    title: str
    number: int
    content: Module | None
    instructions: tuple[Instruction, ...] = ()


@dataclass(frozen=True)
class Option:
    """One way on at a gate: who may choose it (`needs` in words, `people` by name), and what it leads to."""

    option: GateOption
    needs: str
    people: tuple[str, ...]
    leads_to: str
    is_mine: bool
    who: Mapping[UUID, str]


@dataclass(frozen=True)
class ByHand:
    """How the business goes on without the workflow; `title` says by which document."""

    title: str
    work: ManualWork


@dataclass(frozen=True)
class Page:
    """Everything about the playbook of one incident for one reader. `open` is the line whose form is shown.

    `texts` are by key of the step; `acts` by responsibility the names of those who act now. `owes` is what the open
    step needs whatever is typed. `waits` is the decision that a gate waits for.
    """

    course: Course
    scope: Scope
    open: Line | None
    texts: Mapping[str, Text]
    acts: Mapping[str, tuple[str, ...]]
    options: tuple[Option, ...]
    decision: DecisionRequest | None
    by_hand: tuple[ByHand, ...]
    patterns: tuple[Text, ...]
    halted: tuple[Containment, ...]
    files: tuple[Evidence, ...]
    was_told: bool
    failed: str
    cursor: int
    may: bool
    user: User

    @property
    def out(self) -> str:
        """At a gate who may decide, for a commander who may not; empty for everybody else."""
        if not self.options or self.course.incident.lead_id != self.user.pk:
            return ""
        who = {person: name for option in self.options for person, name in option.who.items()}
        return gate_people.way_out(who, self.user.pk, commands=True) if self.user.pk not in who else ""

    @property
    def folded(self) -> tuple[Line, ...]:
        """What lies behind, but for the last steps."""
        return self.course.ended[:-LAST_SHOWN] if len(self.course.ended) > 2 * LAST_SHOWN else ()

    @property
    def unfolded(self) -> tuple[Line, ...]:
        return self.course.ended[len(self.folded) :]

    @property
    def near(self) -> tuple[Line, ...]:
        """The step whose turn it is and those that follow soon, with the one that is open."""
        ahead = [line for line in self.course.lines if line.state in ("now", "ahead", "later")]
        last = self.open.number if self.open else 0
        return tuple(line for place, line in enumerate(ahead) if place < NEAR or line.number <= last)

    @property
    def far(self) -> tuple[Line, ...]:
        near = self.near
        return tuple(line for line in self.course.lines if line.number > near[-1].number) if near else ()

    @property
    def text(self) -> Text | None:
        return self.texts.get(self.open.step.key) if self.open else None

    @property
    def is_decided_soon(self) -> bool:
        return self.decision is not None and self.decision.is_asked


def page(incident: Incident, user: User, *, at: datetime, step: str = "") -> Page:
    """The page for `user` at `at`; `step` is the key of another step than the next one whose form shall be open."""
    course = reads.course(incident)
    may = "step" in access.allowed(user, incident) and incident.is_open
    chosen = course.line(step) if step else None
    line = chosen if chosen is not None and chosen.may_end else course.now
    texts, patterns = _texts(course)
    return Page(
        course=course,
        scope=scopes.of(incident, user),
        open=line,
        texts=texts,
        acts=_acting(incident, course, texts, at=at),
        options=_options(incident, course, line, user, at=at),
        decision=_decision(incident, line),
        by_hand=_by_hand(course, patterns),
        patterns=patterns,
        halted=tuple(Containment.objects.filter(incident=incident, released_at=None).order_by("since", "pk")),
        files=tuple(Evidence.objects.filter(incident=incident).order_by("-added_at", "-pk")[:50]),
        was_told=line is not None and line.step.does == "communication" and was_told(course),
        failed=_failed(incident, line),
        cursor=incident.timeline.order_by("-id").values_list("pk", flat=True).first() or 0,
        may=may,
        user=user,
    )


def was_told(course: Course) -> bool:
    """Whether an update was sent since the turn came."""
    rows = StatusUpdate.objects.filter(incident=course.incident, state=StatusUpdate.State.SENT)
    if course.turn_at is not None:
        rows = rows.filter(sent_at__gte=course.turn_at)
    return rows.exists()


def owed(page: Page) -> list[str]:
    """What the open step needs that no form gives: an agreed scope, an update that was sent."""
    if page.open is None:
        return []
    found = list(filter(None, [page.open.locked]))
    if page.open.step.does == "scope" and not page.scope.is_settled:
        found.append(said(runner.LOCKED[page.course.scope]))
    if page.open.step.does == "communication" and not page.was_told:
        found.append(said(runner.SEND_UPDATE))
    return found


def _texts(course: Course) -> tuple[dict[str, Text], tuple[Text, ...]]:
    """By step the module that it follows; and every module of the scenario."""
    if course.scenario is None:
        return {}, ()
    pins = course.scenario.pin_by_key
    pinned = playbooks.pinned_modules(pins.values())

    def text(pin: Pin, step: Step | None = None) -> Text:
        module = pinned.get((pin.module, pin.digest))
        told = playbooks.carried_out(step, module) if step is not None else ()
        return Text(module.title if module else pin.key, pin.version, module.content if module else None, told)

    found = {
        line.step.key: text(pins[line.step.follows], line.step)
        for line in course.lines
        if line.step.follows in pins and line.step.follows is not None
    }
    return found, tuple(text(pin) for pin in pins.values())


def _by_hand(course: Course, patterns: Iterable[Text]) -> tuple[ByHand, ...]:
    """The ways of the playbook and of the modules of the scenario."""
    if course.playbook is None:
        return ()
    found = [ByHand(_("The playbook"), course.playbook.manual)] if course.playbook.manual else []
    for text in patterns:
        if text.content is not None and text.content.manual is not None:
            found.append(ByHand(text.title, text.content.manual))
    return tuple(found)


def _acting(
    incident: Incident, course: Course, texts: Mapping[str, Text], *, at: datetime
) -> dict[str, tuple[str, ...]]:
    """By responsibility who acts now, of the steps that lie ahead."""
    wanted: set[str] = set()
    for line in course.lines:
        if not line.has_ended:
            wanted |= {key for key in (line.step.responsibility,) if key}
            told = texts[line.step.key].instructions if line.step.key in texts else ()
            wanted |= {row.responsibility for row in told if row.responsibility}
    if not wanted:
        return {}
    matrices, facts, folk = access.matrices_of(incident), people.workflow_facts(incident.workflow), people.facts(at)
    found = {}
    for key in wanted:
        answer = ownership.resolve(matrices, facts, key, incident.severity, folk, at)
        found[key] = tuple(item.name for item in (answer.groups[0].people if answer.groups else ()))
    return found


def _options(incident: Incident, course: Course, line: Line | None, user: User, *, at: datetime) -> tuple[Option, ...]:
    """The ways on of a gate, each with the people whose authority reaches so far."""
    if line is None or line.step.does != "gate" or course.scenario is None:
        return ()
    titles = named.titles()
    ground = gate_people.Ground(
        matrices=access.matrices_of(incident),
        workflow=people.workflow_facts(incident.workflow),
        severity=incident.severity,
        risk=access.risk_of(incident),
        folk=people.facts(at),
        holding=access.holding(incident),
        at=at,
    )
    found = []
    for option in line.step.options:
        who = gate_people.deciders(option, ground)
        needs, leads = playbooks.needs(option, titles), _leads_to(course.scenario, option)
        found.append(Option(option, needs, tuple(who.values()), leads, user.pk in who, who))
    return tuple(found)


def _leads_to(scenario: Scenario, option: GateOption) -> str:
    if option.next in (None, END):
        return ""
    return next((step.title for step in scenario.steps if step.key == option.next), "")


def _decision(incident: Incident, line: Line | None) -> DecisionRequest | None:
    """The newest request of the gate whose turn it is."""
    if line is None or line.step.does != "gate":
        return None
    return asked(incident, line).order_by("-opened_at", "-pk").first()


def asked(incident: Incident, line: Line) -> QuerySet[DecisionRequest]:
    """Every request for this visit of a gate; another one follows where one ended without a choice."""
    rows = DecisionRequest.objects.filter(incident=incident, asked=DecisionRequest.Asked.GATE)
    return rows.filter(asked_key__startswith=gate_key(incident, line))


def gate_key(incident: Incident, line: Line) -> str:
    """How the keys of the requests for one visit of a gate begin."""
    return f"gate:{incident.pk}:{line.step.key}:{line.visit}:"


def _failed(incident: Incident, line: Line | None) -> str:
    """What did not pass when somebody last tried, of a check that is open."""
    if line is None or line.step.does not in ("integrity", "verification"):
        return ""
    rows = incident.timeline.filter(verb="step_failed").select_related("text_row").order_by("-id")
    last = rows.first()
    if last is None or last.data.get("step") != line.step.key or not hasattr(last, "text_row"):
        return ""
    return str(last.text_row.text)


@dataclass(frozen=True)
class Card:
    """The playbook in short, for the page of the incident: the last steps behind, the one whose turn it is, the next.

    `earlier` and `later` are how many others there are. `decision` is the one that a gate waits for.
    """

    course: Course
    title: str
    done: tuple[Line, ...]
    following: tuple[Line, ...]
    earlier: int
    later: int
    decision: DecisionRequest | None
    may: bool


def card(course: Course, *, may: bool) -> Card | None:
    """The course in short for somebody who `may` carry steps out; None: no playbook was chosen. One query at a gate."""
    if course.version is None or course.playbook is None:
        return None
    done, coming = course.ended[-ON_CARD:], course.coming[:ON_CARD]
    earlier, later = len(course.ended) - len(done), len(course.coming) - len(coming)
    decision = _decision(course.incident, course.now)
    return Card(course, course.playbook.title, done, coming, earlier, later, decision, may)
