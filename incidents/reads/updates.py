"""The communication desk as its page shows it: each audience with what went out, what is due and what is promised."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.communication import Audience, Statement
from governance.rules import cadence
from incidents.models import Incident, StatusUpdate
from incidents.reads import audiences
from portal.models import Timer
from portal.models.timers import TimerState

DUE = "update.due"
LISTED = 100
EVENTS = {
    "opened": gettext_lazy("It has begun"),
    "update": gettext_lazy("What is new"),
    "workaround": gettext_lazy("It works in another way"),
    "delayed": gettext_lazy("It takes longer"),
    "resolved": gettext_lazy("It works again"),
    "wrap_up": gettext_lazy("A look back"),
}
"""What news may be about; the plan has words of its own for each."""


@dataclass(frozen=True)
class Line:
    """One audience: what went out last, when the next one is due, and since when one is `missed`, if it never came.

    For `grace` after `due` it is not late yet.
    """

    audience: Audience
    last: StatusUpdate | None
    due: datetime | None
    missed: datetime | None = None
    grace: timedelta = cadence.LEAST_GRACE


@dataclass(frozen=True)
class Desk:
    """`sent` newest first; `drafts` wait to be sent or to be looked over."""

    lines: list[Line] = field(default_factory=list)
    sent: list[tuple[StatusUpdate, str]] = field(default_factory=list)
    drafts: list[tuple[StatusUpdate, str]] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether nobody was told anything, and nothing is due to anybody."""
        return not any(line.due or line.last for line in self.lines)

    @property
    def first(self) -> Line | None:
        """Who is told next: whoever waits the longest, else whoever is due the soonest."""
        waiting = [(line.due, line) for line in self.lines if line.due is not None]
        return min(waiting, key=lambda item: item[0])[1] if waiting else None


def desk(incident: Incident) -> Desk:
    """Everything of the desk; a constant number of queries."""
    plan = audiences.plan_of(incident)
    if plan is None:
        return Desk()
    every = plan.content.audiences
    titles = {item.key: item.title for item in every}
    rows = StatusUpdate.objects.filter(incident=incident).exclude(state="dropped").select_related("by")
    named = [(row, titles.get(row.audience, row.audience)) for row in rows.order_by("-written_at", "-pk")[:LISTED]]
    sent = [item for item in named if item[0].state == "sent"]
    timer = Timer.objects.filter(subject_id=incident.pk, kind=DUE, state=TimerState.ARMED).first()
    marks = timer.data.get("marks", {}) if timer is not None else {}
    lines = []
    for item in every:
        last = next((row for row, _title in sent if row.audience == item.key), None)
        mark = marks.get(item.key) or {"due": "", "told": ""}
        due, told = (parse_datetime(mark[name]) if mark[name] else None for name in ("due", "told"))
        came = last.sent_at if last is not None else None
        missed = told if told is not None and (came is None or came < told) else None
        lines.append(Line(item, last, due, missed))
    return Desk(lines, sent, [item for item in named if item[0].state != "sent"])


def statements(incident: Incident, audience: str) -> list[Statement]:
    """The prepared words for `audience`."""
    plan = audiences.plan_of(incident)
    return [item for item in plan.content.statements if item.audience == audience] if plan is not None else []


def otherwise(due: datetime | None, *, at: datetime) -> str:
    """What it means that an update is due at `due`: what follows if nobody writes it, or that it is late."""
    if due is None or due > at:
        return _("If it is late, somebody else is told.")
    return _("It is late.") if cadence.is_late(due, at) else _("It is due now.")
