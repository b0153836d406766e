"""Drafts of reports: what a person typed before sending survives a lost session (D35)."""

import hashlib
from datetime import datetime
from typing import Any

from incidents.models import Incident, ReportDraft
from portal import ids
from portal.models import User


def draft_of(*, user: User, at: datetime) -> ReportDraft:
    """The draft of `user`, or an empty one that is not stored yet; its key makes the report idempotent."""
    stored = ReportDraft.objects.filter(user=user).first()
    return stored or ReportDraft(user=user, submission_key=str(ids.uuid7()), saved_at=at)


def save_draft(*, user: User, content: dict[str, Any], key: str, at: datetime) -> ReportDraft:
    """Keep `content` (field name -> text) for `user`; `key` is the one of the form that is being filled in."""
    if not key or ReportDraft.objects.filter(submission_key=key).exists():
        key = str(ids.uuid7())
    draft, _ = ReportDraft.objects.update_or_create(  # a draft that is there keeps its key
        user=user,
        defaults={"content": content, "saved_at": at},
        create_defaults={"content": content, "saved_at": at, "submission_key": key},
    )
    return draft


def discard_draft(*, user: User) -> None:
    """Forget the draft, after the report was filed."""
    ReportDraft.objects.filter(user=user).delete()


def submission_key(*, user: User, key: str, words: str) -> str:
    """What makes a report one incident however often it is sent.

    The person is part of it, so that nobody reaches a report of somebody else by its key; so are the words: a
    second window with the same draft, in which another failure was described, is another report.
    """
    return hashlib.sha256(f"{user.pk}:{key}:{' '.join(words.split())}".encode()).hexdigest()


def is_filed(*, user: User, key: str, words: str) -> bool:
    """Whether exactly this report was sent already: a draft that comes in late must not revive it."""
    return Incident.objects.filter(submission_key=submission_key(user=user, key=key, words=words)).exists()
