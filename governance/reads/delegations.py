"""Who decides for whom: what one may pass on, what was passed on, and what somebody who leaves has of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.documents.approval import Approval, Who
from governance.models import Assignment, Board, BoardSeat, Delegation
from governance.reads import approval, documents, seats
from portal import access, moments
from portal.models import User
from portal.reads.holdings import Holding
from portal.reads.home import Item

BEGINS_SOON, ENDS_SOON = timedelta(days=3), timedelta(days=2)
PAST = timedelta(days=30)
SHOWN = 50


@dataclass(frozen=True)
class Row:
    """A delegation as it stands: ahead, in force, or over since `ended_at`."""

    delegation: Delegation
    state: str  # ahead, now, soon, over
    ended_at: datetime
    may_end: bool


@dataclass(frozen=True)
class Mine:
    """What I have given and taken, newest first; `may_give`: there is something that I could pass on."""

    given: list[Row]
    taken: list[Row]
    boards: list[Board]
    may_give: bool


def mine(user: User, *, at: datetime) -> Mine:
    """Those that hold or will hold, and those that ended in the last month; a constant number of queries."""
    rows = Delegation.objects.select_related("giver", "taker", "board").order_by("-starts_at", "-pk")
    rows = rows.filter(Q(giver=user) | Q(taker=user), ends_at__gt=at - PAST)
    found = [_row(row, user, at) for row in rows[: 2 * SHOWN]]
    found.sort(key=lambda row: row.state == "over")
    own = [row for row in found if row.delegation.giver_id == user.pk]
    boards = sits_on(user, at)
    return Mine(
        given=own[:SHOWN],
        taken=[row for row in found if row not in own][:SHOWN],
        boards=boards,
        may_give=bool(boards) or may_decide(user, at),
    )


def _row(row: Delegation, user: User, at: datetime) -> Row:
    end = min(row.ended_at or row.ends_at, row.ends_at)
    if end <= at:
        state = "over"
    elif row.starts_at > at:
        state = "ahead"
    else:
        state = "soon" if end - at <= ENDS_SOON else "now"
    return Row(row, state, end, state != "over" and bool(access.can(user, "change", row)))


def sits_on(user: User, at: datetime) -> list[Board]:
    """The boards on which `user` holds a seat at `at`; being a deputy is no seat."""
    mine = BoardSeat.objects.in_office(seats.day(at)).filter(person=user)
    return list(Board.objects.filter(is_active=True, pk__in=mine.values("board")).order_by("name"))


def may_decide(user: User, at: datetime) -> bool:
    """Whether `user` sits on a board at `at`, or the approval policy in force names them, their team, permission role
    or a responsibility that they hold."""
    if sits_on(user, at):
        return True
    policy = approval.in_force()
    named = _named(policy.content) if policy is not None else []
    groups = access.groups(user)
    held = {name.replace(" ", "_") for name in groups.values()}
    teams = set(user.groups.filter(team__is_active=True).values_list("team", flat=True)) if named else set()
    if any(who.person == user.pk or who.role in held or who.team in teams for who in named):
        return True
    duties = {who.responsibility for who in named if who.responsibility}
    return bool(duties) and _holds(user, duties, teams)


def _named(policy: Approval) -> list[Who]:
    found = []
    for _path, need in policy.requirements():
        found += [who for who in (need.who, need.alternate, need.next, need.tie_breaker) if who is not None]
    return found


def _holds(user: User, duties: set[str], teams: set[Any]) -> bool:
    """Whether a row of the matrices names `user`, a team or a role of theirs for one of `duties`."""
    every = documents.matrices()
    texts = [pinned.content for pinned in (every.company, *every.teams.values()) if pinned is not None]
    own = {role.key for text in texts for role in text.roles if any(one.person == user.pk for one in role.holders)}
    rows = Assignment.objects.filter(responsibility__in=duties, letter__in=["R", "A"])
    return rows.filter(Q(user=user) | Q(team__in=teams) | Q(role__in=own)).exists()


def card(user: User, *, at: datetime) -> list[Item]:
    """What begins in the next days, and what ends soon, for giver and taker; one query."""
    rows = Delegation.objects.select_related("giver", "taker", "board").order_by("starts_at", "pk")
    rows = rows.filter(Q(giver=user) | Q(taker=user), ended_at=None, ends_at__gt=at).filter(
        Q(starts_at__gt=at, starts_at__lte=at + BEGINS_SOON) | Q(starts_at__lte=at, ends_at__lte=at + ENDS_SOON)
    )
    return [_item(row, user, at) for row in rows[:SHOWN]]


def _item(row: Delegation, user: User, at: datetime) -> Item:
    begins, own = row.starts_at > at, row.giver_id == user.pk
    when = row.starts_at if begins else row.ends_at
    words = {"giver": row.giver, "taker": row.taker, "time": moments.in_words(when)}
    if own:
        title = (
            _("%(taker)s decides for you from %(time)s") if begins else _("%(taker)s decides for you until %(time)s")
        )
    else:
        title = _("You decide for %(giver)s from %(time)s") if begins else _("You decide for %(giver)s until %(time)s")
    reason = _("Only on %(board)s.") % {"board": row.board} if row.board else _("Wherever they are asked.")
    if own and not row.board:
        reason = _("Wherever you are asked.")
    return Item(title % words, reason, reverse("governance:delegations"), _("Look at it"), when, tone="info")


def held(person: User, *, at: datetime, viewer: User | None = None) -> list[Holding]:
    """Seats on boards, seats that `person` is the deputy of, and delegations, for the page on which they leave."""
    return [*_seats(person, at), *_delegations(person, at)]


def _seats(person: User, at: datetime) -> list[Holding]:
    found = []
    rows = BoardSeat.objects.select_related("board", "person", "deputy").filter(board__is_active=True)
    rows = rows.filter(Q(person=person) | Q(deputy=person)).exclude(ends_on__lt=seats.day(at))
    for seat in rows.order_by("board__name", "starts_on"):
        url = f"{reverse('governance:boards')}#{seat.board.key}"
        if seat.person_id == person.pk:
            stand_in = seat.deputy if seat.deputy and seat.deputy.is_active else None
            after = _("%(deputy)s, the deputy, is asked; give the seat to somebody.") % {"deputy": stand_in}
            if stand_in is None:
                after = _("Nobody is asked for this seat; give it to somebody.")
            found.append(Holding(_("Seats on boards"), seat.board.name, seat.function, after, url))
        else:
            after = _("The seat has no deputy any more; name another one.")
            detail = _("deputy of %(person)s") % {"person": seat.person}
            found.append(Holding(_("Seats on boards"), seat.board.name, detail, after, url))
    return found


def _delegations(person: User, at: datetime) -> list[Holding]:
    rows = Delegation.objects.select_related("giver", "taker", "board").filter(ended_at=None, ends_at__gt=at)
    found = []
    for row in rows.filter(Q(giver=person) | Q(taker=person)).order_by("starts_at", "pk"):
        own = row.giver_id == person.pk
        title = _("%(taker)s decides for them") if own else _("They decide for %(giver)s")
        detail = row.board.name if row.board else _("wherever they are asked")
        after = _("It ends, and the other one is told.")
        words = {"taker": row.taker, "giver": row.giver}
        found.append(Holding(_("Deciding for each other"), title % words, detail, after))
    return found


def colleagues(user: User) -> list[User]:
    """Whom `user` may choose from a list: the people of the own teams and boards, by name."""
    boards = BoardSeat.objects.filter(person=user).values("board")
    near = Q(groups__in=user.groups.filter(team__is_active=True)) | Q(board_seats__board__in=boards)
    found = User.objects.active().filter(near).exclude(pk=user.pk).distinct()
    return list(found.order_by("name", "pk")[:200])
