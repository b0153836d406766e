"""People say that they have read and understood what they act by; each version anew (D108).

Whoever comes to hold a duty or a role is asked at once when a matrix takes effect, and within a day whatever the way:
the timer ``document.to_read`` of each document looks every morning. Nobody is asked twice for one version.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Attestation, ChangeRequest, Document, Version
from governance.models.versions import Kind
from governance.reads import attestations as reads
from governance.reads import checks
from portal import access, audit, bulk, outbox, registry, timers
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass

KIND = "document.to_read"  # of the timer
EVENT = "document.to_read"  # of the message
FACTS = {
    "url": DataClass.PUBLIC,
    "number": DataClass.PUBLIC,
    "title": DataClass.INTERNAL,
}
DAY = timedelta(days=1)


class NotReadable(DomainError):
    """Nothing is in force, something else than what was read, or it was confirmed already; nothing was recorded."""


def register() -> None:
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.published.add("governance.attestations", follow)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """`document` was published or retired: ask whoever acts by it; after a matrix whoever acts by something new."""
    if document.kind == Kind.MATRIX:
        _ask(reads.to_read(), at)
    elif document.kind in reads.READ:
        if document.effective_version_id is None:
            timers.cancel(subject=document, at=at, reason="not in force any more", kinds=[KIND])
        else:
            _ask([document], at)
            _promise([document], at)


def attest(*, document: Document, seen: str, by: User, at: datetime) -> Attestation:
    """`by` has read and understood the version in force, whose digest is `seen`.

    Locks the document. Raises NotReadable, access.Refused.
    """
    with audit.action(actor=by, reason="read and understood", at=at) as action:
        document = Document.objects.select_for_update(no_key=True, of=("self",)).get(pk=document.pk)
        access.require(by, "view", document)
        version = document.effective_version
        if version is None:
            raise NotReadable(_("No version of this document is in force, so there is nothing to confirm."))
        if version.digest != seen:
            raise NotReadable(_("Another version came into force since you opened this page. Please read that one."))
        done = Attestation(person=by, version=version, digest=version.digest, at=at)
        if not bulk.insert_new([done]):
            raise NotReadable(_("You have confirmed this version already."))
        action.record(verb="document.attested", target=document, data={"number": version.number, "digest": seen})
        action.prove([done], about=document)
    return done


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Every morning: ask who acts by a document since yesterday. Returns the timers whose document is locked."""
    held = timers.lock_subjects(Document, {timer.subject_id for timer in due})
    waiting = [row for row in held.values() if row.effective_version_id is not None]
    _ask(waiting, at)
    _promise(waiting, at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def _promise(documents: Collection[Document], at: datetime) -> None:
    due = checks.morning(checks.today(at) + DAY)
    timers.schedule_many([timers.Spec(kind=KIND, subject=row, due_at=due) for row in documents], at=at)


def _ask(documents: Collection[Document], at: datetime) -> None:
    """Tell whoever has not read what is in force of `documents` and was not told before."""
    prefetch_related_objects(list(documents), "effective_version")
    missing, notes = reads.missing(documents), []
    for row in documents:
        people = missing.get(row.pk)
        if not people:
            continue
        assert row.effective_version is not None
        context = {
            "url": settings.SITE_URL + reverse("governance:reading", args=[row.pk]),
            "number": row.effective_version.number,
            "title": row.title,
        }
        key = f"{EVENT}:{row.effective_version_id}"
        notes.append(outbox.Note(event=EVENT, subject=row, to=people, key=key, context=context))
    if notes:
        outbox.enqueue_many(notes, at)
