"""Any document as a sheet and back, one value in each row: part, entry, field, value.

A list of texts, people or targets takes one row for each of its items, in their order. What somebody leaves out is not
said any more. Names stand as in ``sheets``: `team:payments`, `role:lead`, `responsibility:on_call +1` for a stand-in.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from governance.documents import base, tables
from governance.documents.facts import Finding
from governance.documents.interchange import Names, Resolver, reference_kind
from governance.documents.sentences import Sentence as _
from governance.documents.tables import Cell, Say, Table

COLUMNS = ("part", "entry", "field", "value")
HEADINGS: dict[str, str] = {"part": _("part"), "entry": _("entry"), "field": _("field"), "value": _("value")}
TITLE = "Document"
WIDTHS: tuple[int, ...] = (18, 28, 32, 80)
YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
ONE_OF = (base.Scope, base.Holder, base.Target)
"""Parts that one cell holds."""


# Out


def cells(kind: str, content: Mapping[str, Any], names: Names, say: Say = str) -> Iterator[list[Cell]]:
    """The headings, then one list of cells for each value of JSON `content`."""
    yield [say(HEADINGS[name]) for name in COLUMNS]
    for path, value in _values(base.spec(kind).schema, content, ()):
        if isinstance(path[1], _Key):
            yield [path[0], tables.escape(path[1]), "/".join(path[2:]), _out(value, names)]
        else:
            yield [path[0], "", "/".join(filter(None, path[1:])), _out(value, names)]


class _Key(str):
    """The key of a row as a step of a path."""

    __slots__ = ()


def _values(annotation: Any, value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, leaf) of everything that is said; what is empty is not."""
    annotation = _bare(annotation)
    if value is None or value == "":
        return
    if _is_part(annotation):
        for name, field in annotation.model_fields.items():
            if name in value and name not in ("key", "schema_number"):
                yield from _values(field.annotation, value[name], (*path, name))
    elif get_origin(annotation) is tuple:
        item = get_args(annotation)[0]
        for each in value:
            if not _is_part(item):
                yield from _values(item, each, path)
                continue
            row = (*path, _Key(each["key"]))
            said = list(_values(item, each, row))
            yield from said or [(row, (str, "key", ""))]
    else:
        yield (*path, "") if len(path) < 2 else path, (annotation, path[-1], value)


def _out(leaf: Any, names: Names) -> Cell:
    annotation, field, value = leaf
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if annotation is UUID:
        return tables.escape(tables.named(reference_kind(field) or field, value, names))
    if annotation is base.Scope:
        return tables.escape(tables.scope_text(value, names) or "company")
    if annotation in ONE_OF:
        return tables.escape(target_text(value, names))
    return tables.escape(value)


def target_text(target: Mapping[str, Any], names: Names) -> str:
    """Whom a holder or a level names, in one cell."""
    for kind in ("responsibility", "board"):
        if target.get(kind) is not None:
            place = target.get("alternate") or 0
            return f"{kind}:{target[kind]}" + (f" +{place}" if place else "")
    return tables.holder_text({kind: value for kind, value in target.items() if kind != "alternate"}, names)


# In


def from_table(
    kind: str, table: Table, content: Mapping[str, Any], resolve: Resolver, spoken: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Finding], dict[str, int]]:
    """JSON content that `table` says, what is wrong, and the sheet row of each place.

    What says the same as in `content` stays as it is written. With any finding nothing may be imported.
    """
    table, findings = tables.understood(table, HEADINGS, spoken or {})
    if findings:
        return dict(content), findings, {}
    reader = _Reader(table, HEADINGS, resolve)
    schema = base.spec(kind).schema
    new = reader.read(schema)
    kept = {name: content[name] for name in ("schema_number",) if name in content}
    return {**kept, **_kept(schema, content, new)}, reader.findings, reader.lines


class _Wrong(Exception):
    """A cell that cannot be taken: the column and why."""

    def __init__(self, column: str, why: _) -> None:
        super().__init__(why)
        self.column, self.why = column, why


class _Reader(tables.CellReader):
    """Puts values where their paths say, and notes which cell is wrong."""

    path = ""

    def read(self, schema: Any) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for number, record in self.table.rows:
            self.number, self.record = number, record
            if self.stray("/"):
                continue
            part, entry, field = (self.text(name).strip() for name in COLUMNS[:3])
            steps = [step for step in (part, entry, *field.split("/")) if step]
            self.path = "/" + "/".join(steps)
            for depth in range(len(steps)):
                self.lines.setdefault("/" + "/".join(steps[: depth + 1]), number)
            try:
                self._put(schema, content, steps, columns=[part, entry, field])
            except _Wrong as wrong:
                self.say(wrong.column, wrong.why, self.path)
        return content

    def _put(self, schema: Any, content: Any, steps: list[str], columns: list[str]) -> None:
        """The value of this row at `steps` of `content`."""
        annotation, here = schema, content
        for depth, step in enumerate(steps):
            column = "part" if depth == 0 else "entry" if depth == 1 and columns[1] else "field"
            if _is_part(annotation):
                fields = annotation.model_fields
                if step not in fields or step in ("key", "schema_number"):
                    raise _Wrong(column, _("“%(text)s” is not known here") % {"text": step[:120]})
                annotation, name = _bare(fields[step].annotation), step
                empty: Any = [] if get_origin(annotation) is tuple else {}
                if _is_leaf(annotation):
                    if depth + 1 < len(steps):
                        raise _Wrong("field", _("“%(text)s” has no parts") % {"text": step})
                    self._set(here, name, annotation)
                    return
                here = here.setdefault(name, empty)
            elif get_origin(annotation) is tuple and _is_part(_bare(get_args(annotation)[0])):
                annotation = _bare(get_args(annotation)[0])
                if not tables.KEY.fullmatch(step):
                    why = _("“%(text)s” may hold at most 64 letters, digits, - and _ only")
                    raise _Wrong(column, why % {"text": step[:120]})
                known = next((row for row in here if row["key"] == step), None)
                if known is None:
                    known = {"key": step}
                    here.append(known)
                here = known
            else:
                raise _Wrong(column, _("“%(text)s” is not known here") % {"text": step[:120]})
        if _is_part(annotation) and "key" in here and not self.text("value"):
            return  # a row that says nothing beside its key
        if get_origin(annotation) is tuple and not _is_part(_bare(get_args(annotation)[0])):
            value = self._value(_bare(get_args(annotation)[0]), steps[-1])
            if value is not None:
                here.append(value)
            return
        raise _Wrong("field", _("name the field whose value this is"))

    def _set(self, here: dict[str, Any], name: str, annotation: Any) -> None:
        if name in here:
            raise _Wrong("field", _("this is already said in a row above"))
        value = self._value(annotation, name)
        if value is not None:
            here[name] = value

    def _value(self, annotation: Any, field: str) -> Any:
        text = self.text("value")
        if not text.strip():
            return text if text and annotation is str else None
        if annotation is bool:
            return self._yes_or_no(text.strip())
        if annotation is int:
            return self._number(text.strip())
        if get_origin(annotation) is Literal:
            known = {str(item).lower(): item for item in get_args(annotation)}
            if text.strip().lower() not in known:
                why = _("“%(text)s” must be one of %(known)s")
                raise _Wrong("value", why % {"text": text[:120], "known": ", ".join(map(str, known.values()))})
            return known[text.strip().lower()]
        if annotation is UUID:
            return self.found("value", reference_kind(field) or field, text.strip(), self.path)
        if annotation is base.Scope:
            return self.scope("value", text.strip(), self.path)
        return self._named(annotation, text.strip()) if annotation in ONE_OF else text

    def _yes_or_no(self, text: str) -> bool:
        if text.lower() not in YES_OR_NO:
            why = _("“%(text)s” must be one of %(known)s")
            raise _Wrong("value", why % {"text": text[:120], "known": "yes, no"})
        return YES_OR_NO[text.lower()]

    def _number(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}(\.0+)?", text):
            raise _Wrong("value", _("“%(text)s” must be a whole number") % {"text": text[:120]})
        return int(text.partition(".")[0])

    def _named(self, annotation: Any, text: str) -> dict[str, Any]:
        kind, _colon, value = (part.strip() for part in text.partition(":"))
        if annotation is base.Target and kind.lower() == "responsibility":
            found = re.fullmatch(r"(\S+?)(?:\s*\+\s*([0-9]{1,2}))?", value)
            if found is None or not tables.KEY.fullmatch(found[1].lower()):
                raise _Wrong("value", _("“%(text)s” is not the key of a responsibility") % {"text": value[:120]})
            return {"responsibility": found[1].lower()} | ({"alternate": int(found[2])} if found[2] else {})
        if annotation is base.Target and kind.lower() == "board":
            return {"board": self.found("value", "board", value, self.path)}
        return self.holder("value", text, self.path)


# What says the same stays as it is written


def _kept(annotation: Any, old: Any, new: Any) -> Any:
    annotation = _bare(annotation)
    if _same(annotation, old, new):
        return old
    if _is_part(annotation) and isinstance(old, Mapping) and isinstance(new, Mapping):
        found = {"key": new["key"]} if "key" in new else {}
        for name, field in annotation.model_fields.items():
            if name in new and name != "key":
                found[name] = _kept(field.annotation, old.get(name), new[name])
            elif name in old and name != "key" and _same(field.annotation, old[name], _default(field)):
                found[name] = old[name]
        return found
    if get_origin(annotation) is tuple and isinstance(old, list) and isinstance(new, list):
        item = get_args(annotation)[0]
        if _is_part(_bare(item)):
            known = {row["key"]: row for row in old}
            return [_kept(item, known[row["key"]], row) if row["key"] in known else row for row in new]
    return new


def _default(field: Any) -> Any:
    """What a field says when it is left out, as JSON; something that fits nothing where it may not be left out."""
    return (
        ...
        if field.default is PydanticUndefined
        else _adapter(field.annotation).dump_python(field.default, mode="json")
    )


def _same(annotation: Any, one: Any, other: Any) -> bool:
    if one is None or other is None or other is ...:
        return one is None and other is None
    try:
        texts = (json.dumps(one), json.dumps(other))
        read = [_adapter(annotation).validate_json(text) for text in texts]
    except (TypeError, ValueError, ValidationError):
        return False
    return bool(read[0] == read[1])


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


@cache
def _bare(annotation: Any) -> Any:
    """An annotation without None and without its constraints."""
    if get_origin(annotation) in (Union, types.UnionType):
        [annotation] = [arg for arg in get_args(annotation) if arg is not type(None)]
        return _bare(annotation)
    return _bare(annotation.__origin__) if hasattr(annotation, "__metadata__") else annotation


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, base.Part) and annotation not in ONE_OF


def _is_leaf(annotation: Any) -> bool:
    return not _is_part(annotation) and get_origin(annotation) is not tuple
