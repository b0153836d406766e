"""What a person's own pages show: ways to be reached, absences, how much is not read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import outbox
from portal.models import Absence, Channel, ContactMethod, Lane, Message, User


@dataclass(frozen=True)
class Way:
    """A contact method and how the last message on it went."""

    method: ContactMethod
    last: Message | None


@dataclass(frozen=True)
class Line:
    """A way in its place: when it is used, in words, and whether it can change places."""

    way: Way
    when: str
    is_first: bool
    is_last: bool
    asks_wait: bool  # the minutes before the next one mean something here

    @property
    def tone(self) -> str:
        """Of the last message."""
        if self.way.last is None:
            return ""
        return TONES.get(self.way.last.state, "")


@dataclass(frozen=True)
class Plan:
    """How a person hears of the news of one lane: in one sentence, then way by way."""

    lane: str
    title: str
    sentence: str
    lines: list[Line]


TONES = {"sent": "ok", "delivered": "ok", "failed": "bad", "dead": "bad", "pending": "open", "sending": "open"}


def ways(user: User) -> list[Way]:
    """The contact methods of `user` in the order in which they are tried; two queries."""
    methods = list(ContactMethod.objects.filter(user=user).order_by("order", "id"))
    last: dict[Any, Message] = {}
    for message in Message.objects.filter(method__in=methods).order_by("-created_at")[:200]:
        last.setdefault(message.method_id, message)
    return [Way(method, last.get(method.pk)) for method in methods]


def plans(user: User) -> list[Plan]:
    """Urgent and routine news: which way when, as the outbox will go through them; two queries."""
    known = ways(user)
    return [
        _plan(known, Lane.URGENT, _("When you are asked to act")),
        _plan(known, Lane.ROUTINE, _("When you are only told")),
    ]


def _plan(known: list[Way], lane: str, title: str) -> Plan:
    mine = [way for way in known if way.method.lane == lane]
    usable = [way.method for way in known if way.method.verified_at and way.method.is_active]
    tried = outbox.in_order(usable, lane)
    after = {}
    if lane == Lane.URGENT:
        after = {method.pk: minutes(wait) for method, wait in outbox.waits(tried, lane)}
    lines = [
        Line(
            way=way,
            when=_when(way.method, tried, after),
            is_first=place == 0,
            is_last=place == len(mine) - 1,
            asks_wait=lane == Lane.URGENT and place < len(mine) - 1,
        )
        for place, way in enumerate(mine)
    ]
    return Plan(lane, title, _sentence(tried, after, lane), lines)


def minutes(wait: timedelta) -> int:
    return round(wait.total_seconds() / 60)


def _when(method: ContactMethod, tried: list[ContactMethod], after: dict[Any, int]) -> str:
    if method not in tried:
        return _("Not used before it is confirmed")
    if method == tried[0]:
        return _("At once")
    if method.pk in after:
        count = after[method.pk]
        return ngettext(
            "After %(count)s minute without an answer", "After %(count)s minutes without an answer", count
        ) % {"count": count}
    return _("Only when the ways before it fail")


def _sentence(tried: list[ContactMethod], after: dict[Any, int], lane: str) -> str:
    """“At once by e-mail, after 5 minutes by text message.”"""
    if not tried:
        return _("You find these news only in the inbox of this portal.")
    parts = [_("At once by %(way)s") % {"way": tried[0].get_channel_display()}]
    for method in tried[1:]:
        if method.pk in after:
            count = after[method.pk]
            words = ngettext("after %(count)s minute by %(way)s", "after %(count)s minutes by %(way)s", count)
            parts.append(words % {"count": count, "way": method.get_channel_display()})
    spare = [method for method in tried[1:] if method.pk not in after]
    if spare:
        names = _(" or ").join(dict.fromkeys(str(method.get_channel_display()) for method in spare))
        parts.append(_("by %(way)s only when that fails") % {"way": names})
    return ", ".join(parts) + "."


def absences(user: User, at: datetime) -> list[Absence]:
    return list(Absence.objects.filter(user=user, ends_at__gt=at).select_related("cover").order_by("starts_at"))


def unread(user: User) -> int:
    return Message.objects.filter(recipient=user, channel=Channel.INBOX, read_at=None).count()


def search(text: str, limit: int = 20) -> list[User]:
    """Active people by name or address."""
    people = User.objects.active().filter(Q(name__icontains=text) | Q(email__icontains=text))
    return list(people.order_by("name")[:limit])
