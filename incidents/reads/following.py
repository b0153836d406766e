"""What somebody follows, and what they may follow: as which audience, of which incident (P10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.documents.communication import Audience
from governance.rules import meetings
from incidents import access
from incidents.models import Incident, StatusUpdate, Subscription
from incidents.reads import audiences
from incidents.reads.status import Status
from portal.models import User

LISTED = 100


@dataclass(frozen=True)
class Followed:
    """A subscription in words: what its audience was told last, else only the number."""

    row: Subscription
    title: str
    audience: str


def allowed(user: User, incident: Incident, *, at: datetime) -> list[Audience]:
    """The audiences as which `user` may follow `incident`, in the order of its plan.

    As a public one whoever may know of the incident; as another one its members, and who may open the incident.
    """
    plan = audiences.plan_of(incident)
    if plan is None or not user.is_active:
        return []
    sees = access.incident_rule(user, "view", incident) is None
    if sees:
        return list(plan.content.audiences)
    mine = audiences.belongs(user, plan.content.audiences, at=at, incident=incident)
    knows = bool(mine) or access.knowable(user).filter(pk=incident.pk).exists() or _is_public(incident)
    return [item for item in plan.content.audiences if item.key in mine or (knows and item.data_class == "public")]


def _is_public(incident: Incident) -> bool:
    """Whether the whole world was told of `incident`."""
    plan = audiences.plan_of(incident)
    if plan is None:
        return False
    keys = [item.key for item in plan.content.audiences if meetings.page_of(item) == "public"]
    return StatusUpdate.objects.filter(incident=incident, state="sent", audience__in=keys).exists()


def usual(found: Sequence[Audience]) -> Audience | None:
    """The audience of `found` that says the most to somebody who waits: those inside before the world outside."""
    order = ("internal", "partners", "public", "executives", None)
    return min(found, key=lambda item: order.index(meetings.page_of(item)), default=None)


@dataclass(frozen=True)
class Card:
    """What the reader of an incident follows of it and may follow besides, as (key, title); `usual` is proposed."""

    mine: list[tuple[str, str]]
    others: list[tuple[str, str]]
    usual: str = ""


def card(user: User, incident: Incident) -> Card | None:
    """For whoever may open `incident`; None when it is over or there is no plan. Two queries."""
    plan = audiences.plan_of(incident) if incident.is_open else None
    if plan is None:
        return None
    followed = {row.audience for row in of_incident(user, incident)}
    every = plan.content.audiences
    left = [item for item in every if item.key not in followed]
    first = usual(left)
    return Card(
        [(item.key, item.title) for item in every if item.key in followed],
        [(item.key, item.title) for item in left],
        first.key if first is not None else "",
    )


@dataclass(frozen=True)
class Choice:
    """The one audience as which somebody on a tracking page may follow, and whether they do."""

    key: str
    is_followed: bool


def choice(user: User, incident: Incident, *, at: datetime) -> Choice | None:
    """None when `incident` is over or nothing of it can be followed."""
    first = usual(allowed(user, incident, at=at)) if incident.is_open else None
    if first is None:
        return None
    return Choice(first.key, any(row.audience == first.key for row in of_incident(user, incident)))


def of_incident(user: User, incident: Incident) -> list[Subscription]:
    """What `user` follows of `incident` now; one query."""
    return list(Subscription.objects.filter(user=user, incident=incident, ended_at=None).order_by("since", "pk"))


def keys(user: User) -> set[tuple[str, str]]:
    """(reference, audience) of everything that `user` follows now; one query."""
    rows = Subscription.objects.filter(user=user, ended_at=None)
    return set(rows.values_list("incident__reference", "audience"))


def offered(user: User, status: Status, *, at: datetime) -> set[str]:
    """References on a page that `user` may follow as the audience that was told there."""
    wanted = {trouble.reference: trouble.audience for trouble in status.current}
    rows = Incident.objects.filter(reference__in=wanted).select_related("workflow__team", "team", "communication")
    return {
        row.reference
        for row in rows
        if any(audience.key == wanted[row.reference] for audience in allowed(user, row, at=at))
    }


def of_user(user: User) -> list[Followed]:
    """Everything that `user` follows, newest first, with what they were told of it; three queries."""
    rows = Subscription.objects.filter(user=user, ended_at=None).select_related("incident__communication")
    found = list(rows.order_by("-since", "pk")[:LISTED])
    told = _told(row.incident_id for row in found)
    return [
        Followed(row, told.get((row.incident_id, row.audience), ""), _title(row.incident, row.audience))
        for row in found
    ]


def _told(incidents: Iterable[UUID]) -> dict[tuple[UUID, str], str]:
    """The newest subject that each audience of each incident was told."""
    rows = StatusUpdate.objects.filter(incident__in=list(incidents), state="sent").exclude(subject="")
    return {
        (key, audience): subject
        for key, audience, subject in rows.order_by("sent_at").values_list("incident_id", "audience", "subject")
    }


def _title(incident: Incident, key: str) -> str:
    plan = audiences.plan_of(incident)
    audience = plan.content.audience_by_key.get(key) if plan is not None else None
    return audience.title if audience is not None else key
