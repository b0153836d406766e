"""Beginning a change: a document that there is, a new one, or a text; and who may."""

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import ChangeRequest, Document
from governance.services import changes, versions
from portal import roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body
from tests.governance.section_forms import begin, said
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def new(client, **data):
    return client.post(reverse("governance:change-new"), data)


def listed(client, **query) -> str:
    return body(client.get(reverse("governance:change-new"), query))


def test_the_page_lists_what_can_be_changed_and_writes_nothing(client, admin, company) -> None:
    before = picture()
    text = listed(client)
    for document in (company.matrix, company.policy, company.rubric):
        assert f'value="{document.pk}"' in text
    assert "version 1 is in force" in text and "for the whole company" in text
    only = listed(client, kind="rubric")
    assert f'value="{company.rubric.pk}"' in only and f'value="{company.matrix.pk}"' not in only
    assert "Nothing found" in listed(client, q="zebra crossing")
    one = listed(client, document=company.matrix.pk)
    assert f'value="{company.matrix.pk}"' in one and f'value="{company.rubric.pk}"' not in one
    assert picture() == before


def test_a_change_begins_at_a_document_and_goes_on_where_it_was_begun(client, admin, company) -> None:
    answer = new(client, do="begin", document=company.matrix.pk)
    change = ChangeRequest.objects.get(state="draft")
    assert answer["Location"] == reverse("governance:change-edit", args=[change.reference])
    assert (change.document, change.requested_by) == (company.matrix, admin)
    assert f"Go on with {change.reference}" in listed(client)
    assert new(client, do="begin", document=company.matrix.pk)["Location"] == answer["Location"]
    assert ChangeRequest.objects.filter(state="draft").count() == 1
    assert new(client, do="begin", document="nothing").status_code == 404


def test_a_new_document_begins_with_its_title_and_scope(client, admin, company) -> None:
    data = {"do": "start", "kind": "playbook", "title": "Zahlungen wieder in Gang bringen"}
    assert new(client, **data, scope=f"team:{company.team.pk}").status_code == 302
    change = ChangeRequest.objects.get(state="draft")
    document = change.document
    assert (document.kind, document.key) == ("playbook", "zahlungen-wieder-in-gang-bringen")
    assert (document.scope_kind, document.scope_value) == ("team", str(company.team.pk))
    assert said(change) == {"title": data["title"], "scope": {"team": str(company.team.pk)}}
    assert new(client, **data, scope=f"team:{company.team.pk}").status_code == 302, "playbooks may share a scope"
    assert Document.objects.filter(kind="playbook").count() == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": " "}, "Give it a title."),
        ({"kind": "novel"}, "Choose what kind of document it is."),
        ({"scope": "team:nobody"}, "Choose for whom it is."),
        ({"kind": "rubric", "scope": "default"}, "is already for the same; change that one instead."),
        ({"kind": "matrix", "scope": "criticality:high"}, "A matrix belongs to one team or is the company default."),
    ],
)
def test_what_cannot_be_begun_is_asked_again_with_what_was_typed(client, admin, company, changed, words) -> None:
    before = picture()
    answer = new(client, **({"do": "start", "kind": "module", "title": "Half a titl", "scope": "default"} | changed))
    text = body(answer, 422)
    assert words in text and (changed.get("title") or "Half a titl" in text)
    assert picture() == before


def test_a_text_becomes_a_draft_of_a_new_document_or_of_a_known_one(client, admin, company) -> None:
    text = yaml.safe_dump({"title": "Words", "terms": [{"key": "rollback", "title": "rollback", "meaning": "Back."}]})
    assert new(client, do="bring", kind="glossary", key="company", text=text).status_code == 302
    change = ChangeRequest.objects.get(state="draft")
    assert change.document.kind == "glossary" and said(change)["terms"][0]["title"] == "rollback"
    other = yaml.safe_dump({"title": "Other words"})
    assert new(client, do="bring", kind="glossary", key="company", text=other).status_code == 302
    change.refresh_from_db()
    assert said(change) == {"title": "Other words"}
    before = picture()
    answer = new(client, do="bring", kind="glossary", key="company", text="title: Words\nterms: 3\n")
    assert "terms: 3" in body(answer, 422)
    assert picture() == before


def test_a_document_whose_change_is_in_review_is_not_begun_twice(client, company) -> None:
    change = begin(company.rubric, company.admin)
    versions.edit(
        version=change.version,
        text=versions.export_yaml(change.version).replace(said(change)["title"], "Other words", 1),
        by=company.admin,
        at=NOW,
    )
    changes.describe(change=change, by=company.admin, at=NOW, said={"reason": "better"})
    ChangeRequest.objects.filter(pk=change.pk).update(state="in_review", submitted_at=NOW)
    client.force_login(company.admin)
    before = picture()
    answer = client.post(reverse("governance:change-new"), {"do": "begin", "document": company.rubric.pk}, follow=True)
    assert f"You have an open change of this document already: {change.reference}." in body(answer)
    assert picture() == before


def test_many_documents_ask_no_more_of_the_database(client, admin, company) -> None:
    counts = []
    for wanted in (3, 30):
        for number in range(wanted):
            title = f"Case {wanted} {number}"
            new(client, do="start", kind="module", title=title, scope=f"team:{company.team.pk}")
        listed(client)
        with CaptureQueriesContext(connection) as queries:
            listed(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_whoever_works_here_proposes_ways_of_working_and_not_who_decides(client, company) -> None:
    client.force_login(company.responder)
    text = listed(client)
    assert "Start a new one" in text and f'value="{company.matrix.pk}"' not in text
    begins = text[text.index('id="start"') :]
    assert '<option value="module"' in begins and '<option value="matrix"' not in begins
    assert "Only a governance admin may change" in listed(client, document=company.matrix.pk)
    before = picture()
    answer = new(client, do="begin", document=company.matrix.pk)
    assert answer.status_code == 403 and "Only a governance admin may change" in answer.content.decode()
    assert new(client, do="start", kind="matrix", title="Mine", scope="default").status_code == 422
    assert picture() == before
    assert new(client, do="start", kind="module", title="Mine", scope="default").status_code == 302


def test_whoever_only_reports_is_offered_nothing(client, company) -> None:
    client.force_login(company.reporter)
    assert "Start a new one" not in listed(client)
    before = picture()
    assert new(client, do="start", kind="module", title="Mine", scope="default").status_code == 403
    assert picture() == before


def test_a_team_admin_begins_the_matrix_of_the_own_team(client, company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,), is_staff=True)
    client.force_login(keeper)
    text = listed(client)
    assert '<option value="matrix"' in text[text.index('id="start"') :]
    given = {"do": "start", "kind": "matrix", "title": "Ours"}
    assert new(client, **given, scope=f"team:{company.leadership.pk}").status_code == 403
    assert new(client, **given, scope=f"team:{company.team.pk}").status_code == 302


def test_the_pages_of_a_document_the_grid_and_ownership_lead_there(client, admin, company) -> None:
    there = reverse("governance:change-new") + f"?document={company.matrix.pk}"
    for address in (
        reverse("admin:governance_document_change", args=[company.matrix.pk]),
        reverse("admin:governance_grid"),
        reverse("governance:ownership"),
        reverse("governance:contacts"),
    ):
        assert there in client.get(address).content.decode(), address
    former = reverse("admin:governance_document_section", args=[company.matrix.pk, "roles"])
    assert client.get(former)["Location"] == there
    assert client.get(former.replace(str(company.matrix.pk), str(admin.pk))).status_code == 404
