"""The head of a change's page: what it asks of its reader now, and its four figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents.approval import Approval
from governance.models import ChangeRequest
from governance.models.changes import Band, ChangeAction, ChangeModel, ChangeState, Retrospective
from governance.reads import approval, change_text, sentences
from governance.rules import risk
from governance.rules.approval_facts import Standing, Verdict

STOPPED = (ChangeState.REJECTED, ChangeState.EXPIRED, ChangeState.WITHDRAWN, ChangeState.ROLLED_BACK)


@dataclass(frozen=True)
class Next:
    """The one thing that the page asks. `label` stands over `due_at`; `anchor` is where it is done, or `post` which
    address does it."""

    title: str
    why: str = ""
    action: str = ""
    anchor: str = ""
    post: str = ""
    label: str = ""
    due_at: datetime | None = None
    start: datetime | None = None
    tone: str = ""


@dataclass(frozen=True)
class Clock:
    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = ""
    at: datetime | None = None


BY_COMMAND = (ChangeModel.GENESIS, ChangeModel.REPAIR)
"""Changes that no policy has judged."""


def by_command(change: ChangeRequest) -> str:
    """Why nobody was asked about a change that was made by a command."""
    if change.model == ChangeModel.GENESIS:
        return _("Nobody was asked: there was no policy before it.")
    return _("Nobody was asked: two people have repaired a policy that nobody could meet any more.")


def title(change: ChangeRequest) -> str:
    """What the change is, in a sentence: "Priya Raman proposes version 8 of the playbook “…”"."""
    words = {
        "name": change.requested_by.name,
        "number": change.version.number,
        "kind": change.document.get_kind_display(),
        "title": change.document.title,
    }
    if change.model == ChangeModel.GENESIS:
        return _("The first %(kind)s, installed by a command that %(name)s answers for.") % words
    if change.model == ChangeModel.REPAIR:
        return _("A repair of the %(kind)s by a command of two people; %(name)s answers for it.") % words
    if change.action == ChangeAction.RETIRE:
        return _("%(name)s wants to retire the %(kind)s “%(title)s”.") % words
    if change.action == ChangeAction.RESTORE:
        return _("%(name)s wants back what the %(kind)s “%(title)s” said before, as version %(number)s.") % words
    return _("%(name)s proposes version %(number)s of the %(kind)s “%(title)s”.") % words


def reasons(change: ChangeRequest, verdict: Verdict, policy: Approval | None) -> list[str]:
    """Why the risk is what it is."""
    facts = approval.facts(change)
    yes = [key for key, answer in change.answers.items() if answer]
    found = risk.calculated(policy, yes=yes, criticalities=facts.criticalities, parts=facts.parts)
    found = risk.with_stated(found, change.stated_band)  # type: ignore[arg-type]
    said = [sentences.said(text) for text in found.deciding]
    if list(Band.values).index(verdict.band) > list(Band.values).index(found.band):
        return [_("raised by whoever validated it")]
    return said if verdict.band == found.band else []


def clocks(
    change: ChangeRequest,
    verdict: Verdict,
    *,
    counts: dict[str, int],
    size: tuple[int, int],
    why: Sequence[str],
    stopped: bool = False,
    held: Any = None,
) -> list[Clock]:
    """What changes, how risky it is, how many have agreed, when it takes effect.

    `stopped`: a remark keeps it off; `held`: the obstacle that keeps an approved one from taking effect.
    """
    differ, every = size
    done = sum(item.state == "satisfied" for item in verdict.standings)
    band = str(Band(verdict.band).label)
    tone = {"medium": "warn", "high": "bad"}.get(verdict.band, "")
    agreed = Clock(_("Have agreed"), _("Nobody"), "", sentences.said(verdict.sentence))
    if change.model in BY_COMMAND:
        agreed = Clock(_("Have agreed"), _("By a command"), "", by_command(change))
    elif verdict.standings:
        many = _("of %(count)s") % {"count": len(verdict.standings)}
        agreed = Clock(_("Have agreed"), str(done), many, _agreed(change, verdict))
    parts = ngettext("of %(count)s part", "of %(count)s parts", every) % {"count": every}
    what = Clock(_("What changes"), str(differ), parts, _counted(counts))
    if change_text.is_new(change):
        parts = ngettext("with %(count)s part", "with %(count)s parts", every) % {"count": every}
        what = Clock(_("What changes"), _("All new"), "", parts)
    return [
        what,
        Clock(_("Risk"), capfirst(band), "", "; ".join(why[:2]), tone),
        agreed,
        _effect(change, stopped, held),
    ]


def _counted(counts: dict[str, int]) -> str:
    words = (
        ("added", ngettext("%(n)s added", "%(n)s added", counts.get("added", 0))),
        ("changed", ngettext("%(n)s changed", "%(n)s changed", counts.get("changed", 0))),
        ("moved", ngettext("%(n)s moved", "%(n)s moved", counts.get("moved", 0))),
        ("removed", ngettext("%(n)s removed", "%(n)s removed", counts.get("removed", 0))),
    )
    return ", ".join(text % {"n": counts[op]} for op, text in words if counts.get(op)) or _("nothing yet")


def _agreed(change: ChangeRequest, verdict: Verdict) -> str:
    if verdict.approved:
        return _("all that the policy asks")
    if change.state == ChangeState.DRAFT:
        return _("nobody is asked before it is sent")
    waiting = len(verdict.waits_for)
    if not waiting or not (change.is_judged or change.retrospective == Retrospective.WAITING):
        return _("it was never approved") if not change.is_open else ""
    return ngettext("waits for %(count)s person", "waits for %(count)s people", waiting) % {"count": waiting}


def _effect(change: ChangeRequest, stopped: bool, held: Any) -> Clock:
    label, number = _("Takes effect"), change.version.based_on.number if change.version.based_on else 0
    note = _("running incidents keep version %(number)s") % {"number": number} if number else ""
    if change.published_at is not None:
        return Clock(_("In force since"), "", "", note, at=change.published_at)
    if change.state in STOPPED or change.state in (ChangeState.CLOSED, ChangeState.CONFLICTED):
        return Clock(label, _("Not as it is") if change.state == ChangeState.CONFLICTED else _("Never"))
    if stopped:
        note = _("not before the remark that stops it is settled")
        return (
            Clock(label, "", "", note, "bad", change.publish_at)
            if change.publish_at
            else (Clock(label, _("Once settled"), "", note, "bad"))
        )
    if held is not None and (change.publish_at is None or held.until is None or held.until > change.publish_at):
        if held.until is None:
            return Clock(label, _("Not yet"), "", held.sentence, "warn")
        return Clock(_("Takes effect at the earliest"), "", "", held.sentence, "warn", held.until)
    if change.publish_at is not None:
        return Clock(label, "", "", note, at=change.publish_at)
    return Clock(label, _("Once approved"), "", note)


# What is next


@dataclass(frozen=True)
class Situation:
    """What decides which thing is next. `asked`: the requirements that wait for the reader."""

    change: ChangeRequest
    verdict: Verdict
    asked: Sequence[Standing]
    may_author: bool
    obstacles: Sequence[Any]
    blocked_by: str = ""
    afterwards: bool = False
    waits_for: str = ""
    edit_url: str = ""
    later: str = ""
    is_mine: bool = False
    again_url: str = ""
    objection: str = ""


def upcoming(now: Situation, *, publish_url: str) -> Next:
    """The one thing that the page asks of its reader."""
    change = now.change
    match change.state:
        case ChangeState.DRAFT:
            return _draft(now)
        case ChangeState.IN_REVIEW:
            return _review(now)
        case ChangeState.APPROVED | ChangeState.SCHEDULED:
            return _approved(now, publish_url)
        case ChangeState.CONFLICTED:
            text = _("Another version came into force first.")
            action = _("Take it over") if now.may_author else ""
            return Next(text, change.outcome, action, "#take-over" if action else "", tone="warn")
    if now.asked:
        title, due_at = _("Judge this emergency afterwards"), change.retrospective_by
        why = _("It is in force already. Say whether it was right; if not, its way back opens at once.")
        return Next(title, why, _("Judge it"), "#vote", "", _("judge by"), due_at, change.published_at)
    if change.state == ChangeState.PUBLISHED:
        if change.retrospective != Retrospective.WAITING:
            return Next(_("This is in force."), change.outcome, tone="ok")
        why = _("It was put into force in an emergency and still has to be judged.")
        if now.waits_for:
            why += " " + _("Waits for %(names)s.") % {"names": now.waits_for}
        return Next(_("This is in force."), why, label=_("judge by"), due_at=change.retrospective_by, tone="warn")
    if change.state == ChangeState.CLOSED:
        return Next(_("This was in force; a later version has replaced it."))
    return _over(now)


def _over(now: Situation) -> Next:
    """It came to nothing, or was undone: why, and the way to begin anew."""
    change = now.change
    words = {
        ChangeState.REJECTED: _("It was rejected"),
        ChangeState.EXPIRED: _("It has expired"),
        ChangeState.WITHDRAWN: _("It was withdrawn"),
        ChangeState.ROLLED_BACK: _("It was undone"),
    }
    why = " ".join(part for part in (change.outcome, now.objection) if part)
    tone = {ChangeState.REJECTED: "bad", ChangeState.EXPIRED: "warn"}.get(ChangeState(change.state), "info")
    action = _("Begin a new change") if now.again_url else ""
    return Next(words[ChangeState(change.state)], why, action, now.again_url, tone=tone)


def _draft(now: Situation) -> Next:
    change = now.change
    if not now.may_author:
        title = _("%(name)s is still writing this.") % {"name": change.requested_by.name}
        return Next(title, _("Nobody is asked before it is sent for review."))
    if now.blocked_by:
        return Next(_("It cannot be sent yet"), now.blocked_by, tone="warn")
    if now.edit_url:
        why = _("Write what should be different; then say why and send it.")
        return Next(_("Nothing is changed yet"), why, _("Edit the text"), now.edit_url)
    due = {"label": _("send by"), "due_at": change.answer_by} if change.answer_by else {}
    title = _("Send it for review") if not now.verdict.pre_approved else _("Put it into force")
    why = sentences.said(now.verdict.sentence)
    return Next(title, why, _("Say why"), "#send", **due)  # type: ignore[arg-type]


def _review(now: Situation) -> Next:
    change, verdict = now.change, now.verdict
    if change.answer_by is not None and not now.is_mine and not now.asked:
        title = _("%(name)s has to answer the objections") % {"name": change.requested_by.name}
        why = _("Somebody asked for changes. Nothing takes effect while that stands.")
        return Next(title, why, label=_("answer by"), due_at=change.answer_by, tone="info")
    if change.answer_by is not None and now.is_mine and now.may_author:
        why = _(
            "Somebody asked for changes. Answer in a remark so that they look again, or call it back and change it."
        )
        return Next(_("Answer the objections"), why, _("See them"), "#agree", "", _("answer by"), change.answer_by)
    if not now.asked:
        title = _("Waits for %(names)s") % {"names": now.waits_for} if now.waits_for else _("Cannot be approved now")
        due_at = min((item.due_at for item in verdict.standings if item.is_open and item.due_at), default=None)
        why = "" if now.waits_for else sentences.said(verdict.sentence)
        return Next(title, now.later or why or _("Silence never approves."), label=_("answer by"), due_at=due_at)
    first = min(now.asked, key=lambda item: (item.due_at is None, item.due_at))
    unmet = [item for item in verdict.standings if item.state != "satisfied"]
    left = first.needed - len(first.counted)
    decides = len(unmet) == 1 and left == 1 and first.state == "waiting"
    why = sentences.said(first.sentence)
    if decides:
        why = _("One more approval is needed. Read what changes, then say yes or no.")
    elif first.validates_risk and first.state == "waiting":
        why = _("Read what changes, then confirm how risky it is, or raise it. The others are asked after you.")
    title, action = _("Your vote decides") if decides else _("Your vote is asked for"), _("Vote")
    if first.state == "objected":
        title, action = _("Your objection stands"), _("Vote again")
    return Next(title, why, action, "#vote", "", _("vote by"), first.due_at, first.opened_at)


def _approved(now: Situation, publish_url: str) -> Next:
    change = now.change
    if now.obstacles:
        first = now.obstacles[0]
        label = _("until") if first.until else ""
        return Next(
            _("Approved, but it does not take effect yet"), first.sentence, "", "", "", label, first.until, tone="warn"
        )
    if change.publish_at is not None:
        why = _("Approved by everybody whom the policy asks.")
        label = _("takes effect")
        if now.may_author:
            return Next(
                _("It takes effect by itself"),
                why,
                _("Put it into force now"),
                "",
                publish_url,
                label,
                change.publish_at,
            )
        return Next(_("It takes effect by itself"), why, label=label, due_at=change.publish_at)
    action = _("Put it into force") if now.may_author else ""
    return Next(_("Approved"), _("Nothing stands in its way any more."), action, "", publish_url if action else "")
