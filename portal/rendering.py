"""Words of a message, in the language and the time zone of its recipient, at the moment it is claimed.

Templates of an event (``EventType.templates``) see its context fields, where a string under a name that ends
in ``_at`` is an aware datetime, and ``recipient``, ``via`` (the channel), ``site_name``, ``site_url``, ``links``
(purpose -> address of a one-time link; none in the inbox) and ``possible_duplicate``. Only ``html.html`` is escaped.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, TemplateDoesNotExist, engines
from django.urls import reverse
from django.utils import dateparse, timezone, translation

from portal import limits, links, outbox, pacing, quiet, registry
from portal.models.messages import Message
from portal.models.people import Channel, User


@dataclass(frozen=True)
class Words:
    """What is said. `data` is the redacted context itself, for machines."""

    subject: str
    short: str
    text: str
    html: str
    language: str
    data: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of what is sent."""
        return hashlib.sha256("\0".join([self.subject, self.short, self.text, self.html]).encode()).hexdigest()


def zone(user: User) -> ZoneInfo:
    """The user's time zone, else the portal's."""
    return quiet.zone(user)


def render(message: Message, recipient: User) -> Words:
    """The words of `message` for `recipient`. Raises TemplateDoesNotExist or LookupError for an unknown event."""
    kind: outbox.EventType = registry.event_types[message.event]
    data = dict(message.context.get(message.data_class, {}))
    actions = data.pop(outbox.ACTIONS, [])
    if message.channel == Channel.INBOX:
        actions = []  # its reader is signed in
    language = recipient.locale or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone(recipient)):
        context = {name: _value(name, value) for name, value in data.items()} | {
            "recipient": recipient,
            "via": message.channel,
            "site_name": settings.SITE_NAME,
            "site_url": settings.SITE_URL,
            "possible_duplicate": message.maybe_duplicate,
            "links": {action["purpose"]: _link(message, action) for action in actions},
        }
        if message.event == pacing.EVENT:
            context |= _listed(message)
        return Words(
            subject=" ".join(_part(kind, "subject.txt", context).split()),
            short=_part(kind, "short.txt", context).strip(),
            text=_part(kind, "text.txt", context).strip() + "\n",
            html=_part(kind, "html.html", context, missing_is_fine=True).strip(),
            language=language,
            data=data,
        )


@dataclass(frozen=True)
class Item:
    """One message in a list of several."""

    subject: str
    url: str
    answer: str  # the one-time link that takes it, or empty
    is_urgent: bool


def _listed(message: Message) -> dict[str, Any]:
    """What a bundle says: its first items by their own words, and how many there are."""
    rows = _once(pacing.listed(message))
    items = [_item(row, message.data_class) for row in rows[: limits.BUNDLE_SHOWN]]
    urgent = sum(row.lane == "urgent" for row in rows)
    return {"items": items, "count": len(rows), "more": len(rows) - len(items), "urgent": urgent}


def _once(rows: list[Message]) -> list[Message]:
    """`rows` without those that ask again what a newer one of them asks."""
    newest: dict[Any, Message] = {}
    for row in rows:
        key = _asked(row)
        if key not in newest or (row.created_at, row.pk) > (newest[key].created_at, newest[key].pk):
            newest[key] = row
    return [row for row in rows if newest[_asked(row)] is row]


def _asked(row: Message) -> Any:
    """What `row` asks for, the same for each message that asks it; any other message is for itself."""
    asks_for = registry.event_types[row.event].asks_for
    return (asks_for, row.subject_type, row.subject_id) if asks_for else row.pk


def _item(row: Message, data_class: str) -> Item:
    """A listed message with the facts that may travel on a channel of `data_class`."""
    allowed = [name for name in row.context if outbox.RANK[name] <= outbox.RANK[data_class]]
    data = dict(row.context[max(allowed, key=outbox.RANK.__getitem__)]) if allowed else {}
    links_of = {action["purpose"]: _link(row, action) for action in data.pop(outbox.ACTIONS, [])}
    context = {name: _value(name, value) for name, value in data.items()} | {"links": links_of}
    subject = " ".join(_part(registry.event_types[row.event], "subject.txt", context).split())
    return Item(subject, str(data.get("url", "")), links_of.get("acknowledge", ""), row.lane == "urgent")


def _part(kind: outbox.EventType, name: str, context: dict[str, Any], missing_is_fine: bool = False) -> str:
    try:
        template: Any = engines["django"].get_template(f"{kind.templates}/{name}")
    except TemplateDoesNotExist:
        if missing_is_fine:
            return ""
        raise
    rendered: str = template.template.render(Context(context, autoescape=name.endswith(".html")))
    return rendered


def _value(name: str, value: Any) -> Any:
    """A stored fact as templates want it: what is called ``…_at`` is a time, in rows of a list too."""
    if isinstance(value, list):
        return [_value(name, item) for item in value]
    if isinstance(value, dict):
        return {key: _value(key, item) for key, item in value.items()}
    if name.endswith("_at") and isinstance(value, str):
        found: datetime | None = dateparse.parse_datetime(value)
        return found if found is not None else value
    return value


def _link(message: Message, action: dict[str, Any]) -> str:
    token = links.make(message, message.recipient_id, action["purpose"], action.get("generation", 0))
    return settings.SITE_URL + reverse("one-time", args=[token])
