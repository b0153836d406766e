"""One entry of the ledger: what it says, and the proof that it stands there unchanged, checked on the spot."""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access, audit, limits
from portal.audit import leaves, merkle, notes, receipts
from portal.models import AuditEntry, User
from portal.models.ledger import Checkpoint, Leaf, SigningKey
from portal.reads import ledger, trail

ERASED = "ledger.erased"


@dataclass(frozen=True)
class Hop:
    """One step from the leaf up to the root: the hash beside it, which stands to the left or to the right."""

    hash: str
    is_left: bool


@dataclass(frozen=True)
class Check:
    """One thing that was checked just now, in words."""

    says: str
    is_right: bool


@dataclass(frozen=True)
class Proof:
    """`leaf` are the exact bytes as text; `checkpoint` None: not sealed yet."""

    leaf: str
    hash: str
    index: int | None = None
    checkpoint: Checkpoint | None = None
    note: str = ""
    path: list[Hop] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def is_sealed(self) -> bool:
        return self.checkpoint is not None

    @property
    def is_right(self) -> bool:
        return all(check.is_right for check in self.checks)


@dataclass(frozen=True)
class Entry:
    """`action` is None for those who may not read its words; `about` names its object, `url` leads to it."""

    entry: AuditEntry
    action: trail.Action | None
    kind: str
    about: str
    url: str
    proof: Proof
    is_erased: bool


def find(pk: int) -> AuditEntry | None:
    if not 0 < pk < 2**63:
        return None
    return AuditEntry.objects.select_related("payload", "actor").filter(pk=pk).first()


def model_of(label: str) -> Any:
    """The model with this label; None for one that there is not any more."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def target_of(entry: AuditEntry) -> Any:
    """What the entry is about; None when it is not there, or never was a row."""
    model = model_of(entry.target_type)
    if model is None or not entry.target_id:
        return None
    try:
        return model._base_manager.filter(pk=model._meta.pk.to_python(entry.target_id)).first()
    except (ValidationError, OverflowError):
        return None


def may_see(user: User, entry: AuditEntry, obj: Any) -> bool:
    """Whether `user` may know of the entry and read its words: those who search all, and who may view its object."""
    if ledger.may_search(user):
        return True
    return user.is_active and obj is not None and bool(access.can(user, "view", obj))


def show(entry: AuditEntry, obj: Any) -> Entry:
    """All of it, for whoever may see it."""
    model = model_of(entry.target_type)
    return Entry(
        entry,
        trail.said(entry, model or AuditEntry, obj),
        kind_word(entry.target_type),
        name_of(obj) if obj is not None else "",
        address_of(entry.target_type, obj),
        proof(entry),
        not hasattr(entry, "payload"),
    )


def kind_word(label: str) -> str:
    """What objects of this model are called, in a word that can begin a line."""
    found = trail.kind_of(label)
    model = model_of(label)
    word = str(found[1].word if found else model._meta.verbose_name if model else label)
    return word[:1].upper() + word[1:]


NAMES = ("reference", "name", "title", "key")  # a reference tells nothing, a name may be long


def names_in(model: Any) -> list[str]:
    """The columns of `model` by which people know its rows; a longer key is one that programs made."""
    columns = [column for column in model._meta.concrete_fields if column.name in NAMES]
    return [each.name for each in columns if each.name != "key" or (each.max_length or 0) <= limits.KEY_LENGTH]


def name_of(obj: Any) -> str:
    """What people call `obj`: its reference where it has one, else its name; else nothing."""
    known = names_in(type(obj))
    return next((str(text) for name in NAMES if name in known and (text := getattr(obj, name))), "")


def address_of(label: str, obj: Any) -> str:
    """The trail of the object, or nothing."""
    found = trail.kind_of(label)
    return reverse("trail", args=[found[0], found[1].key(obj)]) if found and obj is not None else ""


def proof(entry: AuditEntry) -> Proof:
    """The proof against the newest checkpoint, with every link of it checked."""
    text = leaves.of(entry)
    plain = Proof(text.decode(), merkle.leaf_hash(text).hex())
    leaf = Leaf.objects.filter(entry=entry).first()
    checkpoint = ledger.newest()
    if leaf is None or checkpoint is None or leaf.index >= checkpoint.size:
        return plain
    try:
        receipt = receipts.receipt(entry, checkpoint=checkpoint)
    except receipts.NotProvable:
        gone = Check(_("The path leads from the entry to the checkpoint."), False)
        return Proof(plain.leaf, plain.hash, leaf.index, checkpoint, checkpoint.note, [], [gone])
    return Proof(
        plain.leaf,
        plain.hash,
        leaf.index,
        checkpoint,
        receipt.note,
        path(leaf.index, checkpoint.size, [one.hex() for one in receipt.hashes]),
        list(_checks(entry, leaf, checkpoint, receipt)),
    )


def path(index: int, size: int, hashes: list[str]) -> list[Hop]:
    """Which side each hash of an inclusion proof stands on (RFC 9162, 2.1.3.2)."""
    found, here, last = [], index, size - 1
    for one in hashes:
        is_left = bool(here & 1) or here == last
        found.append(Hop(one, is_left))
        if is_left:
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        here, last = here >> 1, last >> 1
    return found


def _checks(entry: AuditEntry, leaf: Leaf, checkpoint: Checkpoint, receipt: Any) -> Any:
    payload = getattr(entry, "payload", None)
    if payload is not None:
        fits = audit.commitment(payload.salt, payload.content) == entry.commitment
        yield Check(_("The words are those that the entry committed to."), fits)
    computed = merkle.leaf_hash(leaves.of(entry))
    yield Check(_("The entry is the one that was sealed."), computed.hex() == leaf.hash)
    yield Check(_("The path leads from the entry to the checkpoint."), _leads(computed, leaf, checkpoint, receipt))
    yield Check(_("The checkpoint is signed with the key of this portal."), _is_signed(checkpoint))


def _leads(computed: bytes, leaf: Leaf, checkpoint: Checkpoint, receipt: Any) -> bool:
    root = bytes.fromhex(checkpoint.root)
    hashes = list(receipt.hashes)
    try:
        merkle.verify_inclusion(leaf=computed, index=leaf.index, size=checkpoint.size, proof=hashes, root=root)
    except merkle.ProofError:
        return False
    return True


def _is_signed(checkpoint: Checkpoint) -> bool:
    known = [notes.Verifier.parse(vkey) for vkey in SigningKey.objects.values_list("vkey", flat=True)]
    try:
        note = notes.Note.parse(checkpoint.note)
        found = notes.Checkpoint.parse(note.text)
        note.verified(known)
    except notes.NoteError:
        return False
    return found.size == checkpoint.size and found.root.hex() == checkpoint.root


def erasure_of(entry: AuditEntry) -> AuditEntry | None:
    """The entry that says when and why the words of `entry` were erased; among the newest thousand of them."""
    rows = AuditEntry.objects.filter(verb=ERASED, target_type=entry.target_type, target_id=entry.target_id)
    for row in rows.select_related("payload", "actor").order_by("id"):
        if entry.pk in (trail.content_of(row).get("data") or {}).get("entries", ()):
            return row
    return None
