"""Several people edit, save and publish in any order, and nothing of anybody's is lost.

Every accepted edit is in the draft or in force until a later one, made by somebody who saw it, replaces it; whoever
is refused learns both values, and nothing changed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import ChangeRequest, Document, Version
from governance.reads import drafts
from governance.services import changes, grid, sheets, versions
from portal import roles
from portal.errors import DomainError
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import picture

PEOPLE, CELLS, HOLDERS = range(3), range(6), range(4)
Said = dict[Cell, tuple[Value, ...]]


def said(content: dict[str, Any]) -> Said:
    return {cell: entry.values for cell, entry in cells.cells(content).items()}


class Editing(RuleBasedStateMachine):
    """Two governance admins and a team admin at the matrices of a company and one team."""

    scene: Any = None
    screens = Bundle("screens")
    texts = Bundle("texts")

    def __init__(self) -> None:
        super().__init__()
        company, boss, keeper = type(self).scene
        self.people = [company.admin, boss, keeper]
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.matrix = company.matrix
        workflow, team = str(company.workflow.pk), str(company.team.pk)
        self.cells = [
            Cell("workflow", workflow, "on_call"),
            Cell("workflow", workflow, "owner"),
            Cell("workflow", workflow, "owner", "sev1"),
            Cell("team", team, "on_call"),
            Cell("default", "", "owner", "sev1"),
            Cell("default", "", "on_call"),
        ]
        holders = [company.responder, company.second, company.lead, company.leader]
        self.values = [Value(Held("person", str(user.pk))) for user in holders]
        self.accepted: list[dict[Cell, tuple[Value, ...]]] = [{}, {}, {}]
        """By person what was accepted into the draft and is not yet in force."""
        self.shared: Version | None = None
        self.words: dict[Any, str] = {}
        """By draft what was accepted last, as text."""

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # What the database says

    def documents(self) -> list[Document]:
        return list(Document.objects.filter(kind="matrix").select_related("effective_version").order_by("pk"))

    def in_force(self) -> Said:
        found: Said = {}
        for document in self.documents():
            found |= said(drafts.said(document.effective_version, document))
        return found

    def drafted(self, person: int) -> list[drafts.Draft]:
        asked = {request.document_id: request for request in drafts.open_of(self.people[person])}
        return [drafts.of(document, asked.get(document.pk)) for document in self.documents()]

    def view(self, person: int) -> dict[Cell, cells.Entry]:
        """What the page of a person shows."""
        found: dict[Cell, cells.Entry] = {}
        for draft in self.drafted(person):
            found |= cells.cells(draft.content)
        return found

    # Cells

    @rule(target=screens, person=st.sampled_from(PEOPLE))
    def load(self, person: int) -> Any:
        return person, self.view(person)

    @rule(
        screen=screens,
        answers=st.dictionaries(st.sampled_from(CELLS), st.none() | st.sampled_from(HOLDERS), max_size=3),
        publish=st.booleans(),
    )
    def save(self, screen: Any, answers: dict[int, int | None], publish: bool) -> None:
        person, seen = screen
        edits = []
        for place, holder in answers.items():
            cell, value = self.cells[place], None if holder is None else self.values[holder]
            edits.append(Edit(cell, value, cells.token(seen.get(cell)), name="order-sync"))
        before, view, late = self.in_force(), self.view(person), self.late(person)
        rows = picture()
        try:
            done = grid.save(edits=edits, reason="Better", by=self.people[person], at=NOW, publish=publish)
        except DomainError:
            assert picture() == rows
            return
        self.judge(person, edits, seen, view, done, late)
        self.nobody_elses_changed(person, before, done)

    def late(self, person: int) -> set[Cell]:
        return {item.cell for draft in self.drafted(person) for item in draft.late}

    def judge(
        self, person: int, edits: list[Edit], seen: Any, view: Any, done: list[grid.Saved], late: set[Cell]
    ) -> None:
        """Each edit is there, or was refused with both values; which one, the tokens alone decide."""
        kept = {cell for item in done for cell in item.changed}
        refused = {stale.cell: stale for item in done for stale in item.stale}
        barred = {item.document.scope_value for item in done if item.problem and item.change is None}
        now, force = self.view(person), self.in_force()
        for edit in edits:
            was = view[edit.cell].values if edit.cell in view else ()
            saw = seen[edit.cell].values if edit.cell in seen else ()
            wanted = edit.wanted(view.get(edit.cell))
            place = "" if edit.cell.scope == "default" else self.cells[3].ref
            is_now = now[edit.cell].values if edit.cell in now else ()
            if place in barred:
                assert is_now == was and edit.cell not in kept
            elif wanted == was:
                assert edit.cell not in refused and is_now == was
            elif saw == was:
                assert edit.cell in kept and edit.cell not in refused and is_now == wanted
                self.accepted[person][edit.cell] = wanted
            else:
                stale = refused[edit.cell]
                assert edit.cell not in kept and is_now == was
                assert (stale.mine, stale.theirs) == (edit.value, was[0] if was else None)
        for cell in late & set(refused):
            self.accepted[person].pop(cell, None)  # told: both values were shown
        for item in done:
            assert not (item.published and item.stale)
            if item.published:
                mine = said(json.loads(Version.objects.get(pk=item.change.version_id).content))  # type: ignore[union-attr]
                assert all(force.get(cell, ()) == mine.get(cell, ()) for cell in self.belonging(item.document))
                for cell in self.belonging(item.document):
                    self.accepted[person].pop(cell, None)

    def belonging(self, document: Document) -> list[Cell]:
        return [cell for cell in self.cells if (cell.scope == "default") == (document.scope_kind == "default")]

    def nobody_elses_changed(self, person: int, before: Said, done: list[grid.Saved]) -> None:
        """In force changed only what the person saw change: their own accepted edits, when they published."""
        published = [cell for item in done if item.published for cell in self.belonging(item.document)]
        after = self.in_force()
        for cell in self.cells:
            if after.get(cell, ()) != before.get(cell, ()):
                assert cell in published

    # One draft, edited as text by everybody

    @rule(target=texts, person=st.sampled_from(PEOPLE[:2]))
    def open_text(self, person: int) -> Any:
        if self.shared is None:
            document = Document.objects.get(pk=self.matrix.pk)
            self.shared = versions.draft_from_effective(document=document, by=self.people[person], at=NOW)
        self.shared.refresh_from_db()
        return self.opened(person, self.shared)

    def opened(self, person: int, version: Version) -> Any:
        """A draft before somebody's eyes."""
        words = versions.export_yaml(version)
        if version.frozen_at is None:
            assert self.words.setdefault(version.pk, words) == words
        return person, version.pk, version.digest, words

    @rule(text=texts, title=st.sampled_from(["One", "Two", "Three"]), note=st.sampled_from(["", "Ask", "Wait"]))
    def save_text(self, text: Any, title: str, note: str) -> None:
        person, pk, seen, words = text
        version = Version.objects.select_related("document").get(pk=pk)
        content = yaml.safe_load(words) | {"title": title}
        content["conflict"]["note"] = note
        rows = picture()
        try:
            versions.edit(version=version, text=yaml.safe_dump(content), by=self.people[person], at=NOW, seen=seen)
        except DomainError as error:
            assert picture() == rows
            if isinstance(error, versions.Stale):
                assert seen != version.digest and error.mine["title"] == title
                assert error.theirs == json.loads(version.content)
            else:
                assert isinstance(error, (versions.Frozen, versions.NothingChanged))
            return
        assert seen == version.digest
        version.refresh_from_db()
        self.words[pk] = versions.export_yaml(version)
        now = yaml.safe_load(self.words[pk])
        assert (now["title"], now["conflict"]["note"]) == (title, note)

    @rule(text=consumes(texts))
    def publish_text(self, text: Any) -> None:
        person, pk, _seen, _words = text
        version = Version.objects.select_related("document").get(pk=pk)
        current, rows = Document.objects.get(pk=version.document_id).effective_version_id, picture()
        try:
            changes.send(version=version, reason="Better", by=self.people[person], at=NOW)
        except DomainError as error:
            assert picture() == rows
            assert isinstance(error, changes.Conflicted) == (
                version.frozen_at is None and version.based_on_id != current
            )
        else:
            assert version.based_on_id == current
            assert self.words.pop(pk) == versions.export_yaml(version)
        if self.shared is not None and pk == self.shared.pk:
            self.shared = None

    # A sheet that was looked at before others saved

    @rule(target=texts, person=st.sampled_from(PEOPLE[:2]), holder=st.sampled_from(HOLDERS))
    def import_sheet(self, person: int, holder: int) -> Any:
        document = Document.objects.get(pk=self.matrix.pk)
        version = Version.objects.select_related("document").get(pk=document.effective_version_id)
        email = type(self.people[0]).objects.get(pk=self.values[holder].holder.ref).email
        rows = sheets.export(version, "csv").decode("utf-8-sig").splitlines()
        fields = rows[1].split(",")
        rows[1] = ",".join([*fields[:5], email, *fields[6:]])
        source = "\r\n".join(rows).encode()
        try:
            shown = sheets.preview(version=version, source=source, by=self.people[person], at=NOW)
        except versions.NothingChanged:
            return self.opened(person, version)
        made = sheets.draft(version=version, source=source, seen=shown.seen, by=self.people[person], at=NOW)
        assert made.frozen_at is None and Document.objects.get(pk=document.pk).effective_version_id == version.pk
        return self.opened(person, made)

    # Always

    @invariant()
    def what_was_accepted_is_there(self) -> None:
        for person, accepted in enumerate(self.accepted):
            found: Said = {}
            late: set[Cell] = set()
            for draft in self.drafted(person):
                found |= said(draft.content)
                late |= {item.cell for item in draft.late}
            for cell, values in accepted.items():
                assert found.get(cell, ()) == values or cell in late

    @invariant()
    def every_text_says_what_was_accepted_last(self) -> None:
        for version in Version.objects.filter(pk__in=self.words).select_related("document"):
            assert versions.export_yaml(version) == self.words[version.pk]

    @invariant()
    def nobody_has_two_open_drafts_of_one_matrix(self) -> None:
        rows = ChangeRequest.objects.filter(state="draft").values_list("document_id", "requested_by_id")
        assert len(rows) == len(set(rows))


@pytest.mark.django_db
def test_whatever_several_people_do_nothing_of_anybodys_is_lost() -> None:
    company = make.make_company()
    boss = make.make_person("boss", role=roles.GOVERNANCE_ADMIN)
    Editing.scene = company, boss, make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=10, stateful_step_count=16, deadline=None, phases=[Phase.explicit, Phase.generate]
        ),
    )
