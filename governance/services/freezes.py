"""Times in which nothing takes effect: announced with a reason, withdrawn but never deleted (D115)."""

from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, FreezeWindow
from governance.models.changes import ChangeState
from portal import limits, timers
from portal.errors import DomainError

LOOK = "change.look"  # the timer by which a change looks whether its time has come
WAITING = (ChangeState.APPROVED, ChangeState.SCHEDULED)


class BadFreeze(DomainError):
    """The times cannot be, or are over; `field` is the one that would have to change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def judge(window: FreezeWindow, *, at: datetime) -> None:
    """Whether `window` can be saved, as the rows are now. What has begun keeps its beginning. Raises BadFreeze."""
    before = FreezeWindow.objects.filter(pk=window.pk).first()
    if before is not None and before.ends_at <= at:
        raise BadFreeze("ends_at", _("This freeze is over; what was, stays as it was."))
    if not window.why.strip():
        raise BadFreeze("why", _("Say why nothing may take effect then; everybody who waits reads it."))
    if window.ends_at <= window.starts_at:
        raise BadFreeze("ends_at", _("It ends before it begins. Please check the times."))
    if window.ends_at <= at:
        raise BadFreeze("ends_at", _("This is over already."))
    if before is not None and before.starts_at <= at and window.starts_at != before.starts_at:
        raise BadFreeze("starts_at", _("It has begun already; only its end can change."))


def save(*, window: FreezeWindow, at: datetime) -> None:
    """Save a new or changed window; changes that wait look again. Call inside ``audit.action``. Raises BadFreeze."""
    judge(window, at=at)
    window.why = window.why.strip()[: limits.REASON_LENGTH]
    window.save()
    _look_again(at)


def withdraw(*, window: FreezeWindow, at: datetime) -> None:
    """The freeze does not hold any more; what waited for its end takes effect. Call inside ``audit.action``.

    Raises BadFreeze when it is over or withdrawn already.
    """
    found = FreezeWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    if found.is_withdrawn or found.ends_at <= at:
        raise BadFreeze("", _("This freeze is over, or was withdrawn already."))
    found.is_withdrawn = True
    found.save(update_fields=["is_withdrawn"])
    _look_again(at)


def _look_again(at: datetime) -> None:
    """Whatever is approved looks at once whether its time has come."""
    rows = ChangeRequest.objects.filter(state__in=WAITING)
    timers.schedule_many([timers.Spec(kind=LOOK, subject=change, due_at=at) for change in rows], at=at)
