"""The admin pages of documents and versions: redline, what comes next, and a text looked at before it is a draft."""

import re
from uuid import uuid4

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.reads import sight
from governance.reads.assignments import Viewer
from governance.services import changes, versions
from portal import roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body, changed_text, other_holder, page, revised
from tests.governance.section_forms import begin, url
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


# Redline


def test_a_draft_shows_its_redline_with_names_instead_of_ids(client, admin, company) -> None:
    draft = revised(company, admin, rows=other_holder(company))
    text = page(client, "version_change", draft.pk)
    assert f"<del>{company.responder.name}</del>" in text and f"<ins>{company.leader.name}</ins>" in text
    redline = text[text.index('<ol class="diff">') : text.index("</ol>")]
    assert str(company.leader.pk) not in redline and 'data-op="changed"' in redline
    assert re.search(r"\d+ parts stay as they are\.", redline)


def test_a_published_version_shows_what_it_changed(client, admin, company) -> None:
    assert "What it began with" in page(client, "version_change", company.matrix.effective_version_id)
    draft = revised(company, admin, rows=other_holder(company))
    changes.send(version=draft, reason="Leader answers now", by=admin, at=NOW)
    text = page(client, "version_change", draft.pk)
    assert "What it changed in version 1" in text and f"<ins>{company.leader.name}</ins>" in text


def test_any_two_versions_are_compared(client, admin, company) -> None:
    draft = revised(company, admin, title="Company owners")
    text = page(client, "document_compare", company.matrix.pk, old=1, new=draft.number)
    assert "What turns version 1 into version 2" in text and "<ins>owners</ins>" in text
    back = page(client, "document_compare", company.matrix.pk, old=draft.number, new=1)
    assert "<del>owners</del>" in back
    assert "Both versions say the same." in page(client, "document_compare", company.matrix.pk, old=1, new=1)
    wrong = page(client, "document_compare", company.matrix.pk, old=1, new=99)
    assert "Select a valid choice" in wrong
    assert "Which versions" in page(client, "document_compare", company.matrix.pk)


def test_a_stale_edit_shows_both_values_and_keeps_the_text(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    url = reverse("admin:governance_version_edit", args=[draft.pk])
    content = yaml.safe_load(versions.export_yaml(draft))
    other = make.make_person("other", role=roles.GOVERNANCE_ADMIN)
    theirs = yaml.safe_dump(content | {"title": "Theirs"})
    versions.edit(version=draft, text=theirs, by=other, at=NOW)
    mine = {"text": yaml.safe_dump(content | {"title": "Mine"}), "seen": draft.digest}
    before = picture()
    text = body(client.post(url, mine))
    assert picture() == before
    assert "Other saved this draft after you had opened it" in text
    assert "<del>Theirs</del>" in text and "<ins>Mine</ins>" in text and "title: Mine" in text
    digest = re.search(r'name="seen" value="([0-9a-f]{64})"', text)
    assert digest and client.post(url, mine | {"seen": digest[1]}).status_code == 302
    draft.refresh_from_db()
    assert '"Mine"' in draft.content


# What comes next


def next_step(text: str) -> str:
    return text[text.index('<div class="next-step">') : text.index("Findings</h2>")]


def test_a_draft_that_is_ready_leads_to_publishing_first_and_folds_the_text(client, admin, company) -> None:
    draft = revised(company, admin, rows=other_holder(company))
    text = page(client, "version_change", draft.pk)
    said = next_step(text)
    assert "This draft is ready." in said and text.index("next-step") < text.index('<ol class="diff">')
    assert '<a class="button default" href="#publish">Send for approval</a>' in said and 'id="publish"' in text
    assert "Edit in forms" not in said and "Edit as text" in text, "nobody asks for it yet"
    assert '<details class="module folded"><summary>The text as YAML</summary>' in text


def test_a_draft_with_blocking_findings_leads_to_where_they_are_mended(client, admin, company) -> None:
    content = yaml.safe_load(versions.export_yaml(company.policy.effective_version))
    levels = [{**level, "targets": []} for level in content["levels"]]
    change = begin(company.policy, admin)
    draft = versions.edit(version=change.version, text=changed_text(change.version, levels=levels), by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    where = url(change, "levels", f"levels/{levels[0]['key']}")
    assert "must be fixed before it can take effect." in said and "#publish" not in said
    assert f'<a class="button default" href="{where}">Mend it in forms</a>' in said
    assert 'name="reason"' not in page(client, "version_change", draft.pk)
    other = versions.draft_from_effective(document=company.policy, by=admin, at=NOW)
    versions.edit(version=other, text=changed_text(other, levels=levels), by=admin, at=NOW)
    said = next_step(page(client, "version_change", other.pk))
    text = reverse("admin:governance_version_edit", args=[other.pk])
    assert f'<a class="button default" href="{text}">Mend it in the text</a>' in said, "nobody asks for it yet"


def test_a_draft_that_changes_nothing_and_one_that_came_too_late_say_so(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    assert "This draft says what is in force." in said and "#publish" not in said
    changes.send(version=revised(company, admin, title="Company owners"), reason="Better", by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    assert "Another version came into force" in said and "Export YAML" in said and "#publish" not in said


def test_a_published_version_says_whether_it_counts(client, admin, company) -> None:
    first = company.matrix.effective_version_id
    text = page(client, "version_change", first)
    assert "This version is in force." in text and "Change it in forms" in text and "Edit as text" not in text
    changes.send(version=revised(company, admin, title="Company owners"), reason="Better", by=admin, at=NOW)
    text = page(client, "version_change", first)
    assert "Version 2 has replaced it." in text and "See what is in force" in text


def test_who_may_see_workflows_is_said_in_words(client, admin, company) -> None:
    text = page(client, "version_change", revised(company, admin, title="Company owners").pk)
    assert "Nobody may see more or less than now." in text and "+0 -0" not in text
    one, two = uuid4(), uuid4()
    pair = [Viewer(company.workflow.pk, "user", one), Viewer(company.workflow.pk, "user", two)]
    assert sight.said((), pair[:1]) == ["1 person fewer may see “Order sync”."]
    assert sight.said(pair, ()) == ["2 more people may see “Order sync”."]
    team = Viewer(uuid4(), "team", one)
    other = make.make_workflow("special", team=company.team)
    twice = [*pair, Viewer(other.pk, "user", one)]
    assert sight.said([team._replace(workflow=other.pk)], twice) == [
        "1 more team may see “Special”.",
        "2 people may see less than now: this concerns 2 workflows.",
    ]


# YAML, looked at first


def test_a_text_is_looked_at_before_it_becomes_a_draft(client, admin, company) -> None:
    url = reverse("admin:governance_document_import")
    content = yaml.safe_load(versions.export_yaml(company.policy.effective_version))
    content["levels"][0]["window_minutes"] = 25
    file = SimpleUploadedFile("policy.yaml", yaml.safe_dump(content).encode())
    before = picture()
    text = body(client.post(url, {"kind": "escalation", "key": "company", "file": file, "look": "1"}))
    assert picture() == before
    assert "<del>15</del>" in text and "<ins>25</ins>" in text and "window_minutes: 25" in text
    broken = yaml.safe_dump(content | {"fallback": []})
    text = body(client.post(url, {"kind": "escalation", "key": "company", "text": broken, "look": "1"}))
    assert "Nobody is told when nobody was reached; name a fallback." in text and "line" in text
    text = body(client.post(url, {"kind": "escalation", "key": "company", "text": "title: [", "look": "1"}))
    assert "not valid YAML" in text and "What this would change" not in text and picture() == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "matrix", "key": "company"}, "Paste the text or choose a file."),
        ({"kind": "matrix", "text": "title: x"}, "Give the document a key, for example company."),
        ({"key": "company", "text": "title: x"}, "Choose what kind of document it is."),
        ({"kind": "poem", "key": "company", "text": "title: x"}, "Choose what kind of document it is."),
    ],
)
def test_what_is_missing_in_an_import_is_asked_for_in_words(client, admin, company, given, words) -> None:
    before = picture()
    text = body(client.post(reverse("admin:governance_document_import"), given))
    assert words in text and "This field is required" not in text and picture() == before


# Addresses


def test_a_get_never_changes_anything_on_the_new_pages(client, admin, company) -> None:
    version, before = company.matrix.effective_version, picture()
    for name, args in (
        ("document_compare", [company.matrix.pk]),
        ("document_everything", [company.matrix.pk]),
        ("version_rows", [version.pk]),
        ("version_sheet", [version.pk, "xlsx"]),
    ):
        assert client.get(reverse(f"admin:governance_{name}", args=args)).status_code == 200
    assert picture() == before


def test_what_does_not_exist_is_said(client, admin, company) -> None:
    for name, more in (
        ("document_compare", []),
        ("document_everything", []),
        ("version_rows", []),
        ("version_sheet", ["csv"]),
    ):
        url = reverse(f"admin:governance_{name}", args=["01890000-0000-7000-8000-000000000000", *more])
        answer = client.get(url, follow=True)
        assert [where for where, _status in answer.redirect_chain] == [reverse("admin:index")]
        assert "doesn’t exist. Perhaps it was deleted?" in answer.content.decode()
