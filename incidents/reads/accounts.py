"""How the sealed logs of incidents are accounted for in the ledger (I10).

The clock writes steps and lines by the hundred, so they carry no digests: each step is held against what its entry
says of it, each line against the entry of the same incident and moment.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from incidents.models import EscalationEvent, EscalationRun, Event, Evidence, Incident, TimelineEntry
from portal import audit, limits, registry
from portal.models import AuditEntry
from portal.reads.accounts import CHUNK, Account, Finding, Walk, chunks, entries_about, parsed

INCIDENT, RUN, DECISION = "incidents.incident", "incidents.escalationrun", "incidents.decisionrequest"
FEW = 200  # incidents or runs at once: each has some dozens of rows
NEAR = timedelta(seconds=60)
"""An event that waited for the lock of an incident that was being filed is dated after it; its entry is not."""

STEPPED = "escalation.stepped"
Outcome = EscalationEvent.Outcome

TOLD_BY: dict[str, tuple[str, ...]] = {
    "told": (STEPPED,),
    "news": (STEPPED,),
    "nobody": (STEPPED, "incident.reported", "incident.scored", "incident.severity_confirmed", "incident.triggered"),
    "nobody_reached": (STEPPED,),
    "exhausted": (STEPPED,),
    "cap_reached": ("escalation.capped",),
    "re_resolved": ("escalation.re_resolved",),
    "passed_on": ("escalation.re_resolved",),
    "left": ("incident.lead_left",),
    "near_miss": ("incident.reported",),
    "scored": ("incident.scored", "incident.reported"),
    "severity": ("incident.severity_confirmed",),
    "described": ("incident.severity_confirmed",),
    "specialists": ("incident.specialists_told",),
    "timebox": ("incident.timebox_passed",),
    "trigger": ("incident.triggered", "incident.reported"),
    "event": ("event.received", "incident.reported"),
    "evidence": ("evidence.added",),
    "confirmed": ("incident.confirmed", "incident.resolved"),
}
"""Line of the timeline -> verbs of the entries that tell of it; any other line is told by ``incident.<verb>``."""

LINE_OF = {
    "escalation.capped": "cap_reached",
    "escalation.re_resolved": "re_resolved",
    "evidence.added": "evidence",
    "incident.lead_left": "left",
    "incident.severity_confirmed": "severity",
    "incident.specialists_told": "specialists",
    "incident.timebox_passed": "timebox",
    "incident.triggered": "trigger",
}
"""Verb of an entry -> the line that has to stand beside it; any other ``incident.<verb>`` has that of its name."""

WITHOUT_LINE = {
    *("incident.review_written", "incident.cause_supposed", "incident.cause_judged", "incident.found"),
    *("incident.finding_settled", "incident.finding_closed", "incident.action_changed", "incident.help_answered"),
}
"""Entries of what follows an incident that stands on the page of its review or action, and not on its timeline."""

SAME_DATA = {
    *("affected", "authority_asked", "closed", "contained", "declined", "happened", "invited", "joined", "merged"),
    *("fixed", "halted", "rechecked", "released", "remedy_extended", "remedy_over", "remedy_removed", "remedy_soon"),
    *("recheck_failed", "stays_halted", "workaround"),
    *("monitoring", "note", "plan", "playbook", "reopened", "resolved", "severity", "switched", "talk", "workflow"),
    *("leadership", "meeting", "promise_missed", "update", "update_due", "update_overdue"),
    *("review_opened", "review_handed_over", "review_soon", "review_overdue", "review_published", "change_proposed"),
    *("action_planned", "action_soon", "action_overdue", "action_done", "action_dropped", "effect", "came_back"),
    *("callback_dead", "overridden", "works_again", "worse"),
    *("decision_requested", "decision_asked", "decision_nobody", "decision_ended"),
    *("role_assumed", "role_assigned", "role_handed_over", "role_stepped_in", "role_given_up"),
    *("role_asked", "role_confirmed", "role_rotate", "role_silent"),
    *("gate_asked", "scenario", "scope", "scope_agreed", "scope_objected", "scope_overruled", "step_changed"),
    *("step_done", "step_failed", "step_freed", "step_released", "step_skipped", "step_taken"),
}
"""Lines that say the very facts of their entry."""


# Steps of the escalation


@dataclass
class Step:
    """One step as its entry tells it, and as the log does."""

    entry: int = 0
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: list[tuple[int, str, str]] = field(default_factory=list)  # (key, outcome, person or gap)
    is_open: bool = False  # the words of an entry are gone, so nothing can be held against it


def steps_are_told(walk: Walk) -> Iterator[Finding]:
    """Each event of a run is one that the entry of its step names, each that it names is there, and so many steps."""
    for runs in chunks(EscalationRun.objects.only("steps"), FEW):
        steps, taken, erased = _steps([run.pk for run in runs])
        for run in runs:
            if taken[run.pk] != run.steps:
                yield Finding.of(
                    "log.count", "incidents.EscalationRun", row=run.pk, stored=run.steps, told=taken[run.pk]
                )
        for (run, _generation, _level, _round, at), step in steps.items():
            if not step.is_open and (run, at) not in erased:
                yield from _judge_step(step)
        walk.step(len(runs))
    yield from _runs_are_there()


def _steps(runs: Sequence[UUID]) -> tuple[dict[tuple[Any, ...], Step], Counter[UUID], set[tuple[UUID, datetime]]]:
    steps: dict[tuple[Any, ...], Step] = defaultdict(Step)
    taken: Counter[UUID] = Counter()
    erased: set[tuple[UUID, datetime]] = set()
    names = ("pk", "run_id", "generation", "level_key", "round", "at", "outcome", "user_id", "decided_by")
    for pk, run, generation, level, number, at, outcome, user, why in EscalationEvent.objects.filter(
        run__in=runs
    ).values_list(*names):
        said = str(user) if outcome == Outcome.TOLD else why if outcome == Outcome.NOBODY else ""
        steps[run, generation, level, number, at].rows.append((pk, outcome, said))
    entries = entries_about(RUN, runs, verb=STEPPED)
    for pk, target, at, content in entries.values_list("pk", "target_id", "at", "payload__content"):
        run = UUID(target)
        taken[run] += 1
        if content is None:
            erased.add((run, at))
            continue
        data = parsed(content).get("data") or {}
        step = steps[run, data.get("generation"), data.get("level"), data.get("round"), at]
        step.entry = pk
        step.named.update((Outcome.TOLD, person) for person in data.get("told", ()))
        step.named.update((Outcome.NOBODY, gap[: limits.REASON_LENGTH]) for gap in data.get("gaps", ()))
    return steps, taken, erased


def _judge_step(step: Step) -> Iterator[Finding]:
    left = Counter(step.named)
    for pk, outcome, said in step.rows:
        if not step.entry:
            yield Finding.of("log.alone", "incidents.EscalationEvent", row=pk)
        elif outcome == Outcome.ALREADY_TOLD:
            continue
        elif left[outcome, said] > 0:
            left[outcome, said] -= 1
        else:
            yield Finding.of("log.edited", "incidents.EscalationEvent", row=pk, entry=step.entry)
    if +left:
        yield Finding.of("log.gone", "incidents.EscalationEvent", entry=step.entry, verb=STEPPED)


def _runs_are_there() -> Iterator[Finding]:
    targets = AuditEntry.objects.filter(target_type=RUN, verb=STEPPED).order_by("target_id")
    known: list[str] = []
    for target in targets.values_list("target_id", flat=True).distinct().iterator(chunk_size=CHUNK):
        known.append(target)
        if len(known) == CHUNK:
            yield from _lost_runs(known)
            known = []
    yield from _lost_runs(known)


def _lost_runs(targets: list[str]) -> Iterator[Finding]:
    there = {str(key) for key in EscalationRun.objects.filter(pk__in=targets).values_list("pk", flat=True)}
    for target in targets:
        if target not in there:
            entry = AuditEntry.objects.filter(target_type=RUN, target_id=target).latest("pk").pk
            yield Finding.of("entry.alone", "incidents.EscalationRun", row=target, entry=entry)


# Lines of the timeline


@dataclass(frozen=True)
class Said:
    """One entry about an incident, its run, its evidence or an event of it. `data` None: its words are gone."""

    pk: int
    verb: str
    at: datetime
    actor: UUID | None
    data: Any


def lines_are_told(walk: Walk) -> Iterator[Finding]:
    """Each line stands beside an entry that tells of it, and each such entry has its line; typed words fit."""
    for incidents in chunks(Incident.objects.only("pk"), FEW):
        keys = [incident.pk for incident in incidents]
        lines: dict[UUID, list[TimelineEntry]] = defaultdict(list)
        for line in TimelineEntry.objects.filter(incident__in=keys).select_related("text_row"):
            lines[line.incident_id].append(line)
        said = _said(keys, lines)
        for key in keys:
            yield from _judge_lines(lines[key], said[key])
        walk.step(len(keys))


def _said(keys: list[UUID], lines: dict[UUID, list[TimelineEntry]]) -> dict[UUID, list[Said]]:
    """The entries that can tell of lines, by incident. Events are looked up where a line tells of one."""
    moments = {line.at for mine in lines.values() for line in mine if line.verb == "event"}
    owners: dict[tuple[str, str], UUID] = {(INCIDENT, str(key)): key for key in keys}
    for label, rows in (
        (RUN, EscalationRun.objects.filter(incident__in=keys)),
        ("incidents.evidence", Evidence.objects.filter(incident__in=keys)),
        ("incidents.event", Event.objects.filter(incident__in=keys, received_at__in=moments)),
    ):
        owners |= {(label, str(pk)): incident for pk, incident in rows.values_list("pk", "incident_id")}
    found: dict[UUID, list[Said]] = defaultdict(list)
    names = ("target_type", "target_id", "pk", "verb", "at", "actor_id", "payload__content")
    for label in {label for label, _key in owners}:
        entries = entries_about(label, [key for other, key in owners if other == label])
        for kind, key, pk, verb, at, actor, content in entries.values_list(*names):
            data = None if content is None else parsed(content).get("data")
            found[owners[kind, key]].append(Said(pk, verb, at, actor, data))
    return found


def _judge_lines(lines: Sequence[TimelineEntry], said: Sequence[Said]) -> Iterator[Finding]:
    told: dict[datetime, list[Said]] = defaultdict(list)
    for entry in said:
        told[entry.at].append(entry)
    for line in lines:
        verbs = TOLD_BY.get(line.verb, (f"incident.{line.verb}",))
        mine = _those(told[line.at], verbs) or _those([it for it in said if line.at - NEAR < it.at < line.at], verbs)
        if not mine:
            yield Finding.of("log.alone", "incidents.TimelineEntry", row=line.pk)
        elif line.verb in SAME_DATA and not any(_agrees(entry, line) for entry in mine):
            yield Finding.of("log.edited", "incidents.TimelineEntry", row=line.pk, entry=mine[0].pk)
        if not _words_fit(line, mine):
            yield Finding.of("log.text", "incidents.TimelineEntry", row=line.pk)
    yield from _missing_lines(lines, said)


def _those(entries: Sequence[Said], verbs: tuple[str, ...]) -> list[Said]:
    return [entry for entry in entries if entry.verb in verbs]


def _agrees(entry: Said, line: TimelineEntry) -> bool:
    return entry.data is None or (entry.data or {}) == audit.plain(line.data)


def _words_fit(line: TimelineEntry, told: Sequence[Said]) -> bool:
    """What was typed gives its commitment; it may be missing where the words of the entry are gone, too."""
    row = getattr(line, "text_row", None)
    if row is None or not row.salt:
        return not line.commitment or any(entry.data is None for entry in told)
    return hashlib.sha256((row.salt + row.text).encode()).hexdigest() == line.commitment


def _missing_lines(lines: Sequence[TimelineEntry], said: Sequence[Said]) -> Iterator[Finding]:
    stand = Counter((line.verb, line.at) for line in lines)
    for entry in said:
        wanted = _wanted(entry)
        if wanted and not any(stand[verb, entry.at] for verb in wanted) and not _near(lines, wanted, entry.at):
            yield Finding.of("log.gone", "incidents.TimelineEntry", entry=entry.pk, verb=entry.verb)


def _near(lines: Sequence[TimelineEntry], wanted: tuple[str, ...], at: datetime) -> bool:
    return any(line.verb in wanted and at < line.at < at + NEAR for line in lines)


def _wanted(entry: Said) -> tuple[str, ...]:
    """The lines of which one has to stand beside `entry`; none when it needs none."""
    if entry.verb == STEPPED:
        data = entry.data or {}
        return ("told", "news") if data.get("told") else ("nobody",) if data.get("gaps") else ()
    if entry.verb in LINE_OF:
        return (LINE_OF[entry.verb],)
    app, _dot, verb = entry.verb.partition(".")
    return (verb,) if app == "incident" and entry.verb not in WITHOUT_LINE else ()


ACCOUNTS = (
    Account(
        "incidents.ImpactScore",
        "Proven by the entry of the report, of the scoring or of the confirmation.",
        owner="incident_id",
        about=INCIDENT,
    ),
    Account(
        "incidents.EscalationEvent",
        "Each is one person or gap that the entry escalation.stepped of its run, level and round names.",
        look=steps_are_told,
    ),
    Account(
        "incidents.TimelineEntry",
        "Written beside an entry about the same incident at the same time, which names what the line says.",
        look=lines_are_told,
    ),
    *(
        Account(f"incidents.{model}", "Proven by the entry of the move that wrote it.", owner=owner, about=INCIDENT)
        for model, owner in (
            ("ScopeStatement", "incident_id"),
            ("ScopeAnswer", "statement.incident_id"),
            ("StepEntry", "incident_id"),
            ("Recheck", "incident_id"),
            ("Recurrence", "incident_id"),
            ("EffectCheck", "action.incident_id"),
        )
    ),
    *(
        Account(f"incidents.{model}", "Proven by the entry of the answer.", owner="request_id", about=DECISION)
        for model in ("DecisionAnswer", "DecisionReading", "DecisionRecord")
    ),
    Account(
        "incidents.GovernanceReport",
        "Proven by the entry report.made.",
        owner="id",
        about="incidents.governancereport",
    ),
    Account(
        "incidents.CallbackAttempt",
        "A try to send changes nothing that people decide: what became of it is the state of the callback.",
    ),
)


def register() -> None:
    registry.accounts.add_all({account.model: account for account in ACCOUNTS})
