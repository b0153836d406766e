"""What is supposed to be the cause, how that is tested, and what the test said (D86)."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Evidence, Hypothesis, Postmortem
from incidents.services import reviews
from incidents.services.reviews import NotReviewed
from portal import limits
from portal.models import User

Verdict = Hypothesis.Verdict
JUDGED = (Verdict.CONFIRMED, Verdict.REFUTED, Verdict.UNCLEAR)


def suppose(
    *,
    review: Postmortem,
    text: str,
    by: User,
    at: datetime,
    test: str = "",
    method: str = Hypothesis.Method.OBSERVATION,
    owner: User | None = None,
    cause: str = "",
) -> Hypothesis:
    """`text` may be the cause; `cause` is its key in the rubric or a module, if any. Raises NotReviewed, Refused."""
    text = said(text, _("Say what may be the cause."), "text")
    with reviews.holding(review, by=by, reason="supposes a cause", at=at) as held:
        if cause and held.review.hypotheses.filter(cause=cause).exists():
            raise NotReviewed(_("This cause is on the list already."))
        made = Hypothesis(
            postmortem=held.review,
            number=held.review.hypotheses.count() + 1,
            cause=cause[: limits.KEY_LENGTH],
            text=text,
            test=test.strip()[: limits.REASON_LENGTH],
            method=method,
            owner=owner,
        )
        made.save()
        held.action.record(verb="incident.cause_supposed", target=held.incident, data={"number": made.number})
    return made


def plan(
    *, hypothesis: Hypothesis, text: str, test: str, method: str, owner: User | None, by: User, at: datetime
) -> Hypothesis:
    """Say it, or how it is tested, in other words, and who tests it. Raises NotReviewed, Refused."""
    text = said(text, _("Say what may be the cause."), "text")
    with reviews.holding(hypothesis.postmortem, by=by, reason="plans a test", at=at):
        found = _locked(hypothesis)
        found.text, found.test, found.method, found.owner = text, test.strip()[: limits.REASON_LENGTH], method, owner
        found.save(update_fields=["text", "test", "method", "owner"])
    return found


def judge(
    *,
    hypothesis: Hypothesis,
    verdict: str,
    result: str,
    by: User,
    at: datetime,
    test: str = "",
    evidence: Evidence | None = None,
) -> Hypothesis:
    """The test was made: `result` says what came of it, `evidence` shows it. Raises NotReviewed, Refused."""
    if verdict not in JUDGED:
        raise NotReviewed(_("Choose what the test says."), {"verdict": _("Choose what the test says.")})
    result = said(result, _("Say what came of the test."), "result")
    with reviews.holding(hypothesis.postmortem, by=by, reason=result, at=at) as held:
        found = _locked(hypothesis)
        found.test = said(test or found.test, _("Say how it was tested."), "test")
        if evidence is not None and evidence.incident_id != held.incident.pk:
            raise NotReviewed(_("Choose a file of this incident."), {"evidence": _("Choose a file of this incident.")})
        found.verdict, found.result, found.evidence = verdict, result, evidence
        found.judged_by, found.judged_at = by, at
        found.save()
        data = {"number": found.number, "verdict": verdict}
        held.action.record(verb="incident.cause_judged", target=held.incident, data=data)
    return found


def _locked(hypothesis: Hypothesis) -> Hypothesis:
    return Hypothesis.objects.select_for_update(no_key=True).get(pk=hypothesis.pk)


def said(text: str, sentence: str, field: str = "") -> str:
    """`text` without outer blanks, in one line of a table; `sentence` refuses an empty one. Raises NotReviewed."""
    text = text.strip()
    if not text:
        raise NotReviewed(sentence, {field: sentence} if field else None)
    if len(text) > limits.REASON_LENGTH:
        longest = _("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH}
        raise NotReviewed(longest, {field: longest} if field else None)
    return text
