"""The engine: takes steps of many runs at once and writes each table once (DESIGN section 3).

Whoever calls ``take`` holds the incidents and runs. Everything is resolved in memory by the pure rules from
pinned documents and one read of the people; nobody is told twice for a level (D16-D21, I4, I8, I17).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from governance.reads import people
from governance.rules import escalation as rules
from governance.rules import ownership
from incidents.models import EscalationEvent, EscalationRun, Incident, Participant
from incidents.models.escalation import RunState
from incidents.services import cases, messages, participants, timeline
from portal import audit, bulk, limits, operators, outbox, prepared, timers
from portal.models import Timer, User
from portal.models.people import Channel

STEP, NEWS, FOLLOW_UP = "escalation.step", "escalation.news", "escalation.follow_up"
UPDATED = ("state", "position", "level", "steps")
FEW = 8  # groups of runs with equal values; more are written by bulk_update
Outcome = EscalationEvent.Outcome

_users = prepared.Question(lambda: User.objects.filter(pk__any=prepared.Given("ids", User, "id", many=True)))


@dataclass(kw_only=True)
class Move:
    """Take `steps` of `case` now.

    `kind` replaces the step's own in the record (manual, follow_up); `is_armed` promises the step after;
    `is_fresh` tells people again who were told in earlier generations.
    """

    case: cases.Steered
    steps: Sequence[rules.Step]
    kind: str = ""
    is_armed: bool = True
    is_fresh: bool = False


@dataclass
class Telling:
    """A message to people who are known by id so far."""

    event: str
    case: cases.Steered
    people: list[UUID]
    key: str
    more: dict[str, Any]


class Batch:
    """What a batch of moves comes to, before it is written."""

    def __init__(self, moves: Sequence[Move], at: datetime) -> None:
        self.at = at
        self.people = people.facts(at)
        self.told = told_before(moves)
        self.cases: dict[UUID, cases.Steered] = {}
        self.events: list[dict[str, Any]] = []
        self.participants: list[tuple[UUID, UUID, str]] = []
        self.lines: list[timeline.Line] = []
        self.tellings: list[Telling] = []
        self.specs: list[timers.Spec] = []
        self.records: list[tuple[str, str, Any, dict[str, Any] | None]] = []
        self._operators: list[User] | None = None
        self._resolved: dict[Any, tuple[ownership.Resolution, ...]] = {}
        self._tellings: dict[Any, rules.Telling] = {}

    def walk(self, move: Move) -> None:
        """Take the steps of one move; a step without anybody is followed by the next at once (I17)."""
        case, run = move.case, move.case.run
        self.cases[run.pk] = case
        queue, minutes = list(move.steps), 0
        step = queue[0] if queue else None
        while queue:
            if case.is_capped:
                self._capped(case)
                return
            step = queue.pop(0)
            if step.kind == "fallback" and not self._anybody(run):
                run.state = RunState.NOBODY_REACHED
            run.steps += 1
            if step.kind != "news":
                run.position, run.level = step.index + 1, case.level_of(step)
            telling, minutes = self._tell(move, step)
            following = rules.next_step(case.plan, step.index)
            if telling.nobody and step.kind != "news" and not queue and following is not None:
                queue.append(following)
        if step is not None:
            self._arm(move, step, minutes)

    def _anybody(self, run: EscalationRun) -> bool:
        return any(level not in ("fallback", "news") for level, _, _ in self.told[run.pk])

    def _tell(self, move: Move, step: rules.Step) -> tuple[rules.Telling, int]:
        case, run = move.case, move.case.run
        resolved, telling = self._whom(case, step)
        minutes = rules.window(step, resolved)
        key = step_key(run, step)
        for tell in telling.tells:
            self.told[run.pk].add((step.level, step.round, tell.person))
            decided = tell.decided_by
            self._event(
                move,
                step,
                Outcome.TOLD,
                tell.reason,
                user_id=tell.person,
                responsibility=tell.responsibility,
                version_digest=decided.digest if decided else "",
                row=decided.row if decided else "",
                message_key=outbox.message_key(key, tell.person, Channel.INBOX),
            )
            self._takes_part(case, tell.person)
        for why in telling.skipped:
            self._event(move, step, Outcome.ALREADY_TOLD, why.sentence)
        for gap in telling.gaps:
            self._event(move, step, Outcome.NOBODY, gap)
        if telling.gaps:
            self._to_operators("incident.gap", case, f"{key}:gap", level=step.title, why=" ".join(telling.gaps))
            self._line(case, "nobody", title=step.title, sentence=" ".join(telling.gaps), level=run.level)
        if telling.tells:
            self._say(move, step, telling, minutes, key)
        self._record(run, step, telling)
        return telling, minutes

    def _resolve(self, case: cases.Steered, step: rules.Step) -> tuple[ownership.Resolution, ...]:
        """Who answers for the targets of `step`: the same for all runs of a batch under the same rules."""
        run = case.run
        steered = (run.severity, run.criticality, run.path)
        key = (*case.pins, *steered, case.workflow and case.workflow.id, step.kind, step.index)
        if key not in self._resolved:
            self._resolved[key] = rules.resolutions(
                case.policy, step, case.matrices, case.workflow, run.severity, self.people, self.at
            )
        return self._resolved[key]

    def _whom(self, case: cases.Steered, step: rules.Step) -> tuple[tuple[ownership.Resolution, ...], rules.Telling]:
        """Whom `step` tells; put into words once for all runs that have told nobody of it yet."""
        resolved, told = self._resolve(case, step), self.told[case.run.pk]
        if any((level, number) == (step.level, step.round) for level, number, _ in told):
            return resolved, rules.tell(step, resolved, told)
        key = id(resolved), step.kind, step.index
        if key not in self._tellings:
            self._tellings[key] = rules.tell(step, resolved, ())
        return resolved, self._tellings[key]

    def _event(self, move: Move, step: rules.Step, outcome: str, sentence: str, **more: Any) -> None:
        run = move.case.run
        self.events.append(
            {
                "run_id": run.pk,
                "generation": run.generation,
                "position": step.index,
                "level": move.case.level_of(step),
                "level_key": step.level,
                "round": step.round,
                "kind": move.kind or step.kind,
                "outcome": outcome,
                "decided_by": sentence[: limits.REASON_LENGTH],
                "at": self.at,
                **more,
            }
        )

    def _say(self, move: Move, step: rules.Step, telling: rules.Telling, minutes: int, key: str) -> None:
        case, run = move.case, move.case.run
        names = [tell.name for tell in telling.tells]
        if step.kind == "news":
            ids = [tell.person for tell in telling.tells]
            self.tellings.append(Telling("incident.news", case, ids, key, {"state": _incident(case).state}))
            self._line(case, "news", people=names, round=step.round)
            return
        more: dict[str, Any] = {"level": step.title, "again": step.round > 1, "actions": messages.answer_link(run)}
        if minutes:
            more["answer_by_at"] = self.at + timedelta(minutes=minutes)
        following = rules.next_step(case.plan, step.index)
        if following is not None and move.is_armed:
            more |= {"next": self._names(case, following), "next_at": self._due(step, following, minutes)}
        for tell in telling.tells:
            self.tellings.append(Telling("incident.level", case, [tell.person], key, more | {"why": tell.reason}))
        data = {"people": names, "level": run.level, "title": step.title, "kind": move.kind or step.kind}
        by = more.get("answer_by_at")
        self._line(case, "told", round=step.round, answer_by=messages.iso(by) if by else "", **data)

    def _names(self, case: cases.Steered, step: rules.Step) -> str:
        """Who would be told by `step` now, by name; its title when nobody would."""
        names = [tell.name for tell in self._whom(case, step)[1].tells]
        return ", ".join(names[:3]) or step.title

    def _due(self, step: rules.Step, following: rules.Step, minutes: int) -> datetime:
        """When `following` is due after `step` was taken now, with a window of `minutes`."""
        return self.at + timedelta(minutes=rules.wait(step, following, minutes))

    def _arm(self, move: Move, step: rules.Step, minutes: int) -> None:
        case, run = move.case, move.case.run
        if step.kind == "news":
            following = rules.next_news(case.plan, step.index)
            if following is not None:
                due = self.at + timedelta(minutes=following.after_minutes - step.after_minutes)
                self.specs.append(news_timer(run, following, due))
            return
        following = case.next_step
        if following is None:
            self._ended(case)
        elif move.is_armed:
            self.specs.append(step_timer(run, self._due(step, following, minutes)))

    def _ended(self, case: cases.Steered) -> None:
        """Everybody was told: the operators know, and silence starts the ladder again."""
        run = case.run
        if run.state in (RunState.ACKNOWLEDGED, RunState.PAUSED):
            return
        if run.state != RunState.NOBODY_REACHED:
            run.state = RunState.EXHAUSTED
        nobody = run.state == RunState.NOBODY_REACHED
        self._line(case, "nobody_reached" if nobody else "exhausted", ends=case.plan.ends)
        key = f"run:{run.pk}:{run.generation}:ended"
        self._to_operators("incident.nobody_reached", case, key, state=run.state, actions=messages.answer_link(run))
        silence = rules.follow_up(case.policy).silence_minutes
        self.specs.append(follow_up_timer(run, self.at + timedelta(minutes=silence)))

    def _capped(self, case: cases.Steered) -> None:
        """I8: a run takes at most the policy's cap of steps."""
        run = case.run
        if run.state == RunState.RUNNING:
            run.state = RunState.EXHAUSTED
        self._line(case, "cap_reached", steps=run.steps)
        self.records.append(("escalation.capped", run._meta.label_lower, run.pk, {"steps": run.steps}))
        key = f"run:{run.pk}:capped"
        self._to_operators("incident.nobody_reached", case, key, state="capped", actions=messages.answer_link(run))

    def _to_operators(self, event: str, case: cases.Steered, key: str, **more: Any) -> None:
        if self._operators is None:
            self._operators = operators.people()
        ids = [user.pk for user in self._operators]
        for pk in ids:
            self._takes_part(case, pk)
        self.tellings.append(Telling(event, case, ids, key, more))

    # What differs with the subject of a run: here an incident, in ``decision_steps`` a decision.

    def _takes_part(self, case: cases.Steered, person: UUID) -> None:
        """Whoever was told may open it (I18)."""
        self.participants.append((_incident(case).pk, person, Participant.Role.TOLD))

    def _line(self, case: cases.Steered, verb: str, **data: Any) -> None:
        self.lines.append(timeline.Line(_incident(case).pk, verb, data=data))

    def _note(self, item: Telling, to: Sequence[User]) -> outbox.Note:
        return messages.note(item.event, _incident(item.case), to, item.key, **item.more)

    def _record(self, run: EscalationRun, step: rules.Step, telling: rules.Telling) -> None:
        facts = {
            "incident": str(run.incident_id or run.decision_id),
            "generation": run.generation,
            "level": step.level,
            "round": step.round,
            "told": [str(tell.person) for tell in telling.tells],
            "gaps": list(telling.gaps),
        }
        self.records.append(("escalation.stepped", run._meta.label_lower, run.pk, facts))

    def write(self) -> None:
        """Each table once: runs, timers, events, timeline, participants, messages; audit at the action's exit."""
        runs = [case.run for case in self.cases.values()]
        are_new = all(run._state.adding for run in runs)
        with bulk.together():
            save_runs(runs)
            timers.schedule_many(self.specs, self.at, are_first=are_new)
            bulk.insert_values(EscalationEvent, self.events)
            participants.add_many(self.participants, at=self.at)
            timeline.add_many(self.lines, at=self.at)
        users = {user.pk: user for user in _users(ids={pk for item in self.tellings for pk in item.people})}
        notes = [self._note(item, [users[pk] for pk in item.people]) for item in self.tellings]
        outbox.enqueue_many(notes, self.at)
        action = audit.current()
        if action is not None:
            action.record_many(self.records)


def _incident(case: cases.Steered) -> Incident:
    assert isinstance(case, cases.Case)
    return case.incident


def take(moves: Sequence[Move], *, at: datetime) -> None:
    """Take all `moves` at once; call inside ``audit.action`` with incidents and runs locked."""
    if moves:
        batch = Batch(moves, at)
        for move in moves:
            batch.walk(move)
        batch.write()


_told = prepared.Question(
    lambda: EscalationEvent.objects.filter(
        run__any=prepared.Given("runs", EscalationEvent, "run", many=True), outcome=Outcome.TOLD
    ).values_list("run_id", "generation", "level_key", "round", "user_id")
)


def told_before(moves: Sequence[Move]) -> dict[UUID, set[tuple[str, int, UUID]]]:
    """(level key, round, person) that were told, by run; a fresh move remembers only its own generation."""
    if not moves:
        return defaultdict(set)
    fresh = {move.case.run.pk: move.case.run.generation for move in moves if move.is_fresh}
    found: dict[UUID, set[tuple[str, int, UUID]]] = defaultdict(set)
    for run, generation, level, number, user in _told(runs=[move.case.run.pk for move in moves]):
        if generation >= fresh.get(run, 0):
            found[run].add((level, number, user))
    return found


def save_runs(runs: Sequence[EscalationRun]) -> None:
    """Insert the new ones of `runs`, write the engine's columns of the others; one statement for equal values."""
    old = [run for run in runs if not run._state.adding]
    bulk.insert([run for run in runs if run._state.adding])
    groups: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for run in old:
        groups[tuple(getattr(run, name) for name in UPDATED)].append(run.pk)
    if len(groups) > FEW:
        EscalationRun.objects.bulk_update(old, UPDATED)
        return
    for values, keys in groups.items():
        EscalationRun.objects.filter(pk__any=keys).update(**dict(zip(UPDATED, values, strict=True)))


def step_key(run: EscalationRun, step: rules.Step) -> str:
    """The idempotency key that all messages of one step share."""
    return f"run:{run.pk}:{run.generation}:{step.level}:{step.round}"


def step_timer(run: EscalationRun, due_at: datetime) -> timers.Spec:
    return timers.Spec(
        kind=STEP,
        subject=run,
        due_at=due_at,
        key=f"{STEP}:{run.pk}:{run.generation}:{run.position}",
        data={"generation": run.generation, "position": run.position},
    )


def news_timer(run: EscalationRun, step: rules.Step, due_at: datetime) -> timers.Spec:
    return timers.Spec(
        kind=NEWS,
        subject=run,
        due_at=due_at,
        key=f"{NEWS}:{run.pk}:{run.generation}:{step.index}",
        data={"generation": run.generation, "index": step.index},
    )


def follow_up_timer(run: EscalationRun, due_at: datetime) -> timers.Spec:
    key, data = f"{FOLLOW_UP}:{run.pk}:{run.generation}", {"generation": run.generation}
    return timers.Spec(kind=FOLLOW_UP, subject=run, due_at=due_at, key=key, data=data)


def claim(rows: Sequence[Timer]) -> tuple[list[tuple[Timer, cases.Case]], set[int]]:
    """Lock what `rows` (timers of runs) are about: those of the present generation with their cases, and the
    ids of those whose incident somebody else holds."""
    held = cases.lock_free_runs(timer.subject_id for timer in rows)
    left = {timer.pk for timer in rows if timer.subject_id not in held}
    mine = [timer for timer in rows if timer.pk not in left]
    mine = [timer for timer in mine if timer.data.get("generation") == held[timer.subject_id].generation]
    runs = [held[timer.subject_id] for timer in mine]
    return list(zip(mine, cases.open_many([(run.incident, run) for run in runs if run.incident]), strict=True)), left


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``escalation.step``: the next level of every run whose window has passed."""
    mine, left = claim(rows)
    moves = [
        Move(case=case, steps=(case.next_step,))
        for timer, case in mine
        if case.run.state == RunState.RUNNING and timer.data.get("position") == case.run.position and case.next_step
    ]
    take(moves, at=at)
    return left


def fire_news(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``escalation.news``: the routine news of every run that nobody has answered (D16, D30)."""
    mine, left = claim(rows)
    quiet = (RunState.ACKNOWLEDGED, RunState.STOPPED)
    moves = []
    for timer, case in mine:
        index = timer.data.get("index", -1)
        if case.run.state not in quiet and 0 <= index < len(case.plan.news):
            moves.append(Move(case=case, steps=(case.plan.news[index],)))
    take(moves, at=at)
    return left
