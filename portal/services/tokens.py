"""API tokens: made by the person whose programs use them, revoked by them, or when they leave."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from portal import access, audit, limits, secrets
from portal.errors import DomainError
from portal.models import ApiToken, User
from portal.reads import tokens as reads
from portal.services import people

NOTED = timedelta(minutes=1)
LONGEST = timedelta(days=366)


class TooMany(DomainError):
    """The person has as many tokens as anybody can keep apart."""


class NotUsable(DomainError):
    """A token needs a name and an end within a year."""


class Gone(DomainError):
    """The token was revoked already."""


def create(*, user: User, name: str, scope: str, days: int, by: User, at: datetime) -> tuple[ApiToken, str]:
    """A token of `user` for `days`, and its secret, which is shown once. Raises NotUsable, TooMany, access.Refused."""
    name, until = name.strip(), at + timedelta(days=days)
    if not name or len(name) > limits.NAME_LENGTH or not at < until <= at + LONGEST or scope not in ApiToken.Scope:
        raise NotUsable(_("A token needs a name and ends within a year."))
    secret = secrets.token(reads.PREFIX)
    with audit.action(actor=by, reason="API token made", at=at) as action:
        people.lock_active(user)
        if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=at).count() >= limits.API_TOKENS:
            raise TooMany(_("%(most)s tokens are enough. Revoke one first.") % {"most": limits.API_TOKENS})
        token = ApiToken(user=user, name=name, scope=scope, made_at=at, expires_at=until)
        token.digest = secrets.digest(secret)
        access.require(by, "add", token)
        token.save(force_insert=True)
        action.record(verb="api_token.created", target=token, data={"scope": scope, "expires_at": until})
    return token, secret


def revoke(*, token: ApiToken, by: User, at: datetime) -> None:
    """Programs that show it are refused from now on. Raises Gone, access.Refused."""
    with audit.action(actor=by, reason="API token revoked", at=at):
        found = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
        access.require(by, "change", found)
        if found.revoked_at is not None:
            raise Gone(_("This token was revoked already."))
        _revoke(found, at)


def revoke_all(*, user: User, by: User, at: datetime) -> None:
    """Every token of somebody who leaves; they stay revoked when the person comes back."""
    with audit.action(actor=by, reason="API tokens revoked", at=at):
        for token in ApiToken.objects.select_for_update(no_key=True).filter(user=user, revoked_at=None).order_by("pk"):
            _revoke(token, at)


def _revoke(token: ApiToken, at: datetime) -> None:
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    action = audit.current()
    assert action is not None
    action.record(verb="api_token.revoked", target=token)


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Remember that it was used, at most once a minute (an operational column, which history leaves out)."""
    if token.last_used_at is None or at - token.last_used_at >= NOTED:
        token.last_used_at = at
        token.save(update_fields=["last_used_at"])
