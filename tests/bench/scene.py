"""A company and any number of its incidents: one is filed through the service, the others are copied by SQL.

A copy has every row that the first one has (incident, score, people, run, events, timeline, timers, and the
messages where asked), so that indexes and foreign keys are as they are in life.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from governance.models import Workflow
from incidents.models import EscalationRun, Incident
from incidents.services import intake
from portal.models import User
from tests import factories_governance as governance

PEOPLE, TEAMS, WORKFLOWS = 100, 10, 30
TOLD_OF = 10  # one person was told of one in so many past incidents
ANSWERS = {"urgency": "yes", "customers": "yes", "money": "no", "rules": "unknown"}


def make_company() -> None:
    """The small company of the tests, and around it as many people, teams and workflows as a real one has."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = governance.make_company()
    teams = [governance.make_team(department=company.department) for _ in range(TEAMS)]
    for number in range(PEOPLE):
        governance.make_person(f"colleague{number}", teams=(teams[number % TEAMS],), role="responder")
    platform = governance.make_platform()
    for number in range(WORKFLOWS):
        governance.make_workflow(team=teams[number % TEAMS], platform=platform)


def file_one(*, at: datetime | None = None, title: str = "Orders are stuck") -> Incident:
    """An incident of the company's workflow, reported now through the service."""
    at = at or timezone.now()
    return intake.report(
        by=User.objects.get(email="reporter@example.test"),
        title=title,
        workflow=Workflow.objects.get(key="order-sync"),
        started_at=at,
        answers=ANSWERS,
        at=at,
        submission_key=f"bench-{at.timestamp()}-{title}"[:64],
        description="Nothing has arrived in the warehouse since the release of this morning. " * 3,
    )


def execute(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.rowcount


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def value(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        row = cursor.fetchone()
        return row[0] if row else None


@cache
def columns(table: str) -> tuple[str, ...]:
    """Columns of `table` that an insert has to name: all but numbers that the database gives out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = current_schema() AND is_identity = 'NO' AND is_generated = 'NEVER' "
            "ORDER BY ordinal_position",
            [table],
        )
        return tuple(name for (name,) in cursor.fetchall())


def select_list(table: str, changed: Mapping[str, str], source: str = "src") -> tuple[str, str]:
    """(columns, expressions) of a copy of rows of `source`, where `changed` gives SQL for single columns."""
    names = columns(table)
    return ", ".join(f'"{name}"' for name in names), ", ".join(
        changed.get(name, f'{source}."{name}"') for name in names
    )


def copy(table: str, where: str, changed: Mapping[str, str], first: int, count: int) -> None:
    """Insert `count` copies of the rows of `table` that match `where`; in expressions, g counts from `first`."""
    names, values = select_list(table, changed)
    # A copy refers to what is there, so a million looks at foreign keys would tell nothing (needs a superuser).
    execute("SET session_replication_role = replica")
    execute(
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" src, '
        f"generate_series({first}::bigint, {first + count - 1}::bigint) g WHERE {where}"
    )
    execute("SET session_replication_role = DEFAULT")


def key(salt: str, base: int) -> str:
    """SQL for a UUID of version 7 that follows from g: times rise with g, the rest is noise."""
    time, noise = f"lpad(to_hex({base}::bigint + g), 12, '0')", f"md5('{salt}' || g)"
    return f"({time} || '7' || substr({noise}, 1, 3) || '8' || substr({noise}, 4, 15))::uuid"


class Copies:
    """Copies of `incident`; ``add`` may be called again and goes on counting."""

    def __init__(self, incident: Incident) -> None:
        self.incident, self.run = incident, EscalationRun.objects.get(incident=incident)
        self.base = int((incident.reported_at - timedelta(days=30)).timestamp() * 1000)
        self.next = 1

    @property
    def incident_id(self) -> str:
        return key("incident", self.base)

    @property
    def run_id(self) -> str:
        return key("run", self.base)

    def add(
        self, count: int, *, due_at: str = "", changed: Mapping[str, str] | None = None, slim: bool = False
    ) -> None:
        """`count` more. `due_at` is SQL for when the step timer is due (else as in the first one); `changed`
        replaces columns of the incident; `slim` writes incidents and few participants alone."""
        first, old, run = self.next, self.incident.pk, self.run.pk
        self.next += count
        link, mine = {"incident_id": self.incident_id}, {"run_id": self.run_id}
        values = {
            "workflow_id": f"(SELECT array_agg(id ORDER BY key) FROM governance_workflow)[1 + g % {WORKFLOWS}]",
            "id": self.incident_id,
            "reference": "'INC-2025-' || lpad(g::text, 7, '0')",
            "submission_key": "'copy-' || g",
        } | dict(changed or {})
        copy("incidents_incident", f"src.id = '{old}'", values, first, count)
        if slim:
            some = f"src.incident_id = '{old}' AND src.role = 'told' AND g % {TOLD_OF} = 0"
            copy("incidents_participant", some, link, first, count)
            return
        copy("incidents_participant", f"src.incident_id = '{old}'", link, first, count)
        copy("incidents_timelineentry", f"src.incident_id = '{old}'", link, first, count)
        copy("incidents_escalationrun", f"src.id = '{run}'", link | {"id": self.run_id}, first, count)
        copy(
            "incidents_impactscore", f"src.incident_id = '{old}'", link | {"id": key("score", self.base)}, first, count
        )
        copy("incidents_escalationevent", f"src.run_id = '{run}'", mine, first, count)
        timer = {"subject_id": self.run_id, "key": f"replace(src.key, '{run}', ({self.run_id})::text)"}
        armed = f"src.state = 'armed' AND src.subject_id = '{run}' AND src.kind"
        copy("portal_timer", f"{armed} <> 'escalation.step'", timer, first, count)
        step = timer | ({"due_at": due_at} if due_at else {})
        copy("portal_timer", f"{armed} = 'escalation.step'", step, first, count)


def settle() -> None:
    """As after a night: statistics are fresh, and nothing is left for the autovacuum to do now."""
    execute("VACUUM (ANALYZE)")
    execute("CHECKPOINT")


def hush() -> None:
    """Nobody is told any more of what has been written so far."""
    execute("UPDATE portal_message SET state = 'suppressed' WHERE state = 'pending'")
