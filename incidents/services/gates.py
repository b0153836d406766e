"""Gates of a playbook are decisions, asked for like any other; what was decided says where the course goes on (D48)."""

from datetime import datetime

from django.utils.translation import gettext as _

from governance.rules import deciding
from incidents import access
from incidents.models import DecisionRecord, DecisionRequest, DecisionState, Incident, StepEntry
from incidents.reads import step_page as page_reads
from incidents.reads import steps as reads
from incidents.reads.steps import Course, Line
from incidents.services import cases, decisions, incidents, step_turns, steps
from incidents.services.steps import CannotStep
from portal import audit
from portal.models import User


def ask(
    *, incident: Incident, step: str, by: User, at: datetime, details: str = "", delay_costs: str = ""
) -> DecisionRequest:
    """Ask for the decision of the gate whose turn it is; once for each visit, and anew where one ended without choice.

    Raises CannotStep, decisions.NotAskable, NotPossible, access.Refused.
    """
    with steps.holding(incident, by=by, reason="decision", at=at) as held:
        found, line = steps.line_of(held, step)
        if line.step.does != "gate" or line.state != "now" or found.scenario is None:
            raise CannotStep(_("It is not the turn of this decision. Load the page again."))
        before = list(page_reads.asked(held.incident, line))
        waiting = next((request for request in before if request.is_asked), None)
        if waiting is not None:
            raise CannotStep(_("This decision is asked for already: %(reference)s.") % {"reference": waiting.reference})
        own = held.incident
        asking = decisions.Asking(
            question=line.step.title,
            choices=tuple(deciding.Choice(option.key, option.title) for option in line.step.options),
            details=details.strip() or line.step.how,
            delay_costs=delay_costs.strip(),
            category=found.scenario.category or "",
            severity=own.severity,
            risk=access.risk_of(own),
            data_class=own.data_class,
            workflow=own.workflow,
            incident=own,
            workflow_version=own.workflow_version,
            playbook=found.version,
            scenario=found.scenario.key,
            step=line.step.key,
        )
        key = f"{page_reads.gate_key(own, line)}{len(before)}"
        made = decisions.ask(asking, asked="gate", key=key, at=at, by=by)
        facts = steps.about(held, found, line) | {"decision": made.reference}
        held.log("gate_asked", details.strip(), is_public=False, **facts)
    return made


def decided(request: DecisionRequest, record: DecisionRecord) -> None:
    """What was decided ends the gate, in the transaction that decides.

    Where time ran out or the course has gone another way meanwhile, nothing is written: the gate stays, or is gone.
    """
    if record.outcome != DecisionState.DECIDED or record.by is None or request.incident is None:
        return
    action = audit.current()
    assert action is not None
    own, run = cases.lock(request.incident)
    found = reads.course(own)
    line = _line(found, request) if own.is_open else None
    if line is None:
        return
    title = next((option.title for option in line.step.options if option.key == record.choice), "")
    if not title:
        return
    held = incidents.Held(own, run, action, record.at, record.by)
    given = {"option": record.choice, "decision": request.reference}
    steps.write(
        held,
        found,
        line,
        StepEntry.Did.DONE,
        verb="step_done",
        given=given,
        choice=title,
        decision=request.reference,
    )
    step_turns.call(held)


def _line(found: Course, request: DecisionRequest) -> Line | None:
    """The gate for which `request` asked: the one whose turn it is, or the one that it had ended and was contested."""
    if found.scenario is None or found.scenario.key != request.scenario:
        return None
    for line in found.lines:
        if line.step.key != request.step:
            continue
        if line.entry is not None and line.entry.given.get("decision") == request.reference:
            return line
        is_asked = request.asked_key.startswith(page_reads.gate_key(found.incident, line))
        if line.state == "now" and is_asked:
            return line
    return None
