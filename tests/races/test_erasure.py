"""A hold and an erasure at once: whichever is first counts; and nobody is erased twice."""

from typing import Any

import pytest
from django.utils import timezone

from portal.models import AuditEntry, User
from portal.services import erasure, hold, leaving
from tests import factories_governance as make
from tests.factories_incidents import make_incident, make_root
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def gone() -> User:
    person = make.make_person(at=timezone.now())
    leaving.deactivate(person=person, by=make_root(), reason="has another job", at=timezone.now())
    return User.objects.get(pk=person.pk)


def erase(person: User) -> str:
    try:
        erasure.erase_person(person=person, by=make_root(), reason="asked for it", at=timezone.now())
    except (hold.Held, erasure.NotErasable) as error:
        return type(error).__name__
    return "erased"


def test_nothing_is_erased_once_a_hold_stands() -> None:
    company, root = make.make_company(at=timezone.now()), make_root()
    incident = make_incident(company, at=timezone.now(), by=company.reporter)
    leaving.deactivate(person=company.reporter, by=root, reason="has another job", at=timezone.now())
    reporter = User.objects.get(pk=company.reporter.pk)
    for person, subject in [(reporter, incident), *((one, one) for one in (gone(), gone(), gone()))]:

        def keep(subject: Any = subject) -> None:
            hold.begin(subject=subject, why="case", by=root, at=timezone.now())

        _none, said = at_once(keep, lambda person=person: erase(person))
        held = AuditEntry.objects.get(verb="hold.set", target_id=str(subject.pk)).pk
        erased = AuditEntry.objects.filter(verb="ledger.erased", target_id=str(person.pk)).first()
        assert said == ("erased" if erased else "Held")
        assert erased is None or erased.pk < held


def test_of_two_who_erase_the_same_person_one_is_told() -> None:
    for person in (gone(), gone()):
        said = at_once(lambda person=person: erase(person), lambda person=person: erase(person))
        assert sorted(said) == ["NotErasable", "erased"]
        assert AuditEntry.objects.filter(verb="ledger.erased", target_id=str(person.pk)).count() == 1
