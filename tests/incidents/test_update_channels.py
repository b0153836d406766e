"""News in words of its own for each channel, and as whoever gets it reads it in English and in German (D65)."""

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, StatusUpdate
from incidents.services import incidents, subscriptions, updates
from incidents.services.update_drafts import Words
from portal import rendering
from portal.models import Message
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later, make_acknowledged
from tests.incidents.test_updates import ANSWERS
from tests.incidents.told import make_plan, plan_content

pytestmark = pytest.mark.django_db
FIVE = "{what} {impact} We do this: {doing} Ask {contact}. Next news by {next}."


def template(key: str, audience: str, channel: str, text: str, subject: str = "") -> dict[str, Any]:
    words = {"subject": subject, "text": text, "event": "update"}
    return {"key": key, "title": key, "audience": audience, "channel": channel} | words


TEMPLATES = [
    template("inbox", "business", "inbox", FIVE, "{what}"),
    template("mail", "business", "email", f"Dear colleagues, {FIVE}", "For you: {what}"),
    template("chat", "business", "chat", f"By {{expected}}: {FIVE}"),
    template("letter", "customers", "email", f"Hello, {FIVE}", "News: {what}"),
    template("page", "customers", "status_page", FIVE, "{what}"),
    template("sms", "customers", "sms", f"Short. {FIVE}"),
]


@pytest.fixture
def company() -> Company:
    found = make_company()
    audiences = plan_content(found)["audiences"]
    channels = {"business": ["inbox", "email", "chat"], "customers": ["status_page", "email", "sms"]}
    for item in audiences:
        item["channels"] = channels.get(item["key"], item["channels"])
    make_plan(found, templates=TEMPLATES, audiences=audiences)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def send(incident: Incident, company: Company, audience: str = "business", **more: Any) -> StatusUpdate:
    by = company.responder
    row = updates.draft(incident=incident, audience=audience, event="update", words=None, by=by, at=later(1))
    values: dict[str, Any] = {"subject": row.subject, "answers": ANSWERS, "business": row.business} | more
    row = updates.save(update=row, words=Words(**values), by=by, at=later(1))
    return updates.send(update=row, by=by, at=later(1))


def read(incident: Incident, channel: str, locale: str = "en") -> rendering.Words:
    """The newest message of `incident` as `channel` shows it to its reader."""
    told = Message.objects.filter(event="incident.update", subject_id=incident.pk)
    message = told.order_by("created_at", "pk").last()
    assert message is not None
    message.channel = channel
    message.recipient.locale = locale
    return rendering.render(message, message.recipient)


def test_each_channel_carries_the_words_that_the_plan_has_for_it(company: Company, incident: Incident) -> None:
    send(incident, company)
    mail = read(incident, "email")
    assert mail.subject == "For you: Payments fail."
    assert mail.text.startswith("Dear colleagues, Payments fail. Orders wait. We do this: We go back. Ask Desk.")
    assert "Dear colleagues" in mail.html
    inbox = read(incident, "inbox")
    assert inbox.subject == "Payments fail." and inbox.text.startswith("Payments fail. Orders wait.")


def test_whoever_is_outside_reads_what_their_channel_has_words_for(company: Company, incident: Incident) -> None:
    subscriptions.follow(incident=incident, user=company.second, audience="customers", at=later(0))
    row = send(incident, company, "customers")
    assert row.business.startswith("Payments fail. Orders wait.")  # what stands on the page, not in the letter
    assert read(incident, "sms").short.startswith(f"{incident.reference}: Short. Payments fail.")
    assert read(incident, "email").text.startswith("Hello, Payments fail.")


def test_words_that_cannot_be_filled_in_give_way_to_those_for_all(company: Company, incident: Incident) -> None:
    send(incident, company)
    assert read(incident, "chat").short.startswith(f"{incident.reference}: Payments fail. Orders wait.")
    send(incident, company, expected_at=later(60))
    assert read(incident, "chat").short.startswith(f"{incident.reference}: By ")


def test_what_somebody_wrote_goes_to_every_channel(company: Company, incident: Incident) -> None:
    send(incident, company, business="By hand: {what}")
    for channel in ("email", "inbox", "chat"):
        assert "By hand: Payments fail." in read(incident, channel).short
    assert "Dear colleagues" not in read(incident, "email").text


def test_html_of_words_is_not_html(company: Company, incident: Incident) -> None:
    send(incident, company, answers=ANSWERS | {"what": "<b>Payments</b> & all."})
    for channel in ("email", "inbox"):
        assert "&lt;b&gt;Payments&lt;/b&gt; &amp; all." in read(incident, channel).html


def test_before_it_is_sent_each_channel_is_seen(client: Client, company: Company, incident: Incident) -> None:
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/updates/new/?audience=business&event=update"
    typed = ANSWERS | {"next_at": "2035-03-01T10:00", "business": FIVE, "subject": "S", "do": "check"}
    page = client.post(address, typed).content.decode()
    assert "Dear colleagues, Payments fail." in page
    assert "Write something in place of {expected}." in page


def test_what_is_sent_reads_well_in_english_and_german(company: Company, incident: Incident) -> None:
    send(incident, company, business="{what} {impact}")
    found = read(incident, "email", "de")
    assert "Payments fail. Orders wait." in found.text and "Nachrichten lesen: http" in found.text
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(30))
    for locale, word in (("en", "It works again."), ("de", "Es funktioniert wieder.")):
        for channel in ("email", "sms", "inbox"):
            found = read(incident, channel, locale)
            assert word in found.short and word in found.text
            assert "{" not in found.text + found.short + found.subject
            assert found.short.startswith(f"{incident.reference}: ")


def test_whom_to_ask_and_the_promised_time_are_asked_once(company: Company, incident: Incident) -> None:
    row = updates.draft(
        incident=incident, audience="business", event="update", words=None, by=company.responder, at=later(1)
    )
    words = Words(subject="S", answers=ANSWERS | {"next": ""}, business="{contact} {next}", next_at=later(60))
    row = updates.save(update=row, words=words, by=company.responder, at=later(1))
    sent = updates.send(update=row, by=company.responder, at=later(2))
    assert sent.business.startswith("Desk ") and "{" not in sent.business
