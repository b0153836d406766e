"""Everything that one answer of the editor needs: the page as it was opened, typed into or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.documents import section_forms, section_nodes, section_places, sections
from governance.documents.facts import Finding
from governance.documents.section_places import NEW, Place
from governance.forms.editor import PlaceForm
from governance.models import ChangeRequest
from governance.reads import changes as change_reads
from governance.reads import drafts, sentences
from governance.reads import sections as reads
from governance.services import drafts as service
from governance.services import versions

SHOWN_FINDINGS = 6


class Page:
    """A page of the editor for the draft of `change`, with what was sent to it in `data`.

    `note` says what became of what was typed in passing, `refusal` why nothing was saved, `focus` what was asked for.
    """

    def __init__(self, change: ChangeRequest, place: Place, data: Any, *, at: datetime) -> None:
        self.change, self.place, self.data, self.at = change, place, data, at
        self.draft = drafts.of(change.document, change)
        self.known = reads.Known(change.document, self.draft.content, at=at, place=place)
        self.form = PlaceForm(place, self.draft.content, self.known, data)
        self.seen = self.form.seen or place.token(self.draft.content)
        self.focus = self.note = self.refusal = ""
        self.stale: versions.Stale | None = None
        self.findings: list[Finding] = []

    def after(self, kept: service.Kept) -> Page:
        """The same page once its words were kept: still as they were typed, and against what the draft says now."""
        kept.change.version = kept.version
        place = section_places.place(self.place.section, kept.address)
        assert place is not None
        page = Page(kept.change, place, self.data, at=self.at)
        page.form.settle(self.form)
        page.seen = place.token(page.draft.content)
        return page

    def refuse(self, error: Exception) -> None:
        """Say why nothing was saved. What comes too late stands from now on against what is there."""
        self.refusal = str(error)
        self.findings = list(getattr(error, "findings", ()))
        if isinstance(error, versions.Stale):
            self.stale, self.seen = error, error.digest

    @cached_property
    def found(self) -> list[Finding]:
        """What is wrong: with what was typed, else with the document as it would be."""
        form = self.form
        # NOTE: a new row in which nothing was written yet is no mistake; saving it says what it needs.
        problems = [] if form.is_blank and not self.refusal else form.found(form.problems)
        return self.findings or problems or self.known.findings(form.whole[0])

    @cached_property
    def now(self) -> dict[str, Any]:
        """What is in force; nothing where nothing is."""
        return change_reads.content(self.change.document.effective_version)

    def context(self) -> dict[str, Any]:
        change, place = self.change, self.place
        shown = self._drawn()
        found = [item for item in self.found if item.blocking]
        return {
            "change": change,
            "document": change.document,
            "draft": self.draft,
            "place": place,
            "is_row": place.is_row,
            "title": self._title(),
            "help": "" if place.is_row else sentences.said(place.section.help),
            "shown": shown,
            "tabs": reads.tabs(change, self.found, self.now, self.form.whole[0]),
            "names": self._names(),
            "seen": self.seen,
            "note": self.note,
            "focus": self.focus,
            "refusal": self.refusal,
            "stale": change_reads.redline(self.stale.theirs, self.stale.mine) if self.stale is not None else None,
            "clashes": self._clashes(),
            "elsewhere": [(item, reads.mend(change, item.path)) for item in shown.elsewhere[:SHOWN_FINDINGS]],
            "more_elsewhere": len(shown.elsewhere) - SHOWN_FINDINGS,
            "blocking": len(found),
            "first": next((url for item in found if (url := reads.mend(change, item.path))), ""),
            "is_changed": self.form.whole[0] != self.now,
            **self._around(),
        }

    def _drawn(self) -> section_nodes.Drawn:
        was = self.place.row(self.now) if self.now else None
        before = section_forms.opened(self.place.here, was or {}, self.known) if self.now else None
        return section_nodes.drawn(
            self.place.here,
            self.form.texts,
            self.found,
            self.known,
            path=self.form.path,
            stored=self.form.stored,
            kept=reads.kept(self.change.document),
            before=before,
            was=(was or {}) if self.now else None,
        )

    def _title(self) -> str:
        if not self.place.is_row:
            return capfirst(sentences.said(self.place.section.title))
        return section_places.title(self.form.stored) or (_("New entry") if self.place.is_new else "")

    def _around(self) -> dict[str, Any]:
        """The way up, and the neighbors of a row."""
        change, place, section = self.change, self.place, self.place.section
        if not place.is_row:
            return {"crumbs": [], "count": 0}
        up = [(capfirst(sentences.said(section.title)), reads.address(change, section.key))]
        up += [
            (title, reads.address(change, section.key, row))
            for title, row in section_places.crumbs(place, self.draft.content)
        ]
        rows, number = section_places.siblings(place, self.draft.content)
        outer = place.address.rpartition("/")[0]

        def neighbor(index: int) -> tuple[str, str] | None:
            if not 0 <= index < len(rows) or number < 0:
                return None
            row: Mapping[str, Any] = rows[index]
            return section_places.title(row), reads.address(change, section.key, f"{outer}/{row['key']}")

        return {
            "crumbs": up,
            "number": number + 1,
            "count": len(rows),
            "before": neighbor(number - 1),
            "after": neighbor(number + 1),
            "new_url": reads.address(change, section.key, f"{outer}/{NEW}"),
        }

    def _names(self) -> dict[str, list[reads.Suggestion]]:
        """What can be completed, by what a field refers to."""
        fields = [field for field in sections.walk(self.place.here.fields) if field.widget == "name"]
        return {refers: self.known.suggestions(refers) for refers in sorted({field.refers for field in fields})}

    def _clashes(self) -> list[tuple[str, str]]:
        """What somebody else has changed too, in words, and where it is edited."""
        said = change_reads.places_in_words(self.draft.clashes, [self.draft.content, self.now])
        return [(words, reads.mend(self.change, path)) for path, words in zip(self.draft.clashes, said, strict=True)]
