"""Asking somebody to take a shift, or to exchange two: asked, accepted, declined, taken back; each side is told."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from governance.models import Override, Schedule, Swap
from governance.models.oncall import SwapState
from governance.services import handovers, oncall
from portal import access, audit, registry
from portal.errors import DomainError
from portal.models import User
from portal.services import people

OPEN = 20  # questions of one person that may wait at a time


class NotAnswerable(DomainError):
    """The question was answered or taken back, or its time is over."""


class NotYours(DomainError):
    """Somebody else was asked, or asked."""


def register() -> None:
    registry.leaving.add("governance.swaps", pass_on)


def ask(
    *,
    schedule: Schedule,
    person: User,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    by: User,
    at: datetime,
    back: tuple[datetime, datetime] | None = None,
) -> Swap:
    """Ask `person` to take [from_at, until_at), `by` answering in `back` for it; nothing changes until they accept.

    Asking the same once more asks nothing new. Raises oncall.BadOverride, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as done:
        by, person = people.lock(by, person)
        schedule = oncall.locked(schedule)
        access.require(by, "take", schedule)
        if person == by:
            raise oncall.BadOverride(_("You can take this shift yourself, without asking."))
        from_at = oncall.judge(schedule, person, from_at, until_at, reason, at)
        _may_say_yes(schedule, person)
        if back is not None:
            back = oncall.judge(schedule, by, *back, reason, at), back[1]
        wanted: dict[str, Any] = {"schedule": schedule, "by": by, "person": person, "until_at": until_at}
        waiting = Swap.objects.open(at).filter(by=by)
        known = waiting.filter(**wanted, from_at__lte=from_at, back_from_at=back[0] if back else None).first()
        if known is not None:
            return known
        if waiting.count() >= OPEN:
            raise oncall.BadOverride(_("You wait for many answers already. Take some of the questions back first."))
        swap = Swap(**wanted, from_at=from_at, why=reason.strip(), asked_at=at)
        swap.back_from_at, swap.back_until_at = back or (None, None)
        swap.save(force_insert=True)
        done.record(verb="oncall.cover_asked", target=schedule, data={"swap": str(swap.pk), "person": str(person.pk)})
        _tell("offered" if back else "asked", swap, person, at)
    return swap


def accept(*, swap: Swap, by: User, at: datetime) -> Swap:
    """`by` takes the shift from now on, and gives what was offered for it; whoever asked is told.

    Raises NotAnswerable, NotYours, oncall.BadOverride when it cannot be any more, access.Refused.
    """
    with audit.action(actor=by, reason="accepted", at=at) as done:
        people.lock(swap.by, swap.person)
        schedule = oncall.locked(swap.schedule)
        found = _waiting(swap, by, at)
        access.require(by, "take", schedule)
        parts = [(found.person, found.from_at, found.until_at)]
        if found.back_from_at is not None and found.back_until_at is not None:
            if found.back_until_at <= at:
                raise NotAnswerable(_("What was offered for it is over."))
            _may_say_yes(schedule, found.by)
            parts.append((found.by, found.back_from_at, found.back_until_at))
        for person, from_at, until_at in parts:
            _put_in(schedule, person, from_at, until_at, found, at)
        _answer(found, SwapState.ACCEPTED, at)
        done.record(verb="oncall.cover_accepted", target=schedule, data={"swap": str(found.pk)})
        _tell("accepted", found, found.by, at)
    return found


def decline(*, swap: Swap, answer: str, by: User, at: datetime) -> Swap:
    """`by` cannot take the shift; whoever asked is told, and still has it. Raises NotAnswerable, NotYours."""
    with audit.action(actor=by, reason=answer or "declined", at=at) as done:
        schedule = oncall.locked(swap.schedule)
        found = _waiting(swap, by, at)
        _answer(found, SwapState.DECLINED, at, answer)
        done.record(verb="oncall.cover_declined", target=schedule, data={"swap": str(found.pk)})
        _tell("declined", found, found.by, at, reason=answer.strip())
    return found


def withdraw(*, swap: Swap, by: User, at: datetime) -> Swap:
    """`by` does not ask any more; whoever was asked is told. Raises NotAnswerable, NotYours."""
    with audit.action(actor=by, reason="not asked any more", at=at) as done:
        schedule = oncall.locked(swap.schedule)
        found = _waiting(swap, None, at)
        if found.by_id != by.pk:
            raise NotYours(_("%(person)s asked this, not you.") % {"person": found.by})
        _answer(found, SwapState.WITHDRAWN, at)
        done.record(verb="oncall.cover_withdrawn", target=schedule, data={"swap": str(found.pk)})
        _tell("dropped", found, found.person, at)
    return found


def pass_on(*, person: User, by: User, at: datetime) -> None:
    """`person` has left: nobody waits for their answer, and nobody answers what they asked. The others are told."""
    waiting = Swap.objects.select_for_update(no_key=True, of=("self",)).filter(Q(by=person) | Q(person=person))
    for swap in waiting.open(at).select_related("schedule", "by", "person").order_by("pk"):
        if swap.person_id == person.pk:
            _answer(swap, SwapState.DECLINED, at)
            _tell("declined", swap, swap.by, at, reason="")
        else:
            _answer(swap, SwapState.WITHDRAWN, at)
            _tell("dropped", swap, swap.person, at)


def _may_say_yes(schedule: Schedule, person: User) -> None:
    if not access.can(person, "take", schedule):
        raise oncall.BadOverride(
            _("%(person)s is neither in the team nor in the schedule, and could not say yes.") % {"person": person}
        )


def _waiting(swap: Swap, by: User | None, at: datetime) -> Swap:
    """The question, if it waits and `by` was asked; call with the schedule locked."""
    rows = Swap.objects.select_for_update(no_key=True, of=("self",))
    found = rows.select_related("schedule__team", "by", "person").get(pk=swap.pk)
    if by is not None and found.person_id != by.pk:
        raise NotYours(_("%(person)s was asked, not you.") % {"person": found.person})
    if found.state != SwapState.ASKED:
        raise NotAnswerable(_("This was answered already, or taken back."))
    if found.until_at <= at:
        raise NotAnswerable(_("This shift is over already."))
    return found


def _put_in(schedule: Schedule, person: User, from_at: datetime, until_at: datetime, swap: Swap, at: datetime) -> None:
    """`person` answers in one part of the exchange; those who would have, other than the two, are told."""
    from_at = oncall.judge(schedule, person, from_at, until_at, swap.why, at)
    relieved = oncall.on_duty(schedule, from_at, until_at, at)
    override = Override(schedule=schedule, person=person, from_at=from_at, until_at=until_at, why=swap.why, by=swap.by)
    override.save(force_insert=True)
    oncall.tell("taken", override, relieved - {swap.by_id, swap.person_id}, at)
    handovers.replan([schedule.pk], at=at, told=handovers.Told(from_at, until_at))


def _answer(swap: Swap, state: SwapState, at: datetime, answer: str = "") -> None:
    swap.state, swap.answered_at, swap.answer = state, at, answer.strip()
    swap.save(update_fields=["state", "answered_at", "answer"])


def _tell(kind: str, swap: Swap, to: User, at: datetime, **more: str) -> None:
    if swap.back_from_at is not None and swap.back_until_at is not None:
        more |= {"back_from_at": swap.back_from_at.isoformat(), "back_until_at": swap.back_until_at.isoformat()}
    oncall.tell(kind, swap, {to.pk}, at, **more)
