"""Whatever people do in whatever order: one holder a role, spans that do not overlap, the lead commands (D5)."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from incidents import invariants
from incidents.models import Incident, RoleAssignment
from incidents.services import escalation, incidents, role_moves
from portal.access import Refused
from portal.errors import DomainError
from tests.factories_governance import make_company
from tests.factories_incidents import later, make_incident, run_of
from tests.incidents.role_scenes import COMMANDER, COMMS, TECHNICAL, with_roles

PEOPLE = ("responder", "second", "lead")
MOVES = ("take", "give", "hand over", "step in", "give up", "ask", "here", "back", "escalate", "resolve", "reopen")
moves = st.tuples(
    st.sampled_from(MOVES),
    st.sampled_from((COMMANDER, COMMANDER, COMMS, TECHNICAL)),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.integers(min_value=-3, max_value=90),
)


def do(incident: Incident, name: str, role: str, by: object, to: object, at: object) -> None:
    """One move; what does not fit is refused."""
    who: dict = {"incident": incident, "by": by, "at": at}
    run: dict = {"run": run_of(incident), "by": by, "at": at}
    match name:
        case "take":
            role_moves.assume(role=role, **who)
        case "give":
            role_moves.assign(role=role, to=to, reason="x", **who)
        case "hand over":
            role_moves.hand_over(role=role, to=to, criteria=[], artefacts={}, note="x", **who)
        case "step in":
            role_moves.step_in(role=role, **who)
        case "give up":
            role_moves.give_up(role=role, reason="x", **who)
        case "ask":
            role_moves.ask_sign(role=role, **who)
        case "here":
            role_moves.confirm(role=role, **who)
        case "back":
            escalation.unacknowledge(reason="x", **run)
        case "escalate":
            escalation.escalate_now(reason="x", **run)
        case "resolve":
            incidents.decline(reason="x", **who)
        case "reopen":
            incidents.reopen(reason="x", **who)


class AnyOrder(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(moves, min_size=3, max_size=14))
    def test_at_any_moment_one_person_holds_a_role_and_whoever_leads_commands(self, steps: list) -> None:
        company = make_company()
        with_roles(company)
        incident, minutes = make_incident(company), 0
        for name, role, by, to, passed in steps:
            minutes = max(minutes + passed, 1)  # clocks of two machines may differ
            with contextlib.suppress(DomainError, Refused):
                do(incident, name, role, getattr(company, by), getattr(company, to), later(minutes))
            assert invariants.one_person_commands() == [] and invariants.nobody_shares_a_role() == []
            self.spans_are_in_order(incident)

    def spans_are_in_order(self, incident: Incident) -> None:
        for role in (COMMANDER, COMMS, TECHNICAL):
            rows = list(RoleAssignment.objects.filter(incident=incident, role=role).order_by("pk"))
            for first, then in pairwise(rows):
                assert first.ended_at is not None and first.ended_at <= then.assumed_at


pytestmark = pytest.mark.django_db
