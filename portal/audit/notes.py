"""Signed notes and the checkpoints in them, as other people's tools read them. Pure.

Formats: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature; keys as text are those of Go's
``golang.org/x/mod/sumdb/note``. Signatures are Ed25519 (RFC 8032). Whatever could be written in two ways is read in one
way only, so that no two texts mean the same.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = 0x01  # signs the text
COSIGNATURE = 0x04  # signs the time and the text, for witnesses
KINDS = ED25519, COSIGNATURE
KEY_SIZE = 32
ROOT_SIZE = 32
MAX_SIGNATURES = 100
MAX_LENGTH = 1_000_000  # characters
SECRET = "PRIVATE+KEY+"
DASH = "\u2014 "
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
NUMBER = re.compile("0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note, a key or a checkpoint cannot be read, or a signature is not good. The message is a sentence."""


@dataclass(frozen=True)
class Verifier:
    """The public half of a key: `public` has 32 bytes, `kind` is ED25519 or COSIGNATURE."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in KINDS:
            raise NoteError(f"Keys of kind {self.kind} are not known here.")
        if len(self.public) != KEY_SIZE:
            raise NoteError(f"A public key has {KEY_SIZE} bytes, not {len(self.public)}.")

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read ``name+8 hexadecimal digits+base64``. Raises NoteError."""
        name, key_id, kind, public = _parse_key(vkey)
        verifier = cls(name, public, kind)
        if verifier.key_id != key_id:
            raise NoteError("The public key does not fit its name and number.")
        return verifier

    @cached_property
    def key_id(self) -> bytes:
        """Its number in signatures, 4 bytes (not secure: a name beside the name)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def verify(self, text: str, signature: bytes) -> datetime | None:
        """Check `signature` (without the number of the key) of `text`. The time that a cosignature says, else None.

        Raises NoteError if it is not good.
        """
        at, message = None, text.encode()
        if self.kind == COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            at, message = _at(seconds), _cosigned(text, seconds)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise NoteError(f"The signature of {self.name} is not good.") from None
        return at


@dataclass(frozen=True)
class Signer:
    """A key that signs; `seed` has 32 bytes and is secret."""

    name: str
    seed: bytes = field(repr=False)
    kind: int = ED25519

    def __post_init__(self) -> None:
        if len(self.seed) != KEY_SIZE:
            raise NoteError(f"A secret key has {KEY_SIZE} bytes, not {len(self.seed)}.")
        check_name(self.name)
        if self.kind not in KINDS:
            raise NoteError(f"Keys of kind {self.kind} are not known here.")

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Signer:
        return cls(name, secrets.token_bytes(KEY_SIZE), kind)

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read what `secret` gives. Raises NoteError, which never repeats any of it but the name."""
        if not text.startswith(SECRET):
            raise NoteError(f"A secret key begins with {SECRET}.")
        name, key_id, kind, seed = _parse_key(text.removeprefix(SECRET))
        signer = cls(name, seed, kind)
        if signer.key_id != key_id:
            raise NoteError("The secret key does not fit its name and number.")
        return signer

    @property
    def secret(self) -> str:
        """``PRIVATE+KEY+name+8 hexadecimal digits+base64``."""
        return f"{SECRET}{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.seed)}"

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), self.kind)

    @property
    def key_id(self) -> bytes:
        return self.verifier.key_id

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def line(self, text: str) -> str:
        """The signature line for the note of `text`, with its newline."""
        if self.kind != ED25519:
            raise NoteError("A key of a witness only cosigns.")
        check_text(text)
        return Signature(self.name, self.key_id, self._key.sign(text.encode())).line

    def cosign(self, text: str, at: datetime) -> str:
        """The line of a witness who has seen the checkpoint of `text`; `at` counts in whole seconds."""
        if self.kind != COSIGNATURE:
            raise NoteError("Only a key of a witness cosigns.")
        check_text(text)
        seconds = (at - EPOCH) // timedelta(seconds=1)
        if seconds < 0:
            raise NoteError("A cosignature cannot be older than 1970.")
        signature = seconds.to_bytes(8, "big") + self._key.sign(_cosigned(text, seconds))
        return Signature(self.name, self.key_id, signature).line


@dataclass(frozen=True)
class Signature:
    """A line below a note: whose (name and 4 bytes of number), and the bytes as its kind of key has them."""

    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Read a line without its newline. Raises NoteError."""
        name, space, encoded = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not space:
            raise NoteError("A signature line consists of a dash, a name and the signature.")
        check_name(name)
        signed = from_base64(encoded)
        if len(signed) < 5:
            raise NoteError("A signature is too short.")
        return cls(name, signed[:4], signed[4:])

    @property
    def line(self) -> str:
        return f"{DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Signed:
    """A good signature: by whom, and when, where it says so (UTC)."""

    verifier: Verifier
    at: datetime | None


@dataclass(frozen=True)
class Note:
    """A text, which ends in a newline, and the signatures below it, of which nothing is believed yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str | bytes) -> Note:
        """Read a whole note. Raises NoteError."""
        note = read(note)
        if not note.endswith("\n"):
            raise NoteError("The last line of a note ends in a newline.")
        text, blank, below = note.rpartition("\n\n")
        if not blank or not below:
            raise NoteError("A note consists of a text, an empty line and signatures.")
        lines = below[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteError(f"A note has at most {MAX_SIGNATURES} signatures here.")
        signatures = tuple(Signature.parse(line) for line in lines)
        if len({(each.name, each.key_id) for each in signatures}) < len(signatures):
            raise NoteError("The same key has signed a note twice.")
        return cls(text + "\n", signatures)

    def __str__(self) -> str:
        return self.text + "\n" + "".join(each.line for each in self.signatures)

    def verified(self, verifiers: Iterable[Verifier]) -> list[Signed]:
        """The good signatures of known keys, in the order of the note; those of other keys are passed over.

        Raises NoteError when a known key's signature is not good, or none is there.
        """
        trusted = set(verifiers)
        known = {(each.name, each.key_id): each for each in trusted}
        if len(known) < len(trusted):
            raise NoteError("Two different keys have the same name and number.")
        signed = [
            Signed(verifier, verifier.verify(self.text, each.signature))
            for each in self.signatures
            if (verifier := known.get((each.name, each.key_id)))
        ]
        if not signed:
            raise NoteError("No known key has signed this note.")
        return signed


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: its name, how many leaves it has, and their root (32 bytes).

    Extension lines, which the format allows and advises against, are refused.
    """

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Raises NoteError."""
        check_text(text)
        lines = text[:-1].split("\n")
        if len(lines) != 3 or not lines[0]:
            raise NoteError("A checkpoint has three lines: name, size and root.")
        root = from_base64(lines[2])
        if len(root) != ROOT_SIZE:
            raise NoteError(f"The root in a checkpoint has {ROOT_SIZE} bytes, not {len(root)}.")
        return cls(lines[0], from_decimal(lines[1]), root)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def read(text: str | bytes) -> str:
    """`text` as a string that holds no control character but newlines. Raises NoteError."""
    try:
        text = text.decode() if isinstance(text, bytes) else text.encode().decode()
    except UnicodeError:
        raise NoteError("The text is not valid UTF-8.") from None
    if len(text) > MAX_LENGTH:
        raise NoteError(f"The text is longer than {MAX_LENGTH} characters.")
    if CONTROL.search(text):
        raise NoteError("The text holds a control character.")
    return text


def check_text(text: str) -> None:
    """Raise NoteError unless `text` can be the text of a note."""
    if not read(text).endswith("\n"):
        raise NoteError("The text of a note ends in a newline.")


def check_name(name: str) -> None:
    """Raise NoteError unless `name` can be the name of a key."""
    if not name or "+" in read(name) or any(letter.isspace() for letter in name):
        raise NoteError("The name of a key is not empty and holds neither spaces nor plus signs.")


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The bytes that `text` stands for, if it is the one way to write them. Raises NoteError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or to_base64(data) != text:
        raise NoteError("A value is not base64 as it should be written.")
    return data


def from_decimal(text: str) -> int:
    """A number from 0 to 2**63 - 1, written without leading zeros. Raises NoteError."""
    number = int(text) if NUMBER.fullmatch(text) else 1 << 63
    if number >> 63:
        raise NoteError("A number is not written as digits without leading zeros, or too large.")
    return number


def _parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    """Name, number, kind and key of ``name+number+base64``; the number is not checked yet."""
    parts: Sequence[str] = read(text).split("+", 2)
    if len(parts) != 3 or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise NoteError("A key is written as name, 8 hexadecimal digits and base64, with plus signs between them.")
    kind, *key = from_base64(parts[2])
    return parts[0], bytes.fromhex(parts[1]), kind, bytes(key)


def _cosigned(text: str, seconds: int) -> bytes:
    """What a witness signs (tlog-cosignature); `seconds` since 1970."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _at(seconds: int) -> datetime:
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise NoteError("The time of a cosignature is too far away.") from None
