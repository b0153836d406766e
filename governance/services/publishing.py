"""Publication: the only way in which a version comes into force or goes out of it.

Under the locks of the document and the change: the digest is what was approved, what the draft was made from is still
in force, nothing blocks. Then the effective version moves, the read models follow, and whoever must know is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import base
from governance.documents.facts import Finding
from governance.models import ChangeRequest, FreezeWindow, Version
from governance.models.changes import JUDGED_STATES, ChangeAction, ChangeModel, ChangeState
from governance.reads import approval as reads
from governance.reads import changes as drafts
from governance.reads import sentences
from governance.rules.approval_facts import Verdict
from governance.services import lifecycle, notices, ownership, turnarounds
from portal import access, audit, registry
from portal.errors import DomainError
from portal.models import User


class NotPublishable(DomainError):
    """A digest that does not fit, nothing that would change, or something that blocks; `findings` may say more."""

    def __init__(self, sentence: str, findings: Sequence[Finding] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__(sentence)


class NotApproved(DomainError):
    """The policy has not been satisfied, or is not any more."""


@dataclass(frozen=True)
class Obstacle:
    """Why an approved change does not take effect yet; it goes away by itself at `until` (None: somebody must act)."""

    sentence: str
    until: datetime | None = None
    findings: tuple[Finding, ...] = ()


def publish(*, change: ChangeRequest, by: User, at: datetime) -> ChangeRequest:
    """Put the approved `change` into force now, before its time if it has one.

    Locks document and change. Raises access.Refused, NotApproved, NotPublishable; then nothing was changed.
    """
    with audit.action(actor=by, reason=change.reason or "published", at=at):
        change = lifecycle.lock(change)
        if by.pk != change.requested_by_id:
            access.require(by, "publish", change.document)
        lifecycle.refuse_unless(change, (ChangeState.APPROVED, ChangeState.SCHEDULED), NotApproved)
        verdict = reads.judge(change, at=at)
        if not verdict.approved:
            raise NotApproved(sentences.said(verdict.sentence))
        if has_lapsed(change, at=at):
            raise NotApproved(lapsed())
        for obstacle in obstacles(change, at=at):
            raise NotPublishable(obstacle.sentence, obstacle.findings)
        take_effect(change, verdict, at=at)
    return change


def has_lapsed(change: ChangeRequest, *, at: datetime) -> bool:
    """The approval of `change` was not used in its time, whether the clock has looked since or not."""
    return change.expires_at is not None and change.expires_at <= at


def lapsed() -> str:
    return _("It was approved, but did not take effect in time.")


def attempt(change: ChangeRequest, verdict: Verdict, *, at: datetime) -> bool:
    """Put the approved `change` into force if it is due and nothing stands in its way; says whether it was done.

    A change of what is no longer in force becomes `conflicted`.
    """
    if change.version.based_on_id != change.document.effective_version_id and change.action != ChangeAction.RETIRE:
        sentence = _("Another version came into force meanwhile; take it over into this change and send it again.")
        lifecycle.end(change, ChangeState.CONFLICTED, why=sentence, at=at)
        return False
    if (change.publish_at and change.publish_at > at) or obstacles(change, at=at):
        return False
    take_effect(change, verdict, at=at)
    return True


def obstacles(change: ChangeRequest, *, at: datetime) -> list[Obstacle]:
    """What keeps the approved `change` from taking effect at `at`."""
    found = []
    policy = reads.policy_of(change)
    exempt = policy.content.freeze_exempt if policy else ()
    if change.model not in exempt:
        for window in FreezeWindow.objects.all().holding(change.document, at).order_by("-ends_at")[:1]:
            sentence = _("Nothing is put into force at the moment: %(why)s") % {"why": window.why}
            found.append(Obstacle(sentence, window.ends_at))
    if policy is not None and policy.content.blocking_comments and change.comments.all().blocking().exists():
        found.append(Obstacle(_("A comment that stops publication has not been settled.")))
    blocking = blocking_findings(change, at=at)
    if blocking:
        found.append(Obstacle(said(blocking), findings=blocking))
    return found


def blocking_findings(change: ChangeRequest, *, at: datetime) -> tuple[Finding, ...]:
    """What the check of the text refuses as the world is now; a text that goes out of force is not checked."""
    if change.action == ChangeAction.RETIRE:
        return ()
    return tuple(item for item in drafts.findings(change.version, at=at) if item.blocking)


def said(findings: Sequence[Finding]) -> str:
    """The first of `findings` in words, and how many more there are."""
    more = _(" (and %(count)s more)") % {"count": len(findings) - 1} if findings[1:] else ""
    return _("Cannot be published: ") + sentences.said(findings[0].message) + more


def take_effect(change: ChangeRequest, verdict: Verdict | None, *, at: datetime) -> None:
    """Let `change` be in force. `verdict` is what approved it; None for an emergency, the first policy and a repair."""
    document, version = change.document, change.version
    refuse_tampered(version)
    before = document.effective_version
    if change.action == ChangeAction.RETIRE:
        _retire(change, at)
    else:
        document.effective_version = version
        document.title = base.load(document.kind, version.content).title
        document.retired_at, document.successor = None, None
        document.recheck_since, document.recheck_why = None, ""
    document.save(
        update_fields=["effective_version", "title", "retired_at", "successor", "recheck_since", "recheck_why"]
    )
    change.state, change.published_at, change.answer_by = ChangeState.PUBLISHED, at, None
    change.save(update_fields=["state", "published_at", "answer_by"])
    turnarounds.end(change, reason="published", at=at)
    data: dict[str, Any] = {"digest": version.digest, "number": version.number, "change": change.reference}
    data["rule"] = _rule(change, verdict)
    if document.kind == "matrix":
        views = ownership.rebuild()
        data["views"] = {"change": str(views), "added": views.added_names, "removed": views.removed_names}
    action = audit.current()
    assert action is not None
    verb = "version.retired" if change.action == ChangeAction.RETIRE else "version.published"
    action.record(verb=verb, target=version, data=data)
    _supersede(change, before, at)
    turnarounds.limit(change, at=at)
    for _name, follow in registry.published.items():
        follow(document, version, change, at=at)
    if verdict is not None:
        notices.published(change, at=at)


def _rule(change: ChangeRequest, verdict: Verdict | None) -> str:
    if verdict is None:
        return str(ChangeModel(change.model).value)
    return verdict.pre_approved or ", ".join(verdict.rows)


def refuse_tampered(version: Version) -> None:
    """Raises NotPublishable when the stored text is not the one that its digest stands for."""
    if base.digest(version.content) != version.digest:
        raise NotPublishable(_("The stored text does not fit its digest. Nothing was published; tell the operators."))


def _retire(change: ChangeRequest, at: datetime) -> None:
    document = change.document
    document.effective_version, document.retired_at, document.successor = None, at, change.successor


def _supersede(change: ChangeRequest, before: Version | None, at: datetime) -> None:
    """What was in force is over, and what was drafted from it has to be looked at anew."""
    rows = ChangeRequest.objects.select_for_update(no_key=True).filter(document=change.document).exclude(pk=change.pk)
    undone = change.undoes_id
    for old in rows.filter(state=ChangeState.PUBLISHED).order_by("pk"):
        if old.retrospective == "waiting" and old.pk != undone:
            continue  # its review is still owed
        old.state = ChangeState.ROLLED_BACK if old.pk == undone else ChangeState.CLOSED
        old.closed_at = at
        old.save(update_fields=["state", "closed_at"])
        turnarounds.end(old, reason="another version is in force", at=at)
    sentence = _("%(reference)s came into force first; take it over into this change and send it again.")
    judged = rows.filter(state__in=JUDGED_STATES).select_related("version", "requested_by", "document")
    for other in judged.order_by("pk"):
        lifecycle.end(other, ChangeState.CONFLICTED, why=sentence % {"reference": change.reference}, at=at)
