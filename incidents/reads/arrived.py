"""What machines sent about an incident: the events of one kind in one line, with why they were grouped here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet
from django.utils.translation import gettext as _

from incidents.models import Event, Incident
from portal.reads import keyset

COUNTED = 1_000  # events that are looked at: the newest
SHOWN = 3  # lines before the rest is folded
LINES = 20


@dataclass(frozen=True)
class Line:
    """Events of one source, action, outcome and reason; `word` says what they wanted, `outcome` what became of them."""

    source: str
    word: str
    tone: str
    outcome: str
    reason: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Arrived:
    """`lines` and `folded` are the latest first; `total` counts up to the bound and `is_more` says it is beyond."""

    lines: list[Line]
    folded: list[Line]
    total: int
    is_more: bool


def arrived(incident: Incident) -> Arrived | None:
    """The events that opened or joined `incident`, None where there are none; one query, two in a storm.

    P3: each line says why its events were grouped here.
    """
    rows = Event.objects.filter(incident=incident).order_by()
    newest = rows.order_by("-received_at")[:COUNTED].values("pk")
    lines = _lines(Event.objects.filter(pk__in=newest))
    total = sum(line.count for line in lines)
    is_more = total == COUNTED and rows.exclude(pk__in=newest).exists()
    return Arrived(lines[:SHOWN], lines[SHOWN:LINES], total, is_more) if lines else None


def _lines(rows: QuerySet[Event]) -> list[Line]:
    kinds = rows.values_list("source__name", "action", "outcome", "group_reason")
    counted = kinds.annotate(count=Count("pk"), first=Min("received_at"), last=Max("received_at")).order_by("-last")
    outcomes = dict(Event.Outcome.choices)
    return [
        Line(source, *wanted(action), str(outcomes[outcome]), reason, count, first, last)
        for source, action, outcome, reason, count, first, last in counted
    ]


def wanted(action: str) -> tuple[str, str]:
    """(word, tone) of what an event wanted."""
    words = {
        "trigger": (_("Event"), "info"),
        "acknowledge": (_("Somebody has it"), "info"),
        "resolve": (_("Works again"), "ok"),
    }
    return words[action]


@dataclass(frozen=True)
class Sent:
    """One event; `word` and `tone` say what it wanted."""

    event: Event
    word: str
    tone: str


def page(incident: Incident, *, after: str = "", before: str = "") -> tuple[list[Sent], keyset.Cut[Event]]:
    """Every event of `incident`, the newest first, a page at a time; one query."""
    rows = Event.objects.filter(incident=incident).select_related("source").defer("body")
    cut = keyset.cut(rows, "-received_at", "-id", after=after, before=before)
    return [Sent(event, *wanted(event.action)) for event in cut.rows], cut
