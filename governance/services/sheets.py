"""The rows of a matrix out to a sheet and in again: looked at first, then a draft, never in force by itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import base, sheets, workbooks
from governance.documents.facts import Finding
from governance.documents.sheets import NotASheet
from governance.models import Version
from governance.reads import documents, people
from governance.services import versions
from governance.services.versions import ImportRefused, NothingChanged, Read
from portal import access, audit, limits
from portal.errors import DomainError
from portal.models import User


class Moved(DomainError):
    """What was confirmed is not what would be stored now; nothing was."""


class NoRows(DomainError):
    """Only a matrix has rows that a sheet can hold."""


@dataclass(frozen=True)
class Preview:
    """What a sheet would make of a version. `rows` is its CSV, to be sent again with `seen` on confirming."""

    before: dict[str, Any]
    read: Read
    findings: tuple[Finding, ...]
    rows: str
    seen: str


def export(version: Version, format: str) -> bytes:
    """The rows of a matrix `version` as `csv` or `xlsx`. Raises NoRows."""
    _require_rows(version)
    write = workbooks.to_xlsx if format == "xlsx" else sheets.to_csv
    return write(json.loads(version.content), people.Directory())


def preview(*, version: Version, source: bytes, by: User, at: datetime) -> Preview:
    """What `source` (CSV or XLSX) would change in `version`; writes nothing.

    Findings carry the row of the sheet. Raises NoRows, ImportRefused (cells that cannot be read), NothingChanged,
    versions.RowsOfOthers (which names them) and access.Refused.
    """
    _require_rows(version)
    access.require(by, "draft", version.document)
    names, before = people.Directory(), json.loads(version.content)
    data, lines = _read(source, before, names)
    try:
        read = versions.read_content("matrix", data)
    except ImportRefused as refusal:
        raise ImportRefused(_placed(refusal.findings, lines)) from refusal
    if read.digest == version.digest:
        raise NothingChanged(_("The sheet says what this version already says."))
    versions.refuse_rows_of_others(by, version.document.effective_version, read, lines_of=lines)
    found = base.check("matrix", read.data, documents.facts(at))
    rows = sheets.to_csv(read.data, names).decode("utf-8-sig")
    seen = f"{version.digest}.{read.digest}"
    return Preview(before, read, tuple(_placed(found, lines)), rows, seen)


def draft(*, version: Version, source: bytes, seen: str, by: User, at: datetime) -> Version:
    """A new draft that says what `version` says with the rows of `source`, if that is what `seen` was made of.

    Raises what ``preview`` raises, Moved, access.Refused.
    """
    with audit.action(actor=by, reason=_("rows imported as a draft"), at=at) as action:
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


def _require_rows(version: Version) -> None:
    if version.document.kind != "matrix":
        raise NoRows(_("Only an ownership matrix has rows for a sheet; use YAML for this document."))


def _read(source: bytes, before: dict[str, Any], names: people.Directory) -> tuple[dict[str, Any], Mapping[str, int]]:
    if len(source) > limits.DOCUMENT_BYTES:
        size = limits.DOCUMENT_BYTES // 2**20
        raise ImportRefused([Finding("blocking", "", _("The file is larger than %(size)s MB.") % {"size": size})])
    try:
        table = workbooks.read(source)
    except NotASheet as error:
        raise ImportRefused([Finding("blocking", "", error.message)]) from error
    data, findings, lines = sheets.from_table(table, before, names)
    if findings:
        raise ImportRefused(findings)
    return data, lines


def _placed(findings: Any, lines: Mapping[str, int]) -> list[Finding]:
    """`findings` with the row of the sheet that they are about."""
    placed = []
    for finding in findings:
        steps = finding.path.split("/")
        row = lines.get(steps[2]) if steps[1:2] == ["rows"] and len(steps) > 2 else None
        placed.append(replace(finding, line=row) if row and not finding.line else finding)
    return placed
