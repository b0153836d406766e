"""Everything that happened to a document, its versions and changes: one entry for each action, newest first.

All rows of one action share one request id; the ledger says which those are, so this reads a page of request ids and
then, whatever the size of the page, a constant number of queries.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.documents import places, redline
from governance.documents.canonical import unescape
from governance.documents.titles import SECTIONS, Titles
from governance.models import Document, Edit, Review, Version
from governance.reads import named, sentences
from portal.models import AuditEntry, AuditPayload
from portal.reads import trail

PAGE = 25
SHOWN_EDITS = 10
SHOWN_TEXT = 300
TARGETS = ("governance.document", "governance.version", "governance.changerequest")
VERBS = {
    "version.imported": gettext_lazy("imported %(what)s as a draft"),
    "version.drafted": gettext_lazy("began %(what)s from what is in force"),
    "version.edited": gettext_lazy("edited %(what)s"),
    "version.published": gettext_lazy("brought %(what)s into force"),
    "change.withdrawn": gettext_lazy("withdrew the draft, since it says what is in force"),
    "governance.document.created": gettext_lazy("created the document"),
    "governance.document.changed": gettext_lazy("changed the document"),
    "governance.version.created": gettext_lazy("created %(what)s"),
    "governance.version.changed": gettext_lazy("changed %(what)s"),
    "governance.changerequest.created": gettext_lazy("asked for %(what)s"),
    "governance.changerequest.changed": gettext_lazy("changed %(what)s"),
    "governance.changerequest.deleted": gettext_lazy("withdrew a change"),
}
OPS = {
    "added": gettext_lazy("added"),
    "removed": gettext_lazy("removed"),
    "changed": gettext_lazy("changed"),
    "moved": gettext_lazy("moved"),
}


@dataclass(frozen=True)
class Change:
    """One difference as it was noted: where, and before and after in words."""

    op: str
    place: str
    before: str
    after: str
    key: str = ""
    """The key of the row it lies in, for whoever looks it up in the text."""


@dataclass(frozen=True)
class Said:
    """A verdict given in the action."""

    who: str
    verdict: str
    note: str


@dataclass(frozen=True)
class Entry:
    """One action: who, when, why, what. `edits_in_all` counts also those that are not listed."""

    key: int
    request: UUID
    at: datetime
    who: str
    why: str
    what: tuple[str, ...]
    versions: tuple[Version, ...]
    edits: tuple[Change, ...]
    edits_in_all: int
    reviews: tuple[Said, ...]

    @property
    def more_edits(self) -> int:
        return self.edits_in_all - len(self.edits)


@dataclass(frozen=True)
class Page:
    """Some entries, and where the earlier ones begin (None: these are the last)."""

    entries: tuple[Entry, ...]
    earlier: int | None


def page(document: Document, *, before: int | None = None, size: int = PAGE) -> Page:
    """The newest `size` actions about `document`, or those before the entry with key `before`."""
    world = _World(document)
    actions = world.entries.values("request_id").annotate(last=Max("id")).order_by("-last")
    if before is not None:
        actions = actions.filter(last__lt=before)
    found = list(actions.values_list("request_id", "last")[: size + 1])
    shown = found[:size]
    return Page(tuple(world.read(shown)), shown[-1][1] if len(found) > size else None)


class _World:
    """One document with the ids of its versions and changes."""

    def __init__(self, document: Document) -> None:
        rows = Version.objects.filter(document=document).defer("content").select_related("document")
        self.versions = {str(version.pk): version for version in rows}
        self.changes = {str(pk): text for pk, text in document.change_requests.values_list("pk", "reference")}
        wanted = Q(target_type=TARGETS[0], target_id=str(document.pk))
        wanted |= Q(target_type=TARGETS[1], target_id__in=list(self.versions))
        wanted |= Q(target_type=TARGETS[2], target_id__in=list(self.changes))
        self.entries = AuditEntry.objects.filter(wanted).order_by()

    def read(self, shown: list[tuple[UUID, int]]) -> Iterable[Entry]:
        asked = [request for request, _last in shown]
        grouped: dict[UUID, list[AuditEntry]] = defaultdict(list)
        for entry in self.entries.filter(request_id__in=asked).select_related("actor").order_by("id"):
            grouped[entry.request_id].append(entry)
        every = [entry for entries in grouped.values() for entry in entries]
        reasons = _reasons(entries[0].pk for entries in grouped.values())
        moments = {entry.at for entry in every}
        edits, counts = self._edits(every, moments)
        reviews = self._reviews(every, moments)
        for request, last in shown:
            entries = grouped[request]
            first = entries[0]
            touched = [self.versions[entry.target_id] for entry in entries if entry.target_id in self.versions]
            touched = list({version.pk: version for version in touched}.values())
            drawn = {entry.target_id for entry in entries if entry.verb.startswith("version.")} - {
                entry.target_id for entry in entries if entry.verb == "version.published"
            }
            keys = [(version.pk, first.at) for version in touched if str(version.pk) in drawn]
            yield Entry(
                key=last,
                request=request,
                at=first.at,
                who=trail.who(first),
                why=sentences.said(reasons.get(first.pk, "")),
                what=tuple(self._what(entries)),
                versions=tuple(touched),
                edits=tuple(edit for key in keys for edit in edits.get(key, ()))[:SHOWN_EDITS],
                edits_in_all=sum(counts.get(key, 0) for key in keys),
                reviews=tuple(item for entry in entries for item in reviews.get((entry.target_id, entry.at), ())),
            )

    def _what(self, entries: list[AuditEntry]) -> Iterable[str]:
        """What was said to have happened; rows of tables only when nobody said anything about the same thing."""
        spoken = {entry.target_id for entry in entries if not entry.verb.startswith("governance.")}
        seen: set[str] = set()
        for entry in entries:
            if entry.verb.startswith("governance.version.") and entry.target_id in spoken:
                continue
            if entry.verb == "governance.document.changed" and spoken:
                continue
            version, change = self.versions.get(entry.target_id), self.changes.get(entry.target_id, "")
            what = _("version %(number)s") % {"number": version.number} if version else change
            text = str(VERBS.get(entry.verb, entry.verb)) % {"what": what}
            if text not in seen:
                seen.add(text)
                yield text

    def _edits(
        self, entries: list[AuditEntry], moments: set[datetime]
    ) -> tuple[dict[tuple[UUID, datetime], list[Change]], dict[tuple[UUID, datetime], int]]:
        """Edits by (version, moment): the first ones in words, and how many."""
        pks = {UUID(entry.target_id) for entry in entries if entry.target_type == TARGETS[1]}
        rows = Edit.objects.filter(version_id__in=pks, at__in=moments).exclude(row="/schema_number").order_by("pk")
        listed: dict[tuple[UUID, datetime], list[Edit]] = defaultdict(list)
        counts: dict[tuple[UUID, datetime], int] = defaultdict(int)
        for edit in rows.iterator(chunk_size=2_000):
            key = (edit.version_id, edit.at)
            counts[key] += 1
            if len(listed[key]) < SHOWN_EDITS:
                listed[key].append(edit)
        values = [{_last(edit.row): item} for edits in listed.values() for edit in edits for item in _both(edit)]
        contents = _contents([edit for edits in listed.values() for edit in edits])
        names, titles = named.Named([*values, *(item for found in contents.values() for item in found)]), named.titles()
        said = {
            key: [_change(edit, contents.get(edit.version_id, []), names, titles) for edit in edits]
            for key, edits in listed.items()
        }
        return said, counts

    def _reviews(self, entries: list[AuditEntry], moments: set[datetime]) -> dict[tuple[str, datetime], list[Said]]:
        pks = {UUID(entry.target_id) for entry in entries if entry.target_type == TARGETS[2]}
        rows = Review.objects.filter(change_request_id__in=pks, at__in=moments).select_related("by").order_by("at")
        found: dict[tuple[str, datetime], list[Said]] = defaultdict(list)
        for row in rows:
            said = Said(row.by.name, row.get_verdict_display(), sentences.said(row.rationale))
            if said not in found[str(row.change_request_id), row.at]:
                found[str(row.change_request_id), row.at].append(said)
        return found


def _reasons(keys: Iterable[int]) -> dict[int, str]:
    """The reason of each entry; nothing where the words have been erased."""
    rows = AuditPayload.objects.filter(entry_id__in=list(keys)).values_list("entry_id", "content")
    return {key: json.loads(content).get("reason", "") for key, content in rows}


def _both(edit: Edit) -> tuple[Any, Any]:
    return edit.before, edit.after


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _contents(edits: list[Edit]) -> dict[UUID, list[dict[str, Any]]]:
    """By version: the rows in which `edits` lie, as the version has them and as what it was based on had; one query.

    What rows name by key (responsibilities, roles) comes along.
    """
    wanted: dict[UUID, set[str]] = defaultdict(set)
    for edit in edits:
        wanted[edit.version_id] |= {unescape(step) for step in edit.row.split("/")[2:3]}
    rows = Version.objects.filter(pk__in=list(wanted)).order_by()
    found: dict[UUID, list[dict[str, Any]]] = {}
    for pk, *texts in rows.values_list("pk", "content", "based_on__content").iterator(chunk_size=1):
        read = [json.loads(text) for text in texts if text]
        found[pk] = [_only(content, wanted[pk]) for content in read]
    for edit in edits:
        steps = edit.row.split("/")[1:]
        if len(steps) == 2:
            gone = [item for item in _both(edit) if isinstance(item, dict) and "key" in item]
            found.setdefault(edit.version_id, []).extend({steps[0]: [item]} for item in gone)
    return found


def _only(content: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    """`content` with the rows that others name, and of its other lists only the rows with `keys`."""
    return {
        name: value
        if name in SECTIONS.values()
        else [row for row in value if isinstance(row, dict) and row.get("key") in keys]
        for name, value in content.items()
        if isinstance(value, list)
    } | {name: value for name, value in content.items() if isinstance(value, dict)}


def _change(edit: Edit, contents: list[dict[str, Any]], names: named.Named, titles: Titles) -> Change:
    """An edit in words. `row` is a pointer: section, key of the row, then the field."""
    op = edit.field.partition(" ")[0]
    place = " · ".join(places.words(edit.row, contents, name=names.name, say=sentences.said, titles=titles))
    key = unescape("".join(edit.row.split("/")[2:3]))
    if op == "moved":
        return Change(str(OPS[op]), place, str((edit.before or 0) + 1), str((edit.after or 0) + 1), key)
    before, after = (_said(_last(edit.row), item, names, titles) for item in _both(edit))
    return Change(str(OPS.get(op, op)), place, before, after, key)


def _said(field: str, value: Any, names: named.Named, titles: Titles) -> str:
    """A value in words; a whole list of rows is only counted."""
    if isinstance(value, list) and value and all(isinstance(item, dict) and "key" in item for item in value):
        return ngettext("%(count)s part", "%(count)s parts", len(value)) % {"count": len(value)}
    text = redline.in_words(field, value, name=names.name, say=sentences.said, titles=titles)
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}…"
