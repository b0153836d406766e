"""What the words of a communication plan may say: templates and statements (D32, D65-D67, D70, I14)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.documents import communication
from governance.documents.communication import (
    ANSWERS,
    CHANNEL_CLASSES,
    PLACEHOLDERS,
    SCALE,
    TOPICS,
    Audience,
    Communication,
    Template,
)
from governance.documents.facts import Facts, Finding
from governance.documents.section_words import VALUES
from governance.documents.sentences import Sentence as _
from governance.documents.terms_in_text import Matcher

RANK = {name: rank for rank, name in enumerate(SCALE)}
NO_PLACEHOLDER = _("There is no placeholder {%(name)s}; there are %(known)s.")
LOOSE = _("A brace { or } stands alone; placeholders are written like {what}.")
BEYOND_AUDIENCE = _("{%(name)s} is %(class)s, but %(audience)s may see only what is %(limit)s.")
BEYOND_CHANNEL = _("{%(name)s} is %(class)s, but %(channel)s carries only what is %(limit)s.")
UNANSWERED = {
    "what": _("The update does not say what happened; use {what}."),
    "impact": _("The update does not say what it means for the reader; use {impact}."),
    "doing": _("The update does not say what is being done; use {doing}."),
    "who": _("The update does not say who leads or whom to ask; use {who} or {contact}."),
    "next": _("The update does not say when the next news comes; use {next}."),
}
_EXPLAINED = re.compile(r"\s*(\(|[,:–—-] ?(that is|which means|das heißt|also)\b)")


def findings(content: Communication, facts: Facts) -> Iterator[Finding]:
    """What is wrong with the words, and what could be said better."""
    yield from _templates(content)
    yield from _statements(content)
    yield from _jargon(content, facts)


def _templates(content: Communication) -> Iterator[Finding]:
    taken: dict[tuple[str, str, str], Template] = {}
    for item in content.templates:
        path = f"/templates/{item.key}"
        other = taken.setdefault((item.event, item.audience, item.channel), item)
        if other is not item:
            sentence = _("%(template)s and %(other)s are for the same event, audience and channel.")
            yield Finding("blocking", path, sentence % {"template": item.title, "other": other.title})
        if not item.text.strip():
            yield Finding("blocking", f"{path}/text", _("%(template)s says nothing.") % {"template": item.title})
        audience = content.audience_by_key.get(item.audience)
        for name in ("subject", "text", "technical"):
            yield from _open(f"{path}/{name}", getattr(item, name), audience, item.channel)
        yield from _answers(item, path)
        yield from _fits(item, path, audience)


def _open(path: str, text: str, audience: Audience | None, channel: str = "") -> Iterator[Finding]:
    """What stands in braces: known, and not above the class of whoever reads it there."""
    if communication.has_loose_braces(text):
        yield Finding("blocking", path, LOOSE)
    for name in communication.placeholders(text):
        if name not in PLACEHOLDERS:
            yield Finding("blocking", path, NO_PLACEHOLDER % {"name": name, "known": ", ".join(PLACEHOLDERS)})
            continue
        data_class = PLACEHOLDERS[name].data_class
        said = {"name": name, "class": VALUES["data_class"][data_class]}
        if audience is not None and RANK[data_class] > RANK[audience.data_class]:
            more = {"audience": audience.title, "limit": VALUES["data_class"][audience.data_class]}
            yield Finding("blocking", path, BEYOND_AUDIENCE % {**said, **more})
        if channel and RANK[data_class] > RANK[CHANNEL_CLASSES[channel]]:  # type: ignore[index]
            limit = CHANNEL_CLASSES[channel]  # type: ignore[index]
            more = {"channel": VALUES["channel"][channel], "limit": VALUES["data_class"][limit]}
            yield Finding("blocking", path, BEYOND_CHANNEL % {**said, **more})


def _answers(item: Template, path: str) -> Iterator[Finding]:
    """D66: every update answers five questions. A text message is too short for that; it leads to the rest."""
    if item.event != "update" or item.channel == "sms":
        return
    there = set(communication.placeholders(f"{item.subject} {item.text}"))
    for topic in TOPICS:
        if not there.intersection(ANSWERS[topic]):
            yield Finding("blocking", f"{path}/text", UNANSWERED[topic])


def _fits(item: Template, path: str, audience: Audience | None) -> Iterator[Finding]:
    if audience is not None and audience.channels and item.channel not in audience.channels:
        sentence = _("%(audience)s: they are not told by %(channel)s.")
        said = {"audience": audience.title, "channel": VALUES["channel"][item.channel]}
        yield Finding("blocking", f"{path}/channel", sentence % said)
    if audience is not None and audience.detail == "business" and item.technical.strip():
        sentence = _("%(audience)s read what it means for them; the technical part is not shown to them.")
        yield Finding("advisory", f"{path}/technical", sentence % {"audience": audience.title})
    length = len(communication.filled(item.text))
    if item.channel == "sms" and length > communication.SMS_LENGTH:
        sentence = _("With examples filled in it has %(count)d characters; a text message holds %(most)d.")
        counted = {"count": length, "most": communication.SMS_LENGTH}
        yield Finding("advisory", f"{path}/text", sentence % counted)


def _statements(content: Communication) -> Iterator[Finding]:
    for item in content.statements:
        path, named = f"/statements/{item.key}", {"statement": item.title}
        audience = content.audience_by_key.get(item.audience)
        for name in ("text", "compensation"):
            yield from _open(f"{path}/{name}", getattr(item, name), audience)
        if not item.text.strip():
            yield Finding("blocking", f"{path}/text", _("%(statement)s says nothing.") % named)
        if item.release == "prepared" and item.released_by is None:
            sentence = _("%(statement)s: nobody is named who lets it go out.") % named
            yield Finding("blocking", f"{path}/released_by", sentence)
        if not item.use_when.strip():
            sentence = _("%(statement)s: it is not said when it is used.") % named
            yield Finding("advisory", f"{path}/use_when", sentence)


def _jargon(content: Communication, facts: Facts) -> Iterator[Finding]:
    """D67: a word that only specialists know is explained where others read it, in brackets behind it."""
    if not facts.jargon:
        return
    matcher = Matcher(facts.jargon.items())
    for path, text, audience in _read_by_others(content):
        seen: set[str] = set()
        for found in matcher.found(text):
            if found.key in seen or _EXPLAINED.match(text, found.end):
                seen.add(found.key)
                continue
            seen.add(found.key)
            sentence = _("“%(word)s” is a word of specialists; explain it to %(audience)s in brackets.")
            said = {"word": text[found.start : found.end], "audience": audience.title}
            yield Finding("advisory", path, sentence % said)


def _read_by_others(content: Communication) -> Iterator[tuple[str, str, Audience]]:
    """(path, text, audience) of every text for people outside technology."""
    business = {audience.key: audience for audience in content.audiences if audience.detail == "business"}
    for item in content.templates:
        if item.audience in business:
            for name in ("subject", "text"):
                yield f"/templates/{item.key}/{name}", getattr(item, name), business[item.audience]
    for statement in content.statements:
        if statement.audience in business:
            for name in ("text", "compensation"):
                path = f"/statements/{statement.key}/{name}"
                yield path, getattr(statement, name), business[statement.audience]
