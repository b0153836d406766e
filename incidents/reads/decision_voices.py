"""Who was asked to decide, and what was said besides the record: votes, objections, recusals, late answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from governance.reads.sentences import said
from incidents.models import DecisionAnswer, DecisionRequest, EscalationEvent, EscalationRun
from incidents.reads.clocks import moment
from portal.models import AuditEntry, User

Says, Counts = DecisionAnswer.Says, DecisionAnswer.Counts
VERBS = {Says.CHOICE: "decision.answered", Says.OBJECTION: "decision.contested", Says.RECUSAL: "decision.recused"}
PASSED_ON = "decision.passed_on"
OVER = ("held", "denied")  # ended because nobody answered


@dataclass(frozen=True)
class Asked:
    """Somebody whom a level asked; `is_now`: the present one. `is_silent`: they have said nothing."""

    user: User
    title: str
    why: str
    at: datetime
    tone: str
    word: str
    is_now: bool
    is_silent: bool


@dataclass(frozen=True)
class Voice:
    """What somebody said that is no record; `reason` is empty where none was given or it was erased."""

    by: User
    at: datetime
    tone: str
    word: str
    choice: str
    reason: str


@dataclass(frozen=True)
class Heard:
    """What the ledger keeps of what people said: `why` by verb, person and time; `passed` is (level, person, time)."""

    why: Mapping[tuple[str, UUID | None, datetime], str]
    passed: Sequence[tuple[str, UUID | None, datetime]]


def asked(
    decision: DecisionRequest,
    run: EscalationRun,
    events: Sequence[EscalationEvent],
    answers: Sequence[DecisionAnswer],
    titles: Mapping[str, str],
    heard: Heard,
    *,
    at: datetime,
) -> list[Asked]:
    """Everybody who was asked by `events` (the latest first), in their order. `titles` names the levels."""
    told = [row for row in events if row.outcome == EscalationEvent.Outcome.TOLD and row.user and row.kind != "news"]
    latest = _turn(told[0]) if told else None
    now = latest if decision.is_asked and latest is not None and latest[2] == run.generation else None
    by = {row.by_id: row for row in answers}
    chose = {row.by_id for row in answers if row.says == Says.CHOICE and row.counts != Counts.LATE}
    settled = {_turn(row) for row in told if row.user_id in chose}  # somebody of them has spoken for all
    if not decision.is_asked and decision.state not in OVER and latest is not None:
        settled.add(latest)
    passed = _passed(told, heard, at)
    found: dict[tuple[UUID, str], Asked] = {}
    for event in told:
        assert event.user is not None
        answer, turn = by.get(event.user.pk), _turn(event)
        if answer is not None:
            tone, word = mark(answer)
        elif turn == now:
            tone, word = "open", _("No answer yet")
        elif turn in passed:
            tone, word = "", passed[turn]
        elif turn in settled:
            tone, word = "", _("Not needed any more")
        else:
            tone, word = "bad", _("No answer")
        key = (event.user.pk, event.level_key)
        title, why = titles.get(event.level_key, event.level_key), said(event.decided_by)
        found.setdefault(key, Asked(event.user, title, why, event.at, tone, word, turn == now, answer is None))
    return list(found.values())


def _passed(told: Sequence[EscalationEvent], heard: Heard, at: datetime) -> dict[tuple[str, int, int], str]:
    """By turn that somebody of its level passed on: who, and when. `told` has the latest first."""
    names = {row.user_id: str(row.user) for row in told}
    found: dict[tuple[str, int, int], str] = {}
    for level, by, when in heard.passed:
        event = next((row for row in told if row.level_key == level and row.at <= when), None)
        if event is not None and by in names:
            found[_turn(event)] = _("Passed on by %(name)s at %(time)s") % {"name": names[by], "time": moment(when, at)}
    return found


def _turn(event: EscalationEvent) -> tuple[str, int, int]:
    return event.level_key, event.round, event.generation


def mark(answer: DecisionAnswer) -> tuple[str, str]:
    """The tone and the word of `answer`."""
    if answer.counts == Counts.LATE:
        return "warn", _("Answered too late")
    if answer.counts == Counts.VOTES:
        return "ok", _("Voted")
    return {
        Says.CHOICE: ("ok", _("Answered")),
        Says.OBJECTION: ("bad", _("Objects")),
        Says.RECUSAL: ("", _("Does not decide")),
    }[Says(answer.says)]


def voices(answers: Sequence[DecisionAnswer], titles: Mapping[str, str], heard: Heard) -> list[Voice]:
    """What was said besides the records, in its order; at most one query. `titles` names the choices."""
    rows = [row for row in answers if row.says != Says.CHOICE or row.counts != Counts.DECIDES]
    why = heard.why
    passed = [key for key in why if key[0] == PASSED_ON]
    people = User.objects.in_bulk({by for _verb, by, _at in passed if by is not None}) if passed else {}
    found = [
        Voice(people[by], at, "", _("Asked the next level"), "", why[verb, by, at]) for verb, by, at in passed if by
    ]
    for row in rows:
        tone, word = mark(row)
        reason = why.get((VERBS[Says(row.says)], row.by_id, row.at), "")
        found.append(Voice(row.by, row.at, tone, word, titles.get(row.choice, row.choice), reason))
    return sorted(found, key=lambda voice: voice.at)


def heard(decision: DecisionRequest) -> Heard:
    """The reasons that were given, kept where they can be erased, and which levels passed it on; one query."""
    entries = AuditEntry.objects.filter(
        verb__in=[*VERBS.values(), PASSED_ON], target_type=decision._meta.label_lower, target_id=str(decision.pk)
    )
    why: dict[tuple[str, UUID | None, datetime], str] = {}
    passed: list[tuple[str, UUID | None, datetime]] = []
    for verb, actor, at, content in entries.values_list("verb", "actor_id", "at", "payload__content"):
        data = (json.loads(content) if content else {}).get("data") or {}
        why[verb, actor, at] = str(data.get("why") or "")
        if verb == PASSED_ON:
            passed.append((str(data.get("level") or ""), actor, at))
    return Heard(why, passed)
