"""Go's own packages for signed notes and transparent logs verify what the ledger gives out (see go/main.go)."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from portal.audit import merkle
from portal.audit.notes import Note, Signer, Verifier, to_base64
from portal.audit.proofs import Proof, ProofError

from .log import AT, ENTRIES, LOG, STORE, STRANGER, WITNESS, checkpoint, mutated, receipt, signed

PROGRAM = Path(__file__).parent / "go" / "main.go"
GOPATH = Path("/usr/share/gocode")  # where Debian puts packages of Go
SUMDB = GOPATH / "src/golang.org/x/mod/sumdb"
KEYS = LOG.vkey, WITNESS.vkey

pytestmark = pytest.mark.program("go" if SUMDB.is_dir() else "go with golang-golang-x-mod-dev")

Run = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the compiled program; nothing is fetched for it."""
    directory = tmp_path_factory.mktemp("go")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO"))} | {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(directory / "cache"),
        "GOENV": "off",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
    }
    binary = directory / "ledger"
    subprocess.run(["go", "build", "-o", binary, PROGRAM], env=environment, check=True, timeout=300)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def consistency(old: int, new: int) -> str:
    return "".join(f"{to_base64(each)}\n" for each in merkle.consistency(old, new, STORE.read))


def test_go_comes_to_the_same_roots(go: Run, write: Write) -> None:
    done = go("roots", write("leaves", "".join(f"{to_base64(entry)}\n" for entry in ENTRIES)))
    assert done.stdout.split() == [to_base64(merkle.root(size + 1, STORE.read)) for size in range(len(ENTRIES))]


def test_go_verifies_receipts(go: Run, write: Write) -> None:
    for index, size in ((0, 1), (0, 2), (6, 7), (5, 21), (20, 21), (0, 40), (31, 40), (39, 40)):
        done = go("receipt", write("receipt", receipt(index, size).text), *KEYS)
        assert (done.stdout, done.stderr) == (f"{index} of {size}: {ENTRIES[index].decode()}\n", "")


def test_go_verifies_that_the_ledger_has_only_grown(go: Run, write: Write) -> None:
    for old, new in ((1, 2), (3, 7), (4, 7), (6, 8), (16, 40), (33, 40), (39, 40), (40, 40)):
        files = [write(name, signed(checkpoint(size).text)) for name, size in (("old", old), ("new", new))]
        done = go("consistency", *files, write("proof", consistency(old, new)), *KEYS)
        assert (done.stdout, done.stderr) == (f"{old} to {new}\n", "")


def test_go_refuses_what_is_refused_here(go: Run, write: Write) -> None:
    text = receipt(5, 21).text
    bare = checkpoint(21).text
    for name, changed, keys, saying in (
        ("index", text.replace("index 5", "index 4"), KEYS, "invalid transparency proof"),
        ("size", text.replace("\n21\n", "\n22\n"), KEYS, "invalid signature for key portal.example/ledger"),
        ("key", text, [STRANGER.vkey, WITNESS.vkey], "a signature is missing"),
        ("witness", text.replace(WITNESS.cosign(bare, AT), ""), KEYS, "a signature is missing"),
        (
            "cosigned",
            text.replace(WITNESS.cosign(bare, AT), WITNESS.cosign("a\n", AT)),
            KEYS,
            "for key witness.example",
        ),
        ("form", text[:-1], KEYS, "malformed note"),
    ):
        done = go("receipt", write(name, changed), *keys)
        assert (done.returncode, done.stdout) == (1, ""), name
        assert saying in done.stderr
    old, new = (write(str(size), signed(checkpoint(size).text)) for size in (7, 21))
    done = go("consistency", old, new, write("proof", consistency(6, 21)), *KEYS)
    assert (done.returncode, done.stderr) == (1, "invalid transparency proof\n")


def test_go_accepts_no_changed_receipt_as_another(go: Run, tmp_path: Path) -> None:
    """And whatever is still accepted here, Go accepts too."""
    made, random = receipt(5, 21), Random(1)
    said = f"5 of 21: {ENTRIES[5].decode()}\n"
    for _ in range(200):
        changed = mutated(made.text.encode(), random)
        (tmp_path / "changed").write_bytes(changed)
        done = go("receipt", tmp_path / "changed", *KEYS)
        assert (done.returncode, done.stdout) in ((0, said), (1, ""))
        try:
            signers = Proof.parse(changed).verified([LOG.verifier, WITNESS.verifier])
        except ProofError:
            continue
        if [each.verifier for each in signers] == [LOG.verifier, WITNESS.verifier]:
            assert done.returncode == 0


def test_what_go_has_made_and_signed_is_read_here(go: Run) -> None:
    text = checkpoint(7).text
    made = json.loads(go("sign", "portal.example/ledger", text).stdout)
    signer, verifier = Signer.parse(made["secret"]), Verifier.parse(made["vkey"])
    assert (signer.verifier, signer.secret) == (verifier, made["secret"])
    assert [each.verifier for each in Note.parse(made["note"]).verified([verifier])] == [verifier]
    assert made["note"] == f"{text}\n{signer.line(text)}"
