"""People choose by which playbook they work, and whether newer rules take over; both stand in the timeline (D51, D99).

A running incident stays by the versions that it began with. A newer one is a decision with a reason.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.models import Version
from governance.models.versions import Kind
from governance.reads import documents
from incidents.models import Incident
from incidents.models.incidents import OPEN_STATES
from incidents.reads import pins as reads
from incidents.reads import steps
from incidents.services import incidents, re_resolution
from portal import limits
from portal.errors import DomainError
from portal.models import User


class CannotChoose(DomainError):
    """This playbook cannot be worked by, or nothing would change."""


def choose(*, incident: Incident, playbook: UUID, by: User, at: datetime, reason: str = "") -> Incident:
    """Work by the version `playbook` (id), which is in force and fits the workflow; instead of another with a reason.

    Raises CannotChoose, NotPossible, access.Refused.
    """
    reason = reason.strip()[: limits.REASON_LENGTH]
    with incidents.holding(
        incident, by=by, may="playbook", states=OPEN_STATES, reason=reason or "playbook chosen", at=at
    ) as held:
        found = held.incident
        version = _in_force(found, playbook)
        if found.playbook_id == version.pk:
            raise CannotChoose(_("The incident is worked on by this playbook already."))
        if found.playbook_id is not None and not reason:
            raise CannotChoose(_("Say why another playbook fits better."))
        _take(held, version, "playbook", reason)
    return found


def _in_force(incident: Incident, playbook: UUID) -> Version:
    if playbook not in {item.version for item in reads.fitting(incident.workflow)}:
        raise CannotChoose(_("This playbook is not in force for this process. Choose one from the list."))
    return Version.objects.select_related("document").get(pk=playbook)


def _take(held: incidents.Held, version: Version, verb: str, reason: str) -> None:
    before = held.incident.playbook
    held.save(scenario=steps.scenario_for(version, held.incident), playbook=version)
    _log(held, verb, version, reason, before=before)


def _log(held: incidents.Held, verb: str, version: Version, reason: str, *, before: Version | None) -> None:
    data: dict[str, Any] = {
        "name": str(held.by),
        "title": version.document.title,
        "number": version.number,
        "digest": version.digest,
        "version": str(version.pk),
        "before": str(before.pk) if before is not None else "",
    }
    held.log(verb, reason, is_public=False, **data)


def switch(*, incident: Incident, what: str, reason: str, by: User, at: datetime) -> Incident:
    """From now on the newer version counts: `what` is ``reads.PLAYBOOK``, or ``reads.RULES`` for policy and matrices.

    New rules resolve people and windows anew, as if the workflow had changed: newly responsible people are told at
    once. Raises CannotChoose, NotPossible, access.Refused.
    """
    reason = reason.strip()[: limits.REASON_LENGTH]
    if not reason:
        raise CannotChoose(_("Say why the newer version shall count."))
    with incidents.holding(incident, by=by, may="playbook", states=OPEN_STATES, reason=reason, at=at) as held:
        found = held.incident
        if what == reads.PLAYBOOK:
            newer = reads.newer_playbook(found)
            if newer is None or newer.document.kind != Kind.PLAYBOOK:
                raise CannotChoose(_("No newer version of the playbook is in force."))
            _take(held, newer, "switched", reason)
        else:
            _switch_rules(held, reason)
    return found


def _switch_rules(held: incidents.Held, reason: str) -> None:
    run = held.run
    try:
        fresh = reads.newer_rules(held.incident, run)
    except documents.NothingInForce as error:
        raise CannotChoose(str(error)) from error
    if run is None or not fresh:
        raise CannotChoose(_("No newer rules of escalation and ownership are in force."))
    former = Version.objects.filter(pk__in=[run.policy_id, *run.matrices])
    before = {row.document_id: row for row in former.select_related("document")}
    for version in fresh:
        _log(held, "switched", version, reason, before=before.get(version.document_id))
    re_resolution.reresolve(
        incident=held.incident,
        run=run,
        before=held.incident.severity,
        because="newer rules",
        repin=True,
        at=held.at,
    )
