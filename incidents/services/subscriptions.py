"""Following an incident as one of its audiences: whoever follows hears what goes out to it, to the end (P10)."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Incident, Subscription
from incidents.reads import following
from portal import audit
from portal.errors import DomainError
from portal.models import User


class CannotFollow(DomainError):
    """This incident cannot be followed like this."""


def follow(*, incident: Incident, user: User, audience: str, at: datetime, label: str = "") -> Subscription:
    """`user` hears from now on what goes out to `audience` (key of the plan); again changes nothing.

    `label` names the page where nobody had to sign in. Raises CannotFollow.
    """
    with audit.action(actor=None if label else user, actor_label=label, reason="follows", at=at) as action:
        held = _locked(incident)
        if not held.is_open:
            raise CannotFollow(_("This is over, so there is no more news of it."))
        if audience not in {item.key for item in following.allowed(user, held, at=at)}:
            raise CannotFollow(_("You cannot follow this. Ask the people who work on it."))
        row = _mine(held, user, audience)
        if row is not None and row.ended_at is None:
            return row
        if row is None:
            row = Subscription(incident=held, user=user, audience=audience, since=at)
            row.save()
        else:
            row.since, row.ended_at = at, None
            row.save(update_fields=["since", "ended_at"])
        action.record(verb="subscription.began", target=held, data={"audience": audience, "person": str(user.pk)})
    return row


def unfollow(*, incident: Incident, user: User, audience: str, at: datetime, label: str = "") -> Subscription:
    """`user` hears nothing more of it; again changes nothing. Raises CannotFollow."""
    with audit.action(actor=None if label else user, actor_label=label, reason="follows no more", at=at) as action:
        held = _locked(incident)
        row = _mine(held, user, audience)
        if row is None:
            raise CannotFollow(_("You do not follow this."))
        if row.ended_at is None:
            row.ended_at = at
            row.save(update_fields=["ended_at"])
            action.record(verb="subscription.ended", target=held, data={"audience": audience, "person": str(user.pk)})
    return row


def _locked(incident: Incident) -> Incident:
    rows = Incident.objects.select_related("workflow__team", "team", "communication")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=incident.pk)


def _mine(incident: Incident, user: User, audience: str) -> Subscription | None:
    rows = Subscription.objects.select_for_update(no_key=True)
    return rows.filter(incident=incident, user=user, audience=audience).first()
