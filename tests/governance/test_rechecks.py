"""A deployment or a changed integration marks what names it; a look at the document clears the mark."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from governance.models import Document, Platform, Workflow
from governance.reads import checks as reads
from governance.services import catalog, checks, workflow_changes
from portal import audit
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_keeping import make_company, make_module, make_playbook, on

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


@pytest.fixture
def platform(company: Company) -> Platform:
    return make.make_platform("n8n", name="n8n")


@pytest.fixture
def module(company: Company, platform: Platform) -> Document:
    return make_module(company.admin, platform=platform)


@pytest.fixture
def playbook(company: Company, module: Document) -> Document:
    return make_playbook(company.admin, **on(company.workflow))


def deploy(workflow: Workflow, call: str = "1") -> None:
    values: dict[str, Any] = {"summary": "Version 119", "source": "Flow builder", "is_dated": False, "label": "shop"}
    workflow_changes.record(workflow=workflow, changed_at=LATER, call=call, at=LATER, **values)


def marks(*documents: Document) -> list[str]:
    return [Document.objects.get(pk=document.pk).recheck_why for document in documents]


def change_platform(platform: Platform, handling: str, company: Company) -> None:
    platform.error_handling = handling
    with audit.action(actor=company.admin, reason="read the news", at=LATER):
        catalog.save_platform(platform=platform, at=LATER)


def asked() -> int:
    return AuditEntry.objects.filter(verb="document.recheck_asked").count()


def test_a_deployment_marks_the_playbook_of_the_workflow_and_nothing_else(
    company: Company, module: Document, playbook: Document
) -> None:
    deploy(make.make_workflow("other", team=company.team), call="0")
    assert marks(module, playbook) == ["", ""] and asked() == 0
    deploy(company.workflow)
    assert marks(module, playbook) == ["", "Order sync was deployed: Version 119"]
    assert asked() == 1


def test_a_document_that_is_marked_keeps_when_and_why_it_was_first(company: Company, playbook: Document) -> None:
    deploy(company.workflow)
    deploy(company.workflow, call="2")
    playbook.refresh_from_db()
    assert playbook.recheck_since == LATER and asked() == 1


def test_a_playbook_is_marked_with_the_module_that_it_is_built_from(company: Company) -> None:
    module = make_module(company.admin, **on(company.workflow))
    pinned = make_playbook(company.admin)
    deploy(company.workflow)
    why = "Order sync was deployed: Version 119"
    assert marks(module, pinned) == [why, f"It uses Stalled trigger. {why}"]
    assert asked() == 2
    with translation.override("de"):
        state, _tone = reads.state(Document.objects.get(pk=pinned.pk), on=LATER.date())
    assert "Es verwendet Stalled trigger. Order sync wurde neu bereitgestellt: Version 119" in state


def test_only_the_pinned_version_of_a_module_counts(company: Company, platform: Platform) -> None:
    """The module stopped naming the platform in its second version; later another playbook was built from that."""
    module = make_module(company.admin, platform=platform)
    first = make_playbook(company.admin)
    make_module(company.admin, how_to_test="Without it.")
    second = make_playbook(company.admin, key="second", version=2)
    assert marks(module, first, second) == ["", "", ""]
    change_platform(platform, "Retries three times.", company)
    assert marks(module, first, second) == ["", "It uses Stalled trigger. The platform n8n has changed.", ""]


def test_a_module_that_is_marked_already_still_marks_the_playbook(
    company: Company, platform: Platform, module: Document
) -> None:
    change_platform(platform, "Retries three times.", company)
    pinned = make_playbook(company.admin)
    change_platform(platform, "Retries twice.", company)
    assert marks(pinned) == ["It uses Stalled trigger. The platform n8n has changed."]
    assert asked() == 2


def test_a_changed_platform_marks_the_modules_that_name_it(
    company: Company, platform: Platform, module: Document, playbook: Document
) -> None:
    with audit.action(actor=company.admin, reason="read the news", at=LATER):
        catalog.save_platform(platform=platform, at=LATER)  # nothing has changed
    assert marks(module) == [""]
    change_platform(platform, "Retries three times.", company)
    assert marks(module, playbook) == [
        "The platform n8n has changed.",
        "It uses Stalled trigger. The platform n8n has changed.",
    ]


def test_a_changed_integration_marks_what_names_either_side(company: Company, playbook: Document) -> None:
    other = make.make_workflow("billing", team=company.team)
    dependency = make.make_dependency(company.workflow, other)
    with audit.action(actor=company.admin, reason="as before", at=LATER):
        catalog.save_dependency(dependency=dependency, at=LATER)
    assert marks(playbook) == [""]
    dependency.schema_tag = "v2"
    with audit.action(actor=company.admin, reason="new schema", at=LATER):
        catalog.save_dependency(dependency=dependency, at=LATER)
    assert marks(playbook) == ["What flows between Order sync and Billing has changed."]


def test_an_integration_that_is_gone_marks_what_names_either_side(company: Company, playbook: Document) -> None:
    dependency = make.make_dependency(make.make_workflow("billing", team=company.team), company.workflow)
    with audit.action(actor=company.admin, reason="switched off", at=LATER):
        catalog.drop_dependency(dependency=dependency, at=LATER)
    assert marks(playbook) == ["What flows between Billing and Order sync has changed."]


def test_a_look_clears_the_mark_and_a_new_deployment_sets_it_again(company: Company, playbook: Document) -> None:
    deploy(company.workflow)
    seen = playbook.effective_version
    assert seen is not None
    checks.check(document=playbook, outcome="confirm", note="", seen=seen.digest, by=company.admin, at=LATER)
    assert marks(playbook) == [""]
    deploy(company.workflow, call="2")
    assert marks(playbook) == ["Order sync was deployed: Version 119"]


def test_the_mark_is_shown_in_the_list_and_on_the_page(company: Company, playbook: Document, client: Client) -> None:
    deploy(company.workflow)
    client.login(username=company.responder.email, password=PASSWORD)
    for address in ("/checks/", f"/checks/{playbook.pk}/"):
        assert "Order sync was deployed: Version 119" in client.get(address).content.decode()
