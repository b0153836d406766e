"""The versions by which an incident runs, whether newer ones are in force, and the playbooks that fit it (D51, D99)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents.module import Module
from governance.models import Version, Workflow
from governance.reads import checks, documents, people, playbooks
from governance.reads.documents import PinnedVersion
from incidents.models import EscalationRun, Incident
from incidents.models.escalation import RunState

PLAYBOOK, RULES = "playbook", "rules"
"""What can be switched to what is in force now: the playbook; escalation policy and matrices, together."""


@dataclass(frozen=True)
class Pin:
    """A version by which the incident runs. `newer` is in force instead of it; `stale` says why to look at it again.

    `what` is the kind of its document; `switch` what has to be switched to get the newer one ("": nothing can be).
    """

    what: str
    version: Version
    newer: Version | None
    stale: str
    switch: str = ""


def pins(incident: Incident, run: EscalationRun | None, *, at: datetime) -> list[Pin]:
    """Every version that `incident` is pinned to, by kind and title; a constant number of queries.

    The rubric of its rating and those of earlier ratings, policy and matrices of its escalation, the playbook and the
    modules that this pins.
    """
    keys = [*pinned_ids(incident, run), *_earlier(incident), *modules_of(incident.playbook)]
    rows = Version.objects.filter(pk__in=keys).select_related("document__effective_version")
    found = list(rows.order_by("document__kind", "document__title", "number"))
    stale = checks.stale(keys, at=at)
    return [
        Pin(row.document.kind, row, newer(row), stale.get(row.pk, ""), _switch(row, incident, run)) for row in found
    ]


def pinned_ids(incident: Incident, run: EscalationRun | None) -> list[UUID]:
    """Ids of the versions that steer `incident` now, without those within its playbook."""
    found: list[Any] = [key for key in (incident.rubric_id, incident.playbook_id) if key]
    return found + ([run.policy_id, *map(UUID, run.matrices)] if run else [])


def _earlier(incident: Incident) -> list[UUID]:
    return list(incident.scores.values_list("rubric_id", flat=True).distinct())


def modules_of(playbook: Version | None) -> list[UUID]:
    """Ids of the versions of modules that `playbook` pins."""
    if playbook is None:
        return []
    content = documents.pinned([(playbook.pk, playbook.digest)])[playbook.pk].content
    found = playbooks.pinned_modules(content.pins).values()
    return [item.version for item in found if item.version is not None]


def newer(version: Version) -> Version | None:
    """What is in force instead of `version`; nothing where that is it, or the document is retired."""
    now = version.document.effective_version
    return now if now is not None and now.pk != version.pk else None


def _switch(version: Version, incident: Incident, run: EscalationRun | None) -> str:
    if newer(version) is None or not incident.is_open:
        return ""
    if version.pk == incident.playbook_id:
        return PLAYBOOK
    steers = run is not None and (version.pk == run.policy_id or str(version.pk) in run.matrices)
    return RULES if steers and run is not None and run.state != RunState.STOPPED else ""


def newer_playbook(incident: Incident) -> Version | None:
    """The version in force of the playbook that `incident` runs by, when it is another one."""
    return newer(incident.playbook) if incident.playbook is not None else None


def newer_rules(incident: Incident, run: EscalationRun | None) -> list[Version]:
    """Policy and matrices in force that `run` is not pinned to; none of a run that has ended. Two queries."""
    if run is None or run.state == RunState.STOPPED or not incident.is_open:
        return []
    force = documents.in_force("escalation", "matrix")
    own = force.matrices_for(incident.workflow)
    every = [*documents.pins(own), str(force.policy_for(incident.workflow).version)]
    fresh = set(every) - {str(run.policy_id), *run.matrices}
    return list(Version.objects.filter(pk__in=fresh).select_related("document").order_by("document__kind", "pk"))


def fitting(workflow: Workflow | None) -> list[PinnedVersion[Any]]:
    """The playbooks in force for `workflow`, the most specific first; of an unknown one those for everything.

    One whose modules all name platforms fits only where one of them names the platform of the workflow.
    """
    facts = people.workflow_facts(workflow)
    found = [item.playbook for item in playbooks.listed(facts)]
    if workflow is None:
        return [item for item in found if item.content.scope.kind == "default"]
    modules = playbooks.pinned_modules(pin for item in found for pin in item.content.pins)
    return [item for item in found if _fits(item, modules, workflow.platform_id)]


def _fits(playbook: PinnedVersion[Any], modules: dict[tuple[UUID, str], PinnedVersion[Module]], platform: UUID) -> bool:
    named = [modules[key] for pin in playbook.content.pins if (key := (pin.module, pin.digest)) in modules]
    uses = [{use.platform for use in module.content.platforms} for module in named]
    return not uses or any(not each or platform in each for each in uses)
