"""Remarks beside the text of a change: said, answered, settled. Blocking ones stop publication where policy says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Comment
from governance.models.changes import JUDGED_STATES, ChangeState
from governance.reads import approval as reads
from governance.reads import comments as places
from governance.services import judging, lifecycle, notices
from portal import access, audit, limits, roles
from portal.errors import DomainError
from portal.models import User

OPEN = (ChangeState.DRAFT, *JUDGED_STATES)
COMMENTED, ANSWERED, SETTLED = "commented", "answered", "comment_settled"


class NotOpen(DomainError):
    """Nothing can become of the change any more."""


class NoText(DomainError):
    """A remark without words, or with too many."""


class NoSuchPlace(DomainError):
    """The text has no such place (any more)."""


class NotYours(DomainError):
    """Somebody else has to settle it, or may stop publication."""


class Settled(DomainError):
    """It was settled already."""


def say(
    *, change: ChangeRequest, text: str, by: User, at: datetime, path: str = "", is_blocking: bool = False
) -> Comment:
    """A remark of `by` beside the place `path` (a JSON pointer with keys of rows; empty: about all of it).

    Locks document and change. Raises NotOpen, NoText, NoSuchPlace, NotYours (may not stop publication),
    access.Refused; then nothing was changed.
    """
    with audit.action(actor=by, reason="commented", at=at):
        change = lifecycle.lock(change)
        access.require(by, "view", change.document)
        lifecycle.refuse_unless(change, OPEN, NotOpen)
        place = places.find(change.version, path)
        if place is None:
            raise NoSuchPlace(_("This place is not in the text any more; load the page again."))
        if is_blocking:
            _refuse_blocking(change, by, at)
        comment = Comment(
            change_request=change,
            version=change.version,
            path=path,
            quote=place.quote,
            text=_words(text),
            is_blocking=is_blocking,
            by=by,
            at=at,
        )
        comment.save(force_insert=True)
        lifecycle.record(change, "change.commented", {"path": path, "blocking": is_blocking})
        notices.news(change, COMMENTED, [change.requested_by], at=at, why=comment.text, by=by)
    return comment


def answer(*, comment: Comment, text: str, by: User, at: datetime) -> Comment:
    """A reply of `by`; whoever raised it and whoever asked for the change hear of it.

    Raises NotOpen, NoText, Settled, access.Refused; then nothing was changed.
    """
    with audit.action(actor=by, reason="answered", at=at):
        change, first = _locked(comment)
        access.require(by, "view", change.document)
        reply = Comment(
            change_request=change,
            version=change.version,
            path=first.path,
            text=_words(text),
            answers=first,
            by=by,
            at=at,
        )
        reply.save(force_insert=True)
        lifecycle.record(change, "change.comment_answered", {"path": first.path})
        told = {person.pk: person for person in (first.by, change.requested_by)}
        notices.news(change, ANSWERED, told.values(), at=at, why=reply.text, by=by)
    return reply


def settle(*, comment: Comment, by: User, at: datetime) -> Comment:
    """Nothing is left to say about it. What waited for a blocking one takes effect in the same transaction.

    Whoever raised it settles it, or a governance admin who has not made the change; one that blocks nothing also
    whoever asked for the change.
    Raises NotOpen, NotYours, Settled; then nothing was changed.
    """
    with audit.action(actor=by, reason="settled", at=at):
        change, first = _locked(comment)
        makers = reads.facts(change).makers if first.is_blocking else frozenset()
        if not may_settle(first, by, makers):
            raise NotYours(_("Only %(name)s, or a governance admin, can settle this.") % {"name": first.by.name})
        first.settled_by, first.settled_at = by, at
        first.save(update_fields=["settled_by", "settled_at"])
        lifecycle.record(change, "change.comment_settled", {"path": first.path, "blocking": first.is_blocking})
        told = {person.pk: person for person in (first.by, change.requested_by)}
        notices.news(change, SETTLED, told.values(), at=at, by=by)
        if first.is_blocking and change.state in (ChangeState.APPROVED, ChangeState.SCHEDULED):
            judging.settle(change, at=at)
    return first


def may_settle(comment: Comment, user: User, makers: frozenset[UUID]) -> bool:
    """`user` raised it or keeps the documents; of one that blocks nothing also whoever asked for the change.

    `makers` have made the change: what others have stopped they do not let pass, whatever they keep.
    """
    if user.pk == comment.by_id:
        return True
    is_own = comment.is_blocking and user.pk in makers
    if not is_own and access.can(user, "keep", comment.change_request.document):
        return True
    return not comment.is_blocking and user.pk == comment.change_request.requested_by_id


def may_block(change: ChangeRequest, user: User, *, at: datetime) -> bool:
    """Whoever decides may stop its publication: whom the policy asks about it, members of boards, keepers."""
    if access.can(user, "keep", change.document) or roles.BOARD_MEMBER in access.groups(user).values():
        return True
    verdict = reads.judge(change, at=at) if change.is_judged else reads.forecast(change, at=at)
    return any(user.pk in (*item.eligible, *item.waits_for) for item in verdict.standings)


def _refuse_blocking(change: ChangeRequest, by: User, at: datetime) -> None:
    if not may_block(change, by, at=at):
        sentence = _("Only those who decide can stop publication. Send it as a remark that stops nothing.")
        raise NotYours(sentence)


def _locked(comment: Comment) -> tuple[ChangeRequest, Comment]:
    """The change and the remark (not a reply to it), locked and re-read. Raises NotOpen, Settled."""
    change = lifecycle.lock(ChangeRequest.objects.select_related("document").get(pk=comment.change_request_id))
    lifecycle.refuse_unless(change, OPEN, NotOpen)
    rows = Comment.objects.select_for_update(no_key=True, of=("self",)).select_related("by")
    first = rows.get(pk=comment.answers_id or comment.pk)
    first.change_request = change
    if first.settled_at is not None:
        raise Settled(_("This was settled already; load the page again."))
    return change, first


def _words(text: str) -> str:
    """Raises NoText."""
    text = text.strip()
    if not text:
        raise NoText(_("Write what you want to say."))
    if len(text) > limits.REASON_LENGTH:
        raise NoText(_("A remark may have at most %(count)s characters.") % {"count": limits.REASON_LENGTH})
    return text
