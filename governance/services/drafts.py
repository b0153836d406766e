"""Drafts: begun for a document or for a new one, written part by part by the editor, replaced by a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import base, section_forms
from governance.documents.section_places import Place
from governance.models import ChangeRequest, Document, Version
from governance.models.changes import ChangeAction, ChangeModel, ChangeState
from governance.models.versions import ONE_PER_SCOPE
from governance.reads import documents, drafts
from governance.reads.drafts import Draft
from governance.services import changes, versions
from portal import access, audit, limits
from portal.errors import DomainError
from portal.models import User


class NotADraft(DomainError):
    """It was sent for review, or is over: its text cannot change."""


class ScopeTaken(DomainError):
    """There is a document of the kind for the same scope; `document` is the one to change."""

    def __init__(self, document: Document) -> None:
        self.document = document
        sentence = _("“%(title)s” is already for the same; change that one instead.")
        super().__init__(sentence % {"title": document.title})


@dataclass(frozen=True)
class Kept:
    """What was written: the change with its version now, and the address of the page (a new row has got its key)."""

    change: ChangeRequest
    version: Version
    address: str


def put(*, change: ChangeRequest, place: Place, parts: Mapping[str, Any], seen: str, by: User, at: datetime) -> Kept:
    """Write `parts` on the page `place` of the draft of `change`.

    `seen` is the token of what the page said when it was read (``Place.token``); whatever else was changed meanwhile
    is kept. Locks the document (of a matrix: all matrices), then the change. Raises NotADraft, versions.Stale,
    versions.NothingChanged, versions.ImportRefused, access.Refused; then nothing was changed.
    """
    with audit.action(actor=by, reason="draft edited", at=at) as action:
        change = _locked(change, by)
        document, draft = change.document, drafts.of(change.document, change)
        wanted, address = place.put(draft.content, parts)
        if seen != place.token(draft.content):
            raise _stale(change, draft, wanted, place)
        read = versions.read_content(document.kind, wanted)
        if read.digest == change.version.digest and not draft.moved:
            raise versions.NothingChanged(_("Nothing was changed, so there is nothing to save."))
        version = _written(change, draft, read, by, at)
        data = {"digest": version.digest, "place": place.address or place.section.key}
        action.record(verb="version.edited", target=version, data=data)
    return Kept(change, version, address)


def replace(*, change: ChangeRequest, text: str | bytes, seen: str, by: User, at: datetime) -> Version:
    """Let the draft of `change` say the YAML `text` instead; `seen` is the digest that it had when it was read.

    Raises NotADraft and whatever ``versions.edit`` raises; then nothing was changed.
    """
    with audit.action(actor=by, reason="draft imported", at=at):
        change = _locked(change, by)
        return versions.edit(version=change.version, text=text, by=by, at=at, seen=seen)


def start(
    *, kind: str, title: str, scope_kind: str = "default", scope_value: str = "", by: User, at: datetime
) -> ChangeRequest:
    """A draft of a new document that says nothing yet but its title; its key is made from that.

    Raises ScopeTaken, versions.ImportRefused (no title, or no such document for these), access.Refused; then nothing
    was changed.
    """
    scope = {} if scope_kind == "default" else {scope_kind: scope_value}
    read = versions.read_content(kind, {"title": title.strip(), "scope": scope})
    unfit = [item for item in base.check(kind, read.data, documents.facts(at)) if item.path.startswith("/scope")]
    if unfit:
        raise versions.ImportRefused(unfit)
    with audit.action(actor=by, reason="draft begun", at=at):
        document = Document(
            kind=kind, key=_key(kind, title), title=title.strip(), scope_kind=scope_kind, scope_value=scope_value
        )
        access.require(by, "draft", document)
        same = Document.objects.filter(kind=kind, scope_kind=scope_kind, scope_value=scope_value).first()
        if same is not None and kind in ONE_PER_SCOPE:
            raise ScopeTaken(same)
        versions.create(document)
        version = versions.draft_of(document, read.data, by, at)
        return changes.ask(document=document, version=version, reason="", by=by, at=at)


def bring(*, kind: str, text: str | bytes, key: str, by: User, at: datetime) -> ChangeRequest:
    """The YAML `text` as the draft of `by` of the document `key` of `kind`, which is new when there is none.

    One's draft says the text instead of what it said. Raises changes.AlreadyOpen (it is in review) and whatever
    ``versions.import_yaml`` raises; then nothing was changed.
    """
    with audit.action(actor=by, reason="imported as a draft", at=at):
        document, version = versions.import_yaml(kind=kind, text=text, key=key, by=by, at=at)
        mine = changes.open_of(document, by)
        if mine is None:
            return changes.ask(document=document, version=version, reason="", by=by, at=at)
        if mine.state != ChangeState.DRAFT or mine.action != ChangeAction.PUBLISH:
            raise changes.AlreadyOpen(mine.reference)
        mine.version = version
        mine.save(update_fields=["version"])
        return mine


def _locked(change: ChangeRequest, by: User) -> ChangeRequest:
    """`change` with its document, locked and re-read. Raises NotADraft, access.Refused."""
    document = versions.lock(change.document)
    rows = ChangeRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("version__based_on")
    change = rows.get(pk=change.pk)
    change.document = change.version.document = document
    access.require(by, "draft", document)
    if not drafts.is_open(change):
        words = {"reference": change.reference, "state": change.get_state_display()}
        raise NotADraft(_("%(reference)s is %(state)s by now: nothing was saved. Call it back to change it.") % words)
    return change


def _stale(change: ChangeRequest, draft: Draft, wanted: dict[str, Any], place: Place) -> versions.Stale:
    """The refusal, with both texts and the token of theirs."""
    version = change.document.effective_version if draft.moved else change.version
    last = version.edits.select_related("by").order_by("-pk").first() if version is not None else None
    editor = last.by if last else (version.created_by if version is not None else _("Somebody"))
    return versions.Stale(theirs=draft.content, mine=wanted, digest=place.token(draft.content), by=editor)


def _written(change: ChangeRequest, draft: Draft, read: versions.Read, by: User, at: datetime) -> Version:
    """The open draft with the text of `read`; a new one when it is based on an old version."""
    if not draft.moved:
        version = versions.open_draft(change.version)
        versions.rewrite(version, read, by, at)
        return version
    version = versions.new_draft(change.document, read, by, at)
    versions.carry_edits(change.version, version)
    change.version = version
    change.save(update_fields=["version"])
    return version


def _key(kind: str, title: str) -> str:
    """A key made from `title` that no other document of the kind has."""
    plain = (section_forms.slug(title) or kind)[: limits.KEY_LENGTH - 6]
    taken = set(Document.objects.filter(kind=kind, key__startswith=plain).values_list("key", flat=True))
    numbers = (f"{plain}-{number}" for number in range(2, 10_000))
    return plain if plain not in taken else next(key for key in numbers if key not in taken)


# The grid


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
    other: ChangeRequest | None = version.change_requests.filter(
        state=ChangeState.DRAFT, model=ChangeModel.NORMAL
    ).first()
    return other or changes.ask(document=document, version=version, reason=reason, by=by, at=at)


def withdraw(request: ChangeRequest) -> None:
    """The draft says what is in force: nothing is left to ask for. Inside the caller's action."""
    action = audit.current()
    assert action is not None
    request.state = ChangeState.WITHDRAWN
    request.save(update_fields=["state"])
    action.record(verb="change.withdrawn", target=request, data={"reference": request.reference})
