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
from incidents.models import Source
from portal import audit, prepared, secrets
from portal.models import User
from portal.prepared import Given

_active = prepared.Question(lambda: Source.objects.filter(key=Given("key", Source, "key"), is_active=True))


@dataclass(frozen=True)
class Secrets:
    """What the sender is given, once: a bearer token and a Standard Webhooks signing secret."""

    token: str
    signing: str


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


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


def admits(source: Source, *, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a call proves that it comes from `source`: by bearer token or by signature (5 minutes valid).

    A token is a random secret of 128 bits, so one SHA-256 is enough to keep it and quick to check.
    """
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return hmac.compare_digest(digest(token.strip()), source.token_digest)
    if not source.signing_secret or "webhook-signature" not in headers:
        return False
    signed = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(secrets.decrypt(source.signing_secret)).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, secrets.Unreadable, ValueError, TypeError, OverflowError):
        return False
    return True
