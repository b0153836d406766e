"""The playbook at work: who takes a step, how it ends, and what was done otherwise (D37-D39, D48, D101).

Every entry is sealed and stands in the timeline. What a step owes is judged under the lock of the incident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from governance.reads.sentences import said
from governance.rules import runner
from incidents.models import Containment, Evidence, Incident, StepEntry
from incidents.models.incidents import OPEN_STATES
from incidents.reads import step_page as page_reads
from incidents.reads import steps as reads
from incidents.reads.steps import Course, Line
from incidents.services import containments, incidents, step_turns
from incidents.services import evidence as evidence_service
from portal import limits
from portal.errors import DomainError
from portal.models import User

Did = StepEntry.Did
VERBS = {Did.DONE: "step_done", Did.CHANGED: "step_changed", Did.SKIPPED: "step_skipped"}


class CannotStep(DomainError):
    """The step cannot be taken, given back or ended so; the sentence says what it still needs."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What somebody says of a step: `note` what came of it, `checked` the places of the checks that are ticked.

    `halted` is what a containment stopped (`kind` halted or isolated), or `containment` one that is known already.
    """

    note: str = ""
    checked: tuple[int, ...] = ()
    artefact: str = ""
    rationale: str = ""
    result: Literal["", "passed", "failed"] = ""
    halted: str = ""
    kind: str = Containment.Kind.HALTED
    containment: UUID | None = None


def choose_scenario(*, incident: Incident, scenario: str, by: User, at: datetime, reason: str = "") -> Incident:
    """Follow the scenario with the key `scenario` of the playbook; another one than before with a reason.

    What was done in the scenario before stays on record. Raises CannotStep, NotPossible, access.Refused.
    """
    reason = _short(reason)
    with holding(incident, by=by, reason=reason or "scenario chosen", at=at) as held:
        found = held.incident
        if found.playbook is None:
            raise CannotStep(_("Choose a playbook first."))
        titles = {item.key: item.title for item in reads.content_of(found.playbook).scenarios}
        if scenario not in titles:
            raise CannotStep(_("Choose one of the scenarios of the playbook."))
        if scenario == found.scenario:
            raise CannotStep(_("This scenario is followed already."))
        if found.scenario and not reason:
            raise CannotStep(_("Say why another scenario fits better."))
        before = titles.get(found.scenario, "")
        held.save(scenario=scenario)
        facts = {"name": str(by), "title": titles[scenario], "scenario": scenario, "before": before}
        held.log("scenario", reason, is_public=False, **facts)
        step_turns.call(held)
    return found


def take(*, incident: Incident, step: str, by: User, at: datetime, instead_of: UUID | None = None) -> StepEntry:
    """`by` takes a step on; from somebody who has it (`instead_of`, an id) only when that still is so.

    Raises CannotStep, NotPossible, access.Refused.
    """
    with holding(incident, by=by, reason="step taken", at=at) as held:
        found, line = line_of(held, step)
        if line.owner is not None and line.owner.pk == by.pk:
            raise CannotStep(_("You have this step already."))
        if (line.owner.pk if line.owner else None) != instead_of:
            name = {"name": line.owner}
            raise CannotStep(
                _("%(name)s has taken this step meanwhile.") % name
                if line.owner
                else _("Nobody has this step any more. Load the page again.")
            )
        before = str(line.owner) if line.owner else ""
        return write(held, found, line, Did.TAKEN, verb="step_taken", before=before)


def release(*, incident: Incident, step: str, by: User, at: datetime, reason: str = "") -> StepEntry:
    """`by` gives a step back that they have taken. Raises CannotStep, NotPossible, access.Refused."""
    with holding(incident, by=by, reason="step given back", at=at) as held:
        found, line = line_of(held, step)
        if line.owner is None or line.owner.pk != by.pk:
            raise CannotStep(_("You don’t have this step, so you cannot give it back."))
        return write(held, found, line, Did.RELEASED, verb="step_released", reason=_short(reason))


def end(
    *,
    incident: Incident,
    step: str,
    visit: int,
    by: User,
    at: datetime,
    given: Given | None = None,
    outcome: runner.Outcome = "done",
    reason: str = "",
    evidence: Evidence | None = None,
    files: Sequence[evidence_service.Kept] = (),
) -> StepEntry:
    """End a step: done as the playbook says, changed or skipped with a `reason` (a deviation).

    `visit` is how often it had been ended when the form was made: of two people who end it at once, one is told so.
    `files` become evidence. Raises CannotStep, NotPossible, access.Refused.
    """
    given, reason = given or Given(), _short(reason)
    with holding(incident, by=by, reason=reason or "step ended", at=at) as held:
        found, line = line_of(held, step)
        _fits(found, line, visit)
        owed = runner.owes(line.step, _judged(held, found, line, given, outcome, reason))
        if owed:
            raise CannotStep(" ".join(said(sentence) for sentence in owed))
        facts = _facts(given)
        if line.step.does == "containment" and given.halted.strip() and outcome != "skipped":
            facts["containment"] = str(_halt(held, given).pk)
        kept = _evidence(held, evidence, files)
        did = Did(outcome)
        made = write(held, found, line, did, verb=VERBS[did], reason=reason, given=facts, kept=kept)
        step_turns.call(held)
    return made


def fail(*, incident: Incident, step: str, note: str, by: User, at: datetime) -> Incident:
    """A check did not pass: that is said in the timeline, and the step stays open. Raises like `end`."""
    note = _short(note)
    if not note:
        raise CannotStep(_("Say what did not pass."))
    with holding(incident, by=by, reason=note, at=at) as held:
        found, line = line_of(held, step)
        if line.state != "now" or line.step.does not in ("integrity", "verification"):
            raise CannotStep(_("It is not the turn of this step. Load the page again."))
        held.log("step_failed", note, is_public=False, **about(held, found, line))
    return held.incident


def holding(incident: Incident, *, by: User, reason: str, at: datetime) -> Any:
    """The open incident locked for somebody who may work on its steps."""
    return incidents.holding(incident, by=by, may="step", states=OPEN_STATES, reason=reason, at=at)


def _short(text: str) -> str:
    return text.strip()[: limits.REASON_LENGTH]


def line_of(held: incidents.Held, step: str) -> tuple[Course, Line]:
    """The course and the step as they stand under the lock. Raises CannotStep."""
    found = reads.course(held.incident)
    if found.scenario is None:
        raise CannotStep(_("Choose a playbook and one of its scenarios first."))
    line = found.line(step)
    if line is None:
        raise CannotStep(_("This step is not on the way that was chosen. Load the page again."))
    if line.has_ended:
        assert line.entry is not None
        words = {"name": line.entry.by, "title": line.step.title}
        raise CannotStep(_("%(name)s has ended “%(title)s” already.") % words)
    return found, line


def _fits(found: Course, line: Line, visit: int) -> None:
    """Whether the order lets `line` end, and nobody was faster."""
    if line.visit != visit:
        last = [entry for entry in found.entries if entry.step == line.step.key and entry.did in reads.ENDED][-1:]
        words = {"name": last[0].by if last else _("Somebody"), "title": line.step.title}
        raise CannotStep(_("%(name)s has ended “%(title)s” already.") % words)
    if line.step.does == "gate":
        raise CannotStep(_("This is a decision: ask for it, and whoever has the authority decides."))
    if not line.may_end:
        words = {"title": found.now.step.title if found.now else ""}
        raise CannotStep(_("It is not the turn of this step. First comes “%(title)s”.") % words)


def _judged(
    held: incidents.Held, found: Course, line: Line, given: Given, outcome: runner.Outcome, reason: str
) -> runner.Given:
    """What the rules are told about the step."""
    known = Containment.objects.filter(incident=held.incident, pk=given.containment) if given.containment else None
    is_told = line.step.does == "communication" and page_reads.was_told(found)
    return runner.Given(
        outcome=outcome,
        reason=reason,
        checked=given.checked,
        artefact=given.artefact,
        halted=bool(given.halted.strip()) or (known is not None and known.exists()),
        rationale=given.rationale,
        result=given.result,
        was_told=is_told,
        scope=found.scope,
    )


def _facts(given: Given) -> dict[str, Any]:
    """What the entry keeps, without what was left empty."""
    texts = {name: _short(getattr(given, name)) for name in ("note", "artefact", "rationale", "result", "halted")}
    facts: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if given.checked:
        facts["checked"] = sorted(set(given.checked))
    if given.containment:
        facts["containment"] = str(given.containment)
    return facts


def _halt(held: incidents.Held, given: Given) -> Containment:
    of = held.incident.workflow
    return containments.halt(held=held, kind=given.kind, what=given.halted, workflow=of, by=held.by, at=held.at)


def _evidence(held: incidents.Held, known: Evidence | None, files: Sequence[evidence_service.Kept]) -> Evidence | None:
    """The file that the entry names; a new one is kept as evidence of the incident."""
    if known is not None and known.incident_id != held.incident.pk:
        raise CannotStep(_("Choose a file of this incident."))
    if not files:
        return known
    added = evidence_service.add(incident=held.incident, files=files, by=held.by, at=held.at)
    return added[0] if added else Evidence.objects.get(incident=held.incident, sha256=files[0].sha256)


def about(held: incidents.Held, found: Course, line: Line) -> dict[str, Any]:
    """Who and which step, for the timeline."""
    assert found.scenario is not None
    return {"name": str(held.by), "title": line.step.title, "step": line.step.key, "scenario": found.scenario.key}


def write(
    held: incidents.Held,
    found: Course,
    line: Line,
    did: str,
    *,
    verb: str,
    reason: str = "",
    given: dict[str, Any] | None = None,
    kept: Evidence | None = None,
    **more: Any,
) -> StepEntry:
    """One sealed entry, and its line."""
    assert found.scenario is not None and found.version is not None and held.by is not None
    row = StepEntry(
        incident=held.incident,
        version=found.version,
        scenario=found.scenario.key,
        step=line.step.key,
        did=did,
        given=given or {},
        reason=reason,
        evidence=kept,
        by=held.by,
        at=held.at,
    )
    row.save(force_insert=True)
    held.action.prove([row], about=held.incident)
    words = [reason, *((given or {}).get(name, "") for name in ("note", "halted", "artefact", "rationale"))]
    text = " · ".join(filter(None, words))
    held.log(verb, text, is_public=False, **about(held, found, line), **more)
    return row
