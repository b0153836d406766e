"""What the API says of itself (OpenAPI 3.1): beside what follows from the code, how every door behaves alike."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from portal import limits, registry

TITLE = "Workflow governance portal"
DESCRIPTION = (
    "Programs act for the person whose token they show, and may do what that person may do. People make tokens at "
    "/profile/tokens/. Every answer is JSON; every refusal says in `error` a word that never changes and in `detail` a "
    "sentence. Times are ISO 8601 in UTC. Lists come a page at a time: send `next` of an answer as `after`."
)
TAGS = {
    "incidents": "Incidents as their pages show them, and the moves that a program makes for a person.",
    "ownership": "Who answers for what: the matrices in force, who would be told, and edits of cells.",
    "on call": "Who is on call.",
    "insights": "How it went over weeks: times, rates and their base.",
    "search": "Everything that can be found, in one list.",
}
TOKEN = (
    "A personal token, sent as `Authorization: Bearer wgp_…`. One with the scope `read` may only read; `write` may "
    "read and change."
)
ANSWERS = {
    200: "Done; this is the answer.",
    400: "The address holds a sign that no address can hold.",
    401: "The token is missing, unknown, ended or revoked.",
    403: "The person whose token this is may not do that, or the token may only read.",
    404: "There is nothing that this person may see at this address.",
    409: "It does not fit what has happened since; read again, then decide.",
    413: f"More than {limits.BODY_BYTES} bytes were sent.",
    415: "The body is not called application/json.",
    422: "What was sent cannot be understood or kept; `field` and `misses` say what.",
    429: f"More than {limits.API_CALLS_PER_MINUTE} calls of this token within a minute.",
    503: "The database does not answer; nothing was stored, send again.",
}
REQUEST_ID = {
    "description": "Stands in the log of the portal; quote it.",
    "schema": {"type": "string", "maxLength": 64},
}
RETRY = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
REPLAYED = {"description": "Only when this was answered before.", "schema": {"type": "string", "enum": ["true"]}}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": (
        "A name of your choice for this one call, say a UUID. Sent again within a day with the same body, the call is "
        "answered as before and nothing is done twice; with another body it is refused (422, `key_reused`)."
    ),
    "schema": {"type": "string", "maxLength": 200, "pattern": r"^[\x20-\x7e]*$"},
    "example": "0190f6e2-7c1b-7a53-9d0c-3f6f2b1f5a10",
}


class Document(OpenAPISchema):
    """As ninja writes it; NOTE: of two schemas with one name it would keep the last and say so of both doors."""

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        for name, schema in definitions.items():
            if self.schemas.get(name, schema) != schema:
                raise RuntimeError(f"two schemas of the API are called {name}")
        super().add_schema_definitions(definitions)


class Api(NinjaAPI):
    """The API; its document says of each door what all doors have in common."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._written: dict[str, Any] = {}

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """Written once in a process: it takes a tenth of a second and never changes."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._written:
            self._written[prefix] = self._write(prefix)
        return self._written[prefix]

    def _write(self, prefix: str) -> Any:
        found: Any = Document(self, prefix)
        found["info"]["description"] = DESCRIPTION
        found["servers"] = [{"url": settings.SITE_URL}]
        found["components"].get("securitySchemes", {}).get("PersonalToken", {})["description"] = TOKEN
        for path in found["paths"].values():
            for method, operation in path.items():
                _complete(method, operation)
        found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
        for _name, part in registry.api_parts.items():
            _add(found, import_string(part)())
        return found


def _add(document: Any, part: dict[str, Any]) -> None:
    """Doors that ninja does not serve; two schemas of one name are a mistake."""
    known = document["components"]
    twice = set(part["schemas"]) & set(known["schemas"])
    if twice:
        raise RuntimeError(f"two schemas of the API are called {sorted(twice)}")
    document["paths"].update(part["paths"])
    document["tags"].append(part["tag"])
    known["schemas"].update(part["schemas"])
    known.setdefault("securitySchemes", {}).update(part["securitySchemes"])


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Say of `operation` how it is called, and what each of its answers means."""
    writes = method != "get"
    if "security" in operation:
        operation["security"] = [{"PersonalToken": ["write" if writes else "read"]}]
    if writes and "security" in operation:
        operation["parameters"] = [*operation.get("parameters", []), KEY]
    for status, answer in operation["responses"].items():
        code = int(status)
        answer["description"] = ANSWERS.get(code, answer["description"])
        headers = {"X-Request-ID": REQUEST_ID}
        if code in (429, 503):
            headers |= {"Retry-After": RETRY}
        if code == 200 and writes:
            headers |= {"Idempotent-Replayed": REPLAYED}
        answer.setdefault("headers", {}).update(headers)
