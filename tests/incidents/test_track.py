"""The tracking page: plain words for whoever holds the signed link."""

import re
import time

import pytest
from django.core import signing
from django.test import Client

from incidents.models import Incident, TimelineEntry
from incidents.reads import tracking as tracking_reads
from incidents.services import escalation, incidents, joining, timeline, tracking
from portal import audit
from portal.models import AuditEntry, Message
from portal.services import leaving
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of, violations
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (TimelineEntry, AuditEntry, Message)


def shown(client: Client, incident: Incident) -> str:
    response = client.get(tracking.track_path(incident))
    assert response.status_code == 200
    assert response["Referrer-Policy"] == "same-origin" and "no-store" in response["Cache-Control"]
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_page_tells_how_it_stands_from_report_to_end(client: Client, company: Company) -> None:
    incident, by = make_incident(company), company.responder
    assert "We have it and are calling the people who can help" in shown(client, incident)
    escalation.acknowledge(run=run_of(incident), by=by, at=later(7))
    incidents.say_plan(incident=incident, plan="We send the orders again.", by=by, at=later(8))
    page = shown(client, incident)
    assert "Responder is looking into it. The plan: We send the orders again." in page and "after 7 minutes" in page
    assert "You don’t need to do anything right now." in page
    incidents.contain(incident=incident, note="New orders wait in a queue.", by=by, at=later(20))
    page = shown(client, incident)
    assert "It cannot get worse now" in page and "New orders wait in a queue." in page
    assert "Responder leads. The plan: We send the orders again." in page
    incidents.resolve(incident=incident, resolution="All were sent.", checked="Looked.", by=by, at=later(30))
    page = shown(client, incident)
    assert "It works again" in page and "All were sent." in page and "Does it work again for you?" in page
    assert "You don’t need to do anything" not in page


def test_no_severity_codes_and_no_links_that_need_rights(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    page = shown(client, incident)
    assert not re.search(r"sev\d", page, re.IGNORECASE)
    assert "/incidents/INC" not in page and company.workflow.key not in page


@pytest.mark.parametrize("second", [0.0, 1.0, 86_400.0])
def test_the_link_is_always_the_same_and_those_sent_before_open_it_too(
    client: Client, company: Company, second: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = make_incident(company)
    path = tracking.track_path(incident)
    monkeypatch.setattr(time, "time", lambda: 1_770_000_000.0 + second)
    assert tracking.track_path(incident) == path
    with_time = signing.dumps([incident.pk.hex, incident.track_generation], salt=tracking.SALT)
    assert tracking.read(with_time) == tracking.read(tracking.make_track_token(incident))
    with pytest.raises(tracking.LinkRevoked):
        tracking.read(with_time[:-1])


def test_no_sign_in_is_needed_and_words_reach_the_team(client: Client, company: Company) -> None:
    incident = make_incident(company)
    path = tracking.track_path(incident)
    response = client.post(path, {"text": "It is <b>only</b> the express orders."}, follow=True)
    page = response.content.decode()
    assert response.redirect_chain and "Thank you. The team has it." in page
    assert "It is &lt;b&gt;only&lt;/b&gt; the express orders." in page
    note = incident.timeline.get(verb="note")
    assert (note.by, note.is_public) == (None, True)
    entry = AuditEntry.objects.get(verb="incident.note")
    assert (entry.actor_id, entry.actor_label) == (None, "tracking page")


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001, "a\x00b"])
def test_words_that_cannot_be_taken_change_nothing(client: Client, company: Company, text: str) -> None:
    incident = make_incident(company)
    before = counts(ROWS)
    assert client.post(tracking.track_path(incident), {"text": text}).status_code == 422
    assert counts(ROWS) == before


def test_yes_it_works_closes_the_report(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.resolve(incident=incident, resolution="Sent", checked="Seen", by=company.responder, at=later(5))
    page = client.post(tracking.track_path(incident), {"answer": "yes"}, follow=True).content.decode()
    assert "this report is closed" in page and "Does it work again" not in page
    assert fresh(incident).state == "closed"
    assert AuditEntry.objects.get(verb="incident.closed").actor_id == company.reporter.pk
    assert violations() == []


def test_not_yet_calls_the_team_again(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.resolve(incident=incident, resolution="Sent", checked="Seen", by=company.responder, at=later(5))
    path, before = tracking.track_path(incident), counts(ROWS)
    response = client.post(path, {"answer": "no", "reason": ""})
    assert response.status_code == 422 and "Say what does not work." in response.content.decode()
    assert counts(ROWS) == before and fresh(incident).state == "resolved"
    client.post(path, {"answer": "no", "reason": "Still no orders"})
    assert fresh(incident).state == "investigating"
    assert run_of(incident).generation == 2 or run_of(incident).state == "running"
    assert "It does not work yet after all" in shown(client, incident)


def test_an_answer_before_the_end_is_refused_in_words(client: Client, company: Company) -> None:
    incident = make_incident(company)
    before = counts(ROWS)
    response = client.post(tracking.track_path(incident), {"answer": "yes"})
    assert response.status_code == 422 and "nothing to confirm yet" in response.content.decode()
    assert counts(ROWS) == before


def test_a_wrong_or_revoked_link_shows_nothing(client: Client, company: Company) -> None:
    incident = make_incident(company, title="Secret title")
    path = tracking.track_path(incident)
    with audit.action(actor=company.admin, reason="revoked", at=later(1)):
        incident.track_generation += 1
        incident.save(update_fields=["track_generation"])
    before = counts(ROWS)
    for bad in (path, "/track/x/", "/track/a:b:c/", path[:-2] + "/"):
        for response in (client.get(bad), client.post(bad, {"text": "Hello"})):
            assert response.status_code == 404
            assert "This link does not work any more" in response.content.decode()
            assert "Secret title" not in response.content.decode()
    assert counts(ROWS) == before
    assert "Secret title" in shown(client, incident)


def test_the_link_of_somebody_whose_account_is_closed_shows_nothing(client: Client, company: Company) -> None:
    incident = make_incident(company, title="Secret title")
    joining.affected(incident=incident, by=company.outsider, text="Me too", since=later(0), answers={}, at=later(1))
    paths = [tracking.track_path(incident), tracking.track_path(incident, company.outsider)]
    for person in (company.reporter, company.outsider):
        leaving.deactivate(person=person, by=company.admin, reason="Left", at=later(2))
    before = counts(ROWS)
    for path in paths:
        sent = [client.post(path, words) for words in ({"text": "Hello"}, {"answer": "works"})]
        for response in (client.get(path), *sent):
            assert response.status_code == 404
            assert "This link is not valid any more." in response.content.decode()
            assert "Secret title" not in response.content.decode()
    assert counts(ROWS) == before and fresh(incident).state == "reported"
    leaving.reactivate(person=company.reporter, by=company.admin, reason="Is back", at=later(3))
    assert "Secret title" in shown(client, incident)


def test_who_is_affected_by_what_a_machine_reported_did_not_tell_us(client: Client, company: Company) -> None:
    incident = make_incident(company)
    Incident.objects.filter(pk=incident.pk).update(reporter=None)
    assert "You told us." in shown(client, fresh(incident))  # the link of what the machine reported
    tracked = tracking_reads.tracked(fresh(incident), company.outsider)
    assert tracked.news[-1].text == "We noticed it ourselves."
    tracked = tracking_reads.tracked(make_incident(company), company.outsider)
    assert tracked.news[-1].text == "Somebody told us."


def test_whoever_is_on_it_starts_to_look_only_once(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)

    def looked() -> list[str]:
        news = tracking_reads.tracked(fresh(incident), company.reporter).news
        return [item.text for item in reversed(news) if "started" in item.text or "takes it over" in item.text]

    def answered(name: str, verb: str = "acknowledged", **data: str) -> None:
        with audit.action(actor=company.admin, reason="test", at=later(9)):
            timeline.add(incident, verb=verb, by=None, at=later(9), data={"name": name, **data}, is_public=True)

    assert looked() == ["Responder started to look."]
    answered("Responder")
    assert looked() == ["Responder started to look."]
    answered("Second")
    answered("Responder", verb="unacknowledged")
    answered("Second")
    assert looked() == ["Responder started to look.", "Second started to look.", "Second started to look."]


def test_a_link_that_is_over_leads_on_to_the_own_reports(client: Client) -> None:
    page = client.get("/track/nonsense/").content.decode()
    assert page.count('class="btn primary') == 1 and 'href="/incidents/mine/"' in page
