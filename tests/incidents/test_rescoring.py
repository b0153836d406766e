"""New facts are scored anew, a confirmation stays, and a rubric may name path and specialists (D9, D25, D28)."""

from typing import Any

import pytest

from governance.reads import ownership
from incidents import access as incident_access
from incidents.models import ImpactScore, Incident
from incidents.services import incidents, participants, receive, sources, triage
from portal import access
from portal.models import AuditEntry, User
from tests.factories_governance import (
    NOW,
    Company,
    escalation_policy,
    make_company,
    make_draft,
    make_person,
    make_team,
    make_workflow,
    publish,
    triage_rubric,
)
from tests.factories_incidents import fresh, later, make_incident, outcomes, refuses, run_of, told, verbs, violations

pytestmark = pytest.mark.django_db
WORST = {"urgency": "yes", "customers": "yes", "money": "yes", "rules": "yes"}


def two_paths() -> dict[str, Any]:
    """Everything begins with on call, but the path "fast" with the lead."""
    policy = escalation_policy(leadership="leadership")
    policy["paths"].append({"key": "fast", "title": "Fast", "severity": "sev4", "levels": ["lead", "on-call"]})
    return policy


@pytest.fixture
def company(db: None) -> Company:
    found = make_company(policy=two_paths())
    rubric = triage_rubric()
    rubric["thresholds"][3]["path"] = "fast"
    publish(make_draft(rubric, kind="rubric", key="company", by=found.admin), by=found.admin)
    return found


def worse(incident: Incident, minutes: float = 1, **extra: Any) -> ImpactScore:
    values = {"by": None, "label": "tracking page", "reason": "Customers call.", "answers": WORST, "at": later(minutes)}
    return triage.rescore(incident=incident, **values | extra)


def confirm(company: Company, incident: Incident, severity: str, minutes: float = 1, **extra: Any) -> ImpactScore:
    values = {"by": company.responder, "reason": "I looked at the orders.", "at": later(minutes)} | extra
    return triage.confirm_severity(incident=incident, severity=severity, **values)


# The path


def test_the_threshold_that_decides_names_the_path(company: Company) -> None:
    incident = make_incident(company, answers=WORST)
    assert (incident.severity, incident.path, run_of(incident).path) == ("sev1", "fast", "fast")
    assert told(incident) == ["Lead"]
    kept = incident.scores.get()
    assert (kept.rule, kept.path, kept.criticality, kept.hint) == ("sev1", "fast", "medium", "")
    assert violations() == []


def test_without_a_named_path_the_policy_decides(company: Company) -> None:
    incident = make_incident(company)
    assert (incident.path, run_of(incident).path, told(incident)) == ("", "", ["Responder"])


def test_a_path_that_the_policy_does_not_have_is_passed_over(company: Company) -> None:
    rubric = triage_rubric()
    rubric["thresholds"][1]["path"] = "nowhere"
    publish(make_draft(rubric, kind="rubric", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company)
    assert (incident.path, told(incident)) == ("nowhere", ["Responder"])
    assert violations() == []


def test_a_confirmed_severity_takes_the_path_of_its_threshold(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev1")
    incident = fresh(incident)
    assert (incident.path, run_of(incident).path) == ("fast", "fast")
    assert told(incident) == ["Responder", "Lead"]
    confirm(company, incident, "sev3", 2)
    assert (fresh(incident).path, run_of(incident).path) == ("", "")
    assert violations() == []


def test_a_run_keeps_its_path_when_the_rubric_changes_later(company: Company) -> None:
    incident = make_incident(company, answers=WORST)
    publish(make_draft(triage_rubric(), kind="rubric", key="company", by=company.admin), by=company.admin)
    assert (fresh(incident).path, run_of(incident).path) == ("fast", "fast")


# New facts


def test_worse_answers_raise_the_severity_and_tell_the_newly_responsible(company: Company) -> None:
    incident = make_incident(company)
    kept = worse(incident)
    incident = fresh(incident)
    assert (incident.severity, incident.priority, incident.path) == ("sev1", 1, "fast")
    assert incident.answers == WORST
    assert (kept.by, kept.severity, kept.total, kept.incident.severity) == (None, "sev1", 45, "sev1")
    assert told(incident) == ["Responder", "Lead"]
    run = run_of(incident)
    assert (run.severity, run.path, run.generation) == ("sev1", "fast", 2)
    line = incident.timeline.filter(verb="scored").latest("id")
    assert (line.data["before"], line.data["after"], line.data["because"]) == ("sev3", "sev1", "Customers call.")
    assert AuditEntry.objects.filter(verb="incident.scored").count() == 1
    assert violations() == []


def test_only_the_answers_that_changed_have_to_be_given(company: Company) -> None:
    incident = make_incident(company)
    worse(incident, answers={"customers": "yes", "money": "perhaps"})
    assert fresh(incident).answers == {"urgency": "yes", "customers": "yes", "money": "no", "rules": "no"}
    assert fresh(incident).severity == "sev2"


def test_better_answers_are_kept_but_the_severity_never_falls_by_itself(company: Company) -> None:
    incident = make_incident(company)
    kept = worse(incident, answers={"urgency": "no"})
    assert (kept.severity, fresh(incident).severity) == ("sev4", "sev3")
    assert (run_of(incident).generation, told(incident)) == (1, ["Responder"])
    assert incident.scores.count() == 2


def test_a_confirmation_by_a_person_stays_whatever_the_new_facts_say(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev3")
    kept = worse(incident, 2)
    incident = fresh(incident)
    assert (kept.severity, incident.severity, incident.priority, incident.path) == ("sev1", "sev3", 3, "")
    assert (run_of(incident).generation, told(incident)) == (1, ["Responder"])
    assert verbs(incident)[-1] == "scored"
    assert violations() == []


def test_a_sender_that_says_worse_is_scored_anew_and_one_that_repeats_itself_is_not(company: Company) -> None:
    machine = make_incident(company, answers={}, hint="sev4")
    assert (machine.hint, machine.severity) == ("sev4", "sev3")
    for hint in ("", "sev4", "nonsense"):
        assert triage.hinted(incident=machine, hint=hint, label="Shop", at=later(1)) is None
    kept = triage.hinted(incident=machine, hint="sev1", label="Shop", at=later(1))
    assert kept is not None
    assert (kept.hint, kept.rule, fresh(machine).severity, fresh(machine).hint) == ("sev1", "sent", "sev1", "sev1")
    assert triage.hinted(incident=fresh(machine), hint="sev2", label="Shop", at=later(2)) is None
    assert machine.scores.count() == 2
    assert told(machine) == ["Responder", "Lead"]
    assert violations() == []


def test_an_answer_counts_for_more_than_a_hint(company: Company) -> None:
    incident = make_incident(company)
    triage.hinted(incident=incident, hint="sev1", label="Shop", at=later(1))
    assert (fresh(incident).severity, fresh(incident).hint) == ("sev3", "sev1")


def test_another_process_is_scored_by_its_own_criticality(company: Company) -> None:
    incident = make_incident(company, workflow=None, answers={})
    important = make_workflow("payments", team=company.team, criticality="high")
    incidents.change_workflow(
        incident=incident, workflow=important, by=company.responder, reason="It is payments.", at=later(2)
    )
    incident = fresh(incident)
    assert (incident.severity, incident.priority) == ("sev2", 2)
    assert incident.scores.latest("id").criticality == "high"
    assert run_of(incident).generation == 2
    assert violations() == []


def test_what_is_over_or_not_theirs_is_refused(company: Company) -> None:
    incident = make_incident(company)
    refuses(access.Refused, "You cannot see this incident", lambda: worse(incident, by=company.outsider))
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(1))
    refuses(triage.CannotScore, "This incident has ended", lambda: worse(incident, 2))
    assert incident.scores.count() == 1


def test_a_near_miss_is_scored_and_nobody_is_called(company: Company) -> None:
    incident = make_incident(company, kind="near_miss")
    worse(incident)
    assert (fresh(incident).severity, told(incident), outcomes(incident)) == ("sev1", [], [])


def test_triage_says_which_parts_and_version_are_concerned(company: Company) -> None:
    incident = make_incident(company)
    confirm(
        company,
        incident,
        "sev2",
        answers={"urgency": "yes", "customers": "yes"},
        components=["mailer", "queue"],
        workflow_version="v41, v42",
        description="Nobody gets a receipt.",
    )
    incident = fresh(incident)
    assert (incident.components, incident.workflow_version) == (["mailer", "queue"], "v41, v42")
    assert (incident.description, incident.answers) == (
        "Nobody gets a receipt.",
        {"urgency": "yes", "customers": "yes"},
    )
    assert incident.scores.latest("id").answers == incident.answers


def test_what_triage_leaves_out_stays(company: Company) -> None:
    incident = make_incident(company, components=["mailer"], workflow_version="v40", description="No receipts.")
    confirm(company, incident, "sev3")
    after = fresh(incident)
    for name in ("components", "workflow_version", "description", "answers"):
        assert getattr(after, name) == getattr(incident, name)


def test_what_would_be_told_follows_the_path_that_the_rubric_names(company: Company) -> None:
    explained = ownership.explain(company.workflow, "sev1", at=NOW)
    assert [step.level for step, _telling in explained.steps][:2] == ["lead", "on-call"]


# Through the door


def test_an_event_that_joins_with_a_worse_severity_raises_the_incident(company: Company) -> None:
    source, _secrets = sources.set_up(
        key="shop", name="Shop", format="generic", workflow=company.workflow, by=company.admin, at=NOW
    )

    def send(number: int, severity: str | None) -> Incident:
        arrival = receive.Arrival(
            title="It failed",
            event_id=f"event-{number}",
            dedup_key="one",
            severity=severity,
            body={"number": number},
            body_hash=f"hash-{number}",
        )
        found = receive.receive(source=source, arrival=arrival, at=later(number)).incident
        assert found is not None
        return fresh(found)

    assert (send(0, "sev3").severity, send(1, "sev3").severity, send(2, None).severity) == ("sev3", "sev3", "sev3")
    incident = send(3, "sev1")
    assert (incident.severity, incident.hint, incident.scores.count()) == ("sev1", "sev1", 2)
    assert told(incident) == ["Responder", "Lead"]
    confirm(company, incident, "sev4", 4)
    assert send(5, "sev1").severity == "sev4"
    assert violations() == []


# Specialists


@pytest.fixture
def expert(company: Company) -> User:
    """Whoever the rubric brings in from SEV1 on, and again at SEV2 together with the responder."""
    person = make_person("expert")
    team = make_team("data-engineering", members=(person,))
    rubric = triage_rubric()
    rubric["thresholds"][3]["targets"] = [{"team": team.key}]
    rubric["thresholds"][2]["targets"] = [{"team": team.key}, {"responsibility": "on_call"}]
    publish(make_draft(rubric, kind="rubric", key="company", by=company.admin), by=company.admin)
    return person


def brought_in(incident: Incident) -> list[str]:
    return told(incident, event="incident.specialists")


def test_a_threshold_brings_in_its_specialists_besides_the_ladder(company: Company, expert: User) -> None:
    incident = make_incident(company, answers=WORST)
    assert (told(incident), brought_in(incident)) == (["Responder"], ["Expert"])
    assert incident.timeline.get(verb="specialists").data["people"] == ["Expert"]
    assert incident_access.get(expert, incident.reference).pk == incident.pk
    assert AuditEntry.objects.filter(verb="incident.specialists_told").count() == 1
    assert violations() == []


def test_specialists_come_when_the_score_reaches_their_threshold_and_only_once(company: Company, expert: User) -> None:
    incident = make_incident(company)
    assert brought_in(incident) == []
    worse(incident, answers={"customers": "yes"})
    assert (fresh(incident).severity, brought_in(incident)) == ("sev2", ["Expert"])
    worse(incident, 2)
    confirm(company, incident, "sev2", 3)
    assert (told(incident), brought_in(incident)) == (["Responder"], ["Expert"])
    assert violations() == []


def test_a_specialist_who_is_affected_too_is_brought_in(company: Company, expert: User) -> None:
    incident = make_incident(company)
    participants.add(incident, expert, "affected", at=later(1))
    worse(incident, 2)
    assert brought_in(incident) == ["Expert"]


def test_a_person_who_confirms_brings_them_in_and_a_near_miss_does_not(company: Company, expert: User) -> None:
    incident, near = make_incident(company), make_incident(company, kind="near_miss", answers=WORST)
    confirm(company, incident, "sev1"), confirm(company, near, "sev1")
    assert (brought_in(incident), brought_in(near)) == (["Expert"], [])


def test_specialists_whom_nobody_can_reach_are_said_and_hold_nothing_up(company: Company) -> None:
    team = make_team("empty")
    rubric = triage_rubric()
    rubric["thresholds"][1]["targets"] = [{"team": team.key}]
    publish(make_draft(rubric, kind="rubric", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company)
    assert (told(incident), brought_in(incident)) == (["Responder"], [])
    assert "nobody" in verbs(incident)
