"""Going back and giving up: an earlier version comes back, a document is retired, a change is taken over."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document, Version
from governance.models.changes import ChangeAction, ChangeModel, ChangeState
from governance.models.versions import ONE_PER_SCOPE, Kind
from governance.reads import approval as reads
from governance.reads import drafts
from governance.services import changes, lifecycle, publishing, versions
from portal import access, audit
from portal.errors import DomainError
from portal.models import User


class NotRestorable(DomainError):
    """This version was never in force, or is in force now."""


class NotRetirable(DomainError):
    """Everything else rests on this document."""


def roll_back(*, document: Document, to: Version, reason: str, by: User, at: datetime) -> ChangeRequest:
    """A draft of `by` that brings back what `to` said, which was in force once: a new version with the old digest.

    Locks the document. Raises access.Refused, NotRestorable, changes.AlreadyOpen; then nothing was changed.
    """
    with audit.action(actor=by, reason=reason or "roll back", at=at):
        access.require(by, "draft", document)
        document = versions.lock(document)
        if to.document_id != document.pk or not to.change_requests.filter(published_at__isnull=False).exists():
            raise NotRestorable(_("Only a version that was in force once can be brought back."))
        if document.effective_version is not None and document.effective_version.digest == to.digest:
            raise NotRestorable(_("This is what is in force already."))
        return _asked(document, _restored(document, to, by, at), reason, by, at, ChangeAction.RESTORE)


def retire(*, document: Document, successor: Document | None, reason: str, by: User, at: datetime) -> ChangeRequest:
    """A draft of `by` after which `document` is in force no more, with the `successor` that replaces it (D58).

    Locks the document. Raises access.Refused, NotRetirable, changes.AlreadyOpen; then nothing was changed.
    """
    with audit.action(actor=by, reason=reason or "retire", at=at):
        access.require(by, "draft", document)
        document = versions.lock(document)
        if document.effective_version is None:
            raise NotRetirable(_("This document is not in force."))
        if document.kind in ONE_PER_SCOPE and document.scope_kind == "default" and document.kind != Kind.GLOSSARY:
            raise NotRetirable(_("The company's own document cannot be retired: everything rests on it. Change it."))
        if successor is not None and (successor.kind != document.kind or successor.effective_version_id is None):
            raise NotRetirable(_("What replaces it has to be in force and of the same kind."))
        version = document.effective_version
        return _asked(document, version, reason, by, at, ChangeAction.RETIRE, successor=successor)


def _asked(
    document: Document,
    version: Version,
    reason: str,
    by: User,
    at: datetime,
    action: str,
    successor: Document | None = None,
) -> ChangeRequest:
    mine = changes.open_of(document, by)
    if mine is not None:
        raise changes.AlreadyOpen(mine.reference)
    return changes.ask(
        document=document, version=version, reason=reason, by=by, at=at, action=action, successor=successor
    )


def _restored(document: Document, to: Version, by: User, at: datetime) -> Version:
    read = versions.stored(to)
    return versions.new_draft(document, read, by, at)


def rebase(*, change: ChangeRequest, by: User, at: datetime) -> tuple[ChangeRequest, tuple[str, ...]]:
    """Take `change` over onto what is in force now; a draft again, and the paths that both had changed.

    Where both changed the same, the words of `change` stand. Raises access.Refused, changes.NotOpen,
    changes.AlreadyOpen, changes.NotSubmittable (it says what is in force); then nothing was changed.
    """
    with audit.action(actor=by, reason="taken over", at=at):
        change = lifecycle.lock(change)
        changes.require_author(by, change)
        lifecycle.refuse_unless(change, (ChangeState.DRAFT, ChangeState.CONFLICTED), changes.NotOpen)
        document, old = change.document, change.version
        is_emergency = change.model == ChangeModel.EMERGENCY
        if not is_emergency:
            changes.refuse_second(change)
        clashes: tuple[str, ...] = ()
        if change.action == ChangeAction.RETIRE:
            if document.effective_version is None:
                raise changes.NotSubmittable(_("It is not in force any more; withdraw the change."))
            draft_version = document.effective_version
        elif change.action == ChangeAction.RESTORE:
            draft_version = _restored(document, old, by, at)
        else:
            draft = drafts.of(document, change)
            read = versions.read_content(document.kind, draft.content)
            if document.effective_version is not None and read.digest == document.effective_version.digest:
                raise changes.NotSubmittable(_("What is in force says all of this already; withdraw the change."))
            draft_version, clashes = versions.new_draft(document, read, by, at), draft.clashes
            versions.carry_edits(old, draft_version)
        change.version, change.state = draft_version, ChangeState.DRAFT
        change.model = ChangeModel.EMERGENCY if is_emergency else ChangeModel.NORMAL
        change.approved_at = change.expires_at = change.closed_at = change.policy = None
        change.outcome = ""
        change.save()
        lifecycle.record(change, "change.rebased", {"digest": draft_version.digest, "clashes": list(clashes)})
    return change, clashes


def fall_back(change: ChangeRequest, *, at: datetime) -> ChangeRequest | None:
    """The limited `change` ends: what was in force before it comes back, unless something newer is in force.

    Inside the caller's action, under the locks of document and change. What approved `change` approved its end too.
    """
    document, before = change.document, change.version.based_on
    if change.state != ChangeState.PUBLISHED or document.effective_version_id != change.version_id:
        return None
    version = change.version if before is None else _restored(document, before, change.requested_by, at)
    if version.frozen_at is None:
        version.frozen_at = at
        version.save(update_fields=["frozen_at"])
    back = changes.ask(
        document=document,
        version=version,
        reason=_("The limited change %(reference)s has ended.") % {"reference": change.reference},
        by=change.requested_by,
        at=at,
        action=ChangeAction.RETIRE if before is None else ChangeAction.RESTORE,
        model=ChangeModel.STANDARD,
        state=ChangeState.APPROVED,
        submitted_at=at,
        approved_at=at,
        policy=change.policy,
        undoes=change,
    )
    back = lifecycle.lock(back)
    publishing.take_effect(back, None, at=at)
    return back


def undo(change: ChangeRequest, *, by: User, at: datetime) -> ChangeRequest | None:
    """Open the way back from an emergency change that was not accepted, unless something newer is in force.

    It is sent for review at once, in the name of `by`, who did not accept it, or of somebody else who was asked when
    `by` has a change of the document already. Inside the caller's action, under the locks of document and change.
    """
    document, before = change.document, change.version.based_on
    if document.effective_version_id != change.version_id:
        return None
    by = _asker(change, by, at)
    version = change.version if before is None else _restored(document, before, by, at)
    reason = _("The emergency change %(reference)s was not accepted.") % {"reference": change.reference}
    action = ChangeAction.RETIRE if before is None else ChangeAction.RESTORE
    back = changes.ask(document=document, version=version, reason=reason, by=by, at=at, action=action, undoes=change)
    open_action = audit.current()
    assert open_action is not None
    try:
        with open_action.savepoint():
            return changes.send_on(back, at=at)
    except DomainError:  # it stays a draft: somebody has to mend what the world has overtaken
        return ChangeRequest.objects.get(pk=back.pk)


def _asker(change: ChangeRequest, by: User, at: datetime) -> User:
    """Who asks for the way back: `by`, else whoever is asked and has no open change of the document, else its author.

    Raises changes.AlreadyOpen when every one of them has one.
    """
    verdict = reads.judge_afterwards(change, at=at)
    asked = {person for standing in verdict.standings for person in standing.eligible}
    others = User.objects.active().filter(pk__in=asked).order_by("pk")
    open_ones = ""
    for person in (by, *others, change.requested_by):
        mine = changes.open_of(change.document, person)
        if mine is None:
            return person
        open_ones = open_ones or mine.reference
    raise changes.AlreadyOpen(open_ones)
