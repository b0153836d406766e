"""How the demo company works on its most severe incident, and what waits there for a decision."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.documents import demo as documents
from governance.models import Document
from incidents.models import DecisionRequest, Incident, RoleAssignment, StatusUpdate
from incidents.reads import steps
from incidents.services import decision_rights, decisions
from portal.models import Message, User
from portal.models.messages import MessageState
from tests.factories_incidents import violations
from tests.incidents.test_demo import demo, said

__all__ = ["said"]
pytestmark = pytest.mark.django_db


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


@pytest.fixture
def incident(said: str) -> Incident:
    return Incident.objects.get(playbook__document__key="nothing-happens", state="investigating")


def test_the_incident_stands_at_the_gate_of_its_playbook(incident: Incident) -> None:
    found = steps.course(incident)
    assert [(line.step.key, line.state) for line in found.lines][:3] == [
        ("how-far", "done"),
        ("stop-tries", "done"),
        ("cause", "now"),
    ]
    assert found.scope == "overruled"
    assert incident.containments.filter(released_at=None).count() == 1
    workaround = incident.remedies.get()
    assert workaround.kind == "workaround" and workaround.expires_at is not None
    assert workaround.expires_at > timezone.now() + timedelta(days=1)


def test_its_timeline_stands_in_the_order_of_its_times(incident: Incident) -> None:
    times = [row.at for row in incident.timeline.order_by("id")]
    assert times == sorted(times)


def test_its_roles_are_held_and_one_was_handed_over(incident: Incident) -> None:
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None)
    assert {row.role: str(row.user) for row in held} == {
        "incident-commander": "Lena Lead",
        "technical-lead": "Enzo Engineering",
        "communications-lead": "Sofia Success",
        "business-liaison": "Priya Product",
    }
    assert [row.role for row in held if row.entered == "handed_over"] == ["incident-commander"]


def test_one_decision_was_taken_and_others_wait_for_the_lead_and_for_the_second_level(incident: Incident) -> None:
    told, gate = DecisionRequest.objects.filter(incident=incident).order_by("opened_at")
    assert (told.state, told.records.get().choice, told.asked) == ("decided", "tell", "form")
    assert (gate.is_asked, gate.asked, gate.step) == (True, "gate", "cause")
    assert decision_rights.may_answer(person("lead"), gate, at=timezone.now()) == ""
    invoice = DecisionRequest.objects.get(asked="api")
    assert invoice.is_asked and invoice.run.position == 2 and not invoice.is_unknown
    assert decision_rights.may_answer(person("leadership"), invoice, at=timezone.now()) == ""
    held = DecisionRequest.objects.exclude(pk__in=[told.pk, gate.pk, invoice.pk]).get()
    assert held.state == "held" and held.ended_at < timezone.now() - timedelta(days=1)


def test_the_business_teams_have_heard_of_it(incident: Incident) -> None:
    assert [row.audience for row in StatusUpdate.objects.filter(incident=incident, state="sent")] == ["business"]
    assert Message.objects.filter(event="incident.update", recipient=person("success")).exists()


def test_nothing_old_is_sent_when_the_demo_begins(said: str) -> None:
    old = Message.objects.filter(state=MessageState.PENDING, event__startswith="decision.")
    assert not old.filter(created_at__lt=timezone.now() - timedelta(hours=2)).exists()
    assert violations() == []


def test_it_happens_once(said: str) -> None:
    before = DecisionRequest.objects.count(), StatusUpdate.objects.count(), RoleAssignment.objects.count()
    demo()
    assert (DecisionRequest.objects.count(), StatusUpdate.objects.count(), RoleAssignment.objects.count()) == before


@pytest.mark.parametrize("name", ["payment-above-limit", "something-else"])
def test_a_payment_passes_three_levels_and_an_unknown_name_takes_the_default_row(said: str, name: str) -> None:
    assert Document.objects.get(kind="escalation", key="escalation").effective_version_id
    assert "board-decides" in documents.read("escalation")
    known = DecisionRequest.objects.get(asked="api")
    ways = tuple(decisions.decision_cases.choices_of(known))
    asking = decisions.Asking(
        question="Pay?", name=name, choices=ways, category="spending", workflow=known.workflow, given=known.given
    )
    made = decisions.ask(asking, asked="api", key=f"test:{name}", at=timezone.now(), source=known.source)
    case = decisions.decision_cases.open_one(made)
    assert [step.level for step in case.plan.steps][:3] == ["asked-first", "leadership-decides", "board-decides"]
    assert made.is_unknown is (name == "something-else")
