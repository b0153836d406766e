"""Changes and publications as evidence: documents in canonical form, diffs, votes, and what brought them into force."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.documents import base
from governance.documents.redline import Entry, Redline
from governance.models import ChangeRequest, Review, Version
from governance.models.changes import ChangeAction
from governance.reads import change_text, changes
from portal import registry
from portal.evidence import contents, populations
from portal.evidence.contents import Contents, Contributor, Population, Said

RECEIPTS = {
    "change.reviewed",
    "change.approved",
    "change.glass_broken",
    "change.retrospective_accepted",
    "change.retrospective_rejected",
    "policy.installed",
    "policy.repaired",
    "version.published",
    "version.retired",
}
EVERYTHING = 10_000  # entries of a redline


def of_change(change: ChangeRequest) -> Contents:
    """Everything about `change`: its text and those before it, verdicts, remarks, what it did."""
    found = Contents(receipts=set(RECEIPTS))
    found.files["change.json"] = _stated(change)
    found.about(change.document)
    texts = [change.version, change.version.based_on, change.policy]
    found.add(of_versions({row.pk for row in texts if row is not None}, [change]))
    comments = change.comments.order_by("at", "pk")
    found.about(*comments)
    found.people |= {row.by_id for row in comments}
    found.files["comments.json"] = contents.listed(contents.state(row) for row in comments)
    return found


def of_versions(keys: Collection[Any], more: Iterable[ChangeRequest] = ()) -> Contents:
    """The texts with these keys, the changes that brought them into force, and `more` changes."""
    versions = list(Version.objects.filter(pk__in=keys).select_related("document").order_by("document", "number"))
    brought = _brought(versions)
    every = {row.pk: row for row in [*more, *(row for rows in brought.values() for row in rows)]}
    found = Contents(receipts=set(RECEIPTS))
    found.about(*versions, *every.values())
    until = _until({version.document_id for version in versions})
    found.files["versions.json"] = contents.listed(
        _version(version, brought.get(version.pk, []), until) for version in versions
    )
    found.files |= {f"documents/{version.digest}.json": version.content for version in versions}
    found.files["changes.json"] = contents.listed(_stated(change) for change in every.values())
    _vote(found, every)
    for change in every.values():
        _drawn(found, change)
        found.people |= {change.requested_by_id}
    return found


def _brought(versions: Iterable[Version]) -> dict[Any, list[ChangeRequest]]:
    """The changes that put each version into force or took it out, by version, in their order."""
    rows = ChangeRequest.objects.filter(version__in=[row.pk for row in versions], published_at__isnull=False)
    found: dict[Any, list[ChangeRequest]] = {}
    for row in rows.select_related("document", "version__based_on", "policy").order_by("published_at", "pk"):
        found.setdefault(row.version_id, []).append(row)
    return found


def _until(documents: Collection[Any]) -> dict[Any, list[datetime]]:
    """When something came into force (or went out of it), by document."""
    rows = ChangeRequest.objects.filter(document__in=documents, published_at__isnull=False).order_by("published_at")
    found: dict[Any, list[datetime]] = {}
    for document, at in rows.values_list("document", "published_at"):
        found.setdefault(document, []).append(at)  # type: ignore[arg-type]  # the filter says that it is there
    return found


def _version(version: Version, brought: list[ChangeRequest], until: dict[Any, list[datetime]]) -> dict[str, Any]:
    document = version.document
    said = contents.state(version) | {
        "document": version.digest,
        "of": {"id": document.pk, "kind": document.kind, "key": document.key, "title": document.title},
        "number": version.number,
        "effective_from": None,
        "effective_until": None,
        "approved_by": None,
    }
    started = [row for row in brought if row.action != ChangeAction.RETIRE]
    if not started:
        return said
    last = started[-1]
    assert last.published_at is not None
    after = [at for at in until[document.pk] if at > last.published_at]
    data = {"digest": version.digest, "number": version.number, "change": last.reference}
    return said | {
        "effective_from": last.published_at,
        "effective_until": after[0] if after else None,
        "approved_by": last.reference,
        contents.SAID: Said("version.published", version.pk, at=last.published_at, data=data),
    }


def _stated(change: ChangeRequest) -> dict[str, Any]:
    return contents.state(change) | {
        "reference": change.reference,
        "document": change.version.digest,
        "of": change.document.title,
        "why": change.reason,
        "rule": change.policy.digest if change.policy else None,
    }


def _vote(found: Contents, every: dict[Any, ChangeRequest]) -> None:
    rows = list(Review.objects.filter(change_request__in=every).order_by("at", "pk"))
    found.logs += rows
    found.files["votes.json"] = contents.listed(_review(row, every[row.change_request_id]) for row in rows)
    for row in rows:
        found.people |= {row.by_id, row.on_behalf_of_id}
    seen = Version.objects.filter(
        Q(document__in={change.document_id for change in every.values()}), digest__in={row.digest for row in rows}
    )
    found.files |= {f"documents/{version.digest}.json": version.content for version in seen}


def _review(row: Review, change: ChangeRequest) -> dict[str, Any]:
    data = {"digest": row.digest, "verdict": row.verdict}
    return contents.state(row) | {
        "change": change.reference,
        "verdict": row.get_verdict_display(),
        "on_behalf_of": row.on_behalf_of_id,
        "document": row.digest,
        contents.SAID: Said("change.reviewed", change.pk, actor=row.by_id, at=row.at, data=data),
    }


def _drawn(found: Contents, change: ChangeRequest) -> None:
    """What `change` does to the text: for programs, and as people read it."""
    before, after = change_text.contents(change)
    difference = [
        {"op": item.op, "path": item.path, "title": item.title, "before": item.before, "after": item.after}
        for item in base.diff(before, after)
    ]
    found.files[f"diffs/{change.reference}.json"] = difference
    redline = changes.redline(before, after, shown=EVERYTHING)
    found.files[f"diffs/{change.reference}.txt"] = in_words(change, redline)


def in_words(change: ChangeRequest, redline: Redline) -> str:
    """The redline as plain text: [-what went-] and {+what came+}."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    lines = [f"{change.reference}: {change.document.title}, version {change.version.number}", ""]
    for entry in redline.entries:
        if not isinstance(entry, Entry):
            lines += [f"({entry.count} parts stay as they are)", ""]
            continue
        where = f" from place {entry.before} to {entry.after}" if entry.op == "moved" else ""
        lines.append(f"{entry.op.upper()}{where}: {entry.section} / {entry.title}")
        for line in entry.lines:
            text = "".join(marks[piece.op].format(piece.text) for piece in line.pieces)
            lines.append(f"    {line.label}: {text}")
        lines.append("")
    if redline.more:
        lines.append(f"({redline.more} more; the .json file has all of them)")
    return "\n".join(lines) + "\n"


def _find(key: str) -> ChangeRequest | None:
    rows = ChangeRequest.objects.select_related("document", "version__based_on__document", "policy")
    return rows.filter(reference=key).first()


def _changes(begin: datetime, end: datetime) -> Population:
    """All changes that were asked for in [begin, end)."""
    rows = ChangeRequest.objects.filter(requested_at__gte=begin, requested_at__lt=end).order_by("requested_at", "pk")
    listed = [
        {
            "id": row.pk,
            "reference": row.reference,
            "state": row.state,
            "model": row.model,
            "document": row.document.title,
            "kind": row.document.kind,
            "number": row.version.number,
            "risk": row.calculated_band,
            "requested_at": row.requested_at,
            "requested_by": row.requested_by.name,
            "approved_at": row.approved_at,
            "published_at": row.published_at,
        }
        for row in rows.select_related("document", "version", "requested_by").defer("version__content")
    ]
    return Population(["governance.changerequest.created"], listed, populations.numbers(listed))


def _publications(begin: datetime, end: datetime) -> Population:
    """Every text that came into force, or went out of it, in [begin, end)."""
    rows = ChangeRequest.objects.filter(published_at__gte=begin, published_at__lt=end).order_by("published_at", "pk")
    listed = [
        {
            "id": row.version_id,
            "reference": row.reference,
            "state": "retired" if row.action == ChangeAction.RETIRE else "published",
            "document": row.document.title,
            "kind": row.document.kind,
            "number": row.version.number,
            "digest": row.version.digest,
            "published_at": row.published_at,
        }
        for row in rows.select_related("document", "version").defer("version__content")
    ]
    return Population(["version.published", "version.retired"], listed)


def register() -> None:
    registry.packs.add("change", Contributor(_("Change"), _changes, _find, of_change, lambda row: row.reference))
    registry.packs.add("publication", Contributor(_("Publication"), _publications))
