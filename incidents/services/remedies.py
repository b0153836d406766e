"""Workarounds, which end by themselves, and permanent fixes, which do not (D90, D101).

A workaround is somebody's promise to come back: before it ends they are reminded, and when it has ended and nobody has
taken it away, those who answer for the repair are told, also long after the incident is over.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from governance.reads import ownership
from incidents.models import Incident, Remedy
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.services import cases, incidents, messages, timeline
from portal import audit, limits, timers
from portal.errors import DomainError
from portal.models import Membership, Timer, User

EXPIRY = "remedy.expiry"
SOON, OVER = "soon", "over"
REMINDED_BEFORE = timedelta(days=1)
SHORT = 4  # of a short workaround people are reminded when a quarter of its time is left
LONGEST = timedelta(days=365)
AFTER = (*OPEN_STATES, IncidentState.RESOLVED, IncidentState.CLOSED)


class NotRemedied(DomainError):
    """Something is missing, or the workaround is gone already."""


def add(
    *,
    incident: Incident,
    kind: str,
    what: str,
    rationale: str,
    by: User,
    at: datetime,
    artefact: str = "",
    expires_at: datetime | None = None,
) -> Remedy:
    """`by` made it work for a time (`kind` workaround, until `expires_at`) or for good (permanent, no end).

    `rationale` says why so, `artefact` what was changed: a definition, its version, a schema or a setting; a
    permanent fix always names it. Raises NotRemedied, NotPossible, Refused.
    """
    with incidents.holding(incident, by=by, may="monitor", states=AFTER, reason=what.strip(), at=at) as held:
        what = _said(what, _("Say what was done."))
        rationale = _said(rationale, _("Say why it is done this way."))
        artefact = artefact.strip()[: limits.REASON_LENGTH]
        if kind == Remedy.Kind.PERMANENT:
            expires_at = None
            _said(artefact, _("Name what was changed: the definition, its version, a schema or a setting."))
        else:
            _ends(expires_at, at)
        made = Remedy(
            incident=held.incident,
            kind=kind,
            what=what,
            rationale=rationale,
            artefact=artefact,
            by=by,
            at=at,
            expires_at=expires_at,
        )
        made.save()
        _promise(made, at)
        until = messages.iso(expires_at) if expires_at else ""
        verb = "fixed" if kind == Remedy.Kind.PERMANENT else "workaround"
        held.log(
            verb, f"{what.rstrip('.')}. {rationale}", is_public=False, name=str(by), remedy=str(made.pk), until=until
        )
    return made


def extend(*, remedy: Remedy, until: datetime, reason: str, by: User, at: datetime) -> Remedy:
    """The workaround is needed longer. Raises NotRemedied, NotPossible, Refused."""
    reason = _said(reason, _("Say why it is needed longer."))
    with incidents.holding(remedy.incident, by=by, may="monitor", states=AFTER, reason=reason, at=at) as held:
        found = _standing(remedy)
        _ends(until, at)
        found.expires_at = until
        found.save(update_fields=["expires_at"])
        _promise(found, at)
        held.log(
            "remedy_extended", reason, is_public=False, name=str(by), remedy=str(found.pk), until=messages.iso(until)
        )
    return found


def remove(*, remedy: Remedy, reason: str, by: User, at: datetime) -> Remedy:
    """The workaround is gone again: nobody is reminded any more. Raises NotRemedied, NotPossible, Refused."""
    reason = _said(reason, _("Say why it is not needed any more."))
    with incidents.holding(remedy.incident, by=by, may="monitor", states=AFTER, reason=reason, at=at) as held:
        found = _standing(remedy)
        found.removed_at = at
        found.save(update_fields=["removed_at"])
        timers.cancel(subject=found, at=at, reason="removed")
        held.log("remedy_removed", reason, is_public=False, name=str(by), remedy=str(found.pk))
    return found


def _said(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise NotRemedied(sentence)
    if len(text) > limits.REASON_LENGTH:
        raise NotRemedied(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    return text


def _ends(until: datetime | None, at: datetime) -> None:
    if until is None:
        raise NotRemedied(_("Say until when it holds."))
    if until <= at:
        raise NotRemedied(_("This time has passed. Choose a later one."))
    if until > at + LONGEST:
        raise NotRemedied(_("Choose a time within a year. What shall hold longer is a permanent fix."))


def _standing(remedy: Remedy) -> Remedy:
    """The workaround, locked. Raises NotRemedied when it is none, or gone."""
    found = Remedy.objects.select_for_update(no_key=True).get(pk=remedy.pk)
    if found.kind != Remedy.Kind.WORKAROUND:
        raise NotRemedied(_("A permanent fix has no end."))
    if found.removed_at is not None:
        raise NotRemedied(_("This workaround is gone already."))
    return found


# The clock


def reminded_at(remedy: Remedy, at: datetime) -> datetime:
    """When people are reminded: a day before the end, of less than four days when a quarter is left."""
    assert remedy.expires_at is not None
    return remedy.expires_at - min(REMINDED_BEFORE, (remedy.expires_at - at) / SHORT)


def _promise(remedy: Remedy, at: datetime) -> None:
    if remedy.expires_at is not None:
        due = reminded_at(remedy, at)
        timers.schedule(kind=EXPIRY, subject=remedy, due_at=due, at=at, data={"what": SOON})


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``remedy.expiry``: remind before the end, and raise the alarm when it has come."""
    known = Remedy.objects.in_bulk([timer.subject_id for timer in rows])
    held = cases.lock_free({remedy.incident_id for remedy in known.values()})
    left = set()
    for timer in rows:
        remedy = known.get(timer.subject_id)
        if remedy is None:
            continue
        if remedy.incident_id not in held:
            left.add(timer.pk)
            continue
        remedy = Remedy.objects.select_for_update(no_key=True).get(pk=remedy.pk)  # as it is under the lock
        if remedy.removed_at is None and remedy.expires_at is not None:
            _tell(remedy, held[remedy.incident_id][0], at=at)
    return left


def _tell(remedy: Remedy, incident: Incident, *, at: datetime) -> None:
    assert remedy.expires_at is not None
    which = OVER if remedy.expires_at <= at else SOON
    verb = {SOON: "remedy_soon", OVER: "remedy_over"}[which]
    people = recipients(remedy, incident, at=at)
    if which == SOON:
        timers.schedule(kind=EXPIRY, subject=remedy, due_at=remedy.expires_at, at=at, data={"what": OVER})
    data = {"which": which, "people": [str(person) for person in people], "remedy": str(remedy.pk)}
    timeline.add(incident, verb=verb, by=None, at=at, data=data)
    action = audit.current()
    if action is not None:
        action.record(verb=f"incident.{verb}", target=incident, data=data)
    key = f"remedy:{remedy.pk}:{which}:{messages.iso(remedy.expires_at)}"
    facts = {"reason": remedy.what, "expires_at": remedy.expires_at, "name": str(remedy.by)}
    messages.tell(f"incident.{verb}", incident, people, key, at=at, **facts)


def recipients(remedy: Remedy, incident: Incident, *, at: datetime) -> list[User]:
    """Whoever made the workaround, leads the incident or answers for the repair of its process; active people only.

    Where nobody of them is left, the owner team of the process.
    """
    keys: set[UUID] = {key for key in (remedy.by_id, incident.lead_id) if key is not None}
    for answer in ownership.responsible(incident.workflow, incident.severity, at=at, stage="remediate"):
        keys |= {candidate.person for candidate in answer.told()}
    team = Membership.objects.filter(group__team=incident.team_id)
    return _active(keys) or _active(team.values_list("user_id", flat=True))


def _active(keys: Iterable[UUID]) -> list[User]:
    return list(User.objects.active().filter(pk__in=list(keys)).order_by("name", "id"))
