"""Who may hold a role in an incident and who stands in, and that a role held counts with its limits (D5, D6, D8)."""

from datetime import timedelta

import pytest

from governance.documents.base import Pinned
from governance.documents.facts import AbsenceFacts, PersonFacts
from governance.documents.matrix import Matrix
from governance.rules import authority, incident_roles
from governance.rules.incident_roles import COMMANDER
from governance.rules.ownership import Matrices
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident

CAPTURE = world.workflow("payment-capture")


def who(name: str) -> dict:
    return {"person": ident(name)}


def role(key: str, *holders: dict, limits: tuple[dict, ...] = ()) -> dict:
    return {"key": key, "title": key.capitalize(), "holders": holders, "limits": limits}


def row(key: str, holder: dict, *alternates: dict, **more: object) -> dict:
    return {"key": key, "responsibility": key, "holder": holder, "alternates": alternates, **more}


def matrices(*roles: dict, rows: tuple[dict, ...] = ()) -> Matrices:
    duties = [{"key": key, "title": key} for key in dict.fromkeys(item["responsibility"] for item in rows)]
    content = {"title": "Company", "roles": roles, "rows": rows, "responsibilities": duties}
    return Matrices(Pinned(ident("company"), "company", Matrix.model_validate(content, strict=False), "Company", 1), {})


def named(found: Matrices, key: str, severity: str = "sev3", **folk: object) -> list[str]:
    people = world.people(**folk)
    return [item.name for item in incident_roles.named(found, CAPTURE, key, severity, people, AT)]


def is_named(found: Matrices, key: str, name: str, severity: str = "sev3", **folk: object) -> bool:
    return incident_roles.is_named(found, CAPTURE, key, severity, ident(name), world.people(**folk), AT)


def test_somebody_commands_also_where_no_matrix_says_so():
    assert list(incident_roles.known(Matrices(), CAPTURE)) == [COMMANDER]
    assert incident_roles.known(Matrices(), CAPTURE)[COMMANDER].title == "Incident commander"
    found = incident_roles.known(matrices(role("comms"), role("incident_commander", who("lead"))), CAPTURE)
    assert [(key, item.key) for key, item in found.items()] == [
        (COMMANDER, "incident_commander"),
        ("comms", "comms"),
    ]


def test_the_holders_come_first_then_the_alternates_of_the_rows_in_which_the_role_answers():
    rows = (
        row("stop", {"role": "comms"}, who("responder"), who("lead")),
        row("other", who("responder"), who("product")),
    )
    found = matrices(role("comms", who("lead"), who("engineering")), rows=rows)
    assert named(found, "comms") == ["lead", "engineering", "responder"]
    people = world.people()
    after = incident_roles.deputies(found, CAPTURE, "comms", "sev3", ident("lead"), people, AT)
    assert [item.name for item in after] == ["engineering", "responder"]
    assert named(found, "nothing") == []


def test_only_rows_that_decide_at_the_severity_name_alternates():
    rows = (
        row("stop", {"role": "comms"}, who("responder"), severity="sev1"),
        row("stop", who("product"), severity="any") | {"key": "rest"},
    )
    found = matrices(role("comms", who("lead")), rows=rows)
    assert named(found, "comms", "sev1") == ["lead", "responder"]
    assert named(found, "comms", "sev3") == ["lead"]
    assert is_named(found, "comms", "responder", "sev1") and not is_named(found, "comms", "responder", "sev3")


def test_who_is_away_is_named_all_the_same_and_so_is_their_cover():
    absence = AbsenceFacts(AT - timedelta(days=1), AT + timedelta(days=1), ident("product"))
    away = {"lead": PersonFacts(ident("lead"), "lead", absences=(absence,))}
    found = matrices(role("comms", who("lead")))
    assert named(found, "comms", **away) == ["product"]
    assert is_named(found, "comms", "lead", **away) and is_named(found, "comms", "product", **away)
    assert not is_named(found, "comms", "responder", **away)


LIMITED = role(
    "comms",
    who("lead"),
    limits=({"key": "plan", "action": "plan", "severity": "sev3", "risk": "medium"},),
)


def may(found: Matrices, name: str, severity: str, holding: dict[str, str]) -> authority.Authority:
    held = {key: ident(value) for key, value in holding.items()}
    case = (severity, "medium", world.people(), AT)
    return authority.may(found, CAPTURE, ident(name), "plan", *case, holding=held)


@pytest.mark.parametrize(
    ("severity", "holding", "allowed"),
    [
        ("sev3", {"comms": "responder"}, True),
        ("sev2", {"comms": "responder"}, False),  # never more than the role has
        ("sev3", {"comms": "product"}, False),
        ("sev3", {"other": "responder"}, False),
        ("sev3", {}, False),
    ],
)
def test_who_holds_the_role_in_the_incident_has_its_limits_and_no_more(severity, holding, allowed):
    assert bool(may(matrices(LIMITED, role("other")), "responder", severity, holding)) is allowed


def test_who_holds_the_role_is_asked_first():
    found = may(matrices(LIMITED), "engineering", "sev3", {"comms": "responder"})
    assert [item.name for item in found.escalate_to] == ["responder", "lead"]
    assert found.escalate_to[0].sentence == "responder holds the role Comms in this incident."


def test_holding_counts_in_an_emergency_too():
    people = world.people()
    limit = {"key": "emergency-change", "action": "x", "severity": "any", "risk": "any"}
    found = matrices(role("incident_commander", who("lead"), limits=(limit,)))
    case = (CAPTURE, ident("responder"), "sev1", "high", people, AT)
    assert not authority.in_emergency(found, *case)
    assert authority.in_emergency(found, *case, holding={COMMANDER: ident("responder")})
