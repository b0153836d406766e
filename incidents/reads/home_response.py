"""What the response to incidents wants of a person now: a word on scope and aim, an update that others wait for."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from governance.rules import cadence
from incidents.models import Incident, Participant, ScopeAnswer, ScopeStatement
from incidents.models.response import Function
from incidents.reads import audiences, scopes, updates
from incidents.reads.clocks import UPDATE
from portal import access, registry
from portal.models import Timer, User
from portal.models.timers import TimerState
from portal.reads.home import Item

MOST = 5
"""More than anybody says at once; the rest comes when these are done."""
READ = 50
"""How many are looked at for them; what somebody has agreed to stays open and must not hide what waits."""


def _asked_about(user: User) -> QuerySet[Incident]:
    """Open incidents in which `user` takes part, the most severe first."""
    working = [Participant.Role.TOLD, Participant.Role.JOINED]
    here = Participant.objects.filter(user=user, role__in=working).values("incident")
    return Incident.objects.open().filter(pk__in=here).order_by("severity", "-reported_at", "-id")


def _to_agree(user: User) -> list[Incident]:
    """Open incidents whose scope and aim wait for the word of `user`; asked once for a page.

    One query, and those of ``scopes.of`` for each that is neither agreed to by everybody nor overruled.
    """
    return access.once(user, "incidents.to_agree", lambda: list(islice(_asked(user), MOST)))


def _asked(user: User) -> Iterator[Incident]:
    newest = ScopeStatement.objects.filter(incident=OuterRef("pk")).order_by("-number")
    said = ScopeAnswer.objects.filter(statement=OuterRef("newest")).order_by()
    agreed = said.filter(agrees=True).values("statement").annotate(n=Count("function", distinct=True)).values("n")
    stated = _asked_about(user).annotate(
        overruled=Subquery(newest.values("overruled")[:1]), newest=Subquery(newest.values("pk")[:1])
    )
    stated = stated.filter(overruled=False).annotate(
        agreed=Coalesce(Subquery(agreed), 0), objected=Exists(said.filter(agrees=False))
    )
    for incident in stated.filter(Q(agreed__lt=len(Function)) | Q(objected=True))[:READ]:
        if scopes.of(incident, user).is_asked:
            yield incident


def scope(user: User, *, at: datetime) -> list[Item]:
    """Scope and aim that wait for the word of a function for which I speak; one query where nothing is stated."""
    return [
        Item(
            title=_("Agree to scope and aim, or object: %(title)s") % {"title": incident.title},
            reason=_("Nothing is repaired before product, engineering, operations and support have agreed."),
            url=f"{reverse('incidents:playbook', args=[incident.reference])}#scope",
            button=_("Read it"),
            severity=incident.severity,
            tone="warn",
        )
        for incident in _to_agree(user)
    ]


def _owed(user: User) -> dict[UUID, list[tuple[str, str]]]:
    """[(since when it is due, audience)] of what `user` was reminded to write, by incident; one query for a page."""
    return access.once(user, "incidents.owed", lambda: dict(islice(_reminded(user), MOST)))


def _reminded(user: User) -> Iterator[tuple[UUID, list[tuple[str, str]]]]:
    for timer in _reminders(user):
        if found := list(_mine(timer, user)):
            yield timer.subject_id, found


def update(user: User, *, at: datetime) -> list[Item]:
    """Updates that I was reminded of and that nobody has written yet; one query where nothing waits."""
    owed = _owed(user)
    rows = Incident.objects.filter(pk__in=owed).select_related("communication") if owed else []
    return [item for incident in rows for item in _cards(incident, owed[incident.pk], at)]


def number(user: User) -> int:
    """How many of these cards there are, for the menu; two queries where nothing waits, and none beside the cards."""
    return len(_to_agree(user)) + len(_owed(user)) if user.is_active else 0


def _reminders(user: User) -> Iterable[Timer]:
    armed = Timer.objects.filter(kind=UPDATE, state=TimerState.ARMED, subject_type=Incident._meta.label_lower)
    return armed.filter(subject_id__in=_asked_about(user).order_by().values("pk")).only("subject_id", "data")


def _mine(timer: Timer, user: User) -> Iterator[tuple[str, str]]:
    """(since when it is due, audience) of what `user` was reminded to write."""
    for audience, mark in timer.data.get("marks", {}).items():
        if mark.get("to") == str(user.pk):
            yield mark["due"], audience


def _cards(incident: Incident, owed: list[tuple[str, str]], at: datetime) -> Iterator[Item]:
    plan = audiences.plan_of(incident)
    if plan is None:
        return
    known = plan.content.audience_by_key
    names = ", ".join(known[key].title for _due, key in sorted(owed) if key in known)
    due, audience = min(owed)
    due_at = parse_datetime(due)
    then = updates.otherwise(due_at, at=at)
    yield Item(
        title=_("Write the update: %(title)s") % {"title": incident.title},
        reason=" ".join([_("%(audience)s wait for it.") % {"audience": names}, then]),
        url=f"{reverse('incidents:update-new', args=[incident.reference])}?{urlencode({'audience': audience})}",
        button=_("Write update"),
        due_at=due_at,
        severity=incident.severity,
        grace=cadence.LEAST_GRACE,
    )


def register() -> None:
    registry.home_cards.add("incidents.scope", scope)
    registry.home_cards.add("incidents.update", update)
    registry.nav_counts.add("now.response", number)
