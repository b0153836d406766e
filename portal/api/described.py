"""The document of the API in the shape in which its page shows it: doors by tag, then what they take and answer.

Headings are in the reader's language, the texts below them in English, as programs get them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

DEEP = 4  # levels of an example
REF = "#/components/schemas/"
FORMATS = {"date-time": "2026-03-12T13:26:00Z", "uuid": "0190f6e2-7c1b-7a53-9d0c-3f6f2b1f5a10"}


@dataclass(frozen=True)
class Kind:
    """A type in words: `before` a schema of the document, its name (or nothing), and `after` it."""

    before: str
    schema: str = ""
    after: str = ""


@dataclass(frozen=True)
class Line:
    """One thing that is sent or answered; `where` is path, query, header or empty."""

    name: str
    kind: Kind
    text: SafeString
    is_required: bool
    where: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    word: str
    text: SafeString
    schema: str


@dataclass(frozen=True)
class Door:
    """One operation; `body` and `answer` are names of schemas or empty, `call` is how curl does it."""

    anchor: str
    method: str
    path: str
    summary: str
    text: SafeString
    scope: str
    parameters: list[Line]
    body: str
    answer: str
    answers: list[Answer]
    call: str
    example: str

    @property
    def tone(self) -> str:
        return "info" if self.method == "GET" else "warn"


@dataclass(frozen=True)
class Group:
    anchor: str
    name: str
    text: SafeString
    doors: list[Door]


@dataclass(frozen=True)
class Thing:
    """One schema with its fields."""

    name: str
    text: SafeString
    lines: list[Line]


@dataclass(frozen=True)
class Shown:
    text: SafeString
    token: SafeString
    groups: list[Group]
    things: list[Thing]


def show(document: dict[str, Any]) -> Shown:
    """The whole `document`, an OpenAPI document of this API as JSON."""
    schemas = document["components"]["schemas"]
    groups = []
    for tag in document["tags"]:
        doors = [
            _door(path, method, operation, document)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        ]
        anchor = "tag-" + tag["name"].replace(" ", "-")
        groups.append(Group(anchor, _(tag["name"].capitalize()), marked(tag["description"]), doors))
    sent = _sent(document)
    things = [
        Thing(name, marked(item.get("description", "")), _lines(item, is_sent=name in sent))
        for name, item in sorted(schemas.items())
    ]
    token = document["components"]["securitySchemes"]["PersonalToken"]["description"]
    return Shown(
        marked(document["info"]["description"]), marked(token), groups, [item for item in things if item.lines]
    )


def marked(text: str) -> SafeString:
    """`text` with what stands in back-ticks as code."""
    html = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(" ".join(text.split())))
    return mark_safe(html)  # noqa: S308 (escaped above)


def _door(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> Door:
    taken = [_parameter(item) for item in operation.get("parameters", [])]
    body = _content(operation.get("requestBody", {}))
    answers = [
        Answer(int(status), HTTPStatus(int(status)).phrase, marked(item["description"]), _schema(_content(item)))
        for status, item in sorted(operation["responses"].items())
    ]
    done = next(item for status, item in sorted(operation["responses"].items()) if status.startswith("2"))
    shown, kept = _content(done), document["components"]["schemas"]
    scopes = [scope for item in operation.get("security", []) for scope in item.get("PersonalToken", [])]
    return Door(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=_(operation["summary"]),
        text=marked(operation.get("description", "")),
        scope=scopes[0] if scopes else "",
        parameters=taken,
        body=_schema(body),
        answer=_schema(shown),
        answers=answers,
        call=_call(path, method, operation, document),
        example=json.dumps(example(shown, kept), indent=2, ensure_ascii=False) if shown else "",
    )


def _content(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = said.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _schema(schema: dict[str, Any]) -> str:
    """The name of the schema that is meant."""
    return str(schema.get("$ref") or schema.get("title") or "").removeprefix(REF)


def _parameter(item: dict[str, Any]) -> Line:
    text = marked(item.get("description", "") or item["schema"].get("description", ""))
    found = kind(item["schema"])  # a parameter is left out, never null
    found = Kind(found.before, found.schema, found.after.removesuffix(_(" or null")))
    return Line(item["name"], found, text, bool(item.get("required")), item["in"])


def _sent(document: dict[str, Any]) -> set[str]:
    """Names of the schemas that programs send, also inside of others; only there it matters what is required."""
    bodies = [item.get("requestBody", {}) for methods in document["paths"].values() for item in methods.values()]
    found: set[str] = set()
    names = {_schema(_content(item)) for item in bodies} - {""}
    while names:
        found |= names
        inside = json.dumps([document["components"]["schemas"].get(name, {}) for name in names])
        names = set(re.findall(rf'"{REF}(\w+)"', inside)) - found
    return found


def _lines(schema: dict[str, Any], *, is_sent: bool) -> list[Line]:
    required = schema.get("required", []) if is_sent else []
    return [
        Line(name, kind(item), marked(item.get("description", "")), name in required)
        for name, item in schema.get("properties", {}).items()
    ]


def kind(schema: dict[str, Any]) -> Kind:
    """What `schema` takes, in words."""
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        others = [item for item in options if item.get("type") != "null"]
        found = kind(others[0]) if others else Kind(_("nothing"))
        return Kind(found.before, found.schema, found.after + (_(" or null") if len(others) < len(options) else ""))
    if "$ref" in schema:
        return Kind("", _schema(schema))
    if schema.get("type") == "array":
        inner = kind(schema.get("items", {}))
        return Kind(_("list of ") + inner.before, inner.schema, inner.after + _bounds(schema, "Items"))
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return Kind(", ".join(str(value) or _("empty") for value in values))
    return Kind(_word(schema) + _bounds(schema, "Length") + _range(schema) + _default(schema))


def _word(schema: dict[str, Any]) -> str:
    named = {"date-time": _("time"), "uuid": _("UUID")}.get(schema.get("format", ""))
    words = {"string": _("text"), "integer": _("whole number"), "number": _("number")}
    words |= {"boolean": _("true or false"), "object": _("object")}
    return named or words.get(str(schema.get("type", "")), _("anything"))


def _bounds(schema: dict[str, Any], what: str) -> str:
    most = schema.get(f"max{what}")
    return _(", at most %(count)s") % {"count": most} if most is not None else ""


def _range(schema: dict[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None and most is None:
        return ""
    if most is None or most > 10**9:
        return _(", from %(least)s on") % {"least": least}
    return _(", %(least)s to %(most)s") % {"least": least, "most": most}


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    return _(", else %(value)s") % {"value": json.dumps(value)} if value not in (None, "", []) else ""


def example(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A value that `schema` takes, by its own examples where it has some."""
    if "$ref" in schema:
        schema = schemas[_schema(schema)]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return example(options[0], schemas, depth)
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), schemas, depth + 1)] if depth < DEEP else []
    if "properties" in schema:
        return {name: example(item, schemas, depth + 1) for name, item in schema["properties"].items()}
    return _plain(schema)


def _plain(schema: dict[str, Any]) -> Any:
    words = {"string": FORMATS.get(schema.get("format", ""), "…"), "integer": schema.get("minimum", 1)}
    return (words | {"number": 1.0, "boolean": True, "object": {}}).get(str(schema.get("type", "")))


def _call(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    """The call with curl, with the examples of its parameters."""
    asked = {}
    for item in operation.get("parameters", []):
        value = (item.get("examples") or item["schema"].get("examples") or [None])[0]
        if value is not None and item["in"] == "path":
            path = path.replace(f"{{{item['name']}}}", str(value))
        elif value is not None and item["in"] == "query":
            asked[item["name"]] = value
    query = "?" + urlencode(asked) if asked else ""
    lines = [f'curl "{document["servers"][0]["url"]}{path}{query}"']
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if method != "get":
        lines[0] = lines[0].replace("curl", f"curl -X {method.upper()}", 1)
    if any(item["name"] == "Idempotency-Key" for item in operation.get("parameters", [])):
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    body = _content(operation.get("requestBody", {}))
    if body:
        sent = json.dumps(example(body, document["components"]["schemas"]), ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', f"-d '{sent}'"]
    return " \\\n  ".join(lines)
