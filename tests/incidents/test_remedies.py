"""Workarounds end, and people are told before and after; permanent fixes name what they changed (D90, D101)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from incidents.models import Incident, Remedy
from incidents.reads import remedies as reads
from incidents.services import incidents, remedies
from portal import access
from portal.models import Message, User
from tests.factories_governance import Company
from tests.factories_incidents import armed, fresh, later, make_acknowledged, refuses, tick, told, verbs, violations

pytestmark = pytest.mark.django_db
DAY = 24 * 60
SOON, OVER = "incident.remedy_soon", "incident.remedy_over"


def add(company: Company, incident: Incident, **extra: Any) -> Remedy:
    values: dict[str, Any] = {
        "kind": "workaround",
        "what": "Orders come by mail",
        "rationale": "The webhook is down",
        "expires_at": later(10 * DAY),
        "by": company.responder,
        "at": later(5),
    }
    return remedies.add(incident=incident, **values | extra)


def state(row: Remedy, at: datetime) -> str:
    row.refresh_from_db()
    return reads.state(row, at)


def test_a_workaround_says_why_and_until_when(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident, artefact="orders, version 7")
    assert (row.rationale, row.artefact, row.expires_at) == (
        "The webhook is down",
        "orders, version 7",
        later(10 * DAY),
    )
    assert verbs(incident)[-1] == "workaround"
    assert armed(row) == {"remedy.expiry": later(9 * DAY)}
    assert violations() == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"what": " "}, "Say what was done"),
        ({"rationale": ""}, "Say why it is done this way"),
        ({"expires_at": None}, "Say until when"),
        ({"expires_at": later(5)}, "This time has passed"),
        ({"expires_at": later(400 * DAY)}, "permanent fix"),
        ({"kind": "permanent", "artefact": " "}, "Name what was changed"),
        ({"what": "x" * 501}, "at most 500"),
    ],
)
def test_what_is_missing_is_said(company: Company, wrong: dict[str, Any], sentence: str) -> None:
    incident = make_acknowledged(company)
    refuses(remedies.NotRemedied, sentence, lambda: add(company, incident, **wrong))
    assert not Remedy.objects.exists()


def test_people_are_reminded_a_day_before_and_told_once_when_it_is_over(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident)
    incidents.resolve(incident=incident, resolution="By mail", checked="Seen", by=company.responder, at=later(20))
    tick(9 * DAY - 1)
    assert told(incident, event=SOON) == []
    tick(9 * DAY)
    reminded = told(incident, event=SOON)
    assert "Responder" in reminded and len(reminded) == len(set(reminded))
    assert told(incident, event=OVER) == []
    for minutes in (10 * DAY, 11 * DAY, 30 * DAY):
        tick(minutes)
    assert told(incident, event=SOON) == reminded and told(incident, event=OVER) == reminded
    assert state(row, later(11 * DAY)) == "over"
    assert verbs(incident)[-2:] == ["remedy_soon", "remedy_over"]
    assert violations() == []


def test_the_alarm_is_urgent_and_says_what_has_ended(company: Company) -> None:
    incident = make_acknowledged(company)
    add(company, incident)
    tick(9 * DAY)
    tick(10 * DAY)
    words = Message.objects.filter(event=OVER, channel="inbox").first()
    assert words is not None and words.lane == "urgent"
    context = {name: value for part in words.context.values() for name, value in part.items()}
    assert (context["reason"], context["name"]) == ("Orders come by mail", "Responder")


def test_whoever_answers_for_the_repair_is_told_when_its_maker_has_left(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident, by=company.second)
    User.objects.filter(pk=company.second.pk).update(is_active=False)
    people = remedies.recipients(row, fresh(incident), at=later(9 * DAY))
    assert company.responder in people and company.second not in people


def test_a_short_workaround_reminds_when_a_quarter_is_left(company: Company) -> None:
    row = add(company, make_acknowledged(company), expires_at=later(5 + 80))
    assert armed(row) == {"remedy.expiry": later(5 + 60)}


def test_what_was_removed_tells_nobody_any_more(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident)
    refuses(
        remedies.NotRemedied,
        "not needed any more",
        lambda: remedies.remove(remedy=row, reason="", by=company.responder, at=later(30)),
    )
    remedies.remove(remedy=row, reason="The webhook is back", by=company.responder, at=later(30))
    assert (state(row, later(31)), armed(row), verbs(incident)[-1]) == ("gone", {}, "remedy_removed")
    tick(11 * DAY)
    assert told(incident, event=SOON) == told(incident, event=OVER) == []
    again: dict[str, Any] = {"remedy": row, "by": company.responder, "at": later(40), "reason": "Again"}
    refuses(remedies.NotRemedied, "gone already", lambda: remedies.remove(**again))
    refuses(remedies.NotRemedied, "gone already", lambda: remedies.extend(**again, until=later(20 * DAY)))


def test_a_longer_time_needs_a_reason_and_reminds_anew(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident)
    tick(9 * DAY)
    tick(10 * DAY)
    call: dict[str, Any] = {"remedy": row, "by": company.responder, "at": later(10 * DAY + 5)}
    refuses(remedies.NotRemedied, "needed longer", lambda: remedies.extend(**call, until=later(20 * DAY), reason=" "))
    remedies.extend(**call, until=later(20 * DAY), reason="The vendor is late")
    assert (state(row, later(11 * DAY)), armed(row)) == ("holds", {"remedy.expiry": later(19 * DAY)})
    tick(19 * DAY)
    assert told(incident, event=SOON).count("Responder") == 2


def test_a_permanent_fix_has_no_end(company: Company) -> None:
    incident = make_acknowledged(company)
    row = add(company, incident, kind="permanent", artefact="orders, version 8")
    assert (row.expires_at, armed(row), verbs(incident)[-1]) == (None, {}, "fixed")
    call: dict[str, Any] = {"remedy": row, "by": company.responder, "at": later(9), "reason": "Why not"}
    refuses(remedies.NotRemedied, "has no end", lambda: remedies.remove(**call))


def test_what_is_only_worked_around_says_so_until_it_is_repaired(company: Company) -> None:
    incident = make_acknowledged(company)
    assert not reads.of_incident(incident, at=later(1)).only_workaround
    add(company, incident)
    incidents.resolve(incident=incident, resolution="By mail", checked="Seen", by=company.responder, at=later(20))
    assert reads.of_incident(incident, at=later(30)).only_workaround
    add(company, fresh(incident), kind="permanent", artefact="orders, version 8", at=later(40))
    assert not reads.of_incident(incident, at=later(50)).only_workaround


def test_who_only_reads_along_puts_nothing_in_place(company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(access.Refused, "You reported this", lambda: add(company, incident, by=company.reporter))
    incidents.decline(incident=incident, reason="It was a test", by=company.responder, at=later(9))
    refuses(incidents.NotPossible, "declined", lambda: add(company, incident, at=later(10)))


@pytest.mark.parametrize("wrong", [{"expires_at": None}, {"expires_at": later(1)}, {"kind": "permanent"}])
def test_the_database_keeps_the_end_of_workarounds(company: Company, wrong: dict[str, Any]) -> None:
    row = add(company, make_acknowledged(company))
    with pytest.raises(IntegrityError), transaction.atomic():
        Remedy.objects.filter(pk=row.pk).update(**wrong)


def test_the_reminder_is_a_quarter_at_most() -> None:
    row = Remedy(expires_at=later(4 * DAY))
    assert remedies.reminded_at(row, later(0)) == later(3 * DAY)
    assert remedies.reminded_at(row, later(2 * DAY)) == later(4 * DAY) - timedelta(hours=12)
