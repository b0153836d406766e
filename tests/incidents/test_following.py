"""Following an incident as one of its audiences, and hearing no more of it (P10)."""

from typing import Any

import pytest

from incidents.models import Incident, Subscription
from incidents.reads import following
from incidents.services import escalation, incidents, participants, subscriptions
from portal.models import AuditEntry, User
from tests.factories_governance import Company, make_company, make_person
from tests.factories_incidents import fresh, later, make_incident, refuses, run_of, violations
from tests.incidents.told import make_plan, make_update

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_plan(company)
    return company


def keys(user: User, incident: Incident) -> list[str]:
    return [audience.key for audience in following.allowed(user, fresh(incident), at=later(1))]


EVERY = ["responders", "business", "leadership", "customers", "partners"]


def test_who_may_follow_as_which_audience(company: Company) -> None:
    incident = make_incident(company)
    assert keys(company.responder, incident) == EVERY  # may open it
    assert keys(company.outsider, incident) == ["business", "customers", "partners"]  # a member of the business
    assert keys(make_person("stranger"), incident) == ["customers", "partners"]  # may know of it
    assert keys(company.leader, incident)[-3:] == ["leadership", "customers", "partners"]
    assert keys(make_person("gone", is_active=False), incident) == []


def test_of_what_one_may_not_know_nothing_can_be_followed(company: Company) -> None:
    stranger, incident = make_person("stranger"), make_incident(company)
    Incident.objects.filter(pk=incident.pk).update(is_restricted=True)
    assert keys(stranger, incident) == []
    make_update(fresh(incident), "business", by=company.responder)
    assert keys(stranger, incident) == []
    make_update(fresh(incident), "customers", by=company.responder)  # now everybody knows
    assert keys(stranger, incident) == ["customers", "partners"]


def test_whoever_is_affected_follows_as_the_world_does(company: Company) -> None:
    incident, stranger = make_incident(company), make_person("stranger")
    participants.add(incident, stranger, "affected", at=later(0))
    assert keys(stranger, incident) == ["customers", "partners"]


def test_following_twice_is_following_once_and_can_begin_again(company: Company) -> None:
    incident, user = make_incident(company), company.outsider
    one: dict[str, Any] = {"incident": incident, "user": user, "audience": "business"}
    first = subscriptions.follow(**one, at=later(1))
    assert subscriptions.follow(**one, at=later(2)).since == first.since == later(1)
    assert following.keys(user) == {(incident.reference, "business")}
    subscriptions.unfollow(**one, at=later(3))
    subscriptions.unfollow(**one, at=later(4))
    assert following.keys(user) == set()
    subscriptions.follow(**one, at=later(5))
    row = Subscription.objects.get()
    assert (row.since, row.ended_at) == (later(5), None)
    verbs = AuditEntry.objects.filter(verb__startswith="subscription.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["subscription.began", "subscription.ended", "subscription.began"]
    assert violations() == []


def test_nobody_follows_beyond_their_rights(company: Company) -> None:
    incident, stranger = make_incident(company), make_person("stranger")
    for audience in ("business", "leadership", "responders", "nothing", ""):
        refuses(
            subscriptions.CannotFollow,
            "You cannot follow this",
            lambda audience=audience: subscriptions.follow(  # type: ignore[misc]
                incident=incident, user=stranger, audience=audience, at=later(1)
            ),
        )
    assert not Subscription.objects.exists()


def test_what_is_over_has_no_more_news(company: Company) -> None:
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    incidents.resolve(incident=incident, resolution="Back", checked="Yes", by=company.responder, at=later(2))
    refuses(
        subscriptions.CannotFollow,
        "This is over",
        lambda: subscriptions.follow(incident=incident, user=company.responder, audience="business", at=later(3)),
    )


def test_what_one_does_not_follow_cannot_be_ended(company: Company) -> None:
    incident = make_incident(company)
    refuses(
        subscriptions.CannotFollow,
        "You do not follow this",
        lambda: subscriptions.unfollow(incident=incident, user=company.lead, audience="business", at=later(3)),
    )
