"""By which playbook people work, and when a newer version takes over: decisions in the timeline (D51, D99)."""

from typing import Any

import pytest
from django.test import Client

from governance.models import Document, Version
from incidents.models import Incident
from incidents.reads import pins as reads
from incidents.services import incidents, pins
from portal import access
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, Company
from tests.factories_incidents import fresh, later, make_acknowledged, refuses, run_of, told, verbs

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def playbook(company: Company) -> Document:
    return keeping.make_playbook(company.admin)


def chosen(company: Company, playbook: Document, **extra: Any) -> Incident:
    incident = make_acknowledged(company)
    values = {"playbook": playbook.effective_version_id, "by": company.responder, "at": later(1)} | extra
    pins.choose(incident=incident, **values)
    return fresh(incident)


def newer_policy(company: Company) -> Version:
    content = make.escalation_policy(leadership="leadership") | {"title": "Calmer escalation"}
    content["levels"][0]["targets"] = [{"responsibility": "owner"}]
    draft = make.make_draft(content, kind="escalation", key="company", by=company.admin)
    make.publish(draft, by=company.admin)
    return draft


def test_choosing_a_playbook_pins_its_version_and_says_so(company: Company, playbook: Document) -> None:
    incident = chosen(company, playbook)
    assert incident.playbook_id == playbook.effective_version_id
    entry = incident.timeline.latest("id")
    assert entry.verb == "playbook" and entry.by == company.responder
    assert entry.data["digest"] == playbook.effective_version.digest
    history = incident.history.latest("history_date")
    assert history.playbook_id == playbook.effective_version_id


def test_a_newer_version_changes_nothing_until_somebody_switches_with_a_reason(
    company: Company, playbook: Document
) -> None:
    incident = chosen(company, playbook)
    newer = keeping.next_version(playbook, by=company.admin, title="Nothing happens at all")
    assert fresh(incident).playbook_id != newer.pk
    call = {"incident": incident, "what": "playbook", "by": company.responder, "at": later(2)}
    refuses(pins.CannotChoose, "Say why", lambda: pins.switch(**call, reason=" "))
    pins.switch(**call, reason="It has the better way back")
    assert fresh(incident).playbook_id == newer.pk
    entry = incident.timeline.latest("id")
    assert (entry.verb, entry.text_row.text) == ("switched", "It has the better way back")
    assert entry.data["before"] == str(incident.playbook_id)
    refuses(pins.CannotChoose, "No newer version", lambda: pins.switch(**call, reason="again"))


def test_another_playbook_needs_a_reason_and_the_same_one_is_refused(company: Company, playbook: Document) -> None:
    incident = chosen(company, playbook)
    other = keeping.make_playbook(company.admin, key="other", title="Other")
    call = {"incident": incident, "by": company.responder, "at": later(2)}
    same, another = playbook.effective_version_id, other.effective_version_id
    refuses(pins.CannotChoose, "by this playbook already", lambda: pins.choose(**call, playbook=same))
    refuses(pins.CannotChoose, "why another", lambda: pins.choose(**call, playbook=another))
    pins.choose(**call, playbook=another, reason="It is the data")
    assert fresh(incident).playbook_id == another


def test_a_draft_or_what_is_for_another_team_cannot_be_chosen(company: Company, playbook: Document) -> None:
    incident = make_acknowledged(company)
    make.make_team("returns")
    draft = make.make_draft(keeping.playbook(title="Next"), kind="playbook", key=playbook.key, by=company.admin)
    foreign = keeping.make_playbook(company.admin, key="returns", scope={"team": "returns"})
    for version in (draft.pk, foreign.effective_version_id, company.policy.effective_version_id):
        call = {"incident": incident, "playbook": version, "by": company.responder, "at": NOW}
        refuses(pins.CannotChoose, "not in force for this process", lambda call=call: pins.choose(**call))


def test_a_playbook_for_other_platforms_does_not_fit(company: Company) -> None:
    elsewhere = make.make_platform("elsewhere")
    content = keeping.module(title="There", platforms=[{"key": "it", "platform": elsewhere.key}])
    make.make_document(content, kind="module", key="there", by=company.admin)
    book = keeping.playbook(title="There")
    book["scenarios"][0]["modules"] = [{"key": "there", "module": "there", "version": 1}]
    make.make_document(book, kind="playbook", key="there", by=company.admin)
    assert reads.fitting(company.workflow) == []
    there = make.make_workflow("there", team=company.team, platform=elsewhere)
    assert [item.title for item in reads.fitting(there)] == ["There"]


def test_who_only_reads_along_and_whoever_comes_too_late_choose_nothing(company: Company, playbook: Document) -> None:
    incident = make_acknowledged(company)
    call = {"incident": incident, "playbook": playbook.effective_version_id, "at": later(2)}
    refuses(access.Refused, "You reported this", lambda: pins.choose(**call, by=company.reporter))
    incidents.resolve(incident=incident, resolution="x", checked="y", by=company.responder, at=later(1))
    refuses(incidents.NotPossible, "resolved", lambda: pins.choose(**call, by=company.responder))


def test_newer_rules_take_over_by_a_decision_and_tell_who_is_newly_responsible(company: Company) -> None:
    incident = make_acknowledged(company)
    before = run_of(incident).policy_id
    newer = newer_policy(company)
    assert run_of(incident).policy_id == before != newer.pk
    pins.switch(incident=incident, what="rules", reason="The new one fits", by=company.responder, at=later(2))
    run = run_of(incident)
    assert (run.policy_id, run.policy_digest) == (newer.pk, newer.digest)
    assert verbs(incident)[-3:][0] == "switched" and "re_resolved" in verbs(incident)
    assert "Lead" in told(incident)
    call = {"incident": incident, "what": "rules", "reason": "again", "by": company.responder, "at": later(3)}
    refuses(pins.CannotChoose, "No newer rules", lambda: pins.switch(**call))


def test_every_pin_is_listed_with_what_is_newer_and_what_is_stale(company: Company, playbook: Document) -> None:
    incident = chosen(company, playbook)
    newer_policy(company)
    Document.objects.filter(pk=company.rubric.pk).update(review_by=later(-3 * 24 * 60).date())
    found = {pin.what: pin for pin in reads.pins(incident, run_of(incident), at=later(3))}
    assert set(found) == {"rubric", "escalation", "matrix", "playbook", "module"}
    assert found["escalation"].newer is not None and found["escalation"].switch == "rules"
    assert found["playbook"].newer is None and found["playbook"].switch == ""
    assert "27 Feb 2026" in found["rubric"].stale and found["module"].stale == ""


def test_the_page_shows_the_playbook_and_offers_to_switch(client: Client, company: Company, playbook: Document) -> None:
    incident = make_acknowledged(company)
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/do/playbook/"
    bare = client.get(incident.get_absolute_url()).content.decode()
    assert address in bare and "None chosen yet." in bare
    assert "Nothing happens, version 1" in client.get(address).content.decode()
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"playbook": str(playbook.effective_version_id)}).status_code == 302
    page = client.get(incident.get_absolute_url()).content.decode()
    assert f"/incidents/{incident.reference}/playbook/" in page and "None chosen yet." not in page
    assert "A newer version is in force" not in page
    keeping.next_version(playbook, by=company.admin, title="Nothing at all")
    switch = f"/incidents/{incident.reference}/do/switch/"
    assert switch in client.get(incident.get_absolute_url()).content.decode()
    assert client.post(switch, {"what": "rules", "reason": "x"}).status_code == 422
    assert client.post(switch, {"what": "playbook", "reason": "Better"}).status_code == 302
    assert fresh(incident).playbook.number == 2
