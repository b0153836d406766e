"""The pattern report of each month: made by the clock, told to governance admins, looked at by a person (D29, D81).

The timer ``patterns.month`` (one in the portal) waits for the next month; it begins with the first document that is
published.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from governance.models import ChangeRequest, Document, Version
from governance.reads import checks
from governance.rules import periods
from incidents.metrics import patterns
from incidents.metrics.figures import Asked
from incidents.models import PatternReport
from portal import audit, history, outbox, registry, roles, timers
from portal.access import groups, require
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass, Membership
from portal.models.timers import TimerState

LOOKED = "pattern report looked at"
MONTH = "patterns.month"  # a timer, and its key
READY = "patterns.ready"  # a message
WEEKS = 12
FACTS = {"url": DataClass.PUBLIC, "month_at": DataClass.PUBLIC, "count": DataClass.INTERNAL}
VERBS = {
    "patterns.ready": gettext_lazy("kept the patterns of the month"),
    "patterns.looked_at": gettext_lazy("looked at the pattern report"),
}
WORDS = {LOOKED: pgettext_lazy("why", "pattern report looked at")}
LOOKERS = (roles.GOVERNANCE_ADMIN, roles.BOARD_MEMBER, roles.ADMIN)


class LookedAt(DomainError):
    """Somebody has looked at the report already; nothing was changed."""


def register() -> None:
    registry.event_types.add(READY, outbox.EventType(name=READY, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.published.add("incidents.patterns", follow)
    registry.access_rules.add(PatternReport._meta.label_lower, rule)
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS)


def rule(user: User, action: str, report: Any) -> str | None:
    """Governance admins and boards look at it for everybody."""
    if user.is_superuser or set(LOOKERS) & set(groups(user).values()):
        return None
    return _("Governance admins and members of boards look at the report.")


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """The first publication begins the monthly reports."""
    if not Timer.objects.filter(key=MONTH, state=TimerState.ARMED).exists():
        _promise(document, at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """A month begins: keep what recurs, tell the governance admins, and wait for the next month."""
    month = checks.today(at).replace(day=1)
    report = PatternReport.objects.filter(month=month).first() or _made(month, at)
    _promise(report, at)
    return set()


def _made(month: date, at: datetime) -> PatternReport:
    found = patterns.report(Asked(until=at, weeks=WEEKS))
    report = PatternReport(month=month, since=found.since, made_at=at, patterns=patterns.kept(found))
    if not history.insert_new(report):
        return PatternReport.objects.get(month=month)
    action = audit.current()
    assert action is not None, "the clock fires inside an action"
    worth = sum(bool(one.worth) for one in found.patterns)
    action.record(verb="patterns.ready", target=report, data={"times": worth})
    people = User.objects.active().filter(
        pk__in=Membership.objects.filter(group__name=roles.GOVERNANCE_ADMIN).values("user")
    )
    context = {
        "url": settings.SITE_URL + reverse("incidents:patterns-of", args=[f"{month:%Y-%m}"]),
        "month_at": checks.morning(month).isoformat(),
        "count": worth,
    }
    note = outbox.Note(
        event=READY,
        subject=report,
        to=list(people.order_by("name", "pk")),
        key=f"{READY}:{month:%Y-%m}",
        context=context,
    )
    outbox.enqueue_many([note], at)
    return report


def look(*, report: PatternReport, by: User, at: datetime) -> PatternReport:
    """`by` has looked at `report`, for everybody to see. Raises LookedAt, access.Refused."""
    with audit.action(actor=by, reason=LOOKED, at=at) as action:
        report = PatternReport.objects.select_for_update(no_key=True).get(pk=report.pk)
        require(by, "look", report)
        if report.looked_at is not None:
            raise LookedAt(_("Somebody has looked at this report already."))
        report.looked_at, report.looked_by = at, by
        report.save(update_fields=["looked_at", "looked_by"])
        action.record(verb="patterns.looked_at", target=report)
    return report


def _promise(subject: models.Model, at: datetime) -> None:
    due = checks.morning(periods.next_month(checks.today(at)))
    timers.schedule(kind=MONTH, subject=subject, due_at=due, key=MONTH, at=at)
