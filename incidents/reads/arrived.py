"""What machines sent about an incident: the events of one kind in one line, with why they were grouped here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet
from django.utils.translation import gettext as _

from incidents.models import Event, Incident

COUNTED = 1_000  # events that are looked at: the newest
SHOWN = 3  # lines before the rest is folded
LINES = 20


@dataclass(frozen=True)
class Line:
    """Events of one source, action and reason; `word` says what they wanted."""

    source: str
    word: str
    tone: str
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
    """The events that opened or joined `incident`, None where a person reported it; one query, two in a storm.

    P3: each line says why its events were grouped here.
    """
    if incident.reporter_id is not None:
        return None
    rows = Event.objects.filter(incident=incident).order_by()
    newest = rows.order_by("-received_at")[:COUNTED].values("pk")
    lines = _lines(Event.objects.filter(pk__in=newest))
    total = sum(line.count for line in lines)
    is_more = total == COUNTED and rows.exclude(pk__in=newest).exists()
    return Arrived(lines[:SHOWN], lines[SHOWN:LINES], total, is_more) if lines else None


def _lines(rows: QuerySet[Event]) -> list[Line]:
    kinds = rows.values_list("source__name", "action", "group_reason")
    counted = kinds.annotate(count=Count("pk"), first=Min("received_at"), last=Max("received_at")).order_by("-last")
    words = {"trigger": ("info", _("Event")), "resolve": ("ok", _("Works again"))}
    return [
        Line(source, words[action][1], words[action][0], reason, count, first, last)
        for source, action, reason, count, first, last in counted
    ]
