"""Who a reader is to a change: what the policy asks of them, and what they may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents.approval import Approval
from governance.models import ChangeRequest, Delegation, Review
from governance.models.changes import ChangeModel, ChangeState, Retrospective
from governance.reads import approval, change_states, sentences, standings
from governance.rules.approval_facts import Standing, Verdict
from governance.services import comments, publishing, reviews
from portal import access
from portal.errors import DomainError
from portal.models import User

NAMES = 3


class Reader:
    """`user` before `change` at `at`."""

    def __init__(self, change: ChangeRequest, user: User, *, at: datetime) -> None:
        self.change, self.user, self.at = change, user, at

    # What is known

    @cached_property
    def pinned(self) -> Any:
        """The version of the policy that judges it; None while none is in force."""
        return approval.policy_of(self.change)

    @property
    def policy(self) -> Approval | None:
        return self.pinned.content if self.pinned else None

    @property
    def policy_number(self) -> int:
        return self.pinned.number if self.pinned else 0

    @property
    def policy_document(self) -> UUID | None:
        return self.pinned.document if self.pinned else None

    @cached_property
    def is_afterwards(self) -> bool:
        """An emergency: what was said about it came after it took effect."""
        return self.change.retrospective != Retrospective.NONE

    @cached_property
    def verdict(self) -> Verdict:
        """How the policy judges it; of what is over, how it did then."""
        change = self.change
        if self.is_afterwards:
            return approval.judge_afterwards(change, at=self.at)
        if change.state == ChangeState.DRAFT:
            if change.model != ChangeModel.EMERGENCY:
                standard = approval.forecast(change, at=self.at, as_standard=True)
                if standard.approved:
                    return standard
            return approval.forecast(change, at=self.at)
        return approval.judge(change, at=change.published_at or change.closed_at or self.at)

    @cached_property
    def reviews(self) -> list[Review]:
        rows = Review.objects.filter(change_request=self.change).select_related("by", "on_behalf_of")
        return list(rows.order_by("at", "pk"))

    @cached_property
    def is_mine(self) -> bool:
        return self.change.requested_by_id == self.user.pk

    @cached_property
    def may_author(self) -> bool:
        """May send it, call it back and give it up."""
        return bool(access.can(self.user, "draft" if self.is_mine else "keep", self.change.document))

    @cached_property
    def may_say(self) -> bool:
        return self.change.state in comments.OPEN

    @cached_property
    def obstacles(self) -> Sequence[Any]:
        """What keeps an approved change from taking effect."""
        if self.change.state not in (ChangeState.APPROVED, ChangeState.SCHEDULED):
            return ()
        return publishing.obstacles(self.change, at=self.at)

    @property
    def pill(self) -> tuple[str, str]:
        """(tone, words) of how it stands."""
        is_time = self.change.publish_at is None or self.change.publish_at <= self.at
        return change_states.pill(self.change, self.verdict, is_held=is_time and bool(self.obstacles))

    @property
    def is_asking(self) -> bool:
        """People are asked now."""
        return self.is_votable

    @property
    def stage(self) -> standings.Stage:
        return "asking" if self.is_votable else "foretold" if self.change.state == ChangeState.DRAFT else "over"

    @property
    def may_recall(self) -> bool:
        return self.change.is_judged

    @property
    def may_stop(self) -> bool:
        """It can still be given up."""
        return self.change.is_open or self.change.state == ChangeState.CONFLICTED

    @cached_property
    def maker_names(self) -> str:
        makers = approval.facts(self.change).makers
        found = [user.name for user in User.objects.filter(pk__in=makers).order_by("name", "pk")[: NAMES + 1]]
        return ", ".join(found[:NAMES]) + (" …" if len(found) > NAMES else "")

    # Who is asked

    @cached_property
    def is_votable(self) -> bool:
        return self.change.is_judged or self.change.retrospective == Retrospective.WAITING

    @property
    def is_awaited(self) -> bool:
        """Verdicts are still missing, so that whoever gives none reads why."""
        return self.is_votable and self.change.state not in (ChangeState.APPROVED, ChangeState.SCHEDULED)

    @cached_property
    def refusal(self) -> str:
        """Why the reader gives no verdict of their own; empty: they may."""
        try:
            reviews.refuse_not_asked(self.change, self.verdict, by=self.user, principal=self.user)
        except DomainError as error:
            return str(error)
        return ""

    @cached_property
    def later(self) -> str:
        """When the reader is asked, if a stage that has not begun yet will ask them; else empty."""
        standings = self.verdict.standings if self.is_votable else ()
        mine = next((item for item in standings if self.user.pk in item.foreseen), None)
        if mine is None or not self.refusal or self.user.pk in approval.facts(self.change).makers:
            return ""
        first = [item for item in standings if item.stage < mine.stage and item.state != "satisfied"]
        names = _(" and ").join(_("“%(text)s”") % {"text": sentences.said(item.title)} for item in first)
        words = {"own": sentences.said(mine.title), "others": names}
        return (
            ngettext(
                "You will be asked as “%(own)s” when %(others)s has agreed.",
                "You will be asked as “%(own)s” when %(others)s have agreed.",
                len(first),
            )
            % words
        )

    @cached_property
    def givers(self) -> list[User]:
        """In whose place the reader may speak."""
        rows = Delegation.objects.in_force(self.at).filter(taker=self.user, kind__in=["", self.change.document.kind])
        held = rows.select_related("giver").order_by("starts_at", "pk")
        found = {row.giver_id: row.giver for row in held if self._may_speak_by(row)}
        return list(found.values())

    def _may_speak_by(self, row: Delegation) -> bool:
        try:
            reviews.refuse_not_asked(self.change, self.verdict, by=self.user, principal=row.giver)
        except DomainError:
            return False
        return row.board_id in (None, *approval.boards_asked(self.policy, self.verdict, row.giver_id))

    @cached_property
    def voices(self) -> set[UUID]:
        """The reader, when asked, and those in whose place they may speak."""
        return ({self.user.pk} if not self.refusal else set()) | {giver.pk for giver in self.givers}

    @cached_property
    def asked(self) -> list[Standing]:
        """What waits for the reader."""
        if not self.is_votable:
            return []
        return [item for item in self.verdict.standings if self.voices.intersection(item.waits_for)]

    @cached_property
    def concerned(self) -> list[Standing]:
        """The open requirements in which the reader's verdict would count."""
        return [item for item in self.verdict.standings if self.voices.intersection((*item.eligible, *item.waits_for))]
