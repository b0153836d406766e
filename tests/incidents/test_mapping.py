"""Paths into foreign bodies, and a source whose mapping says where the fields of an event stand."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.forms import mapping
from incidents.models import Event, Incident
from tests.factories_governance import YESTERDAY, Company, make_company, make_workflow
from tests.incidents.doors import Door

BODY = {
    "alert": {"labels": {"name": "Orders stopped", "app.kubernetes.io/name": "shop"}, "state": "OK"},
    "items": [{"id": 7, "tags": ["a", "b"]}, {"id": 8}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("alert.labels.name", "Orders stopped"),
        ("$.alert.labels.name", "Orders stopped"),
        ('alert.labels["app.kubernetes.io/name"]', "shop"),
        ("alert['labels'].name", "Orders stopped"),
        ("items[0].id", 7),
        ("items[0].tags[1]", "b"),
        ("items[*].id", [7, 8]),
        ("items[*].tags", [["a", "b"]]),
        ("items[9].id", None),
        ("items.id", None),
        ("alert[0]", None),
        ("alert.labels.name.first", None),
        ("nothing", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: Any) -> None:
    assert mapping.read(BODY, mapping.parse(path)) == value


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        ".",
        ".a",
        "a.",
        "a..b",
        "a[",
        "a[]",
        "a[-1]",
        "a[1",
        "a]b",
        "[0]a",
        'a["b]',
        "a" * 201,
        "a.b" * 40,
        None,
        7,
    ],
)
def test_what_is_no_path_is_refused_with_a_sentence(path: Any) -> None:
    with pytest.raises(mapping.BadPath) as refused:
        mapping.parse(path)
    assert str(refused.value).endswith(".")


@given(st.text(string.printable, max_size=60))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        path = mapping.parse(text)
    except mapping.BadPath:
        return
    mapping.read(BODY, path)
    assert mapping.replace(BODY, path, "*", []) is not None


def test_a_mapping_is_checked_field_by_field() -> None:
    wrong = mapping.check({"title": "alert.labels.name", "colour": "x", "severity": "a..b", "action": 7})
    assert set(wrong) == {"colour", "severity", "action"}
    assert mapping.check({"title": "a"}) == {}
    assert set(mapping.check(["title"])) == {""}
    assert (mapping.check_paths(["a.b[*]"]), bool(mapping.check_paths("a")), bool(mapping.check_paths([""]))) == (
        "",
        True,
        True,
    )


def test_a_replaced_value_leaves_everything_else_as_it_is() -> None:
    found: list[str] = []
    left = mapping.replace(BODY, mapping.parse("items[*].id"), "*", found)
    assert left == BODY | {"items": [{"id": "*", "tags": ["a", "b"]}, {"id": "*"}]}
    assert found == ["7", "8"]
    assert mapping.replace(BODY, mapping.parse("nowhere.at.all"), "*", found) == BODY


@pytest.mark.parametrize(
    ("word", "action"),
    [
        *(("resolved", "resolve"), ("OK", "resolve"), (" Recovery ", "resolve"), ("acked", "acknowledge")),
        *(("firing", "trigger"), ("whatever", "trigger"), (None, "trigger"), (True, "trigger")),
    ],
)
def test_foreign_words_for_what_happened_are_understood(word: Any, action: str) -> None:
    assert mapping.action_of(word) == action


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "sev1"), ("ERROR", "sev2"), ("warning", "sev3"), (4, "sev4"), ("P1", "sev1"), ("odd", None)],
)
def test_foreign_words_for_a_severity_are_understood(word: Any, severity: str | None) -> None:
    assert mapping.severity_of(word) == severity


# A source with a mapping

MAPPING = {
    "title": "alert.name",
    "description": "alert.text",
    "workflow": "labels.flow",
    "event_id": "alert.id",
    "dedup_key": "alert.rule",
    "action": "alert.state",
    "severity": "alert.level",
    "components": "hosts[*].name",
}
ALERT = {
    "alert": {
        "name": "Orders\nstopped",
        "text": "5 wait",
        "id": 17,
        "rule": "r1",
        "state": "alerting",
        "level": "crit",
    },
    "labels": {"flow": "returns"},
    "hosts": [{"name": "a"}, {"name": "b"}],
    "severity": "whatever",
    "workflow_version": "r5",
}


@pytest.fixture
def company(db: None) -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def door(company: Company) -> Door:
    return Door("generic", workflow=company.workflow).change(mapping=MAPPING)


def test_the_fields_of_a_foreign_body_are_found(company: Company, door: Door) -> None:
    returns = make_workflow("returns", team=company.team)
    answer = door.take(ALERT)
    incident, event = Incident.objects.get(), Event.objects.get()
    assert (incident.title, incident.description, incident.workflow) == ("Orders", "5 wait", returns)
    assert (event.event_id, answer["dedup_key"], event.facts["severity"]) == ("17", "r1", "sev1")
    assert (incident.components, incident.workflow_version) == (["a", "b"], "r5")
    door.take(ALERT | {"alert": ALERT["alert"] | {"state": "ok"}})  # type: ignore[operator]
    assert Incident.objects.get().state == "resolved"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "alert.name"),
        ({"alert": "text"}, "alert.name"),
        ({"alert": {"name": ""}}, "alert.name"),
        ({"alert": {"name": {"a": 1}}}, "alert.name"),
        ({"alert": {"name": "x", "id": {"a": 1}}}, "alert.id"),
        ({"alert": {"name": "x"}, "hosts": [{"name": {}}]}, "hosts[*].name"),
        ({"alert": {"name": "x"}, "workflow_version": ["r1"]}, "workflow_version"),
    ],
)
def test_a_refusal_names_the_mapped_path(door: Door, content: dict[str, Any], field: str) -> None:
    answer = door.post(content)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert door.refusals() == [(422, "unacceptable", field)]
    assert not Event.objects.exists()


def test_long_texts_of_foreign_bodies_are_cut_and_long_ids_stay_apart(door: Door) -> None:
    for end in "ab":
        door.take({"alert": {"name": "x" * 900, "id": "i" * 900 + end, "rule": "r" * 900 + end}})
    assert Incident.objects.count() == 2
    assert all(len(item.title) == 200 for item in Incident.objects.all())
    assert all(len(event.event_id) <= 200 and len(event.group_key) <= 200 for event in Event.objects.all())


def test_a_mapping_that_is_no_path_is_named(door: Door) -> None:
    door.change(mapping={"title": "a..b"})
    answer = door.post({"title": "x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "a..b")
