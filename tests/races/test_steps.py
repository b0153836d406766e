"""Two people end the same step, or take it, at once: one wins, and the other is told so (D37)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from incidents.models import Incident, StepEntry
from incidents.reads import steps as reads
from incidents.services import escalation, intake, pins, scopes, steps
from incidents.services.steps import CannotStep, Given
from portal.models import User
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_incidents import run_of, violations
from tests.factories_steps import make_stepped
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
STEPS: list[dict[str, Any]] = [
    {"key": "proof", "title": "Does it work?", "does": "verification"},
    {"key": "counts", "title": "Do the counts agree?", "does": "integrity"},
]


@pytest.fixture
def company() -> make.Company:
    return keeping.make_company(at=make.YESTERDAY, has_module=True)


@pytest.fixture
def incident(company: make.Company) -> Incident:
    document = make_stepped(company.admin, steps=STEPS, at=make.YESTERDAY)
    now = timezone.now()
    values = {"title": "Orders wait", "answers": {}, "submission_key": "one-report"}
    made = intake.report(by=company.reporter, workflow=company.workflow, started_at=now, at=now, **values)
    escalation.acknowledge(run=run_of(made), by=company.responder, at=now)
    pins.choose(incident=made, playbook=document.effective_version_id, by=company.responder, at=now)
    return Incident.objects.get(pk=made.pk)


def trying(act: Callable[[], object], said: list[str]) -> Callable[[], None]:
    """`act`; a refusal is kept."""

    def attempt() -> None:
        try:
            act()
        except (CannotStep, scopes.CannotAgree) as error:
            said.append(str(error))

    return attempt


def test_two_people_end_one_step_at_once(company: make.Company, incident: Incident) -> None:
    said: list[str] = []

    def end(by: User) -> Callable[[], object]:
        call: dict[str, Any] = {"incident": incident, "step": "proof", "visit": 0, "by": by}
        return lambda: steps.end(**call, given=Given(result="passed"), at=timezone.now())

    at_once(*[trying(end(by), said) for by in (company.responder, company.second)])
    assert StepEntry.objects.filter(step="proof", did="done").count() == 1
    assert len(said) == 1 and "has ended “Does it work?” already" in said[0]
    found = reads.course(Incident.objects.get(pk=incident.pk))
    assert found.now is not None and found.now.step.key == "counts" and not found.deviations
    assert violations() == []


def test_two_people_take_one_step_at_once(company: make.Company, incident: Incident) -> None:
    said: list[str] = []

    def take(by: User) -> Callable[[], object]:
        return lambda: steps.take(incident=incident, step="proof", by=by, at=timezone.now())

    at_once(*[trying(take(by), said) for by in (company.responder, company.second)])
    assert StepEntry.objects.filter(did="taken").count() == 1
    assert len(said) == 1 and "has taken this step meanwhile" in said[0]


def test_a_change_of_scope_and_an_answer_to_the_one_before_never_mix(company: make.Company, incident: Incident) -> None:
    call: dict[str, Any] = {"incident": incident, "aim": "None is lost"}
    for turn in range(4):
        said: list[str] = []
        made = scopes.state(**call, scope=f"Before {turn}", by=company.responder, at=timezone.now())
        number = made.number

        def change(turn: int = turn) -> None:
            scopes.state(**call, scope=f"After {turn}", by=company.second, at=timezone.now())

        def agree(number: int = number) -> None:
            scopes.answer(incident=incident, number=number, agrees=True, by=company.second, at=timezone.now())

        at_once(trying(change, said), trying(agree, said))
        assert scopes.scope_state(incident) == "open"
        assert not said or "changed meanwhile" in said[0] or "not asked" in said[0]
