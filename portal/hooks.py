"""The only signal receivers of the portal: tracked saves, the way in, and what follows a migration."""

from collections.abc import Callable
from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.apps import apps
from django.contrib.auth import signals as auth_signals
from django.db.models import signals
from django.utils import timezone

from portal import audit, history

PERSON = "portal.user"


def connect(*, after_migrate: list[Callable[[], Any]], address_proved: Callable[..., None]) -> None:
    """Connect everything.

    `after_migrate` runs once, after the last app has its tables and permissions; `address_proved` when a
    person has set the password by a mailed link.
    """
    for model in history.tracked_models():
        signals.pre_save.connect(before_save, sender=model, dispatch_uid=f"portal.save.{model._meta.label}")
        signals.pre_delete.connect(before_delete, sender=model, dispatch_uid=f"portal.delete.{model._meta.label}")
    auth_signals.user_logged_in.connect(signed_in, dispatch_uid="portal.signed_in")
    auth_signals.user_logged_out.connect(signed_out, dispatch_uid="portal.signed_out")
    auth_signals.user_login_failed.connect(refused, dispatch_uid="portal.refused")
    for signal in (account_signals.password_set, account_signals.password_changed, account_signals.password_reset):
        signal.connect(password_changed, dispatch_uid="portal.password")
    mfa_signals.authenticator_added.connect(second_factor_added, dispatch_uid="portal.mfa.added")
    mfa_signals.authenticator_removed.connect(second_factor_removed, dispatch_uid="portal.mfa.removed")
    last = [config for config in apps.get_app_configs() if config.models_module][-1]

    def migrated(**_: Any) -> None:
        for follow_up in after_migrate:
            follow_up()

    def reset_by_mail(user: Any, **_: Any) -> None:
        address_proved(person=user, at=timezone.now())

    account_signals.password_reset.connect(reset_by_mail, weak=False, dispatch_uid="portal.address_proved")
    signals.post_migrate.connect(migrated, sender=last, weak=False, dispatch_uid="portal.migrated")


def before_save(sender: Any, raw: bool = False, update_fields: Any = None, **_: Any) -> None:
    """Refuse before anything is written (simple-history looks only afterwards). Raises NotInAction."""
    if not raw and history.touches(sender, update_fields):
        history.collection()


def before_delete(sender: Any, **_: Any) -> None:
    history.collection()


def signed_in(user: Any, request: Any = None, **_: Any) -> None:
    _say(user, "signed in", "user.signed_in")


def signed_out(user: Any = None, **_: Any) -> None:
    if user is not None:
        _say(user, "signed out", "user.signed_out")


def refused(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """A failed log-in names the address only in the erasable payload."""
    tried = str(credentials.get("email") or credentials.get("username") or "")[:254]
    with audit.action(
        actor=None, actor_label="sign-in", reason="wrong e-mail or password", at=timezone.now()
    ) as action:
        action.record_many([("user.sign_in_refused", PERSON, "", {"email": tried})])


def password_changed(user: Any, **_: Any) -> None:
    _say(user, "password changed by its owner", "user.password_changed")


def second_factor_added(user: Any, **_: Any) -> None:
    _say(user, "second factor added", "user.second_factor_added")


def second_factor_removed(user: Any, **_: Any) -> None:
    _say(user, "second factor removed", "user.second_factor_removed")


def _say(user: Any, reason: str, verb: str) -> None:
    with audit.action(actor=user, reason=reason, at=timezone.now()) as action:
        action.record(verb=verb, target=user)
