"""Which documents somebody has to look at again: their day has come, or what they name has changed (D56, D96)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from governance.models import ChangeRequest, Document, DocumentCheck
from governance.reads import sentences
from governance.rules import keeping
from portal import access, roles
from portal.models import User
from portal.reads.home import Item

SOON = timedelta(days=keeping.NOTICE_DAYS)
SHOWN = 20
FEW = 3


@dataclass(frozen=True)
class Line:
    """A document in the list: what is the matter with it in words, and how loud that is (bad, warn, ok or "")."""

    document: Document
    words: str
    tone: str
    may_check: bool


def today(at: datetime) -> date:
    """The day that it is at `at` where the portal is at home."""
    return timezone.localdate(at, timezone.get_default_timezone())


def morning(day: date) -> datetime:
    """When people hear of what is due on `day`."""
    return keeping.morning(day, str(timezone.get_default_timezone()))


def state(document: Document, *, on: date) -> tuple[str, str]:
    """What is the matter with `document` on a day, in words, and the tone of it; no query."""
    if document.recheck_since is not None:
        return _("To be checked again since %(day)s: %(why)s") % {
            "day": in_words(today(document.recheck_since)),
            "why": sentences.said(document.recheck_why),
        }, "warn"
    if document.review_by is None:
        return _("No day is set on which somebody looks at it again."), ""
    said = {"day": in_words(document.review_by)}
    if document.review_by < on:
        return _("Somebody should have looked at it by %(day)s.") % said, "bad"
    if document.review_by - on <= SOON:
        return _("Somebody has to look at it by %(day)s.") % said, "warn"
    return _("To be looked at by %(day)s.") % said, "ok"


def in_words(day: date) -> str:
    """A day of any year, e.g. ``12 Mar 2026``."""
    return date_format(day, pgettext("date format", "j M Y"))


def stale(versions: Iterable[UUID], *, at: datetime) -> dict[UUID, str]:
    """Those of `versions` (ids) whose document is overdue or to be checked again, with the reason; one query."""
    day = today(at)
    rows = _stale(day).filter(versions__in=list(versions)).values_list("versions", *FIELDS)
    return {row[0]: state(Document(**dict(zip(FIELDS, row[1:], strict=True))), on=day)[0] for row in rows}


def stale_of(document: Document, *, at: datetime) -> str:
    """Why somebody should look at `document` again, empty when it is in time; no query."""
    day = today(at)
    is_late = document.review_by is not None and document.review_by < day
    return state(document, on=day)[0] if is_late or document.recheck_since is not None else ""


FIELDS = ("review_by", "recheck_since", "recheck_why")


def _stale(day: date) -> "QuerySet[Document]":
    return Document.objects.filter(Q(review_by__lt=day) | Q(recheck_since__isnull=False))


def overdue(*, at: datetime) -> int:
    """How many documents in force are overdue or to be checked again."""
    return _stale(today(at)).filter(effective_version__isnull=False).count()


def without_day() -> int:
    """How many documents in force have no day on which somebody looks at them again."""
    return Document.objects.filter(effective_version__isnull=False, review_by=None).count()


def accountable(documents: Collection[Document]) -> dict[UUID, list[User]]:
    """Whoever asked for the version in force of each of `documents`, and all governance admins; two queries."""
    admins = list(User.objects.active().filter(groups__name=roles.GOVERNANCE_ADMIN).order_by("name"))
    versions = {item.effective_version_id: item.pk for item in documents if item.effective_version_id}
    found: dict[UUID, dict[UUID, User]] = {item.pk: {} for item in documents}
    rows = ChangeRequest.objects.filter(version__in=versions, published_at__isnull=False)
    for row in rows.select_related("requested_by").order_by("published_at"):
        if row.requested_by.is_active:
            found[versions[row.version_id]] = {row.requested_by_id: row.requested_by}
    return {key: [*({one.pk: one for one in admins} | askers).values()] for key, askers in found.items()}


def listed(user: User, *, at: datetime) -> list[Line]:
    """All documents in force, those that wait for somebody first; two queries."""
    day, rows = today(at), Document.objects.filter(effective_version__isnull=False)
    mine = set(_theirs(rows, user).values_list("pk", flat=True))
    order = {"bad": 0, "warn": 1, "": 2, "ok": 3}
    found = []
    for document in rows.select_related("effective_version"):
        words, tone = state(document, on=day)
        found.append(Line(document, words, tone, document.pk in mine))
    return sorted(found, key=lambda line: (order[line.tone], line.document.review_by or date.max, line.document.title))


def _theirs(rows: "QuerySet[Document]", user: User) -> "QuerySet[Document]":
    """Those of `rows` that `user` has to look at: governance admins at all, others at what they have asked for."""
    if roles.GOVERNANCE_ADMIN in access.groups(user).values():
        return rows
    asked = ChangeRequest.objects.filter(version=OuterRef("effective_version"), requested_by=user)
    return rows.filter(Exists(asked))


def history(document: Document) -> list[DocumentCheck]:
    """Who looked at `document`, newest first; one query."""
    return list(document.checks.select_related("by", "version").order_by("-at", "-pk")[:SHOWN])


def card(user: User, *, at: datetime) -> list[Item]:
    """What `user` has to look at again, a few one by one, many as one thing to do; one query."""
    day = today(at)
    rows = _theirs(Document.objects.filter(effective_version__isnull=False), user)
    rows = rows.filter(Q(review_by__lte=day + SOON) | Q(recheck_since__isnull=False))
    waiting = list(rows.order_by("review_by", "title")[: SHOWN + 1])
    if len(waiting) <= FEW:
        return [_item(document, day) for document in waiting]
    count = str(SHOWN) + "+" if len(waiting) > SHOWN else str(len(waiting))
    first = _item(waiting[0], day)
    return [
        Item(
            title=_("%(count)s documents wait for a check") % {"count": count},
            reason=f"{waiting[0].title}: {first.reason}",
            url=reverse("governance:checks"),
            button=_("See"),
            due_at=first.due_at,
            tone="bad" if any(state(document, on=day)[1] == "bad" for document in waiting) else "warn",
        )
    ]


def _item(document: Document, day: date) -> Item:
    words, tone = state(document, on=day)
    is_near = document.review_by is not None and document.review_by <= day + SOON
    return Item(
        title=_("Check whether it still fits: %(title)s") % {"title": document.title},
        reason=words,
        url=reverse("governance:check", args=[document.pk]),
        button=_("Check"),
        due_at=morning(document.review_by) if document.review_by and is_near else None,
        tone=tone,
    )
