"""Who answers instead of whom, whom one asks to stand in, and the secret address of one's own shifts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import CalendarLink, Layer, LayerMember, Override, Schedule, Swap
from governance.reads import people
from governance.rules import oncall as rules
from governance.services import handovers, ownership, versions
from portal import access, audit, outbox, registry, secrets
from portal.errors import DomainError
from portal.models import Absence, Lane, User
from portal.models.people import DataClass
from portal.services import people as members

SHIFT = "oncall.shift"
FACTS = {
    "kind": DataClass.PUBLIC,  # asked, offered, accepted, declined, dropped; yours, taken, nobody, back, plan
    "url": DataClass.PUBLIC,
    "from_at": DataClass.PUBLIC,
    "until_at": DataClass.PUBLIC,
    "back_from_at": DataClass.PUBLIC,  # what is offered in exchange
    "back_until_at": DataClass.PUBLIC,
    "schedule": DataClass.INTERNAL,
    "name": DataClass.INTERNAL,
    "person": DataClass.INTERNAL,
    "reason": DataClass.CONFIDENTIAL,
}
LONGEST = timedelta(days=92)


class BadOverride(DomainError):
    """The times or the person cannot be."""


class Gone(DomainError):
    """The override was taken back, or is over."""


def register() -> None:
    """Name the message about shifts to the outbox, and what ends when people leave."""
    registry.event_types.add(SHIFT, outbox.EventType(name=SHIFT, lane=Lane.URGENT, data_classes=FACTS))
    registry.leaving.add("governance.calendar", pass_on)


def take_over(
    *, schedule: Schedule, from_at: datetime, until_at: datetime, reason: str, by: User, at: datetime
) -> Override:
    """`by` answers in [from_at, until_at) instead of whoever would, who are told.

    What has begun is taken from `at` on: nobody changes who answered before. Raises BadOverride, access.Refused.
    """
    return _override("take", schedule, by, from_at, until_at, reason, by, at)


def put_in(
    *,
    schedule: Schedule,
    person: User | None,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    by: User,
    at: datetime,
) -> Override:
    """`person` (None: deliberately nobody) answers in [from_at, until_at), says whoever keeps the schedule.

    `person` and those who would have answered are told. Raises BadOverride, access.Refused.
    """
    return _override("change", schedule, person, from_at, until_at, reason, by, at)


def _override(
    action: str,
    schedule: Schedule,
    person: User | None,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    by: User,
    at: datetime,
) -> Override:
    with audit.action(actor=by, reason=reason, at=at) as done:
        person = members.lock(person)[0] if person is not None else None
        schedule = locked(schedule)
        access.require(by, action, schedule)
        from_at = judge(schedule, person, from_at, until_at, reason, at)
        relieved = on_duty(schedule, from_at, until_at, at)
        override = Override(
            schedule=schedule, person=person, from_at=from_at, until_at=until_at, why=reason.strip(), by=by
        )
        override.save(force_insert=True)
        done.record(verb="oncall.overridden", target=schedule, data={"override": str(override.pk)})
        tell("taken" if person else "nobody", override, relieved - {override.person_id, by.pk}, at)
        if person is not None and person != by:
            tell("yours", override, {person.pk}, at)
        handovers.replan([schedule.pk], at=at, told=handovers.Told(from_at, until_at))
    return override


def change(*, override: Override, until_at: datetime, reason: str, by: User, at: datetime) -> Override:
    """The override ends at another time; who answers more or less by that is told.

    Raises Gone, BadOverride, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as done:
        members.lock(*filter(None, [override.person]))
        schedule = locked(override.schedule)
        found = _present(override, at)
        access.require(by, "change", found)
        if until_at == found.until_at:
            raise BadOverride(_("It ends at that time already."))
        judge(schedule, found.person, found.from_at, until_at, reason, at)
        before, found.until_at = found.until_at, until_at
        first, last = min(before, until_at), max(before, until_at)
        others = on_duty(schedule, first, last, at) if until_at > before else set()
        found.save(update_fields=["until_at"])
        others |= on_duty(schedule, first, last, at) if until_at < before else set()
        done.record(verb="oncall.override_changed", target=schedule, data={"override": str(found.pk)})
        key = f"{found.pk}:{at.isoformat()}"
        tell("yours", found, {found.person_id} - {by.pk}, at, key)
        part = Override(schedule=schedule, person=found.person, from_at=first, until_at=last, why=reason, by=by)
        kind = "back" if until_at < before else "taken" if found.person_id else "nobody"
        tell(kind, part, others - {found.person_id, by.pk}, at, key)
        handovers.replan([schedule.pk], at=at, told=handovers.Told(first, last))
    return found


def withdraw(*, override: Override, by: User, at: datetime) -> None:
    """The schedule holds again from `at` on: what has begun ends now, what is to come never was.

    Whoever answers then is told. Raises Gone, access.Refused.
    """
    with audit.action(actor=by, reason="taken back", at=at) as done:
        schedule = locked(override.schedule)
        found = _present(override, at)
        access.require(by, "change", found)
        done.record(verb="oncall.override_withdrawn", target=schedule, data={"override": str(found.pk)})
        concerned = {found.person_id, found.by_id}
        ahead = Override(
            pk=found.pk,
            schedule=schedule,
            person=found.person,
            from_at=max(found.from_at, at),
            until_at=found.until_at,
            why=found.why,
            by=by,
        )
        if found.from_at < at:
            found.until_at = at
            found.save(update_fields=["until_at"])
        else:
            found.delete()
        concerned |= on_duty(schedule, ahead.from_at, ahead.until_at, at)
        tell("back", ahead, concerned - {None, by.pk}, at)
        handovers.replan([schedule.pk], at=at, told=handovers.Told(ahead.from_at, ahead.until_at))


def locked(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_for_update(no_key=True, of=("self",)).select_related("team").get(pk=schedule.pk)


def _present(override: Override, at: datetime) -> Override:
    found = Override.objects.select_related("person", "schedule__team").filter(pk=override.pk, until_at__gt=at).first()
    if found is None:
        raise Gone(_("This was already taken back, or is over."))
    return found


def judge(
    schedule: Schedule, person: User | None, from_at: datetime, until_at: datetime, reason: str, at: datetime
) -> datetime:
    """When it begins, which is never before `at`. Raises BadOverride."""
    if not schedule.is_active:
        raise BadOverride(_("This schedule is not in use any more."))
    if until_at <= from_at:
        raise BadOverride(_("The shift ends before it starts. Please check the times."))
    if until_at <= at:
        raise BadOverride(_("This shift is over already."))
    if until_at - from_at > LONGEST:
        raise BadOverride(_("Three months at most. Change the schedule itself for longer than that."))
    if not reason.strip():
        raise BadOverride(_("Please say why."))
    from_at = max(from_at, at)
    if person is None:
        return from_at
    if not person.is_active:
        raise BadOverride(_("%(person)s does not work here any more.") % {"person": person})
    if Absence.objects.filter(user=person, starts_at__lt=until_at, ends_at__gt=from_at).exists():
        raise BadOverride(_("%(person)s is away then.") % {"person": person})
    return from_at


def on_duty(schedule: Schedule, from_at: datetime, until_at: datetime, at: datetime) -> set[UUID | None]:
    """Who answers in [from_at, until_at) as things stand."""
    folk = people.facts(at)
    if schedule.pk not in folk.schedules:
        return set()
    return {item.person for item in rules.shifts(folk.schedules[schedule.pk], folk, from_at, until_at)} - {None}


def tell(kind: str, shift: Override | Swap, to: Iterable[Any], at: datetime, key: str = "", **more: str) -> list[Any]:
    """One message about `shift` to each of `to` (ids); the same about the same times is told once."""
    wanted = [pk for pk in to if pk is not None]
    if not wanted:
        return []
    about = f"{key or shift.pk}:{shift.schedule_id}:{shift.from_at.isoformat()}:{shift.until_at.isoformat()}"
    return outbox.enqueue(
        event=SHIFT,
        subject=shift.schedule,
        to=User.objects.active().filter(pk__in=wanted),
        key=f"{SHIFT}:{kind}:{secrets.digest(about)[:32]}",
        at=at,
        context={
            "kind": kind,
            "url": settings.SITE_URL + reverse("governance:oncall"),
            "from_at": shift.from_at.isoformat(),
            "until_at": shift.until_at.isoformat(),
            "back_from_at": "",
            "back_until_at": "",
            "schedule": shift.schedule.name,
            "name": str(shift.by),
            "person": str(shift.person or ""),
            "reason": shift.why,
        }
        | more,
    )


# The members of a layer


def set_members(*, layer: Layer, people: Sequence[User]) -> None:
    """`people` take turns in this order; call inside ``audit.action``. Unchanged turns write nothing."""
    known = {row.position: row for row in LayerMember.objects.filter(layer=layer)}
    for position, person in enumerate(people):
        row = known.pop(position, None) or LayerMember(layer=layer, position=position)
        if row.person_id != person.pk:
            row.person = person
            row.save()
    for row in known.values():
        row.delete()


def hold_matrices() -> None:
    """Lock the matrices before a schedule changes: a publication holds them while it compiles all workflows."""
    versions.lock_matrices()


def show_to_members() -> None:
    """Whoever has a turn in a schedule sees the workflows that it answers for; call after ``hold_matrices``."""
    ownership.rebuild()


# The calendar of one person


def make_calendar_link(*, by: User, at: datetime) -> str:
    """A new secret for the calendar of `by`, 256 bits, shown once; the one before leads nowhere any more.

    Raises access.Refused when `by` has left.
    """
    secret = secrets.token("")
    with audit.action(actor=by, reason="calendar link", at=at) as done:
        members.lock_active(by)
        link = CalendarLink.objects.filter(person=by).first() or CalendarLink(person=by)
        link.digest, link.made_at = secrets.digest(secret), at
        link.save()
        done.record(verb="oncall.calendar_link_made", target=by)
    return secret


def revoke_calendar_link(*, by: User, at: datetime) -> None:
    """The secret address leads nowhere any more. Raises Gone."""
    with audit.action(actor=by, reason="calendar link revoked", at=at):
        members.lock(by)
        if not _end_calendar_link(by):
            raise Gone(_("There is no calendar link."))


def pass_on(*, person: User, by: User, at: datetime) -> None:
    """`person` has left: the address of their calendar leads nowhere, and stays so when they come back."""
    _end_calendar_link(person)


def _end_calendar_link(person: User) -> bool:
    """Whether there was one; inside an action, under the lock of `person`."""
    action = audit.current()
    assert action is not None
    link = CalendarLink.objects.filter(person=person).first()
    if link is not None:
        link.delete()
        action.record(verb="oncall.calendar_link_revoked", target=person)
    return link is not None
