"""`/changes/dashboard/`: how governance itself works, in counts of changes."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from governance.models import ChangeRequest, Document
from governance.reads import governance_dashboard as reads
from portal import audit, ids
from tests.factories_governance import NOW, make_company, make_person
from tests.governance.governing import Governed, approve, make_governed, propose, words

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=10)


def tile(shown: reads.Dashboard, word: str) -> reads.Tile:
    return next(item for item in shown.tiles if item.word == word)


def chart(shown: reads.Dashboard, key: str) -> reads.Chart:
    return next(item for item in shown.charts if item.key == key)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def test_the_time_in_each_stage_is_that_of_the_changes_which_left_it(governed: Governed) -> None:
    for number, hours in enumerate((2, 4, 30)):
        change = propose(governed, words(**{f"term{number}": "Text."}))
        approve(change, governed.one, governed.two, at=NOW + timedelta(hours=hours))

    (review,) = [line for line in chart(reads.dashboard(days=90, at=LATER), "wait").table if line[0] == "in review"]

    assert review == ("in review", "3 hours", "30 hours", "4")  # with the first glossary, at once


def test_verdicts_within_a_minute_are_counted_without_names(governed: Governed) -> None:
    quick = approve(propose(governed), governed.one, at=NOW + timedelta(seconds=59))
    approve(quick, governed.two, at=NOW + timedelta(seconds=60))

    shown = reads.dashboard(days=90, at=LATER)

    first = ChangeRequest.objects.get(document=governed.glossary, requested_by=governed.other)
    assert [change.reference for change in shown.quick] == [quick.reference, first.reference]
    assert (tile(shown, "Too quick").figure, tile(shown, "Too quick").base) == ("3", "of 4")


def test_the_share_of_emergencies_names_its_base(governed: Governed) -> None:
    change = approve(propose(governed), governed.one, governed.two)
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        change.model, change.ground_id = "emergency", ids.uuid7()
        change.save()

    shown = reads.dashboard(days=90, at=LATER)

    assert (tile(shown, "Emergencies").figure, tile(shown, "Emergencies").base) == ("1", "of 2")
    assert chart(shown, "urgent").table == (("Mar 2026", "1", "2"),)


def test_stale_documents_are_counted(governed: Governed) -> None:
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        governed.glossary.refresh_from_db()
        governed.glossary.review_by = NOW.date()
        governed.glossary.save()

    assert tile(reads.dashboard(days=90, at=NOW), "Stale documents").figure == "0"
    assert tile(reads.dashboard(days=90, at=LATER), "Stale documents").figure == "1"


def test_gaps_of_the_matrices_are_listed() -> None:
    company = make_company()
    from portal.services import leaving

    boss = make_person("chief", role="admin", is_staff=True, is_superuser=True)
    before = reads.dashboard(days=90, at=NOW)
    leaving.deactivate(person=company.leader, by=boss, reason="gone", at=NOW)

    assert len(reads.dashboard(days=90, at=NOW).gaps) > len(before.gaps)


def test_an_empty_installation_has_a_page(client: Client) -> None:
    client.force_login(make_person("somebody"))
    text = client.get("/changes/dashboard/").content.decode()
    assert "Nothing was changed in the last 90 days." in text and 'href="?days=365">Look at the whole year' in text
    assert "of 0" not in text
    assert "Look at the whole year" not in client.get("/changes/dashboard/?days=365").content.decode()


def test_the_page_draws_bars_with_a_table_and_a_sheet(governed: Governed, client: Client) -> None:
    approve(propose(governed), governed.one, governed.two, at=NOW + timedelta(hours=2))
    client.force_login(governed.owner)

    with time_machine.travel(LATER, tick=False):
        body = client.get("/changes/dashboard/?days=365").content.decode()
        sheet = client.get("/changes/dashboard/?days=365&format=csv")

    assert "<svg" in body and "Show as table" in body and 'aria-current="true">365 days' in body
    assert "style=" not in body
    lines = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert ["Figure", "", "Value", "Base"] in lines and any(line[:1] == ["in review"] for line in lines)
    assert sheet["Content-Disposition"] == 'attachment; filename="governance-365-days.csv"'


def test_a_period_that_means_nothing_is_a_quarter(governed: Governed, client: Client) -> None:
    client.force_login(governed.owner)

    assert client.get("/changes/dashboard/?days=12&format=csv").headers["Content-Disposition"].endswith('-90-days.csv"')
    assert client.get("/changes/dashboard/?days=²").status_code == 200


def test_five_thousand_changes_cost_no_more_queries(governed: Governed, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(40) as few:
        reads.dashboard(days=90, at=LATER)
    document = Document.objects.get(pk=governed.glossary.pk)
    rows = [
        {
            "id": ids.uuid7(),
            "reference": f"CHG-X-{number}",
            "document_id": document.pk,
            "version_id": document.effective_version_id,
            "model": "normal",
            "state": "closed",
            "action": "publish",
            "reason": "x",
            "requested_by_id": governed.author.pk,
            "requested_at": NOW,
            "submitted_at": NOW,
            "approved_at": NOW + timedelta(hours=number % 40),
            "published_at": NOW + timedelta(hours=number % 50 + 40),
        }
        for number in range(5_000)
    ]
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        ChangeRequest.objects.bulk_create([ChangeRequest(**row) for row in rows])
    with django_assert_max_num_queries(len(few)):
        shown = reads.dashboard(days=90, at=LATER)

    assert tile(shown, "Emergencies").base == "of 5001"
