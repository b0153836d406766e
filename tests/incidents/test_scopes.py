"""Scope and aim: stated before anything is changed, agreed on by four functions, changed in the open (D37, D38)."""

import pytest

from incidents.models import Incident, Participant, ScopeAnswer, ScopeStatement
from incidents.reads import scopes as reads
from incidents.services import incidents, scopes
from portal import access, roles
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, refuses, told, verbs, violations
from tests.factories_steps import answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


@pytest.fixture
def teams(company: Company) -> dict[str, User]:
    """Somebody in a team of each function."""
    found = {key: make.make_person(f"{key}-one", role=roles.RESPONDER) for key in FUNCTIONS}
    for key, person in found.items():
        make.make_team("customer-success" if key == "support" else key, members=(person,))
    return found


FUNCTIONS = ("product", "engineering", "operations", "support")


def state(company: Company, incident: Incident, *, minutes: float = 1, **more: object) -> ScopeStatement:
    values = {"scope": "214 orders", "aim": "None is lost", "by": company.responder} | more
    return scopes.state(incident=incident, at=later(minutes), **values)  # type: ignore[arg-type]


def agree(incident: Incident, number: int, by: User, **more: object) -> list[ScopeAnswer]:
    values = {"agrees": True} | more
    return scopes.answer(incident=incident, number=number, by=by, at=later(2), **values)  # type: ignore[arg-type]


def test_nothing_is_settled_before_all_four_functions_have_agreed(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    assert scopes.scope_state(incident) == "missing"
    made = state(company, incident)
    assert sorted(told(incident, event="incident.scope")) == sorted(person.name for person in teams.values())
    for function in FUNCTIONS[:3]:
        agree(incident, made.number, teams[function])
        assert scopes.scope_state(incident) == "open"
    agree(incident, made.number, teams["support"])
    assert scopes.scope_state(incident) == "agreed"
    assert answers(incident) == [(function, True) for function in FUNCTIONS]
    assert verbs(incident)[-5:] == ["scope", *["scope_agreed"] * 4]
    assert violations() == []


def test_a_change_is_a_statement_of_its_own_and_asks_everybody_again(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    made = state(company, incident)
    for person in teams.values():
        agree(incident, made.number, person)
    fresh_one = state(company, incident, minutes=3, scope="All orders since noon")
    assert (made.number, fresh_one.number) == (1, 2) and scopes.scope_state(incident) == "open"
    assert len(told(incident, event="incident.scope")) == 8
    assert incident.timeline.filter(verb="scope").count() == 2
    refuses(scopes.CannotAgree, "changed meanwhile", lambda: agree(incident, 1, teams["product"]))
    refuses(scopes.CannotAgree, "say this already", lambda: state(company, incident, scope="All orders since noon"))


def test_an_objection_needs_a_reason_reaches_who_commands_and_the_newest_answer_counts(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    made = state(company, incident, by=company.second)
    refuses(scopes.CannotAgree, "speaks against", lambda: agree(incident, 1, teams["product"], agrees=False))
    agree(incident, made.number, teams["product"], agrees=False, why="Returns are hurt, too")
    for function in FUNCTIONS[1:]:
        agree(incident, made.number, teams[function])
    assert scopes.scope_state(incident) == "objected"
    assert told(incident, event="incident.scope_objected") == ["Responder", "Second"]
    agree(incident, made.number, teams["product"])
    assert scopes.scope_state(incident) == "agreed"


def test_only_whoever_commands_goes_on_without_all_answers_and_says_why(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    def overrule(by: User, reason: str = "Orders are lost each minute") -> ScopeStatement:
        return scopes.overrule(incident=incident, reason=reason, by=by, at=later(3))

    refuses(scopes.CannotAgree, "State scope", lambda: overrule(company.responder))
    state(company, incident)
    refuses(scopes.CannotAgree, "Only Responder", lambda: overrule(company.second))
    refuses(scopes.CannotAgree, "cannot wait", lambda: overrule(company.responder, " "))
    overrule(company.responder)
    assert scopes.scope_state(incident) == "overruled"
    refuses(scopes.CannotAgree, "nobody is asked", lambda: agree(incident, 2, teams["product"]))
    refuses(scopes.CannotAgree, "Nobody is waited for", lambda: overrule(company.responder))
    state(company, incident, scope="More")
    assert scopes.scope_state(incident) == "open"


def test_who_belongs_to_a_function_agrees_with_the_own_words(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    Participant.objects.create(incident=incident, user=teams["product"], role="joined", since=later(0))
    state(company, incident, by=teams["product"])
    assert answers(incident) == [("product", True)]
    assert "Product-one" not in told(incident, event="incident.scope")


def test_without_teams_whoever_takes_part_answers_but_not_whoever_stated_it(
    company: Company, incident: Incident
) -> None:
    incidents.join(incident=incident, by=company.second, at=later(1))
    made = state(company, incident)
    assert "Responder" not in told(incident, event="incident.scope")
    refuses(scopes.CannotAgree, "not asked", lambda: agree(incident, made.number, company.responder))
    agree(incident, made.number, company.second)
    assert scopes.scope_state(incident) == "agreed"


def test_who_of_a_team_is_there_already_speaks_for_it_and_nobody_else_is_woken(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    other = make.make_person("other", role=roles.RESPONDER)
    make.join(other, teams["product"].groups.get(team__isnull=False).team)
    Participant.objects.create(incident=incident, user=other, role="joined", since=later(0))
    state(company, incident)
    asked = told(incident, event="incident.scope")
    assert "Other" in asked and "Product-one" not in asked


def test_of_a_restricted_incident_only_those_hear_who_take_part(
    company: Company, incident: Incident, teams: dict[str, User]
) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_restricted=True)
    state(company, fresh(incident))
    assert not {person.name for person in teams.values()} & set(told(incident, event="incident.scope"))


def test_empty_words_readers_and_ended_incidents_state_nothing(company: Company, incident: Incident) -> None:
    refuses(scopes.CannotAgree, "what is affected", lambda: state(company, incident, scope=" "))
    refuses(scopes.CannotAgree, "to be reached", lambda: state(company, incident, aim=""))
    refuses(scopes.CannotAgree, "at most", lambda: state(company, incident, aim="x" * 501))
    refuses(access.Refused, "You reported this", lambda: state(company, incident, by=company.reporter))
    incidents.resolve(incident=incident, resolution="x", checked="y", by=company.responder, at=later(1))
    refuses(incidents.NotPossible, "resolved", lambda: state(company, incident))


def test_the_queries_do_not_grow_with_statements_and_people(
    company: Company, incident: Incident, teams: dict[str, User], django_assert_max_num_queries: object
) -> None:
    for number in range(4):
        state(company, incident, scope=f"Scope {number}", minutes=number)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        found = reads.of(fresh(incident), teams["support"])
    assert len(found.before) == 3 and [item.function for item in found.said if item.is_mine] == ["support"]
