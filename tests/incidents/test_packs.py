"""Evidence of an incident: what happened, who was told by which row, by which rules, what proves it (D73, D74, D79)."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from governance.models import ChangeRequest, Version
from incidents.models import Incident
from incidents.services import evidence, incidents
from portal import audit, delivery
from portal import evidence as packs
from portal.audit import notes
from portal.models import AuditEntry, Message
from portal.services import erasure
from tests.erasure import canary
from tests.factories_governance import NOW, Company, make_company
from tests.factories_incidents import later, make_acknowledged, make_incident, make_root, run_of, tick
from tests.incidents.test_demo import loaded
from tests.portal.ledger import book, packing

pytestmark = pytest.mark.django_db


@pytest.fixture
def signer() -> notes.Signer:
    return notes.Signer.generate(book.NAME)


@pytest.fixture
def company(db: None, settings: Any, tmp_path: Path) -> Company:
    settings.MEDIA_ROOT = tmp_path / "evidence"
    return make_company()


def pack(incident: Incident, signer: notes.Signer, tmp_path: Path) -> packing.Files:
    path = packing.make(tmp_path / "pack.zip", signer, "incident", key=incident.reference)
    said = packing.verify(path, "--vkey", signer.vkey)
    assert said.code == 0, said.text
    return packing.read(path)


def rows(files: packing.Files, name: str) -> list[Any]:
    found: list[Any] = json.loads(files[name])["rows"]
    return found


def test_an_incident_is_told_from_its_report_to_its_end(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    incident = make_incident(company, description="Nothing arrives since noon.")
    tick(16)
    incident = Incident.objects.get(pk=incident.pk)
    incidents.say_plan(incident=incident, plan="Restart the queue.", by=company.responder, at=later(20))
    files = pack(incident, signer, tmp_path)

    said = json.loads(files["incident.json"])
    assert said["fields"]["plan"] == "Restart the queue." and said["fields"]["state"] == incident.state
    assert said["words"]["description"] == "Nothing arrives since noon."
    told = [row for row in rows(files, "escalation.json") if row["outcome"] == "told"]
    assert [row["level_key"] for row in told] == ["on-call", "second"]
    assert {row["user_id"] for row in told} == {str(company.responder.pk), str(company.second.pk)}
    assert all(row["leaf"]["verb"] == "escalation.stepped" and row["decided_by"] for row in told)
    timeline = rows(files, "timeline.json")
    assert [row["verb"] for row in timeline] == list(incident.timeline.order_by("id").values_list("verb", flat=True))
    plan = next(row for row in timeline if row["verb"] == "plan")
    assert plan["text"] == "Restart the queue." and plan["commitment"] and "Responder" in plan["sentence"]
    assert [row["what"] for row in rows(files, "pins.json")] == ["escalation", "matrix", "rubric"]
    assert {row["role"] for row in rows(files, "participants.json")} == {"reporter", "told"}


def test_the_rules_it_ran_by_are_there_with_the_change_that_brought_them(
    company: Company, signer: notes.Signer, tmp_path: Path
) -> None:
    incident = make_incident(company)
    files = pack(incident, signer, tmp_path)
    run = run_of(incident)
    pinned = {run.policy.digest, run.policy_digest, *run.matrices.values(), incident.rubric.digest}
    assert {name for name in files if name.startswith("documents/")} == {f"documents/{one}.json" for one in pinned}
    for version in Version.objects.filter(digest__in=pinned):
        assert files[f"documents/{version.digest}.json"].decode() == version.content
    brought = ChangeRequest.objects.filter(version__digest__in=pinned).values_list("reference", flat=True)
    assert {row["approved_by"] for row in rows(files, "versions.json")} == set(brought)
    assert all(row["entry"] is not None for row in rows(files, "versions.json"))


def test_messages_say_to_whom_and_with_what_result_and_never_what_they_said(
    company: Company, signer: notes.Signer, tmp_path: Path
) -> None:
    """D32: the words of messages stay where they may be read."""
    incident = make_incident(company, title="Salaries of Berlin were not paid")
    claims = delivery.claim(ids=list(Message.objects.values_list("pk", flat=True)), at=later(1), worker="one")
    assert claims
    files = pack(incident, signer, tmp_path)
    found = rows(files, "messages.json")
    assert {row["id"] for row in found} == {
        str(key) for key in Message.objects.filter(subject_id=incident.pk).values_list("pk", flat=True)
    }
    assert {row["recipient_id"] for row in found} >= {str(company.responder.pk)}
    tries = [row["attempts"] for row in found if row["attempts"]]
    assert tries and all("started_at" in one and "address" not in one for some in tries for one in some)
    assert b"Salaries" not in files["messages.json"]
    assert not any("token" in row or "context" in row for row in found)


def test_files_are_named_by_their_hashes_and_proven(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    incident = make_acknowledged(company)
    with evidence.keeping([SimpleUploadedFile("log.txt", b"it broke")], at=NOW) as kept:
        (row,) = evidence.add(incident=incident, files=kept, by=company.responder, at=later(5))
    files = pack(incident, signer, tmp_path)
    (said,) = rows(files, "evidence.json")
    assert said["fields"]["sha256"] == row.sha256 and said["fields"]["size"] == 8
    assert not any(b"it broke" in data for data in files.values())


def test_the_end_of_the_escalation_has_a_receipt(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    incident = make_acknowledged(company)
    files = pack(incident, signer, tmp_path)
    entry = AuditEntry.objects.select_related("leaf").get(verb="incident.acknowledged")
    assert f"receipts/{entry.leaf.index}.tlog-proof" in files


def test_a_restricted_incident_is_packed_and_listed(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    with audit.action(actor=None, actor_label="test", reason="classified", at=NOW):
        company.workflow.data_class = "restricted"
        company.workflow.save(update_fields=["data_class"])
    incident = make_incident(company)
    assert incident.is_restricted
    assert json.loads(pack(incident, signer, tmp_path)["incident.json"])["fields"]["is_restricted"] is True
    path = packing.make(tmp_path / "period.zip", signer, "period", **{"from": "2026-03-01", "until": "2026-03-04"})
    listed = json.loads(packing.read(path)["population/incident.json"])
    assert [row["reference"] for row in listed["rows"]] == [incident.reference]
    assert packing.verify(path).code == 0


def test_an_incident_that_the_list_leaves_out_is_found(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    """Its leaf says that it was reported: whoever hides it from the auditor has to hide the leaf, too."""
    for number in range(3):
        make_incident(company, submission_key=f"{number}", at=later(number))
    about = {"from": "2026-03-01", "until": "2026-03-04", "sample": 1, "seed": "s"}
    path = packing.make(tmp_path / "period.zip", signer, "period", **about)
    assert packing.verify(path).code == 0
    hidden = Incident.objects.latest("reference")

    def hide(said: Any) -> None:
        said["rows"] = [row for row in said["rows"] if row["id"] != str(hidden.pk)]

    said = packing.verify(packing.forged(path, packing.change_json("population/incident.json", hide)))
    assert said.failed(f"{hidden.pk} is in the ledger and not in the list")


def test_whoever_was_erased_is_in_no_pack_and_it_holds_all_the_same(
    company: Company, signer: notes.Signer, tmp_path: Path
) -> None:
    """D102: what was done stays proven, who did it has no name."""
    person, incident = canary.live(company)
    erasure.erase_person(person=person, by=make_root(), reason="asked for it", at=later(60))
    path = packing.make(tmp_path / "pack.zip", signer, "incident", key=incident.reference)
    said = packing.verify(path, "--vkey", signer.vkey)
    assert said.code == 0, said.text
    files = packing.read(path)
    words = (canary.FIRST, canary.FAMILY, canary.MAIL, canary.OLD_MAIL, canary.PHONE)
    assert [name for name, data in files.items() for word in words if word in data.decode()] == []


def test_words_that_were_erased_leave_a_pack_that_holds(company: Company, signer: notes.Signer, tmp_path: Path) -> None:
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Ring Mrs Miller at home", by=company.responder, at=later(5))
    entry = AuditEntry.objects.get(verb="incident.plan")
    erasure.erase_words(entries=[entry.pk], by=make_root(), reason="a private address", at=later(60))
    path = packing.make(tmp_path / "pack.zip", signer, "incident", key=incident.reference)
    said = packing.verify(path, "--vkey", signer.vkey)
    assert said.code == 0 and "the words of 0 were erased" not in said.text, said.text
    assert [name for name, data in packing.read(path).items() if b"Mrs Miller" in data] == []


@pytest.mark.thorough
def test_every_incident_and_change_of_the_demo_can_be_packed(signer: notes.Signer, tmp_path: Path) -> None:
    loaded()
    now = timezone.now()
    book.seal(signer, at=now)
    asked = [("incident", row.reference) for row in Incident.objects.all()]
    asked += [("change", row.reference) for row in ChangeRequest.objects.all()]
    assert len(asked) > 25
    left = []
    for kind, key in asked:
        path = tmp_path / f"{uuid.uuid4()}.zip"
        packs.write(kind=kind, about={"key": key}, path=path, at=now)
        said = packing.verify(path, "--vkey", signer.vkey)
        if said.code:
            left.append(f"{key}\n{said.text}")
    assert left == []
    about = {"from": "2020-01-01", "until": now, "sample": 3, "seed": "the auditor's own"}
    packs.write(kind="period", about=about, path=tmp_path / "period.zip", at=now)
    said = packing.verify(tmp_path / "period.zip", "--vkey", signer.vkey)
    assert said.code == 0, said.text
