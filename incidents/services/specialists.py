"""A score that reaches a threshold of the rubric brings in whom it names besides the ladder (D9)."""

from datetime import datetime

from governance.documents.base import Target
from governance.documents.sentences import stored as _
from governance.reads import people
from governance.rules import escalation as rules
from incidents.models import EscalationRun, Incident, Participant
from incidents.services import cases, messages, participants, timeline
from portal import audit
from portal.models import User

SPECIALISTS = _("Specialists")
BROUGHT_IN = _("The triage rubric brings you in from %(severity)s on.")


def bring_in(incident: Incident, targets: tuple[Target, ...], *, at: datetime) -> list[User]:
    """Tell everybody behind `targets` who was not told of `incident` before, and let them take part.

    They need not answer: the ladder goes on. Nobody is told of a near miss. Call inside ``audit.action`` with the
    incident locked; nothing is read where nobody is named.
    """
    if not targets:
        return []
    run = EscalationRun.objects.filter(incident=incident).first()
    if run is None:
        return []
    case, severity = cases.open_one(incident, run), incident.severity
    because = BROUGHT_IN % {"severity": severity.upper()}
    step = rules.Step(0, "level", "specialists", SPECIALISTS, 1, 0, 0, targets, "urgent", because)
    resolved = rules.resolutions(case.policy, step, case.matrices, case.workflow, severity, people.facts(at), at)
    telling = rules.tell(step, resolved, ())
    known = Participant.objects.filter(incident=incident, role=Participant.Role.TOLD).values("user_id")
    found = User.objects.active().filter(pk__in={tell.person for tell in telling.tells}).exclude(pk__in=known)
    users = list(found.order_by("name", "pk"))
    names = [str(user) for user in users]
    if telling.gaps:
        facts = {"title": SPECIALISTS, "sentence": " ".join(telling.gaps), "level": 0}
        timeline.add(incident, verb="nobody", by=None, at=at, data=facts)
    if not users:
        return []
    participants.add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in users], at=at)
    key = f"incident:{incident.pk}:specialists:{severity}"
    messages.tell("incident.specialists", incident, users, key, at=at, why=str(because))
    timeline.add(incident, verb="specialists", by=None, at=at, data={"people": names, "sentence": because})
    action = audit.current()
    if action is not None:
        facts = {"people": [str(user.pk) for user in users], "severity": severity}
        action.record(verb="incident.specialists_told", target=incident, data=facts)
    return users
