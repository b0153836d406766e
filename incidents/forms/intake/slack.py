"""What a program posts that can write to a Slack incoming webhook: {text, blocks, attachments}.

Such messages carry no id and no group: those whose first lines are equal but for their numbers are one group. Words
such as [RESOLVED] in front, as several products write them, say that it is over.
"""

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms import mapping
from incidents.forms.intake.parsing import Unacceptable, first_line, items, said
from incidents.services import reasons
from portal import limits, redaction

LINK = re.compile(r"<((?:https?|mailto):[^|>\s]{1,2000})(?:\|([^>]{0,500}))?>")
MENTION = re.compile(r"<[!@#][^>]{0,100}>")
TAG = re.compile(r"^\s*(?:\[\s*([A-Za-z]{2,20})[^\]]{0,30}\]|([A-Z]{2,20})\s*[:!–-])\s*")
NUMBER = re.compile(r"\d+")
COLORS = {"danger": "sev2", "warning": "sev3"}
STEPS = 200  # texts of one message


def read(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Raises Unacceptable when the message says nothing."""
    texts = [plain(text) for text in _texts(content)]
    text = redaction.scrub_text("\n".join(dict.fromkeys(item for item in texts if item))[: limits.TEXT_LENGTH])
    if not text.strip():
        raise Unacceptable("text", _("This field is required."))
    title = first_line(text)
    group, action = _group(title)
    return {
        "title": title,
        "description": text,
        "dedup_key": f"text:{group}" if group else "",
        "group_reason": reasons.SAME_LINE if group else "",
        "action": action,
        "severity": _severity(content),
        "repeats": True,
    }


def _group(title: str) -> tuple[str, str]:
    """What stays of a first line when its numbers and the word in front are gone, and what that word says."""
    found = TAG.match(title)
    word = (found[1] or found[2]) if found else ""
    means = mapping.action_of(word)
    rest = title[found.end() :] if found else title
    return NUMBER.sub("#", rest).strip().casefold() or title.casefold(), means


def _severity(content: dict[str, Any]) -> str | None:
    found = [COLORS.get(said(item, "color").lower()) for item in items(content, "attachments")]
    return min((severity for severity in found if severity), default=None)


def _texts(content: dict[str, Any]) -> list[str]:
    """Every text that a person would read in Slack, in order."""
    found = [said(content, "text", most=limits.TEXT_LENGTH)]
    for block in items(content, "blocks")[:STEPS]:
        found += _of_block(block)
    for item in items(content, "attachments")[:STEPS]:
        wanted = ("pretext", "title", "text")
        inside = [said(item, name, most=limits.TEXT_LENGTH) for name in wanted]
        inside += [text for block in items(item, "blocks")[:STEPS] for text in _of_block(block)]
        inside += [f"{said(field, 'title')}: {said(field, 'value', most=2_000)}" for field in items(item, "fields")]
        found += inside if any(inside) else [said(item, "fallback", most=limits.TEXT_LENGTH)]
    return found[:STEPS]


def _of_block(block: Any) -> list[str]:
    """The texts of a block, of its fields and of its elements; rich text is a tree of elements."""
    waiting, found = [block], list[str]()
    while waiting and len(found) < STEPS:
        item = waiting.pop(0)
        if isinstance(item, dict):
            text = item.get("text")
            found += [said(item, "text", most=limits.TEXT_LENGTH)] if isinstance(text, str) else []
            below = [text] if isinstance(text, dict) else []
            below += [inner for name in ("fields", "elements") for inner in items(item, name)]
            waiting = below + waiting
    return found


def plain(text: str) -> str:
    """Slack's marks as plain words: links with their address, no mentions."""
    text = LINK.sub(lambda found: f"{found[2]} ({found[1]})" if found[2] else found[1], MENTION.sub("", text))
    for mark, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(mark, sign)
    return re.sub(r"(?<!\w)([*~`])(\S(?:[^*~`\n]*\S)?)\1(?!\w)", r"\2", text).strip()
