"""The door for signs of life: one address for each beat, whose secret is part of it (P4)."""

import re

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.services import beats
from portal import counting, limits

SECRET = re.compile(r"[0-9a-f]{40}")


@csrf_exempt
@require_POST
def receive_beat(request: HttpRequest, secret: str) -> JsonResponse:
    """``POST /api/v1/beats/<secret>``: 200 {ok, next_by}, durable when answered; the body is not read.

    `next_by` is when the next beat is missing (ISO 8601, UTC), null while the beat is paused. 404 unknown secret,
    429 too many, 503 database.
    """
    at = timezone.now()
    if not SECRET.fullmatch(secret):
        return _refuse(404, "unknown", "There is no beat at this address. Its secret may have been renewed.")
    if not counting.within(f"beat:{beats.digest(secret)[:32]}", limits.BEATS_PER_MINUTE, at=at):
        answer = _refuse(429, "too_many", f"At most {limits.BEATS_PER_MINUTE} beats a minute; send again later.")
        answer["Retry-After"] = str(counting.wait(at))
        return answer
    heard = beats.beat(token=secret, at=at)
    if heard is None:
        return _refuse(404, "unknown", "There is no beat at this address. Its secret may have been renewed.")
    return JsonResponse({"ok": True, "next_by": heard.next_by.isoformat() if heard.next_by else None})


def _refuse(status: int, error: str, detail: str) -> JsonResponse:
    answer = JsonResponse({"error": error, "detail": detail}, status=status)
    # NOTE: Django would log the path of a refusal, and the secret is part of it.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
