"""Who hears of an incident because they take part in it (I18)."""

import pytest

from incidents.models import Participant
from incidents.services import participants
from portal.models import User
from tests.factories_governance import Company, make_person
from tests.factories_incidents import later, make_incident

pytestmark = pytest.mark.django_db


def test_who_was_told_and_joined_follows_once_and_who_has_left_does_not(company: Company) -> None:
    incident, gone = make_incident(company), make_person("gone")
    for user, role in (
        (company.second, "joined"),
        (company.second, "told"),
        (gone, "told"),
        (company.lead, "affected"),
    ):
        participants.add(incident, user, role, at=later(1))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert participants.followers(incident) == [company.responder, company.second]


def test_the_affected_are_those_who_said_so_and_are_still_here(company: Company) -> None:
    incident, gone = make_incident(company), make_person("gone")
    for user in (company.second, company.lead, gone):
        participants.add(incident, user, "affected", at=later(1))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert participants.affected(incident) == [company.lead, company.second]


def test_taking_part_again_changes_nothing(company: Company) -> None:
    incident = make_incident(company)
    row = (incident.pk, company.second.pk, "joined")
    participants.add_many([row, row], at=later(1))
    participants.add_many([row], at=later(2))
    found = Participant.objects.get(incident=incident, user=company.second)
    assert (found.role, found.since) == ("joined", later(1))
