"""One-time links: signed (message, person, purpose, generation), never stored, revoked by generation.

``purposes`` maps a purpose to ``page(grant, request) -> HttpResponse``: GET shows, POST acts, and the page
judges whether `generation` is still the present one. Whoever holds the mail may act, without signing in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from portal import registry
from portal.errors import DomainError
from portal.models.messages import Message

SALT = "portal.links"
LIFETIME = timedelta(days=14)

purposes: registry.Register[Callable[..., Any]] = registry.Register("purpose of a one-time link")


class BadLink(DomainError):
    """The link was cut off, changed, or belongs to nobody."""


class Expired(BadLink):
    """The link was good once."""


@dataclass(frozen=True)
class Grant:
    """What the holder of a link may do: `purpose` for the subject of the message, as `user_id`."""

    message_id: UUID
    user_id: UUID
    purpose: str
    generation: int
    subject_id: UUID


def make(message: Message, user_id: UUID, purpose: str, generation: int) -> str:
    """The token of a link; the address is ``reverse("one-time", args=[token])``."""
    return signing.dumps([message.pk.hex, UUID(str(user_id)).hex, purpose, generation], salt=SALT)


def read(token: str) -> Grant:
    """What `token` grants; two queries at most. Raises Expired or BadLink."""
    try:
        message_id, user_id, purpose, generation = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise Expired(_("This link is too old. Please sign in and open what it was about.")) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink(_("This link is not complete. Please copy it from the message once more.")) from None
    message = (
        Message.objects.select_related("recipient").filter(pk=UUID(message_id), recipient_id=UUID(user_id)).first()
    )
    if message is None or purposes.get(purpose) is None:
        raise BadLink(_("This link leads nowhere any more. Please sign in and open what it was about."))
    if not message.recipient.is_active:
        raise BadLink(_("The account that this link was made for is not active any more."))
    return Grant(message.pk, message.recipient_id, purpose, generation, message.subject_id)
