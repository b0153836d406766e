"""The report about governance of each month and quarter: made by the clock, kept as it was, told to who reads it (D61).

The timer ``report.governance`` (one in the portal) waits for the next month; it begins with the first document that is
published, or review. A month that was missed is made up for as soon as the clock runs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import BoardSeat, ChangeRequest, Document, Version
from governance.reads import checks, documents, people
from governance.rules import meetings, ownership, periods
from governance.rules.periods import Period
from incidents.metrics import periods as metrics
from incidents.models import GovernanceReport
from incidents.reads import audiences, report_thanks
from incidents.reads.report_rights import READING
from portal import audit, bulk, ids, outbox, registry, timers
from portal.models import Lane, Timer, User
from portal.models.people import DataClass
from portal.models.timers import TimerState

KIND = "report.governance"
EVENT = "report.made"
FACTS = {
    "url": DataClass.PUBLIC,
    "reference": DataClass.PUBLIC,
    "period": DataClass.PUBLIC,
    "begins_at": DataClass.PUBLIC,
}


def register() -> None:
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.published.add("incidents.governance_reports", follow)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """The first publication begins the reports."""
    begin(document, at=at)


def begin(subject: models.Model, *, at: datetime) -> None:
    """Promise the report of this month, unless it is promised."""
    if not Timer.objects.filter(key=KIND, state=TimerState.ARMED).exists():
        _promise(subject, at)


def _promise(subject: models.Model, at: datetime) -> None:
    due = checks.morning(periods.next_month(checks.today(at)))
    timers.schedule(kind=KIND, subject=subject, due_at=due, key=KIND, at=at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``report.governance``: what has ended is reported; the next month waits."""
    made = [report for period in periods.ended(checks.today(at)) if (report := make(period, at=at)) is not None]
    last = made[0] if made else GovernanceReport.objects.order_by("-made_at", "-pk").first()
    if last is not None:
        _promise(last, at)
    return set()


def make(period: Period, *, at: datetime) -> GovernanceReport | None:
    """Keep how governance worked in `period` and tell who reads it; None when it is kept already.

    Call inside ``audit.action``.
    """
    report = GovernanceReport(
        reference=ids.reference("REP", at.year),
        period=period.kind,
        begins_on=period.begins,
        ends_on=period.ends,
        content=_content(period, at=at),
        made_at=at,
    )
    if not bulk.insert_new([report]):
        return None
    action = audit.current()
    assert action is not None, "reports are made inside an action"
    action.record(verb=EVENT, target=report, data={"period": period.kind, "begins": period.begins.isoformat()})
    action.prove([report], about=report)
    context = {
        "url": settings.SITE_URL + report.get_absolute_url(),
        "reference": report.reference,
        "period": period.kind,
        "begins_at": metrics.moment(period.begins).isoformat(),
    }
    key = f"{EVENT}:{report.pk}"
    outbox.enqueue_many([outbox.Note(event=EVENT, subject=report, to=readers(at=at), key=key, context=context)], at)
    return report


def _content(period: Period, *, at: datetime) -> dict[str, Any]:
    begin, end = metrics.moment(period.begins), metrics.moment(period.ends)
    thanked = {str(team): counts for team, counts in report_thanks.counted(begin, end).items()}
    return metrics.content(period, at=at) | {"thanks": thanked}


def readers(*, at: datetime) -> list[User]:
    """Governance admins, members of boards, auditors, and senior leadership by the plans in force; active, by name."""
    seats = BoardSeat.objects.all().in_office(checks.today(at)).filter(board__is_active=True).values("person")
    named = Q(groups__name__in=READING) | Q(pk__in=seats) | Q(pk__in=_leaders(at))
    return list(User.objects.active().filter(named).distinct().order_by("name", "pk"))


def _leaders(at: datetime) -> set[object]:
    """Whoever belongs to an audience of the page for senior leadership."""
    plans = documents.in_force("communication").plans()
    every = [item for plan in plans for item in plan.content.audiences if meetings.page_of(item) == "executives"]
    holders = [holder for audience in every for holder in audiences.members_of(audience)]
    if not holders:
        return set()
    matrices, folk = documents.matrices_for(None), people.facts(at)
    found: set[object] = set()
    for holder in holders:
        told = ownership.expand(matrices, None, holder.kind, holder.ref, folk, at)[0]
        found |= {candidate.person for candidate in told}
    return found
