"""Decisions on the stage: asked, answered, and what became of the answer; called as ``tests.faults.scenes`` are."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from governance.models import Document, Workflow
from governance.rules.deciding import Choice
from incidents.models import (
    DecisionAnswer,
    DecisionCallback,
    DecisionRecord,
    DecisionRequest,
    DecisionText,
    EscalationRun,
    Incident,
    StepEntry,
)
from incidents.services import decisions, gates, pins, scopes, sources, steps
from portal import delivery
from portal.models import AuditEntry, Message, User
from portal.models.messages import MessageState
from portal.models.people import Lane
from tests.faults import scenes

PLAYBOOK, SCENARIO, GATE = "nothing-happens", "connection-refused", "cause"
CHOICES = Choice("pay", "Pay the invoice"), Choice("reject", "Send it back")


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@demo.example")


def flow(at: str, address: str) -> dict[str, str]:
    """A flow asks about an incident and waits at `address`.

    Returns {secret: what its source signs with, due: when whoever comes next is asked}.
    """
    when = datetime.fromisoformat(at)
    scenes.file(at)
    workflow = Workflow.objects.get(key="payment-capture")
    source, fresh = sources.set_up(key="flows", format="node_red", workflow=workflow, by=None, at=when)
    asking = decisions.Asking(
        question="Invoice above the limit: pay it?",
        choices=CHOICES,
        severity="sev1",
        incident=Incident.objects.get(),
        callback=address,
    )
    key = f"source:{source.pk}:msg-1"
    return about(decisions.ask(asking, asked="api", key=key, source=source, at=when)) | {"secret": fresh.signing}


def gate(at: str, address: str) -> dict[str, str]:
    """A gate of the playbook by which an incident is worked on is asked for; as `flow`, but nobody waits elsewhere."""
    scenes.file(at)
    scenes.acknowledge(at)
    when, lead = datetime.fromisoformat(at), person("lead")
    own: dict[str, Any] = {"incident": Incident.objects.get(), "by": lead, "at": when}
    playbook = Document.objects.get(kind="playbook", key=PLAYBOOK).effective_version_id
    pins.choose(playbook=playbook, **own)
    steps.choose_scenario(scenario=SCENARIO, **own)
    scopes.state(scope="Every payment by card", aim="Nobody pays twice", **own)
    scopes.overrule(reason="Every minute costs orders", **own)
    steps.end(step="how-far", visit=0, given=steps.Given(note="All", checked=(0, 1, 2, 3)), **own)
    steps.end(step="stop-tries", visit=0, given=steps.Given(halted="The tries"), **own)
    return about(gates.ask(step=GATE, **own)) | {"secret": ""}


def about(asked: DecisionRequest) -> dict[str, str]:
    scenes.no_updates_owed()
    asked.refresh_from_db()
    assert asked.due_at is not None
    return {"due": asked.due_at.isoformat()}


def answer(choice: str, by: str, at: str) -> str:
    """`by` says `choice`, as the form of the decision does; how the answer counts."""
    words = decisions.Words(rationale="It is clear enough.")
    said = {"choice": choice, "words": words, "risk": "medium"}
    who, when = User.objects.get(email=by), datetime.fromisoformat(at)
    return decisions.answer(decision=DecisionRequest.objects.get(), by=who, at=when, **said).counts


def asked_people() -> list[str]:
    """Whom a level has asked, by the order in which it did."""
    rows = EscalationRun.objects.get(decision__isnull=False).events.filter(outcome="told")
    return list(rows.order_by("pk").values_list("user__email", flat=True))


def tell_people(at: str) -> None:
    """Send what people are told and nothing else."""
    for lane in Lane.values:
        delivery.sweep(lane=lane, at=datetime.fromisoformat(at), grace=timedelta(), seconds=60)


def state() -> dict[str, Any]:
    """What became of the decision: all that one answer writes; as ``tests.faults.scenes.state``."""
    own, run = DecisionRequest.objects.get(), EscalationRun.objects.get(decision__isnull=False)
    texts = DecisionText.objects.count()
    told = scenes.state()
    entries = AuditEntry.objects.filter(target_id__in=[str(own.pk), str(own.incident_id)])
    return {
        "decision": [own.state, own.ended_at is not None, own.due_at is not None, run.state],
        "answers": list(DecisionAnswer.objects.order_by("pk").values_list("choice", "counts", "by__email")),
        "records": [*DecisionRecord.objects.values_list("number", "outcome", "choice", "by__email"), texts],
        "callbacks": list(DecisionCallback.objects.values_list("state", "record__number", "record__choice")),
        "gate": list(StepEntry.objects.filter(step=GATE).values_list("did", "given__option", "by__email")),
        "ledger": sorted(entries.values_list("verb", flat=True)),
        "timeline": told["timeline"],
        "timers": told["timers"],
        "messages": [row for row in told["messages"] if row[0].startswith(("decision.", "incident."))],
    }


def needless() -> list[str]:
    """Ids of calls that somebody had answered before they left."""
    calls = Message.objects.filter(state=MessageState.SUPPRESSED, tries=0)
    calls = calls.filter(Q(event__startswith="decision.") | Q(event="incident.level", subject_id__in=acknowledged()))
    return [str(pk) for pk in calls.values_list("pk", flat=True)]


def acknowledged() -> Any:
    return EscalationRun.objects.filter(state="acknowledged").values("incident")


def callback() -> dict[str, Any]:
    """{state, mark of a possible duplicate, results of the tries} of the one answer to a workflow."""
    row = DecisionCallback.objects.get()
    tries = list(row.attempts.order_by("number").values_list("result", flat=True))
    return {"state": row.state, "mark": row.maybe_duplicate, "tries": tries}
