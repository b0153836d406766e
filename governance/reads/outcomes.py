"""What became of changes that were decided, in a sentence each, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, DateTimeField, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Review
from governance.models.changes import ChangeAction, ChangeModel, ChangeState, Retrospective

NAMES = 3


def dated(changes: QuerySet[ChangeRequest]) -> Any:
    """`changes` with `decided_at`: when each took effect, was undone, or ended without taking effect."""
    first = Coalesce("published_at", "closed_at", "requested_at")
    undone = When(state=ChangeState.ROLLED_BACK, closed_at__isnull=False, then=F("closed_at"))
    return changes.annotate(decided_at=Case(undone, default=first, output_field=DateTimeField()))


def of(changes: Sequence[ChangeRequest]) -> dict[UUID, str]:
    """What became of each of `changes` that is decided; one query, none when none has taken effect."""
    approved = _approvers([change for change in changes if change.published_at is not None])
    return {change.pk: _said(change, approved.get(change.pk, [])) for change in changes if not change.is_open}


def _said(change: ChangeRequest, approvers: list[str]) -> str:
    if change.state not in (ChangeState.PUBLISHED, ChangeState.CLOSED):
        return change.outcome
    return " ".join(part for part in (_effect(change), _by(change, approvers), change.outcome) if part)


def _effect(change: ChangeRequest) -> str:
    words = {"number": change.version.number}
    if change.action == ChangeAction.RETIRE:
        return _("Not used any more.")
    if change.state == ChangeState.CLOSED:
        return _("Was in force as version %(number)s; a later one has replaced it.") % words
    return _("In force as version %(number)s.") % words


def _by(change: ChangeRequest, approvers: list[str]) -> str:
    if change.retrospective == Retrospective.WAITING:
        return _("An emergency: it still has to be judged.")
    if change.retrospective == Retrospective.ACCEPTED:
        return _("An emergency, accepted afterwards.")
    if change.retrospective == Retrospective.REJECTED:
        return _("An emergency, not accepted afterwards.")
    if change.model == ChangeModel.STANDARD:
        return _("Approved in advance by the policy.")
    if change.model == ChangeModel.GENESIS:
        return _("The first policy, installed by a command.")
    if not approvers:
        return ""
    more = _(" and %(count)s more") % {"count": len(approvers) - NAMES} if len(approvers) > NAMES else ""
    return _("Approved by %(names)s.") % {"names": ", ".join(approvers[:NAMES]) + more}


def _approvers(changes: Sequence[ChangeRequest]) -> dict[UUID, list[str]]:
    """Who has approved the text that took effect, in their order, nobody twice."""
    digests = {change.pk: change.version.digest for change in changes}
    if not digests:
        return {}
    rows = Review.objects.filter(
        change_request__in=list(digests), verdict=Review.Verdict.APPROVE, is_retrospective=False
    ).order_by("at", "pk")
    found: dict[UUID, list[str]] = defaultdict(list)
    for key, digest, name in rows.values_list("change_request_id", "digest", "by__name"):
        if digest == digests[key] and name not in found[key]:
            found[key].append(name)
    return found
