"""The decision tree of a scenario on the page: drawn, and the same as text (D45, D48)."""

import re
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from governance.documents import gates
from governance.documents.playbook import GateOption, Scenario, Step
from governance.reads import documents, playbook_live, playbooks
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW
from tests.governance.test_playbooks import GATE, scenario

HOSTILE = '"><script>alert(1)</script>'


def told(*steps: Step) -> playbooks.Told:
    """A scenario as it is read, without modules."""
    found = Scenario(key="one", title="One", steps=steps)
    tree = gates.tree(steps, note=lambda option: "needs: <b>")
    return playbooks.Told(found, "", tree, tuple(playbooks.Line(item) for item in tree.items), ())


def drawn(found: playbooks.Told, live: playbook_live.Live | None = None) -> str:
    return render_to_string("governance/playbooks/_tree.html", {"told": found, "live": live, "prefix": "one"})


def elements(html: str) -> ElementTree.Element:
    """The page as XML: what is not well-formed is no tree."""
    return ElementTree.fromstring(f"<div>{html}</div>")


OPTIONS = (
    GateOption(key="a", title="Fix in place", next="b"),
    GateOption(key="b", title="Disable", when="At night", next="end"),
    GateOption(key="c", title="Wait", next=None),
)
STEPS = (
    Step(key="a", title="Choose", does="gate", options=OPTIONS),
    Step(key="b", title="Do it", how="Slowly.", checks=("Ready", "Steady"), next="a"),
    Step(key="c", title="Never"),
)


def test_the_drawing_and_the_outline_say_the_same_steps() -> None:
    page = elements(drawn(told(*STEPS)))
    texts = [" ".join(text.itertext()) for text in page.iter("text")]
    assert texts == [
        *("1 · decide", "Choose"),
        *("Fix in place", "needs: <b>", "2 · do something", "Do it", "→ 1 Choose"),
        *("Disable", "needs: <b>", "The end", "Wait", "needs: <b>", "leads nowhere"),
        *("3 · do something", "Never"),
    ]
    outline = " ".join(" ".join(next(page.iterfind("div[@class='outline']")).itertext()).split())
    said = ["1 Choose decide", "2 Do it do something Slowly. Ready Steady", "goes on with 1, Choose", "At night"]
    said += ["The scenario ends here.", "This leads nowhere.", "3 Never do something Nothing leads to this step."]
    places = [outline.index(text) for text in said]
    assert places == sorted(places)


def test_a_way_back_leads_to_the_step_that_it_names() -> None:
    page = elements(drawn(told(*STEPS)))
    ids = {item.get("id") for item in page.iter("li") if item.get("id")}
    links = [link.get("href") for link in page.iter("a")]
    assert ids == {"one-1", "one-2", "one-3"} and links == ["#one-1"]


def test_what_somebody_typed_is_text_and_no_markup_and_no_color_or_style_stands_in_the_drawing() -> None:
    html = drawn(told(Step(key="a", title=HOSTILE, how=HOSTILE, checks=(HOSTILE,))))
    assert "<script" not in html and html.count("&lt;script&gt;") >= 3
    assert not re.search(r"\s(style|fill|stroke|on\w+)=", html)


def test_a_scenario_without_steps_says_so() -> None:
    assert "has no steps of its own" in drawn(told())


def test_the_kinds_of_steps_are_said_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        html = drawn(told(*STEPS))
    assert elements(html) is not None


def test_two_hundred_steps_and_gates_within_gates_are_one_page() -> None:
    line = [Step(key=f"s{number}", title="Do", how="So.") for number in range(200)]
    assert len(list(elements(drawn(told(*line))).iter("li"))) == 200
    out = GateOption(key="x", title="X", next="end")
    nested = [
        Step(
            key=f"g{number}",
            title="Choose",
            does="gate",
            options=(GateOption(key="on", title="On", next=f"g{number + 1}"), out),
        )
        for number in range(199)
    ]
    html = drawn(told(*nested, Step(key="g199", title="Last")))
    assert html.count("<li") == html.count("</li>") == 200 + 2 * 199


@pytest.mark.django_db
def test_people_stand_beside_their_steps_and_drawing_asks_nothing(django_assert_num_queries) -> None:
    company = keeping.make_company()
    keeping.make_module(company.admin)
    steps = [
        {"key": "look", "title": "Look", "does": "scope", "responsibility": "on_call"},
        GATE,
        {"key": "back", "title": "Go back", "does": "rollback", "follows": "stalled"},
    ]
    content = keeping.playbook(scenarios=[scenario(steps=steps)])
    draft = make.make_draft(content, kind="playbook", key="nothing-happens", by=company.admin)
    read = playbooks.read(documents.of(draft))
    live = playbook_live.live(read, company.workflow, "sev2", at=NOW)
    with django_assert_num_queries(0):
        html = drawn(read.scenarios[0], live)
    text = " ".join(" ".join(elements(html).itertext()).split())
    assert "On call: Responder" in text and "then Second" in text
    assert "Lead: Lead" in text and "Stalled trigger, version 1 Do rollback So." in text
    assert "@" not in text
