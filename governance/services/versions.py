"""Drafts of controlled documents: import, edit, discard, export. Publishing is in ``changes``."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from governance.access import rows_of_others
from governance.documents import base, lines, playbook
from governance.documents.base import Content, Scope
from governance.documents.facts import Finding
from governance.documents.matrix import Matrix
from governance.models import Document, Edit, Reference, Version
from governance.models.versions import ONE_PER_SCOPE, Kind
from governance.reads import modules, people, sentences
from portal import access, audit, bulk, limits
from portal.errors import DomainError
from portal.models import User

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PATH_LENGTH = 200
REFERENCED = {
    "person": "portal.user",
    "team": "portal.team",
    "department": "portal.department",
    "workflow": "governance.workflow",
    "schedule": "governance.schedule",
    "board": "governance.board",
    "module": "governance.document",
    "platform": "governance.platform",
}


class ImportRefused(DomainError):
    """The text cannot become a draft; `findings` say why and in which line. Nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        shown = [
            (_("Line %(line)s: ") % {"line": item.line} if item.line else "") + sentences.said(item.message)
            for item in self.findings
        ]
        more = _(" (and %(count)s more)") % {"count": len(shown) - 1} if len(shown) > 1 else ""
        super().__init__(shown[0] + more)


class RowsOfOthers(ImportRefused):
    """Rows were added or changed that others keep; `findings` name each with its line. Nothing was written."""


class Frozen(DomainError):
    """The version was sent for review or published; it can no longer change."""


class NothingChanged(DomainError):
    """The text says what the draft already says."""


class Stale(DomainError):
    """Somebody else saved the draft since it was read. `theirs` is what it says now, `mine` what was not saved."""

    def __init__(self, *, theirs: dict[str, Any], mine: dict[str, Any], digest: str, by: Any) -> None:
        self.theirs, self.mine, self.digest = theirs, mine, digest
        sentence = _("%(name)s saved this draft after you had opened it. Nothing of yours is lost: compare below.")
        super().__init__(sentence % {"name": by})


@dataclass(frozen=True)
class Read:
    """A text that fits its schema: the typed content, its JSON and canonical text with digest."""

    content: Content
    data: dict[str, Any]
    text: str
    digest: str


def lock(document: Document) -> Document:
    """`document` locked and re-read. Of a matrix all matrices are locked, since their rows are compiled together."""
    if document.kind == Kind.MATRIX:
        return {row.pk: row for row in lock_matrices()}[document.pk]
    return Document.objects.select_for_update(no_key=True).get(pk=document.pk)


def lock_matrices() -> list[Document]:
    """All matrices, locked: whatever changes what is compiled of them waits here for a publication.

    NOTE: whoever had to wait looks again, since the first look does not see a matrix that was made meanwhile.
    """
    rows = Document.objects.select_for_update(no_key=True).filter(kind=Kind.MATRIX).order_by("pk")
    list(rows)
    return list(rows.all())


def import_yaml(*, kind: str, text: str | bytes, key: str, by: User, at: datetime) -> tuple[Document, Version]:
    """Store YAML `text` as a new draft of the document `key` of `kind`; a new document when there is none yet.

    The draft is based on the version in force. Advisory and blocking findings of the check do not hinder a draft.
    Raises ImportRefused (not readable, does not fit the schema, other scope than the document's), access.Refused.
    """
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ImportRefused(
            [Finding("blocking", "", _("The key may hold lower-case letters, digits, - and _ only, at most 64."))]
        )
    read = read_yaml(kind, text)
    with audit.action(actor=by, reason="imported as a draft", at=at) as action:
        access.require(
            by, "draft", Document.objects.filter(kind=kind, key=key).first() or _new(kind, key, read.content)
        )
        document = _document(kind, key, read.content)
        refuse_rows_of_others(by, document.effective_version, read, text=text)
        version = new_draft(document, read, by, at)
        action.record(
            verb="version.imported", target=version, data={"digest": version.digest, "kind": kind, "key": key}
        )
    return document, version


def edit(*, version: Version, text: str | bytes, by: User, at: datetime, seen: str = "") -> Version:
    """Replace the content of a draft; one ``Edit`` row for each difference.

    `seen` is the digest that the editor had before the eyes; when the draft says something else now, nothing is
    saved. Raises ImportRefused, Frozen, NothingChanged, Stale, access.Refused.
    """
    read = read_yaml(version.document.kind, text)
    with audit.action(actor=by, reason="draft edited", at=at) as action:
        access.require(by, "draft", version.document)
        document = lock(version.document)
        version = open_draft(version)
        if read.digest == version.digest:
            raise NothingChanged(_("The draft already says exactly this."))
        if seen and seen != version.digest:
            last = version.edits.select_related("by").order_by("-pk").first()
            theirs, editor = json.loads(version.content), last.by if last else version.created_by
            raise Stale(theirs=theirs, mine=read.data, digest=version.digest, by=editor)
        _refuse_other_scope(document, read.content)
        refuse_rows_of_others(by, version, read, text=text)
        rewrite(version, read, by, at)
        action.record(verb="version.edited", target=version, data={"digest": version.digest})
    return version


def draft_from_effective(*, document: Document, by: User, at: datetime) -> Version:
    """A new draft that says what is in force now, to be edited. Raises DomainError when nothing is in force."""
    with audit.action(actor=by, reason="draft begun", at=at) as action:
        access.require(by, "draft", document)
        document = lock(document)
        if document.effective_version is None:
            raise DomainError(_("No version of this document is in force yet; import one."))
        version = new_draft(document, stored(document.effective_version), by, at)
        action.record(verb="version.drafted", target=version, data={"digest": version.digest})
    return version


def draft_of(document: Document, content: dict[str, Any], by: User, at: datetime) -> Version:
    """A new draft that says JSON `content`. Inside the caller's action, under its lock. Raises ImportRefused."""
    action = audit.current()
    assert action is not None
    version = new_draft(document, read_content(document.kind, content), by, at)
    action.record(verb="version.drafted", target=version, data={"digest": version.digest})
    return version


def export_yaml(version: Version) -> str:
    """The content as YAML with e-mail addresses and keys instead of ids; importing it gives the same content."""
    return base.to_yaml(json.loads(version.content), people.Directory())


def read_yaml(kind: str, text: str | bytes) -> Read:
    """`text` parsed, resolved, typed and canonical; writes nothing. Raises ImportRefused with lines."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > limits.DOCUMENT_BYTES:
        size = limits.DOCUMENT_BYTES // 2**20
        raise ImportRefused([Finding("blocking", "", _("The file is larger than %(size)s MB.") % {"size": size})])
    data, findings = base.from_yaml(text, people.Directory())
    if findings:
        raise ImportRefused(_with_lines(raw, findings, parsed=bool(data)))
    try:
        return read_content(kind, data)
    except ImportRefused as refusal:
        raise ImportRefused(_with_lines(raw, list(refusal.findings), parsed=True)) from refusal


def read_content(kind: str, data: dict[str, Any]) -> Read:
    """JSON content with ids, typed and canonical; writes nothing. Raises ImportRefused.

    Pins of a playbook that name a version without its digest get it here, whichever way they came in.
    """
    if kind == Kind.PLAYBOOK:
        data = playbook.with_digests(data, modules.facts())
    try:
        content, findings, text = base.read(kind, data)
    except base.ContentError as error:
        raise ImportRefused([Finding("blocking", error.path, error.message)]) from error
    if content is None:
        raise ImportRefused(findings)
    return Read(content, json.loads(text), text, base.digest(text))


def stored(version: Version) -> Read:
    """What `version` says, as it was read once."""
    text = version.content
    return Read(base.load(version.document.kind, text), json.loads(text), text, base.digest(text))


def _with_lines(raw: bytes, findings: list[Finding], *, parsed: bool) -> list[Finding]:
    return lines.placed(raw.decode("utf-8-sig"), findings) if parsed else findings


def open_draft(version: Version) -> Version:
    """`version` locked and re-read. Raises Frozen when it was sent for review."""
    version = Version.objects.select_for_update(no_key=True, of=("self",)).select_related("document").get(pk=version.pk)
    if version.frozen_at is not None:
        raise Frozen(_("This version was sent for review and can no longer change; begin a new draft."))
    return version


def _document(kind: str, key: str, content: Content) -> Document:
    """The document `key`, locked, or a new one with the scope of `content`."""
    document = Document.objects.filter(kind=kind, key=key).first()
    if document is not None:
        document = lock(document)
        _refuse_other_scope(document, content)
        return document
    scope: Scope = content.scope  # type: ignore[attr-defined]
    other = Document.objects.filter(kind=kind, scope_kind=scope.kind, scope_value=str(scope.ref or "")).first()
    if other is not None and kind in ONE_PER_SCOPE:
        sentence = _("“%(title)s” (%(key)s) is already for the same scope; import into that one.")
        raise ImportRefused([Finding("blocking", "/scope", sentence % {"title": other.title, "key": other.key})])
    document = _new(kind, key, content)
    create(document)
    return document


def create(document: Document) -> None:
    """Store a new document. Raises ImportRefused when somebody else is creating it at the same moment."""
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError as error:
        raise ImportRefused(
            [Finding("blocking", "", _("Somebody is creating this document right now; try again."))]
        ) from error


def _new(kind: str, key: str, content: Content) -> Document:
    scope: Scope = content.scope  # type: ignore[attr-defined]
    return Document(kind=kind, key=key, title=content.title, scope_kind=scope.kind, scope_value=str(scope.ref or ""))


def refuse_rows_of_others(
    by: User, known: Version | None, read: Read, *, text: str | bytes = "", lines_of: Mapping[str, int] | None = None
) -> None:
    """Refuse rows of a matrix that `by` may not edit and that `known` does not say word for word.

    Their lines are those of the YAML `text`, or of a sheet (`lines_of` a row key). Raises RowsOfOthers.
    """
    if not isinstance(read.content, Matrix):
        return
    written = json.loads(known.content).get("rows") or () if known is not None else ()
    old = {row["key"]: row for row in written}
    changed = {row["key"] for row in read.data.get("rows") or () if row != old.get(row["key"])}
    places = {row.key: (row.scope.kind, str(row.scope.ref or "")) for row in read.content.rows if row.key in changed}
    refused = rows_of_others(by, places.values())
    sentence = _("Row “%(row)s”: %(why)s")
    findings = [
        Finding("blocking", f"/rows/{key}", sentence % {"row": key, "why": why}, (lines_of or {}).get(key))
        for key, place in places.items()
        if (why := refused.get(place))
    ]
    if findings:
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        raise RowsOfOthers(_with_lines(raw, findings, parsed=bool(text)))


def _refuse_other_scope(document: Document, content: Content) -> None:
    scope: Scope = content.scope  # type: ignore[attr-defined]
    if (scope.kind, str(scope.ref or "")) != (document.scope_kind, document.scope_value):
        sentence = _("The scope is not the one of “%(title)s”; a document keeps its scope.") % {"title": document.title}
        raise ImportRefused([Finding("blocking", "/scope", sentence)])


def new_draft(document: Document, read: Read, by: User, at: datetime) -> Version:
    """A draft of `document` (locked by the caller, inside an action), based on what is in force."""
    last = document.versions.order_by("-number").values_list("number", flat=True).first() or 0
    based_on = document.effective_version
    version = Version(
        document=document,
        number=last + 1,
        schema=read.content.schema_number,
        content=read.text,
        digest=read.digest,
        based_on=based_on,
        created_by=by,
        created_at=at,
    )
    version.save(force_insert=True)
    _write_edits(version, json.loads(based_on.content) if based_on else {}, read.data, by, at)
    _write_references(version, read.content)
    return version


def copied(version: Version, *, at: datetime) -> Version:
    """A new draft that says what the frozen `version` says, made from the same text by the same contributors.

    Inside the caller's action, under its lock of the document.
    """
    document = version.document
    last = document.versions.order_by("-number").values_list("number", flat=True).first() or 0
    copy = Version(
        document=document,
        number=last + 1,
        schema=version.schema,
        content=version.content,
        digest=version.digest,
        based_on=version.based_on,
        created_by=version.created_by,
        created_at=at,
    )
    copy.save(force_insert=True)
    carry_edits(version, copy)
    _write_references(copy, base.load(document.kind, copy.content))
    return copy


def carry_edits(version: Version, copy: Version) -> None:
    """Whoever wrote in `version` has written in `copy` too: nobody stops being a contributor by a copy."""
    _keep_edits(
        copy,
        (
            Edit(version=copy, row=it.row, field=it.field, before=it.before, after=it.after, by_id=it.by_id, at=it.at)
            for it in version.edits.order_by("pk")
        ),
    )


def _keep_edits(version: Version, edits: Iterable[Edit]) -> None:
    action = audit.current()
    assert action is not None
    action.prove(Edit.objects.bulk_create(edits), about=version)


def rewrite(version: Version, read: Read, by: User, at: datetime) -> None:
    """Let an open draft (locked by the caller, inside an action) say `read`; one ``Edit`` row for each difference."""
    before = json.loads(version.content)
    version.content, version.digest, version.schema = read.text, read.digest, read.content.schema_number
    version.save(update_fields=["content", "digest", "schema"])
    _write_edits(version, before, read.data, by, at)
    version.references.all().delete()
    _write_references(version, read.content)


def _write_edits(version: Version, before: dict[str, Any], after: dict[str, Any], by: User, at: datetime) -> None:
    edits = (
        Edit(
            version=version,
            row=change.path[:PATH_LENGTH],
            field=f"{change.op} {change.field}".strip()[: limits.KEY_LENGTH],
            before=change.before,
            after=change.after,
            by=by,
            at=at,
        )
        for change in base.diff(before, after)
    )
    _keep_edits(version, edits)


def _write_references(version: Version, content: Content) -> None:
    found = base.spec(version.document.kind).references(content)
    records = [
        {
            "version_id": version.pk,
            "target_type": REFERENCED[item.kind],
            "target_id": item.id,
            "path": item.path[-PATH_LENGTH:],
        }
        for item in found
        if item.kind in REFERENCED
    ]
    bulk.insert_missing_values(Reference, records)
