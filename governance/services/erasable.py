"""What of changes is personal: words that an entry of the ledger stands for, and who has to do with a change."""

from typing import Any

from django.db.models import Q

from governance.models import ChangeRequest, Comment, Review
from portal import registry
from portal.models import AuditEntry, Message, User

CHANGE = "governance.changerequest"


def register() -> None:
    registry.copies.add("governance.governancereview", ("agenda",))
    registry.involves.add(CHANGE, _involved)
    registry.holdable.add("change", lambda reference: ChangeRequest.objects.filter(reference__iexact=reference).first())
    registry.erasable.add(CHANGE, of_change)
    registry.erasable.add("governance.comment", of_comment)


def _involved(person: User, keys: set[str]) -> set[str]:
    mine = Q(requested_by=person) | Q(reviews__by=person) | Q(reviews__on_behalf_of=person) | Q(comments__by=person)
    return {str(key) for key in ChangeRequest.objects.filter(mine, pk__in=sorted(keys)).values_list("pk", flat=True)}


def _copies(change: ChangeRequest) -> tuple[tuple[Any, str], ...]:
    return ((Message.objects.filter(subject_type=CHANGE, subject_id=change.pk), "context"),)


def of_change(entry: AuditEntry) -> list[registry.Stored]:
    """What was typed in the action of `entry`: verdicts of its moment, and the reason of
    the change where it was begun or sent."""
    change = ChangeRequest.objects.filter(pk=entry.target_id).first()
    if change is None:
        return []
    copies = _copies(change)
    reviews = Review.objects.filter(change_request=change, at=entry.at, by=entry.actor_id).exclude(rationale="")
    found = [registry.Stored(row, ("rationale",), change, copies) for row in reviews]
    if entry.verb in (f"{CHANGE}.created", "change.submitted"):
        found.append(registry.Stored(change, ("reason",), change, copies))
    return found


def of_comment(entry: AuditEntry) -> list[registry.Stored]:
    comment = Comment.objects.select_related("change_request").filter(pk=entry.target_id).first()
    if comment is None or not entry.verb.endswith(".created"):
        return []
    change = comment.change_request
    return [registry.Stored(comment, ("text",), change, _copies(change))]
