"""The one list of sealed tables, and the triggers that refuse to change them on PostgreSQL and SQLite.

``install()`` runs after every migrate (SQLite drops triggers silently when a table is remade). Only the
test flush and erasure may use ``lifted()``. A refused statement raises ``django.db.IntegrityError``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

from portal import history


@dataclass(frozen=True)
class Seal:
    """`label` refuses update and delete.

    While the column `open_while` is null, the columns `may_change` may still change (None: all of them),
    and the row may go when `may_go`.
    """

    label: str
    open_while: str = ""
    may_change: tuple[str, ...] | None = None
    may_go: bool = False


SEALS = (
    Seal("portal.AuditEntry"),
    Seal("portal.AuditPayload"),  # erasure lifts the seal
    Seal("portal.Leaf"),
    Seal("portal.Subtree"),
    Seal("portal.Checkpoint"),
    Seal("portal.SigningKey"),
    Seal("portal.Witnessing"),
    Seal("portal.Attempt", open_while="ended_at", may_change=("ended_at", "result", "detail", "digest")),
    Seal("governance.Version", open_while="frozen_at", may_go=True),
    Seal("governance.Edit"),
    Seal("governance.Review"),
    Seal("governance.DocumentCheck"),
    Seal("governance.Attestation"),
    Seal("incidents.EscalationEvent"),
    Seal("incidents.ImpactScore"),
    Seal("incidents.TimelineEntry"),
    Seal("incidents.ScopeStatement"),
    Seal("incidents.ScopeAnswer"),
    Seal("incidents.StepEntry"),
    Seal("incidents.Recheck"),
    Seal("incidents.DecisionAnswer"),
    Seal("incidents.DecisionReading"),
    Seal("incidents.DecisionRecord"),
    Seal("incidents.EffectCheck"),
    Seal("incidents.Recurrence"),
    Seal("incidents.GovernanceReport"),
    Seal("incidents.CallbackAttempt", open_while="ended_at", may_change=("ended_at", "result", "detail")),
)


UNTRACKED = {
    "portal.Message": "The outbox; the portal alone moves it, and each attempt of a delivery is sealed.",
    "portal.Breaker": "Which channels do not answer at the moment.",
    "portal.Timer": "Promises of the clock; what they cause is in the ledger.",
    "portal.Heartbeat": "When each process was last alive.",
    "portal.Counter": "Last numbers given out.",
    "portal.IdempotencyKey": "Answers of the API for a day.",
    "portal.Feed": "How far indexes and figures have followed the ledger.",
    "portal.SearchEntry": "The index of the search, made from everything else.",
    "portal.SearchWord": "Words of the index of the search.",
    "portal.SearchPart": "Parts of the words of the index of the search.",
    "portal.AuditRun": "Work on the ledger that was asked for; asking is in the ledger.",
    "governance.DocumentUserObjectPermission": "Compiled from the matrices in force, and compared with them (I15).",
    "governance.DocumentGroupObjectPermission": "Compiled from the matrices in force, and compared with them (I15).",
    "governance.BoardUserObjectPermission": "Compiled, never edited.",
    "governance.BoardGroupObjectPermission": "Compiled, never edited.",
    "governance.WorkflowUserObjectPermission": "Compiled from the matrices in force, and compared with them (I15).",
    "governance.WorkflowGroupObjectPermission": "Compiled from the matrices in force, and compared with them (I15).",
    "governance.Assignment": "Compiled from the matrices in force, and compared with them (I15).",
    "governance.Reference": "Computed from the text of a version.",
    "governance.WorkflowChange": "What a platform told us of itself; each has its entry workflow.changed.",
    "governance.HandoverNotice": "Which hand-overs were told, so that nobody is told twice.",
    "governance.ImportedEvent": "Which events of a calendar file were read; what they became is tracked.",
    "incidents.Participant": "Who has something to do with an incident; steps and entries say how they came to it.",
    "incidents.TimelineText": "Erasable words of the timeline; its sealed entry commits to them.",
    "incidents.DecisionText": "Erasable words of a decision; its sealed record commits to them.",
    "incidents.DecisionCallback": "The outbox of answers to workflows; the portal moves it, each attempt is sealed.",
    "incidents.EscalationRun": "Moved by the clock; its sealed events and its entries are its past.",
    "incidents.Event": "What a source sent; each has its entry event.received.",
    "incidents.RefusedCall": "The newest calls that were refused, for whoever sets up a source.",
    "incidents.Fact": "Computed from incidents and decisions, and compared with them.",
    "incidents.FigureSum": "Sums of facts, and compared with them.",
    "incidents.ReportDraft": "A report that nobody has sent yet.",
    "incidents.BoardView": "Filters that a person keeps for themselves.",
}
"""Tables of ours that are neither tracked nor sealed, and why nothing is lost by it."""


def sealed() -> list[tuple[Seal, Any]]:
    """Every seal with its model; history tables are sealed by being history tables."""
    found = []
    for seal in SEALS:
        try:
            found.append((seal, apps.get_model(seal.label)))
        except LookupError:
            continue  # an app that has not come yet
    histories = [history.model_of(model) for model in history.tracked_models()]
    return found + [(Seal(model._meta.label), model) for model in histories]


def install() -> None:
    """Write the triggers of all sealed tables that exist. May run any number of times."""
    existing = set(connection.introspection.table_names())
    statements = [FUNCTION] if connection.vendor == "postgresql" else []
    for seal, model in sealed():
        if model._meta.db_table in existing:
            statements += _create(seal, model)
    _run(statements)


def unsealed() -> list[str]:
    """Labels of sealed models whose table lacks a trigger (or does not exist)."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(model._meta.label for _, model in sealed() if not set(_names(model)) <= present)


@contextmanager
def lifted() -> Iterator[None]:
    """Sealed rows of this connection may change inside; for the test flush and for erasure only."""
    lift, put_back = _switch()
    _run(lift)
    try:
        yield
    finally:
        # NOTE: in a broken transaction nothing can run, and its rollback puts the triggers back.
        if not connection.needs_rollback:
            _run(put_back)


def _switch() -> tuple[list[str], list[str]]:
    if connection.vendor == "postgresql":
        here = "true" if connection.in_atomic_block else "false"
        return (
            [f"SELECT set_config('portal.seal', 'lifted', {here})"],
            [f"SELECT set_config('portal.seal', '', {here})"],
        )
    existing = set(connection.introspection.table_names())
    pairs = [(seal, model) for seal, model in sealed() if model._meta.db_table in existing]
    drop = [f"DROP TRIGGER IF EXISTS {name}" for _, model in pairs for name in _names(model)]
    return drop, [statement for seal, model in pairs for statement in _create(seal, model)]


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _names(model: Any) -> list[str]:
    table = model._meta.db_table[:50]
    last = ["truncate"] if connection.vendor == "postgresql" else []
    return [f"{table}_seal_{event}" for event in ["update", "delete", *last]]


def _create(seal: Seal, model: Any) -> list[str]:
    return _create_postgresql(seal, model) if connection.vendor == "postgresql" else _create_sqlite(seal, model)


# PostgreSQL: one function; what is open comes as trigger arguments, so that columns can still be altered.

FUNCTION = """
CREATE OR REPLACE FUNCTION portal_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb; now_ jsonb;
BEGIN
    IF current_setting('portal.seal', true) = 'lifted' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; ELSIF TG_OP = 'UPDATE' THEN RETURN NEW; ELSE RETURN NULL; END IF;
    END IF;
    IF TG_OP <> 'TRUNCATE' AND TG_ARGV[0] <> '' THEN
        was := to_jsonb(OLD);
        IF was->>TG_ARGV[0] IS NULL THEN
            IF TG_OP = 'DELETE' AND TG_ARGV[1] = 'may_go' THEN RETURN OLD; END IF;
            IF TG_OP = 'UPDATE' THEN
                now_ := to_jsonb(NEW);
                IF TG_ARGV[2] = '*' OR was - string_to_array(TG_ARGV[2], ',') = now_ - string_to_array(TG_ARGV[2], ',')
                THEN RETURN NEW; END IF;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION 'sealed: % refuses %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _create_postgresql(seal: Seal, model: Any) -> list[str]:
    table = connection.ops.quote_name(model._meta.db_table)
    changing = "*" if seal.may_change is None else ",".join(seal.may_change)
    arguments = f"'{seal.open_while}', '{'may_go' if seal.may_go else ''}', '{changing}'"
    update, delete, truncate = _names(model)
    return [
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION portal_seal({arguments})"
        for name, event, level in (
            (update, "UPDATE", "ROW"),
            (delete, "DELETE", "ROW"),
            (truncate, "TRUNCATE", "STATEMENT"),
        )
    ]


def _create_sqlite(seal: Seal, model: Any) -> list[str]:
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), model._meta.db_table
    columns = [item.column for item in model._meta.local_concrete_fields]
    fixed = [item for item in columns if seal.may_change is not None and item not in seal.may_change]
    is_open = f"OLD.{quote(seal.open_while)} IS NULL" if seal.open_while else "0"
    same = " AND ".join([is_open, *(f"NEW.{quote(item)} IS OLD.{quote(item)}" for item in fixed)])
    allowed = {"UPDATE": same, "DELETE": is_open if seal.may_go else "0"}
    statements = []
    for trigger, event in zip(_names(model), allowed, strict=True):
        statements += [
            f"DROP TRIGGER IF EXISTS {trigger}",
            f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW WHEN NOT ({allowed[event]}) "
            f"BEGIN SELECT RAISE(ABORT, 'sealed: {name} refuses {event}'); END",
        ]
    return statements
