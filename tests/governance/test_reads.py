"""What the documents in force say, and what it costs to ask (D1, D10)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.reads import documents, ownership, people
from portal import access
from tests import factories_governance as make
from tests.factories_governance import NOW

pytestmark = pytest.mark.django_db


def test_without_documents_every_question_is_refused_in_plain_words() -> None:
    for ask in (lambda: documents.policy_for(None), lambda: documents.rubric_for(), documents.triage_team):
        with pytest.raises(documents.NothingInForce, match="A governance admin has to publish one"):
            ask()
    assert documents.matrices_for(None).company is None


def test_the_small_company_answers_who_is_on_call() -> None:
    company = make.make_company()
    answers = ownership.responsible(company.workflow, "sev2", at=NOW, stage="detect")
    assert [person.person for person in answers[0].people] == [company.responder.pk, company.second.pk]
    assert "company default" in answers[0].sentence


def test_an_unknown_workflow_belongs_to_the_triage_team() -> None:
    company = make.make_company()
    assert documents.triage_team() == company.triage
    [answer] = ownership.responsible(None, "sev2", at=NOW, stage="detect")
    assert {person.person for person in answer.told()} == {company.responder.pk, company.second.pk}


def test_the_most_specific_policy_applies() -> None:
    company = make.make_company()
    other = make.make_workflow(team=make.make_team("returns"))
    own = make.escalation_policy(leadership="leadership") | {"title": "For returns", "scope": {"team": "returns"}}
    make.make_document(own, kind="escalation", key="returns", by=company.admin)
    assert documents.policy_for(other).content.title == "For returns"
    assert documents.policy_for(company.workflow).content.title == "Company escalation"
    assert documents.policy_for(None).content.title == "Company escalation"


def test_pinned_matrices_stay_what_they_were_when_a_new_version_comes_into_force() -> None:
    company = make.make_company()
    before = documents.pins(documents.matrices_for(company.workflow))
    draft = make.make_draft(
        make.company_matrix(
            triage_team="triage",
            on_call=company.second.email,
            lead=company.lead.email,
            accountable=company.leader.email,
        ),
        kind="matrix",
        key="company",
        by=company.admin,
    )
    make.publish(draft, by=company.admin)
    after = documents.pins(documents.matrices_for(company.workflow))
    assert before != after
    old, new = documents.pinned_matrices([before, after])
    assert old.company.content.rows[0].holder.person == company.responder.pk
    assert new.company.content.rows[0].holder.person == company.second.pk
    assert (old.company.number, new.company.number) == (1, 2)


def test_asking_again_costs_one_small_query_and_a_pinned_read_none(django_assert_num_queries) -> None:
    company = make.make_company()
    pins = documents.pins(documents.matrices_for(company.workflow))
    documents.policy_for(company.workflow)
    with django_assert_num_queries(1):
        documents.policy_for(company.workflow)
    with django_assert_num_queries(0):
        documents.pinned_matrices([pins] * 10)


def test_a_cold_process_reads_all_matrices_in_two_queries(django_assert_num_queries) -> None:
    company = make.make_company()
    for number in range(5):
        team = make.make_team(f"own-{number}")
        content = {
            "title": f"Own {number}",
            "scope": {"team": team.key},
            "rows": [
                {
                    "key": "mine",
                    "scope": {"team": team.key},
                    "responsibility": "on_call",
                    "holder": {"person": company.lead.email},
                }
            ],
        }
        make.make_document(content, kind="matrix", key=team.key, by=company.admin)
    documents._cache.clear()
    with django_assert_num_queries(2):
        assert len(documents.matrices().teams) == 5


def test_people_are_read_in_a_constant_number_of_queries(django_assert_num_queries) -> None:
    company = make.make_company()
    with django_assert_num_queries(4):
        people.facts(NOW)
    for _ in range(10):
        make.make_person(teams=(make.make_team(), company.team))
    with django_assert_num_queries(4):
        found = people.facts(NOW)
    assert len(found.teams) == 13


def test_facts_know_absences_covers_and_who_has_left() -> None:
    company = make.make_company()
    make.make_absence(company.responder, NOW, NOW + timedelta(hours=2), company.lead)
    make.make_absence(company.responder, NOW - timedelta(days=9), NOW - timedelta(days=8))
    found = people.facts(NOW).people[company.responder.pk]
    assert [(item.from_at, item.cover) for item in found.absences] == [(NOW, company.lead.pk)]
    answers = ownership.responsible(company.workflow, "sev2", at=NOW, stage="detect")
    assert answers[0].told()[0].person == company.lead.pk


def test_the_page_of_a_workflow_says_who_would_be_told_and_when(client: Client) -> None:
    company = make.make_company()
    client.force_login(company.reporter)
    page = client.get(reverse("governance:ownership-workflow", args=["order-sync"]) + "?severity=sev1").content.decode()
    assert "Responder" in page and "At once: On call is told, with 15 minutes to answer." in page
    assert "After 15 minutes without an answer: Second level" in page


def test_a_stage_says_why_once_however_many_answers_one_sentence_decides(client: Client) -> None:
    company = make.make_company()
    now = timezone.now()
    make.make_absence(company.lead, now - timedelta(hours=1), now + timedelta(days=1))
    client.force_login(company.reporter)
    page = client.get(reverse("governance:ownership-workflow", args=["order-sync"])).content.decode()
    _head, *stages = page.split('id="stages"', 1)[1].split('id="path"', 1)[0].split('<div class="row"><span>')
    assert len(stages) == 7 and [stage.count("<summary") for stage in stages] == [1] * 7
    said = [re.findall("<li>([^<]+)</li>", stage) for stage in stages]
    assert [len(sentences) for sentences in said] == [len(set(sentences)) for sentences in said]
    assert stages[-1].count('<p class="fact">') == 4 and len(said[-1]) == 5  # four rows, and one who is away
    assert said[-1][-1] == "Lead is away and nobody covers."


@pytest.mark.parametrize(
    ("locale", "first", "last"), [("en", "Notice it", "Learn from it"), ("de", "Bemerken", "Daraus lernen")]
)
def test_stages_are_called_as_the_reader_calls_them(client: Client, locale: str, first: str, last: str) -> None:
    company = make.make_company()
    client.force_login(company.reporter)
    for address in (reverse("governance:ownership-workflow", args=["order-sync"]), reverse("governance:contacts")):
        page = client.get(address, headers={"accept-language": locale}).content.decode()
        assert first in page and last in page, address


def test_the_matrix_names_holder_and_alternates_in_a_constant_number_of_queries(
    client: Client, django_assert_max_num_queries
) -> None:
    company = make.make_company()
    client.force_login(company.reporter)
    client.get(reverse("governance:ownership"))
    for number in range(20):
        make.make_workflow(team=company.team, name=f"<b>Flow</b> {number}")
    with django_assert_max_num_queries(16):
        page = client.get(reverse("governance:ownership")).content.decode()
    assert page.count("<b>Responder</b>") == 21
    assert "then Second" in page and "<b>Flow</b>" not in page
    assert "What nobody can name yet belongs to the team Triage." in page


def test_the_matrix_is_read_page_by_page_and_found_by_name_or_team(client: Client) -> None:
    company = make.make_company()
    client.force_login(company.reporter)
    for number in range(55):
        make.make_workflow(
            f"flow-{number}", team=company.team, name=f"Flow {number:02}", aliases="Nightly" * (number == 7)
        )
    first = client.get("/ownership/?severity=sev1").content.decode()
    assert "1 to 50 of 56" in first and "?severity=sev1&amp;page=2" in first
    last = client.get("/ownership/?severity=sev1&page=2").content.decode()
    assert "51 to 56 of 56" in last and last.count('<th scope="row">') == 6
    assert client.get("/ownership/?q=nightly").content.decode().count('<th scope="row">') == 1
    assert "1 to 50 of 56" in client.get("/ownership/", {"q": company.team.name}).content.decode()
    nothing = client.get("/ownership/?q=moon").content.decode()
    assert "No workflow and no team is called “moon”." in nothing and "Show all workflows" in nothing


def test_what_a_restricted_workflow_does_is_for_its_own_people(client: Client) -> None:
    company = make.make_company()
    secret = make.make_workflow("payroll", team=company.team, description="Pays bonuses.", data_class="restricted")
    assert not access.can(company.outsider, "view", secret)
    url = reverse("governance:ownership-workflow", args=["payroll"])
    client.force_login(company.outsider)
    page = client.get(url).content.decode()
    assert "Pays bonuses." not in page and "Responder" in page
    assert "Pays bonuses." not in client.get("/ownership/").content.decode()
    client.force_login(company.responder)
    assert "Pays bonuses." in client.get(url).content.decode()


def test_the_page_of_a_workflow_links_its_trail_only_for_those_who_may_read_it(client: Client) -> None:
    company = make.make_company()
    trail = reverse("trail", args=["workflow", company.workflow.key])
    for person, status in ((company.responder, 200), (company.outsider, 404)):
        client.force_login(person)
        page = client.get(reverse("governance:ownership-workflow", args=[company.workflow.key])).content.decode()
        assert client.get(trail).status_code == status
        assert (trail in page) is (status == 200)


def test_ownership_is_for_people_who_have_signed_in(client: Client) -> None:
    make.make_company()
    for url in (reverse("governance:ownership"), reverse("governance:ownership-workflow", args=["order-sync"])):
        assert client.get(url).status_code == 302
        assert client.post(url).status_code == 405


def test_pages_work_before_anything_is_in_force(client: Client) -> None:
    person = make.make_person()
    make.make_workflow("lonely", team=make.make_team())
    client.force_login(person)
    assert "No ownership matrix is in force yet" in client.get(reverse("governance:ownership")).content.decode()
    page = client.get(reverse("governance:ownership-workflow", args=["lonely"])).content.decode()
    assert "No escalation policy is in force yet" in page
    assert client.get("/ownership/workflows/nothing-here/").status_code == 404
    assert client.get("/ownership/nothing-here/").status_code == 404


@pytest.mark.parametrize("key", ["told", "contacts", "workflows", "order"])
def test_every_key_has_a_page_of_its_own(client: Client, key: str) -> None:
    client.force_login(make.make_person())
    make.make_workflow(key, team=make.make_team())
    assert "<h1>" in client.get(reverse("governance:ownership-workflow", args=[key])).content.decode()
    assert client.get("/ownership/told/").context["form"] is not None
    assert client.get("/ownership/contacts/").status_code == 200


def test_the_old_address_of_a_workflow_leads_to_the_new_one(client: Client) -> None:
    client.force_login(make.make_person())
    make.make_workflow("order", team=make.make_team())
    answer = client.get("/ownership/order/?severity=sev1")
    assert (answer.status_code, answer["Location"]) == (302, "/ownership/workflows/order/?severity=sev1")
