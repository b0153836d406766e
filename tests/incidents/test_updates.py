"""Updates: written by the plan, looked over where it says so, sent to whom they are for, promises kept or missed."""

from typing import Any

import pytest

from incidents.models import Incident, StatusUpdate, Subscription
from incidents.services import incidents, subscriptions, updates
from incidents.services.update_drafts import NotSent, Words
from portal.models import Message, User
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later, make_acknowledged, tick, told, verbs, violations
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
ANSWERS = {"what": "Payments fail.", "impact": "Orders wait.", "doing": "We go back.", "who": "Desk", "next": "10:00"}
STATEMENTS = [
    {"key": "safe", "title": "Safe", "audience": "business", "text": "All is safe.", "release": "pre_approved"},
    {"key": "waits", "title": "Waits", "audience": "business", "text": "It waits.", "released_by": {"role": "lead"}},
]


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, statements=STATEMENTS)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def words(**more: Any) -> Words:
    values: dict[str, Any] = {"subject": "Payments", "answers": ANSWERS, "business": "{what} {impact}"} | more
    return Words(**values)


def write(incident: Incident, by: User, audience: str = "business", minutes: float = 1, **more: Any) -> StatusUpdate:
    values: dict[str, Any] = {"audience": audience, "event": "update", "at": later(minutes), "by": by}
    return updates.draft(incident=incident, words=words(**more), **values)


def send(incident: Incident, by: User, audience: str = "business", minutes: float = 1, **more: Any) -> StatusUpdate:
    return updates.send(update=write(incident, by, audience, minutes, **more), by=by, at=later(minutes))


def test_what_is_sent_is_filled_in_and_told_to_members_and_followers(company: Company, incident: Incident) -> None:
    subscriptions.follow(incident=incident, user=company.second, audience="business", at=later(0))
    row = send(incident, company.responder)
    assert (row.state, row.business, row.sent_at) == ("sent", "Payments fail. Orders wait.", later(1))
    assert told(incident, event="incident.update") == sorted([company.outsider.name, company.second.name])
    assert Subscription.objects.get().first_told_at == later(1)
    assert "update" in verbs(incident)
    assert violations() == []


@pytest.mark.parametrize("topic", list(ANSWERS))
def test_without_an_answer_to_each_question_nothing_is_sent(company: Company, incident: Incident, topic: str) -> None:
    row = write(incident, company.responder, answers=ANSWERS | {topic: " "})
    with pytest.raises(NotSent, match=f"{topic}\\?") as refused:
        updates.send(update=row, by=company.responder, at=later(2))
    assert topic in refused.value.fields
    assert not Message.objects.filter(event="incident.update").exists()


def test_what_an_audience_may_not_read_is_refused_by_its_name(company: Company, incident: Incident) -> None:
    for name in ("cost", "affected", "personal_data"):
        row = write(incident, company.responder, business=f"It costs {{{name}}}")
        with pytest.raises(NotSent, match=f"{{{name}}} is not for Business"):
            updates.send(update=row, by=company.responder, at=later(2))


def test_only_who_tells_an_audience_sends(company: Company, incident: Incident) -> None:
    row = write(incident, company.second)
    with pytest.raises(NotSent, match="Another role"):
        updates.send(update=row, by=company.second, at=later(2))


def test_prepared_words_are_looked_over_by_whom_the_plan_names(company: Company, incident: Incident) -> None:
    row = write(incident, company.responder, statement="waits", business="It waits.")
    with pytest.raises(NotSent, match="look this over"):
        updates.send(update=row, by=company.responder, at=later(2))
    updates.submit(update=row, by=company.responder, at=later(2))
    for wrong, sentence in ((company.responder, "You wrote it"), (company.second, "somebody else")):
        with pytest.raises(NotSent, match=sentence):
            updates.release(update=row, by=wrong, at=later(3))
    done = updates.release(update=row, by=company.lead, at=later(3))
    assert (done.state, done.reviewed_by, done.sent_at) == ("sent", company.lead, later(3))


def test_other_words_have_to_be_looked_over_again(company: Company, incident: Incident) -> None:
    row = write(incident, company.responder, statement="waits")
    updates.submit(update=row, by=company.responder, at=later(2))
    other = words(statement="waits", business="Other")
    row = updates.save(update=row, words=other, by=company.responder, at=later(3))
    assert row.state == "draft"
    with pytest.raises(NotSent, match="Nobody has asked"):
        updates.release(update=row, by=company.lead, at=later(4))


def test_pre_approved_words_go_out_without_delay(company: Company, incident: Incident) -> None:
    row = send(incident, company.responder, statement="safe", business="All is safe.")
    assert row.is_pre_approved and row.state == "sent"


def test_a_promise_is_kept_when_it_is_resolved_in_time(company: Company, incident: Incident) -> None:
    row = send(incident, company.responder, expected_at=later(60))
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(30))
    row.refresh_from_db()
    assert (row.kept_at, row.missed_at) == (later(30), None)


def test_a_promise_is_missed_once_and_told(company: Company, incident: Incident) -> None:
    row = send(incident, company.responder, expected_at=later(20))
    tick(19)
    tick(20)
    tick(21)
    row.refresh_from_db()
    assert (row.kept_at, row.missed_at) == (None, later(20))
    assert verbs(incident).count("promise_missed") == 1
    assert len(told(incident, event="incident.promise_missed")) == 1
    assert violations() == []


def test_the_next_news_keeps_the_promise_of_the_last(company: Company, incident: Incident) -> None:
    first = send(incident, company.responder, next_at=later(30))
    send(incident, company.responder, minutes=29)
    first.refresh_from_db()
    assert first.kept_at == later(29)


def test_whoever_heard_that_it_began_hears_that_it_is_over(company: Company, incident: Incident) -> None:
    send(incident, company.responder)
    before = len(told(incident, event="incident.update"))
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(30))
    last = Message.objects.filter(event="incident.update", channel="inbox").order_by("created_at").last()
    assert last is not None and last.recipient == company.outsider
    assert len(told(incident, event="incident.update")) == before + 1
    assert StatusUpdate.objects.get(state="draft").event == "resolved"
    assert violations() == []


def test_an_audience_reads_the_business_part_alone(company: Company, incident: Incident) -> None:
    send(incident, company.responder, technical="canary-technical")
    assert all("canary" not in str(one.context) for one in Message.objects.filter(event="incident.update"))


def test_words_travel_as_far_as_the_class_of_their_audience(company: Company, incident: Incident) -> None:
    assert fresh(incident).data_class != "restricted"
    send(incident, company.responder, "leadership", business="canary-confidential {what}")
    rows = Message.objects.filter(event="incident.update")
    assert {one.recipient for one in rows} == {company.leader}
    for one in rows:
        for name in ("public", "internal"):
            assert "canary" not in str(one.context.get(name, {}))


def test_a_sent_update_is_not_changed(company: Company, incident: Incident) -> None:
    row = send(incident, company.responder)
    for move in (updates.submit, updates.send, updates.drop):
        with pytest.raises(NotSent, match="already"):
            move(update=row, by=company.responder, at=later(2))
