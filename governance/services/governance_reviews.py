"""Governance reviews: opened by the clock every quarter and by milestones, called to mind, held (D61, D96, D115).

The timer ``governance_review.quarter`` (one in the portal) waits for the next quarter; it begins with the first
document that is published. ``governance_review.remind`` of a review waits until it is held.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext

from governance.documents.sentences import stored as _
from governance.models import ChangeRequest, Document, GovernanceReview, Platform, Version, Workflow
from governance.reads import checks
from governance.reads import governance_reviews as reads
from governance.rules import keeping
from portal import access, audit, history, ids, limits, outbox, registry, timers
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass
from portal.models.timers import TimerState

QUARTER = reads.QUARTER
REMIND = "governance_review.remind"  # a timer
OPENED, DUE = "governance_review.opened", "governance_review.due"  # messages
FACTS = {
    "url": DataClass.PUBLIC,
    "reference": DataClass.PUBLIC,
    "due_at": DataClass.PUBLIC,
    "title": DataClass.INTERNAL,
}
QUARTERLY = _("Quarter %(quarter)d of %(year)d")
GOING_LIVE = _("%(name)s goes live")
PLATFORM = _("The platform %(name)s has changed")
SEV1 = _("%(reference)s was closed (SEV1)")


class NotHoldable(DomainError):
    """The review was held already, or says nothing; nothing was changed."""


def register() -> None:
    for event in (OPENED, DUE):
        registry.event_types.add(event, outbox.EventType(name=event, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.published.add("governance.governance_reviews", follow)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """The first publication begins the quarterly reviews."""
    if not Timer.objects.filter(key=QUARTER, state=TimerState.ARMED).exists():
        _promise_quarter(document, at)


def went_live(*, workflow: Workflow, at: datetime) -> GovernanceReview | None:
    """A workflow goes live. Call inside ``audit.action``; None when its review is open already."""
    return _open("going_live", GOING_LIVE % {"name": workflow.name}, workflow, at)


def platform_changed(*, platform: Platform, at: datetime) -> GovernanceReview | None:
    """A platform has changed. Call inside ``audit.action``; None when its review is open already."""
    return _open("platform", PLATFORM % {"name": platform.name}, platform, at)


def sev1_closed(*, incident: models.Model, reference: str, at: datetime) -> GovernanceReview | None:
    """A SEV1 incident was closed. Call inside ``audit.action``; None when its review is open already."""
    return _open("sev1", SEV1 % {"reference": reference}, incident, at)


def _open(occasion: str, title: str, subject: models.Model | None, at: datetime, *, key: str = "") -> Any:
    """Open a review with its agenda and tell those who hold it; None when there is one for the same occasion."""
    rows = GovernanceReview.objects.filter(occasion=occasion)
    if subject is not None:
        rows = rows.filter(subject_type=timers.label(subject), subject_id=subject.pk)
        if rows.filter(held_at=None).exists():
            return None
        key = f"{occasion}:{subject.pk}:{rows.count() + 1}"
    due = checks.morning(checks.today(at) + timedelta(days=keeping.HOLD_DAYS))
    review = GovernanceReview(
        reference=ids.reference("GOV", at.year),
        occasion=occasion,
        key=key[: limits.TITLE_LENGTH],
        title=str(title)[: limits.TITLE_LENGTH],
        subject_type=timers.label(subject) if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        opened_at=at,
        due_at=due,
        agenda=reads.agenda(at=at),
    )
    if not history.insert_new(review):
        return None
    action = audit.current()
    assert action is not None, "reviews are opened inside an action"
    action.record(verb="governance_review.opened", target=review, data={"occasion": occasion})
    _promise([review], at)
    outbox.enqueue_many([_note(OPENED, review, reads.keepers(at=at), review.reference)], at)
    return review


def write(*, review: GovernanceReview, notes: Mapping[str, str], by: User, at: datetime) -> GovernanceReview:
    """Keep what was said to the points (by their keys) of an open review. Raises NotHoldable, access.Refused."""
    with audit.action(actor=by, reason="notes of a review", at=at):
        review = _lock_open(review, by)
        _take(review, notes)
        review.save(update_fields=["agenda"])
    return review


def hold(
    *, review: GovernanceReview, notes: Mapping[str, str], outcome: str, by: User, at: datetime
) -> GovernanceReview:
    """`review` was held: `outcome` says what was decided. It cannot be changed afterwards.

    Raises NotHoldable, access.Refused.
    """
    outcome = outcome.strip()
    with audit.action(actor=by, reason="review held", at=at) as action:
        review = _lock_open(review, by)
        if not outcome or len(outcome) > limits.TEXT_LENGTH:
            sentence = gettext("Write down in up to %(count)s characters what came of it.")
            raise NotHoldable(sentence % {"count": limits.TEXT_LENGTH})
        _take(review, notes)
        review.outcome, review.held_at, review.held_by = outcome, at, by
        review.save(update_fields=["agenda", "outcome", "held_at", "held_by"])
        timers.cancel(subject=review, at=at, reason="held", kinds=[REMIND])
        action.record(verb="governance_review.held", target=review, data={"outcome": outcome})
    return review


def _lock_open(review: GovernanceReview, by: User) -> GovernanceReview:
    review = GovernanceReview.objects.select_for_update(no_key=True).get(pk=review.pk)
    access.require(by, "hold", review)
    if review.held_at is not None:
        raise NotHoldable(gettext("This review was held already; what came of it stays as it is."))
    return review


def _take(review: GovernanceReview, notes: Mapping[str, str]) -> None:
    """The notes into the agenda, those of unknown points left out."""
    if any(len(note) > limits.TEXT_LENGTH for note in notes.values()):
        raise NotHoldable(gettext("A note may hold up to %(count)s characters.") % {"count": limits.TEXT_LENGTH})
    review.agenda = [item | {"note": notes.get(item["key"], item.get("note", "")).strip()} for item in review.agenda]


# The clock


def fire_quarter(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """A quarter begins: open its review and wait for the next one."""
    year, number = keeping.quarter(checks.today(at))
    review = _open("quarter", QUARTERLY % {"quarter": number, "year": year}, None, at, key=f"quarter:{year}-{number}")
    last = review or GovernanceReview.objects.filter(occasion="quarter").order_by("-opened_at").first()
    if last is not None:
        _promise_quarter(last, at)
    return set()


def _promise_quarter(subject: models.Model, at: datetime) -> None:
    due = checks.morning(keeping.next_quarter(checks.today(at)))
    timers.schedule(kind=QUARTER, subject=subject, due_at=due, key=QUARTER, at=at)


def fire_remind(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Call to mind the reviews that nobody has held. Returns the timers whose review is locked."""
    found = timers.lock_subjects(GovernanceReview, {timer.subject_id for timer in due})
    waiting = [review for review in found.values() if review.held_at is None]
    people = reads.keepers(at=at) if waiting else []
    day = checks.today(at).isoformat()
    if waiting:
        outbox.enqueue_many([_note(DUE, review, people, f"{review.reference}:{day}") for review in waiting], at)
    _promise(waiting, at)
    return {timer.pk for timer in due if timer.subject_id not in found}


def _promise(reviews: Sequence[GovernanceReview], at: datetime) -> None:
    specs = []
    for review in reviews:
        day = keeping.next_reminder(checks.today(review.due_at), after=checks.today(at))
        specs.append(timers.Spec(kind=REMIND, subject=review, due_at=checks.morning(day)))
    timers.schedule_many(specs, at=at)


def _note(event: str, review: GovernanceReview, people: Sequence[User], key: str) -> outbox.Note:
    context: dict[str, Any] = {
        "url": settings.SITE_URL + reverse("governance:governance-review", args=[review.reference]),
        "reference": review.reference,
        "due_at": review.due_at.isoformat(),
        "title": review.title,
    }
    return outbox.Note(event=event, subject=review, to=people, key=f"{event}:{key}", context=context)
