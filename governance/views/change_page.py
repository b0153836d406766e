"""Everything that one answer about a change needs: its page as it is read, or with a form that was refused."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.forms.changes import BreakGlass, Describe, Why, described
from governance.forms.comments import Remark, Reply
from governance.forms.reviews import AFTERWARDS, RETIRING
from governance.forms.reviews import Verdict as VerdictForm
from governance.models import ChangeRequest, Review
from governance.models.changes import ChangeAction, ChangeState
from governance.reads import (
    approval,
    change_head,
    change_text,
    comments,
    drafts,
    dry_run,
    preview,
    references,
    sections,
    sentences,
    standings,
    told_otherwise,
)
from governance.reads import changes as change_reads
from governance.reads.comments import Thread
from governance.services import comments as commenting
from governance.services import emergencies, ownership
from governance.views.change_reader import NAMES, Reader
from portal import access
from portal.models import User

SIDES = "sides"
"""The view in which before and after stand beside each other."""
PARTS = ("changes", "effect", "comments", "here", "text")
STEERING = ("matrix", "escalation")
SHOWN_FINDINGS = 12


class Page(Reader):
    """The page of `change` for `user`. `forms` holds what was refused, by name, so that nothing typed is lost."""

    def __init__(
        self, change: ChangeRequest, user: User, *, at: datetime, part: str = "", on: str = "", view: str = ""
    ) -> None:
        super().__init__(change, user, at=at)
        self.is_sided = view == SIDES
        self.on = on
        self.part = part if part in PARTS else "changes"
        self.forms: dict[str, Any] = {}
        self.reply_to: UUID | None = None
        self.seen = change.version.digest

    # Forms

    @cached_property
    def vote(self) -> VerdictForm | None:
        """The form of a verdict; None for whoever cannot give one."""
        if "vote" in self.forms:
            form: VerdictForm = self.forms["vote"]
            return form
        return self.new_vote() if self.is_votable and self.voices else None

    def new_vote(self, data: Any = None) -> VerdictForm:
        return VerdictForm(
            data,
            initial={"seen": self.change.version.digest},
            requester=self.change.requested_by.name,
            number=self.change.version.number,
            givers=self.givers,
            is_asked=not self.refusal,
            may_veto=any(item.veto for item in self.concerned),
            stands_at=self.verdict.band if any(item.validates_risk for item in self.concerned) else "",
            asks_password=any(item.confirm for item in self.concerned),
            words=self._verdicts(),
        )

    def _verdicts(self) -> dict[str, Any]:
        """What verdicts are called where it is not about a version that shall come into force."""
        if self.is_afterwards:
            return AFTERWARDS
        return RETIRING if self.change.action == ChangeAction.RETIRE else {}

    @cached_property
    def said(self) -> Review | None:
        """The reader's last verdict of their own on this text."""
        own = [item for item in self._given() if item.by_id == self.user.pk and item.on_behalf_of_id is None]
        return next((item for item in reversed(own) if item.digest == self.change.version.digest), None)

    @property
    def is_vote_folded(self) -> bool:
        """The reader has said what they think, and nobody asks them again."""
        return self.said is not None and not self.asked and "vote" not in self.forms

    @cached_property
    def describe(self) -> Describe | None:
        if self.change.state != ChangeState.DRAFT or not self.may_author:
            return None
        return self.forms.get("describe") or self.new_describe()

    def new_describe(self, data: Any = None) -> Describe:
        found = approval.in_force()
        questions = found.content.risk if found else ()
        return Describe(data, initial=described(self.change), questions=questions)

    @cached_property
    def grounds(self) -> list[Any]:
        """The open incidents for which the reader may put the draft into force at once."""
        if self.describe is None or not self.is_mine or self.change.action == ChangeAction.RETIRE:
            return []
        found = emergencies.grounds(self.change.document, self.user, at=self.at)
        return [ground for ground in found if not ground.refusal]

    @property
    def glass(self) -> BreakGlass | None:
        if not self.grounds:
            return None
        return self.forms.get("glass") or BreakGlass(grounds=self.grounds, auto_id="glass_%s")

    @property
    def why(self) -> Why:
        return self.forms.get("why") or Why(auto_id="why_%s")

    @cached_property
    def remark(self) -> Remark | None:
        """The form for a remark at the place that was asked for."""
        if "remark" in self.forms:
            form: Remark = self.forms["remark"]
            return form
        return self.new_remark() if self.may_say and (self.on or self.part == "comments") else None

    def new_remark(self, data: Any = None) -> Remark:
        may_block = commenting.may_block(self.change, self.user, at=self.at)
        return Remark(data, initial={"path": self.on}, places=self._places(), may_block=may_block)

    def _places(self) -> list[tuple[str, str]]:
        """The part that was asked for, and its fields that differ."""
        line = self.open_line
        if line is None or not line.pointer.count("/") > 1:
            return []
        fields = [(f"{line.pointer}/{item.field}", item.label) for item in line.entry.lines]  # type: ignore[union-attr]
        return [(line.pointer, _("All of it")), *((path, word) for path, word in fields if word)]

    @cached_property
    def open_line(self) -> change_text.Line | None:
        """The line of the redline beside which a remark is being written."""
        if not self.on or self.part != "changes":
            return None
        mine = [line for line in self.lines if line.pointer and f"{self.on}/".startswith(f"{line.pointer}/")]
        return max(mine, key=lambda line: len(line.pointer), default=None)

    @property
    def reply(self) -> Reply:
        return self.forms.get("reply") or Reply(auto_id="reply_%s")

    # The text

    @cached_property
    def contents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return change_text.contents(self.change)

    @cached_property
    def redline(self) -> Any:
        return change_text.redline(*self.contents, is_drawn=self.part == "changes")

    @cached_property
    def threads(self) -> list[Thread]:
        before, after = self.contents
        found = comments.threads(self.change, after, before)
        is_stopped = self.may_say and any(thread.is_open and thread.comment.is_blocking for thread in found)
        makers = approval.facts(self.change).makers if is_stopped else frozenset()
        for thread in found:
            may = thread.is_open and commenting.may_settle(thread.comment, self.user, makers)
            thread.may_settle = self.may_say and may
        return found

    @cached_property
    def _drawn(self) -> tuple[list[change_text.Line], list[Thread]]:
        return change_text.lines(self.redline, [thread for thread in self.threads if thread.comment.path])

    @property
    def lines(self) -> list[change_text.Line]:
        return self._drawn[0]

    @cached_property
    def is_stopped(self) -> bool:
        """A remark keeps it from taking effect."""
        counts = self.policy is not None and self.policy.blocking_comments
        return counts and self.change.is_open and any(thread.blocks for thread in self.threads)

    @cached_property
    def since(self) -> change_text.Since | None:
        """What is new since the reader's last verdict, or since the text that they were about to judge."""
        if not self.change.is_judged:
            return None
        if self.seen != self.change.version.digest:
            return change_text.since(self.change, self.seen)
        return change_text.since_review(self.change, self.user, self.reviews)

    @cached_property
    def sides(self) -> change_text.Sides | None:
        if self.change.state not in (ChangeState.DRAFT, ChangeState.CONFLICTED):
            return None
        return change_text.sides(self.change)

    @cached_property
    def findings(self) -> list[Any]:
        """What the check of the text says, blocking ones first; nothing once it is over."""
        if not self.change.is_open or self.change.action == ChangeAction.RETIRE:
            return []
        return change_reads.findings(self.change.version, at=self.at)

    # Putting it together

    def context(self) -> dict[str, Any]:
        change, verdict = self.change, self.verdict
        size = change_text.size(self.redline)
        why = change_head.reasons(change, verdict, self.policy)
        return {
            "page": self,
            "change": change,
            "document": change.document,
            "verdict": verdict,
            "summary": change_head.title(change),
            "next": self._next(),
            "clocks": change_head.clocks(
                change,
                verdict,
                counts=dict(self.redline.counts),
                size=size,
                why=why,
                stopped=self.is_stopped,
                held=next(iter(self.obstacles), None),
            ),
            "risk_reasons": why,
            "tabs": self._tabs(size[0]),
            "needs": self._needs(),
            "others": standings.others(self.policy, verdict.rows),
            "rules": self._rules(),
            "sentence": change_head.by_command(change) if self.is_by_command else sentences.said(verdict.sentence),
            "is_open_text": drafts.is_open(change),
            "findings": self._placed(),
            "more_findings": max(0, len(self.findings) - SHOWN_FINDINGS),
            **self._of_part(),
        }

    @property
    def is_by_command(self) -> bool:
        return self.change.model in change_head.BY_COMMAND

    def _needs(self) -> list[standings.Need]:
        if self.is_by_command:
            return []
        return standings.needs(self.change, self.verdict, self.policy, self._given(), stage=self.stage)

    def _placed(self) -> list[dict[str, Any]]:
        """The first findings with their place in words, and where their author mends them."""
        found = self.findings[:SHOWN_FINDINGS]
        before, after = self.contents
        words = change_reads.places_in_words([item.path for item in found], [after, before])
        may_mend = self.may_author and drafts.is_open(self.change)
        return [
            {
                "place": where,
                "message": item.message,
                "blocking": item.blocking,
                "url": sections.mend(self.change, item.path) if may_mend else "",
            }
            for item, where in zip(found, words, strict=True)
        ]

    def _given(self) -> list[Review]:
        return [review for review in self.reviews if review.is_retrospective == self.is_afterwards]

    def _rules(self) -> list[str]:
        rows = {row.key: row.title for row in self.policy.rows} if self.policy else {}
        return [rows[key] for key in self.verdict.rows if key in rows]

    def _next(self) -> change_head.Next:
        people = User.objects.filter(pk__in=self.verdict.waits_for).order_by("name", "pk")
        names = [person.name for person in people[: NAMES + 1]] if self.is_votable and not self.asked else []
        text = ", ".join(names[:NAMES]) + (" …" if len(names) > NAMES else "")
        blocking = [item for item in self.findings if item.blocking]
        blocked = sentences.said(blocking[0].message) if blocking else ""
        if self.sides is not None and not blocked:
            blocked = _("Another version came into force since this draft was begun; take it over first.")
        edit_url = (
            "" if any(self.redline.counts.values()) else reverse("governance:change-edit", args=[self.change.reference])
        )
        now = change_head.Situation(
            self.change,
            self.verdict,
            self.asked,
            self.may_author,
            self.obstacles,
            blocked,
            self.is_afterwards,
            text,
            edit_url,
            self.later,
            self.is_mine,
            self._again_url(),
            self._objection(),
        )
        return change_head.upcoming(now, publish_url=reverse("governance:change-publish", args=[self.change.reference]))

    def _again_url(self) -> str:
        """Where whoever may draft begins anew what came to nothing; empty for others."""
        change = self.change
        is_over = change.state in change_head.STOPPED and change.document.retired_at is None
        if not is_over or change.document.kind == "matrix" or not access.can(self.user, "draft", change.document):
            return ""
        return f"{reverse('governance:change-new')}?document={change.document_id}"

    def _objection(self) -> str:
        """What was said against a change that was rejected, last."""
        if self.change.state != ChangeState.REJECTED:
            return ""
        against = (Review.Verdict.VETO, Review.Verdict.REQUEST_CHANGES)
        said = [
            _("“%(text)s”") % {"text": item.rationale}
            for item in self.reviews
            if item.verdict in against and item.rationale
        ]
        return said[-1] if said else ""

    @property
    def is_policy(self) -> bool:
        """It changes who approves what, which can be tried on what was decided before."""
        return self.change.document.kind == approval.KIND and self.change.action != ChangeAction.RETIRE

    def _tabs(self, differ: int) -> list[tuple[str, str, int]]:
        """(part, word, number) of the parts that there are."""
        open_threads = sum(thread.is_open for thread in self.threads)
        found = [
            ("changes", _("Changes"), differ),
            ("effect", _("What it would have done") if self.is_policy else _("Who is told, who sees"), 0),
            ("comments", _("Remarks"), open_threads or len(self.threads)),
            ("here", _("What points here"), 0),
            ("text", _("Full text"), 0),
        ]
        is_steering = self.change.document.kind in STEERING and self.change.action != ChangeAction.RETIRE
        return [tab for tab in found if tab[0] != "effect" or is_steering or self.is_policy]

    def _of_part(self) -> dict[str, Any]:
        change, document = self.change, self.change.document
        match self.part:
            case "here":
                return {
                    "uses": references.used_in(document, self.user),
                    "governed": references.governed(document),
                    "refers": references.refers_to(change.version),
                }
            case "effect" if self.is_policy:
                return {"dry": dry_run.of_change(change, at=self.at)}
            case "effect" if document.kind in STEERING and change.action != ChangeAction.RETIRE:
                return {"views": ownership.preview(change.version), **told_otherwise.shown(change.version, at=self.at)}
            case "text":
                return {"sections": preview.parts(document, change_reads.content(change.version))}
        lost = [thread for thread in self.threads if thread.is_gone]
        whole = [thread for thread in self.threads if not thread.comment.path]
        found = {"redline": self.redline, "lines": self.lines, "beside": self._drawn[1], "lost": lost, "whole": whole}
        return found | {"groups": self.groups, "query": f"view={SIDES}&" if self.is_sided else ""}

    @cached_property
    def groups(self) -> list[change_text.Group]:
        """The sections of a document that is new or goes; nothing of one of which something stays."""
        return change_text.groups(self.change.document, self.lines, self.open_line) if self.is_whole else []

    @property
    def is_whole(self) -> bool:
        """All of the text comes or goes, so that nothing in it is marked."""
        return change_text.is_new(self.change) or self.change.action == ChangeAction.RETIRE
