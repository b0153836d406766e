"""The approval policy looked after: the first one with its board, its repair by two people, and whether it still works.

The timer ``policy.check`` of the document looks every morning; whoever leaves and a publication are looked at at once.
Operators hear of a policy that nobody can satisfy once for each cause (P16).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document, Version
from governance.reads import approval as reads
from governance.reads import checks, sentences
from governance.reads import policies as reads_repair
from governance.services import genesis
from portal import audit, ids, locks, operators, registry, timers
from portal.errors import DomainError
from portal.models import Timer, User

KIND = "policy.check"
ALERT = "policy_broken"
BOARD = "rules-board"
"""The board that the built-in policy names."""
DAY = timedelta(days=1)


class NotYetSatisfiable(DomainError):
    """Nobody could ever change the policy that is to be installed."""


class NotProven(DomainError):
    """Somebody who is to answer for a repair did not give their password."""


def register() -> None:
    registry.warnings.add(reads_repair.WARNING, reads_repair.unconfirmed)
    registry.home_cards.add("governance.policies", reads_repair.card)
    registry.published.add("governance.policies", follow)
    registry.leaving.add("governance.policies", pass_on)
    registry.timer_handlers.add(KIND, fire)


def built_in(board: str = BOARD) -> str:
    """The policy of a small company as YAML: the board with the key `board` decides everything."""
    text = resources.files("governance.documents").joinpath("default_policy.yaml").read_text(encoding="utf-8")
    return text.replace(BOARD, board)


def key_of(name: str) -> str:
    """The key of the board called `name`."""
    return slugify(name)[:64] or BOARD


def install(
    *,
    policy: str | bytes | None,
    board: str,
    seats: Sequence[genesis.Seat],
    by: User,
    at: datetime,
    label: str,
) -> ChangeRequest:
    """Seat the board called `board` (none: no board is made) and put the first policy into force; None: the built-in.

    Raises what ``genesis.install`` raises, and NotYetSatisfiable; then nothing was changed, no board made.
    """
    key = key_of(board)
    with audit.action(actor=None, actor_label=label, reason="first approval policy", at=at):
        if seats:
            genesis.seat_board(key=key, name=board, seats=seats, on=checks.today(at), at=at, label=label)
        text = built_in(key) if policy is None else policy
        change = genesis.install(policy=text, by=by, at=at, label=label)
        why = broken(at=at)
        if why:
            raise NotYetSatisfiable(_("Nobody could ever change this policy. %(why)s") % {"why": why})
        if policy is None:
            _refuse_lonely(seats)
    return change


def _refuse_lonely(seats: Sequence[genesis.Seat]) -> None:
    """Whoever writes a change never approves it: a board of one could not decide about its own proposals."""
    if len({seat.person.pk for seat in seats}) == 1:
        raise NotYetSatisfiable(_("Seat at least two people: nobody approves what they have written themselves."))


def repair(
    *,
    policy: str | bytes,
    by: User,
    second: User,
    passwords: tuple[str, str],
    reason: str,
    at: datetime,
    label: str,
) -> ChangeRequest:
    """``genesis.repair`` in the names of two people who have both given their password.

    Raises NotProven, NotYetSatisfiable (the new one is as broken) and what ``genesis.repair`` raises; then nothing
    was changed.
    """
    for person, password in zip((by, second), passwords, strict=True):
        if not person.check_password(password):
            raise NotProven(_("The password of %(name)s is not right.") % {"name": person})
    with audit.action(actor=None, actor_label=label, reason=reason or "repair", at=at):
        change = genesis.repair(policy=policy, by=by, second=second, reason=reason, at=at, label=label)
        why = broken(at=at)
        if why:
            raise NotYetSatisfiable(_("Nobody could change this policy either. %(why)s") % {"why": why})
    return change


def broken(*, at: datetime) -> str:
    """Why nobody could approve a change of the policy in force; empty while somebody could, or there is none."""
    verdict = reads.own_forecast(at=at)
    return "" if verdict is None or verdict.satisfiable else sentences.said(verdict.sentence)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """`document` was published: a policy is looked at now and every morning, all others do not matter here."""
    if document.kind == reads.KIND:
        _look(document, at)


def pass_on(person: User, *, by: Any, at: datetime) -> None:
    """Somebody leaves: can the policy still be satisfied without them?"""
    look(at=at)


def look(*, at: datetime) -> None:
    """Look at the policy in force, if there is one, and tell the operators when it is broken anew.

    Inside the action of whatever may have broken it: somebody left, a seat ended.
    """
    document = Document.objects.filter(kind=reads.KIND, effective_version__isnull=False).first()
    if document is not None:
        _look(document, at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Every morning: look at the policy. Returns the timers whose document is locked, or at which somebody looks now.

    NOTE: the clock never waits; whoever leaves holds the name and then waits for the timer, which the clock holds.
    """
    if not locks.try_hold(KIND):
        return {timer.pk for timer in due}
    held = timers.lock_subjects(Document, {timer.subject_id for timer in due})
    known = {timer.subject_id: timer.data.get("why", "") for timer in due}
    for document in held.values():
        if document.effective_version_id is not None:
            _judge(document, at, known[document.pk])
    return {timer.pk for timer in due if timer.subject_id not in held}


def _look(document: Document, at: datetime) -> None:
    """Look at `document` now; what the operators know already stands with the promise to look again."""
    locks.hold([KIND])  # two who leave at once arm one timer
    armed = Timer.objects.filter(kind=KIND, subject_id=document.pk, state="armed").first()
    _judge(document, at, armed.data.get("why", "") if armed is not None else "")


def _judge(document: Document, at: datetime, known: str) -> None:
    """Tell the operators when `document` is broken for another reason than `known`, and promise to look again."""
    why = broken(at=at)
    if why and why != known:
        facts = {"subject": document.title, "reason": why}
        operators.alert(what=ALERT, subject=document, key=str(ids.uuid7()), facts=facts, at=at)
    due_at = checks.morning(checks.today(at) + DAY)
    timers.schedule(kind=KIND, subject=document, due_at=due_at, at=at, data={"why": why})
