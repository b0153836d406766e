"""Who may speak for the ledger: the keys that it recorded, those that an auditor brings, and its witnesses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.audit import notes, proofs
from portal.audit.findings import Report
from portal.models.ledger import Checkpoint, SigningKey, Witness, Witnessing


@dataclass(frozen=True)
class Outside:
    """A checkpoint that somebody kept elsewhere: `name` says whose, `note` is the signed note.

    `seen` is when it was the newest one; None: the time of its oldest cosignature, if a known witness signed it.
    """

    name: str
    note: str
    seen: datetime | None = None

    @classmethod
    def read(cls, name: str, text: str, seen: datetime | None = None) -> "Outside":
        """From the text of a checkpoint or of a receipt. Raises NoteError, ProofError."""
        note = proofs.Proof.parse(text).note if text.startswith(proofs.HEADER) else text
        notes.Checkpoint.parse(notes.Note.parse(note).text)
        return cls(name, note, seen)

    @property
    def checkpoint(self) -> notes.Checkpoint:
        return notes.Checkpoint.parse(notes.Note.parse(self.note).text)


class Keys:
    """The keys by which signatures are judged.

    Without keys that were `named` those that the ledger recorded count, which whoever can write to the database can
    exchange. With them, a recorded key counts only if one checkpoint carries both, as a rotation leaves it behind.
    """

    def __init__(self, named: Sequence[str], report: Report) -> None:
        self.report = report
        given = [notes.Verifier.parse(vkey) for vkey in named]
        self.named = {each for each in given if each.kind == notes.ED25519}
        self.logs = self.named | self._parsed(SigningKey.objects.order_by("id").values_list("vkey", flat=True))
        self.by_witness: dict[object, notes.Verifier] = {}
        for key, vkey in Witness.objects.exclude(vkey="").values_list("pk", "vkey"):
            for verifier in self._parsed([vkey]):
                self.by_witness[key] = verifier
        self.witnesses = {each for each in given if each.kind != notes.ED25519} | set(self.by_witness.values())
        self.together: set[frozenset[notes.Verifier]] = set()  # keys that signed the same checkpoint

    def judge(self, stored: Checkpoint) -> None:
        """Check what a stored checkpoint says of itself, and who signed it."""
        try:
            note = notes.Note.parse(stored.note)
            said = notes.Checkpoint.parse(note.text)
            if (said.size, said.root.hex()) != (stored.size, stored.root):
                raise notes.NoteError("The size or the root beside it is another one.")
        except notes.NoteError as error:
            self.report.find("checkpoint", size=stored.size, why=str(error))
            return
        try:
            signers = frozenset(each.verifier for each in note.verified(self.logs))
            if said.origin not in {each.name for each in signers}:
                raise notes.NoteError(f"{said.origin} itself has not signed.")
        except notes.NoteError as error:
            self.report.find("signature", size=stored.size, why=str(error))
            return
        self.together.add(signers)

    def judge_cosignatures(self, stored: Checkpoint, taken: Iterable[Witnessing]) -> None:
        """Check the lines of witnesses whose keys are known."""
        for each in taken:
            verifier = self.by_witness.get(each.witness_id)
            if verifier is None or not each.signatures:
                continue
            self.report.counts["cosignatures"] += 1
            try:
                text = notes.Note.parse(stored.note).text
                notes.Note.parse(f"{text}\n{each.signatures}").verified([verifier])
            except notes.NoteError as error:
                self.report.find("cosignature", name=verifier.name, size=stored.size, why=str(error))

    def seen(self, outside: Outside) -> datetime | None:
        """When `outside` was the newest checkpoint, if anybody says so; finds out whether it is of this ledger."""
        note, times = notes.Note.parse(outside.note), []
        try:
            signed = note.verified(self.logs | self.witnesses)
            if outside.checkpoint.origin not in {each.verifier.name for each in signed if each.at is None}:
                raise notes.NoteError("No known key of the ledger has signed it.")
            times = [each.at for each in signed if each.at is not None]
        except notes.NoteError as error:
            self.report.find("foreign", name=outside.name, why=str(error))
        return outside.seen or min(times, default=None)

    def judge_all(self) -> None:
        """Find keys that signed and for which none of the named ones vouches."""
        if not self.named:
            return
        trusted, grown = set(self.named), True
        while grown:
            more = {each for group in self.together if group & trusted for each in group}
            grown = not more <= trusted
            trusted |= more
        for each in sorted(set().union(*self.together) - trusted, key=lambda one: one.vkey):
            self.report.find("key", key=each.vkey)

    def _parsed(self, vkeys: Iterable[str]) -> set[notes.Verifier]:
        found = set()
        for vkey in vkeys:
            try:
                found.add(notes.Verifier.parse(vkey))
            except notes.NoteError as error:
                self.report.find("bad_key", key=vkey, why=str(error))
        return found
