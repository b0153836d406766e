"""Somebody lets somebody else give verdicts in their place: for a while, and never more than they may themselves.

The one clock tells both when it begins, a day before it ends and when it has ended. Whoever leaves neither decides for
others any more, nor anybody for them. What a delegation is worth for a change is judged by ``rules.approval``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Board, BoardSeat, Delegation
from governance.models.versions import Kind
from governance.reads import delegations as reads
from governance.reads import seats
from portal import access, audit, limits, outbox, registry, timers
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass
from portal.services import people

KIND = "delegation.ends"  # of the timer
EVENT = "delegation.news"  # of the message
LONGEST = timedelta(days=90)
FURTHEST = timedelta(days=365)
SOON = timedelta(days=1)
BEGUN, SOON_OVER, ENDED = "begun", "soon", "ended"
FACTS = {
    "kind": DataClass.PUBLIC,  # begun, soon, ended
    "side": DataClass.PUBLIC,  # giver or taker: who reads it
    "url": DataClass.PUBLIC,
    "from_at": DataClass.PUBLIC,
    "until_at": DataClass.PUBLIC,
    "what": DataClass.PUBLIC,  # the kind of document that it is limited to, or empty
    "other": DataClass.INTERNAL,
    "board": DataClass.INTERNAL,
    "why": DataClass.INTERNAL,
}


class BadDelegation(DomainError):
    """It cannot be given like this; `field` is the one that would have to change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotYours(DomainError):
    """One passes on only what one has."""


class Over(DomainError):
    """The delegation has ended, or was taken back."""


def register() -> None:
    """Name message, timer and what follows when people leave."""
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.timer_handlers.add(KIND, fire)
    registry.leaving.add("governance.delegations", pass_on)


def delegate(
    *,
    giver: User,
    taker: User,
    board: Board | None,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    at: datetime,
) -> Delegation:
    """`taker` may give verdicts for `giver` in [starts_at, ends_at): on `board` (None: wherever `giver` is asked),
    about documents of `kind` ("" for all).

    A start that is past means now. Raises BadDelegation, NotYours, access.Refused.
    """
    with audit.action(actor=giver, reason=why, at=at) as done:
        giver, taker = people.lock(giver, taker)
        found = Delegation(giver=giver, taker=taker, board=board, kind=kind, why=why.strip()[: limits.REASON_LENGTH])
        found.starts_at, found.ends_at = max(starts_at, at), ends_at
        access.require(giver, "add", found)
        _judge(found, at)
        found.save(force_insert=True)
        done.record(verb="delegation.given", target=found, data={"person": str(taker.pk)})
        if found.starts_at <= at:
            _tell([(found, BEGUN)], at)
        _promise([found], at)
    return found


def _judge(wanted: Delegation, at: datetime) -> None:
    """Whether `wanted` can be, as the rows are now. Raises BadDelegation, NotYours."""
    if wanted.taker_id == wanted.giver_id:
        raise BadDelegation("taker", _("Choose somebody else; you decide for yourself anyway."))
    if not wanted.taker.is_active:
        raise BadDelegation("taker", _("%(person)s does not work here any more.") % {"person": wanted.taker})
    if not wanted.why:
        raise BadDelegation("why", _("Please say why."))
    if wanted.kind not in ("", *Kind.values):
        raise BadDelegation("kind", _("Choose a kind of the list."))
    _judge_times(wanted, at)
    _judge_right(wanted)
    same = Delegation.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=wanted.starts_at),
        giver=wanted.giver,
        taker=wanted.taker,
        board=wanted.board,
        kind=wanted.kind,
        starts_at__lt=wanted.ends_at,
        ends_at__gt=wanted.starts_at,
    )
    if same.exists():
        sentence = _("%(person)s decides for you in that time already. Take that back first.")
        raise BadDelegation("starts_at", sentence % {"person": wanted.taker})


def _judge_times(wanted: Delegation, at: datetime) -> None:
    if wanted.ends_at <= wanted.starts_at:
        raise BadDelegation("ends_at", _("The end has to be after the beginning, and still to come."))
    if wanted.ends_at - wanted.starts_at > LONGEST:
        days = LONGEST.days
        sentence = _("At most %(days)s days. Somebody who decides for longer needs a seat of their own.")
        raise BadDelegation("ends_at", sentence % {"days": days})
    if wanted.starts_at - at > FURTHEST:
        raise BadDelegation("starts_at", _("This begins more than a year from now. Give it when the time is nearer."))


def _judge_right(wanted: Delegation) -> None:
    """Nobody passes on what they do not have."""
    if wanted.board is None:
        if not reads.may_decide(wanted.giver, wanted.starts_at):
            raise NotYours(_("You sit on no board then and no policy names you, so there is nothing to pass on."))
        return
    board = Board.objects.filter(pk=wanted.board.pk, is_active=True).first()
    if board is None:
        raise BadDelegation("board", _("This board is not used any more."))
    mine = BoardSeat.objects.in_office(seats.day(wanted.starts_at)).filter(board=board, person=wanted.giver)
    if not mine.exists():
        sentence = _("You do not sit on %(board)s when this begins. A deputy cannot pass the seat on either.")
        raise NotYours(sentence % {"board": board})


def take_back(*, delegation: Delegation, by: User, at: datetime) -> Delegation:
    """From now on the taker decides nothing for the giver any more; what they said before stays said.

    Raises Over, access.Refused.
    """
    with audit.action(actor=by, reason="taken back", at=at) as done:
        people.lock_active(by)
        found = Delegation.objects.select_for_update(no_key=True).get(pk=delegation.pk)
        access.require(by, "change", found)
        if found.ended_at is not None or found.ends_at <= at:
            raise Over(_("This has ended already."))
        done.record(verb="delegation.taken_back", target=found, data={"person": str(found.taker_id)})
        _end([found], at)
    return found


def pass_on(*, person: User, by: User, at: datetime) -> None:
    """`person` has left: they decide for nobody, and nobody for them; the other one of each is told."""
    mine = Delegation.objects.filter(Q(giver=person) | Q(taker=person), ended_at=None, ends_at__gt=at)
    rows = list(mine.select_for_update(no_key=True).order_by("pk"))
    action = audit.current()
    assert action is not None, "people leave inside an action"
    for row in rows:
        action.record(verb="delegation.ended", target=row, data={"person": str(person.pk)})
    _end(rows, at)


def _end(rows: Iterable[Delegation], at: datetime) -> None:
    """End `rows` before their time; what had begun is told to both."""
    begun = []
    for row in rows:
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        timers.cancel(subject=row, at=at, reason="taken back", kinds=[KIND])
        if row.starts_at <= at:
            begun.append((row, ENDED))
    _tell(begun, at)


# The clock


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Tell what has begun, is about to end or has ended. Returns the timers whose delegation somebody else holds.

    A clock that stood still tells only the last of what it missed.
    """
    held = timers.lock_subjects(Delegation, {timer.subject_id for timer in due})
    running = [row for row in held.values() if row.ended_at is None]
    asked = {timer.subject_id: timer.due_at for timer in due}
    news = [(row, _last(row, asked[row.pk], at)) for row in running]
    _tell([(row, kind) for row, kind in news if kind], at)
    action = audit.current()
    assert action is not None, "timers fire inside an action"
    for row in running:
        if row.ends_at <= at:
            action.record(verb="delegation.ended", target=row, data={"person": str(row.taker_id)})
    _promise(running, at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def _marks(row: Delegation) -> list[tuple[datetime, str]]:
    """When both are told what; a day before the end only where that is later than the beginning."""
    soon = [(row.ends_at - SOON, SOON_OVER)] if row.ends_at - SOON > row.starts_at else []
    return [(row.starts_at, BEGUN), *soon, (row.ends_at, ENDED)]


def _last(row: Delegation, since: datetime, at: datetime) -> str:
    """The last thing to tell in [since, at]."""
    return next((kind for when, kind in reversed(_marks(row)) if since <= when <= at), "")


def _promise(rows: Iterable[Delegation], at: datetime) -> None:
    """One timer for each of `rows` that has something to come."""
    ahead = [(row, [when for when, _kind in _marks(row) if when > at]) for row in rows]
    timers.schedule_many([timers.Spec(kind=KIND, subject=row, due_at=min(when)) for row, when in ahead if when], at=at)


def _tell(news: Iterable[tuple[Delegation, str]], at: datetime) -> None:
    """Tell giver and taker of each; who has left hears nothing."""
    notes = [_note(row, kind, side) for row, kind in news for side in ("giver", "taker")]
    if notes:
        outbox.enqueue_many(notes, at)


def _note(row: Delegation, kind: str, side: str) -> outbox.Note:
    me, other = (row.giver, row.taker) if side == "giver" else (row.taker, row.giver)
    context: dict[str, Any] = {
        "kind": kind,
        "side": side,
        "url": settings.SITE_URL + reverse("governance:delegations"),
        "from_at": row.starts_at.isoformat(),
        "until_at": (row.ended_at or row.ends_at).isoformat(),
        "what": row.kind,
        "other": str(other),
        "board": row.board.name if row.board is not None else "",
        "why": row.why,
    }
    return outbox.Note(event=EVENT, subject=row, to=[me], key=f"{EVENT}:{row.pk}:{kind}:{side}", context=context)
