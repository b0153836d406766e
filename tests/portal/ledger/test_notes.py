"""Signed notes, keys and checkpoints: what others have published is read, and nothing that deviates."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.notes import (
    COSIGNATURE,
    ED25519,
    MAX_SIGNATURES,
    Checkpoint,
    Note,
    NoteError,
    Signed,
    Signer,
    Verifier,
    to_base64,
)

from .log import AT, LOG, STRANGER, WITNESS, checkpoint, signed

# From the documentation of Go's golang.org/x/mod/sumdb/note.
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
TEXT = checkpoint(7).text
NOTE = signed(TEXT)
KNOWN = [LOG.verifier, WITNESS.verifier]
BLANK = "\n\n"


def refused(note: str | bytes, saying: str) -> None:
    with pytest.raises(NoteError, match=saying):
        Note.parse(note)


# What others have published


def test_the_example_of_go_is_verified() -> None:
    verifier = Verifier.parse(PETER_VKEY)
    assert (verifier.name, verifier.key_id.hex(), verifier.kind) == ("PeterNeumann", "c74f20a3", ED25519)
    note = Note.parse(PETER_TEXT + "\n" + PETER_LINE)
    assert (note.text, note.verified([verifier])) == (PETER_TEXT, [Signed(verifier, None)])
    assert str(note) == PETER_TEXT + "\n" + PETER_LINE


def test_the_example_of_go_is_signed_the_same() -> None:
    signer = Signer.parse(PETER_SECRET)
    assert (signer.vkey, signer.line(PETER_TEXT), signer.secret) == (PETER_VKEY, PETER_LINE, PETER_SECRET)


def test_the_example_of_a_checkpoint_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    read = Checkpoint.parse(text)
    assert (read.origin, read.size, read.root[:2].hex(), read.text) == (
        "example.com/behind-the-sofa",
        20852163,
        "0ac5",
        text,
    )


# Keys


@given(st.binary(min_size=32, max_size=32), st.sampled_from([ED25519, COSIGNATURE]))
def test_a_key_is_read_as_it_was_written(seed: bytes, kind: int) -> None:
    signer = Signer("portal.example", seed, kind)
    assert Signer.parse(signer.secret) == signer
    assert Verifier.parse(signer.vkey) == signer.verifier
    assert (signer.key_id, signer.verifier.kind) == (signer.verifier.key_id, kind)


def test_each_new_key_is_another() -> None:
    assert len({Signer.generate("portal.example").secret for _ in range(20)}) == 20
    assert Signer.generate("portal.example", COSIGNATURE).kind == COSIGNATURE


def test_the_kind_of_a_key_is_part_of_its_number() -> None:
    assert Signer("a", bytes(32)).key_id != Signer("a", bytes(32), COSIGNATURE).key_id


def test_a_secret_is_not_shown() -> None:
    assert str(LOG.seed) not in repr(LOG) and LOG.secret not in repr(LOG)
    for broken in (LOG.secret[:-1], LOG.secret.replace("+", "-"), LOG.secret.replace("portal", "portals")):
        with pytest.raises(NoteError) as error:
            Signer.parse(broken)
        assert to_base64(b"\1" + LOG.seed)[:20] not in str(error.value)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\tb", "a\0", "a\u00a0b", "a\u2003b", "a\u2028b", "a\ud800"]
)
def test_a_name_that_no_line_could_hold_is_refused(name: str) -> None:
    for make in (lambda: Signer(name, bytes(32)), lambda: Verifier(name, bytes(32))):
        with pytest.raises(NoteError):
            make()


@pytest.mark.parametrize("kind", [0, 2, 5, 6, 255])
def test_other_kinds_of_keys_are_refused(kind: int) -> None:
    for make in (lambda: Signer("a", bytes(32), kind), lambda: Verifier("a", bytes(32), kind)):
        with pytest.raises(NoteError, match=f"Keys of kind {kind} are not known here"):
            make()


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_keys_of_other_lengths_are_refused(size: int) -> None:
    for make in (lambda: Signer("a", bytes(size)), lambda: Verifier("a", bytes(size))):
        with pytest.raises(NoteError, match="has 32 bytes"):
            make()


@given(st.integers(0), st.characters(min_codepoint=32, max_codepoint=126))
def test_a_public_key_with_a_character_changed_is_refused(place: int, character: str) -> None:
    place %= len(LOG.vkey)
    changed = LOG.vkey[:place] + character + LOG.vkey[place + 1 :]
    if changed != LOG.vkey:
        with pytest.raises(NoteError):
            Verifier.parse(changed)


@pytest.mark.parametrize(
    "vkey",
    ["", PETER_VKEY.upper(), PETER_VKEY + "\n", PETER_VKEY + "=", PETER_VKEY.replace("c74f", "C74F"), PETER_SECRET],
)
def test_a_public_key_written_otherwise_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


# Signatures


def test_the_log_and_its_witness_have_signed() -> None:
    assert Note.parse(NOTE).verified(KNOWN) == [Signed(LOG.verifier, None), Signed(WITNESS.verifier, AT)]
    assert Note.parse(NOTE.encode()) == Note.parse(NOTE)


def test_a_cosignature_counts_in_whole_seconds_of_utc() -> None:
    at = datetime(2026, 3, 12, 15, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert WITNESS.cosign(TEXT, at) == WITNESS.cosign(TEXT, AT)


def test_keys_that_nobody_knows_are_passed_over() -> None:
    note = Note.parse(NOTE + STRANGER.line("another text\n"))
    assert [each.verifier for each in note.verified([WITNESS.verifier])] == [WITNESS.verifier]
    with pytest.raises(NoteError, match="No known key has signed"):
        note.verified([])
    with pytest.raises(NoteError, match="The signature of portal.example/ledger is not good"):
        note.verified([*KNOWN, STRANGER.verifier])


def test_one_bad_signature_of_a_known_key_spoils_the_note() -> None:
    for lines in (
        [LOG.line("other\n"), WITNESS.cosign(TEXT, AT)],
        [LOG.line(TEXT), WITNESS.cosign("other\n", AT)],
    ):
        with pytest.raises(NoteError, match="is not good"):
            Note.parse(TEXT + "\n" + "".join(lines)).verified(KNOWN)


def test_a_cosignature_of_another_time_is_not_good() -> None:
    later = bytearray(Note.parse(NOTE).signatures[1].signature)
    later[7] += 1
    with pytest.raises(NoteError, match="The signature of witness.example/w1 is not good"):
        WITNESS.verifier.verify(TEXT, bytes(later))


def test_a_cosignature_of_a_time_without_end_is_refused() -> None:
    with pytest.raises(NoteError, match="too far away"):
        WITNESS.verifier.verify(TEXT, b"\xff" * 72)


def test_a_key_signs_as_its_kind_does() -> None:
    with pytest.raises(NoteError, match="only cosigns"):
        WITNESS.line(TEXT)
    with pytest.raises(NoteError, match="Only a key of a witness cosigns"):
        LOG.cosign(TEXT, AT)


def test_a_signature_of_one_kind_is_none_of_the_other() -> None:
    """The same secret, name and text."""
    same = Signer(LOG.name, LOG.seed, COSIGNATURE)
    plain, timed = (Note.parse(f"{TEXT}\n{line}").signatures[0] for line in (LOG.line(TEXT), same.cosign(TEXT, AT)))
    for verifier, signature in (
        (LOG.verifier, timed.signature),
        (LOG.verifier, timed.signature[8:]),
        (same.verifier, plain.signature),
        (same.verifier, timed.signature[:8] + plain.signature),
    ):
        with pytest.raises(NoteError, match="is not good|too far away"):
            verifier.verify(TEXT, signature)


def test_two_known_keys_that_look_the_same_are_refused() -> None:
    """The number is short: these two public keys were found by trying some ten thousand."""
    first, second = (Verifier("a", number.to_bytes(32, "big")) for number in (65227, 67083))
    assert first.key_id == second.key_id
    with pytest.raises(NoteError, match="same name and number"):
        Note.parse(NOTE).verified([first, second, LOG.verifier])


def test_a_known_key_may_be_named_twice() -> None:
    assert len(Note.parse(NOTE).verified([*KNOWN, *KNOWN])) == 2


@pytest.mark.parametrize("text", ["", "no newline", "a\r\n", "tab\t\n", "nul\0\n", "\ud800\n"])
def test_what_is_no_text_of_a_note_is_not_signed(text: str) -> None:
    for sign in (lambda: LOG.line(text), lambda: WITNESS.cosign(text, AT)):
        with pytest.raises(NoteError):
            sign()


def test_nothing_is_cosigned_before_1970() -> None:
    with pytest.raises(NoteError, match="older than 1970"):
        WITNESS.cosign(TEXT, datetime(1969, 12, 31, tzinfo=UTC))


# Notes

lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(32)]))


@given(st.lists(lines, min_size=1))
def test_any_text_comes_back(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    note = Note.parse(signed(text).encode())
    assert (note.text, str(note), len(note.verified(KNOWN))) == (text, signed(text), 2)


def test_a_text_may_look_like_a_note() -> None:
    assert Note.parse(signed(NOTE)).text == NOTE


@given(st.integers(0), st.integers(1, 255))
def test_a_note_with_a_byte_changed_is_refused(place: int, difference: int) -> None:
    """Anywhere: in the text, a name, a number or a signature."""
    changed = bytearray(NOTE.encode())
    changed[place % len(changed)] ^= difference
    trusted = {LOG.verifier, WITNESS.verifier}
    with pytest.raises(NoteError):
        note = Note.parse(bytes(changed))
        if {each.verifier for each in note.verified(trusted)} < trusted:
            raise NoteError("A signature is no longer there.")


def test_a_note_with_any_bit_of_a_signature_changed_is_refused() -> None:
    signature = Note.parse(NOTE).signatures[0].signature
    for place in range(len(signature) * 8):
        changed = (int.from_bytes(signature, "big") ^ 1 << place).to_bytes(64, "big")
        with pytest.raises(NoteError, match="is not good"):
            LOG.verifier.verify(TEXT, changed)
    for changed in (b"", signature[:-1], signature + b"\0"):
        with pytest.raises(NoteError, match="is not good"):
            LOG.verifier.verify(TEXT, changed)


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        (lambda note: note[:-1], "The last line of a note ends in a newline"),
        (lambda note: note + "\n", "consists of a text, an empty line and signatures"),
        (lambda note: note.replace(BLANK, "\n"), "consists of a text, an empty line and signatures"),
        (lambda note: TEXT, "consists of a text, an empty line and signatures"),
        (lambda note: TEXT + "\n", "consists of a text, an empty line and signatures"),
        (lambda note: "", "ends in a newline"),
        (lambda note: note.replace("\n", "\r\n"), "control character"),
        (lambda note: note.replace("7\n", "7\t\n"), "control character"),
        (lambda note: note.replace("7\n", "7\0\n"), "control character"),
        (lambda note: note + "extra\n", "consists of a dash, a name and the signature"),
        (lambda note: note.replace("— ", "- "), "consists of a dash, a name and the signature"),
        (lambda note: note.replace("— ", "—"), "consists of a dash, a name and the signature"),
        (lambda note: note + "— name\n", "consists of a dash, a name and the signature"),
        (lambda note: note.replace("— ", "—  "), "name of a key"),
        (lambda note: note + "— a+b AAAAAAA=\n", "name of a key"),
        (lambda note: note + "— a AAAA\n", "too short"),
        (lambda note: note + "— a AAAAAA==\n", "too short"),
        (lambda note: note + "— a \n", "not base64"),
        (lambda note: note + "— a AAAAAAA\n", "not base64"),
        (lambda note: note + "— a AAAAAAB=\n", "not base64"),  # bits that stand for nothing
        (lambda note: note + "— a AAAAAAA= \n", "not base64"),
        (lambda note: note + "— a AAAA AAA=\n", "not base64"),
        (lambda note: note + "— a AAAA-AA=\n", "not base64"),
        (lambda note: note + "— a AAAAAAÄ=\n", "not base64"),
        (lambda note: note + note.split("\n")[-2] + "\n", "signed a note twice"),
        (lambda note: note + WITNESS.cosign(TEXT, AT + timedelta(1)), "signed a note twice"),
        (lambda note: note + "— a AAAAAAA=\n" * MAX_SIGNATURES, "at most 100 signatures"),
        (lambda note: "x" * 1_000_000 + note, "longer than"),
    ],
)
def test_a_note_of_another_form_is_refused(change: Callable[[str], str], saying: str) -> None:
    refused(change(NOTE), saying)


def test_what_is_not_utf_8_is_refused() -> None:
    refused(b"\xff" + NOTE.encode(), "not valid UTF-8")
    refused(NOTE.encode("utf-16"), "not valid UTF-8")
    refused("\ud800" + NOTE, "not valid UTF-8")
    refused(NOTE.encode().replace(b"portal", b"\xc0\xb0ortal"), "not valid UTF-8")  # p written too long


def test_sixteen_signatures_are_read_at_least() -> None:
    signers = [Signer("witness.example", bytes([number]) * 32, COSIGNATURE) for number in range(MAX_SIGNATURES)]
    note = Note.parse(TEXT + "\n" + "".join(signer.cosign(TEXT, AT) for signer in signers))
    known = [signer.verifier for signer in signers]
    assert [each.verifier for each in note.verified(known)] == known


# Checkpoints


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    made = Checkpoint("portal.example/ledger", size, root)
    assert Checkpoint.parse(made.text) == made


@given(st.randoms(use_true_random=False))
def test_no_two_texts_are_the_same_checkpoint(random: Random) -> None:
    place, letter = random.randrange(len(TEXT)), random.choice("0123456789+/=ABcd \n\r\t")
    for changed in (TEXT[:place] + letter + TEXT[place:], TEXT[:place] + letter + TEXT[place + 1 :], TEXT + letter):
        if changed != TEXT:
            try:
                read = Checkpoint.parse(changed)
            except NoteError:
                continue
            assert read != checkpoint(7) and read.text == changed


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        (TEXT[:-1], "ends in a newline"),
        (TEXT + "\n", "three lines"),
        (TEXT + "extension\n", "three lines"),
        ("\n" + TEXT.partition("\n")[2], "three lines"),
        (TEXT.replace("\n7\n", "\n"), "three lines"),
        (TEXT.replace("\n7\n", "\n07\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n-7\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n+7\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n 7\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n7_0\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n٧\n"), "leading zeros"),
        (TEXT.replace("\n7\n", "\n7٧\n"), "leading zeros"),
        (TEXT.replace("\n7\n", f"\n{2**63}\n"), "too large"),
        (TEXT.replace("\n7\n", f"\n1{'0' * 5000}\n"), "too large"),
        (f"a\n7\n{to_base64(bytes(31))}\n", "has 32 bytes, not 31"),
        (f"a\n7\n{to_base64(bytes(33))}\n", "has 32 bytes, not 33"),
        ("a\n7\n\n", "not base64"),
        (re.sub(".=\n", "B=\n", TEXT), "not base64"),
        (TEXT.replace("=", ""), "not base64"),
    ],
)
def test_a_checkpoint_of_another_form_is_refused(text: str, saying: str) -> None:
    with pytest.raises(NoteError, match=saying):
        Checkpoint.parse(text)
