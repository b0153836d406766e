"""A checkpoint reaches a witness by mail, in a file, or for its cosignature; and what can come of it."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from portal.audit import cosigning, notes, receipts, tree
from portal.models import Checkpoint, Message, Witness, Witnessing
from portal.services import witness_kinds, witnesses
from tests.faults.sinks import MailSink, free_port
from tests.portal import servers
from tests.portal.kernel import NOW, make_operator
from tests.portal.ledger import book, forging
from tests.portal.ledger.witnessing import KEY, make_witness, pretending, witnessing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger(signer: notes.Signer, settings: Any, tmp_path: Path) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    settings.WITNESS_DIR = tmp_path / "witnesses"
    make_operator()
    book.write(7)
    book.seal(signer)


def given(witness: Witness) -> tuple[str, str]:
    """(result, detail) of a try that somebody has asked for, so that it is due."""
    lease = witnesses._lease(witness)
    witnesses.timers.beat(witnesses._process(witness), at=NOW, detail=lease | {"asked": True})
    found = witnesses.give(witness, NOW)
    assert found is not None
    return str(found.result), found.detail


def grow(signer: notes.Signer, count: int = 3) -> None:
    book.write(count)
    book.seal(signer)


def alarms() -> list[tuple[str, str]]:
    """(kind, reason) of what operators were told."""
    told = Message.objects.filter(event="operator.alert", channel="inbox").order_by("created_at", "id")
    facts = [one.context["restricted"] for one in told]
    return [(one["kind"], one["reason"]) for one in facts]


def newest() -> Checkpoint:
    return Checkpoint.objects.latest("id")


def body_of(checkpoint: Checkpoint) -> str:
    return notes.Note.parse(checkpoint.note).text


def seen(size: int) -> dict[str, cosigning.Seen]:
    """What a witness has seen of a ledger that is not ours."""
    return {book.NAME: cosigning.Seen(size, b"x" * 32)}


# By mail


def test_a_mail_holds_the_signed_note_size_and_time(signer: notes.Signer) -> None:
    witness = make_witness("mail", "notary@example.com")
    assert given(witness)[0] == "taken"
    (sent,) = mail.outbox
    assert sent.to == ["notary@example.com"] and "\n" not in sent.subject
    moment = timezone.localtime(NOW).strftime("%Y-%m-%d %H:%M %Z")
    assert sent.subject == f"{newest().size} entries at {moment}: checkpoint of {book.NAME}"
    note = sent.body.split("-----8<-----\n")[1].split("----->8-----")[0]
    assert note == newest().note
    assert notes.Note.parse(note).verified([signer.verifier])


@pytest.mark.parametrize(("behavior", "result"), [("refuse", "refused"), ("later", "unreachable")])
def test_what_the_mail_server_says_decides(settings: Any, behavior: str, result: str) -> None:
    sink = MailSink(behavior).start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        found, detail = given(make_witness("mail", "notary@example.com"))
    finally:
        sink.stop()
    assert found == result and detail.startswith("550" if behavior == "refuse" else "450")


def test_a_mail_server_that_is_away_or_hangs_is_not_reached(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_kinds, "MAIL_DEADLINE", 0.3)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    witness = make_witness("mail", "notary@example.com")
    assert given(witness)[0] == "unreachable"
    with servers.script(b"220 hello\r\n", hang=True) as port:
        settings.EMAIL_PORT = port
        assert given(witness)[0] == "unreachable"


# Into a file


def test_a_file_gets_note_after_note(signer: notes.Signer, settings: Any) -> None:
    witness = make_witness("file", "notary.txt")
    file = settings.WITNESS_DIR / "notary.txt"
    assert given(witness)[0] == "taken"
    assert file.stat().st_mode & 0o777 & ~0o640 == 0
    grow(signer)
    assert given(witness) == ("taken", f"{file.stat().st_size} bytes")
    every = [each.checkpoint.note for each in witness.witnessings.order_by("id")]
    assert len(set(every)) == 2 and file.read_text() == "".join(f"{note}\n" for note in every)


def test_a_file_that_is_gone_or_shrank_is_refused_and_told_at_once(signer: notes.Signer, settings: Any) -> None:
    witness = make_witness("file", "notary.txt")
    file = settings.WITNESS_DIR / "notary.txt"
    given(witness)
    whole = file.read_text()
    file.write_text(whole[:-2])
    assert given(witness)[0] == "refused"
    file.unlink()
    assert given(witness) == ("refused", "Its file is gone, and with it the checkpoints in it.")
    assert not file.exists()
    assert [kind for kind, _why in alarms()] == ["witness"]  # one a day
    file.write_text(whole)
    assert given(witness)[0] == "taken"


def test_what_a_power_cut_has_torn_is_left_and_the_next_note_stands_apart(signer: notes.Signer, settings: Any) -> None:
    witness = make_witness("file", "notary.txt")
    file = settings.WITNESS_DIR / "notary.txt"
    given(witness)
    with file.open("a") as opened:
        opened.write("portal.example/led")
    grow(signer)
    assert given(witness)[0] == "taken"
    assert witness_kinds._last_note(file.read_text()) == notes.Checkpoint.parse(body_of(newest()))


def test_a_file_that_knows_more_than_the_ledger_is_an_alarm(signer: notes.Signer, settings: Any) -> None:
    """An older backup was restored: the database knows nothing of what it gave since."""
    settings.WITNESS_DIR.mkdir()
    more, had_size = newest().size + 5, newest().size
    text = notes.Checkpoint(book.NAME, more, b"x" * 32).text
    file = settings.WITNESS_DIR / "notary.txt"
    file.write_text(f"{text}\n{signer.line(text)}\n")
    witness, had = make_witness("file", "notary.txt"), file.read_text()
    result, detail = given(witness)
    assert (result, file.read_text()) == (
        "refused",
        had,
    ) and f"knows {more} entries, but the ledger holds {had_size}" in detail
    grow(signer, 20)
    result, detail = given(witness)
    assert result == "refused" and "the ledger was changed" in detail and file.read_text() == had
    assert [kind for kind, _why in alarms()] == ["changed"]


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/b", ".hidden", "", "x" * 200, "a\nb", ".."])
def test_a_name_never_leads_out_of_the_directory(name: str) -> None:
    result, _detail = given(make_witness("file", name, name="w"))
    assert result == "unreachable"


def test_what_is_no_plain_file_is_left_alone(settings: Any, tmp_path: Path) -> None:
    settings.WITNESS_DIR.mkdir()
    (tmp_path / "elsewhere").write_text("")
    (settings.WITNESS_DIR / "link").symlink_to(tmp_path / "elsewhere")
    (settings.WITNESS_DIR / "folder").mkdir()
    os.mkfifo(settings.WITNESS_DIR / "pipe")
    assert {given(make_witness("file", name))[0] for name in ("link", "folder")} == {"unreachable"}
    assert given(make_witness("file", "pipe"))[0] == "refused"
    assert (tmp_path / "elsewhere").read_text() == ""


# For a cosignature


def test_a_witness_elsewhere_cosigns_and_its_line_stands_below_the_note(signer: notes.Signer, tmp_path: Path) -> None:
    with witnessing(tmp_path, signer) as (keeper, address):
        witness = make_witness("cosign", address)
        assert given(witness) == ("taken", "")
        grow(signer)
        assert given(witness) == ("taken", "")
        assert given(witness) == ("taken", "")  # the same once more
        assert keeper.seen[book.NAME].size == newest().size
    for each in Witnessing.objects.all():
        signed = notes.Note.parse(each.checkpoint.note + each.signatures)
        assert len(signed.verified([signer.verifier, KEY.verifier])) == 2
    first = Witnessing.objects.order_by("id")[0].checkpoint
    assert receipts.cosigned(first) == first.note + KEY.cosign(body_of(first), NOW)


def test_a_try_whose_answer_was_lost_is_made_good(signer: notes.Signer, tmp_path: Path) -> None:
    """The witness was killed when it had kept the checkpoint and not answered yet."""
    with witnessing(tmp_path, signer) as (keeper, address):
        witness = make_witness("cosign", address)
        given(witness)
        old = newest().size
        grow(signer)
        asked = cosigning.request(old, tree.consistency(old, newest().size), newest().note)
        assert keeper.add(asked.encode(), NOW).status == 200
        assert given(witness) == ("taken", "")
        grow(signer)
        assert keeper.add(cosigning.request(newest().size, [], newest().note).encode(), NOW).status == 409
        assert given(witness) == ("taken", "")
        assert keeper.seen[book.NAME].size == newest().size


def test_a_witness_that_has_seen_more_than_the_ledger_is_an_alarm(signer: notes.Signer, tmp_path: Path) -> None:
    with witnessing(tmp_path, signer) as (keeper, address):
        keeper.seen = seen(99)
        result, detail = given(make_witness("cosign", address))
        assert result == "refused" and f"has seen 99 entries, but the ledger holds {newest().size}" in detail
        assert [kind for kind, _why in alarms()] == ["changed"]


def test_a_ledger_that_was_rewritten_and_has_grown_is_refused_by_the_witness(
    signer: notes.Signer, tmp_path: Path
) -> None:
    with witnessing(tmp_path, signer) as (keeper, address):
        keeper.seen = seen(5)
        witness = make_witness("cosign", address)
        result, detail = given(witness)
        assert result == "refused" and "inconsistent" in detail and "422" in detail
        keeper.seen = seen(newest().size)
        result, detail = given(witness)
        assert result == "refused" and "409" in detail
        assert keeper.seen == seen(newest().size) and keeper.evidence.read_text().count('"status"') >= 2
    assert [kind for kind, _why in alarms()] == ["witness"]


@pytest.mark.parametrize(
    ("status", "kind", "body", "result", "words"),
    [
        (400, "text/plain", b"", "refused", "cannot read"),
        (403, "text/plain", b"", "refused", "does not know the key"),
        (404, "text/plain", b"", "refused", "does not know this ledger"),
        (409, "text/x.tlog.size", b"3\n", "refused", "twice"),
        (409, "text/x.tlog.size", b"03\n", "refused", "digits"),
        (409, "text/x.tlog.size", b"3", "refused", "which size"),
        (409, "text/plain", b"", "refused", "inconsistent"),
        (422, "text/plain", b"", "refused", "inconsistent"),
        (302, "text/plain", b"", "refused", "leads elsewhere"),
        (418, "text/plain", b"", "refused", "HTTP 418"),
        (429, "text/plain", b"", "unreachable", "cannot answer now"),
        (503, "text/plain", b"", "unreachable", "cannot answer now"),
        (200, "text/plain", b"", "refused", "not good"),
        (200, "text/plain", b"\xff\n", "refused", "not good"),
        (200, "text/plain", b"hello\n", "refused", "not good"),
        (200, "text/plain", b"x" * 70_000, "refused", "longer than"),
    ],
)
def test_each_answer_has_its_meaning(status: int, kind: str, body: bytes, result: str, words: str) -> None:
    with pretending(status, body, kind) as (got, address):
        found, detail = given(make_witness("cosign", address))
    assert found == result and words in detail
    assert len(got) == (2 if "twice" in words else 1)
    assert bool(alarms()) == (words == "inconsistent")


def test_a_false_or_old_cosignature_is_not_stored(signer: notes.Signer) -> None:
    text = body_of(newest())
    other = notes.Signer.generate(KEY.name, notes.COSIGNATURE)
    forged = notes.Signature(KEY.name, KEY.key_id, b"\0" * 72).line
    late = KEY.cosign(text, NOW - witness_kinds.SKEW * 2)
    elsewhere = KEY.cosign(text.replace("ledger\n", "ledger\n1"), NOW)
    for line in (other.cosign(text, NOW), forged, late, elsewhere, signer.line(text), "\n" + KEY.cosign(text, NOW)):
        with pretending(200, line.encode()) as (_got, address):
            assert given(make_witness("cosign", address))[0] == "refused"
    assert not Witnessing.objects.exclude(signatures="").exists()


def test_lines_of_unknown_keys_beside_the_cosignature_are_left_out(signer: notes.Signer) -> None:
    text = body_of(newest())
    mine, other = KEY.cosign(text, NOW), notes.Signer.generate("else.example/w", notes.COSIGNATURE).cosign(text, NOW)
    with pretending(200, (other + mine).encode()) as (_got, address):
        assert given(make_witness("cosign", address))[0] == "taken"
    assert Witnessing.objects.get().signatures == mine


def test_a_witness_that_is_away_hangs_or_drips_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_kinds, "COSIGN_DEADLINE", 0.3)
    assert given(make_witness("cosign", f"http://127.0.0.1:{free_port()}"))[0] == "unreachable"
    with servers.script(b"", hang=True) as port:
        assert given(make_witness("cosign", f"http://127.0.0.1:{port}"))[0] == "unreachable"
    slow = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999
    with servers.drip(slow, pause=0.01) as port:
        assert given(make_witness("cosign", f"http://127.0.0.1:{port}"))[0] == "unreachable"


@pytest.mark.parametrize(
    "address", ["http://example.com", "https://10.0.0.1/", "https://127.0.0.1/", "ftp://x.example"]
)
def test_only_public_addresses_are_asked(settings: Any, address: str) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    result, detail = given(make_witness("cosign", address))
    assert (result, detail) == ("refused", "Its address is not a public https:// address.")


# What does not continue is never sent


def test_nothing_is_sent_when_the_ledger_is_smaller_than_what_was_taken(signer: notes.Signer) -> None:
    witness = make_witness("mail", "notary@example.com")
    given(witness)
    forging.forge('DELETE FROM portal_leaf WHERE "index" >= 4')
    result, detail = given(witness)
    assert result == "refused" and f"the ledger holds 4 entries, but {newest().size} were signed" in detail
    assert len(mail.outbox) == 1 and [kind for kind, _why in alarms()] == ["changed"]


def test_nothing_is_sent_when_a_leaf_was_changed(signer: notes.Signer) -> None:
    witness = make_witness("mail", "notary@example.com")
    given(witness)
    forging.forge(f"""UPDATE portal_leaf SET hash = '{"0" * 64}' WHERE "index" = 2""")
    result, detail = given(witness)
    assert result == "refused" and "not those that were signed" in detail
    assert len(mail.outbox) == 1


def test_nothing_is_sent_when_places_in_the_middle_are_gone(signer: notes.Signer) -> None:
    witness = make_witness("mail", "notary@example.com")
    given(witness)
    forging.forge('DELETE FROM portal_leaf WHERE "index" = 2')
    result, detail = given(witness)
    assert result == "refused" and "not those that were signed" in detail
    assert len(mail.outbox) == 1 and [kind for kind, _why in alarms()] == ["changed"]
