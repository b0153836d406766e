"""Remarks about a change, each at its place in the text as it is now; a place that is gone is said so."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.documents import redline as drawn
from governance.documents import titles as titled
from governance.documents.canonical import unescape
from governance.models import ChangeRequest, Comment, Version
from governance.reads import changes, named, sentences
from portal import limits

MOST = 500
"""So many remarks are drawn."""
_MISSING: Any = object()


@dataclass(frozen=True)
class Place:
    """A place in a text: what stands there, in words, shortened."""

    quote: str


@dataclass
class Thread:
    """A remark with its replies. `where` is its place in words, `about` the field of the part that it stands beside.

    `is_gone`: the text has its place no more.
    """

    comment: Comment
    where: str = ""
    about: str = ""
    is_gone: bool = False
    may_settle: bool = False
    replies: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.comment.settled_at is None

    @property
    def blocks(self) -> bool:
        return self.comment.is_blocking and self.is_open


def value_at(content: Mapping[str, Any], path: str) -> Any:
    """What stands at `path` (rows of lists by their key); _MISSING when nothing does."""
    here: Any = content
    for step in (unescape(part) for part in path.split("/")[1:]):
        if isinstance(here, list):
            here = next((row for row in here if isinstance(row, dict) and row.get("key") == step), _MISSING)
        else:
            here = here.get(step, _MISSING) if isinstance(here, dict) else _MISSING
        if here is _MISSING:
            return _MISSING
    return here


def is_there(content: Mapping[str, Any], path: str) -> bool:
    return value_at(content, path) is not _MISSING


def find(version: Version, path: str) -> Place | None:
    """The place `path` of `version`, or of what it was drafted from: what goes can be remarked on too.

    None when neither has it; an empty path is about the whole text.
    """
    if not path:
        return Place("")
    if not path.startswith("/") or len(path) > 400:
        return None
    for text in (version, version.based_on):
        content = json.loads(text.content) if text is not None else {}
        value = value_at(content, path)
        if value is not _MISSING:
            return Place(_quote(content, path, value))
    return None


def _quote(content: dict[str, Any], path: str, value: Any) -> str:
    """What stands there in a few words, with names for ids."""
    if isinstance(value, dict) and titled.own(value):
        text = titled.own(value)
    else:
        names = named.Named([content])
        field = unescape(path.rpartition("/")[2])
        text = drawn.in_words(field, value, name=names.name, say=sentences.said, titles=named.titles())
    return text if len(text) <= limits.TITLE_LENGTH else f"{text[: limits.TITLE_LENGTH - 1]}…"


def threads(change: ChangeRequest, now: dict[str, Any], before: dict[str, Any]) -> list[Thread]:
    """All remarks about `change`, the oldest first, with their place in `now` or, of what goes, in `before`.

    One query, and one for each kind of thing that is named where there are any.
    """
    rows = Comment.objects.filter(change_request=change).select_related("by", "settled_by").order_by("at", "pk")
    found: dict[Any, Thread] = {}
    replies: dict[Any, list[Comment]] = defaultdict(list)
    for row in rows[:MOST]:
        row.change_request = change
        if row.answers_id:
            replies[row.answers_id].append(row)
        else:
            found[row.pk] = Thread(row)
    for key, thread in found.items():
        thread.replies = replies[key]
    _say_where(list(found.values()), now, before)
    return list(found.values())


def _say_where(threads: Sequence[Thread], now: dict[str, Any], before: dict[str, Any]) -> None:
    placed = [thread for thread in threads if thread.comment.path]
    for thread in placed:
        thread.is_gone = not (is_there(now, thread.comment.path) or is_there(before, thread.comment.path))
    words = changes.places_in_words([thread.comment.path for thread in placed], [now, before])
    for thread, text in zip(placed, words, strict=True):
        thread.where = text


def beside(threads: Iterable[Thread], parts: Iterable[str]) -> tuple[dict[str, list[Thread]], list[Thread]]:
    """Those that stand beside one of `parts` (paths of a redline), by that part; and those about other places."""
    known = set(parts)
    found: dict[str, list[Thread]] = defaultdict(list)
    rest = []
    for thread in threads:
        steps = thread.comment.path.split("/")[1:]
        part = next((way for way in _ways(steps) if way in known), None)
        if thread.is_gone or not steps:
            continue
        if part is None:
            rest.append(thread)
        else:
            thread.about = " · ".join(thread.where.split(" · ")[part.count("/") + 1 :])
            found[part].append(thread)
    return found, rest


def _ways(steps: Sequence[str]) -> Iterable[str]:
    """The place itself, then what it lies in, from the inside out."""
    return ("/".join(unescape(step) for step in steps[:count]) for count in range(len(steps), 0, -1))


def pointer(part: str) -> str:
    """The JSON pointer of a part that the redline calls `part`; keys of rows hold no slash."""
    return f"/{part}"
