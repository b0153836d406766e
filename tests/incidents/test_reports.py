"""The report about an incident: one content on the page and in each file, for whom it is, and who took a copy (D83)."""

import io
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from incidents.models import Incident, OutsideText, Postmortem
from incidents.reads import report_incident
from incidents.services import findings, report_sharing, reviews
from portal import audit, papers
from portal.audit import notes, tree
from portal.models import AuditEntry, User
from portal.models.ledger import Checkpoint, Leaf
from portal.papers import as_pdf
from portal.reads import completeness
from tests.erasure import canary
from tests.erasure.test_words import SECRET, erase
from tests.factories_governance import Company, make_company, make_person
from tests.factories_incidents import fresh, later
from tests.incidents.test_action_items import planned
from tests.incidents.test_reviews import WRITTEN, resolved, write
from tests.incidents.told import make_plan
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db
FORMATS = {"pdf": "application/pdf", "md": "text/markdown; charset=utf-8", "json": "application/json"}


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr("portal.moments.of", lambda request: later(300))
    return make_company()


@pytest.fixture
def incident(company: Company) -> Incident:
    return resolved(company)


@pytest.fixture
def review(company: Company, incident: Incident) -> Postmortem:
    """Published, with a cause and an action."""
    found = Postmortem.objects.get()
    said = {"kind": "cause", "text": "Nobody renews the token", "origin": "systemic"}
    findings.add(review=found, by=company.responder, at=later(90), **said)  # type: ignore[arg-type]
    planned(incident, company)
    write(found, company)
    reviews.publish(review=found, by=company.responder, at=later(130))
    return Postmortem.objects.get()


def get(client: Client, user: User, address: str) -> Any:
    client.force_login(user)
    return client.get(address)


def plain(answer: Any) -> str:
    """What the file says, without line breaks."""
    data = answer.content
    if answer["Content-Type"] == FORMATS["pdf"]:
        data = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).encode()
    return "".join(data.decode().replace("\\", "").split())


def test_the_report_says_all_that_the_review_found(client: Client, company: Company, review: Postmortem) -> None:
    page = get(client, company.responder, f"/reviews/{review.reference}/report/")
    assert page.status_code == 200
    text = page.content.decode()
    for words in WRITTEN.values():
        assert words in text
    for words in ("Nobody renews the token", "Renew it by itself", "Second", "in how we work", "What was decided"):
        assert words in text


@pytest.mark.parametrize("form", FORMATS)
def test_each_file_says_the_same_and_is_written_down(
    client: Client, company: Company, review: Postmortem, form: str
) -> None:
    before = AuditEntry.objects.filter(verb="report.taken").count()
    answer = get(client, company.responder, f"/reviews/{review.reference}/report/?format={form}")
    assert (answer.status_code, answer["Content-Type"]) == (200, FORMATS[form])
    assert f"{review.incident.reference}-incident-report.{form}" in answer["Content-Disposition"]
    said = plain(answer)
    for words in (*WRITTEN.values(), "Nobody renews the token", "Renew it by itself", review.incident.reference):
        assert "".join(words.split()) in said
    taken = AuditEntry.objects.filter(verb="report.taken")
    assert taken.count() == before + 1 and taken.latest("pk").actor == company.responder
    assert f'"format":"{form}"' in taken.latest("pk").payload.content


def test_an_open_page_is_not_written_down(client: Client, company: Company, review: Postmortem) -> None:
    get(client, company.responder, f"/reviews/{review.reference}/report/")
    assert get(client, company.responder, f"/reviews/{review.reference}/report/?format=exe").status_code == 404
    assert not AuditEntry.objects.filter(verb="report.taken").exists()


def test_an_incident_without_a_review_has_a_report(client: Client, company: Company) -> None:
    found = resolved(company, severity="sev4")
    assert not Postmortem.objects.exists()
    page = get(client, company.responder, f"/incidents/{found.reference}/report/")
    assert page.status_code == 200 and "Nothing is planned." in page.content.decode()


def test_the_ledger_proves_it(company: Company, review: Postmortem) -> None:
    book.seal(notes.Signer.generate(book.NAME))
    found = papers.as_json(report_incident.full(report_incident.known(review.incident, company.responder, at=later(9))))
    facts, table = found["sections"][-1]["blocks"][1:]
    said = {row["name"]: row["value"] for row in facts["rows"]}
    checkpoint = Checkpoint.objects.order_by("-id")[0]
    assert said["Root of the ledger"] == checkpoint.root == tree.root(checkpoint.size).hex()
    assert len(table["rows"]) >= 3
    for _word, _at, index, digest in table["rows"]:
        assert Leaf.objects.get(index=index).hash == digest


# For leadership


def test_the_brief_is_one_page_however_much_was_written(client: Client, company: Company, incident: Incident) -> None:
    found = Postmortem.objects.get()
    for number in range(9):
        planned(incident, company, title=f"Action {number} " + "with a long title " * 9)
    write(found, company, **dict.fromkeys(WRITTEN, "A long story of it. " * 400))
    answer = get(client, company.responder, f"/reviews/{found.reference}/report/?profile=executive&format=pdf")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    text = "".join(pages[0].extract_text().split())
    for words in ("What happened", "What it cost", "and 5 more", "Page 1 of 1"):
        assert "".join(words.split()) in text


def test_leadership_reads_the_brief_alone(client: Client, company: Company, review: Postmortem) -> None:
    chief = make_person("chief")
    make_plan(replace(company, leader=chief))
    address = f"/reviews/{review.reference}/report/"
    assert get(client, chief, address + "?profile=executive").status_code == 200
    for profile in ("full", "outside"):
        assert get(client, chief, f"{address}?profile={profile}").status_code == 404
    stranger = make_person("stranger")
    for profile in ("full", "executive", "outside", "nonsense"):
        assert get(client, stranger, f"{address}?profile={profile}").status_code == 404
    with audit.action(actor=company.admin, reason="delicate", at=later(200)):
        row = fresh(review.incident)
        row.is_restricted = True
        row.save(update_fields=["is_restricted"])
    assert get(client, chief, address + "?profile=executive").status_code == 404


def test_without_its_font_the_pdf_is_refused_in_words(
    client: Client, company: Company, review: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_pdf._folder.cache_clear()
    as_pdf._face.cache_clear()
    monkeypatch.setattr(as_pdf, "PACKAGE", "font_that_is_not_there")
    answer = get(client, company.responder, f"/reviews/{review.reference}/report/?format=pdf")
    assert answer.status_code == 403 and "font-that-is-not-there is not installed" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="report.taken").exists()
    assert get(client, company.responder, f"/reviews/{review.reference}/report/?format=md").status_code == 200


def test_words_for_outside_can_be_erased(company: Company, review: Postmortem) -> None:
    keeper = make_person("keeper", role="team admin", teams=(company.team,))
    report_sharing.write_outside(review=review, text=SECRET, seen="", by=keeper, at=later(300))
    assert "incidents_outsidetext.text" in canary.where("Quackenbush")
    before = completeness.check()
    erase(AuditEntry.objects.get(verb="report.outside_written"))
    assert canary.where("Quackenbush") == set() and completeness.check() == before
    assert OutsideText.objects.get().text == "[erased]"
