"""What a verification finds: kinds of findings, their sentences, and the report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal import moments

TIMES = "at", "signed"  # facts that are times
MOST = 100  # findings of a kind that are listed; all are counted

SENTENCES = {
    "changed": _("Entry %(entry)s is not what was sealed: its row was changed."),
    "gone": _("Entry %(entry)s was sealed and is gone."),
    "payload": _("The words of entry %(entry)s are not those that it committed to."),
    "missing": _("The words of entry %(entry)s are gone, and no entry says that they were erased."),
    "gap": _("The places from %(first)s to %(last)s of the ledger are empty."),
    "waiting": _("Entry %(entry)s has waited for its place in the ledger for more than a minute: it is not sealed."),
    "subtree": _("The stored hash of subtree %(level)s/%(place)s is not that of its leaves."),
    "root": _("The first %(size)s entries are not those that were signed: the ledger was changed."),
    "cut": _("%(size)s entries were signed, but only %(held)s are there: entries are missing."),
    "order": _("A checkpoint of %(size)s entries was signed after one of more entries."),
    "checkpoint": _("The checkpoint of %(size)s entries cannot be read, or its note says something else: %(why)s"),
    "signature": _("The checkpoint of %(size)s entries carries no good signature: %(why)s"),
    "cosignature": _("What %(name)s signed is not the checkpoint of %(size)s entries that is stored: %(why)s"),
    "key": _("Checkpoints are signed by the key %(key)s, for which no key that you named vouches."),
    "bad_key": _("The stored key %(key)s cannot be read: %(why)s"),
    "early": _("Entry %(entry)s says %(at)s, but an earlier place in the ledger was signed at %(signed)s already."),
    "late": _("Entry %(entry)s says %(at)s, but it was in the ledger that was signed at %(signed)s already."),
    "foreign": _("%(name)s is not from this ledger, or the key that signed it is not known: %(why)s"),
    "shorter": _(
        "The ledger has %(held)s entries, but %(name)s saw %(size)s: entries are missing (the end was deleted, or an"
        " older backup was restored)."
    ),
    "rewritten": _("The first %(size)s entries are not those that %(name)s saw: the ledger was rewritten."),
    "backdated": _("Entry %(entry)s says %(at)s, but it was not in the ledger that %(name)s saw at %(signed)s."),
    "postdated": _("Entry %(entry)s says %(at)s, but it was in the ledger already that %(name)s saw at %(signed)s."),
}


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was sealed, signed or seen. `kind` is a key of SENTENCES, `facts` fill it."""

    kind: str
    entry: int | None = None
    index: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """In the language of who reads it."""
        times = {name: _in_words(self.facts[name]) for name in TIMES if name in self.facts}
        return str(SENTENCES[self.kind]) % {"entry": self.entry, "index": self.index, **self.facts, **times}


def _in_words(text: str) -> str:
    """A time as ``rows.at`` gives it, in UTC; whoever changed the row may have written anything."""
    try:
        return moments.exactly(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return text


@dataclass
class Report:
    """What was read and what was found. `root` is that of the leaves as they are now, 64 hexadecimal digits.

    `counts` says how many entries, payloads, erased payloads, checkpoints, cosignatures and outside checkpoints were
    looked at; `totals` how many findings of each kind there are, of which `findings` lists the first MOST.
    """

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)
    size: int = 0
    root: str = ""
    seconds: float = 0.0
    is_complete: bool = True  # False: it was stopped

    def find(self, kind: str, entry: int | None = None, index: int | None = None, **facts: Any) -> None:
        self.totals[kind] += 1
        if self.totals[kind] <= MOST:
            self.findings.append(Finding(kind, entry, index, facts))

    @property
    def is_good(self) -> bool:
        return self.is_complete and not self.totals

    def as_json(self, most: int = MOST) -> dict[str, Any]:
        """With the first `most` findings; ``Finding(**one)`` is each of them again."""
        counted = {name: dict(value) for name, value in vars(self).items() if isinstance(value, Counter)}
        plain = {name: value for name, value in vars(self).items() if name not in counted}
        return plain | counted | {"findings": [asdict(finding) for finding in self.findings[:most]]}
