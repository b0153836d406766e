"""How an update reads before it is sent: on each channel of its audience, and what would make it better (D65-D69)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.communication import SMS_LENGTH, Audience, Communication
from governance.reads.glossary import Terms
from incidents.models import Incident, StatusUpdate
from incidents.reads import update_words

CHANNELS = {
    "bridge": gettext_lazy("In the call"),
    "status_page": gettext_lazy("Status page"),
    "email": gettext_lazy("E-mail"),
    "chat": gettext_lazy("Chat"),
    "sms": gettext_lazy("Text message"),
    "inbox": gettext_lazy("Inbox of the portal"),
}
SHORT = ("chat", "sms")
"""Channels that carry one short text that names the incident."""
WITH_SUBJECT = ("email", "status_page", "inbox")


@dataclass(frozen=True)
class Preview:
    """What stands on one channel; `note` says how much a text message holds.

    `trouble` is what keeps the plan's own words for this channel from being taken.
    """

    channel: str
    title: str
    subject: str
    text: str
    technical: str = ""
    note: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Meaning:
    """A word of the glossary that stands in the text; jargon is explained to whoever reads it."""

    word: str
    means: str
    is_jargon: bool


def previews(update: StatusUpdate, plan: Communication, audience: Audience, incident: Incident) -> list[Preview]:
    """`update` as each channel of `audience` carries it; once sent it is read as it was frozen."""
    subject, text, technical = (
        update_words.rendered(each, update, audience, incident)
        for each in (update.subject, update.business, update.technical)
    )
    own = update_words.own_words(update, plan, audience, incident) if update.sent_at is None else {}
    found = []
    for channel in audience.channels:
        words = own.get(channel, update_words.Own())
        is_short = channel in SHORT
        said = words.text or text
        if is_short and incident.reference not in said:
            said = f"{incident.reference}: {said}"
        found.append(
            Preview(
                channel,
                str(CHANNELS[channel]),
                (words.subject or subject) if channel in WITH_SUBJECT else "",
                said,
                technical if audience.detail == "technical" and not is_short else "",
                _length(said) if channel == "sms" else "",
                words.trouble,
            )
        )
    return found


def _length(text: str) -> str:
    count = {"count": len(text), "most": SMS_LENGTH}
    if len(text) > SMS_LENGTH:
        return _("%(count)d characters; a text message holds %(most)d, the rest is behind its link.") % count
    return _("%(count)d of %(most)d characters.") % count


def hints(update: StatusUpdate, plan: Communication, audience: Audience, incident: Incident) -> list[str]:
    """What would make it better; nothing of it keeps it from being sent."""
    texts = [update.subject, update.business, *(str(text) for text in update.answers.values())]
    whole = " ".join(texts).casefold()
    found = []
    for rule in plan.tone:
        if rule.avoid and rule.avoid.casefold().rstrip(".") in whole:
            said = {"avoid": rule.avoid, "say": rule.say}
            better = _("Instead of “%(avoid)s” say: %(say)s") if rule.say else _("Do not write “%(avoid)s”.")
            found.append(better % said)
    if update.next_at is None and update.event not in update_words.LAST:
        found.append(_("Say when the next news comes, also if there is nothing new."))
    if update.expected_at is not None and "{expected}" not in update.business:
        found.append(_("You expect a time; the words do not say it. Write {expected} where it belongs."))
    if not str(update.answers.get("meanwhile") or "").strip() and audience.detail == "business":
        found.append(_("Say what they can do meanwhile."))
    return found


def meanings(update: StatusUpdate, incident: Incident) -> list[Meaning]:
    """The words of the glossary that stand in it, each once, with what they mean."""
    terms = Terms(incident.workflow)
    seen = terms.begun()
    found = []
    for text in (update.subject, update.business, update.technical):
        for piece in terms.segments(text, seen=seen):
            term = terms.term(piece.key) if piece.key else None
            if term is not None:
                found.append(Meaning(piece.text, term.instead or term.meaning, term.use == "jargon"))
    return found
