"""Two people end, release or take away the same thing at the same moment: it happens once."""

from collections.abc import Callable
from typing import Any

import pytest

from incidents.models import Containment, Incident, Recheck, Remedy
from incidents.services import containing, containments, incidents, rechecks, remedies
from portal import timers
from portal.errors import DomainError
from tests import factories_governance as make
from tests.factories_incidents import armed, fresh, later, make_acknowledged, told, verbs, violations
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DAY = 24 * 60


@pytest.fixture
def company() -> make.Company:
    return make.make_company()


def job(call: Callable[..., object], **values: Any) -> Callable[[], str]:
    def attempt() -> str:
        try:
            call(**values)
        except DomainError as error:
            return str(error)
        return ""

    return attempt


def workaround(company: make.Company, incident: Incident) -> Remedy:
    words = {"what": "By mail", "rationale": "The webhook is down", "expires_at": later(10 * DAY)}
    return remedies.add(incident=incident, kind="workaround", by=company.responder, at=later(2), **words)


def test_two_who_resolve_at_once_look_again_once(company: make.Company) -> None:
    below = make.make_workflow("invoices", team=company.team)
    make.make_dependency(company.workflow, below)
    for _round in range(4):
        incident = make_acknowledged(company)
        again = [rechecks.Found(key=f"w{below.pk}", result="passed")]
        words = {"resolution": "New key.", "checked": "Seen.", "found_again": again, "at": later(20)}
        both = [job(incidents.resolve, incident=incident, by=by, **words) for by in (company.responder, company.second)]
        assert sorted(bool(answer) for answer in at_once(*both)) == [False, True]
        assert Recheck.objects.filter(incident=incident).count() == 1
        assert verbs(incident).count("resolved") == verbs(incident).count("rechecked") == 1
    assert violations() == []


def test_a_release_and_an_end_at_once_never_lose_each_other(company: make.Company) -> None:
    for _round in range(4):
        incident = make_acknowledged(company)
        halt = containments.Halt(what="New orders", workflow=company.workflow)
        incidents.contain(incident=incident, note="Safe", by=company.responder, at=later(3), halted=halt)
        row = Containment.objects.get(incident=incident)
        free = [containments.Settled(containment=row.pk, is_released=True, words="Tried by me")]
        words = {"resolution": "New key.", "checked": "Seen.", "settled": free, "at": later(20)}
        release = {"containment": row.pk, "how": "Tried by them", "by": company.second, "at": later(20)}
        at_once(
            job(incidents.resolve, incident=incident, by=company.responder, **words),
            job(containing.release, incident=incident, **release),
        )
        row.refresh_from_db()
        assert row.released_at == later(20) and verbs(incident).count("released") == 1
        is_mine = row.release == "Tried by me"
        assert (fresh(incident).state == "resolved") == is_mine
    assert violations() == []


def test_two_who_take_a_workaround_away_at_once_take_it_once(company: make.Company) -> None:
    incident = make_acknowledged(company)
    row = workaround(company, incident)
    words = {"remedy": row, "reason": "The webhook is back", "at": later(30)}
    answers = at_once(*[job(remedies.remove, by=by, **words) for by in (company.responder, company.second)])
    assert sorted(bool(answer) for answer in answers) == [False, True]
    assert verbs(incident).count("remedy_removed") == 1 and armed(row) == {}


def test_the_clock_and_whoever_takes_it_away_at_once(company: make.Company) -> None:
    for _round in range(4):
        incident = make_acknowledged(company)
        row = workaround(company, incident)
        remove = job(remedies.remove, remedy=row, reason="It is back", by=company.second, at=later(9 * DAY))
        at_once(remove, lambda: timers.fire_due(at=later(9 * DAY)), lambda: timers.fire_due(at=later(9 * DAY)))
        timers.fire_due(at=later(12 * DAY))
        row.refresh_from_db()
        assert row.removed_at == later(9 * DAY)
        assert told(incident, event="incident.remedy_over") == []
        assert len(told(incident, event="incident.remedy_soon")) == len(
            set(told(incident, event="incident.remedy_soon"))
        )
        assert armed(row) == {}
    assert violations() == []
