"""The admin pages of the catalog and of documents."""

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.models import ChangeRequest, Dependency, Document, Version, Workflow
from governance.services import versions
from portal import roles
from portal.models import AuditEntry, Team
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import page
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def matrix(company, **changed) -> str:
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.second.email,
        alternates=(company.outsider.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    return yaml.safe_dump(content | changed, sort_keys=False)


def values(workflow: Workflow, **changed) -> dict:
    names = (
        "name",
        "aliases",
        "description",
        "external_id",
        "environment",
        "criticality",
        "data_class",
        "lifecycle",
        "version_tag",
    )
    shown = {name: getattr(workflow, name) for name in names}
    return shown | {"platform": workflow.platform_id, "team": workflow.team_id, "reason": "because"} | changed


@pytest.mark.parametrize(
    "model", ["platform", "workflow", "dependency", "document", "version", "changerequest", "review"]
)
def test_every_list_opens(client, admin, model) -> None:
    assert "Company" in page(client, f"{model}_changelist") or model in ("platform", "workflow", "dependency", "review")


def test_a_changed_workflow_has_history_with_the_reason(client, admin, company) -> None:
    url = reverse("admin:governance_workflow_change", args=[company.workflow.pk])
    answer = client.post(url, values(company.workflow, name="Order copy", reason="People call it so"))
    assert answer.status_code == 302
    row = Workflow.history.filter(id=company.workflow.pk).latest()
    assert (row.name, row.reason, row.history_user) == ("Order copy", "People call it so", admin)
    assert AuditEntry.objects.filter(verb="governance.workflow.changed", actor=admin).count() == 1
    assert "People call it so" in page(client, "workflow_history", company.workflow.pk)


def test_a_change_without_a_reason_is_refused(client, admin, company) -> None:
    before = picture()
    url = reverse("admin:governance_workflow_change", args=[company.workflow.pk])
    answer = client.post(url, values(company.workflow, name="Other", reason=""))
    assert answer.status_code == 200 and "This field is required" in answer.content.decode()
    assert picture() == before


def test_the_address_of_a_platform_is_taken_without_its_scheme(client, admin, company) -> None:
    platform = company.workflow.platform
    url = reverse("admin:governance_platform_change", args=[platform.pk])
    words = {"name": platform.name, "vendor": "", "address": "flows.example/open", "reason": "People open it there"}
    assert client.post(url, words).status_code == 302
    platform.refresh_from_db()
    assert platform.address == "https://flows.example/open"


def test_a_workflow_that_moves_to_another_team_is_seen_by_that_team(client, admin, company) -> None:
    other = make.make_team("returns", members=(company.outsider,))
    url = reverse("admin:governance_workflow_change", args=[company.workflow.pk])
    assert client.post(url, values(company.workflow, team=other.pk)).status_code == 302
    assert list(Workflow.objects.visible_to(company.outsider)) == [company.workflow]


def test_a_new_workflow_is_seen_by_those_who_answer_for_it(client, admin, company) -> None:
    sample = Workflow(platform=company.workflow.platform, team=company.team, name="New one")
    assert client.post(reverse("admin:governance_workflow_add"), values(sample, key="new-one")).status_code == 302
    assert Workflow.objects.visible_to(company.responder).filter(key="new-one").exists()


def test_the_catalog_is_retired_not_deleted(client, admin, company) -> None:
    for name, row in (("workflow", company.workflow), ("platform", company.workflow.platform)):
        assert client.get(reverse(f"admin:governance_{name}_delete", args=[row.pk])).status_code == 403
    assert (
        client.post(
            reverse("admin:governance_workflow_change", args=[company.workflow.pk]),
            values(company.workflow, lifecycle="retired"),
        ).status_code
        == 302
    )
    assert not Workflow.objects.in_use().exists() and Workflow.objects.exists()


def test_the_key_of_a_workflow_stays(client, admin, company) -> None:
    url = reverse("admin:governance_workflow_change", args=[company.workflow.pk])
    client.post(url, values(company.workflow, key="renamed"))
    assert Workflow.objects.get().key == "order-sync"


def test_dependencies_are_added_with_a_reason(client, admin, company) -> None:
    other = make.make_workflow("newsletter", team=company.team)
    form = {
        "upstream": company.workflow.pk,
        "downstream": other.pk,
        "what": "data",
        "title": "Customers",
        "reason": "found",
    }
    assert client.post(reverse("admin:governance_dependency_add"), form).status_code == 302
    assert Dependency.objects.get().history.get().reason == "found"
    again = client.post(reverse("admin:governance_dependency_add"), form | {"downstream": company.workflow.pk})
    assert again.status_code == 200 and Dependency.objects.count() == 1


def test_a_team_admin_keeps_the_own_workflows_only(client, company) -> None:
    from portal.services.roles import sync

    sync()
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN, is_staff=True)
    other = make.make_workflow("foreign", team=make.make_team("returns"))
    client.force_login(keeper)
    url = reverse("admin:governance_workflow_change", args=[company.workflow.pk])
    assert client.post(url, values(company.workflow, name="Mine", team=other.team_id)).status_code == 302
    mine = Workflow.objects.get(pk=company.workflow.pk)
    assert (mine.name, mine.team) == ("Mine", company.team)
    before = picture()
    assert client.post(reverse("admin:governance_workflow_change", args=[other.pk]), values(other)).status_code == 403
    third = make.make_workflow("third", team=other.team)
    before = picture()
    form = {"upstream": other.pk, "downstream": third.pk, "what": "data", "title": "x", "reason": "x"}
    client.post(reverse("admin:governance_dependency_add"), form)
    assert picture() == before


def test_pasted_yaml_becomes_a_draft_and_shows_what_it_would_do(client, admin, company) -> None:
    form = {"kind": "matrix", "key": "company", "text": matrix(company)}
    answer = client.post(reverse("admin:governance_document_import"), form, follow=True)
    version = Version.objects.get(number=2, document=company.matrix)
    assert answer.redirect_chain[-1][0] == reverse("admin:governance_version_change", args=[version.pk])
    body = page(client, "version_change", version.pk)
    assert (
        "Draft, based on version 1." in body
        and "1 more person may see “Order sync”." in body
        and "Order sync: Outsider" in body
    )
    assert "<del>Responder</del>" in body and "<ins>" in body and "has no alternate" not in body
    assert "<pre>schema_number" in body or "<pre>title" in body
    assert company.matrix.effective_version.number == 1


def test_an_uploaded_file_becomes_a_draft(client, admin, company) -> None:
    upload = SimpleUploadedFile("matrix.yaml", matrix(company).encode())
    form = {"kind": "matrix", "key": "company", "file": upload}
    assert client.post(reverse("admin:governance_document_import"), form).status_code == 302
    assert Version.objects.filter(document=company.matrix).count() == 2


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"text": "title: [a\n"}, "not valid YAML"),
        ({"text": "a: &a [b]\nc: *a\n"}, "Line 1: Anchors and aliases"),
        ({"text": ""}, "Paste the text or choose a file."),
        ({"text": "title: a\x00b"}, "Null characters are not allowed"),
        ({"text": "title: x", "key": "No Key"}, "The key may hold"),
        ({"text": "title: x", "kind": "recipe"}, "Choose what kind of document it is."),
        ({"file": SimpleUploadedFile("x.yaml", b"x" * 3_000_000)}, "larger than 2 MB"),
        ({"file": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")}, "not UTF-8"),
        ({"text": "title: a\nwrong: 1\nrows: 2\n"}, "is not known here"),
    ],
)
def test_a_bad_import_is_answered_on_the_page_and_leaves_nothing(client, admin, form, words) -> None:
    before = picture()
    answer = client.post(reverse("admin:governance_document_import"), {"kind": "matrix", "key": "other"} | form)
    assert answer.status_code == 200 and words in answer.content.decode().replace("&#x27;", "'")
    assert picture() == before


def test_what_was_typed_survives_a_refusal_and_is_escaped(client, admin) -> None:
    form = {"kind": "matrix", "key": "other", "text": "title: <script>alert(1)</script>\nwrong: 1\n"}
    body = client.post(reverse("admin:governance_document_import"), form).content.decode()
    assert "&lt;script&gt;alert(1)" in body and "<script>alert" not in body


def test_a_draft_is_edited_and_published_with_a_reason(client, admin, company) -> None:
    client.post(reverse("admin:governance_document_draft", args=[company.matrix.pk]))
    version = Version.objects.get(document=company.matrix, number=2)
    assert "Nothing: it says what is in force." in page(client, "version_change", version.pk)
    assert "responder@example.test" in page(client, "version_edit", version.pk)
    answer = client.post(reverse("admin:governance_version_edit", args=[version.pk]), {"text": matrix(company)})
    assert answer.status_code == 302
    answer = client.post(
        reverse("admin:governance_version_publish", args=[version.pk]), {"reason": "Second takes over"}, follow=True
    )
    assert "a standard change" in answer.content.decode()
    assert ChangeRequest.objects.get(version=version).reason == "Second takes over"
    body = page(client, "version_change", version.pk)
    assert "it can no longer change" in body
    assert "Version 2 is in force." in page(client, "document_change", company.matrix.pk)
    assert "Second takes over" in page(client, "document_history", company.matrix.pk)


@pytest.mark.parametrize("reason", ["", "   "])
def test_publishing_without_a_reason_is_refused(client, admin, company, reason) -> None:
    version = make.make_draft(matrix(company), kind="matrix", key="company", by=admin)
    before = picture()
    answer = client.post(reverse("admin:governance_version_publish", args=[version.pk]), {"reason": reason})
    assert answer.status_code == 200 and "Say why this takes effect now." in answer.content.decode()
    assert picture() == before


def test_publishing_what_must_be_fixed_is_refused(client, admin, company) -> None:
    version = make.make_draft(matrix(company, rows=[]), kind="matrix", key="company", by=admin)
    body = page(client, "version_change", version.pk)
    assert "Must be fixed" in body and "This draft is ready" not in body and 'name="reason"' not in body
    before = picture()
    answer = client.post(reverse("admin:governance_version_publish", args=[version.pk]), {"reason": "anyway"})
    assert "Cannot be published" in answer.content.decode()
    assert picture() == before


def test_a_stale_draft_says_so(client, admin, company) -> None:
    stale = make.make_draft(matrix(company), kind="matrix", key="company", by=admin)
    make.publish(make.make_draft(matrix(company, title="Faster"), kind="matrix", key="company", by=admin), by=admin)
    assert "Another version came into force" in page(client, "version_change", stale.pk)
    before = picture()
    answer = client.post(reverse("admin:governance_version_publish", args=[stale.pk]), {"reason": "anyway"})
    assert "take it over first" in answer.content.decode()
    assert picture() == before


def test_a_get_never_changes_anything(client, admin, company) -> None:
    version = make.make_draft(matrix(company), kind="matrix", key="company", by=admin)
    before = picture()
    for name, key in (
        ("document_draft", company.matrix.pk),
        ("document_change", company.matrix.pk),
        ("version_publish", version.pk),
        ("version_edit", version.pk),
        ("version_export", version.pk),
        ("version_change", version.pk),
    ):
        assert client.get(reverse(f"admin:governance_{name}", args=[key])).status_code in (200, 302)
    assert picture() == before


def test_a_superuser_without_the_role_reads_but_does_not_publish(client, company) -> None:
    version = make.make_draft(matrix(company), kind="matrix", key="company", by=company.admin)
    client.force_login(make.make_person("root", is_staff=True, is_superuser=True))
    assert "Only a governance admin" in page(client, "version_change", version.pk)
    before = picture()
    answer = client.post(reverse("admin:governance_version_publish", args=[version.pk]), {"reason": "mine"})
    assert "Only a governance admin" in answer.content.decode()
    client.post(reverse("admin:governance_document_draft", args=[company.matrix.pk]))
    client.post(
        reverse("admin:governance_document_import"), {"kind": "matrix", "key": "company", "text": matrix(company)}
    )
    assert picture() == before


def test_staff_without_permission_and_strangers_see_nothing(client, company) -> None:
    version = make.make_draft(matrix(company), kind="matrix", key="company", by=company.admin)
    urls = [
        reverse("admin:governance_document_import"),
        reverse("admin:governance_document_change", args=[company.matrix.pk]),
        reverse("admin:governance_document_draft", args=[company.matrix.pk]),
        *(
            reverse(f"admin:governance_version_{name}", args=[version.pk])
            for name in ("change", "edit", "publish", "export")
        ),
    ]
    before = picture()
    for url in urls:
        assert client.post(url, {"reason": "x"}).status_code == 302
    client.force_login(make.make_person("clerk", is_staff=True))
    before = picture()
    for url in urls:
        assert client.get(url).status_code == 403, url
        assert client.post(url, {"reason": "x"}).status_code == 403, url
    assert picture() == before


def test_raw_adding_changing_and_deleting_is_closed(client, admin, company) -> None:
    for name in ("document", "version", "changerequest", "review"):
        assert client.get(reverse(f"admin:governance_{name}_add")).status_code == 403
    before = picture()
    request = ChangeRequest.objects.first()
    for name, row in (
        ("document", company.matrix),
        ("version", company.matrix.effective_version),
        ("changerequest", request),
    ):
        assert (
            client.post(reverse(f"admin:governance_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        )
        client.post(reverse(f"admin:governance_{name}_change", args=[row.pk]), {"title": "raw", "state": "rejected"})
    assert picture() == before


def test_what_does_not_exist_is_said(client, admin) -> None:
    missing = "01890000-0000-7000-8000-000000000000"
    for name in (
        "document_change",
        "document_draft",
        "version_change",
        "version_edit",
        "version_publish",
        "version_export",
    ):
        answer = client.get(reverse(f"admin:governance_{name}", args=[missing]))
        assert answer.status_code == 302, name
        assert client.get(reverse(f"admin:governance_{name}", args=["no-uuid"])).status_code == 302


def test_export_is_a_file_that_imports_again(client, admin, company) -> None:
    version = company.matrix.effective_version
    answer = client.get(reverse("admin:governance_version_export", args=[version.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="matrix-company-v1.yaml"'
    assert versions.read_yaml("matrix", answer.content).digest == version.digest


def test_documents_of_every_kind_have_a_page(client, admin, company) -> None:
    for document in Document.objects.all():
        assert document.title in page(client, "document_change", document.pk)
        version = document.effective_version
        assert version.digest in page(client, "version_change", version.pk)
    assert Team.objects.count() == 3 and NOW.year == 2026
