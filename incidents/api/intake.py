"""The doors for machines (DESIGN section 10): every answer is in the words of its sender, a refusal names the field."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.forms import intake as forms
from incidents.models import Source
from incidents.services import intake, receive, sources
from portal import counting, limits

log = structlog.get_logger(__name__)
JSON = ("application/json",)
TYPES = {Source.Format.SLACK: (*JSON, forms.FORM)}


@dataclass
class Refusal(Exception):
    """Why a call was not taken; `errors` are all the reasons where there are several."""

    status: int
    error: str
    detail: str
    field: str = ""
    retry_after: int = 0  # seconds
    errors: tuple[str, ...] = ()


# The door of a source


@csrf_exempt
@require_POST
def receive_event(request: HttpRequest, key: str, token: str = "") -> HttpResponse:
    """``POST /api/v1/intake/<source>``: 202 {incident, url, dedup_key, deduplicated}, durable when answered.

    For senders that can set no header the token may follow in the path. Slack's senders are answered 200 ``ok``.
    """
    at = timezone.now()
    body = body_of(request)
    source = sources.active(key)
    answers = SLACK if source is not None and source.format == Source.Format.SLACK else PLAIN
    if source is None or not _admits(source, request, body, token):
        if body is None:
            return answers.refuse(too_large())
        detail = "The source is unknown, or its token or signature does not match."
        return answers.refuse(Refusal(401, "unauthorized", detail))
    given = clean_id(request.headers.get("Idempotency-Key", "") or request.headers.get("webhook-id", ""))
    taken = functools.partial(
        take, source, body, at=at, content_type=request.content_type or "", types=_types(source), delivery_id=given
    )
    try:
        return answers.accept(taken())
    except Refusal as refusal:
        note(source, refusal, body, at=at, secret=token, content_type=request.content_type or "")
        return answers.refuse(refusal)


def _admits(source: Source, request: HttpRequest, body: bytes | None, token: str) -> bool:
    if token:
        return sources.has_token(source, token)
    return sources.admits(source, headers=request.headers, body=b"" if body is None else body)


def _types(source: Source) -> tuple[str, ...]:
    return TYPES.get(Source.Format(source.format), JSON)


def take(
    source: Source,
    body: bytes | None,
    *,
    at: datetime,
    content_type: str,
    types: tuple[str, ...] = (),
    delivery_id: str = "",
) -> receive.Received:
    """The event in `body`, received. `types` are the content types that are taken, none: all. Raises Refusal."""
    check(source, body, at=at, content_type=content_type, types=types)
    assert body is not None
    with readable():
        arrival = forms.read(body, source=source, at=at, content_type=content_type)
        return receive.receive(source=source, arrival=arrival, at=at, delivery_id=delivery_id)


def check(source: Source, body: bytes | None, *, at: datetime, content_type: str, types: tuple[str, ...] = ()) -> None:
    """Raises Refusal for what can be said without reading the body; counts the call."""
    if body is None:
        raise too_large()
    if types and content_type not in types:
        raise Refusal(415, "unsupported_type", f"Send Content-Type: {' or '.join(types)}.")
    # The refusal comes before anything was stored, so nothing accepted is lost.
    if not counting.within(f"intake:{source.pk}", source.per_minute, at=at):
        wait = counting.wait(at)
        detail = f"At most {source.per_minute} events a minute; send again in {wait} seconds."
        raise Refusal(429, "too_many", detail, retry_after=wait)


@contextmanager
def readable() -> Iterator[None]:
    """Turns what forms and services refuse into Refusal."""
    try:
        yield
    except forms.Unacceptable as error:
        errors = tuple(getattr(error, "errors", ()) or (str(error),))
        raise Refusal(422, "unacceptable", str(error), error.field, errors=errors) from error
    except intake.CannotFile as error:
        raise Refusal(422, "unacceptable", str(error), errors=(str(error),)) from error


def too_large() -> Refusal:
    return Refusal(413, "too_large", f"Send at most {limits.BODY_BYTES} bytes.")


def note(
    source: Source, refusal: Refusal, body: bytes | None, *, at: datetime, secret: str = "", content_type: str = ""
) -> None:
    """Keep the refusal for whoever sets up the source; calls beyond the limit once a minute.

    It is only a note: when it cannot be written, the sender is answered all the same.
    """
    if refusal.status == 429 and not counting.within(f"refused:{source.pk}", 1, at=at):
        return
    excerpt = ""
    if body is not None and refusal.status != 429:
        excerpt = forms.excerpt(body, source=source, secret=secret, content_type=content_type)
    try:
        sources.note_refusal(
            source=source,
            status=refusal.status,
            error=refusal.error,
            detail=refusal.detail,
            field=refusal.field,
            excerpt=excerpt,
            at=at,
        )
    except DatabaseError as error:
        log.error("intake.refusal_not_kept", source=source.key, error=type(error).__name__)


def body_of(request: HttpRequest) -> bytes | None:
    """The body, or None when it is larger than allowed (it is not read to its end then)."""
    try:
        if int(request.headers.get("Content-Length") or 0) > limits.BODY_BYTES:
            return None
    except ValueError:
        return None
    body = request.read(limits.BODY_BYTES + 1)
    return None if len(body) > limits.BODY_BYTES else body


def clean_id(text: str) -> str:
    """A header value as an id: what a database stores, nothing else."""
    return "".join(sign for sign in text if sign.isprintable())[: forms.ID_LENGTH]


# Answers


@dataclass(frozen=True)
class Answers:
    """How one kind of sender is answered."""

    accept: Callable[[receive.Received], HttpResponse]
    refuse: Callable[[Refusal], HttpResponse]


def _accepted(received: receive.Received) -> HttpResponse:
    incident = received.incident
    return JsonResponse(
        {
            "incident": incident.reference if incident else None,
            "url": f"{settings.SITE_URL}{incident.get_absolute_url()}" if incident else None,
            "dedup_key": received.dedup_key,
            "deduplicated": received.deduplicated,
        },
        status=202,
    )


def _refused(refusal: Refusal) -> HttpResponse:
    content: dict[str, Any] = {"error": refusal.error, "detail": refusal.detail}
    if refusal.field:
        content["field"] = refusal.field
    return with_headers(JsonResponse(content, status=refusal.status), refusal)


def with_headers(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if refusal.status == 429:
        response["Retry-After"] = str(refusal.retry_after or 60)
    if refusal.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


SLACK_WORDS = {401: (403, "invalid_token"), 422: (400, "invalid_payload"), 429: (429, "rate_limited")}


def _slack_accepted(received: receive.Received) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def _slack_refused(refusal: Refusal) -> HttpResponse:
    status, word = SLACK_WORDS.get(refusal.status, (refusal.status, refusal.error))
    answer = HttpResponse(word, status=status, content_type="text/plain")
    return with_headers(answer, refusal) if status == refusal.status else answer


PLAIN = Answers(_accepted, _refused)
SLACK = Answers(_slack_accepted, _slack_refused)
