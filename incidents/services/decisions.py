"""Asking for a decision: by a workflow, by a person with a form, or from a gate of a playbook (D11, D20-D23).

One request for each key, however often it is sent. It is pinned to the rules of its incident, else to those in force;
its run asks level by level (``decision_steps``) until somebody answers (``decision_answers``) or it ends without an
approval (``decision_records``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError
from django.utils.translation import gettext as _

from governance.models import Version, Workflow
from governance.rules import deciding
from incidents.models import DecisionRequest, Incident, Source
from incidents.models.decisions import ASKS, DecisionState, Risk
from incidents.models.incidents import Severity
from incidents.services import (
    decision_answers,
    decision_cases,
    decision_messages,
    decision_records,
    decision_steps,
    escalation_steps,
    timeline,
)
from portal import access as rights
from portal import audit, ids, limits
from portal.errors import DomainError
from portal.models import User
from portal.models.people import DataClass

Words, ENDED = decision_records.Words, decision_records.ENDED
NotAnswerable, Unfit = decision_answers.NotAnswerable, decision_answers.Unfit
answer, object_to, recuse = decision_answers.answer, decision_answers.object_to, decision_answers.recuse
pass_on = decision_answers.pass_on
add_reading, rule_over = decision_answers.add_reading, decision_answers.rule_over

CHOICES = (2, 12)
"""So few and so many ways may a decision have."""
GIVEN = 50
VALUE_LENGTH = 2_000


class NotAskable(DomainError):
    """The question cannot be asked like this; `field` is what to change."""

    def __init__(self, sentence: str, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is asked. `choices` empty: those of the row of the matrix; `given` {name of what a level requires: value}.

    `playbook`, `scenario` and `step` name the gate that asks; `digest` is the SHA-256 of what a machine sent.
    """

    question: str
    choices: tuple[deciding.Choice, ...] = ()
    name: str = ""
    details: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    delay_costs: str = ""
    safe_default: str = ""
    category: str = ""
    severity: str = "sev3"
    risk: str = "medium"
    data_class: str = "internal"
    workflow: Workflow | None = None
    incident: Incident | None = None
    workflow_version: str = ""
    callback: str = ""
    playbook: Version | None = None
    scenario: str = ""
    step: str = ""
    digest: str = ""


def ask(
    asking: Asking, *, asked: str, key: str, at: datetime, by: User | None = None, source: Source | None = None
) -> DecisionRequest:
    """Ask `asking`; the same `key` again returns the first request. `asked` is api, form or gate.

    Raises NotAskable, access.Refused, documents.NothingInForce.
    """
    if (known := _known(key)) is not None:
        return known
    reference = ids.reference("DEC", at.year)
    label = f"source {source.key}" if source is not None and by is None else ""
    try:
        with audit.action(actor=by, actor_label=label, reason="decision asked", at=at):
            return _ask(asking, asked, key, reference, by, source, at)
    except IntegrityError:
        if (known := _known(key)) is None:
            raise
        return known  # the same question came twice at one moment


def _known(key: str) -> DecisionRequest | None:
    return DecisionRequest.objects.filter(asked_key=key).select_related("workflow__team", "incident").first()


def _ask(
    asking: Asking, asked: str, key: str, reference: str, by: User | None, source: Source | None, at: datetime
) -> DecisionRequest:
    incident = None
    if asking.incident is not None:
        incident = Incident.objects.select_for_update(no_key=True).get(pk=asking.incident.pk)
        if by is not None:
            rights.require(by, "decide", incident)
        if not incident.is_open:
            raise NotAskable(_("The incident is over, so nothing is decided for it any more."), "incident")
    workflow = asking.workflow or (incident.workflow if incident is not None else None)
    decision = DecisionRequest(
        reference=reference,
        asked=asked,
        incident=incident,
        workflow=workflow,
        name=asking.name.strip(),
        question=_text(asking.question, _("Say what has to be decided."), "question", limits.TITLE_LENGTH),
        details=asking.details.strip()[: limits.TEXT_LENGTH],
        given=_given(asking.given),
        data_class=_class_of(asking, workflow, incident),
        link=_link(asking.link),
        delay_costs=asking.delay_costs.strip()[: limits.REASON_LENGTH],
        category=asking.category.strip(),
        severity=_one_of(asking.severity, Severity.values, "severity"),
        criticality=workflow.criticality if workflow is not None else "unknown",
        risk=_one_of(asking.risk, Risk.values, "risk"),
        opened_at=at,
        requester=by,
        source=source,
        lead_id=incident.lead_id if incident is not None else None,
        asked_key=key,
        asked_digest=asking.digest,
        callback=asking.callback.strip(),
        workflow_version=asking.workflow_version.strip()[: limits.REASON_LENGTH],
        playbook=asking.playbook,
        scenario=asking.scenario,
        step=asking.step,
    )
    case = decision_cases.pin(decision, at=at)
    _settle(case, asking)
    decision.save(force_insert=True)
    _say(case, at)
    _begin(case, at)
    return decision


def _settle(case: decision_cases.DecisionCase, asking: Asking) -> None:
    """What the rules make of it: the row that applies, the ways that it accepts, the category (D11, D23)."""
    decision = case.decision
    names = {row.key for matrix in decision_cases.matrices_of(case) for row in matrix.decisions}
    question = deciding.question_of(case.row, decision.name in names, asking.choices)
    decision.is_unknown = bool(decision.name) and question.is_unknown
    # A default row says who decides what nobody has planned for; between what, only where nothing was offered.
    choices = asking.choices or question.choices if question.is_unknown else question.choices
    decision.choices = [{"key": choice.key, "title": choice.title} for choice in choices]
    if question.refused and not question.is_unknown:
        titles = ", ".join(choice.title for choice in question.refused)
        accepted = ", ".join(option.title for option in question.row.options) if question.row is not None else ""
        said = {"refused": titles, "accepted": accepted}
        raise NotAskable(
            _("The matrix does not accept %(refused)s for this decision. It accepts: %(accepted)s.") % said, "choices"
        )
    keys = [choice["key"] for choice in decision.choices]
    if not CHOICES[0] <= len(set(keys)) == len(keys) <= CHOICES[1]:
        raise NotAskable(
            _("Give between %(least)d and %(most)d ways to decide, each with a key of its own.")
            % {"least": CHOICES[0], "most": CHOICES[1]},
            "choices",
        )
    if asking.safe_default and asking.safe_default not in keys:
        raise NotAskable(_("The safe default has to be one of the ways to decide."), "safe_default")
    decision.safe_default = asking.safe_default
    known = [exception.key for exception in case.policy.content.exceptions]
    if decision.category and decision.category not in known:
        words = {"category": decision.category, "known": ", ".join(known) or _("none")}
        raise NotAskable(_("The policy knows no category “%(category)s”. It knows: %(known)s.") % words, "category")


def _say(case: decision_cases.DecisionCase, at: datetime) -> None:
    """The ledger keeps it, also that nobody had planned for it (D11)."""
    decision, action = case.decision, audit.current()
    assert action is not None
    facts = {"name": decision.name, "is_unknown": decision.is_unknown, "category": decision.category}
    facts |= {"severity": decision.severity, "risk": decision.risk, "choices": [row["key"] for row in decision.choices]}
    action.record(verb="decision.requested", target=decision, data=facts | {"asked": decision.asked})
    if decision.incident is None:
        return
    said = {"reference": decision.reference, "question": decision.question, "name": str(decision.requester or "")}
    if decision.asked == DecisionRequest.Asked.GATE:
        said["step"] = decision.step
    timeline.add(decision.incident, verb="decision_requested", by=decision.requester, at=at, data=said)
    action.record(verb="incident.decision_requested", target=decision.incident, data=said)


def _begin(case: decision_cases.DecisionCase, at: datetime) -> None:
    """Ask whoever comes first, at once."""
    after = deciding.after(case.plan, None, can_deny=False)
    batch = decision_steps.DecisionBatch([], at)
    batch.cases[case.run.pk] = case
    if after.step is not None:
        batch.walk(escalation_steps.Move(case=case, steps=(after.step,)))
    batch.specs += decision_steps.first_news(case, at) + decision_steps.late_timer(case)
    batch.write()


def give_data(
    *,
    decision: DecisionRequest,
    given: Mapping[str, str],
    at: datetime,
    by: User | None = None,
    source: Source | None = None,
) -> DecisionRequest:
    """Add what a level needs to know; when nothing is missing any more the clock goes on where it stood.

    Raises NotAskable, NotAnswerable, access.Refused.
    """
    found = _given(given)
    if not found:
        raise NotAskable(_("Give at least one of the facts."), "given")
    with _holding(decision, by=by, source=source, may="give_data", reason="data given", at=at) as case:
        held = case.decision
        held.given = _given({**held.given, **found})
        step = case.step
        if held.state == DecisionState.WAITING and step is not None and not case.missing(step.level):
            decision_steps.resume(case, at=at)
            people = decision_records.asked(held)
            key = f"decision:{held.pk}:ready:{case.run.generation}:{case.run.position}"
            more = {"answer_by_at": held.due_at, "level": step.title}
            decision_messages.tell(decision_messages.READY, held, people, key, at=at, **more)
        held.save(update_fields=["given", "state", "paused_at", "left_seconds", "due_at"])
        action = audit.current()
        assert action is not None
        action.record(verb="decision.data_given", target=held, data={"names": sorted(found), "state": held.state})
    return held


def withdraw(
    *, decision: DecisionRequest, reason: str, at: datetime, by: User | None = None, source: Source | None = None
) -> DecisionRequest:
    """Nobody has to decide it any more. Raises NotAskable, NotAnswerable, access.Refused."""
    reason = _text(reason, _("Say why nobody has to decide it any more."), "reason", limits.REASON_LENGTH)
    with _holding(decision, by=by, source=source, may="withdraw", reason=reason, at=at) as case:
        decision_records.withdraw(case, reason=reason, by=by, at=at)
    return case.decision


def end_gates(incident: Incident, *, by: User | None, at: datetime) -> None:
    """The incident is over: what its playbook asked is not asked any more. Call inside its action."""
    asked = DecisionRequest.objects.filter(incident=incident, state__in=ASKS).exclude(step="")
    for decision in asked.order_by("pk"):
        case = decision_cases.lock(decision)
        decision_records.withdraw(case, reason=_("The incident is over."), by=by, at=at)


_holding = decision_answers.holding


# What was typed


def _text(text: str, sentence: str, field: str, longest: int) -> str:
    text = text.strip()
    if not text:
        raise NotAskable(sentence, field)
    if len(text) > longest:
        raise NotAskable(_("Use at most %(count)d characters.") % {"count": longest}, field)
    return text


def _given(given: Mapping[str, str]) -> dict[str, str]:
    found = {str(name).strip(): str(value).strip() for name, value in given.items()}
    found = {name: value for name, value in found.items() if name and value}
    if len(found) > GIVEN:
        raise NotAskable(_("Give at most %(count)d facts.") % {"count": GIVEN}, "given")
    for name, value in found.items():
        if len(name) > limits.TITLE_LENGTH or len(value) > VALUE_LENGTH:
            raise NotAskable(_("“%(name)s” is too long.") % {"name": name[:60]}, "given")
    return found


def _link(link: str) -> str:
    """An address that people may follow: https, and nothing in it but an address."""
    link = link.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username or len(link) > limits.ADDRESS_LENGTH:
        raise NotAskable(_("Give the address of the place as https://…"), "link")
    return link


def _one_of(value: str, values: list[str], field: str) -> str:
    if value not in values:
        raise NotAskable(_("Choose one of: %(values)s.") % {"values": ", ".join(values)}, field)
    return value


def _class_of(asking: Asking, workflow: Workflow | None, incident: Incident | None) -> str:
    """The highest of what was said, of the workflow and of the incident: a question opens nothing."""
    scale = [DataClass.PUBLIC, DataClass.INTERNAL, DataClass.CONFIDENTIAL, DataClass.RESTRICTED]
    every = [_one_of(asking.data_class, DataClass.values, "data_class")]
    every += [about.data_class for about in (workflow, incident) if about is not None]
    return str(max((DataClass(value) for value in every), key=scale.index))


__all__ = [
    "ENDED",
    "Asking",
    "NotAnswerable",
    "NotAskable",
    "Unfit",
    "Words",
    "add_reading",
    "answer",
    "ask",
    "end_gates",
    "give_data",
    "object_to",
    "pass_on",
    "recuse",
    "rule_over",
    "withdraw",
]
