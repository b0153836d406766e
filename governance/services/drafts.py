"""Writing parts of a document into one's own draft: the service of the section editor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document, Version
from governance.models.changes import ChangeState
from governance.reads import drafts
from governance.reads.drafts import Draft
from governance.services import changes, versions
from portal import access, audit, ids, limits
from portal.models import User


@dataclass(frozen=True)
class Kept:
    """Where the words are now; no `version` when the draft was withdrawn because it says what is in force."""

    document: Document
    version: Version | None
    change: ChangeRequest | None


def put(
    *,
    document: Document,
    names: Iterable[str],
    parts: Mapping[str, Any],
    seen: str,
    reason: str,
    by: User,
    at: datetime,
) -> Kept:
    """Replace the fields `names` of one's draft of `document` by `parts`, in a new draft when there is none.

    `seen` is the token of what these fields said when they were read (``drafts.token``); whatever else was changed
    meanwhile is kept. Locks the document (of a matrix: all matrices). Raises changes.ReasonMissing, versions.Stale,
    versions.NothingChanged, versions.ImportRefused, access.Refused; then nothing was changed.
    """
    reason, names = reason.strip(), tuple(names)
    if not reason or len(reason) > limits.REASON_LENGTH:
        sentence = _("Say in up to %(count)s characters why; whoever reviews reads this first.")
        raise changes.ReasonMissing(sentence % {"count": limits.REASON_LENGTH})
    with audit.action(actor=by, reason=reason, at=at) as action:
        access.require(by, "draft", document)
        document = versions.lock(document)
        draft = drafts.mine(document, by)
        wanted = {name: value for name, value in draft.content.items() if name not in names} | dict(parts)
        if seen != drafts.token(draft.content, names):
            raise _stale(document, draft, wanted, names)
        read = versions.read_content(document.kind, wanted)
        now = document.effective_version
        if drafts.token(draft.content, draft.content) == read.digest and not draft.moved:
            raise versions.NothingChanged(_("Nothing was changed, so there is nothing to save."))
        if now is not None and read.digest == now.digest and draft.request is not None:
            withdraw(draft.request)
            return Kept(document, None, None)
        version = _written(document, draft, read, by, at)
        change = ask(document=document, request=draft.request, version=version, reason=reason, by=by, at=at)
        action.record(verb="version.edited", target=version, data={"digest": version.digest, "parts": list(names)})
    return Kept(document, version, change)


def _stale(document: Document, draft: Draft, wanted: dict[str, Any], names: tuple[str, ...]) -> versions.Stale:
    """The refusal, with both texts and the token of theirs."""
    version = draft.version if draft.version is not None and not draft.moved else document.effective_version
    last = version.edits.select_related("by").order_by("-pk").first() if version is not None else None
    editor = last.by if last else (version.created_by if version is not None else _("Somebody"))
    return versions.Stale(theirs=draft.content, mine=wanted, digest=drafts.token(draft.content, names), by=editor)


def _written(document: Document, draft: Draft, read: versions.Read, by: User, at: datetime) -> Version:
    """The open draft with the text of `read`; a new one when there is none, or when it is based on an old version."""
    if draft.version is None or draft.moved:
        return versions.new_draft(document, read, by, at)
    version = versions.open_draft(draft.version)
    versions.rewrite(version, read, by, at)
    return version


def ask(
    *, document: Document, request: ChangeRequest | None, version: Version, reason: str, by: User, at: datetime
) -> ChangeRequest:
    """Let the one open request of `by` ask for `version`: `request`, else one that asks for it already, else a new one.

    Inside the caller's action, under its lock of the document.
    """
    if request is not None:
        request.document, request.version, request.reason = document, version, reason
        request.save(update_fields=["version", "reason"])
        return request
    other: ChangeRequest | None = version.change_requests.filter(state=ChangeState.DRAFT).first()
    if other is not None:
        return other
    request = ChangeRequest(
        reference=ids.reference("CHG", at.year),
        document=document,
        version=version,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )
    request.save(force_insert=True)
    return request


def withdraw(request: ChangeRequest) -> None:
    """The draft says what is in force: nothing is left to ask for. Inside the caller's action."""
    action = audit.current()
    assert action is not None
    request.state = ChangeState.WITHDRAWN
    request.save(update_fields=["state"])
    action.record(verb="change.withdrawn", target=request, data={"reference": request.reference})
