"""What a review finds, and the change that a finding leads to: proposed in one step, closed when it is published.

Locks in the order document, incident, review, finding: a publication holds its document when it closes findings.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document, Version
from governance.models.versions import Kind
from governance.services import changes
from incidents.models import Finding, Hypothesis, Postmortem
from incidents.services import reviews
from incidents.services.hypotheses import said
from incidents.services.reviews import NotReviewed
from portal import audit, limits, registry
from portal.models import User

KIND, ORIGIN, AREA = Finding.Kind, Finding.Origin, Finding.Area


def register() -> None:
    registry.published.add("incidents.findings", follow)


def add(
    *,
    review: Postmortem,
    kind: str,
    text: str,
    by: User,
    at: datetime,
    origin: str = "",
    area: str = "",
    cause: str = "",
    hypothesis: Hypothesis | None = None,
    module: Document | None = None,
    playbook: Document | None = None,
    step: str = "",
) -> Finding:
    """`review` has found `text`. A cause says where it lies (`origin`), a gap of governance in which `area`.

    `module` is the failure pattern that it shows; `playbook` with `step` what should say something else. Raises
    NotReviewed, Refused.
    """
    text = said(text, _("Say what you have found."), "text")
    with reviews.holding(review, by=by, reason=text, at=at) as held:
        _fits(kind, origin, area, module, playbook)
        if hypothesis is not None:
            hypothesis = _confirmed(held.review, hypothesis)
            cause = cause or hypothesis.cause
        made = Finding(
            postmortem=held.review,
            number=held.review.findings.count() + 1,
            kind=kind,
            text=text,
            origin=origin if kind == KIND.CAUSE else "",
            area=area if kind == KIND.GAP else "",
            cause=cause[: limits.KEY_LENGTH],
            hypothesis=hypothesis,
            module=module,
            playbook=playbook,
            step=step[: limits.KEY_LENGTH],
            by=by,
            at=at,
        )
        made.save()
        data = {"number": made.number, "kind": kind}
        held.action.record(verb="incident.found", target=held.incident, data=data)
    return made


def _fits(kind: str, origin: str, area: str, module: Document | None, playbook: Document | None) -> None:
    if kind not in KIND.values:
        raise NotReviewed(_("Choose what it is."), {"kind": _("Choose what it is.")})
    if kind == KIND.CAUSE and origin not in ORIGIN.values:
        sentence = _("Say whether the cause lies in how you work, outside, or both.")
        raise NotReviewed(sentence, {"origin": sentence})
    if kind == KIND.GAP and area not in AREA.values:
        sentence = _("Say where the gap is.")
        raise NotReviewed(sentence, {"area": sentence})
    if module is not None and module.kind != Kind.MODULE:
        raise NotReviewed(_("Choose a failure pattern."), {"module": _("Choose a failure pattern.")})
    if playbook is not None and playbook.effective_version_id is None:
        sentence = _("Choose rules that are in force.")
        raise NotReviewed(sentence, {"playbook": sentence})


def _confirmed(review: Postmortem, hypothesis: Hypothesis) -> Hypothesis:
    """`hypothesis` as it stands now: a test has confirmed it, and no finding says so yet."""
    found = review.hypotheses.filter(pk=hypothesis.pk, verdict=Hypothesis.Verdict.CONFIRMED).first()
    if found is None:
        raise NotReviewed(_("Only what a test has confirmed is a cause."))
    if Finding.objects.filter(hypothesis=found).exists():
        raise NotReviewed(_("This cause is written down already."))
    return found


def propose(*, finding: Finding, by: User, at: datetime) -> ChangeRequest:
    """A draft of `by` that shall change what `finding` names; its reason says why. The one they have, if any.

    Also when the review is published. Raises NotReviewed, changes.AlreadyOpen, Refused.
    """
    if finding.playbook is None:
        raise NotReviewed(_("Say first which playbook, and which step of it, should change."))
    reason = f"{finding.postmortem.reference}: {finding.text}"[: limits.REASON_LENGTH]
    with audit.action(actor=by, reason=reason, at=at):
        change = changes.begin(document=finding.playbook, by=by, at=at, reason=reason)
        with reviews.holding(finding.postmortem, by=by, reason=reason, at=at, is_open=False) as held:
            found = _locked(finding)
            if found.closed_at is not None:
                raise NotReviewed(_("This is settled already."))
            found.change = change
            found.save(update_fields=["change"])
            held.log("change_proposed", found.text, name=str(by), change=change.reference)
    return change


def settle(*, finding: Finding, why: str, by: User, at: datetime) -> Finding:
    """Nothing has to change for `finding`, or it was done elsewhere. Raises NotReviewed, Refused."""
    why = said(why, _("Say why nothing has to change."), "why")
    with reviews.holding(finding.postmortem, by=by, reason=why, at=at, is_open=False) as held:
        found = _locked(finding)
        if found.closed_at is not None:
            raise NotReviewed(_("This is settled already."))
        found.closed_at, found.closing = at, why
        found.save(update_fields=["closed_at", "closing"])
        held.action.record(verb="incident.finding_settled", target=held.incident, data={"number": found.number})
    return found


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """`change` is published: every finding that led to it is closed."""
    rows = Finding.objects.select_for_update(no_key=True).filter(change=change, closed_at=None)
    action = audit.current()
    assert action is not None, "a publication is an action"
    for found in rows.select_related("postmortem__incident").order_by("pk"):
        found.closed_at = at
        found.save(update_fields=["closed_at"])
        data = {"number": found.number, "change": change.reference}
        action.record(verb="incident.finding_closed", target=found.postmortem.incident, data=data)


def _locked(finding: Finding) -> Finding:
    return Finding.objects.select_for_update(no_key=True).get(pk=finding.pk)
