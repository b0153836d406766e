"""What programs read of incidents: the board, the page and the timeline of one, as facts instead of words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from incidents import access
from incidents.models import Incident, TimelineEntry
from incidents.reads import board, timeline
from incidents.reads.clocks import DECISION, TRIAGE
from portal.models import Timer, User
from portal.models.timers import TimerState


@dataclass(frozen=True)
class Listed:
    """A page of the board; `after` is where the next one begins, empty on the last."""

    incidents: list[Incident]
    after: str


@dataclass(frozen=True)
class Entries:
    """A page of a timeline with its sentences; `after` is the id of the last entry, when there are more."""

    rows: list[tuple[TimelineEntry, timeline.Row]]
    after: int | None


def listed(user: User, asked: Mapping[str, str], *, after: str, limit: int) -> Listed:
    """The incidents that the board would show to `user`, in its order; five queries however many."""
    page = board.page(user, board.filters(asked), after=after, rows=limit)
    keys = [row.incident.pk for row in page.rows]
    known = Incident.objects.select_related("workflow", "team", "lead").in_bulk(keys)
    found = [known[key] for key in keys if key in known]
    return Listed(found, board.cursor(page.rows[-1].incident) if page.older else "")


def winner(incident: Incident, user: User) -> str:
    """The reference of the incident into which this one was merged, when `user` may see that."""
    other = incident.merged_into
    if other is None or access.incident_rule(user, "view", other) is not None:
        return ""
    return other.reference


def promised(incident: Incident) -> dict[str, datetime]:
    """Until when the first look and the decision are due, {"triage": at, "decision": at}, of what still runs."""
    rows = Timer.objects.filter(subject_id=incident.pk, kind__in=[TRIAGE, DECISION], state=TimerState.ARMED)
    return {kind.partition(".")[0]: at for kind, at in rows.values_list("kind", "due_at")}


def entries(incident: Incident, *, only: str, after: int | None, limit: int, oldest_first: bool) -> Entries:
    """The timeline from the entry `after` on; one query."""
    rows = incident.timeline.select_related("by", "text_row").order_by("id" if oldest_first else "-id")
    if timeline.FILTERS.get(only):
        rows = rows.filter(verb__in=timeline.FILTERS[only])
    if after is not None:
        rows = rows.filter(pk__gt=after) if oldest_first else rows.filter(pk__lt=after)
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return Entries([(row, timeline.sentence(row)) for row in shown], shown[-1].pk if len(found) > limit else None)


def entry(incident: Incident, key: int) -> tuple[TimelineEntry, timeline.Row]:
    """One entry of the timeline with its sentence."""
    row = incident.timeline.select_related("by", "text_row").get(pk=key)
    return row, timeline.sentence(row)
