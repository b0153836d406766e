"""Words, numbers and quotes find incidents alike on both databases, and only those that a person may see."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident, words
from incidents.reads import board
from incidents.reads import words as reads
from portal import roles
from portal.search.asking import read
from tests import searching
from tests.factories_governance import NOW, Company, make_person, make_workflow
from tests.factories_incidents import make_incident
from tests.incidents.test_board import change, many

pytestmark = pytest.mark.django_db

HOSTILE = (
    *(
        "'",
        '"',
        '""',
        "-",
        "- -",
        "or",
        "or or",
        "OR AND NOT NEAR",
        "a:*",
        "&|!<->()",
        "(((",
        "*",
        ":*",
        "\\",
        "%",
        "_",
    ),
    *("'); DROP TABLE x; --", 'words:"x"', "NEAR(a b, 3)", "^a", "{a b}: c", "a + b", "\ud800", "\u202e", "é̂"),
    *("😀", "ﬁ", "İ", "ß", "a" * 10_000, "x " * 5_000, '"a ' * 3_000, "-a " * 5_000, "0" * 300, "\t\n\r", "٣"),
)


def found(text: str) -> list[str]:
    """Titles that both ways find: by the words of each incident, and by the index of words first."""
    one, other = (Incident.objects.filter(way(text)) for way in (reads.matching, reads.rare))
    assert {row.pk for row in one} == {row.pk for row in other}
    return sorted(row.title for row in one)


def file(title: str, **values: Any) -> Incident:
    number = Incident.objects.count()
    first = Incident.objects.order_by("pk")[0]
    fields = {"reference": f"INC-2026-{number + 40:04}", "submission_key": f"words-{number}", "title": title}
    fields |= {"reported_at": first.reported_at} | values
    row = Incident(
        severity="sev3",
        team=first.team,
        workflow=first.workflow,
        started_at=first.started_at,
        **fields,
    )
    return Incident.objects.bulk_create([row])[0]


@pytest.fixture
def filed(company: Company) -> Company:
    make_incident(company, title="Base")
    file("Invoices of Müller stay in draft", description="The order-sync at shop.example/api says E_401.")
    file("Orders are late", plan="Restart the importer")
    file("Importer stopped", resolution="A new credential for the invoice desk")
    return company


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("invoice", ["Importer stopped", "Invoices of Müller stay in draft"]),
        ("INVOICES", ["Invoices of Müller stay in draft"]),
        ("voices", []),
        ("mül draft", ["Invoices of Müller stay in draft"]),
        ("importer", ["Importer stopped", "Orders are late"]),
        ("importer -orders", ["Importer stopped"]),
        ("late or stopped", ["Importer stopped", "Orders are late"]),
        ('"stay in draft"', ["Invoices of Müller stay in draft"]),
        ('"in stay draft"', []),
        ('"stay in dra"', []),
        ("order-sync", ["Invoices of Müller stay in draft"]),
        ("sync", ["Invoices of Müller stay in draft"]),
        ("example", ["Invoices of Müller stay in draft"]),
        ("401", ["Invoices of Müller stay in draft"]),
        ("credential", ["Importer stopped"]),
        ("restart", ["Orders are late"]),
        ("42", ["Orders are late"]),
        ("INC-2026-0042", ["Orders are late"]),
        ("inc-2026-42", ["Orders are late"]),
        ("-orders", []),
        ("", []),
        ("...", []),
    ],
)
def test_words_find_incidents(filed: Company, text: str, titles: list[str]) -> None:
    assert found(text) == titles


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_find_nothing_and_break_nothing(filed: Company, text: str) -> None:
    found(text)
    list(Incident.objects.filter(reads.matching(text, of_any=True)))


def test_hostile_addresses_are_answered(filed: Company) -> None:
    searching.rebuild()
    client = Client(raise_request_exception=False)
    client.force_login(filed.responder)
    for text in HOSTILE:
        for address in ("/search/", "/search/palette/", "/incidents/"):
            sent = text.encode("utf-8", "replace").decode()[:3_000]
            assert client.get(address, {"q": sent}).status_code == 200, (address, text[:20])
        assert client.get("/search/", {"q": "a\x00b"}).status_code == 400


def test_one_of_the_words_is_enough_where_asked(filed: Company) -> None:
    rows = Incident.objects.filter(reads.matching("late credential zebra", of_any=True))
    assert sorted(rows.values_list("title", flat=True)) == ["Importer stopped", "Orders are late"]


def test_what_changes_is_found_by_its_new_words_alone(filed: Company) -> None:
    row = change(Incident.objects.get(title="Orders are late"), title="Parcels are late")
    assert (found("orders"), found("parcels")) == ([], ["Parcels are late"])
    Incident.objects.filter(pk=row.pk).update(resolution="Zebra crossing")
    assert found("zebra") == ["Parcels are late"]
    Incident.objects.filter(pk=row.pk)._raw_delete(Incident.objects.db)
    assert found("zebra") == [] == words.missing()


def test_a_lost_trigger_is_named_and_made_again_with_all_words(filed: Company) -> None:
    if connection.vendor != "sqlite":  # a generated column needs no trigger
        assert words.missing() == words.words_are_indexed(databases=["default"]) == []
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER incidents_incident_words_changed")
    Incident.objects.filter(title="Orders are late").update(title="Parcels are late")
    assert found("parcels") == []
    assert words.missing() == ["incidents_incident_words_changed"]
    (warning,) = words.words_are_indexed(databases=["default"])
    assert warning.id == "incidents.W001"
    call_command("migrate", verbosity=0)
    assert found("parcels") == ["Parcels are late"] and words.missing() == []


def test_nobody_finds_what_they_may_not_see(filed: Company) -> None:
    secret = change(file("Payroll zebra"), is_restricted=True)
    auditor = make_person("auditor", role=roles.AUDITOR)
    searching.rebuild()
    for user, seen in ((filed.responder, False), (filed.outsider, False), (auditor, True)):
        client = Client()
        client.force_login(user)
        for address in ("/search/", "/search/palette/", "/incidents/?state=all&"):
            for text in ("zebra", secret.reference):
                page = client.get(address + ("" if "?" in address else "?") + f"q={text}").content.decode()
                assert ("Payroll" in page.replace("<mark>", "")) is seen
        listed = board.page(user, board.filters({"q": "zebra", "state": "all"}))
        assert (len(listed.rows), listed.total) == (int(seen), int(seen))


@pytest.mark.parametrize("text", ["importer", "importer -desk", "importer or credential"])
def test_those_that_say_it_in_their_title_come_first_whatever_else_is_left_out(filed: Company, text: str) -> None:
    file("Importer is slow again", reported_at=NOW - timedelta(days=2))
    file("Nothing arrives", plan="Restart the importer", reported_at=NOW + timedelta(days=2))
    searching.rebuild()
    titles = searching.titles(filed.responder, text, kind="incident")
    assert titles.index("Importer is slow again") < titles.index("Nothing arrives") < len(titles)


def test_the_palette_names_each_place_once(filed: Company) -> None:
    for user in (filed.responder, make_person("files", role=roles.REPORTER)):
        client = Client()
        client.force_login(user)
        places = re.findall(r'role="option"[^>]* href="([^"]+)"', client.get("/search/palette/").content.decode())
        assert len(places) == len(set(places)) >= 4 and "/incidents/mine/" in places


def test_the_typed_number_comes_before_all(filed: Company) -> None:
    file("About order 42", description="Not the one of that number")
    searching.rebuild()
    for text in ("42", "0042", "INC-2026-0042", "inc-2026-42"):
        assert searching.titles(filed.responder, text)[0] == "Orders are late"
    assert searching.titles(filed.responder, "42") == ["Orders are late", "About order 42"]


def test_a_process_is_found_by_everybody_and_a_kind_leads_to_all_of_it(filed: Company) -> None:
    for number in range(4):
        make_workflow(f"parcel-{number}", name=f"Parcels {number}", team=filed.team)
    searching.follow()
    for user in (filed.responder, filed.outsider):
        assert sorted(searching.titles(user, "parcel")) == [f"Parcels {number}" for number in range(4)]
        client = Client()
        client.force_login(user)
        page = client.get("/search/?q=parcels&kind=workflow").content.decode()
        assert "/ownership/?q=parcels" in page
        listed = client.get("/ownership/?q=parcels").content.decode()
        assert [f"Parcels {number}" in listed for number in range(4)] == [True] * 4


@pytest.mark.parametrize("text", HOSTILE)
def test_operators_of_databases_mean_nothing_to_the_search(filed: Company, text: str) -> None:
    searching.rebuild()
    assert "Orders are late" not in searching.titles(filed.responder, text)


def test_the_search_asks_as_often_among_many(filed: Company) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(filed.responder)
        with CaptureQueriesContext(connection) as seen:
            client.get("/search/?q=copy")
        return len(seen)

    file("Copy of one")
    searching.rebuild()
    few = queries()
    many(filed, 30)
    searching.rebuild()
    assert queries() == few


def test_a_page_of_the_board_asks_the_index_of_words_once(filed: Company) -> None:
    file("Zebra")
    with CaptureQueriesContext(connection) as seen:
        page = board.page(filed.responder, board.filters({"q": "zebra", "state": "all"}))
    assert [row.incident.title for row in page.rows] == ["Zebra"]
    asked = [query for query in seen.captured_queries if ") newest WHERE" in query["sql"]]
    assert len(asked) == (1 if connection.vendor == "postgresql" else 0)


@pytest.mark.parametrize(("count", "is_rare"), [(3, True), (12, False)])
def test_what_the_newest_hold_often_is_looked_for_among_them(filed: Company, count: int, is_rare: bool) -> None:
    for number in range(count):
        file(f"Zebra {number}")
    assert len(found("zebra")) == count
    few = words.few(read("zebra").tsquery(), 12)
    assert (few is not None) == (is_rare and connection.vendor == "postgresql")
    assert words.few(read("zebra").tsquery(), 2) is None
