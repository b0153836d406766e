"""When people are away and who stands in."""

from datetime import datetime

from django.utils.translation import gettext as _

from portal import access, audit, registry
from portal.errors import DomainError
from portal.models import Absence, User
from portal.services import people


class BadAbsence(DomainError):
    """The times or the cover cannot be; `field` is the one that would have to change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Gone(DomainError):
    """The absence was taken back."""


def add(
    *,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    cover: User | None,
    by: User,
    at: datetime,
    follows: bool = True,
) -> Absence:
    """`user` is away. Raises BadAbsence when it ends before it starts, overlaps, or nobody real covers.

    Here and below: without `follows` the caller calls ``follow`` once, after many.
    """
    with audit.action(actor=by, reason="away", at=at) as action:
        cover = _lock(user, cover)
        absence = Absence(user=user, starts_at=starts_at, ends_at=ends_at, cover=cover)
        access.require(by, "add", absence)
        judge(absence, at)
        absence.save()
        action.record(verb="absence.added", target=absence)
        if follows:
            follow(user, at=at)
    return absence


def change(
    *,
    absence: Absence,
    starts_at: datetime,
    ends_at: datetime,
    cover: User | None,
    by: User,
    at: datetime,
    follows: bool = True,
) -> Absence:
    """The person is away at other times, or somebody else covers. What is past stays as it was.

    Raises BadAbsence as ``add`` does, Gone, access.Refused.
    """
    with audit.action(actor=by, reason="away at other times", at=at) as action:
        cover = _lock(absence.user, cover)
        found = Absence.objects.select_for_update(no_key=True).filter(pk=absence.pk).first()
        found = moved(found, starts_at=starts_at, ends_at=ends_at, cover=cover, at=at)
        access.require(by, "change", found)
        judge(found, at)
        found.save(update_fields=["starts_at", "ends_at", "cover"])
        action.record(verb="absence.changed", target=found)
        if follows:
            follow(found.user, at=at)
    return found


def moved(
    absence: Absence | None, *, starts_at: datetime, ends_at: datetime, cover: User | None, at: datetime
) -> Absence:
    """`absence` at other times, not saved: what is past stays as it was. Raises Gone when it is over or not there."""
    if absence is None or absence.ends_at <= at:
        raise Gone(_("This was already taken back, or is over."))
    absence.starts_at = absence.starts_at if absence.starts_at <= at else max(starts_at, at)
    absence.ends_at, absence.cover = ends_at, cover
    return absence


def follow(user: User, *, at: datetime) -> None:
    """Tell the apps above that `user` may be away at other times; call inside ``audit.action``, after the change."""
    for _name, follow_up in registry.presence.items():
        follow_up(user, at=at)


def _lock(user: User, cover: User | None) -> User | None:
    """Lock both, so that no two go away at once and stand in for each other; `cover` as it is now."""
    held = people.lock(*filter(None, (user, cover)))
    return held[1] if cover is not None else None


def judge(absence: Absence, at: datetime) -> None:
    """Whether `absence` can be, as the rows are now. Raises BadAbsence."""
    if absence.ends_at <= absence.starts_at:
        raise BadAbsence("ends_at", _("You come back before you leave. Please check the times."))
    if absence.ends_at <= at:
        raise BadAbsence("ends_at", _("This is over already."))
    overlapping = Absence.objects.filter(
        user=absence.user, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at
    ).exclude(pk=absence.pk)
    if overlapping.exists():
        raise BadAbsence("starts_at", _("You have already said that you are away at that time."))
    if absence.cover is None:
        return
    if absence.cover_id == absence.user_id:
        raise BadAbsence("cover", _("Choose somebody else to stand in for you."))
    if not absence.cover.is_active:
        raise BadAbsence("cover", _("%(person)s does not work here any more.") % {"person": absence.cover})
    away = Absence.objects.filter(user=absence.cover, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at)
    if away.exists():
        raise BadAbsence("cover", _("%(person)s is away then, too.") % {"person": absence.cover})


def cancel(*, absence: Absence, by: User, at: datetime, follows: bool = True) -> None:
    """The person is here after all. Raises Gone."""
    with audit.action(actor=by, reason="here after all", at=at) as action:
        found = Absence.objects.select_for_update(no_key=True).filter(pk=absence.pk).first()
        if found is None:
            raise Gone(_("This was already taken back."))
        access.require(by, "change", found)
        action.record(verb="absence.cancelled", target=found)
        user = found.user
        found.delete()
        if follows:
            follow(user, at=at)
