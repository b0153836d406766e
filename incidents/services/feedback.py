"""What responders tell those who answer for a platform or a workflow, and what they answer (D113)."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from governance.models import Platform, Workflow
from incidents.models import Feedback, Incident
from incidents.reads import feedback as reads
from portal import access, audit, ids, limits, outbox, registry
from portal.errors import DomainError
from portal.models import Lane, User
from portal.models.people import DataClass

FEEDBACK = "feedback"
GIVEN, ANSWERED = "given", "answered"
FACTS = {
    "url": DataClass.PUBLIC,
    "reference": DataClass.PUBLIC,
    "platform": DataClass.INTERNAL,
    "name": DataClass.INTERNAL,
    "text": DataClass.INTERNAL,
    "answer": DataClass.INTERNAL,
    "state": DataClass.PUBLIC,
    "which": DataClass.PUBLIC,
}
State = Feedback.State
ANSWERS = (State.SEEN, State.PLANNED, State.DONE, State.DECLINED)


class NotGiven(DomainError):
    """Something is missing or does not fit; nothing was changed."""


def register() -> None:
    registry.event_types.add(FEEDBACK, outbox.EventType(name=FEEDBACK, lane=Lane.ROUTINE, data_classes=FACTS))


def give(
    *,
    platform: Platform,
    text: str,
    by: User,
    at: datetime,
    workflow: Workflow | None = None,
    incident: Incident | None = None,
) -> Feedback:
    """`by` says what a platform should do better; who answers for it hears of it. Raises NotGiven, access.Refused."""
    text = _said(text, _("Say what should be better."))
    if workflow is not None and workflow.platform_id != platform.pk:
        raise NotGiven(_("%(name)s runs on another platform.") % {"name": workflow})
    with audit.action(actor=by, reason=text, at=at) as action:
        access.require(by, "give_feedback", Feedback)
        if incident is not None:
            access.require(by, "view", incident)
        made = Feedback(
            reference=ids.reference("FBK", at.year),
            platform=platform,
            workflow=workflow,
            incident=incident,
            text=text,
            by=by,
            at=at,
        )
        made.save()
        action.record(verb="feedback.given", target=made)
        people = [user for user in reads.owners(platform, workflow, at=at) if user != by]
        outbox.enqueue_many([_note(GIVEN, made, people, name=str(by), text=text)], at)
    return made


def answer(*, feedback: Feedback, state: str, text: str, by: User, at: datetime) -> Feedback:
    """Who answers for the platform says what becomes of it, also anew. Raises NotGiven, access.Refused."""
    if state not in ANSWERS:
        raise NotGiven(_("Choose what becomes of it."))
    text = text.strip() if state == State.SEEN else _said(text, _("Say what you do, or why not."))
    with audit.action(actor=by, reason=text or state, at=at) as action:
        found = Feedback.objects.select_for_update(no_key=True).get(pk=feedback.pk)
        access.require(by, "answer", found)
        found.state, found.answer, found.answered_by, found.answered_at = state, text, by, at
        found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        action.record(verb="feedback.answered", target=found, data={"state": state})
        if found.by != by and found.by.is_active:
            note = _note(ANSWERED, found, [found.by], name=str(by), answer=text, state=state, key=f"{at.timestamp()}")
            outbox.enqueue_many([note], at)
    return found


def _note(which: str, feedback: Feedback, people: list[User], *, key: str = "", **facts: str) -> outbox.Note:
    context = {
        "which": which,
        "url": settings.SITE_URL + feedback.get_absolute_url(),
        "reference": feedback.reference,
        "platform": str(feedback.platform),
    }
    return outbox.Note(
        event=FEEDBACK,
        subject=feedback,
        to=people,
        key=f"{FEEDBACK}:{which}:{feedback.pk}:{key}",
        context=context | facts,
    )


def _said(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise NotGiven(sentence)
    if len(text) > limits.REASON_LENGTH:
        raise NotGiven(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    return text
