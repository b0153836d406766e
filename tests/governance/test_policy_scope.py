"""One approval policy governs every change, that of the company: no other scope comes into force beside it (P16)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from governance.models import Document, Version
from governance.reads import approval
from governance.services import changes, drafts, genesis, publishing, versions
from portal import roles
from portal.models import Team
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import Governed, approve, asked, in_force, make_governed, need, propose, row
from tests.governance.unchanged import refused, says

pytestmark = pytest.mark.django_db
WHOLE = "An approval policy is for the whole company."


@pytest.fixture
def governed() -> Governed:
    return make_governed()


@pytest.fixture
def team(governed: Governed) -> Team:
    return make.make_team("payments", members=(governed.boss,))


def lax(**more: Any) -> dict[str, Any]:
    """Content of a policy by which the boss alone approves everything."""
    boss = need(key="boss", title="The boss", who={"person": "boss@example.test"}, how="any", alternate=None)
    return {"title": "Our own rules", "rows": [row(boss, kinds=[])]} | more


def of_team(governed: Governed, **more: Any) -> Version:
    """A draft of a policy for the team alone; its check refuses it, an import keeps it."""
    return make.make_draft(lax(scope={"team": "payments"}, **more), kind="approval", key="own", by=governed.author)


def test_a_policy_for_a_team_cannot_be_begun(governed: Governed, team: Team) -> None:
    given: dict[str, Any] = {"kind": "approval", "title": "Own", "by": governed.author, "at": NOW}
    with says(versions.ImportRefused, WHOLE):
        drafts.start(scope_kind="team", scope_value=str(team.pk), **given)
    with refused(drafts.ScopeTaken):
        drafts.start(**given)


def test_an_imported_one_cannot_be_sent_and_governs_nothing(governed: Governed, team: Team) -> None:
    own = of_team(governed)
    change = asked(own, by=governed.author)
    with refused(changes.NotSubmittable, WHOLE):
        changes.submit(change=change, by=governed.author, at=NOW)
    with refused(versions.ImportRefused, "is already for the same scope"):
        make.make_draft(lax(), kind="approval", key="second", by=governed.author)
    assert approval.policy_of(propose(governed)).version == in_force(governed.policy).pk  # type: ignore[union-attr]


def test_the_policy_of_the_company_cannot_be_turned_into_that_of_a_team(governed: Governed, team: Team) -> None:
    with refused(versions.ImportRefused, "a document keeps its scope"):
        key = governed.policy.key
        make.make_draft(lax(scope={"team": "payments"}), kind="approval", key=key, by=governed.author)


def test_the_first_policy_is_for_the_whole_company() -> None:
    author = make.make_person("author", role=roles.GOVERNANCE_ADMIN)
    make.make_team("payments", members=(make.make_person("boss"),))
    text = yaml.safe_dump(lax(scope={"team": "payments"}))
    with refused(publishing.NotPublishable, WHOLE):
        genesis.install(policy=text, by=author, at=NOW, label="test")
    assert approval.in_force() is None


@pytest.mark.parametrize("scope", [{"team": "payments"}, {"criticality": "low"}])
def test_even_one_that_stands_beside_it_governs_nothing(governed: Governed, team: Team, scope: dict[str, str]) -> None:
    """A row that no service of ours could have written: whichever way scopes sort, the company's counts."""
    own = make.make_draft(lax(scope=scope), kind="approval", key="a-first", by=governed.author)
    Version.objects.filter(pk=own.pk).update(frozen_at=NOW)
    Document.objects.filter(pk=own.document_id).update(effective_version=own)
    found = approval.in_force()
    assert found is not None and found.document == governed.policy.pk
    change = propose(governed)
    assert change.policy_id == in_force(governed.policy).pk
    assert [item.title for item in approval.judge(change, at=NOW).standings] == ["Board"]
    assert approve(change, governed.one, governed.two).state == "published"
