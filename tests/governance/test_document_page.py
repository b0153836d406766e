"""The page of any document: versions, comparing, going back, retiring, emergencies, through HTTP (D55, D58, P16)."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import ChangeRequest, Document
from governance.services import changes, emergencies, restoring
from portal.models import User
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests import searching
from tests.factories_governance import NOW, PASSWORD
from tests.governance.governing import (
    NO_AUTHORITY,
    Governed,
    asked,
    drafted,
    in_force,
    make_governed,
    open_ground,
    propose,
    through,
    words,
)
from tests.governance.test_playbook_pages import page
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def governed() -> Governed:
    return make_governed()


@pytest.fixture
def fire(governed: Governed) -> Iterator[UUID]:
    """Something is open that `author` may act on; `other` may not."""
    with open_ground(governed, refusal=NO_AUTHORITY) as ground:
        yield ground


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(document: Document, verb: str = "") -> str:
    return reverse(f"governance:document{'-' + verb if verb else ''}", args=[document.pk])


def second(governed: Governed) -> None:
    """Another version of the glossary comes into force."""
    through(propose(governed, at=NOW + timedelta(hours=1)))


def refused(client: Client, address: str, said: dict[str, str], status: int = 422) -> str:
    """The page that says no; nothing was changed."""
    before = picture()
    answer = client.post(address, said)
    assert answer.status_code == status and picture() == before
    return html.unescape(" ".join(answer.content.decode().split()))


# Reading


def test_each_version_says_when_it_was_in_force_who_asked_and_who_approved(governed: Governed) -> None:
    second(governed)
    text = page(of(governed.owner), url(governed.glossary))
    first, last = ChangeRequest.objects.filter(document=governed.glossary).order_by("requested_at")
    assert "Version 2 is in force" in text
    newest, oldest = text.index("Version 2 in force"), text.index("Version 1 2 Mar")
    assert newest < oldest and text.index(last.reference) < text.index(first.reference)
    assert "asked by Author · approved by" in text and "asked by Other · approved by" in text
    assert "until" in text[oldest:] and "until" not in text[newest:oldest]


def test_an_emergency_is_marked_until_it_is_judged(governed: Governed, fire: UUID) -> None:
    change = asked(drafted(governed, words(a="b")), by=governed.author)
    emergencies.break_glass(change=change, ground=fire, by=governed.author, at=NOW, is_confirmed=True)
    text = page(of(governed.owner), url(governed.glossary))
    assert "emergency, not judged yet" in text and "nobody asked before" in text


def test_two_versions_are_compared_word_by_word(governed: Governed) -> None:
    second(governed)
    answer = of(governed.owner).get(url(governed.glossary), {"part": "compare", "old": 1, "new": 2})
    body = answer.content.decode()
    assert "From version 1 to version 2" in body and "<ins>" in body
    text = page(of(governed.owner), url(governed.glossary), part="compare", old="1", new="9")
    assert "Select a valid choice" in text or "From version" not in text


def test_an_earlier_text_is_readable_and_says_that_it_is_not_in_force(governed: Governed) -> None:
    second(governed)
    client = of(governed.owner)
    text = page(client, url(governed.glossary), part="text", version="1")
    assert "Version 1 is not in force." in text and "Something stopped." in text
    text = page(client, url(governed.glossary), part="text")
    assert "is not in force" not in text and "waits for a person" in text


def test_a_draft_is_shown_to_nobody_by_its_number(governed: Governed) -> None:
    drafted(governed, words(secret="Nobody has approved this."))
    client = of(governed.owner)
    assert client.get(url(governed.glossary, "export"), {"version": 2}).status_code == 404
    assert "Nobody has approved this." not in page(client, url(governed.glossary), part="text", version="2")


def test_a_version_leaves_as_yaml(governed: Governed) -> None:
    second(governed)
    answer = of(governed.owner).get(url(governed.glossary, "export"), {"version": 1})
    assert yaml.safe_load(answer.content)["terms"][0]["meaning"] == "Something stopped."
    assert answer["Content-Disposition"] == 'attachment; filename="glossary-words-v1.yaml"'
    assert of(governed.owner).get(url(governed.glossary, "export"), {"version": "one"}).status_code == 404


def test_what_names_it_and_what_it_names_stand_together() -> None:
    company = keeping.make_company()
    module = keeping.make_module(company.admin)
    keeping.make_playbook(company.admin)
    text = page(of(company.responder), url(module), part="links")
    assert "What points here Nothing happens pins version 1 in: Nothing happens" in text
    playbook = Document.objects.get(kind="playbook")
    assert "Failure patterns Stalled trigger" in page(of(company.responder), url(playbook), part="links")


def test_the_page_costs_the_same_for_many_versions_as_for_few(governed: Governed) -> None:
    client, found = of(governed.author), []
    for number in range(3):
        through(propose(governed, words(a=f"meaning {number}"), at=NOW + timedelta(hours=1 + number)))
        client.get(url(governed.glossary))
        with CaptureQueriesContext(connection) as asked_for:
            assert client.get(url(governed.glossary)).status_code == 200
        found.append(len(asked_for))
    assert found[1] == found[2]


# Going back and retiring


def test_going_back_begins_a_draft_with_the_old_words(governed: Governed) -> None:
    second(governed)
    old, now = governed.glossary.versions.get(number=1), in_force(governed.glossary)
    answer = of(governed.author).post(url(governed.glossary, "roll-back"), {"to": "1", "reason": "It was clearer."})
    change = ChangeRequest.objects.latest("requested_at")
    assert answer.status_code == 302 and answer["Location"] == change.get_absolute_url()
    assert (change.action, change.state, change.reason) == ("restore", "draft", "It was clearer.")
    assert change.version.digest == old.digest and in_force(governed.glossary) == now


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"to": "1", "reason": " "}, "Say why in a sentence."),
        ({"to": "2", "reason": "so"}, "Choose a version of the list."),
        ({"to": "7", "reason": "so"}, "Choose a version of the list."),
        ({"reason": "so"}, "Choose a version of the list."),
    ],
)
def test_what_cannot_come_back_is_refused_and_nothing_changes(governed: Governed, said: dict, why: str) -> None:
    second(governed)
    assert why in refused(of(governed.author), url(governed.glossary, "roll-back"), said)


def test_an_open_change_of_the_same_person_comes_first(governed: Governed) -> None:
    second(governed)
    mine = asked(drafted(governed, words(a="b")), by=governed.author)
    client = of(governed.author)
    assert mine.reference in refused(client, url(governed.glossary, "roll-back"), {"to": "1", "reason": "so"})
    text = page(client, url(governed.glossary))
    assert f"Go on with {mine.reference}" in text and "Propose a change" not in text


def test_retiring_names_what_replaces_it_and_leaves_it_in_force_for_now() -> None:
    company = keeping.make_company()
    module = keeping.make_module(company.admin)
    other = make.make_document(keeping.module(title="Silent start"), kind="module", key="silent", by=company.admin)
    keeping.make_playbook(company.admin)
    text = page(of(company.admin), url(module))
    assert "These still point here: Nothing happens" in text
    said = {"successor": str(other.pk), "reason": "Said better there."}
    answer = of(company.admin).post(url(module, "retire"), said)
    change = ChangeRequest.objects.latest("requested_at")
    assert answer["Location"] == change.get_absolute_url()
    assert (change.action, change.state, change.successor) == ("retire", "draft", other)
    assert in_force(module).number == 1


def test_what_is_retired_says_so_and_names_what_replaces_it() -> None:
    company = keeping.make_company()
    module = keeping.make_module(company.admin)
    other = make.make_document(keeping.module(title="Silent start"), kind="module", key="silent", by=company.admin)
    change = restoring.retire(document=module, successor=other, reason="so", by=company.admin, at=NOW)
    changes.submit(change=change, by=company.admin, at=NOW + timedelta(hours=1))
    client = of(company.admin)
    text = page(client, url(module))
    assert "Retired" in text and "“Silent start” replaces it" in text and "Propose a change" not in text
    text = page(client, reverse("governance:module", args=["stalled"]))
    assert "Do not work by this text: it is not in force." in text and "“Silent start” replaces it" in text
    assert "Stalled trigger" not in page(client, reverse("governance:playbooks"))


def test_the_search_of_the_portal_finds_rules_in_force_by_their_title() -> None:
    company = keeping.make_company()
    keeping.make_module(company.admin)
    make.make_draft(keeping.module(title="Stalled draft"), kind="module", key="draft", by=company.admin)
    searching.follow()
    text = page(of(company.reporter), reverse("search"), q="stalled")
    plain = text.replace("<mark>", "").replace("</mark>", "")
    assert "Stalled trigger" in plain and "Stalled draft" not in plain


def test_a_successor_of_another_kind_is_refused_and_nothing_changes(governed: Governed) -> None:
    said = {"successor": str(governed.policy.pk), "reason": "so"}
    assert "Choose a document of the list." in refused(of(governed.author), url(governed.glossary, "retire"), said)


def test_the_policy_of_the_company_cannot_be_retired(governed: Governed) -> None:
    client = of(governed.author)
    assert "Retire it" not in page(client, url(governed.policy))
    text = refused(client, url(governed.policy, "retire"), {"successor": "", "reason": "so"})
    assert "The company's own document cannot be retired" in text


@pytest.mark.parametrize("verb", ["roll-back", "retire", "emergency"])
def test_who_may_not_draft_it_is_told_why_and_nothing_changes(governed: Governed, verb: str) -> None:
    client = of(governed.one)
    text = refused(client, url(governed.policy, verb), {"to": "1", "reason": "so", "ground": "x"}, 403)
    assert "Only a governance admin may change the documents that steer people." in text
    text = page(client, url(governed.policy))
    assert "Other ways to change it" not in text and "Only a governance admin may change" in text


# Emergencies


def test_an_emergency_begins_with_the_incident_that_it_is_for(governed: Governed, fire: UUID) -> None:
    client = of(governed.author)
    text = page(client, url(governed.glossary, "emergency"))
    assert "INC-2026-0001 Nothing works" in text and "Within 72 hours others judge it. Who: Afterwards." in text
    answer = client.post(url(governed.glossary, "emergency"), {"ground": str(fire)})
    change = ChangeRequest.objects.latest("requested_at")
    assert answer["Location"] == reverse("governance:change-edit", args=[change.reference])
    assert (change.model, change.state, change.ground) == ("emergency", "draft", "INC-2026-0001 Nothing works")
    assert in_force(governed.glossary).number == 1  # nothing takes effect yet


def test_it_takes_effect_with_a_reason_and_the_password_and_stands_on_the_page(governed: Governed, fire: UUID) -> None:
    client = of(governed.author)
    client.post(url(governed.glossary, "emergency"), {"ground": str(fire)})
    change = ChangeRequest.objects.latest("requested_at")
    text = yaml.safe_dump(words(incident="Something stopped, and nobody knows why."))
    seen = change.version.digest
    client.post(reverse("governance:change-text", args=[change.reference]), {"text": text, "seen": seen})
    said = {"reason": "Nobody understood the message.", "stated_band": "low"}
    client.post(reverse("governance:change-describe", args=[change.reference]), said)
    address = reverse("governance:change-break-glass", args=[change.reference])
    refused(client, address, {"ground": str(fire), "password": "wrong"})
    answer = client.post(address, {"ground": str(fire), "password": PASSWORD})
    assert answer.status_code == 302 and in_force(governed.glossary).number == 2
    assert "emergency, not judged yet" in page(client, url(governed.glossary))


@pytest.mark.parametrize("ground", ["", "x", "01900000-0000-7000-8000-000000000000"])
def test_an_incident_outside_the_list_is_refused_and_nothing_changes(
    governed: Governed, fire: UUID, ground: str
) -> None:
    text = refused(of(governed.author), url(governed.glossary, "emergency"), {"ground": ground})
    assert ("Choose an incident of the list." if ground else "Choose the incident that it is for.") in text


def test_whose_authority_does_not_reach_sees_why_and_cannot_begin(governed: Governed, fire: UUID) -> None:
    client = of(governed.other)
    text = page(client, url(governed.glossary, "emergency"))
    assert "Not for these" in text and NO_AUTHORITY in text
    refused(client, url(governed.glossary, "emergency"), {"ground": str(fire)})


def test_without_an_open_incident_there_is_nothing_to_begin(governed: Governed) -> None:
    text = page(of(governed.author), url(governed.glossary, "emergency"))
    assert "There is no open incident that this could be for" in text and "Write the change" not in text


def test_whoever_owes_an_overdue_judgment_is_barred_on_the_page_too(governed: Governed, fire: UUID) -> None:
    change = asked(drafted(governed, words(a="b")), by=governed.author)
    emergencies.break_glass(change=change, ground=fire, by=governed.author, at=NOW, is_confirmed=True)
    client = of(governed.author)  # the clock on the wall is long past the deadline
    text = page(client, url(governed.glossary, "emergency"))
    assert "You cannot begin one now." in text and change.reference in text and "Write the change" not in text
    assert "was not judged in time" in refused(client, url(governed.glossary, "emergency"), {"ground": str(fire)})
