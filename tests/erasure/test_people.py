"""Erasing a person: afterwards nobody learns from the database who it was, and what was done is still proven."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from portal import access, audit, history, roles
from portal.audit import leaves
from portal.models import AuditEntry, AuditPayload, ContactMethod, User
from portal.reads import completeness
from portal.services import erasure, hold, leaving, personal, traces
from tests.erasure import canary
from tests.factories_governance import PASSWORD, Company, make_person
from tests.factories_incidents import later, make_incident, make_root, violations

pytestmark = pytest.mark.django_db
WORDS = (canary.FIRST, canary.FAMILY, canary.MAIL, canary.OLD_MAIL, canary.PHONE)
WHY = "asked for it"


def gone(company: Company) -> User:
    """Somebody who has left."""
    leaving.deactivate(person=company.responder, by=make_root(), reason="has another job", at=later(1))
    return User.objects.get(pk=company.responder.pk)


def erase(person: User, by: User | None = None, reason: str = WHY) -> User:
    return erasure.erase_person(person=person, by=by or make_root(), reason=reason, at=later(60))


def refused(error: type[Exception], sentence: str, call: Any) -> None:
    """`call` is refused with `sentence`, and no cell of the database is another one."""
    before = sorted(canary.cells())
    with pytest.raises(error, match=sentence):
        call()
    assert sorted(canary.cells()) == before


def digests() -> dict[tuple[str, Any], str]:
    models = [history.model_of(model) for model in history.tracked_models()]
    return {
        (model._meta.db_table, row.history_id): audit.row_digest(row)
        for model in models
        for row in model._base_manager.all()
    }


def test_no_table_names_the_person_afterwards_and_everything_is_still_proven(company: Company) -> None:
    person, incident = canary.live(company)
    before, rows = canary.where(*WORDS), digests()
    proven = {entry.pk: leaves.of(entry) for entry in AuditEntry.objects.all()}
    kept = dict(AuditPayload.objects.values_list("pk", "content"))
    assert {"portal_user.name", "portal_auditpayload.content", "portal_message.context"} <= before
    assert {"incidents_timelineentry.data", "portal_historicaluser.name", "account_emailaddress.email"} <= before
    assert {"incidents_escalationevent.decided_by", "portal_attempt.address"} <= before

    erased = erase(person)
    assert canary.where(*WORDS) == set()
    assert (erased.name, erased.email) == (f"Erased person {person.pk.hex[-4:]}", f"erased-{person.pk.hex}@invalid")
    assert violations() == [] and completeness.check() == []

    told = AuditEntry.objects.get(verb="ledger.erased")
    content = audit_content(told)
    listed = {(table, key) for table, key in content["data"]["history"]}
    assert content["reason"] == WHY and content["data"]["subject"] == f"portal.user {person.pk}"
    lost = set(kept) - set(AuditPayload.objects.values_list("pk", flat=True))
    assert lost == set(content["data"]["entries"])
    assert {pk: leaves.of(entry) for entry in AuditEntry.objects.filter(pk__in=proven) if (pk := entry.pk)} == proven
    now = digests()
    assert {key: now[key] for key in rows if key not in listed} == {k: rows[k] for k in rows if k not in listed}
    assert {table for table, _key in listed} == {
        "portal_historicaluser",
        "portal_historicalcontactmethod",
        "portal_historicalabsence",
        "portal_historicalapitoken",
    }
    pages_open(company, erased, incident)


def audit_content(entry: AuditEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.payload.content)
    return found


def pages_open(company: Company, erased: User, incident: Incident) -> None:
    """What names people shows the neutral name."""
    first = Incident.objects.exclude(pk=incident.pk).get()
    auditor = make_person("auditor", role=roles.AUDITOR)
    for reader, address in (
        (company.second, first.get_absolute_url()),
        (auditor, reverse("trail", args=["incident", first.reference])),
        (auditor, reverse("trail", args=["person", str(erased.pk)])),
        (make_root(), reverse("admin:portal_user_change", args=[erased.pk])),
    ):
        client = Client()
        client.force_login(reader)
        shown = client.get(address)
        assert shown.status_code == 200 and erased.name in shown.content.decode(), address
        assert client.get("/").status_code == 200
    assert not Client().login(username=canary.MAIL, password=PASSWORD)


def test_whoever_is_still_here_is_not_erased(company: Company) -> None:
    root = make_root()
    refused(erasure.NotErasable, "still here. Let them leave first", lambda: erase(company.responder, root))


def test_only_an_administrator_erases(company: Company) -> None:
    person = gone(company)
    auditor = make_person("auditor", role=roles.AUDITOR, is_staff=True)
    bare = make_person("bare", role=roles.ADMIN)
    User.objects.filter(pk=bare.pk).update(is_staff=False)
    for by in (auditor, company.admin, company.lead, User.objects.get(pk=bare.pk)):
        refused(access.Refused, "Your role does not include this", lambda by=by: erase(person, by))


@pytest.mark.parametrize("what", ["person", "everything", "incident"])
def test_a_legal_hold_forbids_it_until_it_is_lifted(company: Company, what: str) -> None:
    incident, root = make_incident(company), make_root()  # its responder is told
    person = gone(company)
    subject = {"person": person, "everything": None, "incident": incident}[what]
    kept = hold.begin(subject=subject, why="case 7/26", by=root, at=later(2))
    refused(hold.Held, r"is kept for legal reasons \(case 7/26\)", lambda: erase(person))
    hold.lift(hold=kept, reason="settled", by=root, at=later(3))
    assert erase(person).is_erased


def test_a_hold_on_what_they_had_nothing_to_do_with_forbids_nothing(company: Company) -> None:
    incident = make_incident(company)
    outsider = company.outsider
    leaving.deactivate(person=outsider, by=make_root(), reason="has another job", at=later(1))
    hold.begin(subject=incident, why="case 7/26", by=make_root(), at=later(2))
    assert erase(User.objects.get(pk=outsider.pk)).is_erased


def test_the_reason_must_not_name_the_person(company: Company) -> None:
    person = gone(company)
    sentence = "Write it without the name and the addresses"
    refused(erasure.NotErasable, sentence, lambda: erase(person, reason=f"mail of {person.email}"))


def test_nobody_is_erased_twice_or_comes_back(company: Company) -> None:
    erased = erase(gone(company))
    refused(erasure.NotErasable, "was erased before", lambda: erase(erased))
    back = {"person": erased, "by": make_root(), "reason": "is back", "at": later(70)}
    refused(leaving.AlreadySo, "Whoever comes back is added anew", lambda: leaving.reactivate(**back))


def test_what_others_typed_stays_and_is_named_before(company: Company) -> None:
    person = company.responder
    with audit.action(actor=make_root(), reason="full name", at=later(0)):
        person.name = canary.NAME
        person.save(update_fields=["name"])
    incident = make_incident(company, title=f"{canary.NAME} cannot sign in")
    entry = AuditEntry.objects.get(target_id=str(incident.pk), verb="incidents.incident.created")
    person = gone(company)
    stays = erasure.preview_person(person).stays
    assert "Incidents: 1 row with words that somebody wrote about them." in stays
    erase(person)
    assert canary.where(canary.FAMILY) >= {"incidents_incident.title", "incidents_historicalincident.title"}
    assert canary.where(canary.FAMILY) <= {
        "incidents_incident.title",
        "incidents_historicalincident.title",
        "incidents_words.words",
        "incidents_words_index.words",
        "incidents_incident.words",
        "portal_auditpayload.content",
    }
    assert AuditPayload.objects.filter(pk=entry.pk).exists() and completeness.check() == []


def test_ways_that_came_after_leaving_are_stopped_too(company: Company) -> None:
    person = gone(company)
    with audit.action(actor=make_root(), reason="by mistake", at=later(3)):
        for method in ContactMethod.objects.filter(user=person):
            method.is_active = True
            method.save(update_fields=["is_active"])
    erase(person)
    methods = list(ContactMethod.objects.filter(user=person))
    assert methods and not any(method.is_active for method in methods)
    assert all(method.address == f"erased-{method.pk.hex}" for method in methods)
    assert completeness.check() == []


def test_a_name_of_one_word_is_replaced_only_where_code_names_a_person() -> None:
    words = traces.Words(["Will", "Ann Lee"], ["will@x.example"], name="Erased person 1f3a", address="gone@invalid")
    said = {"name": "Will", "people": ["Will", "Willow"], "title": "Will", "text": "Ann Lee, Joann Leeds"}
    assert words.replaced(said) == {
        "name": "Erased person 1f3a",
        "people": ["Erased person 1f3a", "Willow"],
        "title": "Will",
        "text": "Erased person 1f3a, Joann Leeds",
    }
    assert words.replaced("To WILL@x.example, not goodwill@x.example.") == "To gone@invalid, not goodwill@x.example."
    assert not words.found("Will it hold? Ann Leery will.")


def test_own_rows_are_those_whose_history_is_tracked() -> None:
    assert all(history.is_tracked(model) for model in personal.OWN)
