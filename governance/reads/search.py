"""Workflows, on-call schedules and rules in force that fit some words, for the search of the portal."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.models import Document, Schedule, Workflow
from governance.reads import document_page
from portal import limits, registry
from portal.models import User
from portal.reads.search import Found, Hit

WORDS = 6


def _named(text: str, *fields: str) -> Q:
    """Each word stands in one of `fields`; empty without a word."""
    chosen = Q()
    for word in text.replace('"', " ").split()[:WORDS]:
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        chosen &= one
    return chosen


def workflows_named(text: str) -> Q:
    """Workflows that fit `text`, for every search for them; all without a word."""
    return _named(text, "name", "key", "aliases", "team__name")


def workflows(user: User, text: str, *, limit: int) -> Found | None:
    """Every process in use: who answers for it is for everybody to read (D13)."""
    if not (chosen := workflows_named(text)):
        return None
    rows = Workflow.objects.in_use().filter(chosen).select_related("team").order_by("name", "key")[: limit + 1]
    hits = [Hit(row.name, reverse("governance:ownership-workflow", args=[row.key]), row.team.name) for row in rows]
    more = reverse("governance:ownership") + "?" + urlencode({"q": text[: limits.NAME_LENGTH]})
    return Found(_("Processes"), hits[:limit], more if len(hits) > limit else "")


def schedules(user: User, text: str, *, limit: int) -> Found | None:
    if not (chosen := _named(text, "name", "key")):
        return None
    rows, place = Schedule.objects.filter(chosen).select_related("team"), reverse("governance:oncall")
    hits = [Hit(row.name, place, row.team.name) for row in rows.order_by("name", "key")[: limit + 1]]
    return Found(_("On-call schedules"), hits[:limit], place if len(hits) > limit else "")


def rules(user: User, text: str, *, limit: int) -> Found | None:
    """Playbooks and every other document in force, which everybody may read."""
    if not (chosen := _named(text, "title", "key")):
        return None
    rows = Document.objects.filter(chosen, effective_version__isnull=False).order_by("title", "pk")[: limit + 1]
    hits = [Hit(row.title, _address(row), capfirst(row.get_kind_display())) for row in rows]
    return Found(_("Playbooks and rules"), hits[:limit], reverse("governance:playbooks") if len(hits) > limit else "")


def _address(document: Document) -> str:
    return document_page.own_page(document) or reverse("governance:document", args=[document.pk])


def register() -> None:
    registry.search.add("2 workflows", workflows)
    registry.search.add("3 schedules", schedules)
    registry.search.add("4 rules", rules)
