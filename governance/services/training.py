"""What people have learned: recorded by those who keep the rules, called to mind before it ends (D10, D108)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Topic, Training
from governance.reads import checks
from governance.rules import keeping
from portal import access, audit, history, limits, outbox, registry, timers
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass

KIND = "training.lapses"  # of the timer
EVENT = "training.lapses"  # of the message
FACTS = {
    "url": DataClass.PUBLIC,
    "end_at": DataClass.PUBLIC,
    "topic": DataClass.INTERNAL,
}
DEFAULT = (
    (keeping.PLATFORM, "Platform", 730),
    (keeping.BUSINESS, "Business process", 730),
    ("governance", "Governance", 365),
    ("privacy", "Privacy", 365),
    ("risk", "Risk", 730),
    ("manual", "When to go manual", 365),
)
"""Topics of a new portal: key, title, days that they count."""


class NotLearned(DomainError):
    """The record says something that cannot be; nothing was recorded."""


def register() -> None:
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))


def default_topics(*, by: User | None, at: datetime, label: str = "") -> list[Topic]:
    """Create those of the default topics that are not there; returns them."""
    with audit.action(actor=by, actor_label=label, reason="default topics", at=at):
        known = set(Topic.objects.values_list("key", flat=True))
        new = [Topic(key=key, title=title, valid_days=days) for key, title, days in DEFAULT if key not in known]
        history.bulk(new, create=True)
    return new


def record(
    *,
    person: User,
    topic: Topic,
    learned_on: date,
    by: User,
    at: datetime,
    proof: str = "",
    valid_until: date | None = None,
) -> Training:
    """`person` has learned `topic`; it counts until `valid_until` (None: as long as the topic says).

    Raises NotLearned, access.Refused.
    """
    training = Training(person=person, topic=topic, learned_on=learned_on, valid_until=valid_until, proof=proof.strip())
    with audit.action(actor=by, reason="training recorded", at=at):
        access.require(by, "add", training)
        save(training=training, at=at)
    return training


def save(*, training: Training, at: datetime) -> Training:
    """Save a new or changed record, with its end as the topic says unless it has one; its person is told in time.

    Call inside ``audit.action``. Raises NotLearned.
    """
    if training.learned_on > checks.today(at):
        raise NotLearned(_("Nobody can have learned something on a day that is still to come."))
    if len(training.proof) > limits.REASON_LENGTH:
        raise NotLearned(_("Say how it is known in up to %(count)s characters.") % {"count": limits.REASON_LENGTH})
    same = Training.objects.filter(topic=training.topic, person=training.person, learned_on=training.learned_on)
    if same.exclude(pk=training.pk).exists():
        raise NotLearned(_("This is recorded already."))
    if training.valid_until is None:
        training.valid_until = keeping.valid_until(training.learned_on, training.topic.valid_days)
    elif training.valid_until < training.learned_on:
        raise NotLearned(_("Training cannot end before it was learned."))
    training.save()
    if training.valid_until is None or training.valid_until < checks.today(at):
        timers.cancel(subject=training, at=at, reason="does not end any more", kinds=[KIND])
    else:
        tell_on = training.valid_until - timedelta(days=keeping.LAPSE_DAYS)
        timers.schedule(kind=KIND, subject=training, due_at=max(checks.morning(tell_on), at), at=at)
    return training


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Tell people whose training ends, unless they have learned it anew. Returns the timers whose record is locked."""
    held = timers.lock_subjects(Training, {timer.subject_id for timer in due})
    rows = Training.objects.filter(pk__in=held, valid_until__isnull=False, topic__is_active=True)
    waiting = list(rows.select_related("person", "topic"))
    anew = Training.objects.filter(person__in=[row.person_id for row in waiting]).values_list(
        "person_id", "topic_id", "valid_until"
    )
    ends: dict[tuple[object, object], date] = {}
    for person, topic, end in anew:
        ends[person, topic] = max(ends.get((person, topic), date.min), end or date.max)
    notes = [_note(row) for row in waiting if row.valid_until == ends[row.person_id, row.topic_id]]
    if notes:
        outbox.enqueue_many(notes, at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def _note(row: Training) -> outbox.Note:
    assert row.valid_until is not None
    context = {
        "url": settings.SITE_URL + reverse("governance:training"),
        "end_at": checks.morning(row.valid_until).isoformat(),
        "topic": row.topic.title,
    }
    key = f"{EVENT}:{row.pk}:{row.valid_until.isoformat()}"
    return outbox.Note(event=EVENT, subject=row, to=[row.person], key=key, context=context)
