"""Governance reviews: what is on the agenda, who is asked, what is open and what was decided (D61, D96, D115).

Facts are English sentences of templates (``sentences.stored``), so that a sealed agenda is read in any language.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from governance.documents.sentences import stored as _
from governance.models import Board, BoardSeat, ChangeRequest, GovernanceReview, Platform, Workflow
from governance.models.catalog import Lifecycle
from governance.models.changes import ChangeModel, Retrospective
from governance.reads import attestations, checks, sentences, training
from portal import access, history, registry, roles
from portal.models import Membership, Timer, User
from portal.models.timers import TimerState
from portal.reads.home import Item

POINTS = {
    "platforms": gettext_lazy("What the platforms can do, and what has changed"),
    "security": gettext_lazy("Security and who may do what"),
    "customers": gettext_lazy("What customers expect, and what they have felt"),
    "actions": gettext_lazy("Open actions and their effect"),
    "documents": gettext_lazy("Documents that somebody has to look at"),
    "emergencies": gettext_lazy("Emergency changes since the last review"),
    "gaps": gettext_lazy("Gaps in reading, training and boards"),
}
"""The points of every agenda, in order."""
QUARTER = "governance_review.quarter"
"""The timer that opens the review of a quarter, and its key."""
NAMED = 5
SHOWN = 50
ALL_WELL = _("Nothing to report.")
PLATFORMS = _("%(platforms)d platforms carry %(workflows)d live workflows.")
CHANGED = _("Changed since: %(names)s.")
MAY = _("%(publishers)d governance admins and %(admins)d administrators of the portal.")
NO_FACTOR = _("%(count)d of them sign in without a second factor.")
WAITING = _("%(count)d change requests are open, the oldest since %(day)s.")
NO_CHANGE = _("No change request is open.")
LAST = _("The last review, %(reference)s, decided: %(outcome)s")
STALE = _("%(count)d documents are overdue or to be checked again.")
NO_DAY = _("%(count)d documents have no day on which somebody looks at them.")
EMERGENCIES = _("%(count)d emergency changes since %(day)s, of %(all)d in all.")
EMERGENCIES_EVER = _("%(count)d emergency changes so far, of %(all)d in all.")
RETROSPECTIVE = _("%(waiting)d wait for their review afterwards, %(rejected)d were rejected.")
UNREAD = _("%(count)d times somebody has not read what they act by: %(names)s.")
UNTRAINED = _("%(count)d people lack training that their role asks for.")
EMPTY_BOARD = _("Nobody sits on the board %(name)s.")


@dataclass(frozen=True)
class Point:
    """One point of an agenda in the reader's words."""

    key: str
    title: str
    facts: tuple[str, ...]
    note: str


def points(review: GovernanceReview) -> list[Point]:
    """The agenda of `review`; no query."""
    return [
        Point(
            item["key"],
            str(POINTS.get(item["key"], item.get("title", item["key"]))),
            tuple(map(sentences.said, item["facts"])),
            item.get("note", ""),
        )
        for item in review.agenda
    ]


def agenda(*, at: datetime) -> list[dict[str, Any]]:
    """What there is to talk about at `at`: facts since the last review that was held; a constant number of queries."""
    last = GovernanceReview.objects.filter(held_at__isnull=False).order_by("-held_at").first()
    since = last.held_at if last else None
    found: dict[str, list[str]] = {key: [] for key in POINTS}
    for key, tell in _TELLERS.items():
        found[key] += map(str, tell(last, since, at))
    for _name, more in registry.agenda.items():
        for key, facts in more(since, at=at).items():
            found[key] += map(str, facts)
    return [{"key": key, "facts": facts or [str(ALL_WELL)], "note": ""} for key, facts in found.items()]


def _platforms(last: Any, since: datetime | None, at: datetime) -> Iterator[str]:
    live = Workflow.objects.filter(lifecycle=Lifecycle.LIVE).count()
    yield PLATFORMS % {"platforms": Platform.objects.count(), "workflows": live}
    rows = history.model_of(Platform)._base_manager.filter(history_type=history.CHANGED)
    rows = rows.filter(history_date__gt=since) if since else rows
    names = sorted(set(rows.values_list("name", flat=True)))
    if names:
        yield CHANGED % {"names": _some(names)}


def _security(last: Any, since: datetime | None, at: datetime) -> Iterator[str]:
    held = Membership.objects.filter(user__is_active=True)
    counts = held.aggregate(
        publishers=Count("user", filter=Q(group__name=roles.GOVERNANCE_ADMIN), distinct=True),
        admins=Count("user", filter=Q(group__name=roles.ADMIN), distinct=True),
    )
    yield MAY % counts
    powerful = held.filter(group__name__in=[roles.GOVERNANCE_ADMIN, roles.ADMIN]).values("user")
    proved = Authenticator.objects.filter(user__in=powerful).values("user")
    bare = User.objects.filter(pk__in=powerful).exclude(pk__in=proved).count()
    if bare:
        yield NO_FACTOR % {"count": bare}


def _actions(last: GovernanceReview | None, since: datetime | None, at: datetime) -> Iterator[str]:
    if last is not None:
        yield LAST % {"reference": last.reference, "outcome": last.outcome}
    requests = list(ChangeRequest.objects.all().open().order_by("requested_at").values_list("requested_at", flat=True))
    if requests:
        day = checks.today(requests[0]).isoformat()
        yield WAITING % {"count": len(requests), "day": day}
    else:
        yield NO_CHANGE


def _documents(last: Any, since: datetime | None, at: datetime) -> Iterator[str]:
    for sentence, count in ((STALE, checks.overdue(at=at)), (NO_DAY, checks.without_day())):
        if count:
            yield sentence % {"count": count}


def _emergencies(last: Any, since: datetime | None, at: datetime) -> Iterator[str]:
    rows = ChangeRequest.objects.filter(published_at__isnull=False)
    rows = rows.filter(published_at__gt=since) if since else rows
    counts = rows.aggregate(
        all=Count("pk"),
        count=Count("pk", filter=Q(model=ChangeModel.EMERGENCY)),
        waiting=Count("pk", filter=Q(retrospective=Retrospective.WAITING)),
        rejected=Count("pk", filter=Q(retrospective=Retrospective.REJECTED)),
    )
    counted = {"count": counts["count"], "all": counts["all"]}
    yield EMERGENCIES % (counted | {"day": checks.today(since).isoformat()}) if since else EMERGENCIES_EVER % counted
    if counts["count"]:
        yield RETROSPECTIVE % {"waiting": counts["waiting"], "rejected": counts["rejected"]}


def _gaps(last: Any, since: datetime | None, at: datetime) -> Iterator[str]:
    unread = [(line.document.title, line.asked - line.read) for line in attestations.listed(at=at)]
    if any(count for _title, count in unread):
        names = [title for title, count in unread if count]
        yield UNREAD % {"count": sum(count for _title, count in unread), "names": _some(names)}
    untrained = {gap.person for gap in training.gaps(at=at)}
    if untrained:
        yield UNTRAINED % {"count": len(untrained)}
    day = checks.today(at)
    seated = BoardSeat.objects.all().in_office(day).filter(person__is_active=True).values("board")
    for name in Board.objects.filter(is_active=True).exclude(pk__in=seated).values_list("name", flat=True)[:NAMED]:
        yield EMPTY_BOARD % {"name": name}


_TELLERS = {
    "platforms": _platforms,
    "security": _security,
    "actions": _actions,
    "documents": _documents,
    "emergencies": _emergencies,
    "gaps": _gaps,
}


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")


def keepers(*, at: datetime) -> list[User]:
    """Who is asked to hold governance reviews: governance admins and those who sit on a board; one query."""
    seats = BoardSeat.objects.all().in_office(checks.today(at)).filter(board__is_active=True).values("person")
    named = Membership.objects.filter(group__name=roles.GOVERNANCE_ADMIN).values("user")
    return list(User.objects.active().filter(Q(pk__in=seats) | Q(pk__in=named)).order_by("name", "pk"))


def waiting() -> list[GovernanceReview]:
    """Those that nobody has held, the soonest first; one query."""
    return list(GovernanceReview.objects.filter(held_at=None).order_by("due_at", "pk")[:SHOWN])


def next_on() -> date | None:
    """The day on which the clock opens the next one; None while nothing is in force that it could be about."""
    due = Timer.objects.filter(kind=QUARTER, state=TimerState.ARMED).order_by("due_at").values_list("due_at", flat=True)
    first = due.first()
    return checks.today(first) if first is not None else None


def held() -> list[GovernanceReview]:
    """Those that were held, newest first; one query."""
    rows = GovernanceReview.objects.filter(held_at__isnull=False).select_related("held_by")
    return list(rows.order_by("-held_at", "-pk")[:SHOWN])


def card(user: User, *, at: datetime) -> list[Item]:
    """What governance admins and members of boards have to hold within its time."""
    if not {roles.GOVERNANCE_ADMIN, roles.BOARD_MEMBER} & set(access.groups(user).values()):
        return []
    return [
        Item(
            title=gettext("Hold the governance review: %(title)s") % {"title": sentences.said(review.title)},
            reason=gettext("It stays open until somebody has written down what came of it."),
            url=reverse("governance:governance-review", args=[review.reference]),
            button=gettext("Open"),
            due_at=review.due_at,
            start=review.opened_at,
        )
        for review in waiting()[:NAMED]
    ]
