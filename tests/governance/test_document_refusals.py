"""What is refused about drafts, cells, sheets and publication: each in its exact words, and nothing changes."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from governance.documents import base, cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.documents.section_places import Place, place
from governance.models import ChangeRequest, Document, Version
from governance.reads import sections
from governance.services import changes, drafts, grid, publishing, sheets, versions
from portal import access, limits, roles
from portal.errors import DomainError
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.governance.unchanged import picture, says

pytestmark = pytest.mark.django_db
ONLY_GOVERNANCE = "Only a governance admin may change the documents that steer people."
WHY_SAVED = "Say in up to 500 characters why; whoever reviews reads this first."
WHY_EFFECT = "Say in up to 500 characters why this version shall take effect."
NO_REASON = ["", "  ", "x" * (limits.REASON_LENGTH + 1)]


@pytest.fixture
def version(company: Company) -> Version:
    return Version.objects.select_related("document").get(pk=company.matrix.effective_version_id)


def at(company: Company, responsibility: str = "on_call", **more: str) -> Cell:
    return Cell("workflow", str(company.workflow.pk), responsibility, **more)


def edit(cell: Cell, person: Any, seen: Value | None = None) -> Edit:
    token = cells.token(cells.Entry("", seen) if seen else None)
    return Edit(cell, Value(Held("person", str(person.pk))), token, name="order-sync")


def save(company: Company, *edits: Edit, by: Any = None, reason: str = "New owners", **more: Any) -> list[grid.Saved]:
    return grid.save(edits=edits, reason=reason, by=by or company.admin, at=NOW, **more)


def keeper(company: Company) -> Any:
    return make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))


# The grid


@pytest.mark.parametrize("reason", NO_REASON, ids=["empty", "blank", "long"])
def test_a_save_without_a_reason(company: Company, reason: str) -> None:
    with says(changes.ReasonMissing, WHY_SAVED):
        save(company, edit(at(company), company.second), reason=reason)


def test_a_save_of_too_many_cells(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "MOST_EDITS", 1)
    both = [edit(at(company), company.second), edit(at(company, "owner"), company.second)]
    with says(grid.NothingToSave, "At most 1 cells can be saved at once."):
        save(company, *both)
    assert len(save(company, both[0])) == 1


def test_a_save_of_nothing(company: Company) -> None:
    for publish in (False, True):
        with says(grid.NothingToSave, "Nothing was changed, so there is nothing to save."):
            save(company, publish=publish)


@pytest.mark.parametrize("scope", ["workflow", "team"])
@pytest.mark.parametrize("ref", ["00000000-0000-7000-8000-000000000000", "x"])
def test_a_cell_of_something_that_is_gone(company: Company, scope: str, ref: str) -> None:
    sentence = "A workflow or team of this page does not exist any more. Load the page again."
    with says(grid.NothingToSave, sentence):
        save(company, edit(at(company), company.second), edit(Cell(scope, ref, "on_call"), company.second))


def test_cells_of_others_refuse_the_own_ones_too(company: Company) -> None:
    by, other = keeper(company), make.make_team("payments")
    foreign = make.make_workflow("payroll", name="Payroll", team=other)
    own = edit(at(company), company.second)
    for cell, sentence in (
        (
            Cell("workflow", str(foreign.pk), "on_call"),
            "Payroll belongs to Payments; you edit the rows of your own team only.",
        ),
        (
            Cell("team", str(other.pk), "on_call"),
            "It holds for the team Payments; you edit the rows of your own team only.",
        ),
        (
            Cell("criticality", "high", "on_call"),
            "It holds for more than one team; you edit the rows of your own team only.",
        ),
        (Cell("default", "", "on_call"), "It holds for more than one team; you edit the rows of your own team only."),
    ):
        with says(grid.RowsOfOthers, sentence):
            save(company, own, edit(cell, company.second), by=by)
    two = [edit(Cell("team", str(other.pk), name), company.second) for name in ("on_call", "owner")]
    words = "It holds for the team Payments; you edit the rows of your own team only. (and 1 more)"
    with says(grid.RowsOfOthers, words):
        save(company, own, *two, by=by)
    assert save(company, own, by=by)[0].changed == (at(company),)


@pytest.mark.parametrize("who", ["responder", "outsider", "operator", "reporter"])
def test_a_save_of_somebody_without_a_role_for_it(company: Company, who: str) -> None:
    with says(grid.RowsOfOthers, ONLY_GOVERNANCE):
        save(company, edit(at(company), company.second), by=getattr(company, who))


def test_all_or_nothing_when_somebody_else_was_faster(company: Company) -> None:
    boss = make.make_person("boss", role=roles.GOVERNANCE_ADMIN)
    save(company, edit(at(company), company.second), by=boss, publish=True)
    mine = [edit(at(company), company.lead), edit(at(company, "owner"), company.lead)]
    with says(grid.NotWhole, "Somebody else changed a cell meanwhile. Nothing was saved.") as refusal:
        save(company, *mine, whole=True)
    assert [item.cell for saved in refusal.value.done for item in saved.stale] == [at(company)]
    (done,) = save(company, *mine, publish=True)
    sentence = "Not sent, since somebody else changed a cell meanwhile. The draft is kept."
    assert (done.published, done.problem, done.changed) == (False, sentence, (at(company, "owner"),))


# One part of a document


@pytest.fixture
def change(company: Company) -> ChangeRequest:
    return changes.begin(document=company.matrix, by=company.admin, at=NOW)


def basics(change: ChangeRequest) -> Place:
    found = place(next(item for item in sections.of(change.document) if item.key == "basics"))
    assert found is not None
    return found


def put(company: Company, change: ChangeRequest, **changed: Any) -> drafts.Kept:
    here = basics(change)
    content = json.loads(ChangeRequest.objects.get(pk=change.pk).version.content)
    values = {"parts": {"title": "Another"}, "seen": here.token(content), "by": company.admin, "at": NOW}
    return drafts.put(change=change, place=here, **(values | changed))


def test_a_part_by_somebody_without_a_role_for_it(company: Company, change: ChangeRequest) -> None:
    with says(access.Refused, ONLY_GOVERNANCE):
        put(company, change, by=company.reporter)
    by, words = keeper(company), "You keep the matrix of your own team only; a governance admin keeps this one."
    with says(access.Refused, words):
        put(company, change, by=by)


def test_a_part_that_says_the_same(company: Company, change: ChangeRequest) -> None:
    same = json.loads(change.version.content)
    with says(versions.NothingChanged, "Nothing was changed, so there is nothing to save."):
        put(company, change, parts={name: same[name] for name in ("title", "triage_team")})


def test_a_part_that_somebody_saved_since(company: Company, change: ChangeRequest) -> None:
    seen = basics(change).token(json.loads(change.version.content))
    put(company, change)
    words = "Admin saved this draft after you had opened it. Nothing of yours is lost: compare below."
    with says(versions.Stale, words) as refusal:
        put(company, change, seen=seen, parts={"title": "A third"})
    assert (refusal.value.theirs["title"], refusal.value.mine["title"]) == ("Another", "A third")


def test_a_part_that_is_saved_stands_in_the_ledger(company: Company, change: ChangeRequest) -> None:
    made = put(company, change).version
    entry = AuditEntry.objects.get(verb="version.edited", target_id=str(made.pk))
    assert (entry.actor, made.document_id) == (company.admin, company.matrix.pk)


# Sheets and texts


def test_a_sheet_that_changes_nothing_or_cannot_be_read(company: Company, version: Version) -> None:
    given: dict[str, Any] = {"version": version, "by": company.admin, "at": NOW}
    with says(versions.NothingChanged, "The sheet says what this version already says."):
        sheets.preview(source=sheets.export(version, "csv"), **given)
    with says(versions.ImportRefused, "The file is larger than 2 MB."):
        sheets.preview(source=b"x" * (limits.DOCUMENT_BYTES + 1), **given)
    with says(access.Refused, ONLY_GOVERNANCE):
        sheets.preview(source=b"", version=version, by=company.responder, at=NOW)
    for key in ("company", "new"):
        with says(access.Refused, ONLY_GOVERNANCE):
            sheets.preview_yaml(kind="matrix", text=b"", key=key, by=company.responder, at=NOW)


def test_a_sheet_is_stored_only_as_it_was_shown(company: Company, version: Version) -> None:
    source = sheets.export(version, "csv").replace(b"responder@example.test", b"leader@example.test")
    before = picture()
    shown = sheets.preview(version=version, source=source, by=company.admin, at=NOW)
    assert picture() == before
    words = "Somebody changed this version since you looked. Look at the changes again, then confirm."
    with says(sheets.Moved, words):
        sheets.draft(version=version, source=source, seen=shown.seen + "0", by=company.admin, at=NOW)
    with says(access.Refused, ONLY_GOVERNANCE):
        sheets.draft(version=version, source=source, seen=shown.seen, by=company.responder, at=NOW)
    assert sheets.draft(version=version, source=source, seen=shown.seen, by=company.admin, at=NOW).frozen_at is None


def imported(company: Company, text: str, *, kind: str = "matrix", key: str = "company", by: Any = None) -> Any:
    return versions.import_yaml(kind=kind, text=text, key=key, by=by or company.admin, at=NOW)


def test_a_text_that_has_no_place(company: Company) -> None:
    known = versions.export_yaml(company.matrix.effective_version)
    title, team = company.matrix.title, make.make_team("payments")
    elsewhere = "title: Payments\nscope: {team: payments}\nrows: []\n"
    words = "The key may hold lower-case letters, digits, - and _ only, at most 64."
    with says(versions.ImportRefused, words):
        imported(company, known, key="No Key")
    words = f"“{title}” (company) is already for the same scope; import into that one."
    with pytest.raises(versions.ImportRefused) as refusal:
        imported(company, known, key="second")
    assert str(refusal.value).endswith(words)
    with pytest.raises(versions.ImportRefused) as refusal:
        imported(company, elsewhere)
    assert str(refusal.value).endswith(f"The scope is not the one of “{title}”; a document keeps its scope.")
    assert not Document.objects.filter(scope_value=str(team.pk)).exists()
    with says(access.Refused, ONLY_GOVERNANCE):
        imported(company, elsewhere, key="payments", by=company.responder)


def test_a_draft_of_nothing_and_a_draft_that_is_none_any_more(company: Company, version: Version) -> None:
    document, made = imported(company, "title: Own\nscope: {team: orders}\nrows: []\n", key="own")
    words = "No version of this document is in force yet; import one."
    with says(DomainError, words):
        versions.draft_from_effective(document=document, by=company.admin, at=NOW)
    with says(access.Refused, ONLY_GOVERNANCE):
        versions.draft_from_effective(document=version.document, by=company.responder, at=NOW)
    text = versions.export_yaml(made)
    with says(versions.NothingChanged, "The draft already says exactly this."):
        versions.edit(version=made, text=text, by=company.admin, at=NOW)
    words = "This version was sent for review and can no longer change; begin a new draft."
    with says(versions.Frozen, words):
        versions.edit(version=version, text=text, by=company.admin, at=NOW)


# Into force


def publish(company: Company, version: Version, **changed: Any) -> Any:
    return changes.send(**({"version": version, "reason": "better", "by": company.admin, "at": NOW} | changed))


def drafted(company: Company, title: str = "Another") -> Version:
    change = changes.begin(document=company.matrix, by=company.admin, at=NOW)
    return put(company, change, parts={"title": title, "triage_team": str(company.triage.pk)}).version


def test_a_publication_that_may_not_be(company: Company) -> None:
    made, by = drafted(company), keeper(company)
    for reason in NO_REASON:
        with says(changes.ReasonMissing, WHY_EFFECT):
            publish(company, made, reason=reason)
    own = "You keep the matrix of your own team only; a governance admin keeps this one."
    for who, words in ((by, own), (company.responder, ONLY_GOVERNANCE)):
        with says(access.Refused, words):
            publish(company, made, by=who)
    assert publish(company, made).state == "published"
    with says(versions.Frozen, "This version was sent for review and can no longer change; begin a new draft."):
        publish(company, made)


def test_a_publication_that_comes_too_late(company: Company) -> None:
    made = drafted(company)
    rival = make.make_person("rival", role=roles.GOVERNANCE_ADMIN)
    other = versions.draft_from_effective(document=company.matrix, by=rival, at=NOW)
    with says(changes.NotSubmittable, "This is word for word what is already in force."):
        publish(company, other, by=rival)
    publish(company, made, at=NOW + timedelta(minutes=1))
    words = "Another version came into force since this draft was begun; take it over first."
    with says(changes.Conflicted, words):
        publish(company, other, by=rival)


def test_a_publication_of_words_that_nobody_wrote(company: Company) -> None:
    made = drafted(company)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE governance_version SET digest = %s WHERE number = %s", [base.digest("other"), made.number]
        )
    words = "The stored text does not fit its digest. Nothing was published; tell the operators."
    with says(publishing.NotPublishable, words):
        publish(company, made)
