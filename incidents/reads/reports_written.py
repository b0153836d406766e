"""Reports on pages: those about governance, what somebody is asked to read, and what the trail says of reports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from incidents.models import GovernanceReport, Incident, Postmortem, ReportReading
from incidents.reads import report_governance
from portal import access, registry
from portal.models import User
from portal.reads import keyset
from portal.reads.home import Item

FEW = 20
VERBS = {
    "report.taken": gettext_lazy("took a copy of the report"),
    "report.read": gettext_lazy("has read the report"),
    "report.made": gettext_lazy("made the report about governance"),
    "report.outside_written": gettext_lazy("said what people outside may read"),
}
WORDS = {
    "has read the report": pgettext_lazy("why", "has read the report"),
    "says what people outside may read": pgettext_lazy("why", "says what people outside may read"),
}


@dataclass(frozen=True)
class Row:
    report: GovernanceReport
    title: str


def page(*, after: str = "", before: str = "") -> Any:
    """The reports about governance, the newest first, with what they are called."""
    cut = keyset.cut(GovernanceReport.objects.defer("content"), "-made_at", "-id", after=after, before=before)
    return [Row(row, report_governance.title(row)) for row in cut.rows], cut.newer, cut.older


def asked(user: User) -> list[ReportReading]:
    """Published reviews that `user` was asked to read, has not, and may still open; one query, and none when the page
    has asked."""
    rows = ReportReading.objects.filter(user=user, read_at=None, postmortem__state=Postmortem.State.PUBLISHED)
    rows = rows.filter(postmortem__incident__in=Incident.objects.visible_to(user))
    rows = rows.select_related("postmortem__incident").order_by("asked_at", "pk")
    return access.once(user, "reports.asked", lambda: list(rows[:FEW]))


def own(review: Postmortem, user: User) -> ReportReading | None:
    """That `user` was asked to read `review`; one query."""
    return ReportReading.objects.filter(postmortem=review, user=user).first()


def home(user: User, *, at: datetime) -> list[Item]:
    """Reports that I was asked to read."""
    return [
        Item(
            title=_("Please read: %(title)s") % {"title": row.postmortem.incident.title},
            reason=_("You had to do with it, so what was learned concerns you."),
            url=reverse("incidents:review-report", args=[row.postmortem.reference]),
            button=_("Read"),
            severity=row.postmortem.incident.severity,
        )
        for row in asked(user)
    ]


def register() -> None:
    registry.home_cards.add("incidents.reports", home)
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS)
