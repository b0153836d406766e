"""What the response to incidents wants of a person now: a word on scope and aim, an update that others wait for."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from governance.rules import cadence
from incidents.models import Incident, Participant, ScopeStatement
from incidents.reads import audiences, scopes, updates
from incidents.reads.clocks import UPDATE
from portal import registry
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


def scope(user: User, *, at: datetime) -> list[Item]:
    """Scope and aim that wait for the word of a function for which I speak; one query where nothing is stated."""
    newest = ScopeStatement.objects.filter(incident=OuterRef("pk")).order_by("-number")
    stated = _asked_about(user).annotate(overruled=Subquery(newest.values("overruled")[:1])).filter(overruled=False)
    found: list[Item] = []
    for incident in stated[:READ]:
        if len(found) == MOST:
            break
        if not scopes.of(incident, user).is_asked:
            continue
        found.append(
            Item(
                title=_("Agree to scope and aim, or object: %(title)s") % {"title": incident.title},
                reason=_("Nothing is repaired before product, engineering, operations and support have agreed."),
                url=f"{reverse('incidents:playbook', args=[incident.reference])}#scope",
                button=_("Read it"),
                severity=incident.severity,
                tone="warn",
            )
        )
    return found


def update(user: User, *, at: datetime) -> list[Item]:
    """Updates that I was reminded of and that nobody has written yet; one query where nothing waits."""
    owed = {timer.subject_id: list(_mine(timer, user)) for timer in _reminders(user)}
    wanted = [pk for pk, keys in owed.items() if keys]
    rows = Incident.objects.filter(pk__in=wanted[:MOST]).select_related("communication") if wanted else []
    return [item for incident in rows for item in _cards(incident, owed[incident.pk], at)]


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
