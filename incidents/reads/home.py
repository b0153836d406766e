"""What incidents want of a person now: to answer a call, to confirm the severity, to say what will be done.

All cards and the number in the menu take one query for the incidents and one for their timers, however many.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident, Participant
from incidents.models.escalation import RunState
from incidents.models.incidents import Incidents
from incidents.reads import board, reports
from portal import access as portal_access
from portal import context_processors, prepared, registry, roles
from portal.models import Timer, User
from portal.models.timers import TimerState
from portal.reads.home import Ahead, Item, Part

CALLING = [RunState.RUNNING, RunState.EXHAUSTED, RunState.NOBODY_REACHED]
STEP, TRIAGE, DECISION = "escalation.step", "triage.timebox", "decision.timebox"  # kinds of timers
NEEDED = ("reference", "title", "severity", "triaged_at", "decided_at")
SHOWN = 8
ASKED = 50  # more than anybody can read; the page shows eight


@dataclass(frozen=True)
class Waiting:
    """Open incidents that want something of one person: an answer, a severity, a plan."""

    answer: list[Incident]
    confirm: list[Incident]
    plan: list[Incident]


def waiting(user: User) -> Waiting:
    """What waits for `user`, the most severe first; two queries, and none when the page has asked before."""
    return portal_access.once(user, "incidents.waiting", lambda: _waiting(user))


def _waiting(user: User) -> Waiting:
    order = ("severity", "-reported_at", "-id")
    called = _called(user).select_related("run").only(*NEEDED, "run__state", "run__incident_id")
    mine = list(_led(user).only(*NEEDED).order_by(*order)[:ASKED])
    found = Waiting(
        answer=list(called.order_by(*order)[:ASKED]),
        confirm=[row for row in mine if row.triaged_at is None],
        plan=[row for row in mine if row.decided_at is None],
    )
    portal_access.once(user, "incidents.number", lambda: len(found.answer) + len(found.confirm) + len(found.plan))
    return found


def _called(user: User | prepared.Given) -> Incidents:
    """Calls that reached `user` and that nobody has answered."""
    told = {"participants__user": user, "participants__role": Participant.Role.TOLD}
    return Incident.objects.open().filter(**told, run__state__in=CALLING)


def _led(user: User | prepared.Given) -> Incidents:
    """What `user` leads and what lacks a severity that somebody confirmed, or a plan."""
    return Incident.objects.open().filter(Q(triaged_at=None) | Q(decided_at=None), lead=user)


def number(user: User) -> int:
    """How many things wait for `user`, for the menu; one query, and none beside the cards."""
    return portal_access.once(user, "incidents.number", lambda: _number(user)) if user.is_active else 0


def _wanting() -> Any:
    """(triaged_at, decided_at, whether it is a call) of what wants something of `user`.

    NOTE: one condition with "or" makes PostgreSQL read everything that the person was ever told of (70 ms).
    """
    user = prepared.Given("user", Incident, "lead")
    called = _called(user).values_list("triaged_at", "decided_at", Value(1))
    led = _led(user).values_list("triaged_at", "decided_at", Value(0))
    return called.union(led, all=True)[: ASKED + 1]  # the menu says "50+"


_asked = prepared.Question(_wanting)


def _number(user: User) -> int:
    rows = _asked(user=user.pk)
    return sum(1 if is_call else (not triaged_at) + (not decided_at) for triaged_at, decided_at, is_call in rows)


def _due(user: User, kind: str, subjects: Iterable[UUID]) -> dict[UUID, tuple[datetime, datetime]]:
    """When the armed timer of each subject is over and since when it runs; one query for all cards."""
    every = portal_access.once(user, "incidents.due", lambda: _timers(waiting(user)))
    return {key: every[kind, key] for key in subjects if (kind, key) in every}


def _timers(found: Waiting) -> dict[tuple[str, UUID], tuple[datetime, datetime]]:
    subjects = {row.run.pk for row in found.answer} | {row.pk for row in (*found.confirm, *found.plan)}
    if not subjects:
        return {}
    rows = Timer.objects.filter(state=TimerState.ARMED, kind__in=(STEP, TRIAGE, DECISION), subject_id__in=subjects)
    times = rows.values_list("kind", "subject_id", "due_at", "created_at")
    return {(kind, key): (due_at, since) for kind, key, due_at, since in times}


def _unanswered(due_at: datetime | None, at: datetime) -> str:
    """Why a call still waits: the next people are told at `due_at`, which the clock may have missed; None: no more."""
    if due_at is None:
        return _("Nobody has answered yet, and everybody on the list was told.")
    if due_at < at:
        return _("Nobody has answered in time, and the next people should have been told by now.")
    return _("Nobody has answered yet. If nobody does by then, the next people are told.")


def answer(user: User, *, at: datetime) -> list[Item]:
    """Calls that reached me and that nobody has answered."""
    rows = waiting(user).answer
    due = _due(user, STEP, [row.run.pk for row in rows])
    return [
        Item(
            title=_("Answer: %(title)s") % {"title": row.title},
            reason=_unanswered(due.get(row.run.pk, (None, None))[0], at),
            url=row.get_absolute_url(),
            button=_("Answer"),
            due_at=due.get(row.run.pk, (None, None))[0],
            start=due.get(row.run.pk, (None, None))[1],
            severity=row.severity,
            tone="" if row.run.pk in due else "bad",
        )
        for row in rows
    ]


def _cards(user: User, kind: str, rows: list[Incident], *, title: str, reason: str, button: str) -> list[Item]:
    """A card for each open incident that `user` leads and that lacks something."""
    due = _due(user, kind, [row.pk for row in rows])
    return [
        Item(
            title=title % {"title": row.title},
            reason=reason,
            url=row.get_absolute_url(),
            button=button,
            due_at=due.get(row.pk, (None, None))[0],
            start=due.get(row.pk, (None, None))[1],
            severity=row.severity,
        )
        for row in rows
    ]


def confirm(user: User, *, at: datetime) -> list[Item]:
    """Incidents that I lead and whose severity nobody has confirmed."""
    return _cards(
        user,
        TRIAGE,
        waiting(user).confirm,
        title=_("Confirm the severity: %(title)s"),
        reason=_("You lead it. If it is late, the next people are told."),
        button=_("Confirm severity"),
    )


def plan(user: User, *, at: datetime) -> list[Item]:
    """Incidents that I lead and of which nobody has said what will be done."""
    return _cards(
        user,
        DECISION,
        waiting(user).plan,
        title=_("Say what will be done: %(title)s"),
        reason=_("You lead it. One sentence is enough; if it is late, the next people are told."),
        button=_("Say it"),
    )


CARDS: dict[str, Callable[..., list[Any]]] = {
    "incidents.answer": answer,
    "incidents.confirm": confirm,
    "incidents.plan": plan,
}


def open_incidents(user: User, *, at: datetime) -> Part | None:
    """The most severe open incidents that `user` may see; people who only report follow theirs in plain words."""
    if not user.is_staff and set(portal_access.groups(user).values()) <= {roles.REPORTER}:
        followed = [row for row in reports.mine(user) if (row.incident.merged_into or row.incident).is_open][:SHOWN]
        return Part("incidents/report/home.html", {"rows": followed, "person": user}) if followed else None
    page = board.page(user, board.Filters(), rows=SHOWN)
    if not page.rows:
        return None
    return Part(
        "incidents/board/home.html",
        {"rows": page.rows, "total": _("1 000+") if page.is_more else str(page.total)},
    )


def ahead(user: User, *, at: datetime) -> Ahead:
    """No date, but a way on: the reports of whoever only reports, else the board."""
    if context_processors.only_reports(user):
        return Ahead(url=reverse("incidents:mine"), button=_("See my reports"))
    return Ahead(url=reverse("incidents:board"), button=_("See the incidents"))


def register() -> None:
    registry.home_ahead.add("incidents", ahead)
    registry.home_parts.add("incidents.open", open_incidents)
    registry.nav_counts.add("now.incidents", number)
    for name, card in CARDS.items():
        registry.home_cards.add(name, card)
