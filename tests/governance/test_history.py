"""The full history of a document: all rows of one action as one entry, in words, page by page."""

from datetime import timedelta

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.reads import history
from governance.services import changes, versions
from tests.factories_governance import NOW
from tests.governance.pages import changed_text, other_holder, page, revised

pytestmark = pytest.mark.django_db


def test_the_full_history_merges_all_rows_of_one_action(client, admin, company) -> None:
    draft = revised(company, admin, rows=other_holder(company))
    changes.send(version=draft, reason="Leader answers now", by=admin, at=NOW + timedelta(minutes=1))
    found = history.page(company.matrix).entries
    published, edited, drafted, first, imported = found
    assert published.who == "Boss" and published.why == "Leader answers now"
    assert "brought version 2 into force" in published.what
    assert published.reviews == () and published.edits == ()
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
