"""What the check of completeness says, and how each sealed log is accounted for in the ledger.

A tracked table is accounted for by its history. Every other sealed table has an ``Account`` in ``registry.accounts``,
filled by the app that owns it: how a row is tied to the entry of the change that it tells about.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal import registry
from portal.models import AuditEntry

CHUNK = 2_000  # rows held in memory at once
ERASED = "ledger.erased"
SENTENCES = {
    "history.alone": _("%(table)s %(row)s has no audit entry."),
    "history.unlisted": _("%(table)s %(row)s is listed in no audit entry of its change."),
    "history.edited": _("%(table)s %(row)s is not what audit entry %(entry)s committed to."),
    "history.bare": _("%(table)s %(row)s cannot be proven: the words of audit entry %(entry)s are gone."),
    "entry.alone": _("Audit entry %(entry)s lists %(table)s %(row)s, which is not there."),
    "entry.unknown": _("Audit entry %(entry)s lists a row of %(table)s, and there is no such table."),
    "state.differs": _("%(table)s %(row)s differs from its last history row in %(fields)s."),
    "state.alone": _("%(table)s %(row)s has no history."),
    "state.back": _("%(table)s %(row)s is there, but its last history row says that it was deleted."),
    "state.gone": _("%(table)s %(row)s is not there, but its last history row does not say that it was deleted."),
    "log.alone": _("%(table)s %(row)s has no audit entry that tells of it."),
    "log.edited": _("%(table)s %(row)s is not what audit entry %(entry)s says."),
    "log.gone": _("Audit entry %(entry)s says %(verb)s, but %(table)s has no row of it."),
    "log.text": _("%(table)s %(row)s does not fit its commitment."),
    "log.count": _("%(table)s %(row)s counts %(stored)s steps, the ledger %(told)s."),
}


@dataclass(frozen=True)
class Finding:
    """One place where tables and ledger disagree; `kind` is a key of SENTENCES, `facts` fill it. Kept as JSON."""

    kind: str
    facts: dict[str, str]

    @classmethod
    def of(cls, kind: str, table: str, **facts: Any) -> "Finding":
        return cls(kind, {name: str(value) for name, value in {"table": table, **facts}.items()})

    def __str__(self) -> str:
        return str(SENTENCES[self.kind]) % self.facts


@dataclass
class Walk:
    """One check from beginning to end: how far it is, and what was erased in good order."""

    progress: Callable[[int, int], None] | None = None
    total: int = 0
    done: int = 0

    def step(self, rows: int) -> None:
        self.done += rows
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))

    @cached_property
    def erased(self) -> set[int]:
        """Ids of the entries whose words were erased, by the entries that tell of each erasure."""
        found: set[int] = set()
        told = AuditEntry.objects.filter(verb=ERASED, payload__isnull=False)
        for content in told.values_list("payload__content", flat=True).iterator(chunk_size=CHUNK):
            data = parsed(content).get("data") or {}
            found |= {entry for entry in data.get("entries", ()) if isinstance(entry, int)}
        return found


Look = Callable[[Walk], Iterator[Finding]]


@dataclass(frozen=True)
class Account:
    """How the rows of sealed `model` (its label) are accounted for; `how` says it in a sentence.

    Rows that services hand to ``audit.Action.prove`` name the column that points to what their entry is about
    (`owner`, of model `about`). Others bring a `look` of their own, or none where `how` says why none is needed.
    """

    model: str
    how: str
    owner: str = ""
    about: str = ""
    look: Look | None = None


ACCOUNTS = (
    Account("portal.AuditEntry", "It is the ledger; the tree over it is verified by manage.py audit verify."),
    Account("portal.AuditPayload", "Its entry commits to it: salt and words give the commitment."),
    Account("portal.Leaf", "Computed from the entries, and recomputed by manage.py audit verify."),
    Account("portal.Subtree", "Computed from the leaves, and recomputed by manage.py audit verify."),
    Account("portal.Checkpoint", "Signed; signature and root are verified by manage.py audit verify."),
    Account("portal.SigningKey", "Public half of a key; checkpoints outside name it."),
    Account("portal.Witnessing", "What a witness outside has signed or answered; it changes nothing here."),
    Account(
        "portal.Attempt",
        "A try to send changes nothing that people decide: what became of the message is the state of the message, "
        "which invariants I1, I2, I5 and I9 hold against its attempts.",
    ),
)


def register() -> None:
    registry.accounts.add_all({account.model: account for account in ACCOUNTS})


def parsed(content: str) -> dict[str, Any]:
    """The payload of an entry as JSON; empty when it is none, which its commitment then shows."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def chunks(rows: models.QuerySet[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """`rows` by their key, a few at a time, each read by a query of its own: no snapshot stays open meanwhile."""
    rows, last = rows.order_by("pk"), None
    while True:
        part = list((rows if last is None else rows.filter(pk__gt=last))[:size])
        if part:
            yield part
        if len(part) < size:
            return
        last = part[-1].pk


def entries_about(label: str, keys: Collection[Any], **more: Any) -> models.QuerySet[AuditEntry]:
    """Entries about objects of the model `label` (any case) with these keys."""
    return AuditEntry.objects.filter(target_type=label.lower(), target_id__in={str(key) for key in keys}, **more)
