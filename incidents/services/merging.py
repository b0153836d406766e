"""Two incidents that are one: the duplicate ends, and everything about it goes on at the other (P5).

Events of its groups join the other one (``receive`` follows ``merged_into``), so do the links of its reporter and
of those affected (``tracking.follow``).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents import access
from incidents.models import EscalationRun, Incident, Participant
from incidents.models.incidents import IncidentState
from incidents.services import cases, joining, messages, participants, timeline, triage
from incidents.services.incidents import Held
from portal import audit, limits
from portal.errors import DomainError
from portal.models import User


class CannotMerge(DomainError):
    """These two cannot become one; the sentence says why."""


def merge(*, loser: Incident, winner: Incident, by: User, reason: str, at: datetime) -> Incident:
    """`loser` is the same as `winner`, which goes on; returns the winner.

    Locks both, the lower id first. The loser's run stops and its timers end, its people take part in the winner,
    its reporter is affected there; answers that say more are scored. Raises CannotMerge, Refused.
    """
    reason = reason.strip()
    if not reason or len(reason) > limits.REASON_LENGTH:
        raise CannotMerge(_("Say in a few words why they are the same."))
    if loser.pk == winner.pk:
        raise CannotMerge(_("This is the incident itself. Choose another one."))
    with audit.action(actor=by, reason=reason, at=at) as action:
        found = dict(_lock(item) for item in sorted((loser, winner), key=lambda item: item.pk))
        (one, run), (other, other_run) = found[loser.pk], found[winner.pk]
        for item in (one, other):
            access.require(by, "merge", item)
        _check(one, other)
        ending, going_on = Held(one, run, action, at, by), Held(other, other_run, action, at, by)
        ending.stop("merged")
        ending.save(state=IncidentState.DUPLICATE, merged_into=other, closed_at=at)
        people = [user for user in participants.followers(one) if user != by]
        followers = _carry_over(one, other, at)
        entry_id = ending.log("merged", reason, name=str(by), other=other.reference)
        action.record(verb="incident.merged_here", target=other, data={"other": one.reference})
        timeline.add(
            other, verb="merged_here", by=by, at=at, data={"name": str(by), "other": one.reference}, text=reason
        )
        if more := joining.worse(other.answers, one.answers):
            other = triage.rescore(incident=other, by=by, reason=reason, at=at, answers=more).incident
        _tell(going_on, one, other, [*people, *_lead(other, by, people)], followers, f"incident:{one.pk}:{entry_id}")
    return other


def _lock(incident: Incident) -> tuple[object, tuple[Incident, EscalationRun | None]]:
    return incident.pk, cases.lock(incident)


def _check(loser: Incident, winner: Incident) -> None:
    """Refuse what has ended (a winner that is a duplicate itself has: so there are no loops) and what would show
    somebody more than they may see."""
    for item in (loser, winner):
        if not item.is_open:
            state = item.get_state_display().lower()
            raise CannotMerge(
                _("%(ref)s is %(state)s, so it cannot be merged.") % {"ref": item.reference, "state": state}
            )
    if winner.kind != Incident.Kind.INCIDENT or loser.kind == Incident.Kind.DRILL:
        raise CannotMerge(_("Only incidents can go on for others: no near misses and no drills."))
    if loser.is_restricted != winner.is_restricted:
        raise CannotMerge(
            _("One of them may be seen only by the people who take part, so they stay apart. Add a note to each.")
        )


def _carry_over(loser: Incident, winner: Incident, at: datetime) -> list[User]:
    """Everybody of the loser takes part in the winner; returns those who only follow it."""
    rows = Participant.objects.filter(incident=loser).select_related("user")
    part = Participant.Role
    carried, followers = [], []
    for row in rows.order_by("since", "id"):
        follows = row.role in (part.REPORTER, part.AFFECTED)
        if follows and row.user_id == winner.reporter_id:
            continue
        carried.append((winner.pk, row.user_id, part.AFFECTED if follows else row.role))
        if follows and row.user.is_active and row.user not in followers:
            followers.append(row.user)
    participants.add_many(carried, at=at)
    return followers


def _lead(winner: Incident, by: User, others: list[User]) -> list[User]:
    lead = winner.lead
    return [lead] if lead is not None and lead != by and lead.is_active and lead not in others else []


def _tell(held: Held, loser: Incident, winner: Incident, people: list[User], followers: list[User], key: str) -> None:
    """Who worked on the loser, who leads the winner, and who follows the loser; nobody about their own move."""
    name = str(held.by)
    messages.tell("incident.merged", winner, people, f"{key}:merged", at=held.at, name=name, other=loser.reference)
    followers = [user for user in followers if user not in (held.by, *people)]
    messages.tell_followers(winner, followers, "merged", f"{key}:merged:reporter", at=held.at)
