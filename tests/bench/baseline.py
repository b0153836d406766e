"""The baseline of a step: one SQL statement that fires a batch of timers and writes the rows that our step writes.

The rows are taken from a step that the portal took: same columns, same contents, same indexes and keys.
"""

from dataclasses import dataclass
from typing import Any

from incidents.models import EscalationEvent, EscalationRun, Participant, TimelineEntry
from portal.models import AuditEntry, Message, Timer

from . import scene

BATCH = 500
TABLES: tuple[Any, ...] = (EscalationEvent, Participant, TimelineEntry, Timer, AuditEntry)


@dataclass
class Marks:
    """Where the tables ended before the step that serves as the model."""

    last: dict[Any, int]
    messages: set[Any]

    @classmethod
    def now(cls) -> "Marks":
        last = {model: model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0 for model in TABLES}
        return cls(last, set(Message.objects.values_list("pk", flat=True)))


class Step:
    """The rows that one step of `run` wrote since `before`."""

    def __init__(self, run: EscalationRun, before: Marks) -> None:
        self.run = EscalationRun.objects.get(pk=run.pk)
        self.new = {
            model: list(model.objects.filter(pk__gt=last).values_list("pk", flat=True))
            for model, last in before.last.items()
        }
        self.messages = [str(pk) for pk in Message.objects.exclude(pk__in=before.messages).values_list("pk", flat=True)]
        self.statement = self._statement()

    @property
    def rows(self) -> int:
        """Rows that a step writes: the fired timer, the run, what is new, and each audit entry's payload."""
        return 2 + sum(len(ids) for ids in self.new.values()) + len(self.new[AuditEntry]) + len(self.messages)

    def fire(self) -> int:
        """Fire everything that is due, in batches; returns how many."""
        count = 0
        while fired := scene.value(self.statement):
            count += fired
        return count

    def _insert(self, name: str, table: str, pks: list[Any], changed: dict[str, str], returning: str = "1") -> str:
        names, values = scene.select_list(table, changed)
        wanted = ", ".join(f"'{pk}'" for pk in pks)
        return (
            f'{name} AS (INSERT INTO "{table}" ({names}) SELECT {values} FROM held, "{table}" src '
            f"WHERE src.id IN ({wanted}) RETURNING {returning})"
        )

    def _statement(self) -> str:
        run, old = self.run, f"'{self.run.pk}'"
        own_key = f"replace(src.key, {old}, held.run::text)"
        parts = [
            "WITH due AS MATERIALIZED (SELECT id FROM portal_timer WHERE state = 'armed' AND due_at <= now() "
            f"ORDER BY due_at, id LIMIT {BATCH} FOR NO KEY UPDATE SKIP LOCKED)",
            "fired AS (UPDATE portal_timer t SET state = 'fired', ended_at = now() FROM due WHERE t.id = due.id "
            "RETURNING t.subject_id AS run)",
            "held AS MATERIALIZED (SELECT r.id AS run, r.incident_id AS incident FROM fired "
            "JOIN incidents_escalationrun r ON r.id = fired.run)",
            f"moved AS (UPDATE incidents_escalationrun r SET state = '{run.state}', position = {run.position}, "
            f"level = {run.level}, steps = {run.steps} FROM held WHERE r.id = held.run)",
            self._insert("a", "portal_timer", self.new[Timer], {"subject_id": "held.run", "key": own_key}),
            self._insert("b", "incidents_escalationevent", self.new[EscalationEvent], {"run_id": "held.run"}),
            self._insert("c", "incidents_participant", self.new[Participant], {"incident_id": "held.incident"}),
            self._insert("d", "incidents_timelineentry", self.new[TimelineEntry], {"incident_id": "held.incident"}),
            self._insert(
                "e",
                "portal_message",
                self.messages,
                {"id": "gen_random_uuid()", "subject_id": "held.incident", "key": own_key}
                | {"thread": "'incident:' || held.incident"},
            ),
            self._insert("f", "portal_auditentry", self.new[AuditEntry], {"target_id": "held.run::text"}, "id"),
            "g AS (INSERT INTO portal_auditpayload (entry_id, salt, content) SELECT f.id, src.salt, src.content "
            f"FROM f, portal_auditpayload src WHERE src.entry_id = {self.new[AuditEntry][0]})",
        ]
        return ", ".join(parts) + " SELECT count(*) FROM fired"
