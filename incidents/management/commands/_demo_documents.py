"""The documents of the demo company: the first policy by genesis, everything else by the people whom it asks."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from governance.documents import demo as documents
from governance.models import ChangeRequest, Document
from governance.models.changes import ChangeState
from governance.reads import approval
from governance.services import changes, genesis, reviews, versions
from portal import audit
from portal.errors import DomainError
from portal.models import User

REASON, LABEL = "demo company", "demo"
SEATS = (("board1", "Finance"), ("board2", "Operations"), ("board3", "Compliance"))
BOARD, NAME = "rules-board", "Rules board"
ROUNDS = 10
"""More stages than any policy has."""


def govern(people: Mapping[str, User], *, at: datetime) -> None:
    """The board and the first approval policy, if there is none yet; `people` by their demo key."""
    if Document.objects.filter(kind="approval", effective_version__isnull=False).exists():
        return
    seats = [genesis.Seat(people[key], function) for key, function in SEATS]
    genesis.seat_board(key=BOARD, name=NAME, seats=seats, on=at.date(), at=at, label=LABEL)
    genesis.install(policy=documents.read("approval"), by=people["admin"], at=at, label=LABEL)


def publish(admin: User, *, at: datetime) -> None:
    """Import what is not in force yet, send it for review, and let those who are asked approve it.

    A company whose own rules do not fit a document (an older demo, say) stays without that document.
    """
    for kind, key in documents.DOCUMENTS:
        if Document.objects.filter(kind=kind, key=key, effective_version__isnull=False).exists():
            continue
        with suppress(DomainError):
            approve(_sent(kind, key, admin, at), at)


def _sent(kind: str, key: str, admin: User, at: datetime) -> ChangeRequest:
    with audit.action(actor=admin, reason=REASON, at=at):
        _, version = versions.import_yaml(kind=kind, text=documents.read(key), key=key, by=admin, at=at)
        change = changes.propose(version=version, reason=REASON, by=admin, at=at)
        answers = dict.fromkeys(("customers", "undo", "data"), False)
        changes.describe(change=change, by=admin, at=at, said={"answers": answers})
        return changes.submit(change=change, by=admin, at=at)


def approve(change: ChangeRequest, at: datetime) -> None:
    for _round in range(ROUNDS):
        if change.state != ChangeState.IN_REVIEW:
            return
        verdict = approval.judge(change, at=at)
        person = User.objects.get(pk=verdict.waits_for[0])
        change = reviews.review(
            change=change,
            verdict="approve",
            rationale="Read and agreed.",
            seen=change.version.digest,
            by=person,
            at=at,
            band=verdict.band,
            is_confirmed=True,
        )
