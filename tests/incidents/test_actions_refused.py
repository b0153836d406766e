"""Refusals of the pages that act on an incident: a sentence, the typed text kept, and nothing changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents import access
from incidents.models import Incident
from incidents.reads import actions as reads
from incidents.services import incidents
from incidents.views import actions
from portal import audit
from portal.models import User
from tests.factories_governance import YESTERDAY, Company, make_company, make_person, make_workflow
from tests.factories_incidents import fresh, make_acknowledged, make_incident, run_of
from tests.incidents.test_actions import EVERYTHING, address, do
from tests.pictures import counts

pytestmark = pytest.mark.django_db
BY_RUN = ("acknowledge", "unacknowledge", "escalate", "reassign", "snooze")


@pytest.fixture
def company(db: None) -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(minutes=5)


def in_minutes(minutes: int) -> str:
    return timezone.localtime(timezone.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def good(company: Company, action: str) -> dict[str, Any]:
    """What would be accepted if the action were possible."""
    fields = actions.ACTIONS[action].form.base_fields
    special = {
        "to": company.lead.email,
        "minutes": "15",
        "severity": "sev1",
        "workflow": "Order sync",
        "until": "",
        "is_public": "on",
        "into": company.lead.name,
        "kind": "halted",
        "which": "nothing",
    }
    return {name: special.get(name, f"My words about {name}") for name in fields}


def make_near_miss(company: Company, at: datetime) -> Incident:
    return make_incident(company, at=at, kind=Incident.Kind.NEAR_MISS)


def refused(
    client: Client, user: User, incident: Incident, action: str, data: dict[str, Any], status: int = 422
) -> str:
    """The page that refuses, after showing that neither it nor a look at the form changed anything."""
    client.force_login(user)
    before = counts(EVERYTHING)
    response = client.post(address(incident, action), data)
    looked = client.get(address(incident, action))
    assert (response.status_code, looked.status_code) == (status, 200 if status == 422 else status), action
    assert counts(EVERYTHING) == before, action
    return response.content.decode()


def brought_to(company: Company, state: str, at: datetime) -> Incident:
    incident = make_incident(company, at=at) if state == "reported" else make_acknowledged(company, at=at)
    if state == "contained":
        incidents.contain(incident=incident, note="Stopped", by=company.responder, at=at)
    if state == "resolved":
        incidents.resolve(incident=incident, resolution="Done", checked="Seen", by=company.responder, at=at)
    return fresh(incident)


# Looking


STATE = {
    "happened": "near_miss",
    "halt": "contained",
    "acknowledge": "reported",
    "join": "reported",
    "reopen": "resolved",
    "close": "resolved",
}


def test_looking_says_what_will_happen_and_changes_nothing(company: Company, client: Client, now: datetime) -> None:
    found = {state: brought_to(company, state, now) for state in ("reported", "acknowledged", "contained", "resolved")}
    found["near_miss"] = make_near_miss(company, now)
    for action, chosen in actions.ACTIONS.items():
        incident = found[STATE.get(action, "acknowledged")]
        client.force_login(company.second if action == "join" else company.responder)
        before = counts(EVERYTHING)
        response = client.get(address(incident, action))
        page = response.content.decode()
        assert response.status_code == 200
        assert f"<h1>{chosen.title}</h1>" in page
        assert str(chosen.consequence) in page
        assert f'<button class="btn primary" type="submit">{chosen.button}</button>' in page
        assert f'href="{incident.get_absolute_url()}"' in page
        assert counts(EVERYTHING) == before


def test_the_page_of_severity_shows_what_the_answers_suggest(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    client.force_login(company.responder)
    page = client.get(address(incident, "triage")).content.decode()
    assert "What the answers suggest" in page
    assert "Drop everything." in page


def test_every_action_has_a_fit() -> None:
    assert set(actions.ACTIONS) == set(reads.FITS)


# Refused


WRONG = [
    ("acknowledge", "acknowledged", "Responder has already answered."),
    ("acknowledge", "resolved", "This is resolved, so that is not possible now."),
    ("unacknowledge", "reported", "Nobody has taken this incident, so it cannot be given back."),
    ("escalate", "resolved", "This is resolved, so that is not possible now."),
    ("reassign", "resolved", "This is resolved, so that is not possible now."),
    ("snooze", "resolved", "This is resolved, so that is not possible now."),
    ("triage", "resolved", "This is resolved, so that is not possible now."),
    ("plan", "resolved", "This is resolved, so that is not possible now."),
    ("contain", "contained", "This is contained, so that is not possible now."),
    ("monitor", "resolved", "This is resolved, so that is not possible now."),
    ("resolve", "resolved", "This is resolved, so that is not possible now."),
    ("reopen", "reported", "This is reported, so that is not possible now."),
    ("decline", "contained", "This is contained, so that is not possible now."),
    ("close", "reported", "This is reported, so that is not possible now."),
    ("workflow", "resolved", "This is resolved, so that is not possible now."),
    ("join", "acknowledged", "You take part already."),
    ("invite", "resolved", "This is resolved, so that is not possible now."),
    ("merge", "resolved", "This is resolved, so that is not possible now."),
    ("happened", "reported", "This is an incident already."),
]


def test_an_action_that_does_not_fit_the_state(company: Company, client: Client, now: datetime) -> None:
    found = {state: brought_to(company, state, now) for state in {row[1] for row in WRONG}}
    for action, state, sentence in WRONG:
        incident, data = found[state], good(company, action)
        page = refused(client, company.responder, incident, action, data)
        assert sentence in page
        assert all(value in page for value in data.values() if value.startswith("My words"))
        looked = client.get(address(incident, action)).content.decode()
        assert sentence in looked
        assert 'class="btn primary"' not in looked


def test_what_only_the_service_knows_is_said_too(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    data = {"to": company.responder.email, "reason": "I keep it"}
    page = refused(client, company.responder, incident, "reassign", data)
    assert "Responder leads this incident already." in page
    assert "I keep it" in page


def test_only_who_has_it_gives_it_back(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    page = refused(client, company.second, incident, "unacknowledge", {"reason": "Too slow"})
    assert "Only Responder can give it back; you can reassign it." in page


def test_nobody_is_called_for_a_near_miss(company: Company, client: Client, now: datetime) -> None:
    incident = make_near_miss(company, now)
    sentence = "This is a near miss: nobody is called for it, so that is not possible here."
    for action in BY_RUN:
        assert sentence in refused(client, company.responder, incident, action, good(company, action))
        assert sentence in client.get(address(incident, action)).content.decode()


BAD: list[tuple[str, dict[str, str], str]] = [
    ("unacknowledge", {"reason": "  "}, "Say why you give it back."),
    ("escalate", {"reason": "x" * 501}, "Please use at most 500 characters."),
    ("reassign", {"to": "Nobody Known"}, "We know nobody called “Nobody Known”. Choose a person from the list."),
    ("reassign", {"to": "gone@example.test"}, "We know nobody called “gone@example.test”."),
    ("reassign", {"to": "Twin"}, "Several people are called “Twin”."),
    ("snooze", {"minutes": ""}, "Choose for how long."),
    ("snooze", {"minutes": "10000"}, "Choose one of the times."),
    ("snooze", {"minutes": "other", "until": ""}, "Say until when."),
    ("snooze", {"minutes": "other", "until": "tomorrow"}, "Give a date and a time, for example"),
    ("snooze", {"minutes": "other", "until": in_minutes(-60)}, "This time has passed. Choose a later one."),
    ("snooze", {"minutes": "other", "until": in_minutes(48 * 60)}, "Choose a time within the next 24 hours."),
    ("triage", {"severity": "sev9"}, "Choose one of SEV1 to SEV4."),
    ("triage", {"reason": ""}, "Say why it is this severe."),
    ("plan", {"plan": ""}, "Say in one sentence what will be done."),
    ("contain", {"note": ""}, "Say why it cannot get worse."),
    ("contain", {"what": ""}, "Say what was halted or isolated."),
    ("contain", {"kind": ""}, "Say whether it was halted or isolated."),
    ("contain", {"workflow": "Rockets"}, "We know no process called “Rockets”. Choose one from the list."),
    ("release", {"how": ""}, "Say how you know that it is safe."),
    ("release", {"which": ""}, "Choose what runs again."),
    ("workaround", {"until": ""}, "Say until when it holds."),
    ("workaround", {"until": in_minutes(-60)}, "This time has passed. Choose a later one."),
    ("workaround", {"until": in_minutes(366 * 24 * 60)}, "Choose a time within a year."),
    ("workaround", {"rationale": ""}, "Say why it is done this way."),
    ("fix", {"artefact": ""}, "Name what was changed: the definition, its version, a schema or a setting."),
    ("fix", {"what": ""}, "Say what was done."),
    ("extend", {"reason": ""}, "Say why it is needed longer."),
    ("extend", {"which": ""}, "Choose the workaround."),
    ("remove", {"reason": ""}, "Say why it is not needed any more."),
    ("remove", {"which": "gone"}, "This workaround is gone already. Choose another one."),
    ("monitor", {"note": ""}, "Say what was fixed."),
    ("resolve", {"resolution": ""}, "Say what made it work again."),
    ("resolve", {"checked": ""}, "Say how you checked that it works again."),
    ("decline", {"reason": ""}, "Say why this is no incident; the person who reported it will read it."),
    ("workflow", {"workflow": "Rockets"}, "We know no process called “Rockets”. Choose one from the list."),
    ("workflow", {"workflow": "or"}, "Several processes fit: Order sync, Stories. Choose one."),
    ("workflow", {"workflow": "Order sync"}, "The incident is about Order sync already."),
    ("workflow", {"reason": ""}, "Say why another process is meant."),
    ("note", {"text": ""}, "Write what you want to add."),
    ("invite", {"to": "Nobody Known"}, "We know nobody called “Nobody Known”. Choose a person from the list."),
    ("invite", {"to": "reporter@example.test"}, "We know nobody called “reporter@example.test”."),
    ("merge", {"into": "INC-1-1"}, "We know no open incident called “INC-1-1”. Choose one from the list."),
    ("merge", {"into": ""}, "Choose the incident that goes on."),
]


def test_bad_input_is_refused_in_words(company: Company, client: Client, now: datetime) -> None:
    make_person("gone", is_active=False)
    make_person("twin")
    namesake = make_person("namesake")
    with audit.action(actor=None, actor_label="test", reason="married", at=now):
        namesake.name = "Twin"
        namesake.save(update_fields=["name"])
    make_workflow("stories", team=company.team, at=now)
    taken, declinable = make_acknowledged(company, at=now), make_incident(company, at=now)
    for action, change, sentence in BAD:
        data = good(company, action) | change
        page = refused(client, company.responder, declinable if action == "decline" else taken, action, data)
        typed = [value for name, value in data.items() if value.startswith("My words") or name in ("to", "until")]
        assert sentence in page
        assert all(value in page for value in typed), action


def test_a_reporter_reads_why_they_may_not(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    for action in set(actions.ACTIONS) - {"note", "reopen", "close", "happened"}:
        page = refused(client, company.reporter, incident, action, good(company, action), status=403)
        mine = "You reported this. The people who were told work on it;"
        assert ("Only responders can join." if action == "join" else mine) in page


def test_to_a_stranger_the_incident_does_not_exist(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    for action in actions.ACTIONS:
        refused(client, company.outsider, incident, action, good(company, action), status=404)


def test_unknown_actions_and_methods(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert do(client, company.responder, incident, "explode").status_code == 404
    assert client.put(address(incident, "note")).status_code == 405
    client.logout()
    assert client.get(address(incident, "note")).status_code == 302


# What pages offer


def offered(company: Company, incident: Incident, user: Any) -> list[str]:
    run = None if incident.kind == "near_miss" else run_of(incident)
    rights = access.allowed(user, incident)
    return [slug for slug, _words in reads.available(incident, run, rights.__contains__, user)]


def test_pages_offer_what_fits(company: Company, now: datetime) -> None:
    incident = make_incident(company, at=now)
    start = ["acknowledge", "triage", "plan", "contain", "monitor", "resolve", "note", "escalate", "reassign"]
    assert offered(company, incident, company.responder) == [
        *start,
        *("snooze", "join", "invite", "talk", "playbook", "workaround", "fix", "merge", "workflow", "decline"),
    ]
    assert offered(company, incident, company.reporter) == ["note"]
    assert offered(company, incident, company.outsider) == []
    assert offered(company, incident, company.lead) == []
    incident = brought_to(company, "resolved", now)
    assert offered(company, incident, company.responder) == ["close", "reopen", "note", "workaround", "fix"]
    assert offered(company, incident, company.reporter) == ["close", "reopen", "note"]
    near = make_near_miss(company, now)
    assert not set(BY_RUN) & set(offered(company, near, company.responder))


def test_what_is_allowed_is_what_the_rule_says(company: Company, now: datetime) -> None:
    incident = make_incident(company, at=now)
    for user in (company.responder, company.second, company.lead, company.reporter, company.outsider):
        for name in {fit.may for fit in reads.FITS.values()} | {"view", "evidence"}:
            is_allowed = access.incident_rule(user, name, incident) is None
            assert (name in access.allowed(user, incident)) == is_allowed


def test_offering_takes_few_queries(company: Company, now: datetime, django_assert_max_num_queries: Any) -> None:
    incident = make_incident(company, at=now)
    run = run_of(incident)
    with django_assert_max_num_queries(5):
        rights = access.allowed(company.responder, incident)
        reads.available(incident, run, rights.__contains__, company.responder)
