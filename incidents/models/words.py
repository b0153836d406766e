"""The words of incidents, as the database indexes them: of reference, title, plan, description and resolution.

PostgreSQL keeps them in a generated column with a GIN index (migration 0008). SQLite keeps a copy of the text in
``incidents_words``, whose own integer key outlives a VACUUM, with an FTS5 index over it; triggers hold all three
together. ``install()`` runs after every migrate, since SQLite drops triggers silently when a table is remade.
Both cut text into words alike: at everything that is neither letter nor digit, whatever the case.
"""

from typing import Any
from uuid import UUID

from django.core import checks
from django.db import connection, connections
from django.db.models import BooleanField, F, Func

TABLE, COPY, INDEX = "incidents_incident", "incidents_words", "incidents_words_index"
COLUMN = "words"
COLUMNS = ("reference", "title", "plan", "description", "resolution")
TEXT = " || ' ' || ".join(f"{{0}}.{name}" for name in COLUMNS)
DELETED = f"INSERT INTO {INDEX}({INDEX}, rowid, words) VALUES ('delete', OLD.id, OLD.words);"
ADDED = f"INSERT INTO {INDEX}(rowid, words) VALUES (NEW.id, NEW.words);"
SAMPLE, COMMON = 1_000, 0.01  # of so many of the newest incidents, this share holds a common word
TRIGGERS = {
    f"{TABLE}_words_added": f"AFTER INSERT ON {TABLE} BEGIN "
    f"INSERT INTO {COPY}(incident_id, words) VALUES (NEW.id, {TEXT.format('NEW')}); END",
    f"{TABLE}_words_changed": f"AFTER UPDATE OF {', '.join(COLUMNS)} ON {TABLE} BEGIN "
    f"UPDATE {COPY} SET words = {TEXT.format('NEW')} WHERE incident_id = OLD.id; END",
    f"{TABLE}_words_gone": f"AFTER DELETE ON {TABLE} BEGIN DELETE FROM {COPY} WHERE incident_id = OLD.id; END",
    f"{COPY}_added": f"AFTER INSERT ON {COPY} BEGIN {ADDED} END",
    f"{COPY}_changed": f"AFTER UPDATE ON {COPY} BEGIN {DELETED} {ADDED} END",
    f"{COPY}_gone": f"AFTER DELETE ON {COPY} BEGIN {DELETED} END",
}


class Holds(Func):
    """Whether the words of an incident match: `tsquery` is text for to_tsquery, `fts5` for MATCH."""

    output_field = BooleanField()

    def __init__(self, tsquery: str, fts5: str) -> None:
        super().__init__(F("pk"))
        self.tsquery, self.fts5 = tsquery, fts5

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        key, _values = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            table = key.rpartition(".")[0]
            return f"({table}.\"{COLUMN}\" @@ to_tsquery('simple', %s))", [self.tsquery]
        found = (
            f"SELECT {COPY}.incident_id FROM {INDEX} JOIN {COPY} ON {COPY}.id = {INDEX}.rowid WHERE {INDEX} MATCH %s"
        )
        return f"({key} IN ({found}))", [self.fts5]


def few(tsquery: str, most: int) -> list[UUID] | None:
    """Keys of all incidents that match, when the newest hold hardly any and all are at most `most`; else None.

    NOTE: PostgreSQL takes every word that may go on for one in two hundred, and so looks for it from the newest
    incident on, through all of them when it is rarer. Here the index of words is asked first, but not for a common
    word: that reads every place where it stands.
    """
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        match = f"{COLUMN} @@ to_tsquery('simple', %s)"
        newest = f"SELECT {COLUMN} FROM {TABLE} ORDER BY reported_at DESC, id DESC LIMIT {SAMPLE}"
        cursor.execute(f"SELECT count(*) FROM ({newest}) newest WHERE {match}", [tsquery])
        if cursor.fetchone()[0] >= SAMPLE * COMMON:
            return None
        cursor.execute(
            f"WITH found AS MATERIALIZED (SELECT id FROM {TABLE} WHERE {match}) SELECT id FROM found LIMIT %s",
            [tsquery, most + 1],
        )
        found = [key for (key,) in cursor.fetchall()]
    return found if len(found) <= most else None


def install() -> None:
    """SQLite: make the copy, its index and the triggers where one is missing, and fill them anew."""
    if connection.vendor != "sqlite" or TABLE not in connection.introspection.table_names() or not missing():
        return
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        cursor.execute(f"DROP TABLE IF EXISTS {COPY}")
        cursor.execute(
            f"CREATE TABLE {COPY} (id INTEGER PRIMARY KEY, incident_id char(32) NOT NULL UNIQUE, words TEXT NOT NULL)"
        )
        cursor.execute(
            f"CREATE VIRTUAL TABLE {INDEX} USING fts5(words, content='{COPY}', content_rowid='id', prefix='2 3',"
            " tokenize='unicode61 remove_diacritics 0')"
        )
        for name, body in TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")
        cursor.execute(f"INSERT INTO {COPY}(incident_id, words) SELECT id, {TEXT.format(TABLE)} FROM {TABLE}")


def forget() -> None:
    """SQLite: leave no word in the index that is in no incident any more; FTS5 keeps them until it merges its parts."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('optimize')")


def missing() -> list[str]:
    """Names of what the search needs and the database lacks."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND table_schema = current_schema()",
                [TABLE],
            )
            return sorted({COLUMN} - {name for (name,) in cursor.fetchall()})
        cursor.execute("SELECT name FROM sqlite_master")
        return sorted({COPY, INDEX, *TRIGGERS} - {name for (name,) in cursor.fetchall()})


@checks.register(checks.Tags.database)
def words_are_indexed(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Name what is missing, once there are incidents (``migrate`` asks this before it begins)."""
    if not databases or "incidents_boardview" not in connections["default"].introspection.table_names():
        return []
    return [
        checks.Warning(f"The search lacks {name}.", hint="Run manage.py migrate: it makes it.", id="incidents.W001")
        for name in missing()
    ]
