"""The API: one door for programs that show a token of their person; every answer is JSON (DESIGN section 10).

A refusal is ``{error, detail, request_id}``, `error` being a word that never changes and `detail` a sentence; some say
more (`field`, `rows`, `cells`). The apps above name their routers in ``registry.api_routers``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import Schema
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from portal import access, counting, limits, registry
from portal.api.document import TITLE, Api
from portal.errors import DomainError
from portal.models import ApiToken
from portal.reads import tokens as reads
from portal.services import idempotency, tokens

KEY_LENGTH = 200
SAID = 20  # things that are wrong with one request, at most
MISSES = "misses"


class Miss(Schema):
    """One thing that is wrong: `field` says where, as in `edits[0].holder`, `detail` why."""

    field: str
    detail: str


class Error(Schema):
    """Why nothing was done. `error` is stable, `detail` is for people, `request_id` stands in the log."""

    error: str = Field(examples=["unacceptable"])
    detail: str = Field(examples=["limit: Input should be less than or equal to 200"])
    request_id: str = Field(examples=["0190f6e2-7c1b-7a53-9d0c-3f6f2b1f5a10"])
    field: str | None = Field(default=None, description="What of the request is meant; empty when it is all of it.")
    misses: list[Miss] = Field(default=[], description="Everything that is wrong, where it is more than one thing.")


ALWAYS = (400, 401, 413, 422, 429, 503)
READ_ERRORS: dict[int, Any] = dict.fromkeys(ALWAYS, Error)
ERRORS: dict[int, Any] = dict.fromkeys(sorted((*ALWAYS, 403, 415)), Error)


class Problem(Exception):
    """A refusal with its status; `more` goes into the answer as it is."""

    def __init__(self, status: int, error: str, detail: str, **more: Any) -> None:
        self.status, self.error, self.detail, self.more = status, error, detail, more
        super().__init__(detail)


class PersonalToken(HttpBearer):
    """``Authorization: Bearer wgp_…``: `request.auth` is the token, which may do at least what `scope` says."""

    def __init__(self, scope: str = ApiToken.Scope.READ) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        at = timezone.now()
        _refuse_large(request)
        found = reads.holder(token.strip(), at=at)
        if found is None:
            return None
        if not counting.within(f"api:{found.pk}", limits.API_CALLS_PER_MINUTE, at=at):
            sentence = _("At most %(calls)s calls a minute; call again in a minute.")
            raise Problem(429, "too_many", sentence % {"calls": limits.API_CALLS_PER_MINUTE})
        if self.scope == ApiToken.Scope.WRITE and found.scope != ApiToken.Scope.WRITE:
            raise Problem(403, "read_only", _("This token may only read. Make one that may also change."))
        if request.method == "POST" and _has_body(request) and request.content_type != "application/json":
            raise Problem(415, "unsupported_type", _("Send Content-Type: application/json."))
        tokens.note_use(found, at=at)
        if request.method == "GET":
            access.remember(found.user)
        return found


def _refuse_large(request: HttpRequest) -> None:
    """Django reads no more than the length that was told, so that is what is judged."""
    length = request.headers.get("Content-Length") or "0"
    short = length.isascii() and length.isdigit() and len(length) <= len(str(limits.BODY_BYTES))
    if not short or int(length) > limits.BODY_BYTES:
        raise Problem(413, "too_large", _("Send at most %(bytes)s bytes.") % {"bytes": limits.BODY_BYTES})


def _has_body(request: HttpRequest) -> bool:
    """Whether anything was sent: what asks for no body needs no type either."""
    return bool(request.content_type) or request.headers.get("Content-Length", "0") not in ("", "0")


def token_of(request: HttpRequest) -> ApiToken:
    """The token that was shown, with its user."""
    found: ApiToken = request.auth  # type: ignore[attr-defined]
    return found


def answer_once(request: HttpRequest, answer: HttpResponse, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` answers; with the header Idempotency-Key it is done once a day, and `answer` says when it was before.

    Refusals are not kept: nothing was done, so the same key may try again.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return work()
    if len(key) > KEY_LENGTH or not key.isascii() or not key.isprintable():
        sentence = _("Idempotency-Key: at most %(count)s letters, digits and signs.") % {"count": KEY_LENGTH}
        raise Problem(422, "unacceptable", sentence, field="Idempotency-Key")
    said = f"{request.method} {request.path}\n".encode() + request.body
    try:
        found, again = idempotency.once(work, token=token_of(request), key=key, request=said, at=timezone.now())
    except idempotency.OtherRequest as error:
        raise Problem(422, "key_reused", str(error), field="Idempotency-Key") from error
    if again:
        answer["Idempotent-Replayed"] = "true"
    return found


# Refusals


def refuse(request: HttpRequest, status: int, error: str, detail: str, **more: Any) -> HttpResponse:
    content = {"error": error, "detail": detail, "request_id": getattr(request, "request_id", "")} | more
    response = JsonResponse(content, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse(request, error.status, error.error, error.detail, **error.more)


def _forbidden(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse(request, 403, "forbidden", str(error))


def _not_done(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse(request, 422, "refused", str(error))


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return refuse(request, 404, "not_found", _("There is nothing at this address."))


def _not_allowed(request: HttpRequest, error: Any) -> HttpResponse:
    if error.status_code == 401:
        return refuse(request, 401, "unauthorized", _("The token is missing, unknown, ended or revoked."))
    if error.status_code == 400:
        return refuse(request, 422, "unacceptable", _("The body is not JSON."))
    return refuse(request, error.status_code, "refused", str(error))


def _misfit(request: HttpRequest, error: Any) -> HttpResponse:
    """What does not fit the schema, by field: the first in `field` and `detail`, all in `misses`."""
    found = [{"field": _field(item["loc"]), "detail": str(item["msg"])} for item in error.errors[:SAID]]
    first = found[0]
    detail = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    return refuse(request, 422, "unacceptable", detail, field=first["field"], **{MISSES: found})


def _field(place: Any) -> str:
    """``("body", "sent", "edits", 0, "holder")`` as ``edits[0].holder``."""
    steps = list(place)
    steps = steps[2:] if steps[:1] == ["body"] else steps[1:]
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.lstrip(".").encode("utf-8", "replace").decode()[: limits.NAME_LENGTH]


def _fail(request: HttpRequest, error: Any) -> HttpResponse:
    raise error  # for the middleware, which knows an outage, and the log


def addresses() -> tuple[list[Any], str, str]:
    """Every address of the API, for ``path``."""
    patterns, app, namespace = build().urls
    for pattern in patterns:
        view: Any = pattern.callback
        pattern.callback = _in_json(view)
    return patterns, app, namespace


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """Below /api/, the last address of all: what nobody answers is refused in JSON like everything else."""
    return _not_found(request, None)


def _in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view`, of which another method than it knows is refused like everything else."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = view(request, *args, **kwargs)
        if found.status_code != 405:
            return found
        refusal = refuse(
            request, 405, "not_allowed", _("This address takes %(methods)s.") % {"methods": found["Allow"]}
        )
        refusal["Allow"] = found["Allow"]
        return refusal

    return answer


@cache
def build() -> Api:
    """The API with the routers of every app, made once."""
    api = Api(title=TITLE, version="1", urls_namespace="api", docs_url=None, auth=PersonalToken())
    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (Problem, _refused),
        (access.Refused, _forbidden),
        (DomainError, _not_done),
        (ValidationError, _misfit),
        (HttpError, _not_allowed),
        (Http404, _not_found),
        (Exception, _fail),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)
    for _name, (prefix, router) in registry.api_routers.items():
        api.add_router(prefix, router)
    return api
