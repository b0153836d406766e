"""Read and understood: asked of those who act by a document, bound to its text, void when there is another."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from governance.models import Attestation, Document
from governance.reads import attestations as reads
from governance.reads import reading
from governance.services import attestations
from portal import bulk, history, ids, roles, timers
from portal.models import AuditEntry, Membership, Message, User
from portal.reads import home
from portal.services import people
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_keeping import make_company, make_playbook, next_version, on, told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ROWS = (Attestation, AuditEntry, Message)
EVENT = "document.to_read"
ACTING = ["Lead", "Leader", "Responder", "Second"]  # hold something in the only workflow


@pytest.fixture
def company(db: None) -> Company:
    return make_company(has_module=True)


@pytest.fixture
def playbook(company: Company) -> Document:
    return make_playbook(company.admin, **on(company.workflow))


def digest(document: Document) -> str:
    version = Document.objects.get(pk=document.pk).effective_version
    assert version is not None
    return version.digest


def attest(document: Document, by: User) -> Attestation:
    return attestations.attest(document=document, seen=digest(document), by=by, at=NOW)


def unread(document: Document) -> list[str]:
    document = Document.objects.get(pk=document.pk)
    return [str(row.person) for row in reads.coverage(document) if row.at is None]


def test_whoever_holds_something_in_the_workflow_is_asked_once(company: Company, playbook: Document) -> None:
    assert unread(playbook) == told(EVENT) == ACTING
    timers.fire_due(at=NOW + 2 * DAY)
    assert told(EVENT) == ACTING


def test_what_is_for_the_whole_company_is_for_all_responders_too(company: Company) -> None:
    assert unread(make_playbook(company.admin)) == ["Lead", "Leader", "Outsider", "Responder", "Second"]


def test_who_has_read_it_is_kept_with_the_digest_and_sealed(company: Company, playbook: Document) -> None:
    done = attest(playbook, company.responder)
    assert (done.digest, done.person) == (digest(playbook), company.responder)
    assert unread(playbook) == ["Lead", "Leader", "Second"]
    assert AuditEntry.objects.filter(verb="document.attested", target_id=str(playbook.pk)).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Attestation.objects.update(digest="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attestation.objects.create(person=done.person, version=done.version, digest="0" * 64, at=NOW)


def test_a_new_version_is_read_anew(company: Company, playbook: Document) -> None:
    attest(playbook, company.responder)
    next_version(playbook, by=company.admin, at=NOW + DAY, title="Nothing starts", **on(company.workflow))
    assert unread(playbook) == ACTING
    assert told(EVENT) == sorted(ACTING * 2)


@pytest.mark.parametrize(("seen", "words"), [("0" * 64, "^Another version came"), (None, "^You have confirmed this")])
def test_what_cannot_be_confirmed_changes_nothing(
    company: Company, playbook: Document, seen: str | None, words: str
) -> None:
    attest(playbook, company.responder)
    before = counts(ROWS)
    with pytest.raises(attestations.NotReadable, match=words):
        attestations.attest(document=playbook, seen=seen or digest(playbook), by=company.responder, at=NOW)
    assert counts(ROWS) == before


def test_whoever_comes_to_hold_a_duty_is_asked_when_the_matrix_takes_effect(
    company: Company, playbook: Document
) -> None:
    ines = make.make_person("ines", teams=(company.team,))
    matrix = make.company_matrix(
        triage_team="triage", on_call=ines.email, lead=company.lead.email, accountable=company.leader.email
    )
    draft = make.make_draft(matrix, kind="matrix", key="company", by=company.admin, at=NOW + DAY)
    make.publish(draft, by=company.admin, at=NOW + DAY)
    assert told(EVENT) == ["Ines", *ACTING]
    assert unread(playbook) == ["Ines", "Lead", "Leader"]


def test_whoever_gets_a_role_otherwise_is_asked_the_next_morning(company: Company) -> None:
    make_playbook(company.admin)
    before, new = told(EVENT), make.make_person("nora")
    with make._action(NOW):
        people.grant_role(person=new, role=roles.RESPONDER, at=NOW, **make.ACTOR)
    timers.fire_due(at=NOW + DAY)
    assert told(EVENT) == sorted([*before, "Nora"])


def test_the_contents_of_a_long_text_lead_to_each_of_its_parts(company: Company, playbook: Document) -> None:
    client = Client()
    client.force_login(company.responder)
    page = client.get(f"/reading/{playbook.pk}/").content.decode()
    contents = page[page.index('<nav class="card tight contents"') :].partition("</nav>")[0]
    places = re.findall(r'href="#([^"]+)"', contents)
    scenarios = reading.blocks(Document.objects.get(pk=playbook.pk).effective_version)[-1]
    assert len(scenarios.blocks) == sum(place.startswith("s4p") for place in places) > 0
    assert [page.count(f'id="{place}"') for place in places] == [1] * len(places)


def test_it_waits_on_the_first_page_until_it_is_read(company: Company, playbook: Document) -> None:
    assert "Please read: Nothing happens" in str(home.now(company.responder, at=NOW))
    assert "Please read" not in str(home.now(company.outsider, at=NOW))
    attest(playbook, company.responder)
    assert "Please read" not in str(home.now(company.responder, at=NOW))


def test_the_page_shows_the_text_and_takes_the_confirmation(
    company: Company, playbook: Document, client: Client
) -> None:
    client.login(username=company.responder.email, password=PASSWORD)
    assert "Not read yet" in client.get("/reading/").content.decode()
    address = f"/reading/{playbook.pk}/"
    page = client.get(address).content.decode()
    assert "Back to the last version." in page and "I have read and understood this" in page
    assert client.post(address, {"seen": "0" * 64}, follow=True).content.decode().count("Another version came") == 1
    assert not Attestation.objects.exists()
    client.post(address, {"seen": digest(playbook)})
    assert Attestation.objects.get().person == company.responder
    assert "You have read and understood this version" in client.get(address).content.decode()


def test_the_text_stands_in_the_order_of_the_form_with_names_instead_of_keys(
    company: Company, playbook: Document
) -> None:
    version = Document.objects.get(pk=playbook.pk).effective_version
    assert version is not None
    scope, purpose, measures, scenarios = reading.blocks(version)
    assert (scope.text, purpose.text, measures.lines) == ("Order sync", "To run again.", ("Within an hour",))
    (scenario,) = scenarios.blocks
    assert scenario.title == "Nothing happens"
    modules = next(block for block in scenario.blocks if block.title == "Modules")
    assert [block.title for block in modules.blocks] == ["Stalled trigger"]


def test_names_are_for_those_who_keep_the_rules(company: Company, playbook: Document, client: Client) -> None:
    address = f"/reading/{playbook.pk}/people/"
    client.login(username=company.responder.email, password=PASSWORD)
    assert client.get(address).status_code == 403
    client.login(username=company.admin.email, password=PASSWORD)
    assert "4 of 4 have not read it yet" in client.get(address).content.decode()
    assert "0 of 4" in client.get("/reading/").content.decode()
    assert client.get(f"/reading/{company.matrix.pk}/").status_code == 404


def test_five_hundred_people_cost_no_more_queries(
    company: Company, playbook: Document, django_assert_max_num_queries: Any
) -> None:
    crowd = [User(id=ids.uuid7(), email=f"p{n}@example.test", name=f"P{n}") for n in range(500)]
    with make._action(NOW):
        history.bulk(crowd, create=True)
    group = company.team.group
    bulk.insert_values(Membership, [{"user_id": user.pk, "group_id": group.pk} for user in crowd])
    row = {"key": "all", "scope": {"team": "orders"}, "responsibility": "on_call", "holder": {"team": "orders"}}
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": [row]}
    make.make_document(content, kind="matrix", key="orders", by=company.admin, at=NOW)
    assert len(told(EVENT)) == 504
    assert len(unread(playbook)) == 504
    with django_assert_max_num_queries(12):
        reads.coverage(playbook)
    with django_assert_max_num_queries(12):
        assert len(reads.missing([playbook])[playbook.pk]) == 504
    with django_assert_max_num_queries(12):
        reads.listed(company.admin, at=NOW)
