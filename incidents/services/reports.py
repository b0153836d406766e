"""Drafts of reports: what a person typed before sending survives a lost session (D35)."""

from datetime import datetime
from typing import Any

from incidents.models import ReportDraft
from portal import ids
from portal.models import User


def draft_of(*, user: User, at: datetime) -> ReportDraft:
    """The draft of `user`, made when there is none; its submission key makes the report idempotent."""
    draft, _ = ReportDraft.objects.get_or_create(
        user=user, defaults={"submission_key": str(ids.uuid7()), "saved_at": at}
    )
    return draft


def save_draft(*, user: User, content: dict[str, Any], at: datetime) -> ReportDraft:
    """Keep `content` (field name -> text) for `user`."""
    draft, _ = ReportDraft.objects.update_or_create(
        user=user,
        defaults={"content": content, "saved_at": at},
        create_defaults={"content": content, "saved_at": at, "submission_key": str(ids.uuid7())},
    )
    return draft


def discard_draft(*, user: User) -> None:
    """Forget the draft, after the report was filed."""
    ReportDraft.objects.filter(user=user).delete()
