"""The glossary in force: its page, and its words in the texts of other pages (D68)."""

import re
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.safestring import mark_safe

from governance.documents import demo
from governance.documents.communication import CHANNEL_CLASSES, SCALE
from governance.reads import documents, glossary
from governance.services import versions
from portal import outbox
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body

pytestmark = pytest.mark.django_db

WORDS: dict[str, Any] = {
    "title": "Our words",
    "terms": [
        {
            "key": "rollback",
            "title": "rollback",
            "aliases": ["roll back"],
            "meaning": "A rollback takes the <last> version of the Workflow back.",
            "use": "jargon",
            "instead": "going back",
        },
        {"key": "workflow", "title": "workflow", "meaning": "A chain of “steps”."},
    ],
}
ROLLBACK = (
    '<a class="term" href="/glossary/#rollback" '
    'title="A rollback takes the &lt;last&gt; version of the Workflow back.">{}</a>'
)


@pytest.fixture
def words(company: make.Company) -> Any:
    return make.make_document(WORDS, kind="glossary", key="company", by=company.admin)


def drawn(text: Any, template: str = "{{ text|glossed:terms }}") -> str:
    return Template("{% load glossed %}{% glossary as terms %}" + template).render(Context({"text": text}))


def test_the_page_explains_every_word_and_links_the_others(words: Any, company: make.Company, client: Client) -> None:
    client.force_login(company.outsider)
    text = body(client.get(reverse("governance:glossary")))
    assert text.index('id="rollback"') < text.index('id="workflow"')
    assert "Our words" in text and "going back" in text and "2 words" in text
    assert "A rollback takes the &lt;last&gt; version of the <a" in text, "not linked to itself"
    assert text.count('href="/glossary/#') == 1


def test_many_words_are_reached_by_their_first_letter(company: make.Company, client: Client) -> None:
    client.force_login(company.outsider)
    terms = [
        {"key": f"w-{word.lower()}", "title": word, "meaning": "A word."} for word in ("Zebra", "apple", "Avocado")
    ]
    terms += [{"key": f"m-{number}", "title": f"more {number}", "meaning": "A word."} for number in range(18)]
    make.make_document(WORDS | {"terms": terms[:20]}, kind="glossary", key="company", by=company.admin)
    assert "First letter" not in body(client.get(reverse("governance:glossary")))
    make.make_document(WORDS | {"terms": terms}, kind="glossary", key="company", by=company.admin)
    text = body(client.get(reverse("governance:glossary")))
    jumps = text[text.index('aria-label="First letter"') :].split("</nav>")[0]
    assert re.findall(r'href="#([^"]+)">(.)<', jumps) == [("w-apple", "A"), ("m-0", "M"), ("w-zebra", "Z")]


def test_the_page_costs_the_same_however_many_words_there_are(company: make.Company, client: Client) -> None:
    client.force_login(company.outsider)
    assert "No glossary is in force yet." in body(client.get(reverse("governance:glossary")))
    counts = []
    for name in ("few", "many"):
        terms = (
            WORDS["terms"]
            if name == "few"
            else [{"key": f"t{number}", "title": f"term{number}", "meaning": "term1 and term2"} for number in range(60)]
        )
        document = documents.in_force("glossary").glossaries()
        content = WORDS | {"terms": terms, "title": name}
        if document:
            draft = make.make_draft(content, kind="glossary", key="company", by=company.admin)
            make.publish(draft, by=company.admin)
        else:
            make.make_document(content, kind="glossary", key="company", by=company.admin)
        client.get(reverse("governance:glossary"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert name in body(client.get(reverse("governance:glossary")))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_word_is_linked_where_it_stands_first_and_the_rest_is_escaped(words: Any) -> None:
    assert drawn("<b>Roll back</b> & rollback") == (
        "&lt;b&gt;" + ROLLBACK.format("Roll back") + "&lt;/b&gt; &amp; rollback"
    )
    assert drawn("Rollbackplan") == "Rollbackplan"
    assert drawn(None) == drawn("") == ""
    assert drawn(7) == "7"


def test_markup_that_is_safe_stays_and_nothing_is_linked_inside_links_and_code(words: Any) -> None:
    text = '<p title="rollback">x &lt; y <a href="/rollback">rollback</a> <code>rollback</code> '
    text += "rollback &amp; rollback</p>"
    assert drawn(mark_safe(text)) == text.replace("rollback &amp;", ROLLBACK.format("rollback") + " &amp;")
    assert drawn("rollback", "{{ text|linebreaks|glossed:terms }}") == f"<p>{ROLLBACK.format('rollback')}</p>"
    assert drawn("rollback\n\nx", "{{ text|glossed:terms|linebreaks }}").count("<p>") == 2


def test_without_a_glossary_or_without_terms_a_text_is_only_escaped(company: make.Company) -> None:
    assert drawn("<rollback>") == "&lt;rollback&gt;"
    assert drawn("<rollback>", "{{ text|glossed }}") == "&lt;rollback&gt;"
    assert drawn(mark_safe("<b>"), "{{ text|glossed }}") == "<b>"


def test_all_texts_of_a_page_cost_one_query_and_none_without_texts(words: Any) -> None:
    documents.in_force("glossary")
    with CaptureQueriesContext(connection) as queries:
        drawn("rollback", "{{ text|glossed:terms }}" * 20)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        drawn("rollback", "{{ text }}")
    assert len(queries) == 0


def test_the_glossary_of_a_team_counts_for_its_workflows(words: Any, company: make.Company) -> None:
    own = WORDS | {"title": "Orders", "scope": {"team": company.team.key}}
    make.make_document(own, kind="glossary", key="orders", by=company.admin)
    assert [glossary.in_force(item).content.title for item in (None, company.workflow)] == ["Our words", "Orders"]


def test_a_plan_is_judged_by_the_words_of_the_company(words: Any, company: make.Company) -> None:
    assert documents.facts(NOW).jargon == {"rollback": ("rollback", "roll back")}


def test_channels_of_plans_carry_what_those_of_the_portal_carry() -> None:
    assert tuple(outbox.SCALE) == SCALE
    known = {str(channel): str(limit) for channel, limit in outbox.CHANNEL_CLASSES.items()}
    assert {name: limit for name, limit in CHANNEL_CLASSES.items() if name in known} == {
        name: known[name] for name in ("email", "chat", "sms", "inbox")
    }


def test_the_glossary_of_the_demo_is_taken_as_it_is(company: make.Company) -> None:
    _document, version = versions.import_yaml(
        kind="glossary", text=demo.read("glossary"), key="company", by=company.admin, at=NOW
    )
    assert versions.read_yaml("glossary", versions.export_yaml(version)).digest == version.digest
