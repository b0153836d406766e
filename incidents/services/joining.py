"""Others who come to an incident: colleagues who are affected too, and people who are asked to work on it (P5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents import access
from incidents.models import Incident, Participant
from incidents.models.incidents import OPEN_STATES
from incidents.services import cases, incidents, messages, participants, triage
from portal import audit, limits, roles
from portal.errors import DomainError
from portal.models import User


class CannotJoin(DomainError):
    """The person cannot come to this incident now."""


def affected(
    *, incident: Incident, by: User, text: str, since: datetime, answers: Mapping[str, str], at: datetime
) -> Incident:
    """`by` is affected too: `text` says who is hurt, `since` when it was noticed; again changes nothing.

    The lead, else those who were told, hear it. Answers that say more than those so far are scored (D28).
    Raises CannotJoin.
    """
    text = text.strip()
    if not text:
        raise CannotJoin(_("Say in a few words who is hurt, and how."))
    if len(text) > limits.TEXT_LENGTH:
        raise CannotJoin(_("Use at most %(count)d characters.") % {"count": limits.TEXT_LENGTH})
    with audit.action(actor=by, reason="affected too", at=at) as action:
        found, run = cases.lock(incident)
        if is_in(found, by):
            return found
        if not access.knowable(by).filter(pk=found.pk).exists():
            raise CannotJoin(_("This incident is over. If it happens again, please report it anew."))
        participants.add(found, by, Participant.Role.AFFECTED, at=at)
        held = incidents.Held(found, run, action, at, by)
        facts: dict[str, Any] = {"name": str(by), "person": str(by.pk), "since": messages.iso(min(since, at))}
        entry_id = held.log("affected", text, **facts)
        if more := worse(found.answers, answers):
            found = triage.rescore(incident=found, by=by, reason=text, at=at, answers=more).incident
        to = [found.lead] if found.lead else participants.followers(found)
        key = f"incident:{found.pk}:affected:{entry_id}"
        others = [user for user in to if user != by]
        messages.tell("incident.affected", found, others, key, at=at, name=str(by), reason=text)
    return found


def is_in(incident: Incident, user: User) -> bool:
    """Whether `user` reported `incident` or is known to be affected."""
    mine = Participant.objects.filter(incident=incident, user=user)
    return mine.filter(role__in=[Participant.Role.REPORTER, Participant.Role.AFFECTED]).exists()


def worse(known: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, str]:
    """Those of `answers` that say more than the `known` ones: a yes, or a no where nobody knew."""
    return {
        key: answer
        for key, answer in answers.items()
        if (answer == "yes" and known.get(key) != "yes") or (answer == "no" and known.get(key, "unknown") == "unknown")
    }


def workers() -> list[User]:
    """Active people who work on incidents, by name: those who can be asked to join."""
    working = User.objects.active().filter(groups__name__in=[roles.RESPONDER, roles.TEAM_ADMIN])
    return list(working.distinct().order_by("name", "email"))


def invite(*, incident: Incident, to: User, reason: str, by: User, at: datetime) -> Incident:
    """`by` asks `to` to come and help: `to` is told at once, may open it and works on it; who leads stays the same.

    Raises CannotJoin, NotPossible, Refused.
    """
    reason = reason.strip()
    if not reason or len(reason) > limits.REASON_LENGTH:
        raise CannotJoin(_("Say in a few words what they can help with."))
    with incidents.holding(incident, by=by, may="invite", states=OPEN_STATES, reason=reason, at=at) as held:
        found = held.incident
        if to == by:
            raise CannotJoin(_("You are here already. Choose somebody else."))
        working = [Participant.Role.TOLD, Participant.Role.JOINED]
        if Participant.objects.filter(incident=found, user=to, role__in=working).exists():
            raise CannotJoin(_("%(name)s takes part already.") % {"name": to})
        if to not in workers():
            raise CannotJoin(_("%(name)s does not work on incidents. Choose somebody else.") % {"name": to})
        participants.add(found, to, Participant.Role.TOLD, at=at)
        entry_id = held.log("invited", reason, is_public=False, name=str(by), to=str(to))
        key = f"incident:{found.pk}:invited:{entry_id}"
        messages.tell("incident.invited", found, [to], key, at=at, name=str(by), reason=reason)
    return found
