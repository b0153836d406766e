"""The API tokens of a person, and whose secret it is that a program shows."""

from dataclasses import dataclass
from datetime import datetime

from portal import secrets
from portal.models import ApiToken, User

PREFIX = "wgp_"
LENGTH = 128
SHOWN = 100


@dataclass(frozen=True)
class Line:
    """One token; `state` is active, expired or revoked."""

    token: ApiToken
    state: str


def holder(secret: str, *, at: datetime) -> ApiToken | None:
    """The token with `secret`, with its user, when it may be used at `at`: neither expired nor revoked, user active."""
    if not secret.startswith(PREFIX) or len(secret) > LENGTH:
        return None
    rows = ApiToken.objects.select_related("user").filter(revoked_at=None, expires_at__gt=at, user__is_active=True)
    return rows.filter(digest=secrets.digest(secret)).first()


def of(user: User, *, at: datetime) -> list[Line]:
    """The tokens of `user`, those in use first, then the newest first."""
    rows = ApiToken.objects.filter(user=user).order_by("-pk")[:SHOWN]
    lines = [Line(row, _state(row, at)) for row in rows]
    return sorted(lines, key=lambda line: line.state != "active")


def _state(token: ApiToken, at: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "active" if token.expires_at > at else "expired"
