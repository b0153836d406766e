"""What a workflow is told of a decision: plain JSON that the "http in" node of Node-RED takes as ``msg.payload``.

The choice itself goes to whoever asked, whatever its class; words of people only as far as the channel of webhooks
carries the class of the decision (D32). Who decided is named as a role, never as a person.
"""

import json
from typing import Any

from django.conf import settings

from governance.reads.sentences import said
from incidents.models import DecisionCallback, DecisionRecord, DecisionRequest, EscalationRun
from incidents.services import decision_cases
from portal import outbox
from portal.models.people import Channel

SEPARATOR = ":"
NOBODY = ""


def text(callback: DecisionCallback, record: DecisionRecord) -> str:
    """The body of `callback` as JSON."""
    content = {
        "id": str(callback.pk),
        "type": f"decision.{record.outcome}",
        "timestamp": record.at.isoformat(),
        "possible_duplicate": callback.maybe_duplicate,
        **answer(record.request, record),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def answer(request: DecisionRequest, record: DecisionRecord) -> dict[str, Any]:
    """What `record` says: {decision, url, key, msgid, incident, number, outcome, choice, choice_title, …}."""
    travels = is_open(request.data_class)
    key = key_of(request)
    titles = {item["key"]: item["title"] for item in request.choices}
    return {
        "decision": request.reference,
        "url": f"{settings.SITE_URL}{request.get_absolute_url()}",
        "key": key,
        "msgid": key,
        "incident": request.incident.reference if request.incident else None,
        "number": record.number,
        "outcome": record.outcome,
        "choice": record.choice or None,
        "choice_title": titles.get(record.choice) if travels else None,
        "question": request.question if travels else None,
        "rationale": rationale(record) if travels else None,
        "decided_by": role_of(request, record) or None,
        "risk": record.risk,
        "decided_at": record.at.isoformat(),
    }


def is_open(data_class: str) -> bool:
    """Whether words of this class may leave by a webhook."""
    return outbox.RANK[data_class] <= outbox.RANK[outbox.CHANNEL_CLASSES[Channel.WEBHOOK]]


def key_of(request: DecisionRequest) -> str:
    """The name that the sender gave its question: what stands behind who sent it."""
    return request.asked_key.split(SEPARATOR, 2)[-1]


def rationale(record: DecisionRecord) -> str | None:
    """Why it was decided so, in the words of whoever did; None when there are none, or they are erased."""
    row = getattr(record, "text_row", None)
    try:
        found = json.loads(row.text) if row is not None else {}
    except ValueError:
        return None
    return found.get("rationale") or None


def role_of(request: DecisionRequest, record: DecisionRecord) -> str:
    """The level that decided, as its policy calls it; empty when time ran out."""
    if record.by_id is None:
        return NOBODY
    if not EscalationRun.objects.filter(decision=request).exists():
        return record.level
    steps = decision_cases.open_one(request).plan.steps
    return next((said(step.title) for step in steps if step.level == record.level), record.level)
