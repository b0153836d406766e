"""What somebody who asks for a decision can choose from, and whom the question would go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from governance.models import Workflow
from governance.reads import documents, people
from governance.rules import replaying
from governance.rules.deciding import Choice
from incidents import access
from incidents.models import Incident
from incidents.reads.decision_page import title_of
from portal.models import User


@dataclass(frozen=True)
class Known:
    """Processes, named decisions and categories of exceptions as (key, title); `incident` is given, or None."""

    workflows: Sequence[Workflow]
    named: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]
    incident: Incident | None = None


TYPED = ("question", "details", "delay_costs", "link", "data_class", "safe_default")


def known(user: User, incident: Incident | None) -> Known:
    """What `user` can ask about; four small queries."""
    force = documents.in_force("matrix", "escalation")
    every = force.matrices()
    matrices = [item for item in (every.company, *every.teams.values()) if item is not None]
    named = {row.key: row.title for item in reversed(matrices) for row in item.content.decisions}
    named.pop("default", None)
    kinds = {item.key: item.title for policy in force.policies() for item in policy.content.exceptions}
    rows = Workflow.objects.in_use().order_by("name", "key").select_related("team")
    if not access.reads_all(user):
        rows = rows.filter(pk__in=access.my_workflows(user))
    order = sorted(named.items(), key=lambda item: item[1].casefold())
    return Known([] if incident is not None else list(rows), order, list(kinds.items()), incident)


@dataclass(frozen=True)
class Foretold:
    """Where a question would go: (title, names, minutes) of each level, with the ways of the matrix.

    `choices` is empty where the person names the ways; `minutes` is what the row of the matrix allows.
    """

    title: str
    choices: tuple[Choice, ...]
    needed: tuple[str, ...]
    levels: list[tuple[str, list[str], int]]
    minutes: int | None


def foretold(
    *,
    workflow: Workflow | None,
    name: str,
    category: str,
    severity: str,
    risk: str,
    lead: UUID | None,
    at: datetime,
) -> Foretold:
    """Whom a question would ask by the rules in force, if nobody answered. Raises NothingInForce."""
    facts, force = people.workflow_facts(workflow), documents.in_force("matrix", "escalation")
    setting = replaying.Setting(
        policy=force.policy_for(facts),
        matrices=force.matrices_for(facts),
        workflow=facts,
        severity=severity,
        risk=risk,
        name=name,
        category=category,
        lead=lead,
        lead_title=_("Whoever leads the incident"),
    )
    played = replaying.play(setting, people.facts(at), at)
    levels = []
    for stage in played.stages:
        names = [tell.name for tell in stage.telling.tells]
        if names:
            levels.append((title_of(stage.step), names, int((stage.at - at).total_seconds() // 60)))
    row = played.row
    return Foretold(
        title=row.title if row is not None else "",
        choices=played.choices,
        needed=replaying.needed(setting),
        levels=levels,
        minutes=row.minutes if row is not None else None,
    )
