"""Administrators name witnesses, and ask for a checkpoint to be given."""

from typing import Any

import pytest
from django.test import Client

from portal.audit import notes
from portal.models import AuditEntry, Heartbeat, User, Witness
from portal.services import witnesses
from tests.portal.kernel import NOW, make_user
from tests.portal.ledger import book
from tests.portal.ledger.witnessing import KEY, make_witness

pytestmark = pytest.mark.django_db
ADD, LIST = "/admin/portal/witness/add/", "/admin/portal/witness/"
LOG_KEY = notes.Signer("portal.example/ledger", bytes(32)).vkey
FIELDS = {"name": "Notary", "kind": "file", "address": "notary.txt", "vkey": "", "is_active": "on", "reason": "outside"}
FIELDS |= {"every_minutes": "60", "alarm_minutes": "1440"}


@pytest.fixture
def admin() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, admin: User, settings: Any) -> Client:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    client.force_login(admin)
    return client


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "mail", "address": "notary@example.com"},
        {"kind": "cosign", "address": "https://127.0.0.1/witness", "vkey": f" {KEY.vkey} "},
    ],
)
def test_a_witness_of_each_kind_is_named(page: Client, fields: dict[str, str]) -> None:
    answer = page.post(ADD, FIELDS | fields)
    assert answer.status_code == 302
    witness = Witness.objects.get()
    assert (witness.kind, witness.vkey) == ((FIELDS | fields)["kind"], (FIELDS | fields)["vkey"].strip())
    assert AuditEntry.objects.filter(target_id=str(witness.pk)).exists()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"address": "../up"}, "address", "plain name without a path"),
        ({"kind": "mail"}, "address", "not an e-mail address"),
        ({"kind": "cosign", "vkey": KEY.vkey}, "address", "https:// address"),
        ({"kind": "cosign", "vkey": KEY.vkey, "address": "http://10.0.0.1"}, "address", "https:// address"),
        ({"kind": "cosign", "vkey": KEY.vkey, "address": "https://10.0.0.1"}, "address", "https:// address"),
        ({"kind": "cosign", "address": "https://127.0.0.1"}, "vkey", "Without its public key"),
        ({"kind": "cosign", "address": "https://127.0.0.1", "vkey": "x"}, "vkey", "copy the whole line"),
        ({"kind": "cosign", "address": "https://127.0.0.1", "vkey": LOG_KEY}, "vkey", "key of a ledger"),
        ({"vkey": KEY.vkey}, "vkey", "Only a cosigning witness"),
        ({"every_minutes": "0"}, "every_minutes", "At least one minute"),
        ({"every_minutes": "60", "alarm_minutes": "59"}, "alarm_minutes", "cannot come before"),
        ({"reason": ""}, "reason", "required"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_kept(
    page: Client, fields: dict[str, str], field: str, words: str
) -> None:
    answer = page.post(ADD, FIELDS | fields)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert any(words in error for error in form.errors[field]), form.errors
    assert form["name"].value() == "Notary" and not Witness.objects.exists()


def test_a_checkpoint_is_asked_for_with_a_reason_and_the_clock_gives_it(
    page: Client, signer: notes.Signer, settings: Any, tmp_path: Any
) -> None:
    settings.WITNESS_DIR = tmp_path
    witness, away = make_witness("file", "w"), make_witness("file", "x", is_active=False)
    book.write(2)
    book.seal(signer)
    assert witnesses.give(witness, NOW) and witnesses.due(NOW) == []
    asked = {"action": "give_now", "_selected_action": [str(witness.pk), str(away.pk)]}
    page.post(LIST, asked | {"reason": ""})
    assert witnesses.due(NOW) == []
    answer = page.post(LIST, asked | {"reason": "the auditors are here"}, follow=True)
    assert "within seconds" in answer.content.decode()
    assert witnesses.due(NOW) == [witness] and Heartbeat.objects.filter(pk=f"witness {away.pk}").count() == 0
    assert witnesses.give(witness, NOW)


def test_what_a_witness_was_is_not_changed_once_it_has_answered(
    page: Client, signer: notes.Signer, settings: Any, tmp_path: Any
) -> None:
    settings.WITNESS_DIR = tmp_path
    witness = make_witness("file", "w", name="Notary")
    book.write(2)
    book.seal(signer)
    assert witnesses.give(witness, NOW)
    address = f"{LIST}{witness.pk}/change/"
    assert page.get(address).status_code == 200
    assert page.post(address, FIELDS | {"address": "other", "every_minutes": "30"}).status_code == 302
    witness.refresh_from_db()
    assert (witness.address, witness.every_minutes) == ("w", 30)


def test_lists_show_how_far_each_knows_the_ledger(
    page: Client, signer: notes.Signer, settings: Any, tmp_path: Any
) -> None:
    settings.WITNESS_DIR = tmp_path
    witness = make_witness("file", "w")
    assert "nothing yet" in page.get(LIST).content.decode()
    book.write(2)
    book.seal(signer)
    given = witnesses.give(witness, NOW)
    assert given is not None
    assert f"{given.checkpoint.size} entries" in page.get(LIST).content.decode()
    for name in ("witnessing", "checkpoint", "signingkey"):
        assert page.get(f"/admin/portal/{name}/").status_code == 200
        assert page.get(f"/admin/portal/{name}/add/").status_code == 403
    assert page.get(f"/admin/portal/witnessing/{given.pk}/change/").status_code == 200
