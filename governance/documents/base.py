"""Controlled documents: typed content, canonical form, digest, kinds.

Content is JSON without floats. It is canonicalised by RFC 8785 and identified by the SHA-256 of the *stored*
canonical text. `load` gives the typed, frozen content of a stored text and caches it by digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from governance.documents.canonical import ContentError, canonical, digest, escape
from governance.documents.diff import Change, apply, diff, words
from governance.documents.facts import Facts, Finding, Reference
from governance.documents.interchange import SHOWN, Names, Resolver, bounded, from_yaml, to_yaml
from governance.documents.sentences import Sentence, stored
from governance.documents.sentences import Sentence as _

__all__ = [
    "Change",
    "Content",
    "ContentError",
    "Facts",
    "Finding",
    "Kind",
    "KindSpec",
    "Names",
    "Pinned",
    "Reference",
    "Resolver",
    "apply",
    "canonical",
    "check",
    "check_stored",
    "diff",
    "digest",
    "from_yaml",
    "load",
    "parse",
    "read",
    "register",
    "spec",
    "to_yaml",
    "upcast",
    "words",
]

Severity = Literal["sev1", "sev2", "sev3", "sev4"]
SEVERITIES: tuple[Severity, ...] = ("sev1", "sev2", "sev3", "sev4")
SeverityOrAny = Literal["sev1", "sev2", "sev3", "sev4", "any"]
Criticality = Literal["high", "medium", "low"]
CRITICALITIES: tuple[Criticality, ...] = ("high", "medium", "low")
CriticalityOrAny = Literal["high", "medium", "low", "any"]

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A stable row key: lower-case letters, digits, hyphen, underscore, at most 64."""
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Minutes = Annotated[int, Field(ge=1, le=43200)]
"""Minutes, one to thirty days."""


class Part(BaseModel):
    """A part of a document's content: frozen, nothing unknown, nothing coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Content(Part):
    """The whole content of one version. `schema_number` says which schema it was written for."""

    schema_number: Annotated[int, Field(ge=1, le=1000)] = 1
    title: Title


C = TypeVar("C", bound=Content)


class Scope(Part):
    """What a document or row is for: at most one of these; none of them means the company default."""

    workflow: UUID | None = None
    team: UUID | None = None
    department: UUID | None = None
    criticality: Criticality | None = None

    @model_validator(mode="after")
    def at_most_one(self) -> Scope:
        if sum(value is not None for value in (self.workflow, self.team, self.department, self.criticality)) > 1:
            raise ValueError(_("a scope names at most one of workflow, team, department, criticality"))
        return self

    @property
    def kind(self) -> Literal["workflow", "team", "department", "criticality", "default"]:
        if self.workflow is not None:
            return "workflow"
        if self.team is not None:
            return "team"
        if self.department is not None:
            return "department"
        return "criticality" if self.criticality is not None else "default"

    @property
    def ref(self) -> UUID | str | None:
        """The id of the workflow, team or department, the criticality, or None for the default."""
        return self.workflow or self.team or self.department or self.criticality


class Holder(Part):
    """Who holds a duty: exactly one of a role (key), person, team or schedule (ids)."""

    role: Key | None = None
    person: UUID | None = None
    team: UUID | None = None
    schedule: UUID | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Holder:
        if sum(value is not None for value in (self.role, self.person, self.team, self.schedule)) != 1:
            raise ValueError(_("name exactly one of role, person, team, schedule"))
        return self

    @property
    def kind(self) -> Literal["role", "person", "team", "schedule"]:
        if self.role is not None:
            return "role"
        if self.person is not None:
            return "person"
        return "team" if self.team is not None else "schedule"

    @property
    def ref(self) -> UUID | str:
        """The role's key or the id of the person, team or schedule."""
        return self.role or self.person or self.team or self.schedule  # type: ignore[return-value]


class Target(Part):
    """Whom an escalation level tells: exactly one of responsibility, role (keys), person, team, schedule, board (ids).

    `alternate` belongs to a responsibility: 0 tells its holder, 1 its first alternate, and so on.
    """

    responsibility: Key | None = None
    alternate: Annotated[int, Field(ge=0, le=20)] = 0
    role: Key | None = None
    person: UUID | None = None
    team: UUID | None = None
    schedule: UUID | None = None
    board: UUID | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Target:
        given = (self.responsibility, self.role, self.person, self.team, self.schedule, self.board)
        if sum(value is not None for value in given) != 1:
            raise ValueError(_("name exactly one of responsibility, role, person, team, schedule, board"))
        if self.alternate and self.responsibility is None:
            raise ValueError(_("only a responsibility has alternates"))
        return self

    @property
    def kind(self) -> Literal["responsibility", "role", "person", "team", "schedule", "board"]:
        for name in ("responsibility", "role", "person", "team", "schedule"):
            if getattr(self, name) is not None:
                return name
        return "board"

    @property
    def ref(self) -> UUID | str:
        """The key of the responsibility or role, or the id of the person, team, schedule or board."""
        return getattr(self, self.kind)  # type: ignore[no-any-return]


VERSION = stored(_("%(title)s (version %(number)d)"))


@dataclass(frozen=True, slots=True)
class Pinned(Generic[C]):
    """One version as rules take it: which document, which version number, which digest, and its typed content.

    Nothing of it changes once it is made: `known` keeps what the rules have found out about it.
    """

    document: UUID
    digest: str
    content: C
    title: str = ""
    number: int = 0
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        title = self.title or self.content.title
        return VERSION % {"title": title, "number": self.number} if self.number else title


@dataclass(frozen=True, slots=True)
class KindSpec:
    """A kind of document. `check(content, facts)` lists findings, `references(content)` what it names outside.

    `number` is the present schema number; `upcasts[n]` turns content of schema n into schema n + 1.
    """

    name: str
    title: str
    schema: type[Content]
    check: Callable[[Any, Facts], list[Finding]]
    references: Callable[[Any], list[Reference]]
    number: int = 1
    upcasts: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)


Kind: dict[str, KindSpec] = {}
"""The registry of kinds by name (`matrix`, `escalation`, `rubric`)."""


def register(kind: KindSpec) -> None:
    """Add a kind; registering another spec under the same name is a programming error."""
    if Kind.get(kind.name, kind) is not kind:
        raise RuntimeError(f"kind {kind.name} is registered twice")
    Kind[kind.name] = kind


def spec(kind: str) -> KindSpec:
    """The spec of `kind`. Raises ContentError for an unknown name."""
    try:
        return Kind[kind]
    except KeyError:
        raise ContentError(_("There is no kind of document called '%(kind)s'.") % {"kind": kind}) from None


def upcast(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """`content` in the present schema of `kind`. Stored text is never rewritten."""
    known = spec(kind)
    number = content.get("schema_number", 1)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ContentError(_("The number of the schema must be a whole number from 1 on."), "/schema_number")
    if number > known.number:
        sentence = _("This document was written for a newer schema (%(number)s).") % {"number": number}
        raise ContentError(sentence, "/schema_number")
    while number < known.number:
        content = known.upcasts[number]({**content, "schema_number": number + 1})
        number += 1
    return content


def parse(kind: str, content: dict[str, Any]) -> tuple[Content | None, list[Finding]]:
    """Typed content of JSON `content`, or None with blocking findings that name each wrong place.

    For drafts, forms and imports. Never raises for bad content, only for an unknown kind.
    """
    typed, findings, _text = read(kind, content)
    return typed, findings


def read(kind: str, content: dict[str, Any]) -> tuple[Content | None, list[Finding], str]:
    """What ``parse`` gives, and the canonical text in the present schema (empty when there is none)."""
    known = spec(kind)
    try:
        text = canonical(upcast(kind, content))
    except ContentError as error:
        return None, [Finding("blocking", error.path, error.message)], ""
    try:
        return _load(known.name, digest(text), _Text(text)), [], text
    except ValidationError as error:
        plain = json.loads(text)
        every = error.errors(include_url=False, include_input=False)
        wrong = [Finding("blocking", _pointer(plain, item["loc"]), _sentence(item)) for item in every]
        return None, bounded(wrong), text


def _pointer(content: Any, place: Iterable[int | str]) -> str:
    """A place as pydantic names it as a JSON pointer whose list parts are row keys."""
    parts = []
    for part in place:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            content = None
        key = content.get("key") if isinstance(part, int) and isinstance(content, dict) else None
        parts.append(escape(key if isinstance(key, str) and key else str(part)))
    return "/" + "/".join(parts)


def _called(place: Sequence[int | str]) -> str:
    """The field at `place`; one of several values by the list and its number from 1 on."""
    names = [str(part)[:SHOWN] for part in place if isinstance(part, str)]
    if place and isinstance(place[-1], int):
        return " ".join([*names[-1:], str(place[-1] + 1)])
    return names[-1] if names else "document"


def _sentence(item: Any) -> str:
    """A pydantic error in words that a person who edits YAML or a form can act on."""
    kind, where = item["type"], _called(item["loc"])
    expected = str(item.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
    known = {
        "missing": _("'%(name)s' is missing."),
        "extra_forbidden": _("'%(name)s' is not known here."),
        "string_pattern_mismatch": _("'%(name)s' may hold at most 64 lower-case letters, digits, - and _ only."),
        "literal_error": _("'%(name)s' must be one of %(expected)s."),
        "uuid_parsing": _("'%(name)s' does not name anything that exists."),
        "string_too_short": _("'%(name)s' may not be empty."),
        "too_short": _("'%(name)s' may not be empty."),
        "string_too_long": _("'%(name)s' is too long."),
        "too_long": _("'%(name)s' holds too many rows."),
        "uuid_type": _("'%(name)s' does not name anything that exists."),
        "model_type": _("'%(name)s' must hold fields of its own."),
        "tuple_type": _("'%(name)s' must be a list."),
        "int_type": _("'%(name)s' must be a whole number."),
        "bool_type": _("'%(name)s' must be true or false."),
        "string_type": _("'%(name)s' must be text."),
        "greater_than_equal": _("'%(name)s' is too small."),
        "less_than_equal": _("'%(name)s' is too large."),
    }
    if kind in known:
        return known[kind] % {"name": where, "expected": expected}
    return _("'%(name)s': %(error)s.") % {"name": where, "error": Sentence(item["msg"].removeprefix("Value error, "))}


@lru_cache(maxsize=4096)
def _load(kind: str, digest_of_text: str, text: _Text) -> Content:
    known = spec(kind)
    content: Any = json.loads(text.value)
    if content.get("schema_number", 1) == known.number:
        return known.schema.model_validate_json(text.value)
    return known.schema.model_validate_json(canonical(upcast(kind, content)))


class _Text:
    """Carries a text past the cache: the key is the digest alone."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text)


def load(kind: str, canonical_text: str) -> Content:
    """Typed content of a stored canonical text, cached by digest. Raises ContentError when it does not fit."""
    try:
        return _load(kind, digest(canonical_text), _Text(canonical_text))
    except ContentError:
        raise
    except ValueError as error:
        raise ContentError(_("The stored document cannot be read: %(error)s") % {"error": error}) from error


def check(kind: str, content: dict[str, Any], facts: Facts) -> list[Finding]:
    """All findings about JSON `content`: what the schema refuses, else what the kind's check says."""
    parsed, findings = parse(kind, content)
    return findings if parsed is None else spec(kind).check(parsed, facts)


def check_stored(kind: str, canonical_text: str, facts: Facts) -> list[Finding]:
    """``check`` for a stored canonical text, whose typed content is known by its digest."""
    try:
        content = load(kind, canonical_text)
    except ContentError:
        return check(kind, json.loads(canonical_text), facts)
    return spec(kind).check(content, facts)


def duplicate_keys(rows: Iterable[Any], path: str) -> list[Finding]:
    """Blocking findings for rows of one list that share a key."""
    seen: set[str] = set()
    findings = []
    for row in rows:
        if row.key in seen:
            findings.append(
                Finding("blocking", f"{path}/{row.key}", _("The key '%(key)s' is used twice.") % {"key": row.key})
            )
        seen.add(row.key)
    return findings
