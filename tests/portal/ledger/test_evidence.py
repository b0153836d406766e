"""Evidence packs: what they hold, how they are made, and that an auditor without the portal can check them (D75)."""

import ast
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from governance.models import ChangeRequest
from portal import access, audit, evidence, roles, seal
from portal.audit import notes
from portal.evidence import words
from portal.models import AuditEntry, AuditPayload
from portal.models.ledger import Checkpoint, Witness, Witnessing
from tests.factories_governance import NOW, make_person
from tests.governance.governing import Governed, make_governed, propose, say, through
from tests.portal.ledger import book, packing
from tests.portal.ledger.packing import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: Any) -> None:
    """Nobody seals while a test waits."""
    monkeypatch.setattr("portal.evidence.packs.PAUSE", 0)


@pytest.fixture
def governed(db: None) -> Governed:
    return make_governed()


@pytest.fixture
def change(governed: Governed) -> ChangeRequest:
    """Decided by the board: one objected first, then two agreed."""
    change = propose(governed)
    change = say(change, "abstain", governed.three, rationale="I was away.")
    return through(change)


@pytest.fixture
def pack(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> Path:
    return packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)


def test_a_pack_is_checked_where_nothing_is_installed(pack: Path, tmp_path: Path, signer: notes.Signer) -> None:
    """The pack's own copy of the verifier, from its own folder, with no module of anybody to import."""
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    command = [sys.executable, "-I", "-S", "verify.py", "--vkey", signer.vkey]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "OK      Everything holds." in done.stdout
    assert "5 of 5 rows are proven." in next(line for line in done.stdout.splitlines() if "votes.json" in line)
    assert "FAILED" not in done.stdout and "WARNING" not in done.stdout
    assert f"{book.NAME}: {Checkpoint.objects.latest('id').size} entries" in done.stdout


def test_the_verifier_needs_the_standard_library_of_python_3_8_alone(pack: Path) -> None:
    program = packing.read(pack)["verify.py"]
    assert program == words.program()
    tree = ast.parse(program, feature_version=(3, 8))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([item.name for item in node.names] if isinstance(node, ast.Import) else [node.module or "."])
    }
    assert names <= set(sys.stdlib_module_names)


def test_the_same_state_gives_the_same_bytes(
    pack: Path, change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    again = packing.make(tmp_path / "again.zip", signer, "change", key=change.reference)
    assert again.read_bytes() == pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert pack.stat().st_mode & 0o777 == 0o600


def test_a_key_from_the_pack_itself_is_called_no_proof(pack: Path) -> None:
    said = packing.verify(pack)
    assert said.code == 0
    assert "does NOT prove who" in said.text and "--vkey VKEY" in said.text


def test_the_key_of_another_ledger_is_refused(pack: Path) -> None:
    other = notes.Signer.generate(book.NAME)
    assert packing.verify(pack, "--vkey", other.vkey).failed("checkpoint.txt")


def test_progress_and_figures_are_told(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> None:
    book.seal(signer)
    told: list[tuple[int, int]] = []
    path = tmp_path / "pack.zip"
    done = evidence.write(
        kind="change",
        about={"key": change.reference},
        path=path,
        at=LATER,
        progress=lambda done, total: told.append((done, total)),
    )
    entries = packing.read(path)["entries.jsonl"].count(b"\n")
    assert told[-1] == (entries, entries) and entries > 20
    assert done["title"] == f"change {change.reference}" and done["bytes"] == path.stat().st_size
    assert done["files"] == len(packing.read(path))


# What is refused


@pytest.mark.parametrize(
    ("kind", "about", "sentence"),
    [
        ("change", {"key": "CHG-1999-0001"}, "There is no “CHG-1999-0001”"),
        ("incident", {}, "There is no “”"),
        ("board", {"key": "x"}, "There are no evidence packs of “board”"),
        ("publication", {"key": "x"}, "There are no evidence packs of “publication”"),
        ("period", {"from": "2026-03-02", "until": "2026-03-02"}, "ends before it begins"),
        ("period", {"from": "2026-03-03", "until": "2026-03-02"}, "ends before it begins"),
        ("period", {"from": "2027-03-01", "until": "2027-03-02"}, "lies in the future"),
        ("period", {"from": "yesterday", "until": "2026-03-02"}, "Say from when until when"),
        ("period", {"from": "2026-02-31", "until": "2026-03-02"}, "Say from when until when"),
        ("period", {"until": "2026-03-02"}, "Say from when until when"),
        ("period", {"from": "2026-03-01", "until": "2026-03-05", "sample": 3}, "State a seed"),
        ("period", {"from": "2026-03-01", "until": "2026-03-05", "sample": "many"}, "a number from 0 to 1000"),
        ("period", {"from": "2026-03-01", "until": "2026-03-05", "sample": -1}, "a number from 0 to 1000"),
        ("period", {"from": "2026-03-01", "until": "2026-03-05", "sample": 1, "seed": "x" * 201}, "at most 200"),
        ("change", {"key": "", "checkpoint": "nonsense"}, "There is no “”"),
    ],
)
def test_what_cannot_be_packed_is_refused_in_a_sentence(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path, kind: str, about: dict[str, Any], sentence: str
) -> None:
    book.seal(signer)
    with pytest.raises(evidence.CannotPack, match=sentence):
        evidence.write(kind=kind, about=about, path=tmp_path / "pack.zip", at=LATER)
    assert not list(tmp_path.glob("*pack.zip*")) and not list(tmp_path.glob(".*"))


def test_a_checkpoint_that_is_none_or_goes_further_is_refused(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    book.seal(signer)
    text = notes.Checkpoint(book.NAME, 10**6, b"x" * 32).text
    for note, sentence in (("nonsense", "This is no checkpoint"), (f"{text}\n{signer.line(text)}", "1000000 entries")):
        about = {"key": change.reference, "checkpoint": note}
        with pytest.raises(evidence.CannotPack, match=sentence):
            evidence.write(kind="change", about=about, path=tmp_path / "pack.zip", at=LATER)
    assert not list(tmp_path.glob("*pack.zip*"))


def test_what_is_not_signed_yet_is_not_packed(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    about = {"key": change.reference}
    with pytest.raises(evidence.NotSealed, match="not in the signed ledger|Not everything"):
        evidence.write(kind="change", about=about, path=path, at=LATER)
    book.seal(signer)
    with audit.action(actor=None, actor_label="test", reason="a word more", at=NOW) as action:
        action.record(verb="change.commented", target=change)
    whole = {"from": NOW - timedelta(days=1), "until": LATER}
    for kind, asked in (("change", about), ("period", whole)):
        with pytest.raises(evidence.NotSealed):
            evidence.write(kind=kind, about=asked, path=path, at=LATER)
    assert not path.exists() and not list(tmp_path.glob(".*"))


def test_the_refusal_is_in_the_language_of_whoever_asked(change: ChangeRequest, tmp_path: Path) -> None:
    with override("de"), pytest.raises(evidence.NotSealed, match="unterschriebenen Prüfbuch"):
        evidence.write(kind="change", about={"key": change.reference}, path=tmp_path / "p.zip", at=LATER)


def test_only_auditors_and_admins_may_have_packs(
    governed: Governed, change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    book.seal(signer)
    path, about = tmp_path / "pack.zip", {"key": change.reference}
    for person in (governed.author, governed.one, make_person("reporter", role=roles.REPORTER)):
        with pytest.raises(access.Refused, match="Only auditors"):
            evidence.write(kind="change", about=about, path=path, at=LATER, by=person)
    assert not path.exists()
    book.seal(signer)
    allowed = (
        make_person("aki", role=roles.AUDITOR),
        make_person("ada", role=roles.ADMIN),
        make_person("root", is_staff=True, is_superuser=True),
    )
    book.seal(signer)
    for person in allowed:
        evidence.write(kind="change", about=about, path=path, at=LATER, by=person)
        assert json.loads(packing.read(path)["manifest.json"])["made_by"] == person.name


# What was erased


def test_erased_words_leave_a_pack_that_holds(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> None:
    """The entries stay proven, what their words would have proven is said to be gone."""
    gone = erase(AuditEntry.objects.filter(target_id=str(change.pk), verb="change.reviewed"))
    with audit.action(actor=None, actor_label="test", reason="asked to be forgotten", at=LATER) as action:
        action.record(verb="ledger.erased", target=change.requested_by, data={"entries": gone})
    pack = packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)
    said = packing.verify(pack)
    assert said.code == 0
    assert f"the words of {len(gone)} were erased" in said.text


def test_words_that_went_without_an_entry_are_a_finding(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    erase(AuditEntry.objects.filter(target_id=str(change.pk), verb="change.reviewed")[:1])
    pack = packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)
    assert packing.verify(pack).failed("no entry says that they were erased")


def erase(entries: Any) -> list[int]:
    keys = [entry.pk for entry in entries]
    with seal.lifted():
        AuditPayload.objects.filter(pk__in=keys).delete()
    return keys


# What somebody outside has kept


def test_the_pack_continues_a_checkpoint_that_was_kept_outside(
    governed: Governed, signer: notes.Signer, tmp_path: Path
) -> None:
    book.seal(signer, at=NOW)
    kept = tmp_path / "kept.txt"
    kept.write_text(Checkpoint.objects.latest("id").note)
    change = through(propose(governed))
    about = {"key": change.reference, "checkpoint": kept.read_text()}
    pack = packing.make(tmp_path / "pack.zip", signer, "change", **about)
    said = packing.verify(pack, "--vkey", signer.vkey, "--checkpoint", str(kept))
    assert said.code == 0 and "The ledger continues what it was at" in said.text

    without = packing.make(tmp_path / "without.zip", signer, "change", key=change.reference)
    said = packing.verify(without, "--vkey", signer.vkey, "--checkpoint", str(kept))
    assert said.code == 2 and "the pack has no proof from" in said.text


def test_a_ledger_that_was_rewritten_is_found_by_a_checkpoint_kept_outside(
    pack: Path, signer: notes.Signer, tmp_path: Path
) -> None:
    """The thief of the key signs another history of the same length."""
    newest = Checkpoint.objects.latest("id")
    text = notes.Checkpoint(book.NAME, newest.size, b"\1" * 32).text
    kept = tmp_path / "kept.txt"
    kept.write_text(f"{text}\n{signer.line(text)}")
    said = packing.verify(pack, "--vkey", signer.vkey, "--checkpoint", str(kept))
    assert said.failed("kept.txt", "does not continue")
    assert packing.verify(pack, "--checkpoint", str(tmp_path / "nowhere")).code == 2
    assert packing.verify(kept).code == 2


def test_cosignatures_of_witnesses_are_checked(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> None:
    cosigner = notes.Signer.generate("witness.example/w1", 4)
    with audit.action(actor=None, actor_label="test", reason="set up", at=NOW):
        values = {"name": "w1", "kind": "cosign", "address": "https://w.example", "vkey": cosigner.vkey}
        witness = Witness.objects.create(made_at=NOW, **values)
    book.seal(signer)
    taken = cosign(witness, cosigner)
    book.write(3)
    pack = packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)
    said = packing.verify(pack, "--vkey", signer.vkey, "--witness", cosigner.vkey)
    assert said.code == 0 and "cosigned by nobody" in said.text
    assert f"witnessed/{taken.size}.txt: 1 checked. The ledger continues what it was at {taken.size}" in said.text

    cosign(witness, cosigner)
    pack = packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)
    said = packing.verify(pack, "--vkey", signer.vkey, "--witness", cosigner.vkey)
    assert said.code == 0 and "cosigned by witness.example/w1" in said.text

    def spoil(files: packing.Files) -> None:
        lines = files["checkpoint.txt"].decode().splitlines()
        name, blob = lines[-1].split(" ")[1:]
        raw = bytearray(notes.from_base64(blob))
        raw[20] ^= 1
        files["checkpoint.txt"] = "\n".join([*lines[:-1], f"— {name} {notes.to_base64(bytes(raw))}", ""]).encode()

    said = packing.verify(packing.forged(pack, spoil), "--witness", cosigner.vkey)
    assert said.failed("the signature of witness.example/w1 is wrong")


def cosign(witness: Witness, cosigner: notes.Signer) -> Checkpoint:
    """`witness` has taken the newest checkpoint."""
    checkpoint = Checkpoint.objects.latest("id")
    line = cosigner.cosign(notes.Note.parse(checkpoint.note).text, NOW)
    Witnessing.objects.create(witness=witness, checkpoint=checkpoint, at=NOW, result="taken", signatures=line)
    return checkpoint


# From the command line


def test_the_command_writes_a_pack(change: ChangeRequest, signer: notes.Signer, tmp_path: Path, capsys: Any) -> None:
    book.seal(signer)
    path = tmp_path / "pack.zip"
    call_command("audit", "pack", "change", change.reference, out=path)
    said = capsys.readouterr().out
    assert f"change {change.reference}" in said and "personal data" in said
    assert packing.verify(path).code == 0
    call_command("audit", "pack", "period", begin="2026-03-01", until="2026-03-05", sample=1, seed="s", out=path)
    assert packing.verify(path).code == 0
    with pytest.raises(CommandError, match="There is no “CHG-1”"):
        call_command("audit", "pack", "change", "CHG-1", out=tmp_path / "other.zip")
