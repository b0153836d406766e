"""The forms and pages of what stands still, of remedies, of looking again, and of proposed playbooks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import Containment, Incident, Recheck, Remedy
from incidents.services import containments, incidents, tracking
from portal.models import User
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident
from tests.incidents.test_api_incidents import address, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def do(client: Client, incident: Incident, action: str, **data: Any) -> Any:
    return client.post(f"/incidents/{incident.reference}/do/{action}/", data)


def page(client: Client, incident: Incident) -> str:
    return str(client.get(f"/incidents/{incident.reference}/").content.decode())


def halted(company: Company, **extra: Any) -> Incident:
    incident = make_acknowledged(company, **extra)
    halt = containments.Halt(what="New orders wait in a queue", workflow=company.workflow)
    incidents.contain(incident=incident, note="None is lost.", by=company.responder, at=later(5), halted=halt)
    return fresh(incident)


def test_the_form_asks_what_stands_still_and_keeps_what_was_typed(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    signed_in(client, company.responder)
    asked = client.get(f"/incidents/{incident.reference}/do/contain/").content.decode()
    assert f'value="{company.workflow.name}"' in asked
    answer = do(client, incident, "contain", note="None is lost.", kind="halted", workflow=company.workflow.name)
    assert answer.status_code == 422
    assert "Say what was halted or isolated." in answer.content.decode() and "None is lost." in answer.content.decode()
    assert not Containment.objects.exists()
    words = {"note": "None is lost.", "kind": "isolated", "what": "The table", "workflow": company.workflow.name}
    assert do(client, incident, "contain", **words).status_code == 302
    row = Containment.objects.get()
    assert (row.kind, row.what, row.workflow, row.by) == ("isolated", "The table", company.workflow, company.responder)


def test_the_incident_shows_since_when_by_whom_and_lets_it_run_again(client: Client, company: Company) -> None:
    incident = halted(company)
    signed_in(client, company.responder)
    row = Containment.objects.get()
    shown = page(client, incident)
    assert "What stands still" in shown and "New orders wait in a queue" in shown
    assert f"/do/release/?which={row.pk}" in shown
    assert do(client, incident, "release", which=row.pk, how="").status_code == 422
    assert do(client, incident, "release", which=row.pk, how="Ten orders came through").status_code == 302
    shown = page(client, incident)
    assert "Runs again" in shown and "Ten orders came through" in shown and "/do/release/" not in shown


def test_a_second_thing_can_be_halted_from_the_page(client: Client, company: Company) -> None:
    incident = halted(company)
    signed_in(client, company.responder)
    assert page(client, incident).count("/do/halt/") == 2  # at the card, and under "More"
    Incident.objects.filter(pk=incident.pk).update(state="investigating")  # halted by a step of its playbook
    assert "/do/halt/" not in page(client, incident)
    Incident.objects.filter(pk=incident.pk).update(state="contained")
    words = {"kind": "halted", "what": "The night run", "workflow": ""}
    assert do(client, incident, "halt", **words).status_code == 302
    assert Containment.objects.filter(workflow=company.workflow).count() == 2


def test_the_page_of_the_process_says_that_it_stands_still(client: Client, company: Company) -> None:
    incident = halted(company)
    signed_in(client, company.responder)
    shown = client.get(f"/ownership/workflows/{company.workflow.key}/").content.decode()
    assert f"because of {incident.reference}" in shown and "New orders wait in a queue" in shown


def test_whoever_reports_reads_that_the_process_stands_still(client: Client, company: Company) -> None:
    halted(company)
    signed_in(client, company.second)
    shown = client.post("/incidents/new/beside/", {"workflow": company.workflow.name}).content.decode()
    assert f"{company.workflow.name} is halted." in shown and "New orders wait in a queue" in shown
    Incident.objects.update(is_restricted=True)
    shown = client.post("/incidents/new/beside/", {"workflow": company.workflow.name}).content.decode()
    assert "is halted" not in shown and "New orders wait" not in shown


def test_the_tracking_page_says_it_in_plain_words(client: Client, company: Company) -> None:
    incident = halted(company)
    shown = client.get(tracking.track_path(incident, company.reporter)).content.decode()
    assert "It was stopped on purpose" in shown and "New orders wait in a queue" in shown
    stays = [containments.Settled(containment=Containment.objects.get().pk, is_released=False, words="Till night")]
    words = {"resolution": "New key.", "checked": "Seen.", "settled": stays}
    incidents.resolve(incident=incident, by=company.responder, at=later(20), **words)
    assert (
        "It was stopped on purpose" not in client.get(tracking.track_path(incident, company.reporter)).content.decode()
    )


def test_resolving_asks_about_each_part_each_process_downstream_and_what_stands_still(
    client: Client, company: Company
) -> None:
    below = make.make_workflow("invoices", team=company.team)
    make.make_dependency(company.workflow, below, title="Invoices")
    incident = halted(company, components=["Shop webhook"])
    signed_in(client, company.responder)
    row = Containment.objects.get()
    asked = client.get(f"/incidents/{incident.reference}/do/resolve/").content.decode()
    assert "Shop webhook" in asked and below.name in asked and "New orders wait in a queue" in asked
    words = {"resolution": "New key.", "checked": "Ten test orders."}
    missing = do(client, incident, "resolve", **words)
    assert missing.status_code == 422 and "Shop webhook: choose one." in missing.content.decode()
    said = {"is_c0": "passed", f"is_w{below.pk}": "waived", f"end_{row.pk}": "released", f"why_{row.pk}": "Tried"}
    silent = do(client, incident, "resolve", **words | said)
    assert silent.status_code == 422 and "Say why nobody looked at" in silent.content.decode()
    broken = do(
        client, incident, "resolve", **words | said | {f"is_w{below.pk}": "failed", f"note_w{below.pk}": "Two miss"}
    )
    assert broken.status_code == 422 and "repair it first." in broken.content.decode()
    assert fresh(incident).is_open and set(Recheck.objects.values_list("result", flat=True)) == {"passed", "failed"}
    assert (
        do(client, incident, "resolve", **words | said | {f"note_w{below.pk}": "It runs at night"}).status_code == 302
    )
    shown = page(client, incident)
    assert "What was looked at again" in shown and "It runs at night" in shown


def test_a_workaround_and_a_fix_are_saved_shown_and_taken_away(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    signed_in(client, company.responder)
    words = {"what": "Orders by mail", "rationale": "The webhook is down", "artefact": ""}
    assert do(client, incident, "workaround", **words).status_code == 422
    assert "Say until when it holds." in do(client, incident, "workaround", **words).content.decode()
    until = timezone.localtime() + timedelta(days=7)
    assert do(client, incident, "workaround", **words, until=f"{until:%Y-%m-%dT%H:%M}").status_code == 302
    row = Remedy.objects.get()
    shown = page(client, incident)
    assert "Orders by mail" in shown and "The webhook is down" in shown and f"/do/remove/?which={row.pk}" in shown
    assert "Runs with a workaround" in client.get(f"/ownership/workflows/{company.workflow.key}/").content.decode()
    fix = {"what": "A queue in front", "rationale": "Nothing gets lost"}
    assert do(client, incident, "fix", **fix).status_code == 422
    assert do(client, incident, "fix", **fix, artefact="orders, version 7").status_code == 302
    assert do(client, incident, "remove", which=row.pk, reason="The queue does it").status_code == 302
    row.refresh_from_db()
    assert row.removed_at is not None
    assert "orders, version 7" in page(client, incident)


def test_the_playbook_whose_symptom_stands_in_the_report_is_proposed_with_one_click(
    client: Client, company: Company
) -> None:
    right = make_patterns(company)
    incident = make_incident(company, title="Amounts differ", description="Between source and target of the invoices.")
    signed_in(client, company.responder)
    shown = page(client, incident)
    assert "Its symptom “Amounts differ between source and target” stands in the report." in shown
    form = client.get(f"/incidents/{incident.reference}/do/playbook/").content.decode()
    assert form.index("Data is wrong") < form.index("Nothing happens")
    assert do(client, incident, "playbook", playbook=right.effective_version_id).status_code == 302
    assert fresh(incident).playbook_id == right.effective_version_id
    assert "This one seems to fit" not in page(client, incident)


def make_patterns(company: Company) -> Any:
    keeping.make_playbook(company.admin)
    wrong = keeping.module(title="Data transformation error", symptoms=["Amounts differ between source and target"])
    make.make_document(wrong, kind="module", key="transformation", by=company.admin)
    book = keeping.playbook(title="Data is wrong")
    book["scenarios"][0] |= {"key": "values", "title": "Values are wrong"}
    book["scenarios"][0]["modules"] = [{"key": "transformation", "module": "transformation", "version": 1}]
    return make.make_document(book, kind="playbook", key="data-is-wrong", by=company.admin)


def test_programs_say_what_they_looked_at_and_what_runs_again(company: Company) -> None:
    below = make.make_workflow("invoices", team=company.team)
    make.make_dependency(company.workflow, below)
    incident = halted(company, components=["Shop webhook"])
    words: dict[str, Any] = {"resolution": "New key.", "checked": "Ten test orders."}

    def resolve(key: str, **more: Any) -> Any:
        return post(company.responder, address(incident, "resolve"), words | more, **{"Idempotency-Key": key})

    missing = resolve("one")
    assert missing.status_code == 409 and "Shop webhook" in missing.content.decode()
    looked = [{"subject": "Shop webhook", "result": "passed"}, {"subject": "invoices", "result": "waived", "note": "x"}]
    still = resolve("two", rechecks=looked)
    assert still.status_code == 409 and "New orders wait in a queue" in still.content.decode()
    settled = [{"what": "New orders wait in a queue", "runs": True, "words": "Ten came through"}]
    assert resolve("three", rechecks=looked, settled=settled).status_code == 200
    assert list(Recheck.objects.order_by("pk").values_list("result", flat=True)) == ["passed", "waived"]
    assert Containment.objects.get().release == "Ten came through"
