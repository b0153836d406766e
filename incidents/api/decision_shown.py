"""A decision in the shape of ``incidents.api.decision_schemas.DecisionOut``."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from incidents.models import DecisionCallback, DecisionRequest
from incidents.models.decisions import DecisionState
from incidents.services import callback_body, decision_cases
from portal.models import User

ANSWER = ("outcome", "choice", "choice_title", "rationale", "decided_by", "decided_at", "number")


def shown(request: DecisionRequest, *, to: User | None = None) -> dict[str, Any]:
    """`request` as its sender reads it, or somebody who may see it: then no words are left out."""
    travels = to is not None or callback_body.is_open(request.data_class)
    key = callback_body.key_of(request)
    record = request.records.select_related("request").order_by("-number").first()
    answer = dict.fromkeys(ANSWER)
    if record is not None and not request.is_asked:
        said = callback_body.answer(request, record)
        answer |= {name: said[name] for name in ANSWER}
        if to is not None:
            answer["rationale"] = callback_body.rationale(record)
    callback = DecisionCallback.objects.filter(record=record).first() if record is not None else None
    return {
        "decision": request.reference,
        "url": f"{settings.SITE_URL}{request.get_absolute_url()}",
        "key": key,
        "msgid": key,
        "state": request.state,
        **answer,
        "question": request.question if travels else None,
        "choices": [{"key": item["key"], "title": item["title"]} for item in request.choices],
        "owed": owed(request),
        "opened_at": _time(request.opened_at),
        "due_at": _time(request.due_at),
        "ended_at": _time(request.ended_at),
        "safe_default": request.safe_default,
        "workflow": request.workflow.key if request.workflow else None,
        "incident": request.incident.reference if request.incident else None,
        "callback": callback and {"state": callback.state, "tries": callback.tries, "reason": callback.reason},
    }


def owed(request: DecisionRequest) -> list[str]:
    """What has to be given before anybody decides; empty while nothing is missing."""
    if request.state != DecisionState.WAITING:
        return []
    case = decision_cases.open_one(request)
    return list(case.missing(case.step.level)) if case.step is not None else []


def _time(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
