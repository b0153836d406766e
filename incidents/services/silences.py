"""Silence: for a while the events of a source or a workflow are stored and nobody is told (P4).

An event that comes in silence holds the row of its silence in share until it is stored, and whoever ends a silence
holds that row alone: what came before the end is found at the end, what comes after it opens its incident as always.
What is still open at the end, ``incidents.services.silence_ends`` tells.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Silence, Source
from portal import access, audit, limits, moments, prepared, timers
from portal.errors import DomainError
from portal.models import User
from portal.prepared import Given

ENDS = "silence.ends"
LONGEST = timedelta(days=30)
AHEAD = timedelta(days=366)
EARLY = timedelta(minutes=5)  # a form that was filled in slowly begins now


class BadSilence(DomainError):
    """The times or the reason cannot be."""


class Over(DomainError):
    """The silence has ended already."""


def _in_force() -> Q:
    now = Given("at", Silence, "starts_at")
    return Q(ended_at=None, lifted_at=None, starts_at__lte=now, ends_at__gt=now)


def _of_one() -> Q:
    return Q(source=Given("source", Silence, "source")) | Q(workflow=Given("workflow", Silence, "workflow"))


_covering = prepared.Question(lambda: Silence.objects.filter(_of_one(), _in_force()).order_by("-ends_at", "id")[:5])


def plan(
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: User,
    at: datetime,
    source: Source | None = None,
    workflow: Workflow | None = None,
) -> Silence:
    """From `starts_at` until `ends_at` events of `source` or of `workflow` are stored and nobody is told.

    What begins in the past begins now. At most ``LONGEST`` long. Raises BadSilence, access.Refused.
    """
    new = Silence(source=source, workflow=workflow, starts_at=max(starts_at, at), ends_at=ends_at)
    new.why, new.made_by, new.made_at = reason.strip(), by, at
    _check(new, asked=starts_at, at=at)
    with audit.action(actor=by, reason=new.why, at=at) as action:
        access.require(by, "add", new)
        _refuse_same(new, at)
        new.save(force_insert=True)
        timers.schedule(kind=ENDS, subject=new, due_at=ends_at, at=at)
        verb = "silence.planned" if new.is_planned else "silence.begun"
        said = {"of": str(new.source or new.workflow), "until": ends_at.isoformat()}
        action.record(verb=verb, target=new, data=said)
    return new


def _check(new: Silence, *, asked: datetime, at: datetime) -> None:
    if not new.why:
        raise BadSilence(_("Say why nobody shall be told."))
    if len(new.why) > limits.REASON_LENGTH:
        raise BadSilence(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    if new.ends_at <= at:
        raise BadSilence(_("It would be over already. Choose a later end."))
    if new.ends_at <= new.starts_at:
        raise BadSilence(_("The end lies before the beginning. Choose a later end."))
    if new.ends_at - new.starts_at > LONGEST:
        raise BadSilence(_("At most %(days)d days. Whoever needs longer decides again then.") % {"days": LONGEST.days})
    if new.starts_at > at + AHEAD:
        raise BadSilence(_("Plan at most a year ahead."))
    if asked < at - EARLY:
        raise BadSilence(_("It cannot begin in the past. What came before was told already."))


def _refuse_same(new: Silence, at: datetime) -> None:
    """Sent twice, or covered anyway."""
    rows = Silence.objects.filter(source=new.source, workflow=new.workflow, ended_at=None, lifted_at=None)
    known = rows.filter(starts_at__lte=new.starts_at, ends_at__gte=new.ends_at).order_by("-ends_at").first()
    if known is not None:
        until = moments.in_words(known.ends_at)
        raise BadSilence(_("That time is silent already, until %(until)s.") % {"until": until})


def lift(*, silence: Silence, by: User, at: datetime) -> Silence:
    """People are told again from now on; what is still open is told at once, by the clock.

    One that has not begun never does. Raises Over, access.Refused.
    """
    with audit.action(actor=by, reason="silence lifted", at=at) as action:
        rows = Silence.objects.select_related("source", "workflow").select_for_update(no_key=True, of=("self",))
        found = rows.get(pk=silence.pk)
        access.require(by, "lift", found)
        if found.ended_at is not None or found.lifted_at is not None or found.ends_at <= at:
            raise Over(_("This is over already."))
        found.lifted_at = at
        if found.starts_at > at:
            found.ended_at = at
            timers.cancel(subject=found, at=at, reason="lifted before it began")
        else:
            timers.schedule(kind=ENDS, subject=found, due_at=at, at=at, reason="lifted")
        found.save(update_fields=["lifted_at", "ended_at"])
        action.record(verb="silence.lifted", target=found, data={"of": str(found.source or found.workflow)})
    return found


# Events


def covering(*, source_id: UUID | None, workflow_id: UUID | None, at: datetime) -> Silence | None:
    """The silence in force at `at` that covers the source or the workflow, the longest first; one statement.

    It may end at any moment: ``hold`` it in the transaction that counts on it.
    """
    found = _covering(source=source_id, workflow=workflow_id, at=at)
    return found[0] if found else None


def hold(silence_id: UUID) -> bool:
    """Whether the silence is still in force, which it then is until this transaction ends.

    Many may hold it at once; whoever ends it waits for them, and they for whoever is just ending it.
    """
    return bool(_share("id = %s AND ended_at IS NULL AND lifted_at IS NULL", [silence_id]))


def await_end(*, source_id: UUID, workflow_id: UUID | None, at: datetime) -> bool:
    """Wait until whoever is just ending a silence of this source or workflow is done, and keep others from it.

    For events that end something: read what is open again after it. False when there is no such silence.
    """
    recent = at - timedelta(minutes=10)
    return bool(
        _share(
            "(source_id = %s OR workflow_id = %s) AND starts_at <= %s AND (ended_at IS NULL OR ended_at > %s)",
            [source_id, workflow_id, at, recent],
        )
    )


def _share(where: str, values: Sequence[object]) -> list[tuple[object, ...]]:
    # NOTE: Django locks rows for one holder only; events of one source must not wait for each other.
    lock = " ORDER BY id FOR SHARE" if connection.vendor == "postgresql" else ""
    kept: list[Any] = [_stored(value) for value in values]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM incidents_silence WHERE {where}{lock}", kept)
        return list(cursor.fetchall())


def _stored(value: object) -> object:
    if isinstance(value, UUID):
        return Silence._meta.pk.get_db_prep_value(value, connection)  # type: ignore[union-attr]
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
