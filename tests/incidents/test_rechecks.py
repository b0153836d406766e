"""Everything concerned is looked at again before an incident is resolved, or it is said why not (D89)."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import Document, Workflow
from incidents.models import Incident, Recheck, StepEntry
from incidents.reads import conformance, timeline
from incidents.reads import rechecks as reads
from incidents.services import incidents, rechecking, rechecks
from portal import audit, bulk
from portal.access import Refused
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, refuses, run_of, verbs, violations

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def below(company: Company) -> Workflow:
    found = make.make_workflow("invoices", name="Invoices", team=company.team)
    make.make_dependency(company.workflow, found, title="Totals")
    return found


def resolve(company: Company, incident: Incident, found: list[rechecks.Found], **extra: Any) -> Incident:
    values: dict[str, Any] = {"resolution": "New key.", "checked": "Ten orders.", "by": company.responder}
    return incidents.resolve(incident=incident, found_again=found, **values | {"at": later(20)} | extra)


def found(key: str, result: str = "passed", note: str = "") -> rechecks.Found:
    return rechecks.Found(key=key, result=result, note=note)


def test_each_part_and_each_process_downstream_is_asked_for(company: Company, below: Workflow) -> None:
    far = make.make_workflow("totals", team=company.team)
    make.make_dependency(below, far)
    incident = make_acknowledged(company, components=["Shop webhook", " ", "Shop webhook", "Queue"])
    asked = reads.subjects(incident)
    assert [(item.key, item.name, item.why) for item in asked] == [
        ("c0", "Shop webhook", ""),
        ("c1", "Queue", ""),
        (f"w{below.pk}", "Invoices", "Totals"),
    ]


def test_nobody_resolves_what_nobody_looked_at(company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company, components=["Shop webhook"])
    some = [found("c0")]
    refuses(incidents.NotPossible, "Invoices", lambda: resolve(company, incident, some))
    broken = [found("c0"), found(f"w{below.pk}", "failed", "Two are missing")]
    sentence = "“Invoices” does not work.*Two are missing"
    refuses(incidents.NotPossible, sentence, lambda: resolve(company, incident, broken))
    silent = [found("c0"), found(f"w{below.pk}", "waived", " ")]
    refuses(incidents.NotPossible, "why nobody looked at “Invoices”", lambda: resolve(company, incident, silent))
    odd = [found("c0", "perhaps"), found(f"w{below.pk}")]
    refuses(incidents.NotPossible, "whether “Shop webhook” works", lambda: resolve(company, incident, odd))
    assert fresh(incident).is_open and not Recheck.objects.exists()


def test_what_was_looked_at_is_sealed_told_and_shown(company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company, components=["Shop webhook"])
    resolve(company, incident, [found("c0"), found(f"w{below.pk}", "waived", "It runs at night"), found("c9")])
    rows = Recheck.objects.order_by("pk")
    assert [(row.subject, row.workflow, row.result, row.note, row.by) for row in rows] == [
        ("Shop webhook", None, "passed", "", company.responder),
        ("Invoices", below, "waived", "It runs at night", company.responder),
    ]
    entry = incident.timeline.get(verb="rechecked")
    assert (entry.data["passed"], entry.data["waived"]) == (1, 1)
    assert verbs(incident)[-2:] == ["rechecked", "resolved"]
    looked = reads.looked(fresh(incident))
    assert (looked.missing, [row.note for row in looked.waived]) == ([], ["It runs at night"])
    assert violations() == []


def test_a_row_that_no_entry_proves_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    bulk.insert([Recheck(incident=incident, subject="Queue", result="passed", by=company.second, at=later(3))])
    assert any("Recheck" in sentence for sentence in violations())


def test_nothing_is_asked_where_nothing_is_concerned(company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident, [])
    assert "rechecked" not in verbs(incident)
    assert not reads.looked(fresh(incident)).lines


def test_a_retired_process_is_not_asked_for(company: Company, below: Workflow) -> None:
    Workflow.objects.filter(pk=below.pk).update(lifecycle="retired")
    assert reads.subjects(make_acknowledged(company)) == []


def test_a_machine_resolves_without_and_pages_say_so(client: Client, company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident, [], by=None, label="beat")
    incident = fresh(incident)
    assert [item.name for item in reads.looked(incident).missing] == ["Invoices"]
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/").content.decode()
    assert "Not looked at again." in page
    made = conformance.report(incident, run_of(incident), at=later(30))
    assert "Not looked at again before it was resolved: Invoices" in [item.text for item in made.deviations]


def test_conformance_names_what_was_waived_and_gives_all_to_programs(company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company, components=["Shop webhook"])
    resolve(company, incident, [found("c0"), found(f"w{below.pk}", "waived", "It runs at night")])
    made = conformance.report(fresh(incident), run_of(incident), at=later(30))
    assert [(item.text, item.detail) for item in made.deviations][-1] == (
        "Not looked at again before it was resolved: Invoices",
        "It runs at night",
    )
    sent = json.loads(json.dumps(conformance.document(made)))["rechecks"]
    assert [(item["what"], item["workflow"], item["result"]) for item in sent] == [
        ("Shop webhook", None, "passed"),
        ("Invoices", "invoices", "waived"),
    ]


def test_after_reopening_everything_is_asked_again(company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident, [found(f"w{below.pk}")])
    incidents.reopen(incident=incident, reason="Not for me", by=company.responder, at=later(30))
    refuses(incidents.NotPossible, "Invoices", lambda: resolve(company, fresh(incident), [], at=later(40)))
    assert not reads.looked(fresh(incident)).lines


# What does not work yet


def look(company: Company, incident: Incident, found: list[rechecks.Found], minutes: float = 15) -> list[Recheck]:
    return rechecking.failed(incident=fresh(incident), found=found, by=company.responder, at=later(minutes))


def test_what_does_not_work_is_kept_and_shown_while_the_incident_stays_open(
    client: Client, company: Company, below: Workflow
) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    look(company, incident, [found("c0"), found(f"w{below.pk}", "failed", "Two are missing")])
    assert fresh(incident).is_open and verbs(incident)[-1] == "recheck_failed"
    rows = [(row.subject, row.result, row.note, row.by, row.at) for row in Recheck.objects.order_by("pk")]
    assert rows == [
        ("Queue", "passed", "", company.responder, later(15)),
        ("Invoices", "failed", "Two are missing", company.responder, later(15)),
    ]
    entry = incident.timeline.get(verb="recheck_failed")
    assert {"failed": 1, "passed": 1, "waived": 0}.items() <= entry.data.items()
    assert timeline.sentence(entry).text == "Responder looked again: 1 of 2 do not work yet"
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/").content.decode()
    assert "Not everything works yet" in page and "Two are missing" in page and "Does not work" in page
    made = conformance.report(fresh(incident), run_of(incident), at=later(30))
    assert [row["result"] for row in conformance.document(made)["rechecks"]] == ["passed", "failed"]
    assert not made.deviations and violations() == []


def test_the_form_keeps_what_does_not_work_and_the_next_one_begins_with_it(
    client: Client, company: Company, below: Workflow
) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    client.force_login(company.responder)
    address, key = f"/incidents/{incident.reference}/do/resolve/", f"w{below.pk}"
    sent = {"resolution": "New key.", "checked": "Ten orders.", "is_c0": "waived", "note_c0": "It runs at night"}
    silent = client.post(address, sent | {f"is_{key}": "failed"})
    assert silent.status_code == 422 and "Say what does not work at “Invoices”" in silent.content.decode()
    assert not Recheck.objects.exists()
    sent |= {f"is_{key}": "failed", f"note_{key}": "Two are missing"}
    for _again in range(2):  # loading the answer again writes nothing more
        answer = client.post(address, sent)
        assert answer.status_code == 422 and "not resolved yet" in answer.content.decode()
        assert Recheck.objects.count() == 2 and verbs(incident).count("recheck_failed") == 1
    assert "New key." in answer.content.decode() and fresh(incident).is_open
    form = client.get(address).context["form"]
    assert form["is_c0"].value() == "waived" and form["note_c0"].value() == "It runs at night"
    assert form[f"is_{key}"].value() is None and form[f"note_{key}"].value() is None
    assert [item.before.note for item in form.checks] == ["It runs at night", "Two are missing"]
    assert "Two are missing" in client.get(address).content.decode()
    done = client.post(address, sent | {f"is_{key}": "passed", f"note_{key}": ""})
    assert done.status_code == 302 and fresh(incident).state == "resolved"
    assert [line.row and line.row.result for line in reads.looked(fresh(incident)).lines] == ["waived", "passed"]
    assert Recheck.objects.filter(result="failed").count() == 1 and violations() == []


def test_only_what_fails_is_written_down_before_the_end(company: Company, below: Workflow) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    works = [found("c0")]
    refuses(rechecks.NotRechecked, "Nothing fails", lambda: look(company, incident, works))
    mute = [found("c0", "failed", " ")]
    refuses(rechecks.NotRechecked, "what does not work at “Queue”", lambda: look(company, incident, mute))
    broken = [found("c0", "failed", "It is full")]
    look(company, incident, broken)
    refuses(rechecks.NotRechecked, "already", lambda: look(company, incident, broken, 16))
    other: dict[str, Any] = {"incident": incident, "found": broken, "by": company.reporter, "at": later(17)}
    refuses(Refused, "You reported this", lambda: rechecking.failed(**other))
    resolve(company, incident, [found("c0"), found(f"w{below.pk}")])
    refuses(incidents.NotPossible, "resolved", lambda: look(company, incident, broken, 30))


def test_what_failed_before_it_was_opened_again_is_no_news(company: Company) -> None:
    incident = make_acknowledged(company, components=["Queue"])
    look(company, incident, [found("c0", "failed", "It is full")])
    resolve(company, incident, [found("c0")])
    incidents.reopen(incident=incident, reason="Not for me", by=company.responder, at=later(30))
    assert reads.latest(fresh(incident)) == []


def test_many_things_are_asked_for_in_one_query(company: Company, below: Workflow) -> None:
    for number in range(9):
        make.make_dependency(company.workflow, make.make_workflow(f"more-{number}", team=company.team))
    incident = make_acknowledged(company)
    with CaptureQueriesContext(connection) as queries:
        assert len(reads.subjects(incident)) == 10
    assert len(queries) == 1


# The verification of the playbook


@pytest.fixture
def playbook(company: Company) -> Document:
    book = keeping.playbook(title="With proof")
    steps = [{"key": "look", "title": "Look"}, {"key": "prove", "title": "Prove it", "does": "verification"}]
    book["scenarios"][0]["steps"] = steps
    return make.make_document(book, kind="playbook", key="with-proof", by=company.admin)


def at_work(company: Company, playbook: Document) -> Incident:
    incident = make_acknowledged(company)
    with audit.action(actor=company.responder, reason="chosen", at=later(1)):
        incident.playbook, incident.scenario = playbook.effective_version, "nothing"
        incident.save(update_fields=["playbook", "scenario"])
    return incident


def enter(company: Company, incident: Incident, step: str, minutes: float, **extra: Any) -> None:
    values: dict[str, Any] = {"did": "done", "given": {"result": "passed"}} | extra
    row = StepEntry(
        incident=incident,
        version=incident.playbook,
        scenario="nothing",
        step=step,
        by=company.responder,
        at=later(minutes),
        **values,
    )
    with audit.action(actor=company.responder, reason="step", at=later(minutes)) as action:
        bulk.insert([row])
        action.prove([row], about=incident)
        action.record(verb="incident.step_done", target=incident, data={})


def test_the_verification_of_the_playbook_is_the_proof(client: Client, company: Company, playbook: Document) -> None:
    incident = at_work(company, playbook)
    enter(company, incident, "look", 2, given={})
    assert not reads.proof(incident)
    enter(company, incident, "prove", 3)
    assert [row.step for row in reads.proof(incident)] == ["prove"]
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/do/resolve/").content.decode()
    assert "The playbook’s verification has passed." in page and "How did you check" not in page
    answer = client.post(f"/incidents/{incident.reference}/do/resolve/", {"resolution": "New key."})
    assert answer.status_code == 302
    assert (fresh(incident).state, fresh(incident).deviation) == ("resolved", "")


def test_without_the_proof_people_say_how_they_checked(company: Company, playbook: Document) -> None:
    incident = at_work(company, playbook)
    enter(company, incident, "look", 2, given={})
    enter(company, incident, "prove", 3, did="skipped", given={}, reason="No time")
    assert not reads.proof(incident)
    call: dict[str, Any] = {"checked": ""}
    refuses(incidents.NotPossible, "how you checked", lambda: resolve(company, incident, [], **call))
    resolve(company, incident, [], checked="Ten orders")
    assert fresh(incident).deviation == "Ten orders"


def test_what_passed_before_it_was_opened_again_proves_nothing(company: Company, playbook: Document) -> None:
    incident = at_work(company, playbook)
    enter(company, incident, "look", 2, given={})
    enter(company, incident, "prove", 3)
    resolve(company, incident, [], checked="")
    incidents.reopen(incident=incident, reason="Not for me", by=company.responder, at=later(30))
    assert not reads.proof(fresh(incident))


@pytest.mark.parametrize("wrong", [{"result": "waived", "note": ""}, {"result": "failed", "note": ""}, {"result": "x"}])
def test_the_database_wants_a_reason(company: Company, wrong: dict[str, Any]) -> None:
    incident = make_acknowledged(company)
    row = Recheck(incident=incident, subject="Queue", by=company.responder, at=later(3), **{"note": "x"} | wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert([row])
