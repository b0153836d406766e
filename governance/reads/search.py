"""Workflows and on-call schedules that fit some words, for the search of the portal."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Schedule, Workflow
from portal import registry
from portal.models import User
from portal.reads.search import Found, Hit

WORDS = 6


def _named(text: str, *fields: str) -> Q:
    """Each word stands in one of `fields`."""
    chosen = Q()
    for word in text.replace('"', " ").split()[:WORDS]:
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        chosen &= one
    return chosen


def workflows(user: User, text: str, *, limit: int) -> Found | None:
    if not (chosen := _named(text, "name", "key", "aliases")):
        return None
    rows: Any = Workflow.objects.visible_to(user).in_use().filter(chosen).select_related("team")
    hits = [
        Hit(row.name, reverse("governance:ownership-workflow", args=[row.key]), row.team.name)
        for row in rows.order_by("name", "key")[:limit]
    ]
    return Found(_("Processes"), hits)


def schedules(user: User, text: str, *, limit: int) -> Found | None:
    if not (chosen := _named(text, "name", "key")):
        return None
    rows = Schedule.objects.filter(chosen).select_related("team").order_by("name", "key")[:limit]
    return Found(_("On-call schedules"), [Hit(row.name, reverse("governance:oncall"), row.team.name) for row in rows])


def register() -> None:
    registry.search.add("2 workflows", workflows)
    registry.search.add("3 schedules", schedules)
