"""The door through which a workflow asks for a decision and reads the answer (D18-D23).

Whoever asks proves itself by the token of its source, by a Standard Webhooks signature with ``?source=<key>``, or by
the personal token of somebody. A source reads its own decisions, a person those that the person may see.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from governance.models import Workflow
from governance.reads import documents, people
from governance.rules import deciding
from incidents import access as mine
from incidents.api import decision_shown, intake
from incidents.api.decision_schemas import DataIn, DecisionIn, WithdrawIn
from incidents.api.intake import Refusal
from incidents.forms import intake as forms
from incidents.forms.intake import asked
from incidents.models import DecisionRequest, Incident, Source
from incidents.services import decisions, receive, sources
from portal import access, channels, counting, limits
from portal.channels import network
from portal.errors import DomainError
from portal.models import ApiToken, User
from portal.reads import tokens as token_reads
from portal.services import tokens

MESSAGE = (Source.Format.GENERIC, Source.Format.NODE_RED, Source.Format.N8N)
"""Formats of sources that may ask; the others are alerts."""


APPROVAL = (deciding.Choice("approve", "Approve"), deciding.Choice("reject", "Reject"))


@dataclass(frozen=True)
class Caller:
    """Who asks: a source, or somebody whose token a program shows."""

    source: Source | None = None
    user: User | None = None

    @property
    def prefix(self) -> str:
        return f"source:{self.source.pk}:" if self.source is not None else f"user:{self.user and self.user.pk}:"

    def find(self, reference: str) -> DecisionRequest:
        """Raises Refusal, also where the caller may not know of it."""
        rows = DecisionRequest.objects.select_related("workflow__team", "incident", "source")
        found = rows.filter(reference=reference).first()
        if found is not None and self.source is not None and found.source_id != self.source.pk:
            found = None
        if found is not None and self.user is not None and not access.can(self.user, "view", found):
            found = None
        if found is None:
            raise Refusal(404, "not_found", "There is no decision of yours at this address.")
        return found


Work = Callable[[HttpRequest, Caller, bytes, datetime], HttpResponse]


def _door(writes: bool, work: Work, request: HttpRequest) -> HttpResponse:
    """`work` for whoever has proved itself, its refusals as answers."""
    at = timezone.now()
    body = intake.body_of(request)
    caller = None
    try:
        caller = _caller(request, b"" if body is None else body, writes=writes, at=at)
        if body is None:
            raise intake.too_large()
        if writes and request.content_type not in intake.JSON:
            raise Refusal(415, "unsupported_type", "Send Content-Type: application/json.")
        return work(request, caller, body, at)
    except Refusal as refusal:
        if caller is not None and caller.source is not None and writes:
            intake.note(caller.source, refusal, body, at=at)
        return intake.PLAIN.refuse(refusal)


def _caller(request: HttpRequest, body: bytes, *, writes: bool, at: datetime) -> Caller:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if token.startswith(token_reads.PREFIX):
        return _person(token, writes=writes, at=at)
    source = Source.objects.filter(token_digest=sources.digest(token), is_active=True).first() if token else None
    if source is None and not token:
        named = sources.active(request.GET.get("source", "")[: limits.KEY_LENGTH])
        source = named if named is not None and sources.admits(named, headers=request.headers, body=body) else None
    if source is None or source.format not in MESSAGE or request.GET.get("source", source.key) != source.key:
        raise Refusal(401, "unauthorized", "The source is unknown, or its token or signature does not match.")
    intake.check(source, body, at=at, content_type="")
    return Caller(source=source)


def _person(token: str, *, writes: bool, at: datetime) -> Caller:
    found = token_reads.holder(token, at=at)
    if found is None:
        raise Refusal(401, "unauthorized", "The token is unknown, ended or revoked.")
    if not counting.within(f"api:{found.pk}", limits.API_CALLS_PER_MINUTE, at=at):
        detail = f"At most {limits.API_CALLS_PER_MINUTE} calls a minute; call again in a minute."
        raise Refusal(429, "too_many", detail, retry_after=counting.wait(at))
    if writes and found.scope != ApiToken.Scope.WRITE:
        raise Refusal(403, "read_only", "This token may only read. Make one that may also change.")
    tokens.note_use(found, at=at)
    return Caller(user=found.user)


# Addresses


@csrf_exempt
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """``POST /api/v1/decisions``: 201 with the decision, durable when answered; 200 when it was asked before."""
    return _door(True, _ask, request)


@csrf_exempt
@require_http_methods(["GET", "HEAD"])
def read(request: HttpRequest, reference: str) -> HttpResponse:
    """``GET /api/v1/decisions/<reference>``: what became of it; 304 when nothing has changed since If-None-Match."""
    return _door(False, functools.partial(_read, reference), request)


@csrf_exempt
@require_POST
def give(request: HttpRequest, reference: str) -> HttpResponse:
    """``POST /api/v1/decisions/<reference>/data``: gives what is owed."""
    return _door(True, functools.partial(_give, reference), request)


@csrf_exempt
@require_POST
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """``POST /api/v1/decisions/<reference>/withdraw``: nobody has to decide it any more."""
    return _door(True, functools.partial(_withdraw, reference), request)


def _ask(request: HttpRequest, caller: Caller, body: bytes, at: datetime) -> HttpResponse:
    with intake.readable():
        content = _content(body, caller)
        fields = forms.question_of(content, source=caller.source)
        named = [intake.clean_id(request.headers.get(name, "")) for name in ("Idempotency-Key", "webhook-id")]
        key = asked.key_of(fields, *named)
    sent = _fits(DecisionIn, fields | {"key": key})
    if not key:
        detail = "Name the question, so that it is asked once however often it is sent: `key`, or Idempotency-Key."
        raise Refusal(422, "unacceptable", detail, "key")
    whole, digest = caller.prefix + key, _digest(sent)
    known = DecisionRequest.objects.filter(asked_key=whole).first()
    if known is None:
        asking = _asking(sent, content, caller, digest)
        with _judged():
            found = decisions.ask(asking, asked="api", key=whole, at=at, by=caller.user, source=caller.source)
    else:
        found = known
    if found.asked_digest != digest:
        raise Refusal(422, "key_reused", "This key was used for another question. Take a new one.", "key")
    shown = decision_shown.shown(caller.find(found.reference))
    return JsonResponse(shown, status=200 if known is not None or found.opened_at != at else 201)


def _read(reference: str, request: HttpRequest, caller: Caller, body: bytes, at: datetime) -> HttpResponse:
    content = decision_shown.shown(caller.find(reference), to=caller.user)
    answer = JsonResponse(content)
    etag = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer["ETag"], answer["Cache-Control"] = etag, "private, no-cache"
    found: HttpResponse = get_conditional_response(request, etag=etag, response=answer)  # type: ignore[assignment]
    return found


def _give(reference: str, request: HttpRequest, caller: Caller, body: bytes, at: datetime) -> HttpResponse:
    with intake.readable():
        sent = _fits(DataIn, forms.question_of(_content(body, caller), source=caller.source))
        given = asked.flat(sent.given)
    found = caller.find(reference)
    with _judged():
        decisions.give_data(decision=found, given=given, at=at, by=caller.user, source=caller.source)
    return JsonResponse(decision_shown.shown(caller.find(reference)))


def _withdraw(reference: str, request: HttpRequest, caller: Caller, body: bytes, at: datetime) -> HttpResponse:
    with intake.readable():
        sent = _fits(WithdrawIn, _content(body, caller))
    found = caller.find(reference)
    with _judged():
        decisions.withdraw(decision=found, reason=sent.reason, at=at, by=caller.user, source=caller.source)
    return JsonResponse(decision_shown.shown(caller.find(reference)))


# What was sent


def _content(body: bytes, caller: Caller) -> dict[str, Any]:
    return forms.content_of(body, format=caller.source.format if caller.source is not None else "")


def _fits(schema: Any, fields: dict[str, Any]) -> Any:
    """`fields` as `schema`. Raises Refusal with the first misfit."""
    try:
        return schema.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).lstrip(".")
        place = place.encode("utf-8", "replace").decode()[: limits.NAME_LENGTH]
        raise Refusal(422, "unacceptable", f"{place}: {first['msg']}", place) from error


def _digest(sent: DecisionIn) -> str:
    text = json.dumps(sent.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _asking(sent: DecisionIn, content: dict[str, Any], caller: Caller, digest: str) -> decisions.Asking:
    """Raises Refusal where a name is unknown, or an address cannot be called."""
    plain = ("question", "name", "details", "link", "delay_costs", "safe_default", "category", "severity", "risk")
    values = {name: getattr(sent, name) for name in (*plain, "data_class", "workflow_version", "callback")}
    _check_addresses(sent, caller)
    workflow = _workflow(sent, content, caller)
    offered = tuple(deciding.Choice(item.key, item.title) for item in sent.choices)
    return decisions.Asking(
        **values,
        given=asked.flat(sent.given),
        choices=offered or _usual(workflow, sent.name),
        workflow=workflow,
        incident=_incident(sent.incident, workflow, caller),
        digest=digest,
    )


def _usual(workflow: Workflow | None, name: str) -> tuple[deciding.Choice, ...]:
    """The ways to decide where none were sent: none where the matrix has its own, else yes or no."""
    try:
        row = deciding.row_of(documents.matrices_for(workflow), people.workflow_facts(workflow), name)
    except documents.NothingInForce:
        row = None
    return () if row is not None and row.options else APPROVAL


def _check_addresses(sent: DecisionIn, caller: Caller) -> None:
    if sent.link and not sent.link.startswith(("https://", "http://")):
        raise Refusal(422, "unacceptable", "link: send an address that starts with https://.", "link")
    if not sent.callback:
        return
    if caller.source is None or not caller.source.signing_secret:
        detail = "callback: answers are signed with the secret of a source. Ask with its token, or poll."
        raise Refusal(422, "unacceptable", detail, "callback")
    try:
        network.check_address(sent.callback)
    except channels.BadAddress as error:
        raise Refusal(422, "unacceptable", f"callback: {error}", "callback") from error


def _workflow(sent: DecisionIn, content: dict[str, Any], caller: Caller) -> Workflow | None:
    names = asked.workflows(content, sent.workflow)
    if caller.source is not None:
        return receive.workflow_of(caller.source, names)
    if not sent.workflow or caller.user is None:
        return None
    rows = Workflow.objects.in_use().select_related("team").filter(pk__in=mine.my_workflows(caller.user))
    found = rows.filter(key=sent.workflow).first() or rows.filter(name__iexact=sent.workflow).first()
    if found is None:
        raise Refusal(422, "unacceptable", f"workflow: you see none called {sent.workflow!r}.", "workflow")
    return found


def _incident(reference: str, workflow: Workflow | None, caller: Caller) -> Incident | None:
    """The open incident that is meant: for a source one of its own events, or of the workflow that asks."""
    if not reference:
        return None
    found = Incident.objects.select_related("workflow__team", "team").filter(reference=reference).first()
    if found is not None and caller.source is not None:
        of_workflow = workflow is not None and found.workflow_id == workflow.pk
        if not (of_workflow or found.events.filter(source=caller.source).exists()):
            found = None
    if found is not None and caller.user is not None and not access.can(caller.user, "view", found):
        found = None
    if found is None or not found.is_open:
        raise Refusal(422, "unacceptable", f"incident: none of yours that is open is called {reference!r}.", "incident")
    return found


@contextmanager
def _judged() -> Iterator[None]:
    """What the service refuses, as an answer."""
    try:
        yield
    except access.Refused as error:
        raise Refusal(403, "forbidden", str(error)) from error
    except DomainError as error:
        raise Refusal(422, "refused", str(error), getattr(error, "field", "") or "") from error
