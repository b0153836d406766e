"""The doors in the shape of PagerDuty's Events API v2, for the many products that can post to it.

The routing key is the token of a source of that format. Answers are PagerDuty's: 202 {status, message, dedup_key},
400 {status, message, errors} for what is wrong with the event, 413, 429 and 503.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from governance.services import workflow_changes
from incidents.api import intake
from incidents.api.intake import Refusal
from incidents.forms import intake as forms
from incidents.forms.intake import parsing
from incidents.models import Source
from incidents.services import receive, sources

WORDS = {429: "throttle exceeded", 413: "event too large"}


@csrf_exempt
@require_POST
def enqueue(request: HttpRequest) -> HttpResponse:
    """``POST /v2/enqueue``: trigger, acknowledge or resolve; durable when answered."""
    return _answer(request, _event)


@csrf_exempt
@require_POST
def enqueue_change(request: HttpRequest) -> HttpResponse:
    """``POST /v2/change/enqueue``: somebody deployed or changed a workflow."""
    return _answer(request, _change)


def _answer(request: HttpRequest, work: Any) -> HttpResponse:
    at = timezone.now()
    body = intake.body_of(request)
    if body is None:
        return _refused(intake.too_large())
    source, content, key = None, {}, ""
    try:
        with intake.readable():
            content = forms.content_of(body, format=Source.Format.PAGERDUTY)
        key = parsing.said(content, "routing_key", most=200)
        source = sources.of_token(key, format=Source.Format.PAGERDUTY) if key else None
        if source is None:
            raise Refusal(400, "unauthorized", "'routing_key' is missing or unknown")
        intake.check(source, body, at=at, content_type="")
        with intake.readable():
            return JsonResponse(work(source, content, body, at), status=202)
    except Refusal as refusal:
        if source is not None:
            intake.note(source, refusal, body, at=at, secret=key)
        return _refused(refusal)


def _event(source: Source, content: dict[str, Any], body: bytes, at: Any) -> dict[str, Any]:
    arrival = forms.arrival_of(content, source=source, at=at, body_hash=forms.hash_of(body))
    received = receive.receive(source=source, arrival=arrival, at=at)
    given = parsing.said(content, "dedup_key", most=2_000)
    return {"status": "success", "message": "Event processed", "dedup_key": given or received.dedup_key}


def _change(source: Source, content: dict[str, Any], body: bytes, at: Any) -> dict[str, Any]:
    change = forms.change_of(content, source=source, at=at)
    workflow_changes.record(
        workflow=receive.workflow_of(source, change.workflows),
        summary=change.summary,
        changed_at=change.changed_at or at,
        version=change.version,
        source=change.source or source.name,
        links=change.links,
        details=change.details,
        call=f"{source.pk}:{forms.hash_of(body)}",
        is_dated=change.changed_at is not None,
        label=f"source {source.key}",
        at=at,
    )
    return {"status": "success", "message": "Change event processed"}


def _refused(refusal: Refusal) -> HttpResponse:
    status = 400 if refusal.status == 422 else refusal.status
    errors = list(refusal.errors) or [refusal.detail]
    message = "Event object is invalid" if status == 400 else refusal.detail
    content = {"status": WORDS.get(status, "invalid event"), "message": message, "errors": errors}
    return intake.with_headers(JsonResponse(content, status=status), refusal)
