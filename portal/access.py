"""The only judge of who may do what, who can also say why not (DESIGN section 8)."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal import prepared, registry, roles
from portal.errors import DomainError
from portal.models.people import Membership, User

V = TypeVar("V")
KEPT = "_kept_for_this_page"


@dataclass(frozen=True)
class Answer:
    """`reason` is a sentence when the answer is no, else empty."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class Refused(DomainError):
    """You may not do this; the text says why."""


def can(user: Any, action: str, obj: Any) -> Answer:
    """Whether `user` may do `action` to `obj` (an object, or a model class for "add" and the like).

    The rule registered for the model decides; without one, the Django permission ``app.<action>_<model>``.
    """
    if not getattr(user, "is_authenticated", False):
        return Answer(False, _("Please sign in first."))
    if not user.is_active:
        return Answer(False, _("Your account is not active any more."))
    rule = registry.access_rules.get(obj._meta.label_lower)
    if rule is not None:
        reason = rule(user, action, obj)
        return Answer(reason is None, str(reason or ""))
    if user.has_perm(f"{obj._meta.app_label}.{action}_{obj._meta.model_name}"):
        return Answer(True)
    return Answer(False, _("Your role does not include this. An administrator can change that."))


def require(user: Any, action: str, obj: Any) -> None:
    """Raises Refused with the reason when ``can`` says no."""
    answer = can(user, action, obj)
    if not answer:
        raise Refused(answer.reason)


def remember(user: Any) -> None:
    """From now on `user` is the reader of one page, for whom ``once`` asks each question once.

    Only for requests that change nothing: what judges under a lock has to ask again.
    """
    setattr(user, KEPT, {})


def once(user: Any, key: Hashable, ask: Callable[[], V]) -> V:
    """What `ask` answers; for the reader of a page (``remember``) it is asked once for each `key`."""
    kept: dict[Hashable, Any] | None = getattr(user, KEPT, None)
    if kept is None:
        return ask()
    if key not in kept:
        kept[key] = ask()
    found: V = kept[key]
    return found


_groups = prepared.Question(
    lambda: Membership.objects.filter(user=prepared.Given("user", Membership, "user")).values_list(
        "group_id", "group__name"
    )
)


def groups(user: Any) -> dict[int, str]:
    """Groups of `user`, {id: name}: roles and teams; one query for each page."""

    return once(user, "groups", lambda: dict(_groups(user=user.pk)))


def operators() -> QuerySet[User]:
    """The people who keep the portal running."""
    return User.objects.active().filter(groups__name=roles.OPERATOR)


def bound_to(user: Any) -> set[int] | None:
    """The groups to which a team admin is bound; None for whoever keeps everything that the role names."""
    held = groups(user)
    if user.is_superuser or roles.ADMIN in held.values() or roles.TEAM_ADMIN not in held.values():
        return None
    return set(held)


def own_row(user: Any, action: str, obj: Any) -> str | None:
    """Rule of what belongs to one person: contact methods, absences, messages.

    Staff with the permission change those of everybody, a team admin those of people in the own teams.
    """
    owner: Any = getattr(obj, "user_id", None) or getattr(obj, "recipient_id", None)
    if owner == user.pk:
        return None
    if user.is_staff and user.has_perm(f"portal.change_{obj._meta.model_name}"):
        bound = bound_to(user)
        together = Membership.objects.filter(user_id=owner, group__in=bound or (), group__team__is_active=True)
        if bound is None or together.exists():
            return None
    return _("This belongs to somebody else.")
