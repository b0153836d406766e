"""What somebody typed is not lost: not with the session, not with the page (D35)."""

import pytest
from django.test import Client

from incidents.models import Incident, ReportDraft
from portal import limits
from tests.factories_governance import Company

pytestmark = pytest.mark.django_db
NEW, DRAFT = "/incidents/new/", "/incidents/draft/"
TYPED = {"key": "a-key", "what": "Orders do not arrive", "workflow": "Order sync", "since": "hour", "q_money": "yes"}


def test_a_draft_is_there_again_after_signing_in_elsewhere(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    note = client.post(DRAFT, TYPED)
    assert note.status_code == 200 and "Saved as a draft at" in note.content.decode()
    other = Client()
    other.force_login(company.reporter)
    page = other.get(NEW).content.decode()
    assert "Orders do not arrive" in page and 'value="Order sync"' in page and 'value="a-key"' in page
    assert "Saved as a draft at" in page
    assert page.count("checked") == 2


def test_nobody_else_sees_a_draft(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    client.post(DRAFT, TYPED)
    client.force_login(company.outsider)
    assert "Orders do not arrive" not in client.get(NEW).content.decode()
    assert client.post(DRAFT, TYPED).status_code == 200  # the same key, taken by somebody else
    assert ReportDraft.objects.count() == 2


def test_filing_forgets_the_draft_and_a_late_draft_does_not_revive_it(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    client.post(DRAFT, TYPED)
    assert client.post(NEW, TYPED).status_code == 302
    assert client.post(DRAFT, TYPED).content == b""
    assert ReportDraft.objects.count() == 0
    assert "Orders do not arrive" not in client.get(NEW).content.decode().partition("<aside")[0]


def test_filing_leaves_the_drafts_of_others(client: Client, company: Company) -> None:
    client.force_login(company.outsider)
    client.post(DRAFT, TYPED)
    client.force_login(company.reporter)
    client.post(DRAFT, TYPED)
    assert client.post(NEW, TYPED).status_code == 302
    assert ReportDraft.objects.get().user == company.outsider


def test_a_draft_that_is_saved_again_keeps_its_key(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    for what in ("Orders", "Orders do not arrive"):
        client.post(DRAFT, TYPED | {"what": what})
    draft = ReportDraft.objects.get()
    assert (draft.submission_key, draft.content["what"]) == ("a-key", "Orders do not arrive")


def test_a_draft_without_a_key_gets_one(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    client.post(DRAFT, TYPED | {"key": ""})
    assert ReportDraft.objects.get().submission_key


def test_blanks_make_no_other_report_of_the_same_words(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    assert client.post(NEW, TYPED).status_code == 302
    spaced = TYPED | {"what": "  Orders  do not\n arrive "}
    assert client.post(DRAFT, spaced).content == b""  # a late draft from the field, before the form tidied it
    assert client.post(NEW, spaced).status_code == 302
    assert (Incident.objects.count(), ReportDraft.objects.count()) == (1, 0)


def test_a_report_sent_after_the_session_ended_waits_until_sign_in(client: Client, company: Company) -> None:
    response = client.post(NEW, TYPED)
    assert response.status_code == 302 and response["Location"].endswith("?next=/incidents/new/")
    assert (Incident.objects.count(), ReportDraft.objects.count()) == (0, 0)
    signed_in = client.post(
        response["Location"], {"login": company.reporter.email, "password": "correct horse 9"}, follow=True
    )
    page = signed_in.content.decode()
    assert signed_in.request["PATH_INFO"] == NEW
    assert "Orders do not arrive" in page and 'value="Order sync"' in page
    assert client.post(NEW, TYPED).status_code == 302
    assert Incident.objects.count() == 1
    assert "Orders do not arrive" not in client.get(NEW).content.decode().partition("<aside")[0]


def test_a_draft_needs_somebody_and_a_post(client: Client, company: Company) -> None:
    assert client.post(DRAFT, TYPED).status_code == 302
    client.force_login(company.reporter)
    assert client.get(DRAFT).status_code == 405
    assert ReportDraft.objects.count() == 0


def test_hostile_drafts_are_cut_down_to_what_can_be_stored(client: Client, company: Company) -> None:
    client.force_login(company.reporter)
    many = {f"field{number}": "x" for number in range(200)}
    client.post(DRAFT, {"what": "a\x00b" + "x" * 20_000, "key": "k" * 500, "n" * 500: "x"} | many)
    draft = ReportDraft.objects.get()
    assert draft.content["what"].startswith("abx")
    assert len(draft.content["what"]) == limits.TEXT_LENGTH
    assert len(draft.content) <= 50 and len(draft.submission_key) <= 64
