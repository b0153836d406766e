"""The admin pages of documents: redline, references, sheets, and the full history."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Version
from governance.reads import history, references, sight
from governance.reads.assignments import Viewer
from governance.services import changes, sheets, versions
from portal import roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import make_incident
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(company, client: Client):
    """A governance admin who is also superuser, signed in."""
    admin = make.make_person("boss", role=roles.GOVERNANCE_ADMIN, is_staff=True, is_superuser=True)
    client.force_login(admin)
    return admin


def body(answer) -> str:
    assert answer.status_code == 200
    text = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", text)
    return text


def page(client: Client, name: str, *args, **query) -> str:
    return body(client.get(reverse(f"admin:governance_{name}", args=args), query))


def revised(company, by, **changed) -> Version:
    """A draft of the company matrix with some parts changed."""
    draft = versions.draft_from_effective(document=company.matrix, by=by, at=NOW)
    content = yaml.safe_load(versions.export_yaml(draft)) | changed
    return versions.edit(version=draft, text=yaml.safe_dump(content), by=by, at=NOW)


def changed_text(draft: Version, **changed) -> str:
    return yaml.safe_dump(yaml.safe_load(versions.export_yaml(draft)) | changed)


def other_holder(company) -> list[dict]:
    rows = yaml.safe_load(versions.export_yaml(company.matrix.effective_version))["rows"]
    rows[0]["holder"] = {"person": company.leader.email}
    return rows


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
    changes.publish(version=draft, reason="Leader answers now", by=admin, at=NOW)
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
    assert '<a class="button default" href="#publish">Publish</a>' in said and 'id="publish"' in text
    forms = reverse("admin:governance_document_sections", args=[company.matrix.pk])
    assert f'<a class="button" href="{forms}">Edit in forms</a>' in said and "Edit as text" in text
    assert '<details class="module folded"><summary>The text as YAML</summary>' in text


def test_a_draft_with_blocking_findings_leads_to_where_they_are_mended(client, admin, company) -> None:
    content = yaml.safe_load(versions.export_yaml(company.policy.effective_version))
    levels = [{**level, "targets": []} for level in content["levels"]]
    draft = versions.draft_from_effective(document=company.policy, by=admin, at=NOW)
    versions.edit(version=draft, text=changed_text(draft, levels=levels), by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    where = reverse("admin:governance_document_section", args=[company.policy.pk, "levels"])
    assert "must be fixed before it can take effect." in said and "#publish" not in said
    assert f'<a class="button default" href="{where}">Mend it in forms</a>' in said
    assert 'name="reason"' not in page(client, "version_change", draft.pk)
    other = make.make_person("other", role=roles.GOVERNANCE_ADMIN, is_staff=True, is_superuser=True)
    client.force_login(other)
    said = next_step(page(client, "version_change", draft.pk))
    text = reverse("admin:governance_version_edit", args=[draft.pk])
    assert f'<a class="button default" href="{text}">Mend it in the text</a>' in said


def test_a_draft_that_changes_nothing_and_one_that_came_too_late_say_so(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    assert "This draft says what is in force." in said and "#publish" not in said
    changes.publish(version=revised(company, admin, title="Company owners"), reason="Better", by=admin, at=NOW)
    said = next_step(page(client, "version_change", draft.pk))
    assert "Another version came into force" in said and "Export YAML" in said and "#publish" not in said


def test_a_published_version_says_whether_it_counts(client, admin, company) -> None:
    first = company.matrix.effective_version_id
    text = page(client, "version_change", first)
    assert "This version is in force." in text and "Change it in forms" in text and "Edit as text" not in text
    changes.publish(version=revised(company, admin, title="Company owners"), reason="Better", by=admin, at=NOW)
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


# References


def test_a_document_says_what_it_names_and_where_it_is_used(client, admin, company) -> None:
    text = page(client, "document_change", company.matrix.pk)
    assert company.responder.name in text and "Decides about" in text
    assert str(company.policy.title) in text and "names 2 parts of it: Lead, On call" in text


def test_live_runs_pinned_to_a_document_are_named_to_who_may_see_them(client, admin, company) -> None:
    incident = make_incident(company)
    for document in (company.matrix, company.policy):
        [use] = [use for use in references.used_in(document, company.responder) if "runs by" in use.note]
        assert (use.text, use.note) == (incident.reference, "runs by version 1")
        [hidden] = [use for use in references.used_in(document, company.outsider) if "running" in use.text]
        assert (hidden.text, hidden.url) == ("1 more running escalation", "")


def test_the_page_of_a_document_asks_as_much_for_many_as_for_few(client, admin, company) -> None:
    url = reverse("admin:governance_document_change", args=[company.matrix.pk])
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    for _number in range(3):
        make_incident(company)
        make.make_workflow(team=company.team)
        versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert abs(len(many) - len(few)) <= 2


def test_the_most_specific_policy_governs_a_workflow(admin, company) -> None:
    workflow = make.make_workflow("special", team=company.team)
    before = references.governed(company.policy).count
    content = make.escalation_policy(leadership="leadership") | {
        "title": "Special",
        "scope": {"workflow": "special"},
    }
    document = make.make_document(content, kind="escalation", key="special", by=admin)
    assert references.governed(document).workflows == (workflow,)
    assert references.governed(company.policy).count == before - 1
    assert references.said_of_scope(document) == "Special"


# Sheets


def changed_sheet(company, version) -> bytes:
    rows = list(csv.reader(io.StringIO(sheets.export(version, "csv").decode("utf-8-sig"))))
    rows[1][5] = company.leader.email
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def hidden(text: str) -> list[str]:
    """What the page sends along when it is confirmed."""
    return [html.unescape(re.search(rf'name="{name}" value="([^"]*)"', text)[1]) for name in ("rows", "seen")]


def upload(data: bytes) -> dict:
    return {"file": SimpleUploadedFile("rows.csv", data)}


@pytest.mark.parametrize(("format", "start"), [("csv", b"\xef\xbb\xbfkey,"), ("xlsx", b"PK")])
def test_rows_leave_as_a_file(client, admin, company, format, start) -> None:
    version = company.matrix.effective_version
    answer = client.get(reverse("admin:governance_version_sheet", args=[version.pk, format]))
    assert answer["Content-Disposition"] == f'attachment; filename="matrix-company-v1.{format}"'
    assert answer.content.startswith(start)


def test_rows_come_in_with_a_look_at_what_would_change_first(client, admin, company) -> None:
    version = company.matrix.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    assert "you see what would change" in body(client.get(url)).lower()
    before = picture()
    text = body(client.post(url, upload(changed_sheet(company, version))))
    assert picture() == before
    assert f"<ins>{company.leader.name}</ins>" in text and "Make it a draft" in text
    rows, seen = hidden(text)
    answer = client.post(url, {"rows": rows, "seen": seen}, follow=True)
    made = Version.objects.get(number=2, document=company.matrix)
    assert answer.redirect_chain[-1][0] == reverse("admin:governance_version_change", args=[made.pk])
    assert "Nothing is in force yet" in answer.content.decode() and made.frozen_at is None


def test_the_ends_of_lines_in_a_text_survive_the_page(client, admin, company) -> None:
    version = company.rubric.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    data = sheets.export(version, "csv").replace(b"Note it.", b'"Note it.\nThen wait."')
    text = body(client.post(url, upload(data)))
    rows, seen = hidden(text)
    assert "\n" not in rows and "one value in each row" in body(client.get(url))
    assert client.post(url, {"rows": rows, "seen": seen}).status_code == 302
    made = Version.objects.get(number=2, document=company.rubric)
    assert json.loads(made.content)["thresholds"][0]["do_now"] == "Note it.\nThen wait."


def test_a_sheet_confirmed_too_late_is_shown_again(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    url = reverse("admin:governance_version_rows", args=[draft.pk])
    text = body(client.post(url, upload(changed_sheet(company, draft))))
    rows, seen = hidden(text)
    content = yaml.safe_load(versions.export_yaml(draft)) | {"title": "Better"}
    versions.edit(version=draft, text=yaml.safe_dump(content), by=admin, at=NOW)
    before = picture()
    text = body(client.post(url, {"rows": rows, "seen": seen}))
    assert picture() == before
    assert "Look at the changes again" in text and "Make it a draft" in text
    seen = re.search(r'name="seen" value="([^"]*)"', text)[1]
    assert client.post(url, {"rows": rows, "seen": seen}).status_code == 302


def test_wrong_cells_are_listed_with_their_lines(client, admin, company) -> None:
    version = company.matrix.effective_version
    data = changed_sheet(company, version).replace(company.leader.email.encode(), b"=1+1;ghost", 1)
    before = picture()
    text = body(client.post(reverse("admin:governance_version_rows", args=[version.pk]), upload(data)))
    assert "line 2: Column F (holder): is a formula; put its value here instead." in text
    assert "Nothing was stored" in text and picture() == before


def test_rows_that_got_lost_on_the_way_are_asked_for_again(client, admin, company) -> None:
    url = reverse("admin:governance_version_rows", args=[company.matrix.effective_version_id])
    before = picture()
    for lost in (
        {"rows": "", "seen": "x"},
        {"rows": "a\x00", "seen": "x"},
        {"rows": "a", "seen": ""},
        {"rows": "[1]", "seen": "x"},
    ):
        assert "Choose the sheet again" in body(client.post(url, lost))
    assert "is empty" in body(client.post(url, {"rows": '" "', "seen": "x" * 5000}))
    assert picture() == before


@pytest.mark.parametrize(("data", "why"), [(b"", "empty"), (b"PK\x03\x04", "no XLSX workbook"), (b"\xff", "UTF-8")])
def test_a_file_that_is_no_sheet_is_refused(client, admin, company, data, why) -> None:
    url = reverse("admin:governance_version_rows", args=[company.matrix.effective_version_id])
    before = picture()
    assert why in body(client.post(url, upload(data)))
    assert picture() == before


def test_every_kind_has_a_sheet(client, admin, company) -> None:
    version = company.policy.effective_version
    assert "one value in each row" in body(client.get(reverse("admin:governance_version_rows", args=[version.pk])))
    for format, status in (("csv", 200), ("xlsx", 200), ("ods", 404)):
        url = reverse("admin:governance_version_sheet", args=[version.pk, format])
        assert client.get(url).status_code == status


# Full history


def test_the_full_history_merges_all_rows_of_one_action(client, admin, company) -> None:
    draft = revised(company, admin, rows=other_holder(company))
    changes.publish(version=draft, reason="Leader answers now", by=admin, at=NOW + timedelta(minutes=1))
    found = history.page(company.matrix).entries
    published, edited, drafted, first, imported = found
    assert published.who == "Boss" and published.why == "Leader answers now"
    assert "brought version 2 into force" in published.what
    assert [said.verdict for said in published.reviews] == ["approve"] and published.edits == ()
    [edit] = edited.edits
    assert (edit.op, edit.before, edit.after) == ("changed", company.responder.name, company.leader.name)
    assert edited.what == ("edited version 2",) and edited.why == "draft edited"
    assert drafted.what == ("began version 2 from what is in force",)
    assert first.why == "first version" and first.edits == ()
    assert ("added", "responsibilities", "", "5 parts") in {
        (edit.op, edit.place, edit.before, edit.after) for edit in imported.edits
    }
    assert len({entry.request for entry in found}) == len(found)
    text = page(client, "document_everything", company.matrix.pk)
    assert "Leader answers now" in text and f"<ins>{company.leader.name}</ins>" in text


def test_the_full_history_says_which_row_it_was_in_words(client, admin, company) -> None:
    draft = revised(company, admin, rows=other_holder(company))
    key = other_holder(company)[0]["key"]
    text = page(client, "document_everything", company.matrix.pk)
    place = "owners · the whole company, On call, any severity, accountable · holder · person"
    assert f'<span class="label" title="{key}">{place}</span>' in text
    left = yaml.safe_load(versions.export_yaml(draft))["rows"][1:]
    versions.edit(version=draft, text=changed_text(draft, rows=left), by=admin, at=NOW + timedelta(minutes=1))
    [edit] = history.page(company.matrix).entries[0].edits
    assert (edit.op, edit.place, edit.key) == ("removed", place.removesuffix(" · holder · person"), key)


def test_the_full_history_names_rows_inside_rows_by_their_titles(admin, company) -> None:
    draft = versions.draft_from_effective(document=company.policy, by=admin, at=NOW)
    levels = yaml.safe_load(versions.export_yaml(draft))["levels"]
    levels[1]["window_minutes"] = 20
    versions.edit(version=draft, text=changed_text(draft, levels=levels), by=admin, at=NOW)
    [edit] = history.page(company.policy).entries[0].edits
    assert (edit.place, edit.before, edit.after) == ("levels · Second level · minutes to answer", "15", "20")


def test_the_full_history_is_paged_without_gaps_or_repeats(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    content = yaml.safe_load(versions.export_yaml(draft))
    for number in range(7):
        text = yaml.safe_dump(content | {"title": f"Title {number}"})
        versions.edit(version=draft, text=text, by=admin, at=NOW + timedelta(minutes=number))
    whole = [entry.request for entry in history.page(company.matrix, size=100).entries]
    seen, before = [], None
    while True:
        found = history.page(company.matrix, before=before, size=3)
        seen += [entry.request for entry in found.entries]
        before = found.earlier
        if before is None:
            break
    assert seen == whole and len(whole) == 10
    for wrong in ("x", "-1", "9" * 30):
        assert "What happened" in page(client, "document_everything", company.matrix.pk, before=wrong)
    assert "Nothing earlier" in page(client, "document_everything", company.matrix.pk, before=1)


def test_the_full_history_asks_as_much_for_many_as_for_few(admin, company) -> None:
    draft = revised(company, admin, title="One")
    with CaptureQueriesContext(connection) as few:
        history.page(company.matrix)
    content = yaml.safe_load(versions.export_yaml(draft))
    for number in range(5):
        text = yaml.safe_dump(content | {"title": f"Title {number}"})
        versions.edit(version=draft, text=text, by=admin, at=NOW + timedelta(minutes=number))
    with CaptureQueriesContext(connection) as many:
        history.page(company.matrix)
    assert len(many) == len(few)


# Rights


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


def test_who_may_not_draft_imports_no_rows(client, company) -> None:
    client.force_login(make.make_person("root", is_staff=True, is_superuser=True))
    version = company.matrix.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    shown = sheets.preview(version=version, source=changed_sheet(company, version), by=company.admin, at=NOW)
    before = picture()
    assert client.get(url).status_code == 403
    assert client.post(url, upload(changed_sheet(company, version))).status_code == 403
    assert client.post(url, {"rows": shown.rows, "seen": shown.seen}).status_code == 403
    assert picture() == before


def test_what_does_not_exist_is_said(client, admin, company) -> None:
    for name, more in (
        ("document_compare", []),
        ("document_everything", []),
        ("version_rows", []),
        ("version_sheet", ["csv"]),
    ):
        url = reverse(f"admin:governance_{name}", args=["01890000-0000-7000-8000-000000000000", *more])
        assert client.get(url).status_code == 302


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


def test_a_sheet_and_a_reason_are_asked_for_in_words(client, admin, company) -> None:
    draft = revised(company, admin, title="Company owners")
    before = picture()
    assert "Choose the sheet." in body(
        client.post(reverse("admin:governance_version_rows", args=[draft.pk]), {"file": ""})
    )
    text = body(client.post(reverse("admin:governance_version_publish", args=[draft.pk]), {"reason": ""}))
    assert "Say why this takes effect now." in text and picture() == before
