"""Documents are looked at again: by a day, and when what they name has changed (D56, D96).

The timer ``document.review_by`` of a document waits for the next day on which the accountable hear of it. What came of
a look is a sealed row: it still fits, it has to change, or it is not needed any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document, DocumentCheck, Version
from governance.reads import checks as reads
from governance.rules import keeping
from governance.services import changes, restoring
from portal import access, audit, limits, outbox, registry, timers
from portal.errors import DomainError
from portal.models import Lane, Timer, User
from portal.models.people import DataClass

KIND = "document.review_by"  # of the timer
EVENT = "document.review_by"  # of the message
FACTS = {
    "url": DataClass.PUBLIC,
    "kind": DataClass.PUBLIC,  # before, on, after
    "review_at": DataClass.PUBLIC,
    "title": DataClass.INTERNAL,
}
MOST_DAYS = 3_650


class NotCheckable(DomainError):
    """Nothing is in force, or something else than what was read; nothing was recorded."""


class Checked(NamedTuple):
    """A look at a document, and the change that it began."""

    check: DocumentCheck
    change: ChangeRequest | None


def register() -> None:
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.published.add("governance.checks", follow)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """`document` was published or retired: its time runs anew, or ends. Inside the publication, with its locks."""
    days = document.review_every_days or keeping.EVERY_DAYS.get(document.kind)
    if days is not None or document.review_by is not None:
        _let(document, days=days, at=at)


def keep(*, document: Document, every_days: int | None, by: User, at: datetime) -> Document:
    """From now on `document` is looked at every so many days; None: never. Counts from today.

    Locks the document. Raises NotCheckable, access.Refused.
    """
    with audit.action(actor=by, reason="time of checks set", at=at):
        document = Document.objects.select_for_update(no_key=True).get(pk=document.pk)
        access.require(by, "add", DocumentCheck(document=document))
        if every_days is not None and not 1 <= every_days <= MOST_DAYS:
            raise NotCheckable(_("Choose between 1 and %(most)s days.") % {"most": MOST_DAYS})
        _let(document, days=every_days, at=at)
    return document


def check(*, document: Document, outcome: str, note: str, seen: str, by: User, at: datetime) -> Checked:
    """`by` has looked at the version in force whose digest is `seen`: confirm, change or retire.

    Confirmed, its time runs anew. A change, and the wish to retire, is begun as a draft of `by`; until it takes
    effect the document stays due. Locks the document. Raises NotCheckable, access.Refused and what ``changes`` and
    ``restoring`` raise.
    """
    note = note.strip()
    with audit.action(actor=by, reason=note or "checked", at=at) as action:
        document = Document.objects.select_for_update(no_key=True, of=("self",)).get(pk=document.pk)
        access.require(by, "add", DocumentCheck(document=document))
        version = _refuse_unread(document, outcome, note, seen)
        done = DocumentCheck(document=document, version=version, outcome=outcome, note=note, by=by, at=at)
        done.save(force_insert=True)
        action.record(verb="document.checked", target=document, data={"outcome": outcome, "number": version.number})
        action.prove([done], about=document)
        change = None
        if outcome == DocumentCheck.Outcome.CONFIRM:
            document.recheck_since, document.recheck_why = None, ""
            _let(document, days=document.review_every_days, at=at)
        elif outcome == DocumentCheck.Outcome.CHANGE:
            change = changes.begin(document=document, by=by, at=at, reason=note)
        else:
            change = restoring.retire(document=document, successor=None, reason=note, by=by, at=at)
    return Checked(done, change)


def _refuse_unread(document: Document, outcome: str, note: str, seen: str) -> Version:
    version = document.effective_version
    if version is None:
        raise NotCheckable(_("No version of this document is in force, so there is nothing to check."))
    if version.digest != seen:
        raise NotCheckable(_("Another version came into force since you opened this page. Please read that one."))
    if outcome not in DocumentCheck.Outcome.values:
        raise NotCheckable(_("Choose what came of it."))
    if len(note) > limits.REASON_LENGTH or (not note and outcome != DocumentCheck.Outcome.CONFIRM):
        sentence = _("Say in up to %(count)s characters what does not fit any more.")
        raise NotCheckable(sentence % {"count": limits.REASON_LENGTH})
    return version


def _let(document: Document, *, days: int | None, at: datetime) -> None:
    """`document` (locked, inside an action) is due `days` after today; None, or nothing in force: never."""
    document.review_every_days = days
    day = reads.today(at)
    document.review_by = keeping.valid_until(day, days) if document.effective_version_id else None
    document.save(update_fields=["review_every_days", "review_by", "recheck_since", "recheck_why"])
    if document.review_by is None:
        timers.cancel(subject=document, at=at, reason="nothing to look at again", kinds=[KIND])
    else:
        _promise([document], at)


def _promise(documents: Sequence[Document], at: datetime) -> None:
    """The next time at which people hear of each of `documents`, which have a day."""
    day, specs = reads.today(at), []
    for document in documents:
        due = keeping.next_notice(document.review_by, after=day) if document.review_by else None
        if due is not None:
            specs.append(timers.Spec(kind=KIND, subject=document, due_at=reads.morning(due)))
    timers.schedule_many(specs, at=at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Tell the accountable of documents whose day is near or over. Returns the timers whose document is locked."""
    held = timers.lock_subjects(Document, {timer.subject_id for timer in due})
    waiting = [row for row in held.values() if row.review_by is not None and row.effective_version_id is not None]
    told = reads.accountable(waiting)
    notes = [_note(document, told[document.pk], at) for document in waiting]
    if notes:
        outbox.enqueue_many(notes, at=at)
    _promise(waiting, at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def _note(document: Document, people: Sequence[User], at: datetime) -> outbox.Note:
    assert document.review_by is not None
    day = reads.today(at)
    kind = "before" if day < document.review_by else "on" if day == document.review_by else "after"
    context: dict[str, Any] = {
        "url": settings.SITE_URL + reverse("governance:check", args=[document.pk]),
        "kind": kind,
        "review_at": reads.morning(document.review_by).isoformat(),
        "title": document.title,
    }
    key = f"{EVENT}:{document.pk}:{document.review_by.isoformat()}:{kind}"
    return outbox.Note(event=EVENT, subject=document, to=people, key=key, context=context)
