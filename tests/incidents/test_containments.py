"""What was halted or isolated: by whom, since when, where it is shown, and how it runs again (D39)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from incidents.models import Containment, Incident
from incidents.reads import containments as reads
from incidents.services import containing, containments, erasable, incidents
from portal import access
from portal.models import AuditEntry
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, refuses, verbs, violations

pytestmark = pytest.mark.django_db
WHAT = "New orders wait in a queue"


def contained(company: Company, **extra: Any) -> tuple[Incident, Containment]:
    incident = make_acknowledged(company)
    halted = containments.Halt(what=WHAT, workflow=company.workflow, **extra)
    incidents.contain(incident=incident, note="None is lost.", by=company.responder, at=later(5), halted=halted)
    return fresh(incident), Containment.objects.get(incident=incident)


def test_containing_writes_down_what_stands_still_by_whom_and_since_when(company: Company) -> None:
    incident, row = contained(company)
    assert (incident.state, incident.contained_at) == ("contained", later(5))
    assert (row.kind, row.what, row.workflow, row.by, row.since) == (
        "halted",
        WHAT,
        company.workflow,
        company.responder,
        later(5),
    )
    assert verbs(incident)[-2:] == ["halted", "contained"]
    assert incident.timeline.get(verb="halted").text_row.text == WHAT
    assert violations() == []


def test_more_than_one_thing_can_stand_still_but_none_twice(company: Company) -> None:
    incident, _row = contained(company)
    call: dict[str, Any] = {"incident": incident, "workflow": company.workflow, "by": company.responder}
    containing.halt(**call, kind="isolated", what="The supplier table", at=later(6))
    again = {**call, "kind": "halted", "what": WHAT, "at": later(7)}
    refuses(containments.NotContained, "written down already", lambda: containing.halt(**again))
    refuses(containments.NotContained, "what was halted", lambda: containing.halt(**again | {"what": " "}))
    assert [row.kind for row in reads.open_of(incident)] == ["halted", "isolated"]


def test_releasing_says_how_one_knows_that_it_is_safe(company: Company) -> None:
    incident, row = contained(company)
    call: dict[str, Any] = {"incident": incident, "containment": row.pk, "at": later(9)}
    refuses(
        containments.NotContained,
        "how you know that it is safe",
        lambda: containing.release(**call, how="", by=company.responder),
    )
    containing.release(**call, how="Ten test orders came through", by=company.second)
    row.refresh_from_db()
    assert (row.released_by, row.released_at, row.release) == (
        company.second,
        later(9),
        "Ten test orders came through",
    )
    assert verbs(incident)[-1] == "released"
    refuses(
        containments.NotContained,
        "has released this already",
        lambda: containing.release(**call, how="Again", by=company.responder),
    )


def test_who_only_reads_along_halts_and_releases_nothing(company: Company) -> None:
    incident, row = contained(company)
    halt: dict[str, Any] = {"incident": incident, "kind": "halted", "what": "All", "workflow": None, "at": later(6)}
    release: dict[str, Any] = {"incident": incident, "containment": row.pk, "how": "It is safe", "at": later(6)}
    refuses(access.Refused, "You reported this", lambda: containing.halt(**halt, by=company.reporter))
    refuses(access.Refused, "You reported this", lambda: containing.release(**release, by=company.reporter))


def test_nobody_resolves_while_something_stands_still_without_a_word(company: Company) -> None:
    incident, row = contained(company)
    call: dict[str, Any] = {"incident": incident, "resolution": "New key.", "checked": "Seen.", "by": company.responder}
    call["at"] = later(20)
    refuses(incidents.NotPossible, WHAT, lambda: incidents.resolve(**call))
    silent = [containments.Settled(containment=row.pk, is_released=False, words=" ")]
    refuses(incidents.NotPossible, "why it stays", lambda: incidents.resolve(**call, settled=silent))
    stays = [containments.Settled(containment=row.pk, is_released=False, words="Until the night run")]
    incidents.resolve(**call, settled=stays)
    assert fresh(incident).state == "resolved"
    assert verbs(incident)[-2:] == ["stays_halted", "resolved"]
    assert [item.pk for item in reads.open_of(incident)] == [row.pk]
    containing.release(
        incident=incident, containment=row.pk, how="The night run went well", by=company.responder, at=later(90)
    )
    assert reads.open_of(incident) == []


def test_resolving_releases_what_may_run_again(company: Company) -> None:
    incident, row = contained(company)
    free = [containments.Settled(containment=row.pk, is_released=True, words="Ten test orders came through")]
    incidents.resolve(
        incident=incident, resolution="New key.", checked="Seen.", by=company.responder, at=later(20), settled=free
    )
    row.refresh_from_db()
    assert (row.released_at, row.release) == (later(20), "Ten test orders came through")
    assert verbs(incident)[-2:] == ["released", "resolved"]


def test_a_machine_that_says_it_works_releases_nothing(company: Company) -> None:
    incident, row = contained(company)
    incidents.resolve(incident=incident, resolution="Up", checked="Up", by=None, label="beat", at=later(20))
    assert fresh(incident).state == "resolved"
    assert [item.pk for item in reads.open_of(incident)] == [row.pk]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "stopped"},
        {"released_at": later(9)},
        {"released_at": later(9), "release": "Safe"},
        {"released_by": "responder", "release": "Safe"},
        {"released_by": "responder", "released_at": later(4), "release": "Safe"},
    ],
)
def test_the_database_keeps_releases_whole(company: Company, wrong: dict[str, Any]) -> None:
    _incident, row = contained(company)
    wrong = wrong | ({"released_by": company.responder} if "released_by" in wrong else {})
    with pytest.raises(IntegrityError), transaction.atomic():
        Containment.objects.filter(pk=row.pk).update(**wrong)


def test_the_words_of_what_stands_still_can_be_erased(company: Company) -> None:
    incident, row = contained(company)
    containing.release(incident=incident, containment=row.pk, how="Tried", by=company.responder, at=later(9))
    found = {}
    for verb in ("incident.halted", "incident.released"):
        entry = AuditEntry.objects.get(verb=verb, target_id=str(incident.pk))
        found[verb] = {item.fields for item in erasable.of_incident(entry) if item.row == row}
    assert found == {"incident.halted": {("what",)}, "incident.released": {("release",)}}
