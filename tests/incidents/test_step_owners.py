"""A step whose owner leaves, or hands over, is nobody's: the timeline says so, and whoever commands is told (D38)."""

import pytest
from django.test import Client

from incidents.models import Incident, StepEntry
from incidents.reads import steps as reads
from incidents.reads import timeline
from incidents.services import escalation, leaving, role_moves, steps
from portal.models import AuditEntry, Message, User
from portal.services import leaving as people
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, run_of, told, verbs, violations
from tests.factories_steps import agreed, make_stepped, with_lead, working
from tests.incidents.role_scenes import TECHNICAL, with_roles
from tests.incidents.test_home_response import asked

pytestmark = pytest.mark.django_db
STEPS = [
    {"key": "how-far", "title": "Find out how far it goes", "does": "scope"},
    {"key": "fix", "title": "Switch it back", "does": "action"},
]
FREED = "incident.step_freed"


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def incident(company: Company) -> Incident:
    """The responder leads; the lead works on it, too."""
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=STEPS)))
    agreed(company, incident)
    return fresh(incident)


def take(incident: Incident, by: User, step: str = "how-far", minutes: float = 3) -> None:
    steps.take(incident=fresh(incident), step=step, by=by, at=later(minutes))


def leave(person: User, company: Company, minutes: float = 5) -> None:
    people.deactivate(person=person, by=company.admin, reason="has another job", at=later(minutes))


def broken() -> list[str]:
    return [sentence for sentence in violations() if "is on call" not in sentence]


def test_who_leaves_leaves_no_step_behind(client: Client, company: Company, incident: Incident) -> None:
    take(incident, company.lead)
    take(incident, company.lead, "fix")
    leave(company.lead, company)
    assert verbs(incident)[-2:] == ["step_freed", "step_freed"]
    lines = {line.step.key: line for line in reads.course(fresh(incident)).lines}
    assert [(line.owner, line.freed is not None) for line in lines.values()] == [(None, True), (None, True)]
    assert lines["how-far"].whose == "Nobody’s step: Lead had it and is no longer here."
    rows = StepEntry.objects.filter(did="released").order_by("id")
    assert [(row.step, row.by, row.given) for row in rows] == [
        ("how-far", company.lead, {"freed": "left"}),
        ("fix", company.lead, {"freed": "left"}),
    ]
    assert timeline.sentence(incident.timeline.order_by("-id")[0]).text == (
        "“Switch it back” is nobody’s step now: Lead does not work on it any more"
    )
    client.force_login(company.responder)
    for address in ("", "playbook/"):
        page = client.get(f"/incidents/{incident.reference}/{address}").content.decode()
        assert "nobody’s step" in page and "Lead had it and is no longer here." in page
    assert broken() == []


def test_whoever_commands_is_told_once_of_all_steps(company: Company, incident: Incident) -> None:
    take(incident, company.lead)
    take(incident, company.lead, "fix")
    leave(company.lead, company)
    assert told(incident, event=FREED) == [company.responder.name]
    words = Message.objects.get(event=FREED, channel="inbox").context["restricted"]
    assert (words["next"], words["name"]) == ("Find out how far it goes; Switch it back", "Lead")
    leaving.fire([], at=later(6))
    assert told(incident, event=FREED) == [company.responder.name]


def test_the_page_asks_for_it_and_whoever_takes_it_has_it(company: Company, incident: Incident) -> None:
    take(incident, company.lead)
    leave(company.lead, company)
    course = reads.course(fresh(incident))
    assert course.now is not None and course.now.whose
    take(incident, company.responder, minutes=7)
    line = reads.course(fresh(incident)).now
    assert line is not None and (line.owner, line.freed, line.whose) == (company.responder, None, "")


def test_a_step_that_was_ended_or_belongs_to_others_stays_as_it_is(company: Company, incident: Incident) -> None:
    take(incident, company.responder)
    take(incident, company.lead, "fix")
    steps.release(incident=fresh(incident), step="fix", by=company.lead, at=later(4))
    leave(company.lead, company)
    assert "step_freed" not in verbs(incident) and told(incident, event=FREED) == []
    line = reads.course(fresh(incident)).now
    assert line is not None and line.owner == company.responder
    assert reads.course(fresh(incident)).line("fix").freed is None  # type: ignore[union-attr]


def test_the_commander_who_leaves_frees_the_step_and_nobody_is_told_twice(company: Company, incident: Incident) -> None:
    take(incident, company.responder)
    leave(company.responder, company)
    assert verbs(incident).count("step_freed") == 1 and fresh(incident).lead is None
    assert told(incident, event=FREED) == []  # whoever is called now reads it there
    assert AuditEntry.objects.filter(verb="incident.step_freed").count() == 1
    assert broken() == []


def test_who_hands_the_incident_over_has_no_step_either(company: Company, incident: Incident) -> None:
    take(incident, company.responder)
    run = run_of(incident)
    escalation.reassign(run=run, to=company.lead, by=company.responder, reason="My day ends", at=later(5))
    assert verbs(incident)[-2:] == ["reassigned", "step_freed"]
    line = reads.course(fresh(incident)).now
    assert line is not None and line.whose == "Nobody’s step: Responder had it and has handed over."
    assert told(incident, event=FREED) == [company.lead.name]
    assert asked(incident, company.lead).why
    assert violations() == []


def test_who_still_holds_a_role_keeps_the_step(company: Company) -> None:
    with_roles(company)
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=STEPS)))
    agreed(company, incident)
    take(incident, company.responder)
    role_moves.assume(incident=fresh(incident), role=TECHNICAL, by=company.responder, at=later(4))
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.responder, reason="You lead", at=later(5))
    assert "step_freed" not in verbs(incident)
    words = {"reason": "My day ends", "by": company.responder, "at": later(6)}
    role_moves.give_up(incident=fresh(incident), role=TECHNICAL, **words)
    assert verbs(incident)[-1] == "step_freed" and told(incident, event=FREED) == [company.lead.name]


def test_giving_the_incident_back_frees_the_step(company: Company, incident: Incident) -> None:
    take(incident, company.responder)
    escalation.unacknowledge(run=run_of(incident), by=company.responder, reason="I have to go", at=later(5))
    assert "step_freed" in verbs(incident) and violations() == []


def test_who_is_relieved_by_somebody_else_keeps_the_step(company: Company, incident: Incident) -> None:
    take(incident, company.responder)
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.lead, reason="I lead", at=later(5))
    assert "step_freed" not in verbs(incident)


def test_before_somebody_leaves_the_page_names_their_steps(company: Company, incident: Incident) -> None:
    take(incident, company.lead)
    rows = leaving.held(company.lead, at=later(4), viewer=company.responder)
    found = [(row.section, row.detail, row.after) for row in rows if "Steps" in row.section]
    assert found == [("Steps they have taken in playbooks", "1 step", "Nobody has it then. Whoever leads is told.")]
    assert not [row for row in rows if row.section == "Calls they have not answered"]
