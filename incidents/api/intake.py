"""The doors for machines (DESIGN section 10): every answer is JSON, a refusal names the field."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.forms import intake as forms
from incidents.models import Source
from incidents.services import intake, receive, sources
from portal import limits


def refuse(status: int, error: str, detail: str, *, field: str = "") -> JsonResponse:
    content: dict[str, Any] = {"error": error, "detail": detail}
    if field:
        content["field"] = field
    response = JsonResponse(content, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@csrf_exempt
@require_POST
def receive_event(request: HttpRequest, key: str) -> JsonResponse:
    """``POST /api/v1/intake/<source>``: 202 {incident, url, dedup_key, deduplicated}, durable when answered."""
    at = timezone.now()
    body = body_of(request)
    if body is None:
        return refuse(413, "too_large", f"Send at most {limits.BODY_BYTES} bytes.")
    source = sources.active(key)
    if source is None or not sources.admits(source, headers=request.headers, body=body):
        return refuse(401, "unauthorized", "The source is unknown, or its token or signature does not match.")
    if request.content_type != "application/json":
        return refuse(415, "unsupported_type", "Send Content-Type: application/json.")
    if not within_limit(source, at.strftime("%H:%M")):
        return refuse(429, "too_many", f"At most {limits.EVENTS_PER_MINUTE} events a minute; send again in a minute.")
    try:
        arrival = forms.read(body, format=source.format, at=at)
        given = clean_id(request.headers.get("Idempotency-Key", "") or request.headers.get("webhook-id", ""))
        received = receive.receive(source=source, arrival=arrival, at=at, delivery_id=given)
    except forms.Unacceptable as error:
        return refuse(422, "unacceptable", str(error), field=error.field)
    except intake.CannotFile as error:
        return refuse(422, "unacceptable", str(error))
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


def within_limit(source: Source, minute: str) -> bool:
    """Count this call; a refusal comes before anything was stored, so nothing accepted is lost."""
    name = f"intake:{source.pk}:{minute}"
    cache.add(name, 0, timeout=120)
    try:
        return cache.incr(name) <= limits.EVENTS_PER_MINUTE
    except ValueError:  # the cache dropped the counter in between: it starts over, the event is taken
        return True
