"""A difference as people read it: part by part, word by word, with names where content has ids.

A part is a row of one of the document's lists, or a field of the document itself. Unchanged parts are folded into a
count. Words of the portal go through `say`, so that the whole comes out in the reader's language.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from governance.documents import titles as titled
from governance.documents.canonical import unescape
from governance.documents.diff import diff, words
from governance.documents.interchange import reference_kind
from governance.documents.labels import COMPANY, LABELS, label
from governance.documents.section_words import VALUES
from governance.documents.sentences import Sentence as _
from governance.documents.titles import Titles

Op = Literal["added", "removed", "changed", "moved"]
Say = Callable[[str], str]
Name = Callable[[str, UUID], str | None]
"""What a thing of a kind (person, team, workflow, department, schedule, board) is called; None = unknown."""
SHOWN = 200
"""So many entries are drawn; the rest is a count."""

_RANK = {name: rank for rank, name in enumerate(LABELS)}
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    op: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a part: its word and what happened to its value; `field` is its path within the part."""

    label: str
    pieces: tuple[Piece, ...]
    field: str = ""

    @property
    def old(self) -> tuple[Piece, ...]:
        """What stood there before."""
        return tuple(piece for piece in self.pieces if piece.op != "added")

    @property
    def new(self) -> tuple[Piece, ...]:
        """What stands there after."""
        return tuple(piece for piece in self.pieces if piece.op != "removed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One part that differs. `before`/`after` are places (from 1) of a part that moved, else None."""

    op: Op
    section: str
    title: str
    path: str
    lines: tuple[Line, ...] = ()
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """So many parts in a row stay as they are."""

    count: int


@dataclass(frozen=True, slots=True)
class Redline:
    """What turns one content into another; `counts` by op, `more` entries are not drawn."""

    entries: tuple[Entry | Fold, ...]
    counts: Mapping[str, int]
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.counts)


def redline(
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    name: Name,
    say: Say,
    titles: Titles | None = None,
    shown: int = SHOWN,
) -> Redline:
    """The difference of two JSON contents in words; `old` is `{}` when there was none.

    `titles` are those of rows that another document defines.
    """
    titles = titled.joined(titles or {}, titled.of(old, new))
    old, new = _lifted(old), _lifted(new)
    old, new = _with_lists(old, new), _with_lists(new, old)
    ops, places = _ops(old, new)
    draw = _Draw(old, new, name, say, titles)
    entries: list[Entry | Fold] = []
    counts: dict[str, int] = {}
    same = more = 0
    for path in _parts(old, new):
        if path not in ops:
            same += 1
            continue
        counts[ops[path]] = counts.get(ops[path], 0) + 1
        if sum(counts.values()) > shown:
            more += 1
            continue
        if same:
            entries.append(Fold(same))
            same = 0
        entries.append(draw.entry(path, ops[path], places.get(path)))
    if same:
        entries.append(Fold(same))
    return Redline(tuple(entries), counts, more)


def in_words(field: str, value: Any, *, name: Name, say: Say, titles: Titles | None = None) -> str:
    """One value of `field` (the last word of a path) in words; empty for None."""
    return "" if value is None else _Draw({}, {}, name, say, titles or {}).value(field, value)


DEEP = {"scenarios": "steps"}
"""Lists whose rows hold a list of rows that are parts of their own: a step of a scenario is read like a row."""


def _lifted(content: dict[str, Any]) -> dict[str, Any]:
    """`content` with the rows of `DEEP` beside those that hold them, in a section named by their path."""
    found = dict(content)
    for outer, inner in DEEP.items():
        rows: Any = content.get(outer)
        if not _rows(rows):
            continue
        found[outer] = [{name: value for name, value in row.items() if name != inner} for row in rows]
        found |= {f"{outer}/{row['key']}/{inner}": row[inner] for row in rows if inner in row}
    return found


def _with_lists(content: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """`content` with an empty list wherever only `other` has rows: so that each row counts, not the list."""
    return {name: [] for name, value in other.items() if _rows(value) and name not in content} | content


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and isinstance(row.get("key"), str) for row in value)


def _ops(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[tuple[str, ...], Op], dict[tuple[str, ...], Any]]:
    """What happened to each part that differs, and from where to where it moved."""
    ops: dict[tuple[str, ...], Op] = {}
    places: dict[tuple[str, ...], Any] = {}
    keyed = {section for section in old if _rows(old[section]) and _rows(new.get(section))}
    for change in diff(old, new):
        steps = tuple(unescape(step) for step in change.path.split("/")[1:])
        if steps[0] == "schema_number":
            continue
        part = steps[: 2 if steps[0] in keyed else 1]
        if change.op == "moved" and len(steps) == 2:
            places[part] = (change.before + 1, change.after + 1)
            ops.setdefault(part, "moved")
        elif len(steps) == len(part):
            ops[part] = change.op
        else:
            ops[part] = "changed"
    return ops, places


def _parts(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every part, in the order of the page; a row that went stands where it stood."""
    names = dict.fromkeys([*new, *old])
    for section in sorted(names, key=_place):
        before, after = old.get(section), new.get(section)
        if section == "schema_number":
            continue
        if _rows(before) and _rows(after):
            keys = _merged([row["key"] for row in before or ()], [row["key"] for row in after or ()])
            yield from ((section, key) for key in keys)
        else:
            yield (section,)


def _place(section: str) -> tuple[int, str, bool]:
    """Where a section stands on the page; one that was lifted after the one that held it."""
    outer, is_lifted, _rest = section.partition("/")
    return _RANK.get(outer, len(_RANK)), outer, bool(is_lifted)


def _merged(before: list[str], after: list[str]) -> Iterator[str]:
    known, gone, last = set(after), dict[str, list[str]](), ""
    for key in before:
        if key in known:
            last = key
        else:
            gone.setdefault(last, []).append(key)
    yield from gone.get("", ())
    for key in after:
        yield key
        yield from gone.get(key, ())


class _Draw:
    """Draws entries for one pair of contents."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any], name: Name, say: Say, titles: Titles) -> None:
        self.old, self.new, self.name, self.say = old, new, name, say
        self.rows = {
            (section, row["key"], side): row
            for side, content in (("old", old), ("new", new))
            for section, value in content.items()
            if _rows(value)
            for row in value
        }
        self.titles = titled.joined(titles, titled.of(old, new))
        self.headings: dict[str, str] = {}

    def entry(self, path: tuple[str, ...], op: Op, places: tuple[int, int] | None) -> Entry:
        before, after = self._at(path, "old"), self._at(path, "new")
        here = after if after is not _MISSING else before
        title = self._title(here) if len(path) == 2 else self.label(path[0])
        is_group = len(path) == 2 or (isinstance(before, dict) and isinstance(after, dict))
        lines = self._fields(before, after) if is_group else self._line("", path[0], before, after)
        section = self._section(path[0]) if len(path) == 2 else ""
        place = places or (None, None)
        return Entry(op, section, title[:1].upper() + title[1:], "/".join(path), tuple(lines), *place)

    def label(self, field: str) -> str:
        return label(field, self.say)

    def _section(self, name: str) -> str:
        """What a section is called; one that was lifted by the row that held it."""
        outer, _slash, rest = name.partition("/")
        key = rest.rpartition("/")[0]
        row = self.rows.get((outer, key, "new")) or self.rows.get((outer, key, "old"))
        return self._title(row) if row else self._heading(outer)

    def _heading(self, name: str) -> str:
        """The word for a list of thousands of rows is looked for once."""
        if name not in self.headings:
            held = (row for (section, _key, _side), row in self.rows.items() if section == name)
            self.headings[name] = label(name, self.say, held)
        return self.headings[name]

    def _at(self, path: tuple[str, ...], side: str) -> Any:
        if len(path) == 2:
            return self.rows.get((*path, side), _MISSING)
        return (self.old if side == "old" else self.new).get(path[0], _MISSING)

    def _title(self, row: dict[str, Any]) -> str:
        if called := titled.own(row):
            return called
        if isinstance(row.get("responsibility"), str) and "holder" in row:
            parts = [self.value("responsibility", row["responsibility"]), self.value("scope", row.get("scope") or {})]
            if row.get("severity", "any") != "any":
                parts.append(self.value("severity", row["severity"]))
            return " · ".join(parts)
        return str(row["key"])

    def _fields(self, before: Any, after: Any) -> Iterator[Line]:
        old = before if before is not _MISSING else {}
        new = after if after is not _MISSING else {}
        for field in sorted({*old, *new} - _UNSEEN, key=lambda name: (_RANK.get(name, len(_RANK)), name)):
            was, now = old.get(field, _MISSING), new.get(field, _MISSING)
            inner = list(self._inner(field, was, now)) if was and now and _rows(was) and _rows(now) else []
            yield from inner or self._line(self.label(field), field, was, now)

    def _inner(self, field: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Line]:
        """Row by row, and field by field, what a list inside a part says otherwise; nothing when it was only sorted."""
        old: dict[str, Any] = {row["key"]: row for row in before}
        new: dict[str, Any] = {row["key"]: row for row in after}
        for key in _merged(list(old), list(new)):
            was, now = old.get(key, _MISSING), new.get(key, _MISSING)
            if was is _MISSING or now is _MISSING:
                yield from self._line(self.label(field), f"{field}/{key}", was, now, kind=field)
                continue
            for line in self._fields(was, now):
                label = " · ".join((self.label(field), self._inner_title(now), line.label))
                yield Line(label, line.pieces, f"{field}/{key}/{line.field}")

    def _inner_title(self, row: dict[str, Any]) -> str:
        return titled.own(row) or (self.value("module", row["module"]) if "module" in row else str(row["key"]))

    def _line(self, label: str, field: str, before: Any, after: Any, *, kind: str = "") -> Iterator[Line]:
        """The line of `field`, if it differs; its value is one of `kind` where that is not the field itself."""
        if before is _MISSING or after is _MISSING or json.dumps(before) != json.dumps(after):
            pieces = tuple(self._pieces(kind or field, before, after))
            if pieces:
                yield Line(label, pieces, field)

    def _pieces(self, field: str, before: Any, after: Any) -> Iterable[Piece]:
        if isinstance(before, str) and isinstance(after, str) and not _is_whole(field, before, after):
            said = [Piece(op, text) for op, text in words(before, after)]
            return said if _is_alike(said) else [Piece("removed", before), Piece("added", after)]
        if isinstance(before, list) and isinstance(after, list):
            return _spaced(self._items(field, before), self._items(field, after))
        found = ((op, self._text(field, value)) for op, value in (("removed", before), ("added", after)))
        return [Piece(op, text) for op, text in found if text]  # type: ignore[arg-type]

    def _text(self, field: str, value: Any) -> str:
        return "" if value is _MISSING or value is None else self.value(field, value)

    def _items(self, field: str, items: list[Any]) -> list[str]:
        return [self.value(field, item) for item in items]

    def value(self, field: str, value: Any) -> str:
        """A value of `field` in words."""
        if isinstance(value, bool):
            return self.say(_("yes") if value else _("no"))
        if isinstance(value, str):
            return self._word(field, value)
        if isinstance(value, list):
            return "; ".join(self._items(field, value))
        if isinstance(value, dict):
            said = {name: item for name, item in value.items() if item not in (None, [], "") and name != "digest"}
            return self._group(field, said)
        return str(value)

    def _word(self, field: str, text: str) -> str:
        kind = reference_kind(field)
        if kind is not None:
            try:
                return self.name(kind, UUID(text)) or text
            except ValueError:
                return text
        if text in VALUES.get(field, {}):
            return self.say(VALUES[field][text])
        if field == "role":  # a role in the portal is called by its key
            return self.titles.get(field, {}).get(text, text.replace("_", " "))
        return self.titles.get(field, {}).get(text, text)

    def _group(self, field: str, value: dict[str, Any]) -> str:
        if not value and field == "scope":
            return self.say(COMPANY)
        if len(value) == 1:
            [(only, item)] = value.items()
            said = self.value(only, item)
            return said if only in _PLAIN else f"{self.label(only)} {said}"
        fields = sorted(
            value.keys() - _UNSEEN, key=lambda name: (name not in _PLAIN, _RANK.get(name, len(_RANK)), name)
        )
        texts = [(name, self.value(name, value[name])) for name in fields]
        if field == "weights" and isinstance(value.get("key"), str):
            texts.insert(0, ("title", self._word(field, value["key"])))
        return ", ".join(text if name in _PLAIN else f"{self.label(name)} {text}" for name, text in texts)


_UNSEEN = {"key", "digest"}
"""Fields that say nothing to a reader: a pin is known by its module and the number of its version."""
_PLAIN = {"title", "action", "person", "workflow", "responsibility", "severity", "criticality", "risk"}
"""Fields whose value says what it is, so that it needs no word before it."""


def _is_whole(field: str, before: str, after: str) -> bool:
    """A word of a fixed list, a key or an id: shown whole, since half of one says nothing."""
    listed = VALUES.get(field, {})
    return before in listed or after in listed or field in titled.SECTIONS or bool(reference_kind(field))


ALIKE = 1 / 3
"""Of a text that is rewritten more than this stays; of less, single words that happen to be in both only confuse."""


def _is_alike(pieces: list[Piece]) -> bool:
    """Enough of one side of `pieces` stayed to be read word by word."""
    stayed = sum(len(piece.text) for piece in pieces if piece.op == "same")
    sides = [sum(len(piece.text) for piece in pieces if piece.op != gone) for gone in ("added", "removed")]
    return not all(sides) or stayed > ALIKE * min(sides)


def _spaced(before: list[str], after: list[str]) -> Iterator[Piece]:
    """Item by item; what stayed in its order is not marked."""
    for op, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            yield Piece("same", "; ".join(before[a:b]))
            continue
        if b > a:
            yield Piece("removed", "; ".join(before[a:b]))
        if d > c:
            yield Piece("added", "; ".join(after[c:d]))
