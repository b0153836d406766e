"""How far somebody's authority reaches, and who is asked instead (D5, D7)."""

from datetime import timedelta

import pytest

from governance.documents.base import Pinned
from governance.documents.facts import AbsenceFacts
from governance.documents.matrix import Matrix
from governance.rules import authority
from governance.rules.ownership import Matrices
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident

CAPTURE = world.workflow("payment-capture")


def role(key: str, *holders: dict, **limits: tuple[str, str]) -> dict:
    """`limits` are {key: (severity, risk)} with underscores for hyphens."""
    return {
        "key": key,
        "title": key.capitalize(),
        "holders": holders,
        "limits": [
            {"key": name.replace("_", "-"), "action": name, "severity": severity, "risk": risk}
            for name, (severity, risk) in limits.items()
        ],
    }


def who(name: str) -> dict:
    return {"person": ident(name)}


def matrices(*company: dict, team: tuple[dict, ...] = ()) -> Matrices:
    def pinned(title: str, roles: tuple[dict, ...]) -> Pinned[Matrix]:
        content = Matrix.model_validate({"title": title, "roles": roles}, strict=False)
        return Pinned(ident(title), title, content, title, 1)

    own = {ident("t:payments"): pinned("team", team)} if team else {}
    return Matrices(pinned("company", company), own)


def may(found: Matrices, name: str, action: str = "plan", severity: str = "sev2", risk: str = "medium", **folk):
    return authority.may(found, CAPTURE, ident(name), action, severity, risk, world.people(**folk), AT)


FIRST = role("first", who("responder"), plan=("sev3", "medium"))
SECOND = role("second", who("lead"), plan=("any", "any"))


def test_what_no_role_limits_everybody_may_do():
    found = matrices(role("first", who("responder"), spend=("sev3", "low")))
    assert may(found, "reporter") and may(found, "reporter").sentence == authority.NOT_LIMITED
    assert may(Matrices(), "reporter")


@pytest.mark.parametrize(
    ("severity", "risk", "allowed"),
    [
        ("sev4", "low", True),
        ("sev3", "medium", True),
        ("sev2", "medium", False),
        ("sev1", "low", False),
        ("sev3", "high", False),
    ],
)
def test_a_limit_reaches_up_to_its_severity_and_its_risk(severity, risk, allowed):
    found = may(matrices(FIRST, SECOND), "responder", severity=severity, risk=risk)
    assert bool(found) is allowed
    assert [one.name for one in found.escalate_to] == ([] if allowed else ["lead"])


def test_the_answer_says_by_which_role_or_up_to_where():
    assert may(matrices(FIRST, SECOND), "responder").sentence == (
        "As First you may decide this up to SEV3 and medium risk; this is SEV2 with medium risk."
    )
    assert may(matrices(FIRST, SECOND), "lead").sentence == "lead as Second: plan, up to any severity and any risk."
    assert may(matrices(FIRST, SECOND), "lead").role == "Second"


def test_who_has_no_such_role_is_told_which_roles_have_it():
    found = may(matrices(FIRST, SECOND), "product")
    assert not found and found.sentence == "This is for whoever has the role Second."
    assert [one.name for one in found.escalate_to] == ["lead"]


def test_where_no_limit_reaches_nobody_is_offered():
    found = may(matrices(FIRST), "responder", severity="sev1")
    assert not found and found.escalate_to == ()
    assert "No role" in may(matrices(FIRST), "product", severity="sev1").sentence


def test_the_role_of_the_team_stands_for_the_one_of_the_company_with_the_same_key():
    found = matrices(FIRST, SECOND, team=(role("first", who("product"), plan=("any", "any")),))
    assert may(found, "product", severity="sev1")
    assert not may(found, "responder", severity="sev4")


def test_members_of_a_team_hold_its_role_and_covers_stand_in():
    found = matrices(role("group", {"team": ident("t:payments")}, plan=("any", "any")))
    assert may(found, "teamadmin", severity="sev1") and not may(found, "product")
    absent = AbsenceFacts(AT - timedelta(hours=1), AT + timedelta(hours=1), ident("product"))
    away = world.person("lead", absences=(absent,))
    assert may(matrices(SECOND), "product", lead=away)
    assert may(matrices(SECOND), "lead", lead=away)  # whoever is there all the same


def test_who_has_left_has_no_authority_and_is_not_asked():
    gone = world.person("lead", active=False)
    assert not may(matrices(FIRST, SECOND), "lead", lead=gone)
    assert may(matrices(FIRST, SECOND), "responder", severity="sev1", lead=gone).escalate_to == ()


def test_underscores_in_keys_mean_the_same():
    found = matrices({**role("first", who("lead")), "limits": [{"key": "emergency_change", "action": "x"}]})
    assert authority.is_limited(found, CAPTURE, authority.EMERGENCY)


def emergency(found: Matrices, name: str, severity: str = "sev2"):
    return authority.in_emergency(found, CAPTURE, ident(name), severity, "medium", world.people(), AT)


def test_in_an_emergency_its_own_limit_decides_or_any_that_reaches():
    named = matrices(SECOND, role("breaker", who("product"), emergency_change=("any", "any")))
    assert emergency(named, "product") and not emergency(named, "lead")
    unnamed = matrices(FIRST, SECOND)
    assert (
        emergency(unnamed, "lead") and not emergency(unnamed, "responder") and emergency(unnamed, "responder", "sev3")
    )
    assert emergency(matrices(role("first", who("lead"))), "product")
