"""What the checks of a communication plan refuse and advise (D32, D60, D62-D67, D70)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.documents import base
from governance.documents.communication import PLACEHOLDERS
from governance.documents.communication_words import NO_PLACEHOLDER, UNANSWERED
from tests.governance.documents import world
from tests.governance.documents.judged import UNKNOWN, advice, altered, blocking
from tests.governance.documents.world import person

KNOWN = ", ".join(PLACEHOLDERS)


def row(content, name, key):
    return next(item for item in content[name] if item["key"] == key)


def plan(change):
    return altered("communication", change)


def test_the_demo_plan_has_nothing_wrong_also_with_the_words_of_the_demo_glossary() -> None:
    glossary, _findings = base.parse("glossary", world.content("glossary"))
    facts = replace(world.facts(), jargon=glossary.jargon)
    assert facts.jargon
    assert base.check("communication", world.content("communication"), facts) == []


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c["functions"].pop(),
            "/functions",
            "Customer success does not agree to the plan yet; add it to those who sign.",
        ),
        (
            lambda c: c["questions"].pop(),
            "/questions",
            "No question asks when the next news comes; every update answers it.",
        ),
        (lambda c: c.update(audiences=[]), "/audiences", "The plan tells nobody; add an audience."),
        (
            lambda c: row(c, "audiences", "customers").pop("issuer"),
            "/audiences/customers/issuer",
            "Nobody tells Customers; name who issues the news to them.",
        ),
        (
            lambda c: row(c, "audiences", "customers").update(issuer={"role": "speaker"}),
            "/audiences/customers/issuer",
            "There is no role called 'speaker' in the company matrix.",
        ),
        (
            lambda c: row(c, "audiences", "customers").update(issuer={"person": UNKNOWN}),
            "/audiences/customers/issuer/person",
            "This person does not exist.",
        ),
        (
            lambda c: row(c, "audiences", "partners").update(channels=[]),
            "/audiences/partners/channels",
            "Partners and suppliers: no channel leads to them.",
        ),
        (
            lambda c: row(c, "cadence", "leadership-day").update(audience="press"),
            "/cadence/leadership-day/audience",
            "There is no audience called 'press'.",
        ),
        (
            lambda c: row(c, "statements", "customers-safe").update(audience="press"),
            "/statements/customers-safe/audience",
            "There is no audience called 'press'.",
        ),
        (
            lambda c: row(c, "meetings", "daily").update(audiences=["business", "press"]),
            "/meetings/daily/audiences/1",
            "There is no audience called 'press'.",
        ),
        (
            lambda c: row(c, "cadence", "business-sev1-4h").update(after_minutes=0),
            "/cadence/business-sev1-4h",
            "Business teams at SEV1 after four hours and Business teams at SEV1 begin at the same time for the same "
            "audience and severity.",
        ),
        (
            lambda c: c.update(cadence=[item for item in c["cadence"] if item["severity"] in ("sev1", "sev2")]),
            "/cadence",
            "At SEV4 no row says who is told how often.",
        ),
        (
            lambda c: row(c, "meetings", "daily").update(at="25:00"),
            "/meetings/daily/at",
            "Daily update needs a time of day, for example 09:30.",
        ),
        (
            lambda c: row(c, "meetings", "huddle").pop("leads"),
            "/meetings/huddle/leads",
            "Huddle in the crisis: nobody is named who calls it together.",
        ),
        (lambda c: c["tone"].append(c["tone"][0]), "/tone/precise", "The key 'precise' is used twice."),
    ],
)
def test_a_plan_with_a_hole_is_refused_and_the_place_is_named(change, path, words) -> None:
    assert (path, words) in blocking("communication", plan(change))


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: row(c, "templates", "status-opened").update(audience="press"),
            "/templates/status-opened/audience",
            "There is no audience called 'press'.",
        ),
        (
            lambda c: row(c, "templates", "status-opened").update(text="{what} {Impact}"),
            "/templates/status-opened/text",
            NO_PLACEHOLDER % {"name": "Impact", "known": KNOWN},
        ),
        (
            lambda c: row(c, "templates", "status-opened").update(subject="{what"),
            "/templates/status-opened/subject",
            "A brace { or } stands alone; placeholders are written like {what}.",
        ),
        (
            lambda c: row(c, "templates", "customer-notice").update(subject="{workflow} stands still"),
            "/templates/customer-notice/subject",
            "{workflow} is internal, but Customers may see only what is public.",
        ),
        (
            lambda c: row(c, "templates", "chat-update").update(technical="{cause}"),
            "/templates/chat-update/technical",
            "{cause} is confidential, but chat carries only what is internal.",
        ),
        (
            lambda c: row(c, "statements", "customers-safe").update(compensation="{cost}"),
            "/statements/customers-safe/compensation",
            "{cost} is confidential, but Customers may see only what is public.",
        ),
        (
            lambda c: row(c, "templates", "status-opened").update(text=" "),
            "/templates/status-opened/text",
            "Status page: it has begun says nothing.",
        ),
        (
            lambda c: row(c, "templates", "partner-update").update(channel="sms"),
            "/templates/partner-update/channel",
            "Partners and suppliers: they are not told by text message.",
        ),
        (
            lambda c: row(c, "templates", "status-opened").update(event="update"),
            "/templates/status-update",
            "Status page: news and Status page: it has begun are for the same event, audience and channel.",
        ),
        (
            lambda c: row(c, "statements", "customers-waiting").pop("released_by"),
            "/statements/customers-waiting/released_by",
            "Your order waits: nobody is named who lets it go out.",
        ),
    ],
)
def test_words_that_may_not_go_out_are_refused_with_row_and_field(change, path, words) -> None:
    assert blocking("communication", world.content("communication")) == []
    assert (path, words) in blocking("communication", plan(change))


@pytest.mark.parametrize("name", ["what", "impact", "doing", "contact", "next"])
def test_an_update_that_leaves_one_of_the_five_questions_open_is_refused(name) -> None:
    """D66. A text message is too short for all of them; other occasions need not answer them."""
    topic = "who" if name == "contact" else name

    def silent(content) -> None:
        item = row(content, "templates", "status-update")
        item.update(subject="News", text=item["text"].replace(f"{{{name}}}", "–"))

    assert blocking("communication", plan(silent)) == [("/templates/status-update/text", UNANSWERED[topic])]
    for change in ({"channel": "sms"}, {"event": "wrap_up"}):
        elsewhere = plan(silent)
        row(elsewhere, "templates", "status-update").update(change)
        assert blocking("communication", elsewhere) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c.update(statements=[item for item in c["statements"] if item["audience"] != "partners"]),
            "Partners and suppliers: no statement is prepared for them.",
        ),
        (
            lambda c: c.update(cadence=[item for item in c["cadence"] if item["audience"] != "partners"]),
            "Partners and suppliers: no row says how often they are told.",
        ),
        (
            lambda c: row(c, "audiences", "partners").update(feedback=""),
            "Partners and suppliers: it is not said where their questions go.",
        ),
        (
            lambda c: row(c, "audiences", "partners").pop("answer_minutes"),
            "Partners and suppliers: it is not said how fast their questions are answered.",
        ),
        (
            lambda c: c.update(cadence=[item | {"after_minutes": item["after_minutes"] + 30} for item in c["cadence"]]),
            "At SEV1 nobody is told during the first 30 minutes.",
        ),
        (
            lambda c: row(c, "templates", "customer-text-message").update(text="{impact}" * 6),
            "With examples filled in it has 180 characters; a text message holds 160.",
        ),
        (
            lambda c: row(c, "templates", "status-opened").update(technical="Node 5"),
            "Customers read what it means for them; the technical part is not shown to them.",
        ),
        (
            lambda c: c["questions"].append({"key": "x", "title": "When?", "asks": "next"}),
            "“When?” asks the same as “When is the next news?”.",
        ),
        (lambda c: c["meetings"].pop(), "Nobody meets for a wrap-up when it is over."),
        (lambda c: row(c, "meetings", "huddle").update(audiences=[]), "Huddle in the crisis: nobody takes part."),
        (lambda c: c["functions"][0].update(agrees=""), "Product does not say what it agrees to."),
        (
            lambda c: row(c, "statements", "customers-safe").update(use_when=""),
            "Your data is safe: it is not said when it is used.",
        ),
    ],
)
def test_what_makes_a_plan_say_less_is_advised_against(change, words) -> None:
    assert advice("communication", world.content("communication")) == []
    assert words in advice("communication", plan(change))
    assert blocking("communication", plan(change)) == []


@pytest.mark.parametrize(
    ("text", "advised"),
    [
        ("A Rollback is under way.", ["“Rollback” is a word of specialists; explain it to Customers in brackets."]),
        ("A rollback (we go back to the version before) is under way. The rollback ends soon.", []),
        ("A rollback, that is going back, is under way.", []),
        ("The rollbackplan holds.", []),
    ],
)
def test_a_word_of_specialists_is_explained_where_others_read_it(text, advised) -> None:
    facts = replace(world.facts(), jargon={"rollback": ("rollback", "roll back")})
    content = plan(lambda c: row(c, "statements", "customers-safe").update(text=text))
    assert [found.message for found in base.check("communication", content, facts)] == advised
    specialists = plan(lambda c: row(c, "statements", "responders-rest").update(text=text))
    assert base.check("communication", specialists, facts) == []


def test_a_team_without_active_people_tells_nobody() -> None:
    found = blocking("communication", world.content("communication"), product=person("product", active=False))
    assert ("/audiences/partners/issuer", "The team product has no active member.") in found


def test_roles_are_not_judged_while_no_matrix_is_in_force() -> None:
    content = plan(lambda c: row(c, "audiences", "customers").update(issuer={"role": "speaker"}))
    assert base.check("communication", content, replace(world.facts(), roles=None)) == []
