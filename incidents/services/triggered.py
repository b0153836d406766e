"""What a trigger of the policy says and whom it tells, once it has fitted something (D18)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation, Trigger
from governance.documents.facts import WorkflowFacts
from governance.reads import documents, people
from governance.rules import triggers as rules
from governance.rules.ownership import Matrices
from incidents.models import Incident, Override, Participant
from incidents.services import cases, messages, overrides, participants, timeline
from portal import operators, outbox
from portal.models import User


@dataclass(frozen=True)
class Judged:
    """What the policy makes of a `happening`: `trigger` is the one that fits, None when none does.

    `force` holds the documents that filing needs, read only once; `held` is what is set aside for the workflow, and
    `override` what of it has its effect on this trigger.
    """

    happening: rules.Happening
    trigger: Trigger | None = None
    force: documents.InForce | None = None
    held: overrides.Held | None = None
    override: Override | None = None

    @property
    def judgement(self) -> rules.Judgement:
        if self.trigger is None:
            return rules.Judgement(rules.NO_TRIGGER)
        return rules.verdict(self.trigger, self.happening)

    @property
    def counts(self) -> bool:
        """Whether the events before have to be counted, under the lock of their group."""
        return self.trigger is not None and self.trigger.kind == "count"


def floor(judged: Judged | None, severity: str) -> tuple[str, str]:
    """The severity that the trigger raises `severity` to, and why; both empty where it does not."""
    judgement = judged.judgement if judged else None
    if judgement is None or judgement.severity is None or not rules.worse(judgement.severity, severity):
        return "", ""
    return judgement.severity, str(judgement.sentence)


def line(incident: Incident, judged: Judged, *, raised: str = "", people: Iterable[str] = ()) -> timeline.Line:
    """What the timeline says of a trigger; what it captured lies in the erasable text.

    `raised` is the severity before, where the trigger raised it.
    """
    judgement = judged.judgement
    data: dict[str, Any] = {"trigger": judgement.key, "title": judgement.title, "sentence": judgement.sentence}
    data |= {"before": raised, "after": incident.severity, "people": list(people)}
    return timeline.Line(incident.pk, "trigger", data=data, text=rules.lines(judgement))


def tell_targets(
    incident: Incident,
    judged: Judged,
    policy: Pinned[Escalation],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    *,
    at: datetime,
    is_new: bool = False,
) -> list[User]:
    """Tell those whom the trigger names besides the ladder, and let them take part; for nobody, the operators.

    `is_new` leaves out whoever was told of the incident already.
    """
    judgement = judged.judgement
    if not judgement.targets:
        return []
    telling = rules.telling(judgement, policy, matrices, workflow, incident.severity, people.facts(at), at)
    known = set()
    if is_new:
        known = set(Participant.objects.filter(incident=incident, role="told").values_list("user_id", flat=True))
    users = list(User.objects.active().filter(pk__in={tell.person for tell in telling.tells} - known).order_by("name"))
    participants.add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in users], at=at)
    key = f"incident:{incident.pk}:trigger:{judgement.key}"
    words = {"why": str(judgement.sentence), "captured": rules.lines(judgement)}
    messages.tell("incident.trigger", incident, users, key, at=at, **words)
    if telling.gaps:
        folk = operators.people()
        participants.add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in folk], at=at)
        line, note = _gap(incident, judgement, telling.gaps, folk, key)
        timeline.add_many([line], at=at)
        outbox.enqueue_many([note], at)
    return users


def _gap(
    incident: Incident, judgement: rules.Judgement, gaps: Sequence[str], folk: list[User], key: str
) -> tuple[timeline.Line, outbox.Note]:
    """What the timeline and the operators hear when targets of a trigger reach nobody (I17)."""
    why = " ".join(gaps)
    line = timeline.Line(incident.pk, "nobody", data={"title": judgement.title, "sentence": why, "level": 0})
    return line, messages.note("incident.gap", incident, folk, f"{key}:gap", level=judgement.title, why=why)


@dataclass
class Besides:
    """Whom the trigger of a missed timebox tells besides, and what the timeline says of it."""

    people: list[User] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    lines: list[timeline.Line] = field(default_factory=list)
    gaps: list[outbox.Note] = field(default_factory=list)


def besides(missed: Sequence[tuple[cases.Case, str]], *, at: datetime) -> dict[UUID, Besides]:
    """For each case whose timebox (triage or decision) was missed, by run: whom its trigger tells; two reads in all."""
    judged = [(case, which, rules.of_timebox(case.policy, which, case.criticality, at)) for case, which in missed]
    found = {case.run.pk: Besides() for case, _which, _judgement in judged}
    if not any(judgement.targets for _case, _which, judgement in judged):
        for case, _which, judgement in judged:
            found[case.run.pk].data |= {"title": judgement.title, "trigger": judgement.key} if judgement.key else {}
        return found
    folk, told = people.facts(at), {}
    for case, which, judgement in judged:
        told[case.run.pk, which] = rules.telling(
            judgement, case.policy, case.matrices, case.workflow, case.run.severity, folk, at
        )
    wanted = {tell.person for telling in told.values() for tell in telling.tells}
    users = User.objects.active().in_bulk(wanted)
    watching = operators.people() if any(telling.gaps for telling in told.values()) else []
    for case, which, judgement in judged:
        telling, own = told[case.run.pk, which], found[case.run.pk]
        names = [users[tell.person] for tell in telling.tells if tell.person in users]
        own.people += names
        if judgement.key:
            own.data |= {"title": judgement.title, "trigger": judgement.key, "people": [str(user) for user in names]}
        if telling.gaps:
            key = f"incident:{case.incident.pk}:{which}:{case.run.generation}:trigger"
            line, note = _gap(case.incident, judgement, telling.gaps, watching, key)
            own.lines.append(line)
            own.gaps.append(note)
    return found
