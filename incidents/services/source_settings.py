"""What admins set up of a source: new ones, new secrets, and where the fields of an event stand in its bodies."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import rfc8785
from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Source
from incidents.services import sources
from portal import access, audit, limits
from portal.errors import DomainError
from portal.models import User

RESERVED = ("new",)  # an address of its own


class BadSource(DomainError):
    """The source cannot be set up or changed like this."""


class ChangedMeanwhile(DomainError):
    """Somebody else has saved the mapping since it was shown."""


def set_up(
    *, name: str, key: str, format: str, workflow: Workflow | None, by: User, at: datetime
) -> tuple[Source, sources.Secrets]:
    """A new source and its secrets, which nobody can read again. Raises BadSource, access.Refused."""
    with audit.action(actor=by, reason="source set up", at=at):
        access.require(by, "add", Source)
        if key in RESERVED or Source.objects.filter(key=key).exists():
            raise BadSource(_("“%(key)s” is taken. Choose another name for the address.") % {"key": key})
        return sources.set_up(key=key, name=name, format=format, workflow=workflow, by=by, at=at)


def rotate(*, source: Source, reason: str, by: User, at: datetime) -> sources.Secrets:
    """New secrets for `source`; the old ones end at once. Raises BadSource, access.Refused."""
    with audit.action(actor=by, reason=_why(reason), at=at):
        access.require(by, "change", source)
        if not Source.objects.filter(pk=source.pk, is_active=True).exists():
            raise BadSource(_("This source is switched off. Switch it on first."))
        return sources.set_up(key=source.key, format=source.format, workflow=None, by=by, at=at)[1]


def save_reading(
    *,
    source: Source,
    mapping: Mapping[str, str],
    redact: Sequence[str],
    seen: str,
    reason: str,
    by: User,
    at: datetime,
) -> Source:
    """Read events of `source` by `mapping` {field: path} and never store what stands at the paths `redact`.

    Both were judged by the form; `seen` is the ``state`` on which they rest. Events that are stored already stay as
    they are. Raises ChangedMeanwhile, BadSource, access.Refused.
    """
    with audit.action(actor=by, reason=_why(reason), at=at) as action:
        found = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        access.require(by, "change", found)
        if state(found) != seen:
            raise ChangedMeanwhile(_("Somebody else has saved this meanwhile. Nothing was overwritten: look again."))
        if mapping and found.format != Source.Format.GENERIC:
            raise BadSource(_("Only generic JSON is read by a mapping; this format is known."))
        before = {"mapping": found.mapping, "redact": found.redact}
        found.mapping, found.redact = dict(mapping), list(redact)
        after = {"mapping": found.mapping, "redact": found.redact}
        if before == after:
            raise BadSource(_("Nothing has changed."))
        found.save(update_fields=["mapping", "redact"])
        action.record(verb="source.reading_changed", target=found, data={"before": before, "after": after})
    return found


def state(source: Source) -> str:
    """What is in force of mapping and secret paths, as a short text to compare."""
    return hashlib.sha256(rfc8785.dumps([source.mapping, source.redact])).hexdigest()[:16]


def _why(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise BadSource(_("Please say why."))
    return reason[: limits.REASON_LENGTH]
