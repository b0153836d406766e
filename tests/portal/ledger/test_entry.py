"""`/audit/<id>/`: one entry in words, its proof checked on the spot, and what can be taken away."""

import json
from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from portal import audit, roles, seal
from portal.audit import merkle, notes, proofs
from portal.models import AuditEntry, AuditPayload, Checkpoint, User
from portal.reads import ledger_entry
from tests.factories_governance import NOW, Company, make_person
from tests.factories_incidents import make_acknowledged, make_incident
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> User:
    return make_person("auditor", role=roles.AUDITOR)


def page(user: User, address: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(address)


def entry_of(incident: Incident, verb: str) -> AuditEntry:
    return AuditEntry.objects.get(verb=verb, target_id=str(incident.pk))


def test_it_says_what_happened_and_that_it_is_what_was_sealed(company: Company, auditor: User, signer: Any) -> None:
    entry = entry_of(make_acknowledged(company), "incident.acknowledged")
    book.seal(signer, at=NOW)
    text = page(auditor, f"/audit/{entry.pk}/").content.decode()
    assert "Responder: took the incident" in text
    assert "Checked just now: this entry is what was sealed" in text
    assert entry.commitment in text and Checkpoint.objects.latest("id").note.splitlines()[2] in text


def test_its_receipt_convinces_somebody_who_has_only_the_key(company: Company, auditor: User, signer: Any) -> None:
    entry = entry_of(make_acknowledged(company), "incident.acknowledged")
    book.seal(signer, at=NOW)
    proof = proofs.Proof.parse(page(auditor, f"/audit/{entry.pk}/receipt/").content)
    leaf = page(auditor, f"/audit/{entry.pk}/leaf/").content
    words = json.loads(page(auditor, f"/audit/{entry.pk}/words/").content)
    vkey = page(auditor, "/audit/key/").content.decode().strip()
    note = notes.Note.parse(proof.note)
    note.verified([notes.Verifier.parse(vkey)])
    signed = notes.Checkpoint.parse(note.text)
    assert page(auditor, "/audit/checkpoint/").content.decode() == proof.note
    merkle.verify_inclusion(
        leaf=merkle.leaf_hash(leaf), index=proof.index, size=signed.size, proof=proof.hashes, root=signed.root
    )
    assert leaf == proof.extra
    assert audit.commitment(words["salt"], words["content"]) == json.loads(leaf)["commitment"] == words["commitment"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_the_path_is_drawn_on_the_sides_from_which_the_root_follows(size: int) -> None:
    leaves = [merkle.leaf_hash(bytes([place])) for place in range(size)]

    def fold(one: Any) -> bytes:
        row = leaves[one.index << one.level : (one.index + 1) << one.level]
        while len(row) > 1:
            row = [merkle.node_hash(row[place], row[place + 1]) for place in range(0, len(row), 2)]
        return row[0]

    for index in range(size):
        hashes = merkle.inclusion(index, size, lambda ranges: {one: fold(one) for one in ranges})
        made = leaves[index]
        for hop in ledger_entry.path(index, size, [each.hex() for each in hashes]):
            beside = bytes.fromhex(hop.hash)
            made = merkle.node_hash(beside, made) if hop.is_left else merkle.node_hash(made, beside)
        assert made == merkle.root(size, lambda ranges: {one: fold(one) for one in ranges})


def test_what_is_not_sealed_yet_says_so_and_has_no_receipt(company: Company, auditor: User) -> None:
    entry = entry_of(make_acknowledged(company), "incident.acknowledged")
    assert "This entry is not sealed yet" in page(auditor, f"/audit/{entry.pk}/").content.decode()
    answer = page(auditor, f"/audit/{entry.pk}/receipt/")
    assert answer.status_code == 409 and "It takes a second or two" in answer.content.decode()
    assert page(auditor, "/audit/checkpoint/").status_code == 404


def test_erased_words_are_gone_and_the_proof_stays(company: Company, auditor: User, signer: Any) -> None:
    entry = entry_of(make_acknowledged(company), "incident.acknowledged")
    with audit.action(actor=company.admin, reason="asked to", at=NOW) as action:
        with seal.lifted():
            AuditPayload.objects.filter(pk=entry.pk).delete()
        data = {"entries": [entry.pk]}
        action.record_many([("ledger.erased", entry.target_type, entry.target_id, data)])
    book.seal(signer, at=NOW)
    text = page(auditor, f"/audit/{entry.pk}/").content.decode()
    erasure = AuditEntry.objects.get(verb="ledger.erased")
    assert "The words of this entry were erased" in text and f'href="/audit/{erasure.pk}/"' in text
    assert "this entry is what was sealed" in text
    assert page(auditor, f"/audit/{entry.pk}/words/").status_code == 404


def test_changed_words_and_a_tree_with_holes_are_said(company: Company, auditor: User, signer: Any) -> None:
    entry = entry_of(make_acknowledged(company), "incident.acknowledged")
    book.seal(signer, at=NOW)
    with seal.lifted():
        AuditPayload.objects.filter(pk=entry.pk).update(content='{"data":null,"history":[],"reason":"else"}')
    text = page(auditor, f"/audit/{entry.pk}/").content.decode()
    assert "this entry is not what was sealed" in text


def test_who_may_see_the_incident_takes_its_receipt_and_others_do_not(company: Company, signer: Any) -> None:
    incident = make_acknowledged(company)
    entry = entry_of(incident, "incident.acknowledged")
    book.seal(signer, at=NOW)
    text = page(company.responder, incident.get_absolute_url()).content.decode()
    assert f'href="/audit/{entry.pk}/receipt/"' in text
    assert page(company.responder, f"/audit/{entry.pk}/receipt/").status_code == 200
    assert page(company.outsider, f"/audit/{entry.pk}/receipt/").status_code == 404
    assert page(company.outsider, f"/audit/{entry.pk}/").status_code == 404
    open_one = make_incident(company)
    assert "/receipt/" not in page(company.responder, open_one.get_absolute_url()).content.decode()


def test_the_trail_leads_auditors_to_proofs(company: Company, auditor: User) -> None:
    incident = make_acknowledged(company)
    entry = entry_of(incident, "incident.acknowledged")
    address = f"/trail/incident/{incident.reference}/"
    assert f'href="/audit/{entry.pk}/"' in page(auditor, address).content.decode()
    assert f'href="/audit/{entry.pk}/"' not in page(company.responder, address).content.decode()


def test_numbers_that_are_none_lead_nowhere(auditor: User) -> None:
    for number in (0, 2**63, 10**40, 999_999):
        assert page(auditor, f"/audit/{number}/").status_code == 404
