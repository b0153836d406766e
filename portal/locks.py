"""Locks by name, for what no single row stands for; held to the end of the transaction (PostgreSQL advisory locks)."""

from collections.abc import Iterable

from django.db import connection


def hold(names: Iterable[str]) -> None:
    """Wait until no other transaction holds one of `names`, and hold them all; call it once in a transaction.

    Always in the same order, so that two that share several never wait for each other. SQLite has one writer.
    """
    wanted = sorted(set(names))
    if connection.vendor != "postgresql" or not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name", [wanted]
        )


def try_hold(name: str) -> bool:
    """Hold `name` to the end of the transaction, unless another one holds it; call it in a transaction."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
