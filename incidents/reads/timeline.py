"""The timeline, a page at a time; ``timeline_words`` puts each entry into a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Subquery
from django.utils.translation import gettext as _

from governance.models import WorkflowChange
from governance.reads.sentences import said
from incidents.models import Incident, TimelineEntry
from incidents.reads import captured, timeline_words
from incidents.reads.rating import NEARBY
from incidents.reads.timeline_words import names, severity, state

__all__ = [
    "CHANGES",
    "FILTERS",
    "PAGE",
    "PLAIN",
    "Page",
    "Row",
    "fresh",
    "names",
    "page",
    "sentence",
    "severity",
    "state",
]

PAGE = 50
FILTERS: dict[str, tuple[str, ...]] = {
    "all": (),
    "decisions": (
        *("severity", "plan", "reassigned", "escalated", "declined", "workflow", "reopened", "closed", "merged"),
        *("merged_here", "authority_asked", "playbook", "switched", "scenario", "scope_overruled", "overridden"),
        *("role_assumed", "role_assigned", "role_handed_over", "role_stepped_in", "role_given_up"),
        *("decision_requested", "decision_asked", "decision_nobody", "decision_ended"),
    ),
    "steps": (
        *("playbook", "switched", "scenario", "scope", "scope_agreed", "scope_objected", "scope_overruled"),
        *(
            "step_freed",
            "step_taken",
            "step_released",
            "step_done",
            "step_changed",
            "step_skipped",
            "step_failed",
            "gate_asked",
        ),
        *("contained", "halted", "released", "stays_halted", "workaround", "fixed", "remedy_extended"),
        *("remedy_removed", "remedy_soon", "remedy_over", "monitoring", "rechecked", "recheck_failed", "resolved"),
    ),
    "messages": (
        *("told", "news", "nobody", "nobody_reached", "exhausted", "cap_reached", "timebox", "specialists"),
        *("acknowledged", "unacknowledged", "passed_on", "re_escalated", "re_resolved", "snoozed", "resumed"),
        *("invited", "reminded", "meeting", "leadership", "update", "update_due", "update_overdue"),
        *("promise_missed", "role_asked", "role_confirmed", "role_rotate", "role_silent"),
    ),
    "platform": ("event", "trigger", "scored", "workflow", "callback_dead"),
    "notes": (
        "note",
        "evidence",
        "reported",
        "described",
        "affected",
        "worse",
        "works_again",
        "confirmed",
        "happened",
        "talk",
    ),
    "learning": (
        *("review_opened", "review_handed_over", "review_soon", "review_overdue", "review_published", "came_back"),
        *("change_proposed", "action_planned", "action_soon", "action_overdue", "action_done", "action_dropped"),
        "effect",
    ),
}
"""Which verbs a filter shows; "all" shows every one. A verb may belong to more than one."""
PLAIN = ("near_miss", "joined", "left")
"""Verbs that only "all" shows: nobody looks for them."""

CHANGES = "changes"
"""The filter of what platforms told of the workflow: those lines are no entries, and stand between them on pages."""


@dataclass(frozen=True)
class Row:
    """One line of the timeline; `kind` is its mark: done, bad, decision or empty. `id` 0: no entry of the timeline."""

    id: int
    at: datetime
    kind: str
    text: str
    detail: str


@dataclass(frozen=True)
class Page:
    """Rows, newest first. `earlier` is the cursor for what came before, `start` the one for the oldest page."""

    rows: list[Row]
    earlier: int | None
    start: int | None
    newest: int


def page(incident: Incident, *, only: str = "all", before: int | None = None) -> Page:
    """The newest rows, or those before a cursor, and what was changed in the workflow between them.

    Two queries, three where there are more pages.
    """
    if only == CHANGES:
        newest = incident.timeline.order_by("-id").values("at")[:1]
        until = None if incident.is_open else Subquery(newest)
        return Page(_changes(incident, since=incident.started_at - NEARBY, until=until), None, None, 0)
    rows = incident.timeline.select_related("by", "text_row").order_by("-id")
    if FILTERS.get(only):
        rows = rows.filter(verb__in=FILTERS[only])
    every = rows
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    if len(found) <= PAGE:
        rows_shown = _merged(incident, shown, since=None, before=before, only=only)
        return Page(rows_shown, None, None, shown[0].pk if shown else 0)
    start = every.order_by("id").values_list("pk", flat=True)[PAGE : PAGE + 1].first()
    rows_shown = _merged(incident, shown, since=shown[-1].at, before=before, only=only)
    return Page(rows_shown, shown[-1].pk, start, shown[0].pk)


def _merged(
    incident: Incident, shown: Sequence[TimelineEntry], *, since: datetime | None, before: int | None, only: str
) -> list[Row]:
    """The entries in their order, and between them what was changed after `since` (None: from a day before on)."""
    rows = [sentence(row) for row in shown if only != "all" or not _is_doubled(row)]
    if only != "all":
        return rows
    last = shown[0].at if shown and not incident.is_open and before is None else None
    made = _changes(incident, since=since or incident.started_at - NEARBY, before=before, until=last)
    for change in reversed(made):
        place = next((place for place, row in enumerate(rows) if row.at <= change.at), len(rows))
        rows.insert(place, change)
    return rows


def _changes(
    incident: Incident, *, since: datetime, before: int | None = None, until: datetime | Subquery | None = None
) -> list[Row]:
    """What platforms told of the workflow of `incident` after `since`, the newest first; at most one query.

    Not after the entry `before`, nor after `until`.
    """
    if incident.workflow_id is None:
        return []
    rows = WorkflowChange.objects.filter(workflow=incident.workflow_id, changed_at__gt=since)
    if before is not None:
        entry = TimelineEntry.objects.filter(pk=before, incident=incident).values("at")
        rows = rows.filter(changed_at__lte=Subquery(entry))
    if until is not None:
        rows = rows.filter(changed_at__lte=until)
    return [_change(row) for row in rows.defer("links", "details").order_by("-changed_at", "-id")[:PAGE]]


def _change(row: WorkflowChange) -> Row:
    version = _("Version %(version)s") % {"version": row.version} if row.version else ""
    source = _("says %(source)s") % {"source": row.source}
    text = _("The workflow was changed: %(summary)s") % {"summary": row.summary}
    return Row(0, row.changed_at, "", text, ", ".join(filter(None, [version, source])))


def fresh(incident: Incident, *, after: int) -> Page:
    """What came after a cursor, at most a page; the rest follows with the next cursor. One query."""
    rows = incident.timeline.select_related("by", "text_row").filter(pk__gt=after).order_by("id")
    found = list(rows[:PAGE])[::-1]
    shown = [sentence(row) for row in found if not _is_doubled(row)]
    return Page(shown, None, None, found[0].pk if found else after)


def _is_doubled(row: TimelineEntry) -> bool:
    """Whether another line says the same event: what happens at a gate is an entry of its step and of its decision.

    Whoever asks for it is told by the step, with the words that were typed; the choice by the decision, with the
    reasons. The filters, each of one of the two, show every line.
    """
    return row.verb == "step_done" and "decision" in row.data or row.verb == "decision_requested" and "step" in row.data


def sentence(row: TimelineEntry) -> Row:
    """`row` in words."""
    typed = row.text_row.text if hasattr(row, "text_row") else _("The words were erased.") if row.commitment else ""
    if row.by_id is None:  # a machine wrote it, in a sentence of ours
        typed = said(typed)
    facts = {"name": row.data.get("name") or (str(row.by) if row.by else ""), **row.data}
    if row.by_id is None and "because" in facts:
        facts["because"] = said(facts["because"])
    kind, text, detail = timeline_words.said_of(row.verb, facts)
    if row.verb == "trigger":
        lines = [f"{name}: {value}" if value else name for name, value in captured.pairs(typed)]
        typed = "; ".join([*lines, *filter(None, [detail])])
    return Row(row.pk, row.at, kind, text, typed or detail)
