"""How much of what is to be learned waits for a person, for the number in the menu: one question on every page."""

from django.db.models import Value

from incidents.models import ActionItem, Postmortem, ReportReading
from portal import registry
from portal.models import User

MOST = 100


def number(user: User) -> int:
    """Reviews to write, actions to see to and reports to read, at most ``MOST``; one query."""
    if not user.is_active:
        return 0
    one = Value(1)
    reviews = Postmortem.objects.filter(owner=user, state=Postmortem.State.OPEN).order_by().values_list(one)
    items = ActionItem.objects.filter(owner=user, state=ActionItem.State.OPEN).order_by().values_list(one)
    reports = ReportReading.objects.filter(
        user=user, read_at=None, postmortem__state=Postmortem.State.PUBLISHED
    ).order_by()
    return len(reviews.union(items, reports.values_list(one), all=True)[:MOST])


def register() -> None:
    registry.nav_counts.add("reviews", number)
