"""The index of the search: what is said about each thing, and the words that are known (``portal.search``).

PostgreSQL keeps a generated vector of the stems with a GIN index (migration 0009), SQLite an FTS5 index over the same
columns, held by triggers; ``install()`` makes these after every migrate, since SQLite drops triggers silently when a
table is remade. All rows can be made anew from the rest of the database.
"""

from typing import Any

from django.core import checks
from django.db import connection, connections, models
from django.db.models import BooleanField, F, Func

from portal import limits

TABLE, INDEX = "portal_searchentry", "portal_searchentry_index"
COLUMN = "vector"
COLUMNS = ("title_stems", "stems", "forms")
OLD, NEW = (", ".join(f"{row}.{name}" for name in ("id", *COLUMNS)) for row in ("OLD", "NEW"))
GONE = f"INSERT INTO {INDEX}({INDEX}, rowid, {', '.join(COLUMNS)}) VALUES ('delete', {OLD});"
ADDED = f"INSERT INTO {INDEX}(rowid, {', '.join(COLUMNS)}) VALUES ({NEW});"
TRIGGERS = {
    f"{TABLE}_added": f"AFTER INSERT ON {TABLE} BEGIN {ADDED} END",
    f"{TABLE}_changed": f"AFTER UPDATE ON {TABLE} BEGIN {GONE} {ADDED} END",
    f"{TABLE}_gone": f"AFTER DELETE ON {TABLE} BEGIN {GONE} END",
}
COMMON, WALKED = 2_000, 10_000  # entries that hold a common word; the newest, among which such words are looked for


class SearchEntry(models.Model):
    """What can be found about one thing of a kind (``registry.searched``). `title` and `text` are shown around words.

    `title_stems` and `stems` are stems parted by spaces; `forms` the words that are not their own stem, each once.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=150)
    reference = models.CharField(max_length=32, blank=True)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    text = models.TextField(blank=True)
    workflow = models.UUIDField(null=True)
    at = models.DateTimeField()
    title_stems = models.TextField(blank=True)
    stems = models.TextField(blank=True)
    forms = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "search entries"
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="portal_searchentry_once")]
        indexes = [
            models.Index(fields=["-at", "-id"], name="portal_searchentry_newest"),
            models.Index(fields=["workflow", "-at"], name="portal_searchentry_workflow"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class SearchWord(models.Model):
    """A word as people write it, and in how many entries it stands; the empty word stands in all of them."""

    word = models.CharField(max_length=60, primary_key=True)
    stem = models.CharField(max_length=60, db_index=True)
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.word


class SearchPart(models.Model):
    """A part by which a word is known, however it is mistyped (``portal.search.spelling``)."""

    id = models.BigAutoField(primary_key=True)
    part = models.CharField(max_length=16, db_index=True)
    word = models.ForeignKey(SearchWord, on_delete=models.CASCADE, related_name="parts")

    def __str__(self) -> str:
        return self.part


class Fits(Func):
    """Whether the stems of an entry match: `tsquery` is text for to_tsquery, `fts5` for MATCH."""

    output_field = BooleanField()

    def __init__(self, tsquery: str, fts5: str) -> None:
        super().__init__(F("pk"))
        self.tsquery, self.fts5 = tsquery, fts5

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        key, _values = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            return f"({key.rpartition('.')[0]}.\"{COLUMN}\" @@ to_tsquery('simple', %s))", [self.tsquery]
        return f"({key} IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s))", [self.fts5]


def newest(tsquery: str, fts5: str, kinds: list[str], most: int) -> list[tuple[int, str, str]]:
    """(id, kind, subject) of the newest `most` entries of `kinds` that match.

    PostgreSQL asks the index of stems first. A word that more than COMMON entries hold is looked for from the newest
    entry on instead, and only through WALKED of them: so no word reads the whole table.
    """
    if connection.vendor != "postgresql":
        rows = SearchEntry.objects.filter(Fits(tsquery, fts5), kind__in=kinds).order_by("-at", "-id")
        return list(rows.values_list("id", "kind", "subject")[:most])
    match = f"{COLUMN} @@ to_tsquery('simple', %s) AND kind = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found AS MATERIALIZED (SELECT id, kind, subject, at FROM {TABLE} WHERE {match} LIMIT {COMMON + 1})"
            " SELECT id, kind, subject, (SELECT count(*) FROM found) FROM found ORDER BY at DESC, id DESC LIMIT %s",
            [tsquery, kinds, most],
        )
        found = cursor.fetchall()
        if found and found[0][-1] > COMMON:
            walked = f"SELECT id, kind, subject, at, {COLUMN} FROM {TABLE} ORDER BY at DESC, id DESC LIMIT {WALKED}"
            cursor.execute(
                f"SELECT id, kind, subject, 0 FROM ({walked}) newest WHERE {match} ORDER BY at DESC, id DESC LIMIT %s",
                [tsquery, kinds, most],
            )
            found = cursor.fetchall()
    return [(key, kind, subject) for key, kind, subject, _count in found]


def install() -> None:
    """SQLite: make the index and the triggers where one is missing, and fill the index anew."""
    if connection.vendor != "sqlite" or TABLE not in connection.introspection.table_names() or not missing():
        return
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        cursor.execute(
            f"CREATE VIRTUAL TABLE {INDEX} USING fts5({', '.join(COLUMNS)}, content='{TABLE}', content_rowid='id',"
            " prefix='2 3', tokenize='unicode61 remove_diacritics 0')"
        )
        for name, body in TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")
        cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")


def keeps_old_words() -> bool:
    return connection.vendor == "sqlite"


def forget() -> None:
    """SQLite: leave no word in the index that is in no entry any more; FTS5 keeps them until it merges its parts."""
    if keeps_old_words():
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
        return sorted({INDEX, *TRIGGERS} - {name for (name,) in cursor.fetchall()})


@checks.register(checks.Tags.database)
def search_is_indexed(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Name what is missing, once there is the table (``migrate`` asks this before it begins)."""
    if not databases or TABLE not in connections["default"].introspection.table_names():
        return []
    return [
        checks.Warning(f"The search lacks {name}.", hint="Run manage.py migrate: it makes it.", id="portal.W010")
        for name in missing()
    ]
