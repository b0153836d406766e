"""Rows of a matrix out to a sheet and in again, by people; and drafts that several people edit (P17)."""

import csv
import io
import json

import pytest
import yaml
from django.conf import settings
from django.utils import translation

from governance.documents import outline, tables
from governance.documents.sheets import HEADINGS
from governance.models import Reference, Version
from governance.reads import changes as reads
from governance.reads import headings, sentences
from governance.services import changes, sheets, versions
from portal import access, roles
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_oncall import make_schedule
from tests.governance.unchanged import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(company) -> Version:
    return Version.objects.select_related("document").get(pk=company.matrix.effective_version_id)


def records(version: Version) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sheets.export(version, "csv").decode("utf-8-sig"))))


def sheet(rows: list[list[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def changed(version: Version, company, row: int = 1) -> bytes:
    """The sheet of `version` with another holder in one row."""
    rows = records(version)
    rows[row][5] = company.leader.email
    return sheet(rows)


def test_a_sheet_names_people_by_address_and_the_rest_by_key(version, company) -> None:
    rows = records(version)
    assert rows[0] == list(HEADINGS.values())
    assert rows[1][0] == "on-call" and rows[1][5] == company.responder.email
    assert rows[2][5] == "role:lead"


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_sheet_that_says_the_same_is_said_to_change_nothing(version, company, format) -> None:
    data = sheets.export(version, format)
    with refused(versions.NothingChanged, "says what this version already says"):
        sheets.preview(version=version, source=data, by=company.admin, at=NOW)


def test_a_preview_shows_what_would_change_and_writes_nothing(version, company) -> None:
    with refused(RuntimeError):
        shown = sheets.preview(version=version, source=changed(version, company), by=company.admin, at=NOW)
        raise RuntimeError
    [entry] = [item for item in reads.redline(shown.before, shown.read.data).entries if hasattr(item, "op")]
    assert (entry.op, entry.path) == ("changed", "rows/on-call")
    [line] = entry.lines
    assert [piece.text for piece in line.pieces] == [company.responder.name, company.leader.name]


def test_confirming_makes_a_draft_and_nothing_is_in_force(version, company) -> None:
    source = changed(version, company)
    shown = sheets.preview(version=version, source=source, by=company.admin, at=NOW)
    made = sheets.draft(version=version, source=shown.rows.encode(), seen=shown.seen, by=company.admin, at=NOW)
    company.matrix.refresh_from_db()
    assert company.matrix.effective_version_id == version.pk
    assert (made.frozen_at, made.based_on_id, made.digest) == (None, version.pk, shown.read.digest)
    assert {edit.row for edit in made.edits.all()} == {"/rows/on-call/holder/person"}
    before, after = json.loads(version.content), json.loads(made.content)
    assert {**after, "rows": 0} == {**before, "rows": 0}
    entry = AuditEntry.objects.get(verb="version.imported", target_id=str(made.pk))
    assert entry.actor == company.admin


def test_what_was_not_looked_at_is_not_stored(version, company) -> None:
    first = sheets.preview(version=version, source=changed(version, company), by=company.admin, at=NOW)
    other = changed(version, company, row=2)
    with refused(sheets.Moved, "Look at the changes again"):
        sheets.draft(version=version, source=other, seen=first.seen, by=company.admin, at=NOW)


def test_a_draft_that_somebody_changed_in_between_is_looked_at_again(version, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=company.admin, at=NOW)
    shown = sheets.preview(version=draft, source=changed(draft, company), by=company.admin, at=NOW)
    data = yaml.safe_load(versions.export_yaml(draft)) | {"title": "Better"}
    versions.edit(version=draft, text=yaml.safe_dump(data), by=company.admin, at=NOW)
    with refused(sheets.Moved):
        sheets.draft(version=draft, source=shown.rows.encode(), seen=shown.seen, by=company.admin, at=NOW)


def test_only_who_may_draft_imports(version, company) -> None:
    source = changed(version, company)
    shown = sheets.preview(version=version, source=source, by=company.admin, at=NOW)
    with refused(access.Refused):
        sheets.preview(version=version, source=source, by=company.leader, at=NOW)
    with refused(access.Refused):
        sheets.draft(version=version, source=shown.rows.encode(), seen=shown.seen, by=company.leader, at=NOW)


def test_wrong_cells_are_named_with_their_row_and_nothing_is_written(version, company) -> None:
    rows = records(version)
    rows[2][5] = "ghost@example.test"
    with refused(versions.ImportRefused) as refusal:
        sheets.preview(version=version, source=sheet(rows, ";"), by=company.admin, at=NOW)
    [finding] = refusal.value.findings
    assert (finding.line, str(finding.message)) == (
        3,
        "Column F (holder): There is no person called 'ghost@example.test'.",
    )


def test_what_the_check_says_is_placed_in_the_sheet(version, company) -> None:
    rows = records(version)
    rows[1][6] = ""
    shown = sheets.preview(version=version, source=sheet(rows), by=company.admin, at=NOW)
    assert 2 in {finding.line for finding in shown.findings}


def test_an_edit_of_what_somebody_else_changed_is_refused_with_both_values(company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=company.admin, at=NOW)
    other = make.make_person("other", role=roles.GOVERNANCE_ADMIN)
    seen, content = draft.digest, yaml.safe_load(versions.export_yaml(draft))
    theirs = yaml.safe_dump(content | {"title": "Theirs"})
    versions.edit(version=draft, text=theirs, by=other, at=NOW, seen=seen)
    mine = yaml.safe_dump(content | {"title": "Mine"})
    with refused(versions.Stale, "Other saved this draft after you had opened it") as refusal:
        versions.edit(version=draft, text=mine, by=company.admin, at=NOW, seen=seen)
    assert (refusal.value.theirs["title"], refusal.value.mine["title"]) == ("Theirs", "Mine")
    edited = versions.edit(version=draft, text=mine, by=company.admin, at=NOW, seen=refusal.value.digest)
    assert json.loads(edited.content)["title"] == "Mine"
    titles = list(edited.edits.filter(row="/title").order_by("pk").values_list("before", "after"))
    assert titles == [("Company ownership", "Theirs"), ("Theirs", "Mine")]


def test_a_sheet_goes_all_the_way_into_force(version, company) -> None:
    shown = sheets.preview(version=version, source=changed(version, company), by=company.admin, at=NOW)
    made = sheets.draft(version=version, source=shown.rows.encode(), seen=shown.seen, by=company.admin, at=NOW)
    changes.send(version=made, reason="Leader answers now", by=company.admin, at=NOW)
    company.matrix.refresh_from_db()
    assert company.matrix.effective_version_id == made.pk


def test_a_schedule_is_named_by_its_key_and_noted_as_a_reference(version, company) -> None:
    schedule = make_schedule("nights", team=company.team, people=(company.responder,))
    rows = records(version)
    rows[1][5] = "schedule:nights"
    shown = sheets.preview(version=version, source=sheet(rows), by=company.admin, at=NOW)
    made = sheets.draft(version=version, source=shown.rows.encode(), seen=shown.seen, by=company.admin, at=NOW)
    assert records(made)[1][5] == "schedule:nights"
    assert Reference.objects.get(version=made, target_type="governance.schedule").target_id == schedule.pk
    [entry] = [item for item in reads.redline(shown.before, shown.read.data).entries if hasattr(item, "op")]
    assert entry.lines[0].pieces[-1].text == "schedule Nights"


def outlined(version: Version) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sheets.export(version, "csv").decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", ["policy", "rubric"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_every_kind_goes_out_to_a_sheet_and_says_the_same(company, name, format) -> None:
    version = getattr(company, name).effective_version
    with refused(versions.NothingChanged, "says what this version already says"):
        sheets.preview(version=version, source=sheets.export(version, format), by=company.admin, at=NOW)


def test_a_policy_comes_back_from_a_sheet_as_a_draft(company) -> None:
    version = company.policy.effective_version
    rows = outlined(version)
    assert rows[0] == ["part", "entry", "field", "value"]
    [window] = [row for row in rows if row[1:3] == ["on-call", "window_minutes"]]
    window[3] = "20"
    rows.append(["levels", "on-call", "targets", "responsibility:on_call +1"])
    shown = sheets.preview(version=version, source=sheet(rows), by=company.admin, at=NOW)
    made = sheets.draft(version=version, source=shown.rows.encode(), seen=shown.seen, by=company.admin, at=NOW)
    level = next(row for row in json.loads(made.content)["levels"] if row["key"] == "on-call")
    assert (level["window_minutes"], level["targets"]) == (
        20,
        [{"responsibility": "on_call"}, {"responsibility": "on_call", "alternate": 1}],
    )
    assert {edit.row for edit in made.edits.all()} == {"/levels/on-call/window_minutes", "/levels/on-call/targets"}
    company.policy.refresh_from_db()
    assert company.policy.effective_version_id == version.pk


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["levels", "on-call", "window_minutes", "soon"], "Column C (field): this is already said in a row above."),
        (["levels", "new", "window_minutes", "soon"], "Column D (value): “soon” must be a whole number."),
        (["levels", "new", "colour", "red"], "Column C (field): “colour” is not known here."),
        (["stages", "", "", "x"], "Column A (part): “stages” is not known here."),
        (["levels", "", "", "x"], "Column C (field): name the field whose value this is."),
        (["levels", "A B", "title", "x"], "Column B (entry): “A B” may hold at most 64 letters, digits, - and _ only."),
        (["fallback", "", "", "ghost@x.test"], "Column D (value): There is no person called 'ghost@x.test'."),
        (["fallback", "", "", "=A1"], "Column D (value): is a formula; put its value here instead."),
        (["levels", "new", "on_timeout", "approve"], "Column D (value): “approve” must be one of next, hold, deny."),
        (["title", "", "", "x", "y"], "Column E (): there is text, but no heading."),
    ],
)
def test_a_wrong_value_of_a_policy_is_named_by_row_and_column(company, row, why) -> None:
    version = company.policy.effective_version
    rows = [*outlined(version), row]
    with refused(versions.ImportRefused) as refusal:
        sheets.preview(version=version, source=sheet(rows), by=company.admin, at=NOW)
    assert (len(rows), why) in [(finding.line, str(finding.message)) for finding in refusal.value.findings]


def test_what_the_check_says_about_a_policy_is_placed_in_the_sheet(company) -> None:
    version = company.policy.effective_version
    rows = [row for row in outlined(version) if row[:3] != ["levels", "lead", "targets"]]
    shown = sheets.preview(version=version, source=sheet(rows), by=company.admin, at=NOW)
    first = next(number for number, row in enumerate(rows, 1) if row[:2] == ["levels", "lead"])
    assert (first, "Lead tells nobody.") in [(finding.line, str(finding.message)) for finding in shown.findings]


@pytest.mark.parametrize("name", ["matrix", "policy"])
def test_headings_are_in_the_language_of_the_reader_and_every_language_is_understood(
    company, name, monkeypatch
) -> None:
    version = getattr(company, name).effective_version
    words = {"key": "Schlüssel", "scope": "Geltung", "letter": "Buchstabe", "value": "Wert", "part": "Teil"}
    real = sentences.gettext

    def german(text: str) -> str:
        return words.get(text, real(text)) if translation.get_language() == "de" else real(text)

    monkeypatch.setattr(sentences, "gettext", german)
    with translation.override("de"):
        exported = sheets.export(version, "csv")
    first = exported.decode("utf-8-sig").splitlines()[0]
    assert ("Schlüssel" in first) == (name == "matrix") and ("Wert" in first) == (name == "policy")
    for language in ("en", "de"):
        with translation.override(language), refused(versions.NothingChanged):
            sheets.preview(version=version, source=exported, by=company.admin, at=NOW)


def test_no_language_calls_two_columns_the_same() -> None:
    for wanted in (HEADINGS, outline.HEADINGS):
        spoken = headings.spoken(wanted)
        for name in wanted:
            assert {heading for heading, column in spoken.items() if column == name}
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                assert len({tables.heading(sentences.said(text)) for text in wanted.values()}) == len(wanted)
