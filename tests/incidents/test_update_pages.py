"""The pages of the communication desk: what is due, writing, sending, and what is refused stays typed."""

import pytest
from django.test import Client

from incidents.models import Incident, StatusUpdate
from incidents.reads import update_words
from incidents.services import incidents, updates
from incidents.services.update_drafts import Words
from tests import factories_governance as make
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later, make_acknowledged
from tests.incidents.test_updates import ANSWERS, STATEMENTS
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db

TIMED = ANSWERS | {"next": "", "next_at": "2035-03-01T10:00"}


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, statements=STATEMENTS)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def page(incident: Incident, client: Client, company: Company) -> str:
    client.force_login(company.responder)
    return f"/incidents/{incident.reference}/updates/"


def test_the_desk_shows_each_audience_and_what_was_sent(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    assert "Business" in client.get(at).content.decode()
    typed = TIMED | {"subject": "Payments", "business": "{what} {impact}", "do": "send"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    assert answer.status_code == 302
    assert StatusUpdate.objects.get().state == "sent"
    assert "Payments fail. Orders wait." in client.get(at).content.decode()


def test_what_is_refused_stays_typed_and_nothing_is_sent(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    typed = ANSWERS | {"what": "", "business": "Typed words {cost}", "do": "send"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    assert answer.status_code == 422
    assert "Typed words" in answer.content.decode()
    assert not StatusUpdate.objects.filter(state="sent").exists()


def test_reading_the_form_keeps_nothing(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    body = client.get(f"{at}new/?audience=business&event=update").content.decode()
    assert "approved before" in body
    assert not StatusUpdate.objects.exists()


def test_how_it_reads_is_shown_for_each_channel_and_stores_nothing(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    typed = ANSWERS | {"subject": "Payments", "business": "{what} {impact}", "do": "check"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    body = answer.content.decode()
    assert answer.status_code == 200 and "Payments fail. Orders wait." in body
    assert "Say when the next news comes" in body and "Say what they can do meanwhile." in body
    assert not StatusUpdate.objects.exists()


def test_prepared_words_are_taken_and_changed_ones_are_looked_over(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    address = f"{at}new/?audience=business&event=update"
    taken = client.post(address, ANSWERS | {"statement": "safe", "business": "mine", "do": "use"}).content.decode()
    assert "All is safe." in taken and "Send now" in taken
    changed = TIMED | {"statement": "safe", "business": "All is safe, perhaps."}
    assert "somebody has to look them over" in client.post(address, changed | {"do": "check"}).content.decode()
    assert client.post(address, changed | {"do": "send"}).status_code == 422
    assert not StatusUpdate.objects.filter(state="sent").exists()
    assert client.post(address, changed | {"business": "All is safe.", "do": "send"}).status_code == 302
    assert StatusUpdate.objects.get(state="sent").is_pre_approved


def test_what_the_news_is_about_is_chosen_on_the_page(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    shown = client.get(f"{at}new/?audience=business").content.decode()
    assert '<a href="?audience=business&amp;event=update" aria-current="true">What is new</a>' in shown
    assert '<a href="?audience=business&amp;event=resolved">It works again</a>' in shown
    assert client.get(f"{at}new/?audience=business&event=nothing").status_code == 404
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(20))
    shown = client.get(f"{at}new/?audience=business").content.decode()
    assert '<a href="?audience=business&amp;event=resolved" aria-current="true">It works again</a>' in shown


def test_when_the_next_news_comes_is_asked_once_and_fills_the_words(
    client: Client, company: Company, incident: Incident
) -> None:
    address = f"{page(incident, client, company)}new/?audience=business&event=update"
    shown = client.get(address).content.decode()
    assert 'name="next_at"' in shown and 'name="next"' not in shown and "What you promise" not in shown
    typed = TIMED | {"subject": "S", "business": "Again at {next}."}
    refused = client.post(address, typed | {"next_at": "", "do": "send"})
    assert refused.status_code == 422 and "Answer this first" in refused.context["form"].errors["next_at"][0]
    assert client.post(address, typed | {"do": "send"}).status_code == 302
    sent = StatusUpdate.objects.get(state="sent")
    assert sent.business == "Again at 10:00." and sent.next_at is not None
    assert (
        client.get(address).context["form"]["next_at"].value() is None
    )  # the promise of the last news is not repeated


def test_a_draft_from_before_keeps_its_words_until_a_time_is_named(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    said = ANSWERS | {"next": "After lunch"}
    row = updates.draft(
        incident=incident,
        audience="business",
        event="update",
        words=Words(subject="S", answers=said, business="Again: {next}"),
        by=company.responder,
        at=later(1),
    )
    assert "So far it says: After lunch" in client.get(f"{at}{row.pk}/").content.decode()
    typed = ANSWERS | {"next": "", "subject": "S", "business": "Again: {next}"}
    assert client.post(f"{at}{row.pk}/", typed | {"do": "keep"}).status_code == 302
    row.refresh_from_db()
    assert row.answers["next"] == "After lunch"
    assert client.post(f"{at}{row.pk}/", typed | {"next_at": "2035-03-01T10:00", "do": "send"}).status_code == 302
    assert StatusUpdate.objects.get(state="sent").business == "Again: 10:00"


@pytest.mark.parametrize("event", update_words.LAST)
def test_at_the_end_no_time_is_owed(client: Client, company: Company, incident: Incident, event: str) -> None:
    address = f"{page(incident, client, company)}new/?audience=business&event={event}"
    shown = client.get(address).content.decode()
    assert 'name="next"' in shown and 'name="next_at"' not in shown
    assert "Say when the next news comes" not in shown
    typed = ANSWERS | {"next": "This was the last one.", "subject": "S", "business": "{what} {next}", "do": "send"}
    assert client.post(address, typed).status_code == 302
    assert StatusUpdate.objects.get(state="sent").business == "Payments fail. This was the last one."


def test_words_of_the_glossary_stand_below_each_other(client: Client, company: Company, incident: Incident) -> None:
    term = {"key": "rollback", "title": "rollback", "meaning": "Back to the version before.", "use": "jargon"}
    make.make_document({"title": "Words", "terms": [term]}, kind="glossary", key="company", by=company.admin)
    address = f"{page(incident, client, company)}new/?audience=business&event=update"
    shown = client.post(address, TIMED | {"business": "A rollback is under way.", "do": "check"}).content.decode()
    card = shown[shown.index('id="terms"') :].partition("</section>")[0]
    assert "<dl" not in card and '<ul class="votes">' in card and '<p class="typed">' in card


def test_whoever_looks_news_over_reads_what_is_asked_of_them(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    changed = TIMED | {"statement": "safe", "subject": "S", "business": "All is safe, perhaps.", "do": "submit"}
    assert client.post(f"{at}new/?audience=business&event=update", changed).status_code == 302
    row = StatusUpdate.objects.get(state="in_review")
    written = client.get(f"{at}{row.pk}/").content.decode()
    assert "<h1>Write news: Business</h1>" in written and "Release and send" not in written
    assert "Ask for another look" in written and "Somebody else was asked to look it over." in written
    client.force_login(company.lead)
    looked = client.get(f"{at}{row.pk}/").content.decode()
    assert "<h1>Look over news: Business</h1>" in looked and "Release and send" in looked
