"""Beats: which signs of life are expected, which came, and which are missing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import access
from incidents.models import Beat, Incident
from portal import access as judge
from portal.models import User
from portal.reads import keyset

TONES = {Beat.State.NEW: "open", Beat.State.UP: "ok", Beat.State.MISSING: "bad"}


@dataclass(frozen=True)
class Row:
    """One beat in words. `expected_at` is when the next one is due, grace left out; `incident` only if visible."""

    beat: Beat
    tone: str
    word: str
    rule: str
    expected_at: datetime | None
    incident: Incident | None


def page(user: User, *, after: str = "", before: str = "") -> keyset.Cut[Row]:
    """The beats that `user` may see, by name; two queries."""
    rows = Beat.objects.filter(access.visible_beats(user)).select_related("workflow", "incident")
    found = keyset.cut(rows, "name", "id", after=after, before=before)
    open_ones = [beat.incident.pk for beat in found.rows if beat.incident is not None and beat.incident.is_open]
    seen = set(Incident.objects.filter(pk__in=open_ones).visible_to(user).values_list("pk", flat=True))
    return keyset.Cut([row(beat, seen) for beat in found.rows], found.newer, found.older)


def get(user: User, key: str) -> Beat:
    """The beat called `key`, if `user` may know that it exists. Raises Beat.DoesNotExist."""
    return Beat.objects.filter(access.visible_beats(user)).select_related("workflow__team", "incident").get(key=key)


def shown(user: User, beat: Beat) -> Row:
    """``Row`` of one beat."""
    incident = beat.incident
    sees = incident is not None and incident.is_open and bool(judge.can(user, "view", incident))
    return row(beat, {incident.pk} if incident is not None and sees else ())


def row(beat: Beat, seen: Collection[UUID]) -> Row:
    expected = beat.due_at - timedelta(minutes=beat.grace_minutes) if beat.due_at else None
    incident = beat.incident if beat.incident_id in seen else None
    if not beat.is_active:
        return Row(beat, "open", _("Paused"), rule(beat), None, incident)
    word = str(beat.get_state_display())
    return Row(beat, TONES[Beat.State(beat.state)], word[:1].upper() + word[1:], rule(beat), expected, incident)


def rule(beat: Beat) -> str:
    """When `beat` is expected, in words."""
    if beat.interval_minutes:
        count = beat.interval_minutes
        if count % (24 * 60) == 0:
            count //= 24 * 60
            words = ngettext("every day", "every %(count)s days", count)
        elif count % 60 == 0:
            count //= 60
            words = ngettext("every hour", "every %(count)s hours", count)
        else:
            words = ngettext("every minute", "every %(count)s minutes", count)
        return words % {"count": count}
    zone = beat.time_zone or _("the portal’s time")
    return _("%(cron)s, %(zone)s") % {"cron": beat.cron, "zone": zone}
