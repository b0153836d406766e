"""The clock asks for reviews: a day before they are due, when they are, and every week until they are published."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from incidents.models import Incident, Postmortem
from incidents.services import cases, messages, participants, timeline
from portal import audit, operators, roles, timers
from portal.models import Membership, Timer, User

DUE = "review.due"
REMINDED_BEFORE = timedelta(days=1)
AGAIN = timedelta(days=7)
SOON, OVERDUE = "soon", "overdue"
FACTS = ("reference", "severity", "title", "workflow")


def promise(review: Postmortem, *, at: datetime) -> None:
    """Call it to mind before it is due, or at once when it is due; what was promised before counts no more."""
    timers.supersede(subject=review, at=at, reason="another time", kinds=[DUE])
    timers.schedule(kind=DUE, subject=review, due_at=max(review.due_at - REMINDED_BEFORE, at), at=at)


def tell(which: str, review: Postmortem, to: Iterable[User], key: str, *, at: datetime, **more: Any) -> None:
    """A message about `review`, which leads to its page."""
    url = settings.SITE_URL + review.get_absolute_url()
    facts = {"which": which, "review": review.reference, "due_at": review.due_at, "url": url} | more
    messages.tell("incident.review", review.incident, to, key, at=at, **facts)


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``review.due``."""
    known = Postmortem.objects.in_bulk([timer.subject_id for timer in rows])
    held = cases.lock_free({review.incident_id for review in known.values()})
    left = set()
    for timer in rows:
        review = known.get(timer.subject_id)
        if review is None:
            continue
        if review.incident_id not in held:
            left.add(timer.pk)
            continue
        rows_of = Postmortem.objects.select_for_update(no_key=True, of=("self",)).select_related("owner")
        review = rows_of.get(pk=review.pk)
        if review.state == Postmortem.State.OPEN:
            review.incident = held[review.incident_id][0]
            _remind(review, times=int(timer.data.get("times", 0)), at=at)
    return left


def _remind(review: Postmortem, *, times: int, at: datetime) -> None:
    """Tell those who can do something: the owner, once it is due the team too, a week later governance."""
    is_over = review.due_at <= at
    which = OVERDUE if is_over else SOON
    people = recipients(review, times) if is_over else [review.owner] if review.owner else recipients(review, 0)
    following = at + AGAIN if is_over else review.due_at
    data = {"times": times + is_over}
    timers.schedule(kind=DUE, subject=review, due_at=following, at=at, data=data)
    if not people:
        facts = {"subject": review.reference, "reason": "nobody"}
        operators.alert(what="review_unowned", subject=review.incident, key=str(review.pk), facts=facts, at=at)
        return
    participants.let_in(review.incident, people, at=at)
    said = {"which": which, "people": [str(person) for person in people], "reference": review.reference}
    verb = {SOON: "review_soon", OVERDUE: "review_overdue"}[which]
    timeline.add(review.incident, verb=verb, by=None, at=at, data=said)
    action = audit.current()
    if action is not None:
        action.record(verb=f"incident.{verb}", target=review.incident, data=said)
    key = f"review:{review.pk}:{which}:{times}:{messages.iso(review.due_at)}"
    tell(which, review, people, key, at=at, name=str(review.owner or ""))


def recipients(review: Postmortem, times: int) -> list[User]:
    """Who hears that a review is late: its owner and who led, with the team's admins; from the second time governance.

    Active people only.
    """
    keys = {key for key in (review.owner_id, review.handed_by_id, review.incident.lead_id) if key is not None}
    keys |= team_admins(review.incident)
    if times or not keys:
        governance = User.objects.active().filter(groups__name=roles.GOVERNANCE_ADMIN)
        keys |= set(governance.values_list("pk", flat=True))
    return list(User.objects.active().filter(pk__in=keys).order_by("name", "pk"))


def team_admins(incident: Incident) -> set[UUID]:
    """The active admins of the team that answers for `incident`; one query."""
    team = Membership.objects.filter(group__team=incident.team_id).values("user")
    admins = User.objects.active().filter(pk__in=team, groups__name=roles.TEAM_ADMIN)
    return set(admins.values_list("pk", flat=True))
