"""The playbook at work: what each kind of step demands, who wins, and what a deviation leaves behind (D37-D39, D48)."""

import copy
from typing import Any

import pytest

from governance.models import Document
from incidents.models import Containment, Evidence, Incident, StatusUpdate, StepEntry
from incidents.reads import conformance
from incidents.reads import steps as reads
from incidents.services import evidence, incidents, pins, scopes, steps
from incidents.services.steps import CannotStep, Given
from portal import access, audit
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, refuses, run_of, verbs, violations
from tests.factories_steps import STEPS, agreed, end, make_stepped, playbook, states, working

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def document(company: Company) -> Document:
    return make_stepped(company.admin)


@pytest.fixture
def incident(company: Company, document: Document) -> Incident:
    return working(company, document)


def only(company: Company, *steps: dict[str, Any]) -> Incident:
    """An incident whose playbook has just these steps."""
    return working(company, make_stepped(company.admin, steps=list(steps)))


def kind(does: str, **more: Any) -> dict[str, Any]:
    return next(step for step in STEPS if step["does"] == does) | {"next": None} | more


def told(company: Company, incident: Incident, **more: Any) -> None:
    """An update of the communications desk."""
    values = {"audience": "business", "event": "update", "by": company.responder, "written_at": later(2)} | more
    with audit.action(actor=company.responder, reason="update", at=later(2)):
        StatusUpdate.objects.create(incident=incident, **values)


def test_the_only_scenario_is_chosen_by_itself_and_another_one_needs_a_reason(company: Company) -> None:
    scenarios = playbook(STEPS)["scenarios"]
    scenarios.append(copy.deepcopy(scenarios[0]) | {"key": "other", "title": "Another"})
    incident = working(company, keeping.make_playbook(company.admin, scenarios=scenarios))
    call: dict[str, Any] = {"incident": incident, "by": company.responder, "at": later(2)}
    assert incident.scenario == "" and reads.course(incident).scenario is None
    refuses(CannotStep, "one of its scenarios", lambda: steps.take(**call, step="how-far"))
    refuses(CannotStep, "one of the scenarios", lambda: steps.choose_scenario(**call, scenario="none"))
    steps.choose_scenario(**call, scenario="nothing")
    refuses(CannotStep, "followed already", lambda: steps.choose_scenario(**call, scenario="nothing"))
    refuses(CannotStep, "Say why", lambda: steps.choose_scenario(**call, scenario="other"))
    steps.choose_scenario(**call, scenario="other", reason="It is not only one")
    entry = incident.timeline.latest("id")
    assert (entry.verb, entry.data["title"], entry.data["before"]) == ("scenario", "Another", "Nothing happens")
    one = working(company, make_stepped(company.admin, key="second"))
    assert one.scenario == "nothing"


def test_a_step_has_one_owner_and_is_given_back(company: Company, incident: Incident) -> None:
    call: dict[str, Any] = {"incident": incident, "step": "how-far", "at": later(2)}
    steps.take(**call, by=company.responder)
    assert reads.course(incident).now.owner == company.responder
    refuses(CannotStep, "You have this step", lambda: steps.take(**call, by=company.responder))
    refuses(CannotStep, "Responder has taken", lambda: steps.take(**call, by=company.second))
    refuses(CannotStep, "You don’t have", lambda: steps.release(**call, by=company.second))
    steps.take(**call, by=company.second, instead_of=company.responder.pk)
    steps.release(**call, by=company.second, reason="Off now")
    assert reads.course(incident).now.owner is None
    refuses(CannotStep, "Nobody has", lambda: steps.take(**call, by=company.responder, instead_of=company.second.pk))
    assert verbs(incident)[-3:] == ["step_taken", "step_taken", "step_released"]
    refuses(access.Refused, "You reported this", lambda: steps.take(**call, by=company.reporter))


def test_the_scope_step_ends_only_when_scope_and_aim_are_settled(company: Company, incident: Incident) -> None:
    refuses(CannotStep, "State scope", lambda: end(company, incident, "how-far"))
    scopes.state(incident=incident, scope="a", aim="b", by=company.responder, at=later(2))
    refuses(CannotStep, "agreed", lambda: end(company, incident, "how-far"))
    scopes.overrule(incident=incident, reason="It burns", by=company.responder, at=later(2))
    entry = end(company, incident, "how-far", given=Given(note="214 since noon"))
    assert entry.given == {"note": "214 since noon"}
    assert states(incident)["how-far"] == "done" and reads.course(fresh(incident)).now.step.key == "stop"


def test_containment_says_what_was_halted_and_never_waits_for_the_scope(company: Company, incident: Incident) -> None:
    refuses(CannotStep, "halted or isolated", lambda: end(company, incident, "stop"))
    entry = end(company, incident, "stop", given=Given(halted="The trigger", kind="isolated"))
    (row,) = Containment.objects.filter(incident=incident)
    assert (row.what, row.kind, row.workflow, row.by) == (
        "The trigger",
        "isolated",
        company.workflow,
        company.responder,
    )
    assert entry.given["containment"] == str(row.pk)
    assert states(incident)["stop"] == "ahead"
    agreed(company, incident)
    end(company, incident, "how-far")
    assert states(incident)["stop"] == "done" and reads.course(fresh(incident)).now.step.key == "way"


def test_a_containment_that_is_known_already_counts(company: Company, incident: Incident) -> None:
    end(company, incident, "stop", given=Given(halted="The trigger"))
    known = Containment.objects.get(incident=incident)
    other = only(company, kind("containment", key="again"))
    refuses(CannotStep, "halted", lambda: end(company, other, "again", given=Given(containment=known.pk)))
    Containment.objects.filter(pk=known.pk).update(incident=other)
    end(company, other, "again", given=Given(containment=known.pk))
    assert Containment.objects.count() == 1


def test_corrective_steps_stay_locked_until_the_scope_is_agreed(company: Company) -> None:
    incident = only(company, kind("action", checks=[]))
    assert reads.course(incident).now.locked.startswith("State scope and aim first")
    done = {"given": Given(artefact="flow v42")}
    refuses(CannotStep, "State scope", lambda: end(company, incident, "repair", **done))
    changed = done | {"outcome": "changed", "reason": "x"}
    refuses(CannotStep, "State scope", lambda: end(company, incident, "repair", **changed))
    agreed(company, incident)
    assert reads.course(fresh(incident)).now.locked == ""
    end(company, incident, "repair", **done)
    assert reads.course(fresh(incident)).is_over


def test_an_action_names_what_it_changed_and_ticks_its_checks(company: Company) -> None:
    incident = only(company, kind("action"))
    agreed(company, incident)
    refuses(CannotStep, "Name what was changed", lambda: end(company, incident, "repair", given=Given(checked=(0, 1))))
    half = Given(artefact="flow v42", checked=(1,))
    refuses(CannotStep, "Still to be checked: One", lambda: end(company, incident, "repair", given=half))
    entry = end(company, incident, "repair", given=Given(artefact="flow v42", checked=(1, 0)))
    assert entry.given == {"artefact": "flow v42", "checked": [0, 1]}


def test_a_rollback_says_what_and_why(company: Company) -> None:
    incident = only(company, kind("rollback"))
    agreed(company, incident)
    refuses(CannotStep, "Name what was changed", lambda: end(company, incident, "back", given=Given(rationale="y")))
    refuses(CannotStep, "Say why this is done", lambda: end(company, incident, "back", given=Given(artefact="v41")))
    end(company, incident, "back", given=Given(artefact="v41", rationale="It ran there"))
    assert incident.timeline.latest("id").text_row.text == "v41 · It ran there"


@pytest.mark.parametrize("does", ["integrity", "verification"])
def test_a_check_has_to_pass_and_a_failure_is_said(company: Company, does: str) -> None:
    incident = only(company, kind(does))
    step = kind(does)["key"]
    refuses(CannotStep, "whether it passed", lambda: end(company, incident, step))
    refuses(CannotStep, "did not pass", lambda: end(company, incident, step, given=Given(result="failed")))
    call: dict[str, Any] = {"incident": incident, "step": step, "by": company.responder, "at": later(4)}
    refuses(CannotStep, "Say what did not pass", lambda: steps.fail(**call, note=""))
    steps.fail(**call, note="Two orders differ")
    assert verbs(incident)[-1] == "step_failed" and states(incident) == {step: "now"}
    end(company, incident, step, given=Given(result="passed"))
    assert states(incident) == {step: "done"}
    refuses(CannotStep, "ended", lambda: steps.fail(**call, note="again"))


def test_communication_waits_for_an_update_that_was_sent_since_its_turn(company: Company) -> None:
    incident = only(company, kind("verification"), kind("communication"))
    told(company, incident, state="sent", sent_at=later(2))
    end(company, incident, "proof", given=Given(result="passed"), minutes=3)
    refuses(CannotStep, "Send the update", lambda: end(company, incident, "tell", minutes=4))
    told(company, incident, state="draft")
    refuses(CannotStep, "Send the update", lambda: end(company, incident, "tell", minutes=4))
    told(company, incident, state="sent", sent_at=later(4))
    end(company, incident, "tell", minutes=5)
    assert reads.course(fresh(incident)).is_over


def test_a_deviation_has_a_reason_and_stands_in_the_report(company: Company, incident: Incident) -> None:
    agreed(company, incident)
    refuses(CannotStep, "Say why", lambda: end(company, incident, "how-far", outcome="skipped", reason=" "))
    end(company, incident, "how-far", outcome="skipped", reason="Only one order")
    end(company, incident, "stop", outcome="changed", reason="Paused by phone", given=Given(note="Since 9"))
    assert [line.state for line in reads.course(fresh(incident)).deviations] == ["skipped", "changed"]
    found = conformance.report(fresh(incident), run_of(incident), at=later(9)).deviations
    assert [(row.text, row.detail) for row in found] == [
        ("Responder left out “How far does it go?”", "Only one order"),
        ("Responder did “Stop the trigger” otherwise than the playbook says", "Paused by phone · Since 9"),
    ]
    assert violations() == []


def test_to_go_on_without_all_answers_stands_in_the_report(company: Company, incident: Incident) -> None:
    scopes.state(incident=incident, scope="a", aim="b", by=company.responder, at=later(2))
    scopes.overrule(incident=incident, reason="It burns", by=company.responder, at=later(2))
    (row,) = conformance.report(fresh(incident), run_of(incident), at=later(9)).deviations
    assert row.text == "Responder went on before everybody had agreed to scope and aim" and row.detail == "It burns"


def test_a_step_ends_once_and_in_its_turn(company: Company, incident: Incident) -> None:
    agreed(company, incident)
    end(company, incident, "how-far")
    refuses(CannotStep, "Responder has ended", lambda: end(company, incident, "how-far", visit=0, by=company.second))
    refuses(CannotStep, "is not on the way", lambda: end(company, incident, "counts"))
    refuses(CannotStep, "is not on the way", lambda: end(company, incident, "none-such"))
    end(company, incident, "stop", given=Given(halted="It"))
    refuses(CannotStep, "This is a decision", lambda: end(company, incident, "way"))
    line = only(company, kind("verification"), kind("integrity"))
    refuses(CannotStep, "First comes “Follow one event”", lambda: end(company, line, "counts"))


def test_a_file_belongs_to_its_step_and_to_the_evidence(company: Company, incident: Incident) -> None:
    kept = evidence.Kept("run.txt", "ab" * 32, 4, "text/plain")
    entry = end(company, incident, "stop", given=Given(halted="It"), files=[kept])
    assert entry.evidence == Evidence.objects.get(incident=incident)
    other = only(company, kind("containment", key="again"))
    foreign = {"given": Given(halted="It"), "evidence": entry.evidence}
    refuses(CannotStep, "a file of this incident", lambda: end(company, other, "again", **foreign))
    again = end(company, other, "again", given=Given(halted="It"), files=[kept])
    assert again.evidence is not None and again.evidence != entry.evidence


def test_a_newer_version_goes_on_where_the_one_before_stopped(company: Company, document: Document) -> None:
    incident = working(company, document)
    end(company, incident, "stop", given=Given(halted="It"))
    agreed(company, incident)
    end(company, incident, "how-far")
    newer = [*STEPS[:2], {"key": "look", "title": "Look"}, *STEPS[2:]]
    keeping.next_version(document, by=company.admin, **playbook(newer))
    pins.switch(incident=incident, what="playbook", reason="Better", by=company.responder, at=later(5))
    found = reads.course(fresh(incident))
    assert found.scenario is not None and found.now is not None and found.now.step.key == "look"
    assert [line.step.key for line in found.ended] == ["how-far", "stop"]


def test_another_playbook_begins_anew(company: Company, incident: Incident) -> None:
    end(company, incident, "stop", given=Given(halted="It"))
    other = make_stepped(company.admin, key="other", title="Other")
    call: dict[str, Any] = {"by": company.responder, "at": later(5)}
    pins.choose(incident=incident, playbook=other.effective_version_id, reason="It is the data", **call)
    assert set(states(incident).values()) == {"now", "later"}


def test_without_a_playbook_or_after_the_end_nothing_is_done(company: Company, incident: Incident) -> None:
    bare = make_acknowledged(company)
    refuses(
        CannotStep, "Choose a playbook", lambda: steps.take(incident=bare, step="a", by=company.second, at=later(1))
    )
    scenario: dict[str, Any] = {"incident": bare, "scenario": "nothing", "by": company.second, "at": later(1)}
    refuses(CannotStep, "Choose a playbook first", lambda: steps.choose_scenario(**scenario))
    incidents.resolve(incident=incident, resolution="x", checked="y", by=company.responder, at=later(1))
    refuses(incidents.NotPossible, "resolved", lambda: end(company, incident, "stop", given=Given(halted="It")))


def test_entries_are_sealed(company: Company, incident: Incident) -> None:
    entry = end(company, incident, "stop", given=Given(halted="It"))
    from django.db import DatabaseError, transaction

    for change in (lambda: StepEntry.objects.filter(pk=entry.pk).update(reason="no"), entry.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
