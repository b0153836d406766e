"""Drafts: what an import accepts, what it refuses, and what it leaves behind (U5)."""

import json

import pytest
import yaml

from governance.documents import base
from governance.models import Document, Edit, Reference, Version
from governance.services import versions
from portal import access, roles
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    make.make_team("leadership", members=(make.make_person("leader"),))
    make.make_team("triage", members=(make.make_person("responder"), make.make_person("second")))
    return make.make_person("admin", role=roles.GOVERNANCE_ADMIN)


def matrix(**changed) -> dict:
    content = make.company_matrix(
        triage_team="triage",
        on_call="responder@example.test",
        alternates=("second@example.test",),
        lead="leader@example.test",
        accountable="leader@example.test",
    )
    return content | changed


def text(**changed) -> str:
    return yaml.safe_dump(matrix(**changed), sort_keys=False)


def take(source, by, *, kind="matrix", key="company"):
    return versions.import_yaml(kind=kind, text=source, key=key, by=by, at=NOW)


def test_an_import_lands_as_a_draft_and_changes_nothing_that_is_in_force(admin) -> None:
    document, version = take(text(), admin)
    assert (document.kind, document.key, document.scope_kind, document.effective_version) == (
        "matrix",
        "company",
        "default",
        None,
    )
    assert (version.number, version.frozen_at, version.based_on, version.created_by) == (1, None, None, admin)
    assert base.digest(version.content) == version.digest
    assert "example.test" not in version.content
    entry = AuditEntry.objects.get(verb="version.imported")
    assert (entry.actor, entry.target_id) == (admin, str(version.pk))


def test_an_import_writes_what_it_adds_and_whom_it_names(admin) -> None:
    _, version = take(text(), admin)
    assert set(version.edits.values_list("by", flat=True)) == {admin.pk}
    assert "/rows" in version.edits.values_list("row", flat=True)
    named = set(Reference.objects.filter(version=version).values_list("target_type", flat=True))
    assert named == {"portal.user", "portal.team"}


def test_a_new_import_is_a_new_draft_based_on_what_is_in_force(admin) -> None:
    document, first = take(text(), admin)
    make.publish(first, by=admin)
    _, second = take(text(title="Company ownership, better"), admin)
    assert (second.number, second.based_on, second.document_id) == (2, first, document.pk)
    [edit] = second.edits.all()
    assert (edit.row, edit.before, edit.after) == ("/title", "Company ownership", "Company ownership, better")


def test_each_edit_of_a_draft_says_row_field_before_and_after(admin) -> None:
    _, version = take(text(), admin)
    editor = make.make_person("editor", role=roles.GOVERNANCE_ADMIN)
    content = matrix()
    content["rows"][0]["acknowledge_minutes"] = 5
    before = version.digest
    edited = versions.edit(version=version, text=yaml.safe_dump(content), by=editor, at=NOW)
    assert edited.digest != before and edited.number == 1
    edit = version.edits.get(by=editor)
    assert (edit.row, edit.field, edit.before, edit.after) == (
        "/rows/on-call/acknowledge_minutes",
        "added acknowledge minutes",
        None,
        5,
    )
    assert Version.history.filter(id=version.pk).count() == 2


def test_a_draft_can_begin_from_what_is_in_force(admin) -> None:
    document, first = take(text(), admin)
    with refused(Exception, "import one"):
        versions.draft_from_effective(document=document, by=admin, at=NOW)
    make.publish(first, by=admin)
    draft = versions.draft_from_effective(document=document, by=admin, at=NOW)
    assert (draft.number, draft.digest, draft.based_on_id, draft.frozen_at) == (2, first.digest, first.pk, None)
    assert draft.edits.count() == 0


def test_what_is_exported_imports_as_the_same_content(admin) -> None:
    _, version = take(text(), admin)
    exported = versions.export_yaml(version)
    assert "responder@example.test" in exported and "triage_team: triage" in exported
    assert versions.read_yaml("matrix", exported).digest == version.digest


def test_a_published_version_cannot_be_edited(admin) -> None:
    _, version = take(text(), admin)
    make.publish(version, by=admin)
    with refused(versions.Frozen, "begin a new draft"):
        versions.edit(version=version, text=text(title="Other"), by=admin, at=NOW)


def test_an_edit_that_changes_nothing_is_said(admin) -> None:
    _, version = take(text(), admin)
    with refused(versions.NothingChanged):
        versions.edit(version=version, text=text(), by=admin, at=NOW)


def test_only_governance_admins_may_draft(admin) -> None:
    _, version = take(text(), admin)
    superuser = make.make_person("root", is_superuser=True, is_staff=True)
    for person in (superuser, make.make_person("nobody"), make.make_person(role=roles.BOARD_MEMBER)):
        with refused(access.Refused, "Only a governance admin"):
            take(text(title="Mine"), person)
        with refused(access.Refused, "Only a governance admin"):
            versions.edit(version=version, text=text(title="Mine"), by=person, at=NOW)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE = {
    "alias bomb": (BOMB, "aliases", 1),
    "deep": ("a: " + "[" * 9_000 + "]" * 9_000, "nested deeper", 1),
    "deep blocks": ("\n".join(" " * level + f"k{level}:" for level in range(1_000)), "nested deeper", None),
    "duplicate key": ("title: One\nscope: {}\ntitle: Two\n", "given twice", 3),
    "float": ("title: One\nscope: {}\nschema_number: 1.5\n", "not a whole number", 3),
    "infinity": ("title: .inf\n", "not a whole number", 1),
    "NUL": ("title: a\x00b\n", "broken character", None),
    "escaped NUL": ('title: "a\\0b"\n', "control character", 1),
    "lone surrogate": ("title: a\ud800b\n", "broken character", None),
    "escaped surrogate": ('title: "a\\ud800b"\n', "", None),
    "tag": ("title: !!python/object/apply:os.system [ls]\n", "Tags", 1),
    "merge key": ("<<: {a: 1}\n", "Merge keys", 1),
    "two documents": ("title: a\n---\ntitle: b\n", "more than one document", 2),
    "not YAML": ("title: [unclosed\nrows: }", "not valid YAML", None),
    "a list": ("- a\n- b\n", "one mapping", 1),
    "a scalar": ("hello", "one mapping", 1),
    "empty": ("", "", None),
    "not UTF-8": (b"title: \xff\xfe", "not UTF-8", None),
    "huge number": ("title: x\nschema_number: 99999999999999999999\n", "too large", 2),
    "3 MB": ("title: " + "x" * 3_000_000, "larger than 2 MB", None),
    "3 MB of rows": ("rows:\n" + "- {a: b}\n" * 340_000, "larger than 2 MB", None),
    "title is a list": ("scope: {}\ntitle: [a]\n", "title", 2),
    "title is missing": ("scope: {}\n", "'title' is missing", None),
    "unknown field": ("title: a\nsurprise: b\n", "'surprise' is not known", 2),
    "rows is text": ("title: a\nrows: all of them\n", "rows", 2),
    "newer schema": ("title: a\nschema_number: 7\n", "newer schema", 2),
    "severity": (
        "title: a\nrows:\n- key: x\n  responsibility: on_call\n  severity: sev9\n  holder: {team: triage}\n",
        "must be one of",
        5,
    ),
    "unknown person": (
        "title: a\nrows:\n- key: x\n  responsibility: on_call\n  holder: {person: who@example.test}\n",
        "There is no person called 'who@example.test'",
        5,
    ),
    "unknown team": ("title: a\ntriage_team: nobodies\n", "There is no team called 'nobodies'", 2),
    "unknown id": ("title: a\nscope: {team: 7}\n", "", 2),
    "two holders": (
        "title: a\nrows:\n- key: x\n  responsibility: on_call\n  holder: {role: a, team: triage}\n",
        "name exactly one",
        5,
    ),
    "long title": (f"title: {'x' * 201}\n", "title", 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_import_is_refused_with_its_place_and_leaves_nothing(admin, name) -> None:
    source, words, line = HOSTILE[name]
    with refused(versions.ImportRefused) as info:
        take(source, admin)
    first = info.value.findings[0]
    assert words in first.message
    if line is not None:
        assert first.line == line
        assert f"Line {line}: " in str(info.value)


def test_an_edit_refuses_what_an_import_refuses(admin) -> None:
    _, version = take(text(), admin)
    with refused(versions.ImportRefused, "aliases"):
        versions.edit(version=version, text=BOMB, by=admin, at=NOW)


@pytest.mark.parametrize("key", ["", "Company", "a b", "../x", "x" * 65, "é", "a\x00", None])
def test_a_bad_key_is_refused(admin, key) -> None:
    with refused(versions.ImportRefused, "The key may hold"):
        take(text(), admin, key=key)


def test_an_unknown_kind_is_refused(admin) -> None:
    with refused(versions.ImportRefused, "no kind of document"):
        take(text(), admin, kind="recipe")


def test_a_document_keeps_its_scope(admin) -> None:
    take(text(), admin)
    with refused(versions.ImportRefused, "keeps its scope"):
        take(yaml.safe_dump({"title": "Mine", "scope": {"team": "triage"}}), admin)


def test_one_scope_has_one_document_of_a_kind(admin) -> None:
    take(text(), admin)
    with refused(versions.ImportRefused, "already for the same scope"):
        take(text(), admin, key="another")


def test_blocking_findings_do_not_hinder_a_draft(admin) -> None:
    _, version = take(text(rows=[]), admin)
    assert version.frozen_at is None


def test_names_are_found_in_any_case(admin) -> None:
    _, version = take(text().replace("responder@", "Responder@"), admin)
    assert version.digest == versions.read_yaml("matrix", text()).digest


def test_edits_are_sealed(admin) -> None:
    from django.db import IntegrityError, transaction

    take(text(), admin)
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
        Edit.objects.update(field="forged")


def test_content_is_stored_canonically(admin) -> None:
    _, version = take(text(title="Ownership for Zürich"), admin)
    assert base.canonical(json.loads(version.content)) == version.content
    assert Document.objects.get().title == "Ownership for Zürich"
