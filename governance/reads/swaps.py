"""Questions for cover and exchange as people see them, and what was told of coming shifts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import HandoverNotice, Swap
from governance.models.oncall import NoticeSide, SwapState
from portal.models import User
from portal.reads.home import Item

RECENT = timedelta(days=7)
SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """`of_me` wait for my answer, `by_me` are mine: those that wait, and those answered in the last week."""

    of_me: list[Swap]
    by_me: list[Swap]


def asked(user: User, *, at: datetime) -> Asked:
    """Two queries."""
    rows = Swap.objects.select_related("schedule", "by", "person").order_by("from_at", "pk")
    answered = ~Q(state__in=[SwapState.ASKED, SwapState.WITHDRAWN]) & Q(answered_at__gt=at - RECENT)
    mine = rows.filter(by=user, until_at__gt=at).filter(Q(state=SwapState.ASKED) | answered)
    return Asked(list(rows.open(at).filter(person=user)[:SHOWN]), list(mine[:SHOWN]))


def told(user: User, *, at: datetime) -> dict[tuple[UUID, datetime], datetime]:
    """When `user` was told of coming shifts, by schedule and beginning."""
    rows = HandoverNotice.objects.filter(person=user, side=NoticeSide.ON, withdrawn_at=None, until_at__gt=at)
    return {(row.schedule_id, row.shift_at): row.told_at for row in rows}


def card(user: User, *, at: datetime) -> list[Item]:
    """What somebody asks `user` to take."""
    waiting = Swap.objects.open(at).filter(person=user, schedule__is_active=True).select_related("schedule", "by")
    return [
        Item(
            title=_("%(name)s asks you to take a shift: %(schedule)s") % {"name": swap.by, "schedule": swap.schedule},
            reason=_("Nothing changes until you take it."),
            url=reverse("governance:oncall") + "#asked",
            button=_("Answer"),
            due_at=max(swap.from_at, at),
            start=swap.asked_at,
        )
        for swap in waiting.order_by("from_at")[:SHOWN]
    ]
