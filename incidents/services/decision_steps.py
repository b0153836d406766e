"""The clock of decisions: levels are asked one after the other until somebody decides; time never approves (D19, D20).

The engine is that of incidents (``escalation_steps.Batch``); what it says and promises for a decision is here. A level
that needs data which nobody has given stops the clock: the requester owes it, and nobody else (D21).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from governance.rules import deciding, ownership
from governance.rules import escalation as rules
from incidents.models import DecisionRequest
from incidents.models.decisions import DecisionState
from incidents.models.escalation import RunState
from incidents.services import cases, decision_cases, decision_messages, decision_records, escalation_steps, timeline
from incidents.services.decision_cases import DecisionCase
from portal import audit, outbox, timers
from portal.models import Timer, User
from portal.models.people import Channel

STEP, NEWS, OWED, TIE = "decision.step", "decision.news", "decision.owed", "decision.tie"
LATE = "decision.late"
PATIENCE = timedelta(hours=24)
"""So long may data be owed; then the question is held, since nobody can decide it."""
EVENTS = {
    "incident.level": decision_messages.ASKED,
    "incident.news": decision_messages.NEWS,
    "incident.gap": decision_messages.GAP,
    "incident.nobody_reached": decision_messages.NOBODY,
}
CONTESTED = "contested"
EVENTS[CONTESTED] = decision_messages.CONTESTED
LINES = {"told": "decision_asked", "nobody": "decision_nobody"}
"""What the timeline of an incident says of the levels of its decisions; the rest stands on the decision's page."""


class DecisionBatch(escalation_steps.Batch):
    """Steps of decisions, before they are written."""

    def __init__(self, moves: Sequence[escalation_steps.Move], at: datetime) -> None:
        super().__init__(moves, at)
        self.owing: list[tuple[DecisionCase, rules.Step]] = []

    def _whom(self, case: cases.Steered, step: rules.Step) -> tuple[tuple[ownership.Resolution, ...], rules.Telling]:
        # NOTE: nothing is kept between decisions: their ladders differ also under the same rules.
        run = case.run
        found = rules.resolutions(case.policy, step, case.matrices, case.workflow, run.severity, self.people, self.at)
        return found, rules.tell(step, found, self.told[run.pk])

    def _say(
        self, move: escalation_steps.Move, step: rules.Step, telling: rules.Telling, minutes: int, key: str
    ) -> None:
        case = _decision(move.case)
        if step.kind == "news":
            ids = [tell.person for tell in telling.tells]
            self.tellings.append(escalation_steps.Telling("incident.news", case, ids, key, {}))
            return
        more: dict[str, Any] = {"level": step.title, "again": step.round > 1}
        if not case.missing(step.level):
            more["answer_by_at"] = self.at + timedelta(minutes=self._minutes(case, step, minutes))
            following = rules.next_step(case.plan, step.index)
            if following is not None:
                more |= {"next": self._names(case, following), "next_at": self._due(step, following, minutes)}
        for tell in telling.tells:
            own = more | {"why": tell.reason}
            self.tellings.append(escalation_steps.Telling("incident.level", case, [tell.person], key, own))
        names = [tell.name for tell in telling.tells]
        self._line(case, "told", people=names, title=step.title, reference=case.decision.reference)

    def _arm(self, move: escalation_steps.Move, step: rules.Step, minutes: int) -> None:
        case = _decision(move.case)
        decision, run = case.decision, case.run
        if step.kind == "news":
            following = rules.next_news(case.plan, step.index)
            if following is not None:
                due = self.at + timedelta(minutes=following.after_minutes - step.after_minutes)
                self.specs.append(news_timer(case, following, due))
            return
        decision.board_id = next((target.board for target in step.targets if target.board is not None), None)
        window = timedelta(minutes=self._minutes(case, step, minutes))
        if case.missing(step.level):
            self.owing.append((case, step))
            decision.state, decision.paused_at, decision.due_at = DecisionState.WAITING, self.at, None
            decision.left_seconds = int(window.total_seconds())
            self.specs.append(owed_timer(decision, self.at + PATIENCE))
            return
        decision.due_at = self.at + window
        self.specs.append(step_timer(case, decision.due_at))
        if run.state not in (RunState.RUNNING, RunState.NOBODY_REACHED):
            run.state = RunState.RUNNING

    def _minutes(self, case: DecisionCase, step: rules.Step, minutes: int) -> int:
        """Minutes until the step after `step`, or until it is over when there is none."""
        following = rules.next_step(case.plan, step.index)
        if following is not None:
            return rules.wait(step, following, minutes)
        return minutes or rules.follow_up(case.policy).silence_minutes

    def _capped(self, case: cases.Steered) -> None:
        super()._capped(case)
        silence = rules.follow_up(case.policy).silence_minutes  # the last chance; then it ends
        self.specs.append(step_timer(_decision(case), self.at + timedelta(minutes=silence)))

    def _takes_part(self, case: cases.Steered, person: UUID) -> None:
        """Whoever is asked may open the decision by the event that says so."""

    def _line(self, case: cases.Steered, verb: str, **data: Any) -> None:
        incident, verb = _decision(case).decision.incident, LINES.get(verb, "")
        if incident is None or not verb:
            return
        facts = {"reference": _decision(case).decision.reference} | data
        self.lines.append(timeline.Line(incident.pk, verb, data=facts))
        self.records.append((f"incident.{verb}", incident._meta.label_lower, incident.pk, facts))

    def _note(self, item: escalation_steps.Telling, to: Sequence[User]) -> outbox.Note:
        more = {name: value for name, value in item.more.items() if name != outbox.ACTIONS}
        return decision_messages.note(EVENTS[item.event], _decision(item.case).decision, to, item.key, **more)

    def write(self) -> None:
        super().write()
        for case in self.cases.values():
            _decision(case).decision.save(update_fields=["state", "due_at", "paused_at", "left_seconds", "board"])
        for owing, step in self.owing:
            self._ask_for_data(owing, step)

    def _ask_for_data(self, case: DecisionCase, step: rules.Step) -> None:
        """Tell the requester what this level is owed: the clock stands still until it comes (D21)."""
        decision, run = case.decision, case.run
        if decision.requester is None:
            return  # a machine reads it from the answer of its door
        key = f"decision:{decision.pk}:owed:{run.generation}:{step.index}"
        owed = list(case.missing(step.level))
        decision_messages.tell(decision_messages.OWED, decision, [decision.requester], key, at=self.at, owed=owed)


class TieBatch(DecisionBatch):
    """The one step that asks whoever settles a contradiction; it is no step of the ladder."""

    def ask(self, case: DecisionCase, step: rules.Step, *, why: str) -> None:
        self.cases[case.run.pk] = case
        found = rules.resolutions(
            case.policy, step, case.matrices, case.workflow, case.run.severity, self.people, self.at
        )
        telling = rules.tell(step, found, ())
        key = escalation_steps.step_key(case.run, step)
        move = escalation_steps.Move(case=case, steps=(step,))
        for tell in telling.tells:
            inbox = outbox.message_key(key, tell.person, Channel.INBOX)
            self._event(move, step, escalation_steps.Outcome.TOLD, tell.reason, user_id=tell.person, message_key=inbox)
            more = {"level": step.title, "why": why, "answer_by_at": case.decision.due_at}
            self.tellings.append(escalation_steps.Telling(CONTESTED, case, [tell.person], key, more))
        for gap in telling.gaps:
            self._event(move, step, escalation_steps.Outcome.NOBODY, gap)
        if telling.gaps:
            gaps = " ".join(telling.gaps)
            self._to_operators("incident.gap", case, f"{key}:gap", level=step.title, why=gaps)
        self._record(case.run, step, telling)
        case.run.steps += 1


def _decision(case: cases.Steered) -> DecisionCase:
    return cast(DecisionCase, case)


def take(moves: Sequence[escalation_steps.Move], *, at: datetime) -> None:
    """Take all `moves`; call inside ``audit.action`` with decisions and runs locked."""
    if not moves:
        return
    batch = DecisionBatch(moves, at)
    for move in moves:
        batch.walk(move)
    batch.write()


def go_on(case: DecisionCase, *, at: datetime, kind: str = "") -> None:
    """Ask the next level now; after the last one the decision ends without an approval."""
    timers.supersede(subject=case.run, at=at, reason="the next level is asked", kinds=[STEP])
    if case.decision.state == DecisionState.WAITING:  # nobody is left whom the data would serve
        timers.cancel(subject=case.decision, at=at, reason="the next level is asked", kinds=[OWED])
        case.decision.state, case.decision.paused_at, case.decision.left_seconds = DecisionState.OPEN, None, None
    position = case.run.position - 1 if case.run.position else None
    after = deciding.after(case.plan, position, can_deny=bool(case.decision.safe_default))
    if after.step is not None and not case.is_capped:
        take([escalation_steps.Move(case=case, steps=(after.step,), kind=kind)], at=at)
        return
    outcome = DecisionState.DENIED if after.does == "deny" else DecisionState.HELD
    decision_records.conclude(case, outcome=outcome, at=at)


def resume(case: DecisionCase, *, at: datetime) -> None:
    """The data is there: the clock goes on with what was left of the window, and those who were asked hear of it."""
    decision = case.decision
    left = timedelta(seconds=decision.left_seconds or 0)
    decision.state, decision.paused_at, decision.left_seconds = DecisionState.OPEN, None, None
    decision.due_at = at + left
    timers.cancel(subject=decision, at=at, reason="the data has come", kinds=[OWED])
    timers.schedule_many([step_timer(case, decision.due_at)], at)


# Promises


def step_timer(case: DecisionCase, due_at: datetime) -> timers.Spec:
    run = case.run
    key, data = f"{STEP}:{run.pk}:{run.generation}:{run.position}", {"generation": run.generation}
    return timers.Spec(kind=STEP, subject=run, due_at=due_at, key=key, data=data | {"position": run.position})


def news_timer(case: DecisionCase, step: rules.Step, due_at: datetime) -> timers.Spec:
    run = case.run
    key = f"{NEWS}:{run.pk}:{run.generation}:{step.index}"
    return timers.Spec(kind=NEWS, subject=run, due_at=due_at, key=key, data={"index": step.index})


def owed_timer(decision: DecisionRequest, due_at: datetime) -> timers.Spec:
    return timers.Spec(kind=OWED, subject=decision, due_at=due_at)


def late_timer(case: DecisionCase) -> list[timers.Spec]:
    """The timer of the exception category (D23), unless whoever is asked first has just that long."""
    decision = case.decision
    if not decision.category:
        return []
    minutes = rules.timeboxes(case.policy, case.run.severity, decision.category).decision_minutes
    first = rules.next_step(case.plan, None)
    if first is not None and first.level == deciding.FIRST and first.window_minutes == minutes:
        return []
    return [timers.Spec(kind=LATE, subject=decision, due_at=decision.opened_at + timedelta(minutes=minutes))]


def first_news(case: DecisionCase, at: datetime) -> list[timers.Spec]:
    news = rules.next_news(case.plan, None)
    return [news_timer(case, news, at + timedelta(minutes=news.after_minutes))] if news is not None else []


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``decision.step``: the window of a level is over."""
    held = decision_cases.lock_free(timer.subject_id for timer in rows)
    for timer in rows:
        case = held.get(timer.subject_id)
        if case is None or case.decision.state != DecisionState.OPEN:
            continue
        if (timer.data.get("generation"), timer.data.get("position")) == (case.run.generation, case.run.position):
            go_on(case, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def fire_news(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``decision.news``: routine news of what still waits."""
    held = decision_cases.lock_free(timer.subject_id for timer in rows)
    moves = []
    for timer in rows:
        case, index = held.get(timer.subject_id), timer.data.get("index", -1)
        if case is not None and case.decision.is_asked and 0 <= index < len(case.plan.news):
            moves.append(escalation_steps.Move(case=case, steps=(case.plan.news[index],)))
    take(moves, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def fire_owed(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``decision.owed``: the data never came, so nobody can decide."""
    held = _of_decisions(rows)
    for timer in rows:
        case = held.get(timer.subject_id)
        if case is not None and case.decision.state == DecisionState.WAITING:
            decision_records.conclude(case, outcome=DecisionState.HELD, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def fire_late(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``decision.late``: the time of its category is over, so the next level is asked at once."""
    held = _of_decisions(rows)
    for timer in rows:
        case = held.get(timer.subject_id)
        if case is not None and case.decision.state == DecisionState.OPEN and case.next_step is not None:
            go_on(case, at=at, kind="follow_up")
    return {timer.pk for timer in rows if timer.subject_id not in held}


def fire_tie(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``decision.tie``: nobody has settled the contradiction in time."""
    held = _of_decisions(rows)
    for timer in rows:
        case = held.get(timer.subject_id)
        if case is None or case.decision.state != DecisionState.CONTESTED:
            continue
        if timer.data.get("generation") != case.run.generation:
            continue
        unsettled(case, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def unsettled(case: DecisionCase, *, at: datetime) -> None:
    """Nobody settles the contradiction: what was decided before it stands; what was not goes on to the next level."""
    timers.cancel(subject=case.decision, at=at, reason="nobody settles it", kinds=[TIE])
    if decision_records.latest(case.decision) is not None:
        decision_records.stand(case, at=at)
    else:
        case.decision.state = DecisionState.OPEN
        go_on(case, at=at)
    if (action := audit.current()) is not None:
        action.record(verb="decision.unsettled", target=case.decision)


def _of_decisions(rows: Sequence[Timer]) -> dict[UUID, DecisionCase]:
    """The free ones of the decisions that `rows` are about, locked, by decision id."""
    keys = {timer.subject_id for timer in rows}
    runs = dict(DecisionRequest.objects.filter(pk__in=keys, run__isnull=False).values_list("run__pk", "pk"))
    return {case.decision.pk: case for case in decision_cases.lock_free(runs).values()}
