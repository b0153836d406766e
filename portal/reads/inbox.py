"""The inbox of a person: a page of letters, and beneath each what was written before about the same matter."""

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.utils.translation import pgettext

from portal import outbox, registry, rendering
from portal.models import Channel, Message, User
from portal.reads import keyset

UNREAD = "show=unread"


@dataclass(frozen=True)
class Letter:
    """One message of the inbox, in words: `lead` is its first paragraph, `text` the rest.

    `url` leads to what it is about, inside the portal, and `button` says so.
    """

    message: Message
    subject: str
    lead: str = ""
    text: str = ""
    url: str = ""
    button: str = ""


@dataclass(frozen=True)
class Matter:
    """What the letters of one page say about one thing: the newest letter, and those before it."""

    letter: Letter
    earlier: list[Letter] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether any of its letters is not read yet."""
        return any(item.message.read_at is None for item in (self.letter, *self.earlier))


def inbox(user: User, *, is_unread: bool = False, after: str = "", before: str = "") -> keyset.Cut[Matter]:
    """A page of what `user` was told, newest first, or of what is not read yet; a bad cursor is the beginning."""
    rows = Message.objects.filter(recipient=user, channel=Channel.INBOX)
    if is_unread:
        rows = rows.filter(read_at=None)
    # NOTE: many messages have the same time, those of one tick of the clock, so a page ends at one of them.
    cut = keyset.cut(rows, "-created_at", "-id", after=after, before=before)
    newer, older = (f"{place}&{UNREAD}" if place and is_unread else place for place in (cut.newer, cut.older))
    return keyset.Cut(_matters([letter(message, user) for message in cut.rows]), newer, older)


def _matters(letters: list[Letter]) -> list[Matter]:
    """In a bad hour dozens of letters are about a few incidents: each stands once, at its newest letter."""
    found: dict[str | UUID, Matter] = {}
    for item in letters:
        key = item.message.thread or item.message.subject_id
        if key in found:
            found[key].earlier.append(item)
        else:
            found[key] = Matter(item)
    return list(found.values())


def letter(message: Message, user: User) -> Letter:
    """The words of one message; an event that no longer exists is named by its key."""
    kind: outbox.EventType | None = registry.event_types.get(message.event)
    if kind is None:
        return Letter(message, message.event)
    words = rendering.render(message, user)
    url, button = str(words.data.get("url", "")), ""
    lines = words.text.strip().splitlines()
    if lines and lines[-1].startswith(settings.SITE_NAME):
        lines.pop()  # the letter's foot
    if url:
        leads = [line for line in lines if line.endswith(f": {url}")]
        button = leads[-1].removesuffix(f": {url}") if leads else pgettext("verb", "Open")
        lines = [line for line in lines if line not in leads]
    lead, _gap, text = "\n".join(lines).strip().partition("\n\n")
    return Letter(message, words.subject, lead, text.strip(), url.removeprefix(settings.SITE_URL), button)
