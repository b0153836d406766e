"""What people do with the roles of an incident: take, give, hand over, step in, give up, ask for a sign (D5, D6, D8).

Whoever works on incidents may take a role; the limits of the role come with it only where the matrix says so. The
commander's role moves with the lead, through ``escalation``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from governance.documents.matrix import Role
from governance.reads import people
from governance.rules.incident_roles import COMMANDER
from governance.rules.resolution import Candidate
from incidents.models import EscalationRun, Incident, Participant, RoleAssignment
from incidents.models.incidents import OPEN_STATES
from incidents.reads import roles as reads
from incidents.services import escalation, incidents, messages, participants, roles, step_owners, timeline
from incidents.services.incidents import Held
from portal import audit, limits, timers
from portal.errors import DomainError
from portal.models import User

Entered = RoleAssignment.Entered


class CannotTake(DomainError):
    """The role cannot change hands like this; the sentence says why."""


def assume(*, incident: Incident, role: str, by: User, at: datetime) -> Incident:
    """`by` takes a role that nobody holds; to command is to answer the incident.

    Raises CannotTake, NotAnswerable, NotPossible, Refused.
    """
    if role == COMMANDER:
        return _incident(escalation.acknowledge(run=_run(incident), by=by, at=at))
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason="role taken", at=at) as held:
        spec = _known(held, role)
        _check_free(held, role)
        row = roles.enter(held.incident, role, by, at=at, way=roles.Way(by=by))
        held.log("role_assumed", "", is_public=False, name=str(by), role=role, title=spec.title, since=_since(row))
    return held.incident


def assign(*, incident: Incident, role: str, to: User, reason: str, by: User, at: datetime) -> Incident:
    """`by` gives a role to `to`, who is told at once and holds it from now on; whoever held it hears who does.

    Raises CannotTake, CannotEscalate, NotPossible, Refused.
    """
    reason = _words(reason, _("Say in a few words why they take it."))
    if role == COMMANDER:
        return _incident(escalation.reassign(run=_run(incident), to=to, by=by, reason=reason, at=at))
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason=reason, at=at) as held:
        spec, before = _known(held, role), roles.held_now(held.incident, role)
        _check_person(to, before)
        way = roles.Way(entered=Entered.ASSIGNED, by=by, note=reason)
        row = roles.enter(held.incident, role, to, at=at, way=way, before=before)
        facts = {"name": str(by), "to": str(to), "role": role, "title": spec.title}
        if before is not None:
            facts["before"] = str(before.user)
        held.log("role_assigned", reason, is_public=False, **facts)
        told = {"name": str(by), "role": spec.title, "reason": reason}
        if to != by:
            messages.tell("role.assigned", held.incident, [to], f"role:{row.pk}", at=at, **told)
        _relieve(held, before, row)
    return held.incident


def hand_over(
    *,
    incident: Incident,
    role: str,
    to: User,
    criteria: Iterable[str],
    artefacts: Mapping[str, str],
    note: str,
    by: User,
    at: datetime,
) -> Incident:
    """`by` hands the own role over to `to`, who is told and holds it at once.

    `criteria` are those of the role's that are met, `artefacts` say where each lies; what is missing needs a `note`.
    Raises CannotTake, CannotEscalate, NotPossible, Refused.
    """
    note = note.strip()
    if len(note) > limits.REASON_LENGTH:
        raise CannotTake(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    reason = note or "handed over"
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason=reason, at=at) as held:
        spec, before = _known(held, role), roles.held_now(held.incident, role)
        if before is None or before.user_id != by.pk:
            raise CannotTake(_("You do not hold this role any more. Nothing was changed."))
        _check_person(to, before)
        form = _handover(spec, set(criteria), artefacts)
        missing = open_points(spec, form)
        if missing and not note:
            raise CannotTake(_("Say why this is still open: %(points)s.") % {"points": "; ".join(missing)})
        if role == COMMANDER:
            run = held.run or _run(held.incident)
            escalation.reassign(run=run, to=to, by=by, reason=note, at=at, handover=form, missing=missing)
            return held.incident
        way = roles.Way(entered=Entered.HANDED_OVER, by=by, handover=form, note=note)
        row = roles.enter(held.incident, role, to, at=at, way=way, before=before)
        facts = {"name": str(by), "to": str(to), "role": role, "title": spec.title, "missing": missing}
        held.log("role_handed_over", roles.text_of(note, form), is_public=False, **facts)
        told = {"name": str(by), "role": spec.title, "reason": note, "handover": roles.lines(form)}
        messages.tell("role.handed_over", held.incident, [to], f"role:{row.pk}", at=at, **told)
        step_owners.handed_over(held.incident, by, at=at)
    return held.incident


def open_points(role: Role, handover: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What the role asks for at its hand-over and `handover` does not have, in the words of the matrix."""
    found = [text for text in role.handoff if not handover["criteria"].get(text)]
    return found + [text for text in role.artefacts if not handover["artefacts"].get(text)]


def _handover(role: Role, criteria: set[str], artefacts: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """What the form of the hand-over said about the criteria and artefacts of `role`."""
    places = {text: " ".join(artefacts.get(text, "").split())[: limits.REASON_LENGTH] for text in role.artefacts}
    return {"criteria": {text: text in criteria for text in role.handoff}, "artefacts": dict(places)}


def step_in(*, incident: Incident, role: str, by: User, at: datetime) -> Incident:
    """`by`, a deputy, takes the role over from a holder who is away or gives no sign; the holder hears of it.

    Raises CannotTake, NotPossible, Refused.
    """
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason="stepped in", at=at) as held:
        spec, before = _known(held, role), roles.held_now(held.incident, role)
        if before is None:
            raise CannotTake(_("Nobody holds this role. Take it."))
        _check_person(by, before)
        if reads.sign(before, at=at) not in reads.GONE:
            raise CannotTake(_("%(name)s is here. Ask %(name)s to hand it over.") % {"name": before.user})
        if by.pk not in {item.person for item in deputies(held.incident, role, before, at=at)}:
            raise CannotTake(_("The matrix does not name you for this role. Ask one of the deputies, or assign it."))
        way = roles.Way(entered=Entered.STEPPED_IN, by=by)
        if role == COMMANDER:
            escalation.succeed(held.incident, held.run or _run(held.incident), by, way, at=at)
            row = roles.held_now(held.incident, role) or before
        else:
            row = roles.enter(held.incident, role, by, at=at, way=way, before=before)
        facts = {"name": str(by), "role": role, "title": spec.title, "before": str(before.user)}
        held.log("role_stepped_in", "", is_public=False, **facts)
        _relieve(held, before, row)
    return held.incident


def give_up(*, incident: Incident, role: str, reason: str, by: User, at: datetime) -> Incident:
    """`by` does not hold the role any more, and nobody does; the deputies are told that they can take it.

    Giving up the command gives the incident back. Raises CannotTake, CannotEscalate, NotPossible, Refused.
    """
    reason = _words(reason, _("Say why you give it up."))
    if role == COMMANDER:
        return _incident(escalation.unacknowledge(run=_run(incident), by=by, reason=reason, at=at))
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason=reason, at=at) as held:
        spec, row = _known(held, role), roles.held_now(held.incident, role)
        if row is None or row.user_id != by.pk:
            raise CannotTake(_("You do not hold this role any more. Nothing was changed."))
        roles.end(row, at=at, reason="given up")
        names = tell_deputies(row, "given_up", f"role:{row.pk}:given_up", at=at, incident=held.incident)
        facts = {"name": str(by), "role": role, "title": spec.title, "people": names}
        held.log("role_given_up", reason, is_public=False, **facts)
        step_owners.handed_over(held.incident, by, at=at)
    return held.incident


def ask_sign(*, incident: Incident, role: str, by: User, at: datetime) -> Incident:
    """`by` asks the holder whether they are there; without a sign in time the deputies are told.

    Raises CannotTake, NotPossible, Refused.
    """
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason="asked for a sign", at=at) as held:
        spec, row = _known(held, role), roles.held_now(held.incident, role)
        if row is None:
            raise CannotTake(_("Nobody holds this role. Take it."))
        if row.user_id == by.pk:
            raise CannotTake(_("You hold this role yourself."))
        if reads.sign(row, at=at) == reads.ASKED:
            raise CannotTake(_("%(name)s was asked already and still has time to answer.") % {"name": row.user})
        timers.schedule_many(roles.silence(row, at=at), at)
        facts = {"name": str(by), "to": str(row.user), "role": role, "title": spec.title}
        entry_id = held.log("role_asked", "", is_public=False, **facts)
        told = {"name": str(by), "role": spec.title}
        messages.tell("role.asked", held.incident, [row.user], f"role:{row.pk}:{entry_id}", at=at, **told)
    return held.incident


def confirm(*, incident: Incident, role: str, by: User, at: datetime) -> Incident:
    """The holder gives a sign: here I am. Raises CannotTake, NotPossible, Refused."""
    with incidents.holding(incident, by=by, may="roles", states=OPEN_STATES, reason="gave a sign", at=at) as held:
        spec, row = _known(held, role), roles.held_now(held.incident, role)
        if row is None or row.user_id != by.pk:
            raise CannotTake(_("You do not hold this role any more. Nothing was changed."))
        timers.supersede(subject=row, at=at, reason="is here", kinds=[roles.SILENCE])
        held.log("role_confirmed", "", is_public=False, name=str(by), role=role, title=spec.title)
    return held.incident


# Shared with the clock and with leaving


def deputies(incident: Incident, role: str, row: RoleAssignment, *, at: datetime) -> tuple[Candidate, ...]:
    """Who stands in for the holder of `row`, in order."""
    return roles.rules_of(incident).deputies(role, row.user, people.facts(at), at)


def tell_deputies(row: RoleAssignment, which: str, key: str, *, at: datetime, incident: Incident) -> list[str]:
    """The deputies hear that the role needs somebody: its holder is silent, absent, left or gave it up. Their names.

    They may open the incident from now on.
    """
    found = {item.person for item in deputies(incident, row.role, row, at=at)}
    users = list(User.objects.active().filter(pk__in=found).order_by("name", "pk"))
    participants.add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in users], at=at)
    messages.tell("role.silent", incident, users, key, at=at, role=row.title, holder=str(row.user), which=which)
    return [str(user) for user in users]


def left(incident: Incident, person: User, *, at: datetime) -> None:
    """`person` does not work here any more: the roles besides the command end, and their deputies are told.

    Call inside ``audit.action`` with the incident locked; the lead was given back before.
    """
    action = audit.current()
    rows = RoleAssignment.objects.select_related("user").filter(incident=incident, user=person, ended_at=None)
    for row in rows.order_by("role"):
        roles.end(row, at=at, reason="left")
        names = tell_deputies(row, "left", f"role:{row.pk}:left", at=at, incident=incident)
        facts = {"name": str(person), "role": row.role, "title": row.title, "which": "left", "people": names}
        timeline.add(incident, verb="role_silent", by=None, at=at, data=facts)
        if action is not None:
            action.record(verb="incident.role_silent", target=incident, data=facts)


def _relieve(held: Held, before: RoleAssignment | None, row: RoleAssignment) -> None:
    """Whoever held the role hears who does now; not about their own move."""
    if before is None or before.user in (held.by, row.user):
        return
    told = {"name": str(held.by), "holder": str(row.user), "role": row.title, "reason": row.note}
    messages.tell("role.relieved", held.incident, [before.user], f"role:{row.pk}", at=held.at, **told)


def _known(held: Held, role: str) -> Role:
    if held.run is None:
        raise CannotTake(_("This is a near miss: nobody is called for it, so it needs no roles."))
    spec = roles.rules_of(held.incident).roles.get(role)
    if spec is None:
        raise CannotTake(_("The rules of this incident have no such role. Load the page again."))
    return spec


def _check_free(held: Held, role: str) -> None:
    row = roles.held_now(held.incident, role)
    if row is None:
        return
    if row.user == held.by:
        raise CannotTake(_("You hold this role already."))
    raise CannotTake(_("%(name)s has it. Nothing was changed.") % {"name": row.user})


def _check_person(to: User, before: RoleAssignment | None) -> None:
    if not to.is_active:
        raise CannotTake(_("%(name)s is not active any more. Choose somebody else.") % {"name": to})
    if before is not None and before.user_id == to.pk:
        raise CannotTake(_("%(name)s holds this role already.") % {"name": to})


def _words(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise CannotTake(sentence)
    if len(text) > limits.REASON_LENGTH:
        raise CannotTake(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    return text


def _run(incident: Incident) -> EscalationRun:
    run = EscalationRun.objects.select_related("incident").filter(incident=incident).first()
    if run is None:
        raise CannotTake(_("This is a near miss: nobody is called for it, so it needs no roles."))
    return run


def _incident(run: EscalationRun) -> Incident:
    assert run.incident is not None  # a decision has no roles
    return run.incident


def _since(row: RoleAssignment) -> str:
    return messages.iso(row.assumed_at)
