"""Playbooks as responders read them: modules at their pins, and live who acts, how fast and what hangs on it (D4)."""

import json
from typing import Any

import pytest

from governance.documents import base
from governance.models import Document, Version
from governance.reads import documents, playbook_live, playbooks, references
from governance.services import versions
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, Company

pytestmark = pytest.mark.django_db

GATE = {
    "key": "how",
    "title": "How do we go on?",
    "does": "gate",
    "options": [
        {"key": "fix", "title": "Fix in place", "role": "lead", "next": "back"},
        {"key": "stop", "title": "Disable it", "authority": "all", "next": "end"},
    ],
}
STEPS = [
    {"key": "look", "title": "Look", "does": "scope", "responsibility": "on_call"},
    GATE,
    {"key": "back", "title": "Go back", "does": "rollback", "follows": "stalled", "responsibility": "nobody-holds"},
]


def scenario(**changed: Any) -> dict[str, Any]:
    pin = {"key": "stalled", "module": "stalled", "version": 1}
    whole = {"key": "nothing", "title": "Nothing happens", "modules": [pin], "category": "customers", "steps": STEPS}
    return whole | {"rollback": "Back to the last version."} | changed


@pytest.fixture
def company() -> Company:
    return keeping.make_company()


def draft_of(company: Company, **changed: Any) -> Version:
    keeping.make_module(company.admin)
    content = keeping.playbook(scenarios=[scenario(**changed)])
    return make.make_draft(content, kind="playbook", key="nothing-happens", by=company.admin)


def newer_module(company: Company) -> None:
    content = keeping.module(rollback=[keeping.row("rollback"), keeping.row("again")])
    make.publish(make.make_draft(content, kind="module", key="stalled", by=company.admin), by=company.admin)


def read(version: Version) -> playbooks.Read:
    return playbooks.read(documents.of(version))


def test_a_pin_is_read_at_its_version_also_when_a_newer_one_is_in_force(company: Company) -> None:
    draft = draft_of(company)
    newer_module(company)
    [told] = read(draft).scenarios
    [used] = told.modules
    assert (used.title, used.pin.version, used.newest, used.is_newest) == ("Stalled trigger", 1, 2, False)
    [line] = [line for line in told.lines if line.item.step and line.item.step.key == "back" and line.used]
    assert [row.title for row in line.instructions] == ["Do rollback"]
    assert told.category == "Customers"


def test_the_tree_says_what_an_option_needs_in_words(company: Company) -> None:
    draft = draft_of(company)
    [told] = read(draft).scenarios
    options = [line.item for line in told.lines if line.item.kind == "option"]
    assert [option.note for option in options] == ["needs the role Lead", "needs: decide"]


def test_a_module_that_cannot_be_found_is_no_error(company: Company) -> None:
    draft = draft_of(company)
    pinned = documents.of(draft)
    pin = pinned.content.pins[0].model_copy(update={"digest": "0" * 64})
    assert playbooks.pinned_modules([pin]) == {}
    assert playbooks.pinned_modules([]) == {}


def test_a_draft_of_a_module_is_not_read_in_place_of_what_was_published(company: Company) -> None:
    draft = draft_of(company)
    make.make_draft(keeping.module(title="Draft"), kind="module", key="stalled", by=company.admin)
    [told] = read(draft).scenarios
    assert [used.module.title for used in told.modules if used.module] == ["Stalled trigger"]


def test_the_list_names_the_most_specific_playbook_first_and_counts_older_pins(company: Company) -> None:
    keeping.make_module(company.admin)
    keeping.make_playbook(company.admin)
    keeping.make_playbook(company.admin, key="own", title="Zebra", **keeping.on(company.workflow))
    other = make.make_workflow(team=make.make_team("returns"))
    newer_module(company)
    assert [item.playbook.title for item in playbooks.listed()] == ["Nothing happens", "Zebra"]
    assert [item.playbook.title for item in playbooks.listed(company.workflow)] == ["Zebra", "Nothing happens"]
    assert [(item.playbook.title, item.older) for item in playbooks.listed(other)] == [("Nothing happens", 1)]
    assert [item.title for item in playbooks.library()] == ["Stalled trigger"]


def test_a_module_says_where_it_is_used_and_in_which_version(company: Company) -> None:
    module = keeping.make_module(company.admin)
    assert playbooks.used_in(module.pk) == []
    keeping.make_playbook(company.admin)
    [use] = playbooks.used_in(module.pk)
    assert (use.playbook.title, use.version, use.scenarios) == ("Nothing happens", 1, ("Nothing happens",))
    module = Document.objects.select_related("effective_version").get(pk=module.pk)
    assert [(item.text, item.note) for item in references.used_in(module, company.admin)] == [
        ("Nothing happens", "pins version 1 in: Nothing happens")
    ]
    playbook = Document.objects.select_related("effective_version").get(kind="playbook")
    assert [(item.kind, item.names) for item in references.refers_to(playbook.effective_version)] == [
        ("module", ("Stalled trigger",))
    ]


def test_an_import_names_the_digest_by_itself_and_an_export_comes_back_as_the_same_words(company: Company) -> None:
    draft = draft_of(company)
    module = Version.objects.get(document__key="stalled")
    assert f'"digest":"{module.digest}"' in draft.content
    text = versions.export_yaml(draft)
    assert "module: stalled\n" in text
    assert versions.read_yaml("playbook", text).digest == draft.digest


def test_a_version_that_was_never_in_force_is_nothing_to_pin(company: Company) -> None:
    keeping.make_module(company.admin)
    make.make_draft(keeping.module(title="Draft"), kind="module", key="stalled", by=company.admin)
    content = keeping.playbook(version=2)
    draft = make.make_draft(content, kind="playbook", key="nothing-happens", by=company.admin)
    found = [item.message for item in documents_findings(draft) if item.blocking]
    assert found == ["Version 2 of “Stalled trigger” was never published; the newest one in force is 1."]


def documents_findings(version: Version) -> list[Any]:
    return base.check_stored("playbook", version.content, documents.facts(NOW))


# Live


def live(company: Company, draft: Version) -> playbook_live.Live:
    return playbook_live.live(read(draft), company.workflow, "sev2", at=NOW)


def test_people_and_their_ways_are_those_of_the_matrix_in_force(company: Company) -> None:
    found = live(company, draft_of(company)).duties
    assert [person.name for person in found["on_call"].people] == ["Responder"]
    assert found["on_call"].people[0].ways and "@" not in str(found["on_call"].people[0].ways)
    assert [person.name for person in found["on_call"].stand_ins][:1] == ["Second"]
    assert found["nobody-holds"].people == () and found["nobody-holds"].sentence


def test_whoever_may_choose_an_option_is_found_by_role_and_by_authority(company: Company) -> None:
    found = live(company, draft_of(company))
    [power] = found.roles["lead"]
    assert (power.role, power.limit, [person.name for person in power.people]) == ("Lead", None, ["Lead"])
    [power] = found.authorities["all"]
    assert (power.role, power.limit.action, [person.name for person in power.people]) == ("Lead", "decide", ["Lead"])


def test_the_answer_is_as_fast_as_the_escalation_policy_in_force_says(company: Company) -> None:
    answer = live(company, draft_of(company)).responses["customers"]
    policy = documents.policy_for(company.workflow).content
    path = policy.path_by_key["customers"]
    assert answer.path == "Customers" and answer.decision_minutes == 60
    assert [stage.minutes for stage in answer.stages] == [
        policy.level_by_key[key].window_minutes for key in path.levels
    ]


def test_what_flows_in_and_out_is_that_of_the_catalog(company: Company) -> None:
    draft = draft_of(company)
    other = make.make_workflow(team=company.team)
    make.make_dependency(company.workflow, other, title="orders")
    make.make_dependency(other, company.workflow, title="stock")
    found = live(company, draft)
    assert [item.title for item in found.upstream] == ["stock"]
    assert [item.title for item in found.downstream] == ["orders"]


def test_reading_costs_the_same_however_long_the_playbook_is(company: Company, django_assert_max_num_queries) -> None:
    short = draft_of(company)
    steps = [{"key": f"s{number}", "title": "Do", "responsibility": "on_call"} for number in range(200)]
    scenarios = [scenario(key=f"k{number}", steps=steps) for number in range(3)]
    content = json.loads(json.dumps(keeping.playbook(scenarios=scenarios)))  # NOTE YAML may not share a part
    long = make.make_draft(content, kind="playbook", key="long", by=company.admin)
    for draft in (short, long):
        live(company, draft)
        pinned = documents.of(draft)
        with django_assert_max_num_queries(20):
            playbook_live.live(playbooks.read(pinned), company.workflow, "sev2", at=NOW)
