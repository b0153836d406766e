"""What was typed while a playbook was carried out goes with its entry; the sealed rows stay, and stay proven."""

import json
from typing import Any

import pytest

from incidents.models import Incident, Recheck, ScopeAnswer, ScopeStatement, StepEntry
from incidents.reads import rechecks as reads
from incidents.reads import scopes as scope_reads
from incidents.reads import triage as triage_reads
from incidents.services import incidents, rechecking, rechecks, scopes
from incidents.services.steps import Given
from portal import seal
from portal.models import AuditEntry
from tests import factories_keeping as keeping
from tests.erasure import canary
from tests.erasure.test_words import SECRET, erase, proven
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged
from tests.factories_steps import agreed, end, make_stepped, with_lead, working

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


def entry_of(incident: Incident, verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=f"incident.{verb}", target_id=str(incident.pk)).latest("pk")


def gone() -> bool:
    return canary.where("Quackenbush") == set() and proven()


def found(result: str, note: str) -> list[rechecks.Found]:
    return [rechecks.Found(key="c0", result=result, note=note)]


def test_the_note_of_what_was_looked_at_again_goes(company: Company) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    by = company.responder
    words: dict[str, Any] = {"resolution": "New key.", "checked": "Ten orders.", "by": by, "at": later(20)}
    incidents.resolve(incident=incident, found_again=found("waived", SECRET), **words)
    assert canary.where("Quackenbush") >= {"incidents_recheck.note", "incidents_timelinetext.text"}
    erase(entry_of(incident, "rechecked"))
    assert gone()
    row = Recheck.objects.get()
    assert (row.subject, row.result, row.note, row.by) == ("Queue", "waived", "[erased]", by)
    assert seal.unsealed() == []
    assert [line.row for line in reads.looked(fresh(incident)).lines] == [row]


def test_the_note_of_what_failed_goes_and_that_of_another_look_stays(company: Company) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    by = company.responder
    rechecking.failed(incident=incident, found=found("failed", SECRET), by=by, at=later(10))
    rechecking.failed(incident=fresh(incident), found=found("failed", "It is full"), by=by, at=later(12))
    first = AuditEntry.objects.filter(verb="incident.recheck_failed").earliest("pk")
    erase(first)
    assert gone()
    assert [row.note for row in Recheck.objects.order_by("pk")] == ["[erased]", "It is full"]
    document = triage_reads.document(fresh(incident), by, at=later(30))
    assert [row["note"] for row in document["rechecks"]] == ["[erased]", "It is full"]


def test_the_reason_and_the_words_of_a_step_go(company: Company) -> None:
    incident = with_lead(company, working(company, make_stepped(company.admin)))
    agreed(company, incident)
    end(company, incident, "how-far")
    given = Given(note=f"{SECRET}, says her sister", halted="The trigger")
    end(company, incident, "stop", minutes=4, outcome="changed", reason=f"Because {SECRET}", given=given)
    assert canary.where("Quackenbush") >= {"incidents_stepentry.reason", "incidents_stepentry.given"}
    erase(entry_of(incident, "step_changed"))
    assert gone()
    row = StepEntry.objects.get(step="stop", did="changed")
    assert row.reason == "[erased]" and "Quackenbush" not in json.dumps(row.given)


def test_scope_aim_and_objections_go(company: Company) -> None:
    incident = with_lead(company, working(company, make_stepped(company.admin)))
    by = company.responder
    made = scopes.state(incident=incident, scope=SECRET, aim=f"Help: {SECRET}", by=by, at=later(2))
    (function, who), *_others = scope_reads.speakers(fresh(incident), besides=by).items()
    why = f"But {SECRET}"
    scopes.answer(incident=incident, number=made.number, agrees=False, why=why, by=who.people[0], at=later(3))
    erase(entry_of(incident, "scope_objected"))
    assert ScopeAnswer.objects.get(function=function).why == "[erased]"
    erase(entry_of(incident, "scope"))
    assert gone()
    assert (ScopeStatement.objects.get().scope, ScopeStatement.objects.get().aim) == ("[erased]", "[erased]")
