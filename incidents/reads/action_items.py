"""Actions that follow incidents: whose they are, how they weigh, and whether they help (D94-D96)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incidents.models import ActionItem, EffectCheck, HelpAnswer, Incident, Recurrence
from portal import access as judge
from portal import registry
from portal.models import User
from portal.reads import keyset
from portal.reads.home import Item

VIEWS = ("board", "mine", "done", "dropped")
STRONG = ("cause", "pattern")
MOST = 200
LEVELS = (3, 2, 1)


@dataclass(frozen=True)
class Cell:
    """The open actions of one impact and effort; `is_first` is what to do first."""

    impact: int
    effort: int
    actions: list[ActionItem]

    @property
    def is_first(self) -> bool:
        return self.impact > self.effort


@dataclass(frozen=True)
class Page:
    """`cells` by impact (much first) and effort (little first) on the board; else `rows`, `newer` and `older`."""

    cells: list[list[Cell]]
    rows: list[ActionItem]
    newer: str = ""
    older: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class Standing:
    """One action: its checks, the newest first, answers of the people concerned, and where its cause was seen again.

    `again` is what the reader may open; `is_back`: it was seen again since somebody looked last.
    """

    item: ActionItem
    checks: list[EffectCheck]
    answers: list[HelpAnswer]
    again: list[Recurrence]
    is_back: bool


def seen(user: User) -> QuerySet[ActionItem]:
    """The actions that `user` may read: of incidents that they may open, and their own."""
    return ActionItem.objects.filter(incident__in=Incident.objects.visible_to(user)).select_related("incident", "owner")


def get(user: User, reference: str) -> ActionItem:
    """Raises ActionItem.DoesNotExist, also when `user` may not know of it."""
    rows = ActionItem.objects.select_related(
        "incident__workflow", "incident__team", "owner", "finding__postmortem", "change"
    )
    found = rows.get(reference=reference)
    if not judge.can(user, "view", found.incident):
        raise ActionItem.DoesNotExist
    return found


def waiting(user: User) -> list[ActionItem]:
    """The open actions of `user`, the soonest first; one query, and none when the page has asked before."""
    rows = ActionItem.objects.filter(owner=user, state=ActionItem.State.OPEN).select_related("incident", "owner")
    return judge.once(user, "actions.waiting", lambda: list(rows.order_by("due_at", "pk")[:MOST]))


def page(user: User, view: str, *, after: str = "", before: str = "") -> Page:
    """The board of what is open, what is `user`'s, or a page of what is over."""
    if view == "mine":
        return Page([], waiting(user))
    if view in ("done", "dropped"):
        cut = keyset.cut(seen(user).filter(state=view), "-at", "-id", after=after, before=before)
        return Page([], list(cut.rows), cut.newer, cut.older)
    rows = list(seen(user).filter(state=ActionItem.State.OPEN).order_by("due_at", "pk")[: MOST + 1])
    cells = [
        [
            Cell(impact, effort, [row for row in rows[:MOST] if (row.impact, row.effort) == (impact, effort)])
            for effort in reversed(LEVELS)
        ]
        for impact in LEVELS
    ]
    return Page(cells, [], is_cut=len(rows) > MOST)


def seen_again(item: ActionItem) -> QuerySet[Recurrence]:
    """Where the cause that `item` is about was seen again since it was done, the newest first.

    That something happens in the same workflow says nothing where the cause or the failure pattern is known.
    """
    rows = Recurrence.objects.filter(earlier__incident=item.incident_id, at__gt=item.ended_at or item.at)
    finding = item.finding
    if finding is not None and (finding.module_id or finding.cause):
        rows = rows.filter(because__in=STRONG)
    return rows.order_by("-id")


def standing(item: ActionItem, user: User) -> Standing:
    """What is known of `item`; four queries."""
    checks = list(item.checks.select_related("by").order_by("-id")[:MOST])
    answers = list(item.answers.select_related("user").order_by("-at", "-pk")[:MOST])
    again = list(seen_again(item).select_related("incident")[:MOST])
    may = set(Incident.objects.visible_to(user).filter(pk__in=[row.incident_id for row in again]).values_list("pk"))
    is_back = bool(again) and (not checks or again[0].at > checks[0].at)
    return Standing(item, checks, answers, [row for row in again if (row.incident_id,) in may], is_back)


def home(user: User, *, at: datetime) -> list[Item]:
    """Actions that I answer for."""
    return [
        Item(
            title=_("See to it: %(title)s") % {"title": row.title},
            reason=_("So that %(reference)s does not come back.") % {"reference": row.incident.reference},
            url=row.get_absolute_url(),
            button=_("Open it"),
            due_at=row.due_at,
            start=row.at,
        )
        for row in waiting(user)
    ]


def register() -> None:
    registry.home_cards.add("incidents.actions", home)
