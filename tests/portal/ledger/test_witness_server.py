"""The witness elsewhere as a real server: what it keeps, whom it refuses, and that it needs nothing of the portal."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.audit import cosigning, merkle, notes
from portal.management.ledger import _witness_server as server
from tests.portal.ledger import log
from tests.portal.ledger.witnessing import KEY, witnessing

ROOT = Path(__file__).resolve().parents[3]
Place = tuple[server.Keeper, str]


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Place]:
    with witnessing(tmp_path, log.LOG, clock=lambda: log.AT) as found:
        yield found


def body(old: int, new: int, *, root: bytes | None = None) -> str:
    text = notes.Checkpoint(log.LOG.name, new, root or log.checkpoint(new).root).text
    return cosigning.request(old, merkle.consistency(old, new, log.STORE.read), f"{text}\n{log.LOG.line(text)}")


def post(address: str, text: str | bytes, path: str = server.PATH, **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, body=text.encode() if isinstance(text, str) else text, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def test_it_cosigns_and_remembers_across_a_restart(tmp_path: Path) -> None:
    with witnessing(tmp_path, log.LOG, clock=lambda: log.AT) as (_keeper, address):
        status, _kind, lines = post(address, body(0, 7))
        assert status == 200
        text = log.checkpoint(7).text
        assert notes.Note.parse(f"{text}\n{lines}").verified([KEY.verifier])[0].at == log.AT
    with witnessing(tmp_path, log.LOG) as (keeper, address):
        assert keeper.seen[log.LOG.name].size == 7
        assert post(address, body(0, 7)) == (409, "text/x.tlog.size", "7\n")
        assert post(address, body(7, 9))[0] == 200


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("nonsense", 400),
        (body(0, 7).replace(log.LOG.name, "other.example/x"), 404),
        (body(0, 7).replace("\n7\n", "\n8\n"), 403),
        (body(0, 12, root=b"x" * 32).replace("old 0\n", f"old 0\n{notes.to_base64(b'x' * 32)}\n"), 422),
    ],
)
def test_each_refusal_has_its_status_and_changes_nothing(witness: Place, text: str, status: int) -> None:
    keeper, address = witness
    assert post(address, text)[0] == status
    assert keeper.seen == {} and not keeper.path.exists()


def test_a_rewritten_log_is_refused_and_kept_as_evidence_once(witness: Place) -> None:
    keeper, address = witness
    assert post(address, body(0, 7))[0] == 200
    for _again in range(3):
        assert post(address, body(7, 20, root=b"x" * 32))[0] == 422
        assert post(address, body(7, 7, root=b"x" * 32))[:2] == (409, cosigning.TEXT)
    kept = [json.loads(line) for line in keeper.evidence.read_text().split("\n") if line]
    assert [(one["status"], one["seen"]["size"]) for one in kept] == [(422, 7), (409, 7)]
    assert all(notes.Note.parse(one["note"]).verified([log.LOG.verifier]) for one in kept)
    assert oct(keeper.evidence.stat().st_mode & 0o777) == oct(keeper.path.stat().st_mode & 0o777) == "0o600"
    assert keeper.seen[log.LOG.name] == cosigning.Seen(7, log.checkpoint(7).root)


def test_evidence_ends_where_it_would_fill_the_disk(witness: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, address = witness
    monkeypatch.setattr(server, "EVIDENCE_BYTES", 10)
    assert post(address, body(0, 7))[0] == 200
    assert post(address, body(7, 7, root=b"x" * 32))[0] == 409
    assert keeper.evidence.read_text() == ""


def test_nothing_is_cosigned_that_cannot_be_kept(witness: Place) -> None:
    keeper, address = witness
    keeper.path.with_name(f".{keeper.path.name}.new").mkdir()
    status, _kind, text = post(address, body(0, 7))
    assert (status, "—" in text, keeper.seen) == (503, False, {})


def test_other_addresses_and_ways_are_refused(witness: Place) -> None:
    _keeper, address = witness
    assert post(address, body(0, 7), path="/elsewhere")[0] == 404
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 405
    connection.close()


def test_a_body_that_is_too_long_or_of_no_length_is_not_read(witness: Place) -> None:
    _keeper, address = witness
    assert post(address, b"", **{"Content-Length": str(cosigning.MAX_REQUEST + 1)})[0] == 413
    assert post(address, b"", **{"Content-Length": "9" * 400})[0] == 413
    assert post(address, b"", **{"Content-Length": "-1"})[0] == 411
    assert post(address, b"0\r\n\r\n", **{"Transfer-Encoding": "chunked"})[0] == 411


def test_who_is_silent_is_hung_up_on_and_nobody_waits(witness: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.Handler, "timeout", 0.2)
    _keeper, address = witness
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as silent:
        assert post(address, body(0, 7))[0] == 200
        assert silent.recv(1) == b""


def test_more_connections_than_it_has_threads_for_are_hung_up_on(witness: Place) -> None:
    _keeper, address = witness
    host, _, port = address.removeprefix("http://").partition(":")
    some = [socket.create_connection((host, int(port)), timeout=10) for _ in range(server.MOST)]
    try:
        with socket.create_connection((host, int(port)), timeout=10) as one_more:
            assert one_more.recv(1) == b""
    finally:
        for each in some:
            each.close()


def test_two_witnesses_never_share_a_state(tmp_path: Path) -> None:
    with witnessing(tmp_path, log.LOG), pytest.raises(server.BadState, match="Another witness"):
        server.Keeper(tmp_path / "seen", KEY, [log.LOG.verifier])


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"size": 1}}', "\x00"])
def test_a_state_that_cannot_be_read_is_never_taken_for_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen").write_text(text)
    with pytest.raises(server.BadState, match="cannot be read"):
        server.Keeper(tmp_path / "seen", KEY, [log.LOG.verifier])


def run(*args: str) -> str:
    out = StringIO()
    call_command("audit", "witness", *args, stdout=out)
    return out.getvalue()


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = tmp_path / "there" / "key"
    made = run("key", "--key", str(key), "--name", "w.example/1")
    assert notes.Verifier.parse(made.strip()).kind == notes.COSIGNATURE
    assert key.stat().st_mode & 0o777 == 0o600
    assert run("key", "--key", str(key)) == made
    with pytest.raises(CommandError, match="There is already a key"):
        run("key", "--key", str(key), "--name", "w.example/2")
    key.chmod(0o640)
    with pytest.raises(CommandError, match="can be read by others"):
        run("key", "--key", str(key))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["key", "--key", "none"], "Give the new key a name"),
        (["serve", "--key", "none"], "serve needs"),
        (["serve", "--key", "none", "--state", "s", "--log", log.LOG.vkey], "Make a key first"),
        (["serve", "--key", "none", "--state", "s", "--log", "nonsense"], "A key is written as"),
        (["serve", "--key", "none", "--state", "s", "--log", KEY.vkey], "not that of a witness"),
        (["serve", "--key", "log", "--state", "s", "--log", log.LOG.vkey], "a key of its own"),
        (["serve", "--key", "key", "--state", "s", "--log", log.LOG.vkey, "--listen", "8765"], "--listen is"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name, signer in {"log": log.LOG, "key": KEY}.items():
        Path(name).write_text(f"{signer.secret}\n")
        Path(name).chmod(0o600)
    with pytest.raises(CommandError, match=words):
        run(*args)


def test_it_runs_without_database_and_secrets_and_ends_when_told(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    manage = [sys.executable, str(ROOT / "manage.py"), "audit", "witness"]
    key = ["--key", str(tmp_path / "key")]
    named = [*manage, "key", *key, "--name", "w.example/1"]
    made = subprocess.run(named, env=bare, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    serve = [
        *manage,
        "serve",
        *key,
        "--state",
        str(tmp_path / "seen"),
        "--log",
        log.LOG.vkey,
        "--listen",
        "127.0.0.1:0",
    ]
    with subprocess.Popen(serve, env=bare, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == f"Witness {made.stdout.strip()}"
            address = process.stdout.readline().strip().removeprefix("Listening on ")
            assert post(f"http://{address}", body(0, 7))[0] == 200
            process.send_signal(signal.SIGKILL)  # what it has answered, it knows
            process.wait(30)
        finally:
            process.kill()
    with subprocess.Popen(serve, env=bare, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == f"{log.LOG.name}: 7 entries cosigned so far"
            process.stdout.readline()
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
