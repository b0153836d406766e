"""Whatever people do with a playbook, in any order: its course is what the rules make of what they ended (D37, D48)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.rules import runner
from incidents.models import Incident, StepEntry
from incidents.reads import steps as reads
from incidents.services import decisions, gates, scopes, steps
from incidents.services.steps import CannotStep, Given
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, run_of
from tests.factories_steps import STEPS, agreed, make_stepped, with_lead, working

pytestmark = pytest.mark.django_db
KEYS = [step["key"] for step in STEPS]
LOOP = [
    *STEPS[:-1],
    {
        "key": "fine",
        "title": "Fine?",
        "does": "gate",
        "options": [
            {"key": "yes", "title": "Yes", "role": "lead", "next": "end"},
            {"key": "no", "title": "No", "role": "lead", "next": "stop"},
        ],
    },
]
EVERYTHING = Given(artefact="v42", rationale="It ran", result="passed", halted="It", checked=(0, 1))
does = st.one_of(
    st.tuples(st.sampled_from(["done", "changed", "skipped", "take"]), st.sampled_from([*KEYS, "fine"])),
    st.tuples(st.just("next"), st.just("")),
    st.tuples(st.just("choose"), st.sampled_from(["repair", "back", "yes", "no"])),
)


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


def act(company: Company, incident: Incident, what: str, key: str, minute: int) -> None:
    """One thing that somebody does, as the page would send it."""
    found = reads.course(fresh(incident))
    call: dict[str, Any] = {"incident": fresh(incident), "by": company.responder, "at": later(minute)}
    if what == "next":
        what, key = "done", found.now.step.key if found.now else "none"
    line = found.line(key)
    if what == "take":
        steps.take(**call, step=key, instead_of=line.owner.pk if line and line.owner else None)
    elif what == "choose":
        if found.now is None or key not in {option.key for option in found.now.step.options}:
            raise CannotStep("not offered")
        asked = gates.ask(**call, step=found.now.step.key)
        words = decisions.Words(rationale="So.")
        decisions.answer(decision=asked, choice=key, words=words, risk="low", by=company.lead, at=later(minute))
    else:
        halted = Given(**{**EVERYTHING.__dict__, "halted": f"It {minute}"})
        visit = line.visit if line else 0
        steps.end(**call, step=key, visit=visit, given=halted, outcome=what, reason="Because")  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(does, max_size=14))
def test_the_course_is_what_the_rules_make_of_what_was_ended(company: Company, acts: list[tuple[str, str]]) -> None:
    number = Incident.objects.count()
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=LOOP, key=f"loop-{number}")))
    agreed(company, incident)
    scenario = reads.course(incident).scenario
    assert scenario is not None
    for minute, (what, key) in enumerate(acts, start=10):
        before = StepEntry.objects.filter(incident=incident).count()
        try:
            act(company, incident, what, key, minute)
        except CannotStep:
            assert StepEntry.objects.filter(incident=incident).count() == before
        ended = [
            runner.Ended(row.step, row.did, row.given.get("option", ""))  # type: ignore[arg-type]
            for row in StepEntry.objects.filter(incident=incident, did__in=reads.ENDED).order_by("id")
        ]
        rules, shown = runner.course(scenario.steps, ended), reads.course(fresh(incident))
        assert [line.place for line in shown.ended] == [visit.place for visit in rules.visits]
        assert [line.state for line in shown.ended] == [visit.ended.outcome for visit in rules.visits]
        assert (shown.now.place if shown.now else None) == rules.next
        assert sum(line.state == "ahead" for line in shown.lines) == len(rules.ahead)
        assert shown.total >= len(shown.ended)
    assert run_of(incident).state == "acknowledged" and scopes.scope_state(incident) == "agreed"
