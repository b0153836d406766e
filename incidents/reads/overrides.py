"""Rules that are set aside for a time: which hold now, which have held, and what one can set aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.documents.escalation import Escalation, Trigger
from governance.models import Workflow
from governance.reads import documents
from incidents import access
from incidents.models import Override
from incidents.reads import override_rights
from portal import access as judge
from portal import moments, registry
from portal.models import User
from portal.reads import keyset

OPEN = 100  # shown of those in force
PATH, SEVERITY, TRIGGER, OFF = "path", "severity", "trigger", "off"
SET_OFF_BY_EVENTS = ("event", "connector", "dependency", "count", "threshold")


@dataclass(frozen=True)
class Row:
    """One override; `holds` says what holds instead of the rule, `may_end` whether the reader may end it."""

    override: Override
    holds: str
    may_end: bool


@dataclass(frozen=True)
class Page:
    """The past stands in pages, `newer` and `older` are queries; `is_cut`: more are in force than are shown."""

    now: list[Row]
    past: list[Row]
    newer: str
    older: str
    is_cut: bool


def page(user: User, *, at: datetime, after: str = "", before: str = "") -> Page:
    """All overrides that `user` may see; two queries and what the reader's authority takes."""
    seen = Override.objects.filter(override_rights.visible(user)).select_related("workflow__team", "by")
    found = list(seen.filter(ended_at=None, until__gt=at).order_by("until", "id")[: OPEN + 1])
    over = seen.exclude(ended_at=None, until__gt=at)
    past = keyset.cut(over, "-since", "-id", after=after, before=before)
    current = [Row(row, holds(row.value), bool(judge.can(user, "end", row))) for row in found[:OPEN]]
    return Page(
        current,
        [Row(row, holds(row.value), False) for row in past.rows],
        past.newer,
        past.older,
        len(found) > OPEN,
    )


def get(user: User, pk: UUID) -> Override:
    """Raises Override.DoesNotExist, also when `user` may not know of it."""
    return Override.objects.filter(override_rights.visible(user)).select_related("workflow__team").get(pk=pk)


def holds(value: dict[str, Any]) -> str:
    """What holds instead of the rule, in a sentence."""
    words = {"title": value.get("title", ""), "value": value.get("value", "")}
    if value.get("kind") == PATH:
        return _("Incidents escalate by the path “%(title)s”.") % words
    if value.get("kind") == SEVERITY:
        return _("New incidents are at least %(title)s.") % words
    if value.get("value") == OFF:
        return _("The trigger “%(title)s” is switched off.") % words
    return _("The trigger “%(title)s” opens an incident only from %(value)s on.") % words


def workflows(user: User) -> list[Workflow]:
    """Of which `user` may set rules aside, by name."""
    if not judge.can(user, "add", Override):
        return []
    rows = Workflow.objects.in_use().order_by("name", "key").select_related("team")
    return list(rows if access.keeps_sources(user) else rows.filter(pk__in=access.my_workflows(user)))


def policy_of(workflow: Workflow) -> Escalation | None:
    """The escalation policy in force for `workflow`."""
    try:
        content: Escalation = documents.in_force("escalation").policy_for(workflow).content
    except documents.NothingInForce:
        return None
    return content


def movable(policy: Escalation) -> list[Trigger]:
    """The triggers that can be set aside: those that events set off."""
    return [item for item in policy.triggers if item.kind in SET_OFF_BY_EVENTS]


def register() -> None:
    """Name the rule of access, and say on the page of a workflow which of its rules are set aside."""
    registry.access_rules.add("incidents.override", override_rights.rule)
    registry.workflow_notes.add("incidents.override", notes)


def notes(workflow: Workflow, *, at: datetime) -> list[registry.Note]:
    rows = Override.objects.filter(workflow=workflow, ended_at=None, until__gt=at).order_by("until", "id")[:5]
    return [
        registry.Note(
            _("A rule is set aside until %(until)s.") % {"until": moments.in_words(row.until)},
            holds(row.value),
            reverse("incidents:overrides"),
            _("Rules set aside"),
        )
        for row in rows
    ]
