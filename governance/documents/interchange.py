"""YAML in and out (P17). YAML shows e-mail addresses, keys and names; content holds UUIDs.

Only the JSON part of YAML is read: mappings, lists, text, whole numbers, true, false and null (YAML 1.2 core words, so
that `no` and `on` stay text). Anchors, aliases, tags, merge keys and several documents are refused by the parser's
events, before anything could grow.
"""

from __future__ import annotations

import re
from typing import Any, Protocol
from uuid import UUID

import yaml

from governance.documents.canonical import MAX_INT, MAX_PATH, ContentError, clean_text, escape
from governance.documents.facts import Finding
from governance.documents.sentences import Sentence as _

REFERENCE_KINDS = ("person", "team", "workflow", "department", "schedule", "board", "module", "platform")
"""A mapping key with one of these names, or ending in `_<name>` (`triage_team`), refers to something outside."""
MAX_YAML_BYTES = 4_000_000
MAX_YAML_DEPTH = 24
MAX_YAML_NODES = 400_000
MOST_FINDINGS = 200
SHOWN = 80
"""So many characters of a name stand in a sentence about it."""
AND_MORE = _("%(count)d more places are wrong; put these right first.")
NOT_YAML = _("This is not valid YAML: %(error)s.")
THERE_IS_NO = {
    "person": _("There is no person called '%(name)s'."),
    "team": _("There is no team called '%(name)s'."),
    "workflow": _("There is no workflow called '%(name)s'."),
    "department": _("There is no department called '%(name)s'."),
    "schedule": _("There is no schedule called '%(name)s'."),
    "board": _("There is no board called '%(name)s'."),
    "module": _("There is no playbook module called '%(name)s'."),
    "platform": _("There is no platform called '%(name)s'."),
}

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BREAKS = re.compile("[\r\x7f-\x9f\u2028\u2029\ufeff]")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Resolver(Protocol):
    """Finds what YAML names. `kind` is one of REFERENCE_KINDS; `name` an e-mail (person) or a key."""

    def find(self, kind: str, name: str) -> UUID | None: ...


class Names(Protocol):
    """Names what content refers to: the e-mail of a person, the key of anything else; None = unknown."""

    def name(self, kind: str, id: UUID) -> str | None: ...


def reference_kind(field: str) -> str | None:
    """The kind of thing that a field of this name refers to, or None."""
    last = field.rpartition("_")[2]
    return last if last in REFERENCE_KINDS else None


class _Refused(Exception):
    """The text cannot be read: why, in which line, and at which place of the document."""

    def __init__(self, message: str, mark: Any = None, path: str = "", *, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.path = message, path
        self.line = line if mark is None else mark.line + 1


def bounded(findings: list[Finding]) -> list[Finding]:
    """At most MOST_FINDINGS of `findings`, and one that counts the rest: nobody reads a hundred thousand."""
    if len(findings) <= MOST_FINDINGS:
        return findings
    rest = Finding("blocking", "", AND_MORE % {"count": len(findings) - MOST_FINDINGS})
    return [*findings[:MOST_FINDINGS], rest]


def from_yaml(text: str | bytes, resolve: Resolver) -> tuple[dict[str, Any], list[Finding]]:
    """JSON content of hostile YAML `text`, and what is wrong with it.

    Any finding means that nothing may be imported; content is then `{}` or partly resolved. Never raises for bad
    input: aliases, anchors, tags, duplicate keys, floats, more than the limits of size and depth are findings
    with their place and line.
    """
    try:
        content = _read(_decoded(text))
    except _Refused as error:
        return {}, [Finding("blocking", error.path, error.message, error.line)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return {}, [Finding("blocking", "", NOT_YAML % {"error": str(error).splitlines()[0][:200]})]
    if not isinstance(content, dict):
        return {}, [Finding("blocking", "", _("The file must hold one mapping of names to values."), 1)]
    findings: list[Finding] = []
    resolved = _resolved(content, "", resolve, findings)
    return resolved, bounded(findings)


def _decoded(text: str | bytes) -> str:
    size = len(text)
    if size > MAX_YAML_BYTES:
        raise _Refused(_("The file is larger than %(size)d MB.") % {"size": MAX_YAML_BYTES // 1_000_000})
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise _Refused(_("The file is not UTF-8 text."), line=line) from None
    broken = _UNREADABLE.search(text)
    if broken is not None:
        raise _Refused(_("The file holds a broken character."), line=text.count("\n", 0, broken.start()) + 1)
    return text


def _read(text: str) -> Any:
    """The one document of `text`. Raises _Refused with the place that was being read."""
    stack: list[_Frame] = []
    try:
        return _built(text, stack)
    except _Refused as error:
        error.path = f"{_path(stack)}{error.path}"[:MAX_PATH]
        raise
    except yaml.MarkedYAMLError as error:
        sentence = NOT_YAML % {"error": error.problem or error.context}
        raise _Refused(sentence, error.problem_mark or error.context_mark, _path(stack)[:MAX_PATH]) from error


def _path(stack: list[_Frame]) -> str:
    """Where the reading stands; a row is called by its key, and by its number as long as that was not read."""
    parts = []
    for depth, frame in enumerate(stack):
        if isinstance(frame.value, dict):
            parts += [escape(frame.key)] if frame.key is not None else []
        else:
            inner = stack[depth + 1].value if depth + 1 < len(stack) else None
            parts.append(_part(inner, len(frame.value)))
    return "".join(f"/{part}" for part in parts)


def _built(text: str, stack: list[_Frame]) -> Any:
    """`text` made from parser events with a `stack` of our own: no recursion, no growth."""
    result: list[Any] = []
    documents = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Refused(_("The file holds more than one document."), event.start_mark)
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = stack.pop()
            _place(stack, result, done.value, event.start_mark)
        if not isinstance(event, yaml.NodeEvent):
            continue
        nodes += 1
        _refuse_extras(event)
        if nodes > MAX_YAML_NODES:
            raise _Refused(
                _("The file holds more than %(count)d values.") % {"count": MAX_YAML_NODES}, event.start_mark
            )
        if isinstance(event, yaml.ScalarEvent):
            _place(stack, result, _scalar(event, stack), event.start_mark)
            continue
        if len(stack) >= MAX_YAML_DEPTH:
            raise _Refused(
                _("The file is nested deeper than %(count)d levels.") % {"count": MAX_YAML_DEPTH}, event.start_mark
            )
        if stack and stack[-1].wants_key:
            raise _Refused(_("A name must be plain text."), event.start_mark)
        stack.append(_Frame({} if isinstance(event, yaml.MappingStartEvent) else []))
    return result[0] if result else None


class _Frame:
    """A mapping or list that is being filled."""

    __slots__ = ("key", "value")

    def __init__(self, value: dict[str, Any] | list[Any]) -> None:
        self.value, self.key = value, None  # type: tuple[dict[str, Any] | list[Any], str | None]

    @property
    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


def _place(stack: list[_Frame], result: list[Any], value: Any, mark: Any) -> None:
    if not stack:
        result.append(value)
        return
    frame = stack[-1]
    if isinstance(frame.value, list):
        frame.value.append(value)
    elif frame.key is None:
        if value in frame.value:
            sentence = _("'%(name)s' is given twice in the same place.") % {"name": value[:SHOWN]}
            raise _Refused(sentence, mark, f"/{escape(value)}")
        frame.key = value
    else:
        frame.value[frame.key], frame.key = value, None


def _refuse_extras(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _Refused(_("Anchors and aliases (& and *) are not allowed; write it out."), event.start_mark)
    if event.tag is not None and event.tag != "!":
        raise _Refused(_("Tags such as '%(tag)s' are not allowed.") % {"tag": event.tag[:60]}, event.start_mark)


def _scalar(event: Any, stack: list[_Frame]) -> Any:
    text: str = event.value
    wants_key = bool(stack) and stack[-1].wants_key
    if wants_key and text == "<<" and not event.style:
        raise _Refused(_("Merge keys (<<) are not allowed; write it out."), event.start_mark)
    try:
        cleaned = clean_text(text)
    except ContentError as error:
        raise _Refused(error.message, event.start_mark) from None
    if wants_key or event.style:  # NOTE plain style is None from the Python parser and "" from libyaml
        return cleaned
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if len(text) > 17 or abs(int(text)) > MAX_INT:
            raise _Refused(_("This number is too large."), event.start_mark)
        return int(text)
    if _FLOAT.fullmatch(text):
        raise _Refused(
            _("%(text)s is not a whole number; put it in quotes if it is text.") % {"text": text[:40]}, event.start_mark
        )
    return cleaned


def _resolved(value: Any, path: str, resolve: Resolver, findings: list[Finding]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, f"{path}/{_part(item, index)}", resolve, findings) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, item in value.items():
        place = f"{path}/{escape(name)}"
        kind = reference_kind(name)
        if kind is not None and isinstance(item, str):
            result[name] = _find(kind, item, place, resolve, findings)
        else:
            result[name] = _resolved(item, place, resolve, findings)
    return result


def _part(item: Any, index: int) -> str:
    key = item.get("key") if isinstance(item, dict) else None
    return escape(key) if isinstance(key, str) else str(index)


def _find(kind: str, name: str, path: str, resolve: Resolver, findings: list[Finding]) -> str:
    try:
        return str(UUID(name))
    except ValueError:
        found = resolve.find(kind, name)
    if found is None:
        findings.append(Finding("blocking", path, THERE_IS_NO[kind] % {"name": name[:120]}))
        return name
    return str(found)


def to_yaml(content: dict[str, Any], names: Names) -> str:
    """YAML of JSON `content`; ids are shown as e-mail or key, an unknown id stays an id (and imports again)."""
    return yaml.dump(
        _named(content, names), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )


class _Dumper(yaml.SafeDumper):
    """Never writes anchors, since reading refuses them; quotes whatever our reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _plain(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    risky = text in _NULLS or text in _WORDS or text == "<<" or _FLOAT.fullmatch(text) or _BREAKS.search(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if risky else None)


_Dumper.add_representer(str, _plain)


def _named(value: Any, names: Names) -> Any:
    if isinstance(value, (list, tuple)):
        return [_named(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name in sorted(value, key=lambda field: (_ORDER.get(field, 50), field)):
        kind, item = reference_kind(name), value[name]
        result[name] = _name(kind, item, names) if kind is not None and isinstance(item, str) else _named(item, names)
    return result


_FIRST: tuple[str, ...] = ("schema_number", "key", "title", "scope", "responsibility", "severity", "letter", "holder")
_FIRST += ("module", "version", "when", "does")
_ORDER = {name: rank for rank, name in enumerate(_FIRST)}


def _name(kind: str, text: str, names: Names) -> str:
    try:
        return names.name(kind, UUID(text)) or text
    except ValueError:
        return text
