"""Inbound integrations: their secrets are shown once and kept only as a digest or encrypted."""

import hashlib
import hmac
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from governance.models import Workflow
from incidents.models import RefusedCall, Source
from portal import audit, limits, prepared, secrets
from portal.models import User
from portal.prepared import Given

_active = prepared.Question(lambda: Source.objects.filter(key=Given("key", Source, "key"), is_active=True))

_by_token = prepared.Question(
    lambda: Source.objects.filter(
        token_digest=Given("digest", Source, "token_digest"), format=Given("format", Source, "format"), is_active=True
    )
)


@dataclass(frozen=True)
class Secrets:
    """What the sender is given, once: a bearer token and a Standard Webhooks signing secret."""

    token: str
    signing: str


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def set_up(
    *, key: str, format: str, workflow: Workflow | None, by: User | None, at: datetime, name: str = ""
) -> tuple[Source, Secrets]:
    """Create the source `key`, or give it new secrets; the old ones stop working at once."""
    fresh = Secrets(random.token_hex(16), secrets.signing_secret())
    with audit.action(actor=by, actor_label="manage.py source", reason="secrets rotated", at=at) as action:
        source = Source.objects.select_for_update(no_key=True).filter(key=key).first() or Source(
            key=key, name=name or key
        )
        created = source._state.adding
        source.format, source.is_active = format, True
        source.workflow = workflow if workflow is not None or created else source.workflow
        source.token_digest = digest(fresh.token)
        source.signing_secret = secrets.encrypt(fresh.signing)
        source.save()
        action.record(verb="source.created" if created else "source.rotated", target=source, data={"format": format})
    return source, fresh


def active(key: str) -> Source | None:
    """The source that is called `key` and may send."""
    return next(iter(_active(key=key)), None)


def of_token(token: str, *, format: str) -> Source | None:
    """The source of that `format` whose token is `token` and that may send."""
    return next(iter(_by_token(digest=digest(token), format=format)), None)


def has_token(source: Source, token: str) -> bool:
    return hmac.compare_digest(digest(token), source.token_digest)


def admits(source: Source, *, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a call proves that it comes from `source`: by bearer token or by signature (5 minutes valid).

    A token is a random secret of 128 bits, so one SHA-256 is enough to keep it and quick to check.
    """
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return has_token(source, token.strip())
    if not source.signing_secret or "webhook-signature" not in headers:
        return False
    signed = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(secrets.decrypt(source.signing_secret)).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, secrets.Unreadable, ValueError, TypeError, OverflowError):
        return False
    return True


def note_refusal(
    *, source: Source, status: int, error: str, detail: str, at: datetime, field: str = "", excerpt: str = ""
) -> RefusedCall:
    """Keep why a call of `source` was refused, for whoever sets it up; only the newest of each source stay.

    `excerpt` is redacted. Nothing happened to the state of anything, so the ledger says nothing.
    """
    refused = RefusedCall.objects.create(
        source=source,
        at=at,
        status=status,
        error=error[: limits.KEY_LENGTH],
        field=field[: limits.TITLE_LENGTH],
        detail=detail[: limits.REASON_LENGTH],
        excerpt=excerpt,
    )
    calls = RefusedCall.objects.filter(source=source)
    oldest = calls.order_by("-id").values_list("id", flat=True)[limits.REFUSED_CALLS : limits.REFUSED_CALLS + 1]
    for pk in oldest:
        calls.filter(pk__lte=pk).delete()
    return refused
