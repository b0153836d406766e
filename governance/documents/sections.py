"""A schema described as a person fills it in: sections of a document, each with fields, rows and nested lists.

Nothing here knows a kind: whatever `Content` model is registered gets its forms from its annotations. A field called
``key`` names its row and is made from the row's words; a ``Key`` elsewhere points to a row of another list.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic.fields import FieldInfo

from governance.documents import base, section_words
from governance.documents.base import Content, Part
from governance.documents.interchange import reference_kind
from governance.documents.labels import LABELS
from governance.documents.sentences import Sentence

Simple = Literal["text", "long", "lines", "number", "check"]
Widget = Literal[Simple, "choice", "choices", "thing", "pointer", "name", "part", "rows", "folded"]
"""`thing` is something outside by its id, `pointer` a row of this document by its key, `name` whoever can be named.

`folded` are rows of which a page shows only the titles, since each has a page of its own."""
BASICS = "basics"
ELSEWHERE = {"matrix": {"rows": "grid"}}
"""Sections that another page keeps, by kind."""
FIXED = ("schema_number", "scope")
"""Top-level fields that nobody edits: a document keeps its scope."""
POINTS = {
    "responsibility": "responsibilities",
    "role": "roles",
    "path": "paths",
    "levels": "levels",
    "audience": "audiences",
    "audiences": "audiences",
    "DimensionWeight.key": "dimensions",
    "category": "exceptions",
    "authority": "actions",
    "follows": "modules",
    "next": "steps",
    "Who.role": "permission_roles",
    "training": "topics",
}
"""Which list a key points to, by ``Schema.field`` or by field."""
UNSEEN = ("Pin.digest",)
"""Fields that follow from others: nobody fills them in."""
TITLES = ("title", "action", "symptom", "question")
LONG = 1000
"""Text that may be longer than this gets several lines."""
NAMED = {"Holder": "holder", "Target": "target", "Who": "who"}
"""Parts that one field holds, in which somebody is named."""
FEW_FIELDS, MANY_FIELDS = 5, 8
"""A row with more fields than these has a page of its own; one with a long text with more than the first."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `fields` belong to a part or to each row of `rows`; `item` is a row that is one value.

    `default` is JSON; `refers` names what a `thing`, `pointer` or `name` leads to.
    """

    name: str
    widget: Widget
    label: str
    help: str = ""
    is_required: bool = True
    is_optional: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    refers: str = ""
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    fields: tuple[Field, ...] = ()
    item: Field | None = None
    is_keyed: bool = False
    add: str = ""

    @property
    def words(self) -> Mapping[str, str]:
        """What the values of `choices` are called."""
        return section_words.VALUES.get(self.name, {})

    @property
    def is_large(self) -> bool:
        """Its rows are too large for a line: they hold lists or parts themselves, or many fields and a long text."""
        inner = [field.widget for field in self.fields]
        holds = any(widget in ("rows", "folded", "part", "lines", "choices") for widget in inner)
        return holds or len(inner) > (FEW_FIELDS if "long" in inner else MANY_FIELDS)


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the editor: one list or part of the document, or its few single values (`basics`).

    `names` are the fields of the content that it edits; `elsewhere` names the page that keeps it instead.
    """

    key: str
    title: str
    help: str
    fields: tuple[Field, ...]
    elsewhere: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def part(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What `content` says in this section."""
        return {name: content[name] for name in self.names if name in content}


def sections(kind: str, *, is_company: bool) -> tuple[Section, ...]:
    """The sections of documents of `kind`, single values first. Raises ContentError for an unknown kind."""
    return _sections(base.spec(kind).schema, kind, is_company)


def kept(kind: str, *, is_company: bool) -> Mapping[str, Sentence]:
    """Rows that may not be removed, by path, each with the reason."""
    return section_words.KEPT.get(kind, {}) if is_company else {}


@lru_cache(maxsize=64)
def _sections(schema: type[Content], kind: str, is_company: bool) -> tuple[Section, ...]:
    single, found = [], []
    for name, info in schema.model_fields.items():
        if name in FIXED or (name == "triage_team" and not is_company):
            continue
        field = _field(schema, name, info)
        if field.widget not in ("rows", "part"):
            single.append(field)
            continue
        page = ELSEWHERE.get(kind, {}).get(name, "")
        place, words = f"{schema.__name__}.{name}", section_words
        text = words.ROWS_HELP if page else words.HELP.get(place) or words.HELP.get(name, "")
        title = words.LABELS.get(place) or words.LABELS.get(name) or LABELS.get(name, name)
        found.append(Section(name, title, text, (field,), page))
    basics = Section(BASICS, section_words.BASICS, section_words.BASICS_HELP, tuple(single))
    return (basics, *found)


def _fields(schema: type[Part], *, is_keyed: bool) -> tuple[Field, ...]:
    own = [item for item in schema.model_fields.items() if not (is_keyed and item[0] == "key")]
    return tuple(_field(schema, name, info) for name, info in own if f"{schema.__name__}.{name}" not in UNSEEN)


def _field(schema: type[Part], name: str, info: FieldInfo) -> Field:
    default = None if info.is_required() else _json(info.get_default(call_default_factory=True))
    return _described(schema.__name__, name, info.annotation, list(info.metadata), info.is_required(), default)


def _json(value: Any) -> Any:
    if isinstance(value, Part):
        return {}  # what is left out takes the defaults of the part
    return list(value) if isinstance(value, tuple) else value


def _described(owner: str, name: str, annotation: Any, metadata: list[Any], required: bool, default: Any) -> Field:
    place = f"{owner}.{name}"
    annotation, more, optional = _unwrapped(annotation)
    metadata += more
    common: dict[str, Any] = {
        "name": name,
        "label": section_words.LABELS.get(place) or LABELS.get(name) or name.replace("_", " "),
        "help": section_words.HELP.get(place, ""),
        "is_required": required,
        "is_optional": optional,
        "default": default,
    }
    if get_origin(annotation) is tuple:
        return _list(owner, get_args(annotation)[0], common)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return _part(annotation, common)
    if get_origin(annotation) is Literal:
        return Field(widget="choice", choices=get_args(annotation), **common)
    if annotation is UUID:
        return Field(widget="thing", refers=reference_kind(name) or "", **common)
    if annotation is bool:
        return Field(widget="check", **{**common, "is_required": False})
    if annotation is int:
        return Field(widget="number", least=_of(metadata, "ge"), most=_of(metadata, "le"), **common)
    if _of(metadata, "pattern"):
        return Field(widget="pointer", refers=POINTS.get(place) or POINTS.get(name, ""), **common)
    longest = _of(metadata, "max_length")
    is_needed = bool(_of(metadata, "min_length"))
    return Field(
        widget="long" if (longest or LONG) >= LONG else "text",
        longest=longest,
        **{**common, "is_required": is_needed, "default": default or ""},
    )


def _list(owner: str, inner: Any, common: dict[str, Any]) -> Field:
    """A list: of fixed values, of lines of text, of rows or of single values in an order."""
    inner, metadata, _optional = _unwrapped(inner)
    common = {**common, "default": [], "is_required": False}
    if get_origin(inner) is Literal:
        return Field(widget="choices", choices=get_args(inner), **common)
    if inner is str and not _of(metadata, "pattern"):
        return Field(widget="lines", longest=_of(metadata, "max_length"), **common)
    add = section_words.ONE.get(common["name"], section_words.ADD)
    if isinstance(inner, type) and issubclass(inner, Part) and inner.__name__ not in NAMED:
        is_keyed = "key" in inner.model_fields and f"{inner.__name__}.key" not in POINTS
        return Field(widget="rows", fields=_fields(inner, is_keyed=is_keyed), is_keyed=is_keyed, add=add, **common)
    item = _described(owner, common["name"], inner, metadata, True, None)
    return Field(widget="rows", item=item, add=add, **common)


def _part(schema: type[Part], common: dict[str, Any]) -> Field:
    if schema.__name__ in NAMED:
        return Field(widget="name", refers=NAMED[schema.__name__], **common)
    add = section_words.ONE.get(common["name"], section_words.ADD)
    return Field(widget="part", fields=_fields(schema, is_keyed=False), add=add, **common)


def _unwrapped(annotation: Any) -> tuple[Any, list[Any], bool]:
    """The type without ``Annotated`` and ``None``, what was annotated, and whether None is allowed."""
    metadata: list[Any] = []
    optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            for item in more:
                metadata += item.metadata if isinstance(item, FieldInfo) else [item]
        elif get_origin(annotation) in (Union, types.UnionType):
            optional = True
            (annotation,) = [arg for arg in get_args(annotation) if arg is not type(None)]
        else:
            return annotation, metadata, optional


def _of(metadata: list[Any], name: str) -> Any:
    return next((found for item in metadata if (found := getattr(item, name, None)) is not None), None)


def walk(fields: tuple[Field, ...]) -> Iterator[Field]:
    """`fields` and everything inside them."""
    for field in fields:
        yield field
        yield from walk(field.fields)
        if field.item is not None:
            yield field.item
