"""The first policy, and its repair when nobody can satisfy it any more: the only changes that no policy judges.

Both are commands for operators at the machine, recorded as what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from governance.models import Board, BoardSeat, ChangeRequest, Document, Review
from governance.models.changes import ChangeModel, ChangeState
from governance.reads import approval as reads
from governance.services import changes, publishing, reviews, versions
from portal import audit, ids
from portal.errors import DomainError
from portal.models import User

KEY = "company"
KIND = reads.KIND


class AlreadyInstalled(DomainError):
    """There is an approval policy already; it changes by itself only."""


class NotBroken(DomainError):
    """The policy in force can still be satisfied: it is changed as every other document."""


class OnePerson(DomainError):
    """A repair needs two people."""


@dataclass(frozen=True)
class Seat:
    """Who sits on a board, and as what."""

    person: User
    function: str = ""
    deputy: User | None = None


def seat_board(*, key: str, name: str, seats: Sequence[Seat], on: date, at: datetime, label: str) -> Board:
    """A board with its seats from `on` on; what is there already stays as it is."""
    with audit.action(actor=None, actor_label=label, reason="first board", at=at):
        board = Board.objects.filter(key=key).first()
        if board is None:
            board = Board(key=key, name=name)
            board.save(force_insert=True)
        taken = set(board.seats.values_list("person_id", flat=True))
        for seat in seats:
            if seat.person.pk not in taken:
                row = BoardSeat(
                    board=board, person=seat.person, function=seat.function, deputy=seat.deputy, starts_on=on
                )
                row.save(force_insert=True)
    return board


def install(*, policy: str | bytes, by: User, at: datetime, label: str) -> ChangeRequest:
    """Put the first approval policy into force: YAML `policy`, for which `by` answers.

    `label` names the process in the ledger. Raises AlreadyInstalled, versions.ImportRefused,
    publishing.NotPublishable (a blocking finding); then nothing was changed.
    """
    with audit.action(actor=None, actor_label=label, reason="first approval policy", at=at) as action:
        if Document.objects.select_for_update(no_key=True).filter(kind=KIND, effective_version__isnull=False).exists():
            raise AlreadyInstalled(_("There is an approval policy already; change it as every other document."))
        change = _put(policy, ChangeModel.GENESIS, "first approval policy", by, at)
        action.record(verb="policy.installed", target=change.document, data={"digest": change.version.digest})
    return change


def repair(*, policy: str | bytes, by: User, second: User, reason: str, at: datetime, label: str) -> ChangeRequest:
    """Replace an approval policy that nobody can satisfy any more, in the names of two people.

    Raises NotBroken, OnePerson, changes.ReasonMissing, versions.ImportRefused, publishing.NotPublishable; then
    nothing was changed.
    """
    if by.pk == second.pk or not by.is_active or not second.is_active:
        raise OnePerson(_("A repair needs two different people whose accounts are active."))
    if not reason.strip():
        raise changes.ReasonMissing(_("Say why the policy has to be repaired."))
    with audit.action(actor=None, actor_label=label, reason=reason, at=at) as action:
        list(Document.objects.select_for_update(no_key=True).filter(kind=KIND).order_by("pk"))
        if reads.is_satisfiable(at=at):
            raise NotBroken(_("The policy in force can still be satisfied; change it as every other document."))
        change = _put(policy, ChangeModel.REPAIR, reason.strip(), by, at)
        reviews.write(change, Review.Verdict.APPROVE, reason, second, at)
        data = {"digest": change.version.digest, "by": str(by), "second": str(second)}
        action.record(verb="policy.repaired", target=change.document, data=data)
    return change


def _put(policy: str | bytes, model: str, reason: str, by: User, at: datetime) -> ChangeRequest:
    read = versions.read_yaml(KIND, policy)
    document = Document.objects.filter(kind=KIND, scope_kind="default").first()
    if document is None:
        document = Document(kind=KIND, key=KEY, title=read.content.title)
        versions.create(document)
    else:
        document = versions.lock(document)
    version = versions.new_draft(document, read, by, at)
    version.frozen_at = at
    version.save(update_fields=["frozen_at"])
    change = ChangeRequest(
        reference=ids.reference("CHG", at.year),
        document=document,
        version=version,
        model=model,
        state=ChangeState.APPROVED,
        reason=reason,
        requested_by=by,
        requested_at=at,
        submitted_at=at,
        approved_at=at,
    )
    change.save(force_insert=True)
    blocking = publishing.blocking_findings(change, at=at)
    if blocking:
        raise publishing.NotPublishable(publishing.said(blocking), blocking)
    publishing.take_effect(change, None, at=at)
    return change
