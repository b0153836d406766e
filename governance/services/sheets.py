"""Documents out to a sheet and in again: looked at first, then a draft, never in force by itself (P17).

Of a matrix its rows travel, one in each row of the sheet; of any other kind everything, one value in each row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import base, lines, outline, sheets, tables, workbooks
from governance.documents.facts import Finding
from governance.documents.tables import NotASheet
from governance.models import Document, Version
from governance.reads import documents, headings, people, sentences
from governance.services import versions
from governance.services.versions import ImportRefused, NothingChanged, Read
from portal import access, audit, limits
from portal.errors import DomainError
from portal.models import User


class Moved(DomainError):
    """What was confirmed is not what would be stored now; nothing was."""


@dataclass(frozen=True)
class Preview:
    """What a sheet would make of a version. `rows` is its CSV, to be sent again with `seen` on confirming."""

    before: dict[str, Any]
    read: Read
    findings: tuple[Finding, ...]
    rows: str
    seen: str


def export(version: Version, format: str) -> bytes:
    """`version` as `csv` or `xlsx`, with headings in the active language."""
    kind, content, names = version.document.kind, json.loads(version.content), people.Directory()
    if kind == "matrix":
        rows, title, widths = sheets.cells(content, names, sentences.said), sheets.TITLE, sheets.WIDTHS
    else:
        rows, title, widths = outline.cells(kind, content, names, sentences.said), outline.TITLE, outline.WIDTHS
    return workbooks.to_xlsx(rows, title, widths) if format == "xlsx" else tables.to_csv(rows)


def preview(*, version: Version, source: bytes, by: User, at: datetime) -> Preview:
    """What `source` (CSV or XLSX) would change in `version`; writes nothing.

    Findings carry the row of the sheet. Raises ImportRefused (cells that cannot be read), NothingChanged,
    versions.RowsOfOthers (which names them) and access.Refused.
    """
    access.require(by, "draft", version.document)
    names, before = people.Directory(), json.loads(version.content)
    kind = version.document.kind
    data, rows_of = _read(kind, source, before, names)
    try:
        read = versions.read_content(kind, data)
    except ImportRefused as refusal:
        raise ImportRefused(_placed(refusal.findings, rows_of)) from refusal
    if read.digest == version.digest:
        raise NothingChanged(_("The sheet says what this version already says."))
    versions.refuse_rows_of_others(by, version.document.effective_version, read, lines_of=_by_key(rows_of))
    found = base.check(kind, read.data, documents.facts(at))
    made = sheets.cells(read.data, names) if kind == "matrix" else outline.cells(kind, read.data, names)
    rows = tables.to_csv(made).decode("utf-8-sig")
    seen = f"{version.digest}.{read.digest}"
    return Preview(before, read, tuple(_placed(found, rows_of)), rows, seen)


def preview_yaml(*, kind: str, text: str | bytes, key: str, by: User, at: datetime) -> Preview:
    """What YAML `text` would change in the document `key` of `kind` as it is in force; writes nothing.

    Findings carry the line. Raises ImportRefused, versions.RowsOfOthers, access.Refused.
    """
    document = Document.objects.select_related("effective_version").filter(kind=kind, key=key).first()
    access.require(by, "draft", document or Document(kind=kind, key=key))
    read, now = versions.read_yaml(kind, text), document.effective_version if document else None
    versions.refuse_rows_of_others(by, now, read, text=text)
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    found = lines.placed(raw.decode("utf-8-sig"), base.check(kind, read.data, documents.facts(at)))
    return Preview(json.loads(now.content) if now else {}, read, tuple(found), "", read.digest)


def draft(*, version: Version, source: bytes, seen: str, by: User, at: datetime) -> Version:
    """A new draft that says what `version` says with the rows of `source`, if that is what `seen` was made of.

    Raises what ``preview`` raises, Moved, access.Refused.
    """
    with audit.action(actor=by, reason="imported as a draft", at=at) as action:
        access.require(by, "draft", version.document)
        document = versions.lock(version.document)
        version = Version.objects.select_related("document").get(pk=version.pk)
        shown = preview(version=version, source=source, by=by, at=at)
        if shown.seen != seen:
            raise Moved(_("Somebody changed this version since you looked. Look at the changes again, then confirm."))
        made = versions.new_draft(document, shown.read, by, at)
        data = {"digest": made.digest, "kind": document.kind, "key": document.key, "rows_of": str(version.pk)}
        action.record(verb="version.imported", target=made, data=data)
    return made


def _read(
    kind: str, source: bytes, before: dict[str, Any], names: people.Directory
) -> tuple[dict[str, Any], Mapping[str, int]]:
    if len(source) > limits.DOCUMENT_BYTES:
        size = limits.DOCUMENT_BYTES // 2**20
        raise ImportRefused([Finding("blocking", "", _("The file is larger than %(size)s MB.") % {"size": size})])
    known = headings.spoken(sheets.HEADINGS if kind == "matrix" else outline.HEADINGS)
    try:
        table = workbooks.read(source, known)
    except NotASheet as error:
        raise ImportRefused([Finding("blocking", "", error.message)]) from error
    if kind == "matrix":
        data, findings, rows_of = sheets.from_table(table, before, names, known)
    else:
        data, findings, rows_of = outline.from_table(kind, table, before, names, known)
    if findings:
        raise ImportRefused(findings)
    return data, rows_of


def _by_key(rows_of: Mapping[str, int]) -> dict[str, int]:
    return {path.removeprefix("/rows/"): line for path, line in rows_of.items()}


def _placed(findings: Any, rows_of: Mapping[str, int]) -> list[Finding]:
    """`findings` with the row of the sheet that they are about: of their place, or of the nearest around it."""
    placed = []
    for finding in findings:
        path = finding.path
        while path and path not in rows_of:
            path = path.rpartition("/")[0]
        placed.append(finding if finding.line or path not in rows_of else replace(finding, line=rows_of[path]))
    return placed
