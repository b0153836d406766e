"""Training: recorded, called to mind before it ends, and advised where roles and duties ask for it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from governance.models import Document, Topic, Training
from governance.reads import changes as change_reads
from governance.reads import training as reads
from governance.reads.grid_squares import Painter
from governance.reads.grid_world import World
from governance.services import training
from portal import access, roles, timers
from portal.models import AuditEntry, Membership, Message, Team, Timer, User
from portal.reads import home
from portal.rendering import render
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_keeping import told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = NOW.date()
ROWS = (Training, AuditEntry, Timer, Message)
ENDS = TODAY + 365 * DAY


@pytest.fixture
def topics(company: Company) -> dict[str, Topic]:
    training.default_topics(by=company.admin, at=NOW)
    return {topic.key: topic for topic in Topic.objects.all()}


def record(company: Company, topic: Topic, person: User | None = None, **more: Any) -> Training:
    values = {"learned_on": TODAY, "proof": "course in March"} | more
    return training.record(person=person or company.responder, topic=topic, by=company.admin, at=NOW, **values)


def matrix(
    company: Company,
    *,
    role: tuple[str, ...] = (),
    duty: tuple[str, ...] = (),
    leads: list[dict[str, str]] | None = None,
) -> Document:
    """The company matrix, whose role lead (of `leads`) and duty on_call ask for training.

    `responder` and `second` are on call.
    """
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.responder.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    content["roles"][0]["training"], content["responsibilities"][0]["training"] = list(role), list(duty)
    content["roles"][0]["holders"] = leads or content["roles"][0]["holders"]
    draft = make.make_draft(content, kind="matrix", key="company", by=company.admin)
    make.publish(draft, by=company.admin)
    return Document.objects.get(pk=draft.document_id)


def advice(document: Document) -> list[str]:
    version = document.effective_version
    assert version is not None
    found = change_reads.findings(version, at=NOW)
    assert not any(item.blocking for item in found)
    return [item.message for item in found if "learned" in item.message or "training" in item.message]


def test_the_six_topics_are_made_once(company: Company, topics: dict[str, Topic]) -> None:
    assert sorted(topics) == ["business", "governance", "manual", "platform", "privacy", "risk"]
    assert training.default_topics(by=company.admin, at=NOW) == []


def test_training_counts_as_long_as_its_topic_says(company: Company, topics: dict[str, Topic]) -> None:
    assert record(company, topics["privacy"]).valid_until == ENDS
    own = record(company, topics["risk"], valid_until=date(2026, 4, 1))
    assert own.valid_until == date(2026, 4, 1)


def test_its_person_is_told_a_month_before_it_ends_and_once(company: Company, topics: dict[str, Topic]) -> None:
    record(company, topics["privacy"])
    timers.fire_due(at=NOW + 334 * DAY)
    assert told("training.lapses") == []
    timers.fire_due(at=NOW + 336 * DAY)
    timers.fire_due(at=NOW + 400 * DAY)
    assert told("training.lapses") == ["Responder"]
    message = Message.objects.get(event="training.lapses", channel="inbox")
    words = render(message, company.responder)
    assert words.subject.strip() == "Your training ends soon: Privacy" and "It counts until 2 Mar 2027." in words.text


def test_whoever_has_learned_it_anew_is_not_told(company: Company, topics: dict[str, Topic]) -> None:
    record(company, topics["privacy"], learned_on=TODAY - 300 * DAY)
    record(company, topics["privacy"])
    timers.fire_due(at=NOW + 60 * DAY)
    assert told("training.lapses") == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"learned_on": TODAY + DAY}, "^Nobody can have learned"),
        ({"valid_until": TODAY - DAY}, "^Training cannot end before"),
        ({"proof": "x" * 501}, "^Say how it is known"),
    ],
)
def test_a_record_that_cannot_be_changes_nothing(
    company: Company, topics: dict[str, Topic], changed: dict[str, Any], words: str
) -> None:
    before = counts(ROWS)
    with pytest.raises(training.NotLearned, match=words):
        record(company, topics["privacy"], **changed)
    assert counts(ROWS) == before


def test_the_same_is_not_recorded_twice_and_not_by_anybody(company: Company, topics: dict[str, Topic]) -> None:
    auditor, done = make.make_person("auditor", role=roles.AUDITOR), record(company, topics["privacy"])
    before = counts(ROWS)
    with pytest.raises(training.NotLearned, match="^This is recorded already"):
        record(company, topics["privacy"])
    for by in (company.responder, auditor):
        with pytest.raises(access.Refused):
            training.record(person=company.second, topic=topics["risk"], learned_on=TODAY, by=by, at=NOW)
    assert counts(ROWS) == before
    with pytest.raises(IntegrityError), transaction.atomic(), make._action(NOW):
        Training.objects.create(person=done.person, topic=done.topic, learned_on=TODAY)
    with pytest.raises(IntegrityError), transaction.atomic(), make._action(NOW):
        Training.objects.create(person=done.person, topic=topics["risk"], learned_on=TODAY, valid_until=TODAY - DAY)
    with pytest.raises(IntegrityError), transaction.atomic(), make._action(NOW):
        Topic.objects.create(key="x", title="X", valid_days=0)


def test_missing_training_of_a_role_and_of_a_duty_is_advice(company: Company, topics: dict[str, Topic]) -> None:
    for topic in ("platform", "business"):
        record(company, topics[topic], company.responder)
        record(company, topics[topic], company.lead)
    document = matrix(company, role=("privacy",), duty=("risk",))
    assert advice(document) == [
        "Lead: Lead has not learned Privacy, or too long ago.",
        "On call: Responder, Second have not learned what it asks for (Risk), or too long ago.",
    ]
    record(company, topics["privacy"], company.lead)
    record(company, topics["risk"], company.responder)
    assert advice(document) == ["On call: Second has not learned Risk, or too long ago."]


def test_an_accountable_owner_knows_platform_and_business(company: Company, topics: dict[str, Topic]) -> None:
    record(company, topics["platform"], company.lead)
    record(company, topics["business"], company.lead)
    record(company, topics["platform"], company.responder)
    both = "nobody who is accountable has learned both Platform and Business process."
    assert advice(company.matrix) == [f"On call: {both}"]
    record(company, topics["business"], company.responder)
    assert advice(company.matrix) == []


def test_the_grid_says_in_the_cell_what_lacks(company: Company, topics: dict[str, Topic]) -> None:
    for topic in ("platform", "business"):
        record(company, topics[topic], company.lead)
        record(company, topics[topic], company.second)
    matrix(company, role=("privacy",), duty=("risk",))
    painter = Painter(World(company.admin, NOW), "any")
    found = {
        duty: [flaw.words for flaw in painter.square("default", "", None, duty).flaws] for duty in ("on_call", "owner")
    }
    assert found == {
        "on_call": [
            "Responder has not learned Risk",
            "Second has not learned Risk",
            "nobody accountable has learned both Platform and Business process",
        ],
        "owner": ["Lead has not learned Privacy"],
    }


def test_who_gives_a_team_or_a_role_reads_what_training_that_lacks(
    company: Company, topics: dict[str, Topic], client: Client
) -> None:
    """The role Lead is held by the triage team, and asks for Privacy."""
    matrix(company, role=("privacy",), duty=("privacy", "risk"), leads=[{"team": "triage"}])
    superuser = make.make_person("root", is_superuser=True, is_staff=True)
    newcomer, other = make.make_person("newcomer"), make.make_person("visitor")
    client.force_login(superuser)

    def give(person: User, group: Group) -> str:
        form = {"user": person.pk, "group": group.pk, "reason": "joins us"}
        page = client.post(reverse("admin:portal_membership_add"), form, follow=True).content.decode()
        assert Membership.objects.filter(user=person, group=group).exists(), "a warning does not stop it"
        return page

    responder = Group.objects.get(name=roles.RESPONDER)
    assert "has not learned" not in give(other, responder), "Nothing that they hold asks for training."
    team = Team.objects.get(key="triage")
    page = give(newcomer, team.group)
    assert "Newcomer holds what asks for training and has not learned Privacy (for Lead), or too long ago." in page
    record(company, topics["privacy"], newcomer, learned_on=date(2020, 1, 1), valid_until=date(2100, 1, 1))
    assert "has not learned" not in give(newcomer, responder)
    page = give(company.second, Group.objects.get(name=roles.TEAM_ADMIN))
    said = "has not learned Privacy (for Lead, On call), Risk (for On call), or too long ago."
    assert f"Second holds what asks for training and {said}" in page


def test_without_topics_nobody_is_judged(company: Company) -> None:
    assert advice(company.matrix) == []


def test_training_that_the_portal_does_not_know_is_named(company: Company, topics: dict[str, Topic]) -> None:
    for topic in ("platform", "business"):
        for person in (company.responder, company.lead):
            record(company, topics[topic], person)
    assert advice(matrix(company, role=("juggling",))) == [
        "Lead asks for training that the portal does not know: juggling."
    ]


def test_a_matrix_that_asks_for_nothing_keeps_its_digest(company: Company) -> None:
    assert company.matrix.effective_version is not None
    assert "training" not in company.matrix.effective_version.content


def test_the_page_shows_what_is_mine_and_to_keepers_who_lacks_what(
    company: Company, topics: dict[str, Topic], client: Client
) -> None:
    matrix(company, duty=("risk",))
    record(company, topics["platform"])
    client.login(username=company.responder.email, password=PASSWORD)
    page = client.get("/training/").content.decode()
    assert "Business process" in page and "Missing" in page and "Who lacks what" not in page
    client.login(username=company.admin.email, password=PASSWORD)
    page = client.get("/training/").content.decode()
    assert "Nothing that you hold asks for training." in page and "Who lacks what" in page and "Second" in page
    gaps = {(gap.person, gap.topic) for gap in reads.gaps(at=NOW)}
    assert {(company.responder.pk, "risk"), (company.second.pk, "risk")} <= gaps
    assert (company.responder.pk, "platform") not in gaps and (company.responder.pk, "business") in gaps


def test_what_ends_soon_waits_on_the_first_page(company: Company, topics: dict[str, Topic]) -> None:
    record(company, topics["privacy"], learned_on=TODAY - 340 * DAY)
    assert "Learn again: Privacy" in str(home.now(company.responder, at=NOW))
    record(company, topics["privacy"])
    assert "Learn again" not in str(home.now(company.responder, at=NOW))
