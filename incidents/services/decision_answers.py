"""Answering a decision: a choice, a vote on a board, an objection, a recusal, a reading of the data (D12, D20, D73).

Everything is judged under the lock of the decision. An answer that comes too late is kept and changes nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from governance.documents.base import Target
from governance.rules import escalation as rules
from incidents.models import DecisionAnswer, DecisionReading, DecisionRequest, Source
from incidents.models.decisions import ASKS, DecisionState, Risk
from incidents.services import (
    cases,
    decision_boards,
    decision_cases,
    decision_records,
    decision_rights,
    decision_steps,
)
from incidents.services.decision_cases import DecisionCase
from incidents.services.decision_records import Given, Words
from incidents.services.decision_rights import TIE, Rights
from portal import access, audit, limits, timers
from portal.errors import DomainError
from portal.models import User

Says, Counts = DecisionAnswer.Says, DecisionAnswer.Counts
MINUTES = 60
"""For whoever settles a contradiction, where no rule says otherwise."""
LONGEST = limits.TEXT_LENGTH


class NotAnswerable(DomainError):
    """Nobody waits for this any more, or this person may not say it."""


class Unfit(DomainError):
    """The answer is not complete; `field` is what to change."""

    def __init__(self, sentence: str, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


@contextmanager
def holding(
    decision: DecisionRequest, *, by: User | None, source: Source | None, may: str, reason: str, at: datetime
) -> Iterator[DecisionCase]:
    """The decision, locked and still asked, for whoever may do `may`. Raises NotAnswerable, access.Refused."""
    label = f"source {source.key}" if source is not None and by is None else ""
    with audit.action(actor=by, actor_label=label, reason=reason, at=at):
        case = decision_cases.lock(decision)
        if by is not None:
            access.require(by, may, case.decision)
        elif source is None or case.decision.source_id != source.pk:
            raise NotAnswerable(_("This decision was asked by somebody else."))
        if case.decision.state not in ASKS:
            raise NotAnswerable(_("It is over: %(state)s.") % {"state": case.decision.get_state_display()})
        yield case


def answer(
    *, decision: DecisionRequest, choice: str, words: Words, risk: str, by: User, at: datetime
) -> DecisionAnswer:
    """`by` decides, or votes where a board is asked; too late, it is kept and changes nothing.

    Raises Unfit, NotAnswerable, access.Refused.
    """
    words = _checked(words, risk)
    with audit.action(actor=by, reason="decision answered", at=at) as action:
        case = decision_cases.lock(decision)
        access.require(by, "view", case.decision)
        if not case.decision.is_asked:
            return _late(case, choice, by, at)
        rights = Rights(case, by, at)
        verdict = rights.verdict(choice, risk)
        if not verdict:
            raise NotAnswerable(verdict.reason)
        given = Given(choice, verdict.level, by, verdict.reason, risk, words)
        votes = decision_boards.is_asked(case, verdict.level)
        kept = _keep(case, given, Counts.VOTES if votes else Counts.DECIDES, at)
        said = {"choice": choice, "counts": kept.counts} | ({"why": words.rationale} if votes else {})
        action.record(verb="decision.answered", target=case.decision, data=said)
        if votes:
            _count(case, at, given)
        else:
            decision_records.conclude(case, outcome=DecisionState.DECIDED, at=at, given=given)
    return kept


def _checked(words: Words, risk: str) -> Words:
    if not words.rationale.strip():
        raise Unfit(_("Say why you decide so."), "rationale")
    if risk not in Risk.values:
        raise Unfit(_("Say how much a wrong decision risks."), "risk")
    typed = {"rationale": words.rationale, "assumptions": words.assumptions, "constraints": words.constraints}
    for name, text in {**typed, **words.more}.items():
        if len(text) > LONGEST:
            raise Unfit(_("Use at most %(count)d characters.") % {"count": LONGEST}, name)
    more = {name: text.strip() for name, text in words.more.items() if text.strip()}
    return Words(**{name: text.strip() for name, text in typed.items()}, more=more)


def _keep(case: DecisionCase, given: Given, counts: str, at: datetime) -> DecisionAnswer:
    row = DecisionAnswer(
        request=case.decision,
        generation=case.run.generation,
        level=given.level,
        says=Says.CHOICE,
        choice=given.choice,
        counts=counts,
        by=given.by,
        at=at,
    )
    return decision_records.keep(case.decision, row)


def _late(case: DecisionCase, choice: str, by: User, at: datetime) -> DecisionAnswer:
    """Somebody was faster, or time has run out: it is kept, and nothing else happens."""
    action = audit.current()
    assert action is not None
    if choice not in {each.key for each in case.choices}:
        raise NotAnswerable(_("It is over: %(state)s.") % {"state": case.decision.get_state_display()})
    row = DecisionAnswer(
        request=case.decision,
        generation=case.run.generation,
        level="",
        says=Says.CHOICE,
        choice=choice,
        counts=Counts.LATE,
        by=by,
        at=at,
    )
    action.record(verb="decision.answered", target=case.decision, data={"choice": choice, "counts": Counts.LATE})
    return decision_records.keep(case.decision, row)


def _count(case: DecisionCase, at: datetime, given: Given | None = None) -> None:
    """More than half of the seats decide; where that cannot come about any more, whoever breaks the tie."""
    votes = decision_boards.votes(case, at)
    option = votes.chosen
    if option is not None:
        share = _("The board, by %(count)d of %(seats)d seats.") % {"count": votes.of(option), "seats": votes.able}
        last = votes.last(option)
        words = given.words if given is not None else Words(rationale=_("The votes that are left decide."))
        whole = Given(option, last.level, last.by, share, case.decision.risk if given is None else given.risk, words)
        decision_records.conclude(case, outcome=DecisionState.DECIDED, at=at, given=whole)
    elif votes.is_split:
        _contest(case, at=at, why=_("The board is split."))


# Contradictions


def object_to(*, decision: DecisionRequest, reason: str, by: User, at: datetime) -> DecisionAnswer:
    """`by` contradicts: whoever settles contradictions decides, by the deadline of the rule (D12).

    Before the decision, or so long after it as the rule gives. Raises Unfit, NotAnswerable, access.Refused.
    """
    reason = _reason(reason, _("Say what speaks against it."))
    with audit.action(actor=by, reason=reason, at=at) as action:
        case = decision_cases.lock(decision)
        access.require(by, "object", case.decision)
        _check_contestable(case, at)
        row = DecisionAnswer(
            request=case.decision,
            generation=case.run.generation,
            level="",
            says=Says.OBJECTION,
            counts=Counts.CONTESTS,
            by=by,
            at=at,
        )
        action.record(verb="decision.contested", target=case.decision, data={"why": reason})
        decision_records.keep(case.decision, row)
        _contest(case, at=at, why=reason, by=by)
    return row


def _check_contestable(case: DecisionCase, at: datetime) -> None:
    decision = case.decision
    if decision.state == DecisionState.CONTESTED:
        raise NotAnswerable(_("It is contested already."))
    minutes = case.conflict.minutes if case.conflict is not None else MINUTES
    record = decision_records.latest(decision)  # not when it ended: what stands after all is not young again
    is_young = record is not None and at <= record.at + timedelta(minutes=minutes)
    if decision.state not in ASKS and not (decision.state == DecisionState.DECIDED and is_young):
        raise NotAnswerable(_("It is over: %(state)s.") % {"state": decision.get_state_display()})
    if case.conflict is None:
        raise NotAnswerable(_("The matrix names nobody who settles contradictions. Talk to those who were asked."))
    if case.is_capped:
        raise NotAnswerable(_("So many people were asked already that the policy allows no more."))


def _contest(case: DecisionCase, *, at: datetime, why: str, by: User | None = None) -> None:
    """Ask whoever settles contradictions, in a generation of its own; without anybody the ladder goes on."""
    decision, run = case.decision, case.run
    rule = None if case.is_capped else case.conflict
    timers.supersede(subject=run, at=at, reason="it is contested")
    timers.cancel(subject=decision, at=at, reason="it is contested")
    cases.next_generation(run, at=at)
    decision.paused_at, decision.left_seconds, decision.ended_at = None, None, None
    if rule is None:
        decision.state = DecisionState.OPEN
        run.save()
        decision.save(update_fields=["state", "paused_at", "left_seconds", "ended_at"])
        decision_steps.go_on(case, at=at)
        return
    decision.state, decision.due_at = DecisionState.CONTESTED, at + timedelta(minutes=rule.minutes)
    holder = {name: value for name, value in rule.tie_breaker.model_dump().items() if value is not None}
    step = rules.Step(
        run.position,
        "level",
        TIE,
        _("Whoever settles contradictions"),
        1,
        0,
        rule.minutes,
        (Target(**holder),),
        "urgent",
        case.plan.sentence,
    )
    batch = decision_steps.TieBatch([], at)
    batch.ask(case, step, why=why)
    run.save()
    decision.save(update_fields=["state", "paused_at", "left_seconds", "due_at", "ended_at", "board"])
    batch.write()
    data = {"generation": run.generation}
    timers.schedule(kind=decision_steps.TIE, subject=decision, due_at=decision.due_at, at=at, data=data)


def recuse(*, decision: DecisionRequest, reason: str, by: User, at: datetime) -> DecisionAnswer:
    """`by` is not free to decide this; where nobody who was asked is left, the next level is asked at once.

    Raises Unfit, NotAnswerable, access.Refused.
    """
    reason = _reason(reason, _("Say why you are not free to decide this."))
    with holding(decision, by=by, source=None, may="recuse", reason=reason, at=at) as case:
        rights = Rights(case, by, at)
        if rights.is_recused:
            raise NotAnswerable(_("You have said that you are not free to decide this."))
        if not rights.levels:
            raise NotAnswerable(_("You were not asked to decide this."))
        row = DecisionAnswer(
            request=case.decision,
            generation=case.run.generation,
            level=list(rights.levels)[-1],
            says=Says.RECUSAL,
            counts=Counts.DECIDES,
            by=by,
            at=at,
        )
        action = audit.current()
        assert action is not None
        action.record(verb="decision.recused", target=case.decision, data={"why": reason})
        decision_records.keep(case.decision, row)
        if not _anybody_left(case):
            if case.decision.state == DecisionState.CONTESTED:
                decision_steps.unsettled(case, at=at)
            else:
                decision_steps.go_on(case, at=at)
        elif case.decision.state == DecisionState.OPEN and decision_boards.is_asked(case, row.level):
            _count(case, at)
    return row


def pass_on(*, decision: DecisionRequest, position: int, reason: str, by: User, at: datetime) -> DecisionRequest:
    """Who is asked now has the next level asked at once, not when their time is over; they may still answer.

    `position` is the step that they saw: of two who do it at once, one is told so. Raises Unfit, NotAnswerable,
    access.Refused.
    """
    reason = _reason(reason, _("Say why somebody above you should decide."))
    with holding(decision, by=by, source=None, may="recuse", reason=reason, at=at) as case:
        if case.run.position != position:
            raise NotAnswerable(_("The next level has been asked already."))
        rights = Rights(case, by, at)
        if not may_pass_on(case, rights):
            raise NotAnswerable(_("You cannot ask a higher level here: you are not asked now, or nobody is above you."))
        assert case.step is not None
        action = audit.current()
        assert action is not None
        action.record(verb="decision.passed_on", target=case.decision, data={"level": case.step.level, "why": reason})
        decision_steps.go_on(case, at=at)
    return case.decision


def may_pass_on(case: DecisionCase, rights: Rights) -> bool:
    """Whether the present level waits for the person of `rights`, and another one comes after it."""
    step = case.step
    if case.decision.state != DecisionState.OPEN or step is None or case.is_capped or rights.is_recused:
        return False
    return step.level in rights.levels and rules.next_step(case.plan, case.run.position - 1) is not None


def _anybody_left(case: DecisionCase) -> bool:
    """Whether somebody who was asked, is here and is not recused can still answer."""
    gone = DecisionAnswer.objects.filter(request=case.decision, says=Says.RECUSAL).values("by")
    told = case.run.events.filter(generation=case.run.generation, outcome="told", user__is_active=True)
    return told.exclude(kind="news").exclude(user__in=gone).exists()


# Readings of the data


def add_reading(
    *, decision: DecisionRequest, title: str, source: str, values: Mapping[str, str], by: User, at: datetime
) -> DecisionReading:
    """Another reading of the data, to stand beside the first. Raises Unfit, NotAnswerable, access.Refused."""
    title, source = _reason(title, _("Name the reading.")), _reason(source, _("Say where the figures come from."))
    found = {str(name).strip(): str(value).strip() for name, value in values.items() if str(value).strip()}
    if not found:
        raise Unfit(_("Give at least one figure."), "values")
    with holding(decision, by=by, source=None, may="read_data", reason="reading added", at=at) as case:
        row = DecisionReading(
            request=case.decision,
            title=title[: limits.TITLE_LENGTH],
            source=source,
            values=found,
            by=by,
            at=at,
        )
        return _keep_reading(case, row, "decision.reading_added")


def rule_over(
    *, decision: DecisionRequest, reading: DecisionReading, reason: str, by: User, at: datetime
) -> DecisionReading:
    """Whoever answers for the integrity of data says which of the readings holds (D12).

    Raises Unfit, NotAnswerable, access.Refused.
    """
    reason = _reason(reason, _("Say why this reading holds."))
    with holding(decision, by=by, source=None, may="view", reason=reason, at=at) as case:
        if not decision_rights.rules_over(case, by, at):
            raise NotAnswerable(_("Only whoever answers for the integrity of data can say which reading holds."))
        if reading.request_id != case.decision.pk:
            raise Unfit(_("Choose one of the readings."), "reading")
        row = DecisionReading(
            request=case.decision,
            title=reading.title,
            source=reason,
            values=reading.values,
            rules_over=reading,
            by=by,
            at=at,
        )
        return _keep_reading(case, row, "decision.reading_holds")


def _keep_reading(case: DecisionCase, row: DecisionReading, verb: str) -> DecisionReading:
    row.save(force_insert=True)
    action = audit.current()
    assert action is not None
    action.record(verb=verb, target=case.decision, data={"title": row.title})
    action.prove([row], about=case.decision)
    return row


def _reason(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise Unfit(sentence, "reason")
    if len(text) > limits.REASON_LENGTH:
        raise Unfit(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH}, "reason")
    return text
