"""Erasing the words of single entries: where they are stored they are gone too, and everything else stays proven."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.services import changes, comments
from incidents.models import Evidence, Incident, TimelineText
from incidents.services import evidence, incidents
from portal import access
from portal.models import AuditEntry, AuditPayload, Message
from portal.reads import completeness
from portal.services import erasure, hold
from tests.erasure import canary
from tests.erasure.test_people import refused
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, make_root, violations

pytestmark = pytest.mark.django_db
SECRET = "Mrs Quackenbush of Elm Street 4 is pregnant"


def entry_of(verb: str, **more: Any) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb, **more).latest("pk")


def erase(entry: AuditEntry, reason: str = "a third person") -> erasure.Words:
    return erasure.erase_words(entries=[entry.pk], by=make_root(), reason=reason, at=later(60))


def proven() -> bool:
    return violations() == [] and completeness.check() == []


def noted(company: Company) -> AuditEntry:
    incident = make_incident(company)
    incidents.add_note(incident=incident, text=SECRET, by=company.responder, at=later(1))
    return entry_of("incident.note", target_id=str(incident.pk))


def test_a_note_goes_and_the_timeline_says_so(company: Company) -> None:
    entry = noted(company)
    erase(entry)
    assert canary.where("Quackenbush") == set() and proven()
    told = AuditEntry.objects.get(verb="ledger.erased")
    data = json.loads(told.payload.content)["data"]
    assert entry.pk in data["entries"] and data["subject"] == f"incidents.incident {entry.target_id}"
    assert (told.target_type, told.target_id) == (entry.target_type, entry.target_id)
    client = Client()
    client.force_login(company.responder)
    page = client.get(f"/incidents/{reference(entry)}/").content.decode()
    assert "The words were erased." in page


def reference(entry: AuditEntry) -> str:
    return Incident.objects.get(pk=entry.target_id).reference


def test_a_report_goes_from_incident_history_messages_and_search(company: Company) -> None:
    incident = make_incident(company, title=SECRET, description=f"{SECRET}, says her sister")
    incidents.say_plan(incident=incident, plan="Restart it", by=company.responder, at=later(1))
    assert canary.where("Quackenbush") >= {"incidents_incident.title", "portal_message.context"}
    erase(entry_of("incident.reported", target_id=str(incident.pk)))
    found = fresh(incident)
    assert (found.title, found.description, found.plan) == ("[erased]", "[erased]", "Restart it")
    assert canary.where("Quackenbush", "Elm") == set() and proven()
    assert Message.objects.filter(subject_id=incident.pk).exists()


def test_a_later_plan_is_kept_when_an_earlier_one_goes(company: Company) -> None:
    incident = make_incident(company)
    incidents.say_plan(incident=incident, plan=SECRET, by=company.responder, at=later(1))
    incidents.say_plan(incident=fresh(incident), plan="Restart it", by=company.responder, at=later(2))
    first = AuditEntry.objects.filter(verb="incident.plan").earliest("pk")
    erase(first)
    assert fresh(incident).plan == "Restart it"
    assert canary.where("Quackenbush") == set() and proven()


def test_a_file_leaves_the_disk_and_its_hash_stays(company: Company, django_capture_on_commit_callbacks: Any) -> None:
    incident = make_incident(company)
    path = evidence.path_of("ef" * 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"photo")
    kept = evidence.Kept("Quackenbush.png", "ef" * 32, 5, "image/png")
    (row,) = evidence.add(incident=incident, files=[kept], by=company.responder, at=later(1))
    with django_capture_on_commit_callbacks(execute=True):
        erase(entry_of("evidence.added", target_id=str(row.pk)))
    row = Evidence.objects.get(pk=row.pk)
    assert not path.exists() and (row.name, row.sha256) == ("[erased]", "ef" * 32)
    assert canary.where("Quackenbush") == set() and proven()


def test_a_file_that_another_incident_keeps_stays_on_the_disk(
    company: Company, django_capture_on_commit_callbacks: Any
) -> None:
    path = evidence.path_of("ab" * 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"photo")
    kept = evidence.Kept("photo.png", "ab" * 32, 5, "image/png")
    for minute in (1, 2):
        added = evidence.add(incident=make_incident(company), files=[kept], by=company.responder, at=later(minute))
    with django_capture_on_commit_callbacks(execute=True):
        erase(entry_of("evidence.added", target_id=str(added[0].pk)))
    assert path.exists()


def test_a_comment_and_the_reason_of_a_change_go(company: Company) -> None:
    change = changes.begin(document=company.rubric, by=company.admin, at=later(0), reason=f"Because {SECRET}")
    said = comments.say(change=change, text=SECRET, by=company.admin, at=later(1))
    erase(entry_of("governance.comment.created", target_id=str(said.pk)))
    erase(entry_of("governance.changerequest.created", target_id=str(change.pk)))
    said.refresh_from_db()
    change.refresh_from_db()
    assert said.text == "[erased]" and change.reason == "[erased]"
    assert canary.where("Quackenbush") == set() and proven()


@pytest.mark.parametrize("what", ["incident", "actor", "everything"])
def test_a_legal_hold_forbids_it(company: Company, what: str) -> None:
    entry = noted(company)
    incident = TimelineText.objects.latest("pk").entry.incident
    subject = {"incident": incident, "actor": company.responder, "everything": None}[what]
    hold.begin(subject=subject, why="case 7/26", by=make_root(), at=later(2))
    refused(hold.Held, r"is kept for legal reasons \(case 7/26\)", lambda: erase(entry))


def test_what_tells_of_erasures_and_holds_is_never_erased(company: Company) -> None:
    entry = noted(company)
    erase(entry)
    refused(erasure.NotErasable, "The words of this entry were erased before", lambda: erase(entry))
    refused(erasure.NotErasable, "says what was erased", lambda: erase(entry_of("ledger.erased")))
    hold.lift(
        hold=hold.begin(subject=company.outsider, why="case", by=make_root(), at=later(2)),
        reason="over",
        by=make_root(),
        at=later(3),
    )
    refused(erasure.NotErasable, "kept for legal reasons; it stays", lambda: erase(entry_of("hold.set")))


def test_only_an_administrator_erases_words(company: Company) -> None:
    entry = noted(company)
    for by in (company.responder, company.admin):
        call = {"entries": [entry.pk], "by": by, "reason": "no", "at": later(2)}
        refused(access.Refused, "Your role does not include this", lambda call=call: erasure.erase_words(**call))


def test_the_page_shows_what_goes_asks_why_and_does_it(company: Company) -> None:
    entry, client = noted(company), Client()
    address = reverse("audit-erase", args=[entry.pk])
    client.force_login(make_root())
    shown = client.get(address).content.decode()
    assert "1 entry of the ledger loses its words." in shown and "wrote a note" in shown
    assert f'href="{reverse("audit-entry", args=[entry.pk])}"' in shown  # the way back
    assert client.post(address, {"reason": ""}).status_code == 422
    assert AuditPayload.objects.filter(pk=entry.pk).exists()
    done = client.post(address, {"reason": "a third person"}, follow=True)
    assert "The words of this entry were erased before." in done.content.decode()
    assert not AuditPayload.objects.filter(pk=entry.pk).exists()
    assert client.get(reverse("audit-erase", args=[entry.pk + 10_000])).status_code == 404
