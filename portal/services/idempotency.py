"""A request that a program sends again is answered again, and done once."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import bulk
from portal.errors import DomainError
from portal.models import ApiToken, IdempotencyKey

KEPT = timedelta(hours=24)


class OtherRequest(DomainError):
    """The key stands for another request."""


def once(
    work: Callable[[], dict[str, Any]], *, token: ApiToken, key: str, request: bytes, at: datetime
) -> tuple[dict[str, Any], bool]:
    """The answer of `work`, and whether it was given before for the same `key` of `token` within a day.

    `request` is what tells requests apart. Everything happens in one transaction: when `work` raises, the key is free
    again. Of two requests at once the second waits for the first. Raises OtherRequest.
    """
    body_hash = hashlib.sha256(request).hexdigest()
    with transaction.atomic():
        IdempotencyKey.objects.filter(token=token, created_at__lte=at - KEPT).delete()
        mine = IdempotencyKey(token=token, key=key, body_hash=body_hash, created_at=at)
        if not bulk.insert_new([mine]):
            known = IdempotencyKey.objects.get(token=token, key=key)
            if known.body_hash != body_hash:
                raise OtherRequest(_("This Idempotency-Key was used for another request. Take a new one."))
            return known.response, True
        answer = work()
        IdempotencyKey.objects.filter(pk=mine.pk).update(response=answer)
    return answer, False
