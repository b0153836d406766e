"""The key that signs: made once, readable by its owner alone, replaced under two signatures."""

import io
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.audit import keys, notes, sequence, tree, verify
from portal.models import AuditEntry, Checkpoint, Heartbeat, Leaf, Message, SigningKey
from portal.services import ledger
from tests.portal.kernel import NOW, make_operator
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db


def run(*argv: str) -> list[str]:
    out = io.StringIO()
    call_command("audit", *argv, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def nowhere(tmp_path: Path, settings: Any) -> Path:
    settings.LEDGER_KEY_FILE = tmp_path / "below" / "ledger.key"
    return tmp_path / "below" / "ledger.key"


def test_a_new_key_is_readable_by_its_owner_alone_and_never_overwritten(nowhere: Path) -> None:
    vkey = run("key", "create", "--name", book.NAME)[0]
    assert stat.S_IMODE(nowhere.stat().st_mode) == 0o600
    assert notes.Verifier.parse(vkey).name == book.NAME
    assert keys.load().vkey == vkey == run("key", "print")[0]
    before = nowhere.read_text()
    with pytest.raises(CommandError, match="key rotate"):
        run("key", "create")
    assert nowhere.read_text() == before


def test_the_name_of_the_log_is_the_site_by_default(nowhere: Path, settings: Any) -> None:
    run("key", "create")
    assert keys.load().name == f"{settings.SITE.netloc}/ledger"


@pytest.mark.parametrize("name", ["two words", "a+b", "line\nbreak"])
def test_a_name_that_no_key_can_have_is_refused(nowhere: Path, name: str) -> None:
    with pytest.raises(CommandError):
        run("key", "create", "--name", name)
    assert not nowhere.exists()


def test_both_keys_sign_the_checkpoint_between_them(key_file: Path, signer: notes.Signer) -> None:
    book.write(3)
    book.seal(signer)
    vkey = run("key", "rotate")[0]
    fresh = keys.load()
    assert fresh.vkey == vkey != signer.vkey and fresh.name == signer.name
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    note = notes.Note.parse(Checkpoint.objects.latest("id").note)
    for known in (signer, fresh):
        assert note.verified([notes.Verifier.parse(known.vkey)])
    assert set(SigningKey.objects.values_list("vkey", flat=True)) == {signer.vkey, fresh.vkey}
    assert fresh.vkey in AuditEntry.objects.filter(verb="ledger.key_used").latest("id").payload.content
    book.seal(fresh)
    assert Checkpoint.objects.latest("id").size == tree.size() == AuditEntry.objects.count()


def test_a_key_of_another_name_begins_another_log_over_the_same_entries(key_file: Path, signer: notes.Signer) -> None:
    book.write(3)
    book.seal(signer)
    run("key", "rotate", "--name", f"{book.NAME}-2")
    fresh = keys.load()
    now = timezone.now()
    book.write(2, at=now)
    book.seal(fresh, at=now)
    note = notes.Note.parse(Checkpoint.objects.latest("id").note)
    assert notes.Checkpoint.parse(note.text).origin == f"{book.NAME}-2"
    assert note.verified([notes.Verifier.parse(fresh.vkey)])
    assert verify.run().findings == []


def test_an_empty_ledger_has_nothing_to_hand_over(key_file: Path) -> None:
    before = key_file.read_text()
    with pytest.raises(CommandError, match="empty"):
        run("key", "rotate")
    assert key_file.read_text() == before
    assert not SigningKey.objects.exists()


def expose(path: Path) -> None:
    path.chmod(0o640)


def spoil(path: Path) -> None:
    path.write_text("PRIVATE+KEY+nothing\n")


def scramble(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


BROKEN = {
    "missing": (os.unlink, "There is no key at"),
    "exposed": (expose, "can be read by others"),
    "no key": (spoil, "holds no key"),
    "no text": (scramble, "cannot be read"),
    "a directory": (make_directory, "cannot be read"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_without_a_usable_key_entries_are_placed_and_operators_told_once(key_file: Path, what: str) -> None:
    operator = make_operator()
    book.write(4)
    secret = key_file.read_text()
    spoiling, sentence = BROKEN[what]
    spoiling(key_file)
    keeper = ledger.Keeper()
    assert keeper.round(at=NOW).count > 0
    for _ in range(3):
        assert not keeper.round(at=NOW).is_signed
    ledger.Keeper().round(at=NOW)  # another clock finds the same
    assert Leaf.objects.count() == AuditEntry.objects.count() and not Checkpoint.objects.exists()
    assert sentence in Heartbeat.objects.get(pk=ledger.PROCESS).detail["problem"]
    told = Message.objects.filter(event="operator.alert", recipient=operator)
    assert {row.channel for row in told} == {"inbox", "email"} and len(told) == 2
    assert sentence in str(told[0].context)

    if key_file.is_dir():
        key_file.rmdir()
    key_file.unlink(missing_ok=True)
    key_file.write_text(secret)
    key_file.chmod(0o600)
    while keeper.round(at=NOW).count:
        pass
    assert Checkpoint.objects.latest("id").size == tree.size()
    assert Heartbeat.objects.get(pk=ledger.PROCESS).detail == {}


def test_a_changed_ledger_is_not_signed_and_operators_are_told(key_file: Path, signer: notes.Signer) -> None:
    from portal import seal

    make_operator()
    book.write(4)
    book.seal(signer)
    with seal.lifted():
        Leaf.objects.filter(pk=0).update(hash="1" * 64)
    book.write(1)
    ledger.Keeper().round(at=NOW)
    assert "not those that were signed" in Heartbeat.objects.get(pk=ledger.PROCESS).detail["problem"]
    assert Message.objects.filter(event="operator.alert").exists()


def test_the_newest_checkpoint_is_printed_and_can_be_made_now(key_file: Path, signer: notes.Signer) -> None:
    with pytest.raises(CommandError, match="--now"):
        run("checkpoint")
    book.write(3)
    text = "\n".join(run("checkpoint", "--now")) + "\n"
    said = notes.Checkpoint.parse(notes.Note.parse(text).text)
    assert said.size == tree.size() == AuditEntry.objects.count()
    assert notes.Note.parse(text).verified([notes.Verifier.parse(signer.vkey)])
    assert "\n".join(run("checkpoint")) + "\n" == text


def test_receipts_and_growth_are_printed(key_file: Path, signer: notes.Signer, tmp_path: Path) -> None:
    entries = book.write(9)
    book.seal(signer)
    run("prove", str(entries[4]), "--out", str(tmp_path / "receipt"))
    assert (tmp_path / "receipt").read_text().startswith("c2sp.org/tlog-proof@v1\n")
    assert len(run("prove", "--from", "4", "--to", "8")) == 1  # one subtree was added
    for wrong in (["prove"], ["prove", "1", "--from", "1"], ["prove", "999999"], ["prove", "--from", "9", "--to", "4"]):
        with pytest.raises(CommandError):
            run(*wrong)


def test_one_round_of_the_clock_seals(key_file: Path) -> None:
    book.write(2)
    out = io.StringIO()
    call_command("clock", "--once", stdout=out)
    assert "sealed" in out.getvalue()
    assert tree.size() == AuditEntry.objects.count() == Checkpoint.objects.latest("id").size
    assert sequence.Sequencer().seal(None).count == 0
