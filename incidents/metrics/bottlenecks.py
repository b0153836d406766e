"""Where it stops again and again, as the sums say it: each with its base, its trend and a document to change (D81).

A pattern leads to a change: its sentence is the reason of the draft that somebody begins with one click.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Document
from governance.models.versions import Kind
from incidents.metrics import said
from incidents.metrics.figures import Asked, Figure
from incidents.metrics.sums import Sides
from portal import limits

OFTEN = 0.2
"""A share from which on something is worth a change."""
LEVELS = 6
MEASURES = ("count", "level", "nobody", "late", "news", "decide", "otherwise", "left_out", "overruled", "emergencies")
TITLES = {
    "level": _("Level %(level)s did not answer in its time"),
    "nobody": _("Nobody was reached at first"),
    "late": _("News came later than promised"),
    "decide": _("Deciding what to do takes longer than before"),
    "otherwise": _("Steps were done otherwise than the playbook says"),
    "left_out": _("Steps of the playbook were left out"),
    "overruled": _("The scope of the work was overruled"),
    "emergencies": _("Rules were changed by emergency"),
    "step_skipped": _("“%(step)s” is left out"),
    "step_changed": _("“%(step)s” is done otherwise"),
    "step_long": _("“%(step)s” takes longest"),
    "cause": _("Cause: %(text)s"),
    "pattern": _("Failure pattern: %(text)s"),
    "gap": _("Gap in governance: %(text)s"),
    "source": _("%(source)s calls people for nothing"),
    "rule": _("%(source)s, rule “%(rule)s”, calls people for nothing"),
}
DETAILS = {
    "decide": _("usually %(now)s, it was %(before)s"),
    "step_skipped": _("in “%(playbook)s”"),
    "step_changed": _("in “%(playbook)s”"),
    "step_long": _("in “%(playbook)s”, usually %(time)s"),
    "source": _("declined %(declined)s, acknowledged and nothing done %(idle)s"),
    "rule": _("declined %(declined)s, acknowledged and nothing done %(idle)s"),
}
BOTTLENECK, COMPLIANCE, CAUSE, NOISE = "bottleneck", "compliance", "cause", "noise"


@dataclass(frozen=True)
class Pattern:
    """`count` of `base`, and the same `before` (`base` 0: it is only counted).

    `kind` is a key of TITLES, whose words are in `named`; `worth` orders them, 0 is not worth a change. `document` is
    what could say otherwise; `url` is where one reads on.
    """

    key: str
    about: str
    kind: str
    count: int
    base: int
    before: tuple[int, int]
    worth: float = 0.0
    named: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None
    url: str = ""

    @property
    def title(self) -> str:
        return str(TITLES[self.kind]) % self.named

    @property
    def detail(self) -> str:
        return str(DETAILS[self.kind]) % self.named if self.kind in DETAILS else ""

    @property
    def is_few(self) -> bool:
        return bool(self.base) and self.base < said.FEW

    @property
    def how_often(self) -> str:
        return said.of_base(self.count, self.base) if self.base else str(self.count)

    @property
    def trend(self) -> said.Trend:
        if not self.base:
            return said.of_counts(self.count, self.before[0])
        return said.of_shares((self.count, self.base), self.before)

    @property
    def reason(self) -> str:
        """Why something should change, in one sentence with its base."""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.title} ({self.how_often}){detail}"[: limits.REASON_LENGTH]


def documents(asked: Asked) -> dict[str, Document]:
    """{kind: what is in force for the team or process that is asked for, else for the company}; one query."""
    scope = Document.ScopeKind
    fits = Q(scope_kind=scope.DEFAULT)
    if asked.team is not None:
        fits |= Q(scope_kind=scope.TEAM, scope_value=str(asked.team))
    if asked.workflow is not None:
        fits |= Q(scope_kind=scope.WORKFLOW, scope_value=str(asked.workflow))
    kinds = (Kind.ESCALATION, Kind.COMMUNICATION, Kind.MATRIX)
    order = {scope.DEFAULT.value: 0, scope.TEAM.value: 1, scope.WORKFLOW.value: 2}
    rows = Document.objects.filter(fits, kind__in=kinds, effective_version__isnull=False)
    return {row.kind: row for row in sorted(rows, key=lambda row: order[row.scope_kind])}


def patterns(found: Sides, known: Mapping[str, Document]) -> list[Pattern]:
    """What the sums of MEASURES say, that most worth a change first; no query."""
    return ordered([*_bottlenecks(found, known), *_compliance(found)])


def ordered(found: Iterable[Pattern]) -> list[Pattern]:
    return sorted(found, key=lambda one: (-one.worth, -one.count, one.key))


def _bottlenecks(found: Sides, known: Mapping[str, Document]) -> Iterator[Pattern]:
    now, before = found.now, found.before
    policy, plan = known.get(Kind.ESCALATION), known.get(Kind.COMMUNICATION)
    for level in range(1, min(max(now["level"].counts, default=0), LEVELS)):
        values = _beyond(now["level"], level), _beyond(before["level"], level)
        yield rated(f"level-{level}", BOTTLENECK, "level", *values, named={"level": str(level)}, document=policy)
    if now["nobody"].total or before["nobody"].total:
        nobody = [(side["nobody"].total, side["nobody"].count) for side in (now, before)]
        one = rated("nobody", BOTTLENECK, "nobody", *nobody, document=known.get(Kind.MATRIX) or policy)
        yield replace(one, worth=2 * one.worth)
    if now["late"].total or before["late"].total:
        yield rated("late", BOTTLENECK, "late", late(now), late(before), document=plan)
    if (slower := _slower(now["decide"], before["decide"])) is not None:
        yield replace(slower, document=policy)


def _compliance(found: Sides) -> Iterator[Pattern]:
    """What did not go as rules and playbooks say: in how many of all incidents."""
    for measure in ("otherwise", "left_out", "overruled", "emergencies"):
        now, before = ((side[measure].above(0), side[measure].count) for side in (found.now, found.before))
        if now[0] or before[0]:
            yield replace(rated(measure, COMPLIANCE, measure, now, before), worth=0.0)


def late(side: Mapping[str, Figure]) -> tuple[int, int]:
    """(news that came late or not at all, all news that was due)."""
    overdue = side["late"].total
    return overdue, max(side["news"].total, overdue)


def _beyond(levels: Figure, level: int) -> tuple[int, int]:
    """(those that went beyond `level`, those that came to it)."""
    return levels.above(level), levels.above(level - 1)


def rated(key: str, about: str, kind: str, now: tuple[int, int], before: tuple[int, int], **more: Any) -> Pattern:
    """A pattern that is worth the more the larger its share is, from OFTEN on."""
    often = now[0] / now[1] if now[1] >= said.FEW else 0.0
    return Pattern(key, about, kind, *now, before, often if often >= OFTEN else 0.0, **more)


def _slower(now: Figure, before: Figure) -> Pattern | None:
    """Deciding takes clearly longer than before."""
    if now.count < said.FEW or before.count < said.FEW or now.usual is None or before.usual is None:
        return None
    if now.usual <= (1 + OFTEN) * before.usual:
        return None
    edge = round(before.usual)
    words = {"now": said.lasting(now.usual), "before": said.lasting(before.usual)}
    sides = (now.above(edge), now.count), (before.above(edge), before.count)
    one = rated("decide", BOTTLENECK, "decide", *sides, named=words)
    return replace(one, worth=min(1.0, now.usual / max(before.usual, 1) - 1) / 2)


def worst(found: Sides, known: Mapping[str, Document]) -> Pattern | None:
    """What is most worth a change and has a document that can be changed; None: nothing stands out."""
    return next((one for one in patterns(found, known) if one.worth and one.document is not None), None)
