"""Legal holds: while one is set on a person, an incident, a change or on everything, nothing about it is erased.

Nothing is purged yet; whatever purges one day has to ask ``of`` as erasure does.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal import access, audit, locks, registry
from portal.errors import DomainError
from portal.models import LegalHold, User

LOCK = "legal holds"  # held by whoever sets one and by whoever erases


class NotHeld(DomainError):
    """There is no such hold, or it stands already."""


class Held(DomainError):
    """Nothing here may be erased."""


def register() -> None:
    registry.verbs.add_all(
        {
            "hold.set": gettext_lazy("began to keep it for legal reasons"),
            "hold.lifted": gettext_lazy("ended keeping it for legal reasons"),
        }
    )
    registry.facts.add("why", pgettext_lazy("fact", "why"))


def standing() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(lifted_at=None).order_by("set_at", "pk")


def of(subjects: Iterable[Any]) -> LegalHold | None:
    """The oldest hold that stands over one of `subjects` (rows of models), or over everything; one query."""
    return over((subject._meta.label_lower, str(subject.pk)) for subject in subjects)


def over(keys: Iterable[tuple[str, str]]) -> LegalHold | None:
    """The same for (model label, key)."""
    asked = Q(subject_type="")
    wanted: dict[str, set[str]] = {}
    for label, key in keys:
        wanted.setdefault(label, set()).add(key)
    for label, some in wanted.items():
        asked |= Q(subject_type=label, subject_id__in=some)
    return standing().filter(asked).first()


def subject_of(hold: LegalHold) -> Any:
    """The row that is held; None for everything, or when it does not exist."""
    if not hold.subject_type:
        return None
    try:
        return apps.get_model(hold.subject_type)._base_manager.filter(pk=hold.subject_id).first()  # type: ignore[attr-defined]
    except (LookupError, ValueError):
        return None


def said(hold: LegalHold) -> str:
    """What is held, in words."""
    return str(subject_of(hold) or hold.subject_id or _("everything"))


def begin(*, subject: Any, why: str, by: User, at: datetime) -> LegalHold:
    """From now on nothing about `subject` (a row, or None: everything) is erased, because of `why`.

    Raises NotHeld when it is held already, access.Refused.
    """
    access.require(by, "add", LegalHold)
    label, key = ("", "") if subject is None else (subject._meta.label_lower, str(subject.pk))
    with audit.action(actor=by, reason=why, at=at) as action:
        wait()
        if standing().filter(subject_type=label, subject_id=key).exists():
            raise NotHeld(_("This is kept for legal reasons already."))
        hold = LegalHold(subject_type=label, subject_id=key, why=why, set_by=by, set_at=at)
        hold.save(force_insert=True)
        action.record(verb="hold.set", target=hold if subject is None else subject)
    return hold


def lift(*, hold: LegalHold, reason: str, by: User, at: datetime) -> LegalHold:
    """Words about its subject may be erased again. Raises NotHeld when it was lifted before, access.Refused."""
    access.require(by, "change", hold)
    with audit.action(actor=by, reason=reason, at=at) as action:
        wait()
        hold = LegalHold.objects.select_for_update(no_key=True).get(pk=hold.pk)
        if hold.lifted_at is not None:
            raise NotHeld(_("Somebody has ended this before you."))
        hold.lifted_at = at
        hold.save(update_fields=["lifted_at"])
        action.record(verb="hold.lifted", target=subject_of(hold) or hold)
    return hold


def wait() -> None:
    """From here to the end of the transaction nobody sets or lifts a hold."""
    locks.hold([LOCK])


def require_free(keys: Iterable[tuple[str, str]]) -> None:
    """Raises Held while a hold stands over one of `keys` (model label, key) or over everything. Call after ``wait``."""
    found = over(keys)
    if found is not None:
        raise Held(
            _("%(what)s is kept for legal reasons (%(why)s). Nothing about it can be erased until that ends.")
            % {"what": said(found), "why": found.why}
        )
