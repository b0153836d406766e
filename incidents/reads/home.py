"""What incidents want of a person now: to answer a call, to confirm the severity, to say what will be done.

Each card takes one query for its incidents and one for their timers, however many there are.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from incidents.models import Incident, Participant
from incidents.models.escalation import RunState
from incidents.reads import board
from portal import registry, roles
from portal.models import Timer, User
from portal.models.timers import TimerState
from portal.reads.home import Item, Part

CALLING = [RunState.RUNNING, RunState.EXHAUSTED, RunState.NOBODY_REACHED]
STEP, TRIAGE, DECISION = "escalation.step", "triage.timebox", "decision.timebox"  # kinds of timers
SHOWN = 8
ASKED = 50  # more than anybody can read; the page shows eight


def _due(kind: str, subjects: Iterable[UUID]) -> dict[UUID, tuple[datetime, datetime]]:
    """When the armed timer of each subject is over and since when it runs."""
    rows = Timer.objects.filter(state=TimerState.ARMED, kind=kind, subject_id__in=list(subjects))
    return {key: (due_at, since) for key, due_at, since in rows.values_list("subject_id", "due_at", "created_at")}


def answer(user: User, *, at: datetime) -> list[Item]:
    """Calls that reached me and that nobody has answered."""
    told = Participant.objects.filter(user=user, role=Participant.Role.TOLD).values("incident_id")
    found = Incident.objects.open().filter(pk__in=told, run__state__in=CALLING).select_related("run")
    rows = list(found.order_by("severity", "-reported_at", "-id")[:ASKED])
    due = _due(STEP, [row.run.pk for row in rows])
    return [
        Item(
            title=_("Answer: %(title)s") % {"title": row.title},
            reason=_("Nobody has answered yet. If nobody does by then, the next people are told.")
            if row.run.pk in due
            else _("Nobody has answered yet, and everybody on the list was told."),
            url=row.get_absolute_url(),
            button=_("Answer"),
            due_at=due.get(row.run.pk, (None, None))[0],
            start=due.get(row.run.pk, (None, None))[1],
            severity=row.severity,
            tone="" if row.run.pk in due else "bad",
        )
        for row in rows
    ]


def _led(user: User, kind: str, missing: Q, *, title: str, reason: str, button: str) -> list[Item]:
    """A card for each open incident that `user` leads and that lacks something."""
    rows = list(Incident.objects.open().filter(missing, lead=user).order_by("severity", "-reported_at", "-id")[:ASKED])
    due = _due(kind, [row.pk for row in rows])
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
    return _led(
        user,
        TRIAGE,
        Q(triaged_at=None),
        title=_("Confirm the severity: %(title)s"),
        reason=_("You lead it. If it is late, the next people are told."),
        button=_("Confirm severity"),
    )


def plan(user: User, *, at: datetime) -> list[Item]:
    """Incidents that I lead and of which nobody has said what will be done."""
    return _led(
        user,
        DECISION,
        Q(decided_at=None),
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
    """The most severe open incidents that `user` may see; for people who only report, with the way to their reports."""
    page = board.page(user, board.Filters(), rows=SHOWN)
    if not page.rows:
        return None
    reported = not user.is_staff and not user.memberships.exclude(group__name=roles.REPORTER).exists()
    total = _("1 000+") if page.is_more else str(page.total)
    return Part("incidents/board/home.html", {"rows": page.rows, "total": total, "reported": reported})


def register() -> None:
    registry.home_parts.add("incidents.open", open_incidents)
    for name, card in CARDS.items():
        registry.home_cards.add(name, card)
