"""The verification beyond the attacks: each thing that can be wrong by itself, the command, and the export."""

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone, translation

from portal import ids
from portal.audit import findings, notes, receipts, tree, verify
from portal.models import AuditEntry, Checkpoint, Leaf, SigningKey, Subtree, Witness, Witnessing
from tests.portal.kernel import NOW
from tests.portal.ledger import attacks, book, forging, oracle
from tests.portal.ledger.attacks import Past

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(signer: notes.Signer, db: None) -> Iterator[Past]:
    yield Past.made(signer)
    transaction.set_rollback(True)


def found(past: Past, **more: Any) -> list[tuple[str, int | None]]:
    return [(each.kind, each.index) for each in past.verified(**more).findings]


def test_an_empty_ledger_is_good() -> None:
    report = verify.run()
    assert (report.size, report.root, report.is_good) == (0, sha256(b"").hexdigest(), True)


def test_a_stored_subtree_that_is_wrong_or_missing_is_found(past: Past) -> None:
    forging.change(Subtree.objects.get(level=8, index=1), hash="0" * 64)
    assert found(past) == [("subtree", 256)]
    forging.remove(Subtree.objects.get(level=8, index=1))
    assert found(past) == [("subtree", 256)]


def test_a_subtree_that_is_not_complete_yet_is_found(past: Past) -> None:
    forging.insert(Subtree(level=16, index=0, hash="0" * 64))
    assert found(past) == [("subtree", 0)]


def test_a_hash_that_is_none_is_found(past: Past) -> None:
    forging.change(Leaf.objects.get(index=300), hash="nonsense")
    assert {kind for kind, _ in found(past)} == {"changed", "subtree", "root"}


def test_a_checkpoint_whose_columns_say_something_else_than_its_note_is_found(past: Past) -> None:
    last = Checkpoint.objects.latest("id")
    forging.change(last, root="0" * 64)
    assert {kind for kind, _ in found(past)} == {"checkpoint", "root"}
    forging.change(last, root=tree.root(last.size).hex(), note="nonsense")
    (finding,) = past.verified().findings
    assert finding.sentence.startswith(f"The checkpoint of {last.size} entries cannot be read, or its note says")


def test_a_checkpoint_of_nothing_is_found(past: Past) -> None:
    forging.copy_of(Checkpoint.objects.latest("id"), size=0)
    assert {kind for kind, _ in found(past)} == {"checkpoint"}


def test_a_checkpoint_that_is_smaller_than_the_one_before_is_found(past: Past) -> None:
    first = Checkpoint.objects.order_by("id").first()
    assert first is not None
    forging.copy_of(first)
    assert ("order", Checkpoint.objects.order_by("id")[1].size) in found(past)


def test_a_key_that_cannot_be_read_is_found(past: Past) -> None:
    SigningKey.objects.create(vkey="nonsense", made_at=NOW)
    assert found(past) == [("bad_key", None)]


def test_an_entry_that_waits_too_long_is_found(past: Past) -> None:
    (waiting,) = book.write(1, at=past.at)
    written = AuditEntry.objects.get(pk=waiting).request_id.int >> 80
    assert past.verified().is_good == (written / 1000 >= (past.at + timedelta(minutes=4)).timestamp())
    forging.change(AuditEntry.objects.get(pk=waiting), request_id=ids.uuid.UUID(int=7))
    (finding,) = past.verified().findings
    assert (finding.kind, finding.entry) == ("waiting", waiting)
    early = verify.run(at=past.at + timedelta(seconds=30))
    assert early.is_good


def test_a_cosignature_of_another_checkpoint_is_found(past: Past) -> None:
    key = notes.Signer.generate("witness.example/w", notes.COSIGNATURE)
    witness = Witness(name="w", kind="cosign", address="https://w.example", vkey=key.vkey, made_at=NOW)
    forging.insert(witness)
    last = Checkpoint.objects.latest("id")
    text = notes.Note.parse(last.note).text
    line = key.cosign(text, past.at)
    Witnessing.objects.create(witness=witness, checkpoint=last, at=past.at, result="taken", signatures=line)
    report = past.verified()
    assert report.is_good and report.counts["cosignatures"] == 1
    outside = verify.Outside("w", receipts.cosigned(last))
    assert past.verified(checkpoints=[outside], vkeys=[past.signer.vkey, key.vkey]).is_good
    attacks.all_of_it_resigned(past)
    Witnessing.objects.create(
        witness=witness, checkpoint=Checkpoint.objects.latest("id"), at=past.at, result="taken", signatures=line
    )
    assert [kind for kind, _ in found(past)] == ["cosignature"]
    assert {kind for kind, _ in found(past, checkpoints=[outside])} == {"cosignature", "rewritten"}


def test_the_time_of_a_cosignature_counts_where_nobody_says_when_it_was_seen(past: Past) -> None:
    key = notes.Signer.generate("witness.example/w", notes.COSIGNATURE)
    last = Checkpoint.objects.latest("id")
    note = last.note + key.cosign(notes.Note.parse(last.note).text, past.at - timedelta(days=1))
    known = [past.signer.vkey, key.vkey]
    assert {kind for kind, _ in found(past, checkpoints=[verify.Outside("w", note)], vkeys=known)} == {"postdated"}
    assert found(past, checkpoints=[verify.Outside("w", note, past.at)], vkeys=known) == []
    assert found(past, checkpoints=[verify.Outside("w", note)]) == []  # nobody knows that witness


def test_it_tells_how_far_it_is_and_stops_when_asked(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PIECE", 200)
    told: list[tuple[int, int]] = []
    size = tree.size()
    report = past.verified(progress=lambda done, total: told.append((done, total)))
    assert report.is_good and told == [(200, size), (400, size), (600, size), (size, size)]
    stopped = past.verified(stop=lambda: True)
    assert (stopped.size, stopped.is_complete, stopped.is_good) == (200, False, False)


def test_the_pieces_do_not_matter(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    attacks.removed(past)
    at_once = sorted(found(past), key=str)
    monkeypatch.setattr(verify, "PIECE", 7)
    assert sorted(found(past), key=str) == at_once


def test_a_wide_gap_is_one_finding(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PIECE", 100)
    last = Leaf.objects.latest("index")
    forging.forge('UPDATE portal_leaf SET "index" = %s WHERE "index" = %s', 10**15, last.index)
    report = past.verified()
    assert [(each.kind, dict(each.facts)) for each in report.findings] == [
        ("gap", {"first": last.index, "last": 10**15 - 1})
    ]


def test_many_findings_are_counted_and_some_are_listed(past: Past) -> None:
    forging.forge("UPDATE portal_auditentry SET verb = 'x'")
    report = past.verified()
    assert report.totals["changed"] == report.size
    assert len(report.findings) == findings.MOST
    again = report.as_json(most=3)
    assert len(again["findings"]) == 3
    assert verify.Finding(**again["findings"][0]) == report.findings[0]


def test_findings_speak_the_language_of_the_reader(past: Past) -> None:
    attacks.words_deleted(past)
    (finding,) = past.verified().findings
    with translation.override("de"):
        assert finding.sentence.startswith(f"Die Worte des Eintrags {finding.entry} ")


def test_times_are_those_of_the_reader_also_where_one_cannot_be_read() -> None:
    facts = {"at": "2026-05-13T22:30:05.250000", "signed": "yesterday", "name": "x"}
    finding = verify.Finding("late", 7, 6, facts)
    with translation.override("de"), timezone.override("Europe/Vienna"):
        assert "14. Mai 2026, 00:30:05 CEST" in finding.sentence and "yesterday" in finding.sentence


# The command


def command(*argv: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("audit", *argv, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_the_command_says_what_it_read(past: Past, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(past.outside[0].note)
    asked = ["verify", "--checkpoint", str(tmp_path / "kept"), "--seen", past.outside[0].seen.isoformat()]  # type: ignore[union-attr]
    said, code = command(*asked, "--vkey", past.signer.vkey)
    assert code == 0 and said.endswith(": no findings.\n") and "7 checkpoints, 1 kept outside, root" in said
    attacks.all_of_it_resigned(past)
    said, code = command(*asked)
    assert code == 1 and "are not those that kept saw: the ledger was rewritten." in said
    said, code = command("verify")
    assert code == 0 and "Without --checkpoint nobody can tell" in said


def test_the_full_command_holds_the_tables_against_the_ledger(past: Past) -> None:
    assert command("verify", "--full")[1] == 0
    forging.forge("UPDATE portal_user SET is_staff = NOT is_staff")
    said, code = command("verify", "--full")
    assert code == 1 and ": 1 finding." in said


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--checkpoint", "nowhere"], "nowhere is no checkpoint"),
        (["--seen", "2026-03-12T14:30:00+00:00"], "there are more times than files"),
        (["--vkey", "nonsense"], "A key is written as name"),
    ],
)
def test_the_command_refuses_what_it_cannot_read(argv: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        command("verify", *argv)


def test_the_command_refuses_a_time_without_a_zone(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no time with its zone"):
        command("verify", "--checkpoint", str(tmp_path / "a"), "--seen", "2026-03-12T14:30")


def test_an_export_is_verified_without_the_portal(past: Past, tmp_path: Path) -> None:
    out = tmp_path / "export"
    assert command("export", "--out", str(out))[1] == 0
    leaves = (out / "leaves.txt").read_bytes().split(b"\n")[:-1]
    hashes = (out / "leaf-hashes.txt").read_text().split()
    assert [sha256(b"\0" + leaf).hexdigest() for leaf in leaves] == hashes
    checkpoints = sorted((out / "checkpoints").iterdir(), key=lambda path: int(path.name))
    assert len(checkpoints) == 7 and (out / "vkeys.txt").read_text().split() == [past.signer.vkey]
    for path in checkpoints:
        origin, size, root = path.read_text().split("\n")[:3]
        assert (origin, size) == (past.signer.name, path.name)
        assert base64.b64decode(root) == oracle.root(leaves[: int(size)])
    assert f"The sealed ledger of {past.signer.name}: {len(leaves)} entries." in (out / "README.txt").read_text()
    with pytest.raises(CommandError, match="holds an export already"):
        command("export", "--out", str(out))


def test_an_export_says_when_entries_are_gone(past: Past, tmp_path: Path) -> None:
    attacks.row_deleted(past)
    with pytest.raises(CommandError, match="1 sealed entries are gone"):
        command("export", "--out", str(tmp_path / "export"))
    assert (tmp_path / "export" / "leaves.txt").read_bytes().split(b"\n")[50] == b""
