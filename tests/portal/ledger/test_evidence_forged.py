"""Whoever changes an evidence pack is found out, and the verifier names the place; the manifest is made to fit."""

import contextlib
import hashlib
import io
import json
import random
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.models import ChangeRequest
from portal.audit import notes
from portal.evidence import words
from portal.models.ledger import Checkpoint
from tests.factories_governance import NOW
from tests.governance.governing import make_governed, propose, say, through
from tests.portal.ledger import book, packing
from tests.portal.ledger.packing import Edit, Files, change_json, change_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(db: None) -> ChangeRequest:
    governed = make_governed()
    return through(say(propose(governed), "abstain", governed.three, rationale="I was away."))


@pytest.fixture
def pack(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> Path:
    """Of a change; the ledger has grown since a checkpoint that the pack continues."""
    book.seal(signer)
    kept = Checkpoint.objects.latest("id").note
    book.write(5)
    return packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference, checkpoint=kept)


@pytest.fixture
def period(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> Path:
    about = {"from": NOW - timedelta(days=1), "until": NOW + timedelta(hours=1), "sample": 1, "seed": "s"}
    return packing.make(tmp_path / "period.zip", signer, "period", **about)


def held(path: Path, cases: dict[str, tuple[Edit, tuple[str, ...]]], *more: str) -> list[str]:
    """Names of the forgeries that the verifier lets pass, or whose place it does not name."""
    left = []
    for name, (edit, places) in cases.items():
        said = packing.verify(packing.forged(path, edit), *more)
        if not said.failed(*places):
            left.append(f"{name}: {said.code}\n{said.text}")
    return left


def with_vote(edit: Any) -> Edit:
    """`edit` of the last verdict, which approved."""
    return change_json("votes.json", lambda said: edit(said["rows"][-1]))


def of_vote(files: Files) -> int:
    index: int = json.loads(files["votes.json"])["rows"][-1]["entry"]
    return index


def without_entry(files: Files) -> None:
    index = of_vote(files)
    change_lines("entries.jsonl", lambda rows: rows.remove(next(row for row in rows if row["index"] == index)))(files)


def other_words(files: Files) -> None:
    index = of_vote(files)

    def edit(rows: list[Any]) -> None:
        row = next(row for row in rows if row["index"] == index)
        row["payload"]["content"] = row["payload"]["content"].replace('"approve"', '"veto"')

    change_lines("entries.jsonl", edit)(files)


def silent(files: Files) -> None:
    """The words are said to be erased."""
    index = of_vote(files)

    def edit(rows: list[Any]) -> None:
        next(row for row in rows if row["index"] == index)["payload"] = "erased"

    change_lines("entries.jsonl", edit)(files)


def other_leaf(files: Files) -> None:
    """Somebody else did it, and entry and row agree about that."""
    rows = json.loads(files["votes.json"])["rows"]
    mine, theirs = rows[-1]["leaf"]["actor"], rows[-2]["leaf"]["actor"]
    files["entries.jsonl"] = files["entries.jsonl"].replace(mine.encode(), theirs.encode())
    files["votes.json"] = files["votes.json"].replace(mine.encode(), theirs.encode())


def other_past(files: Files) -> None:
    """A row of the history tells another story, and its digest fits."""

    def edit(rows: list[Any]) -> None:
        row = rows[-1]
        row["text"] = row["text"].replace("because", "therefore").replace('"reason":"', '"reason":"not ')
        row["digest"] = hashlib.sha256(row["text"].encode()).hexdigest()

    change_lines("history.jsonl", edit)(files)


def other_state(files: Files) -> None:
    """A row of the history of one change is given out for one of another change."""

    def edit(rows: list[Any]) -> None:
        some = [row for row in rows if row["label"] == "governance.changerequest"]
        mine = max(some, key=lambda row: row["id"])
        other = next(row for row in some if row["object"] != mine["object"])
        rows.append(mine | {"object": other["object"]})

    change_lines("history.jsonl", edit)(files)


def other_log(files: Files) -> None:
    """The row of one verdict is given out for another one."""

    def edit(rows: list[Any]) -> None:
        one, two = [row for row in rows if row["label"] == "governance.review"][:2]
        one["object"] = two["object"]

    change_lines("history.jsonl", edit)(files)


def other_document(files: Files) -> None:
    name = f"documents/{json.loads(files['change.json'])['document']}.json"
    files[name] = files[name].replace(b"person", b"robot")


def renamed_document(files: Files) -> None:
    """Another text under its own name, and whatever spoke of the old one speaks of it."""
    digest = json.loads(files["change.json"])["document"]
    text = files.pop(f"documents/{digest}.json").replace(b"person", b"robot")
    new = hashlib.sha256(text).hexdigest()
    for name in ("change.json", "changes.json", "versions.json", "votes.json"):
        files[name] = files[name].replace(digest.encode(), new.encode())
    files[f"documents/{new}.json"] = text


def no_receipt(files: Files) -> None:
    del files[f"receipts/{of_vote(files)}.tlog-proof"]


def other_receipt(files: Files) -> None:
    name = f"receipts/{of_vote(files)}.tlog-proof"
    lines = files[name].decode().split("\n")
    lines[3] = notes.to_base64(b"\3" * 32)
    files[name] = "\n".join(lines).encode()


def swapped_receipts(files: Files) -> None:
    one, two = sorted(name for name in files if name.startswith("receipts/"))[:2]
    files[one], files[two] = files[two], files[one]


def signed_by(signer: notes.Signer, **changed: Any) -> Edit:
    """The checkpoint, and every receipt with it, signed by `signer`."""

    def edit(files: Files) -> None:
        old = files["checkpoint.txt"].decode()
        said = notes.Checkpoint.parse(notes.Note.parse(old).text)
        text = notes.Checkpoint(**{"origin": said.origin, "size": said.size, "root": said.root} | changed).text
        new = f"{text}\n{signer.line(text)}"
        files["checkpoint.txt"] = new.encode()
        for name in files:
            if name.startswith("receipts/"):
                files[name] = files[name].replace(old.encode(), new.encode())
        keys = json.loads(files["keys.json"])
        keys["ledger"] = [{"vkey": signer.vkey}]
        files["keys.json"] = json.dumps(keys).encode()

    return edit


def test_each_forgery_of_a_pack_is_found_and_its_place_is_named(
    pack: Path, signer: notes.Signer, change: ChangeRequest
) -> None:
    digest = change.version.digest
    assert change.version.based_on is not None
    other = change.version.based_on.digest

    def spare(row: Any) -> None:
        del row["entry"], row["fields"]

    cases: dict[str, tuple[Edit, tuple[str, ...]]] = {
        "an entry removed": (without_entry, ("votes.json row",)),
        "its words changed": (other_words, ("entries.jsonl line",)),
        "its words said to be erased": (silent, ("entries.jsonl line",)),
        "its actor changed": (other_leaf, ("entries.jsonl line",)),
        "its place changed": (
            change_lines("entries.jsonl", lambda rows: rows[3].update(index=rows[3]["index"] + 1)),
            ("entries.jsonl line 4",),
        ),
        "a line of the history changed": (other_past, ("history.jsonl line",)),
        "a state taken from another change": (other_state, ("history.jsonl line",)),
        "a verdict taken from another one": (other_log, ("history.jsonl line",)),
        "a column left out": (
            change_json("change.json", lambda said: said["fields"].pop("state")),
            ("change.json row 1",),
        ),
        "a verdict on another text": (
            with_vote(lambda row: row.update(data=row["data"] | {"digest": other}, document=other)),
            ("votes.json row 5",),
        ),
        "a verdict turned round": (
            with_vote(lambda row: row.update(data=row["data"] | {"verdict": "veto"})),
            ("votes.json row 5",),
        ),
        "a verdict of somebody else": (
            with_vote(lambda row: row.update(fields=row["fields"] | {"by_id": "somebody"})),
            ("votes.json row 5",),
        ),
        "a verdict that nothing proves": (with_vote(spare), ("votes.json row 5",)),
        "a verdict left out": (change_json("votes.json", lambda said: said["rows"].pop()), ("votes.json: entry",)),
        "the state of the change": (
            change_json("change.json", lambda said: said["fields"].update(state="rejected")),
            ("change.json row 1",),
        ),
        "a version under another number": (
            change_json("versions.json", lambda said: said["rows"][-1]["fields"].update(number=9)),
            ("versions.json row",),
        ),
        "a document changed": (other_document, ("documents/",)),
        "a document exchanged": (renamed_document, ("votes.json row", "versions.json row")),
        "a document removed": (lambda files: files.pop(f"documents/{digest}.json") and None, ("votes.json row",)),
        "a receipt removed": (no_receipt, ("votes.json row 5",)),
        "a receipt changed": (other_receipt, ("receipts/",)),
        "receipts exchanged": (swapped_receipts, ("receipts/",)),
        "signed by another key": (signed_by(notes.Signer.generate(book.NAME)), ("checkpoint.txt",)),
        "another root, signed with the stolen key": (signed_by(signer, root=b"\4" * 32), ("entries.jsonl line 1",)),
        "another size, signed with the stolen key": (signed_by(signer, size=7), ("entries.jsonl line",)),
        "nonsense instead of entries": (lambda files: files.update({"entries.jsonl": b"[]\n"}), ("entries.jsonl",)),
        "no history": (lambda files: files.pop("history.jsonl") and None, ("history.jsonl",)),
    }
    assert held(pack, cases, "--vkey", signer.vkey) == []


def test_a_proof_of_growth_that_was_changed_is_found(pack: Path, signer: notes.Signer, tmp_path: Path) -> None:
    files = packing.read(pack)
    name = next(name for name in files if name.startswith("consistency/"))
    old = Checkpoint.objects.get(size=int(name.split("/")[1].split("-")[0]))
    kept = tmp_path / "kept.txt"
    kept.write_text(old.note)
    assert packing.verify(pack, "--vkey", signer.vkey, "--checkpoint", str(kept)).code == 0

    def edit(files: Files) -> None:
        files[name] = files[name].replace(files[name].splitlines()[0], notes.to_base64(b"\5" * 32).encode())

    said = packing.verify(packing.forged(pack, edit), "--vkey", signer.vkey, "--checkpoint", str(kept))
    assert said.failed("kept.txt")


def test_each_forgery_of_a_period_is_found_and_its_place_is_named(period: Path, signer: notes.Signer) -> None:
    leaves = "ledger/leaves.txt"

    def lines(edit: Any) -> Edit:
        def apply(files: Files) -> None:
            rows = files[leaves].splitlines(keepends=True)
            edit(rows)
            files[leaves] = b"".join(rows)

        return apply

    def unreported(files: Files) -> None:
        """A change and its leaves are left out together."""
        gone = json.loads(files["population/change.json"])["rows"][-1]
        change_json("population/change.json", lambda said: said["rows"].pop())(files)
        lines(lambda rows: rows.__setitem__(slice(None), [row for row in rows if gone["id"].encode() not in row]))(
            files
        )

    def invented(said: Any) -> None:
        said["rows"].append(said["rows"][0] | {"id": "019c0000-0000-7000-8000-000000000000"})

    def redrawn(said: Any) -> None:
        said["seed"] = "chosen to please"
        said["drawn"]["change"] = said["drawn"]["change"][:1]

    cases: dict[str, tuple[Edit, tuple[str, ...]]] = {
        "a leaf left out": (lines(lambda rows: rows.pop(40)), (leaves,)),
        "the last leaf left out": (lines(lambda rows: rows.pop()), (leaves,)),
        "a leaf written twice": (lines(lambda rows: rows.append(rows[-1])), (leaves,)),
        "leaves in another order": (lines(lambda rows: rows.reverse()), (leaves,)),
        "a change and its leaves left out": (unreported, (leaves,)),
        "a change left out of the list": (
            change_json("population/change.json", lambda said: said["rows"].pop()),
            ("population/change.json",),
        ),
        "a publication left out of the list": (
            change_json("population/publication.json", lambda said: said["rows"].pop(0)),
            ("population/publication.json",),
        ),
        "a change invented": (change_json("population/change.json", invented), ("population/change.json",)),
        "a sample by another seed": (
            change_json("sample.json", lambda said: said["drawn"]["change"][0].update(id="x")),
            ("sample.json",),
        ),
        "a start that is not that of the ledger": (
            change_json("ledger/period.json", lambda said: said.update(start=1, hashes=["00" * 32])),
            ("ledger/leaves.txt",),
        ),
        "an end by another key": (
            lambda files: files.update({"ledger/end.txt": b"x\n1\n" + b"A" * 43 + b"=\n\n"}),
            ("ledger/leaves.txt",),
        ),
    }
    assert held(period, cases, "--vkey", signer.vkey) == []


@pytest.mark.thorough
def test_one_byte_changed_in_any_file_is_found_and_the_file_is_named(
    pack: Path, period: Path, signer: notes.Signer
) -> None:
    left = []
    for path in (pack, period):
        files = packing.read(path)
        for name, data in files.items():
            place = data.index(b'"sha256": "') + 15 if name == "manifest.json" else len(data) // 2
            one = bytes([data[place] ^ 1])
            packing.write(path.with_name("spoilt.zip"), files | {name: data[:place] + one + data[place + 1 :]})
            said = packing.verify(path.with_name("spoilt.zip"), "--vkey", signer.vkey)
            if not said.failed("is not the file that was packed" if name == "manifest.json" else name):
                left.append(f"{name}\n{said.text}")
    assert left == []


def test_a_file_more_or_less_is_found(pack: Path) -> None:
    files = packing.read(pack)
    more = packing.write(pack.with_name("more.zip"), files | {"letter.txt": b"trust me"})
    assert packing.verify(more).failed("letter.txt: is not a part of the pack")
    del files["people.json"]
    assert packing.verify(packing.write(pack.with_name("less.zip"), files)).failed("people.json: is missing")


@pytest.mark.thorough
def test_no_damage_makes_the_verifier_break_down(pack: Path, monkeypatch: Any) -> None:
    """Whatever stands in a pack, it says what does not hold; a pack whose proofs are damaged never holds."""
    program: dict[str, Any] = {"__name__": "verify", "__file__": "verify.py"}
    exec(compile(words.program(), "verify.py", "exec"), program)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    files, chance, codes = packing.read(pack), random.Random(7), set()
    names = [name for name in files if not name.endswith((".txt", ".py"))] + ["checkpoint.txt"]
    for _ in range(300):
        name = chance.choice(names)
        data = bytearray(files[name])
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 4)] = bytes(chance.choices(b'{}[]",:0129aeflnrtu\\\xff\n', k=2))
        spoilt = files | {name: bytes(data)}
        if name != "manifest.json":
            packing.adjust(spoilt)
        path = packing.write(pack.with_name("spoilt.zip"), spoilt)
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path)])
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
            codes.add(program["main"]())
    assert codes <= {0, 1} and 1 in codes  # 0: what was changed is what nothing claims to prove


def test_a_damaged_archive_is_no_pack(pack: Path) -> None:
    whole = pack.read_bytes()
    pack.with_name("cut.zip").write_bytes(whole[: len(whole) // 2])
    assert packing.verify(pack.with_name("cut.zip")).code == 2
    place = whole.index(b"entries.jsonl") + 400
    pack.with_name("bit.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
    assert packing.verify(pack.with_name("bit.zip")).failed("entries.jsonl")
