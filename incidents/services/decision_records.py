"""How a decision ends: who decided what by which authority, or that nobody did; sealed and proven (D73-D77, D79).

``ENDED`` is what else happens in the same transaction, by who asked: a gate lets its playbook go on, a workflow is
called back.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import rfc8785

from incidents.models import DecisionAnswer, DecisionReading, DecisionRecord, DecisionRequest, DecisionText
from incidents.models.decisions import ASKS, DecisionState
from incidents.models.escalation import RunState
from incidents.services import cases, decision_messages, timeline
from incidents.services.decision_cases import DecisionCase
from portal import audit, limits, timers
from portal.models import User

ENDED: dict[str, Callable[[DecisionRequest, DecisionRecord], None]] = {}
"""By ``DecisionRequest.asked``: what follows, called inside the transaction that ends it."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the decider writes; `more` are fields of the standard form of the category, by their key."""

    rationale: str
    assumptions: str = ""
    constraints: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """The answer that decides: `authority` is the sentence that says by what right."""

    choice: str
    level: str
    by: User
    authority: str
    risk: str
    words: Words


def conclude(case: DecisionCase, *, outcome: str, at: datetime, given: Given | None = None) -> DecisionRecord:
    """End the decision of `case` as `outcome`; only a person's answer (`given`) decides. The caller holds the lock."""
    assert (outcome == DecisionState.DECIDED) == (given is not None), "time never approves"
    decision, action = case.decision, audit.current()
    assert action is not None
    record = _write(case, outcome, given, at)
    _end(case, outcome, at)
    facts = {"number": record.number, "outcome": outcome, "choice": record.choice, "level": record.level}
    action.record(verb=f"decision.{outcome}", target=decision, data=facts | {"risk": record.risk, "pins": record.pins})
    action.prove([record], about=decision)
    _tell(case, record, given, at)
    if (follow := ENDED.get(decision.asked)) is not None:
        follow(decision, record)
    return record


def _end(case: DecisionCase, outcome: str, at: datetime) -> None:
    """Nobody is asked any more, and no promise of the clock is left."""
    decision, run = case.decision, case.run
    decision.state, decision.ended_at = outcome, at
    decision.due_at = decision.paused_at = decision.left_seconds = None
    decision.save(update_fields=["state", "due_at", "paused_at", "left_seconds", "ended_at"])
    run.state, run.stopped_at = RunState.STOPPED, cases.after_its_steps(run, at)
    run.save(update_fields=["state", "stopped_at"])
    for subject in (run, decision):
        timers.cancel(subject=subject, at=at, reason=outcome)


def _write(case: DecisionCase, outcome: str, given: Given | None, at: datetime) -> DecisionRecord:
    decision = case.decision
    before = latest(decision)
    salt = secrets.token_hex(timeline.SALT_BYTES) if given is not None else ""
    text = _canonical(_words(given.words)) if given is not None else ""
    record = DecisionRecord.objects.create(
        request=decision,
        number=before.number + 1 if before is not None else 1,
        outcome=outcome,
        choice=given.choice if given is not None else "",
        level=given.level if given is not None else "",
        by=given.by if given is not None else None,
        authority=given.authority[: limits.REASON_LENGTH] if given is not None else "",
        risk=given.risk if given is not None else decision.risk,
        pins=pins(case),
        inputs=inputs(decision),
        commitment=timeline.commitment(salt, text) if given is not None else "",
        at=at,
    )
    if given is not None:
        DecisionText.objects.create(record=record, salt=salt, text=text)
    return record


def _words(words: Words) -> dict[str, Any]:
    plain = {"rationale": words.rationale, "assumptions": words.assumptions, "constraints": words.constraints}
    return plain | ({"more": dict(words.more)} if words.more else {})


def pins(case: DecisionCase) -> dict[str, Any]:
    """The rules by which it was decided: digests of policy, matrices and playbook, and the workflow's version."""
    decision, run = case.decision, case.run
    found: dict[str, Any] = {"policy": run.policy_digest, "matrices": sorted(run.matrices.values())}
    if decision.playbook is not None:
        found["playbook"] = decision.playbook.digest
    if decision.workflow_version:
        found["workflow_version"] = decision.workflow_version
    return found


def inputs(decision: DecisionRequest) -> str:
    """SHA-256 of what lay before the decider: what was given, and both readings of it."""
    readings = DecisionReading.objects.filter(request=decision).order_by("pk")
    rows = [{"title": row.title, "source": row.source, "values": row.values} for row in readings]
    facts = {"question": decision.question, "choices": decision.choices, "given": decision.given, "readings": rows}
    return hashlib.sha256(_canonical(audit.plain(facts)).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return rfc8785.dumps(value).decode()


def latest(decision: DecisionRequest) -> DecisionRecord | None:
    """The record that counts; None before the first."""
    return DecisionRecord.objects.filter(request=decision).order_by("-number").first()


def withdraw(case: DecisionCase, *, reason: str, by: User | None, at: datetime) -> None:
    """Nobody has to decide it any more; whoever was asked hears it. The caller holds the lock."""
    decision, action = case.decision, audit.current()
    assert action is not None
    _end(case, DecisionState.WITHDRAWN, at)
    decision_messages.nobody_is_asked(decision, "it was withdrawn")
    people = [user for user in asked(decision) if user != by]
    key, more = f"decision:{decision.pk}:withdrawn", {"outcome": decision.state, "name": str(by or "")}
    decision_messages.tell(decision_messages.ENDED, decision, people, key, at=at, reason=reason, **more)
    action.record(verb="decision.withdrawn", target=decision)
    if decision.incident is None:
        return
    facts = {"reference": decision.reference, "outcome": decision.state, "choice": "", "name": str(by or "")}
    timeline.add(decision.incident, verb="decision_ended", by=by, at=at, data=facts, text=reason)
    action.record(verb="incident.decision_ended", target=decision.incident, data=facts)


def stand(case: DecisionCase, *, at: datetime) -> None:
    """What was decided before it was contested stands."""
    decision, record = case.decision, latest(case.decision)
    assert record is not None
    _end(case, record.outcome, at)
    decision_messages.nobody_is_asked(decision, "it stands")


def _tell(case: DecisionCase, record: DecisionRecord, given: Given | None, at: datetime) -> None:
    """Everybody who was asked or waits hears how it ended; the timeline of its incident says so."""
    decision = case.decision
    decision_messages.nobody_is_asked(decision, "it is decided" if given is not None else "it is over")
    people = {user.pk: user for user in asked(decision)}
    if decision.requester is not None:
        people[decision.requester.pk] = decision.requester
    if given is not None:
        people.pop(given.by.pk, None)
    title = next((choice.title for choice in case.choices if choice.key == record.choice), "")
    more = {"outcome": record.outcome, "choice": title, "name": str(given.by) if given is not None else ""}
    key = f"decision:{decision.pk}:ended:{record.number}"
    reason = given.words.rationale if given is not None else ""
    decision_messages.tell(decision_messages.ENDED, decision, people.values(), key, at=at, reason=reason, **more)
    if decision.incident is None:
        return
    facts = {"reference": decision.reference, "outcome": record.outcome, "choice": title, "name": more["name"]}
    by = given.by if given is not None else None
    timeline.add(decision.incident, verb="decision_ended", by=by, at=at, data=facts, text=reason)
    action = audit.current()
    if action is not None:
        action.record(verb="incident.decision_ended", target=decision.incident, data=facts)


def asked(decision: DecisionRequest) -> list[User]:
    """Everybody whom a level asked, and who is still here."""
    told = {"pk__in": decision.run.events.filter(outcome="told").values("user_id")}
    return list(User.objects.active().filter(**told).order_by("name", "pk"))


def keep(decision: DecisionRequest, answer: DecisionAnswer) -> DecisionAnswer:
    """Write `answer` and prove it; the caller records the entry about `decision`."""
    answer.save(force_insert=True)
    action = audit.current()
    assert action is not None
    action.prove([answer], about=decision)
    return answer


IS_OVER = tuple(state for state in DecisionState.values if state not in ASKS)
