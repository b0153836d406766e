"""Where the database names a person: the words to look for, and what stands in their place afterwards.

A name of several words and an address are found wherever they stand as whole words. A name of one word ("Will") may
be an ordinary word: it is found only where code puts a name into a structure (`NAMED`).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models
from django.db.models.functions import Cast

from portal import history, registry
from portal.models import AuditEntry, AuditPayload

ERASED = "[erased]"
SHORTEST = 3  # characters of a name or an address that is looked for
NAMED = frozenset(re.findall(r"\w+", "by from lead name other_name people person reporter speaker taker to told who"))
TEXTS = (models.CharField, models.TextField, models.JSONField)
Rows = list[tuple[Any, Any]]  # (history model, id of its row)


class Words:
    """What a person was called (`names`) and where they were reached (`addresses`), with what replaces them."""

    def __init__(self, names: Iterable[str], addresses: Iterable[str], *, name: str, address: str) -> None:
        self.name, self.address = name, address
        known = {text.strip() for text in names if len(text.strip()) >= SHORTEST} - {name}
        self.singles = frozenset(text for text in known if not re.search(r"\s", text))
        self.full = sorted(known - self.singles, key=len, reverse=True)
        self.addresses = sorted({text for text in addresses if len(text) >= SHORTEST and text != address}, key=len)[
            ::-1
        ]
        self._full, self._address = _pattern(self.full, r"\w"), _pattern(self.addresses, r"[\w.+-]", re.IGNORECASE)

    def replaced(self, value: Any, key: str = "") -> Any:
        """`value` (text, or what JSON holds; under `key` there) without the words."""
        match value:
            case str() if value in self.singles and key in NAMED:
                return self.name
            case str():
                return self._full.sub(lambda _: self.name, self._address.sub(lambda _: self.address, value))
            case list():
                return [self.replaced(item, key) for item in value]
            case dict():
                return {name: self.replaced(item, name) for name, item in value.items()}
        return value

    def found(self, value: Any) -> bool:
        return bool(self.replaced(value) != value)

    def rows(self, model: Any, fields: Iterable[str]) -> models.QuerySet[Any]:
        """Rows of `model` whose `fields` may hold one of the words; each has still to be looked at."""
        asked, rows = models.Q(pk__in=[]), model._base_manager.all()
        for name in fields:
            column, is_json = name, isinstance(model._meta.get_field(name), models.JSONField)
            if is_json:
                column = f"{name}_text"
                rows = rows.alias(**{column: Cast(name, models.TextField())})
            for word in (*self.full, *(self.singles if is_json else ())):
                asked |= models.Q(*((f"{column}__contains", form) for form in _forms(word)), _connector=models.Q.OR)
            for word in self.addresses:
                asked |= models.Q(*((f"{column}__icontains", form) for form in _forms(word)), _connector=models.Q.OR)
        return rows.filter(asked)


def _pattern(words: list[str], joined: str, flags: int = 0) -> re.Pattern[str]:
    """Any of `words` as a whole; signs that fit `joined` would make it a part of another word."""
    end = r"(?![\w-])" if flags else rf"(?!{joined})"
    forms = [form for word in words for form in sorted(_forms(word))]
    return re.compile(rf"(?<!{joined})(?:{'|'.join(map(re.escape, forms))}){end}" if forms else r"(?!)", flags)


def _forms(word: str) -> set[str]:
    """`word` as text and as JSON writes it (SQLite keeps JSON in ASCII)."""
    return {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}


@dataclass
class Gone:
    """What an erasure takes: keys of entries whose payload goes, and history rows whose words go."""

    entries: set[int] = field(default_factory=set)
    rows: set[tuple[str, Any]] = field(default_factory=set)
    copies: int = 0

    def said(self) -> dict[str, Any]:
        """As the ledger keeps it: {"entries": [id], "history": [[table, id]]}."""
        return {"entries": sorted(self.entries), "history": [list(row) for row in sorted(self.rows)]}

    def take_rows(self, tracked: Any, rows: Iterable[Any]) -> None:
        """`rows` of the history of `tracked`, with the payloads that prove them."""
        table, label, key = (
            history.model_of(tracked)._meta.db_table,
            tracked._meta.label_lower,
            tracked._meta.pk.attname,
        )
        rows = list(rows)
        self.rows |= {(table, row.history_id) for row in rows}
        wanted = {(row.request_id, str(getattr(row, key))) for row in rows}
        entries = AuditEntry.objects.filter(target_type=label, payload__isnull=False)
        for part in _parts(sorted({request for request, _key in wanted}, key=str)):
            found = entries.filter(request_id__in=part).values_list("pk", "request_id", "target_id")
            self.entries |= {pk for pk, request, target in found if (request, target) in wanted}


def _parts(items: list[Any], size: int = 500) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def copying() -> list[tuple[Any, tuple[str, ...]]]:
    """Models whose rows name people because code put the names there, with the columns."""
    return [(apps.get_model(label), fields) for label, fields in registry.copies.items()]


def payloads(words: Words) -> set[int]:
    """Entries into whose payload code wrote one of `words`; what people typed there is no reason to erase it."""
    found = set()
    for payload in words.rows(AuditPayload, ["content"]).select_related("entry").iterator(chunk_size=500):
        try:
            content = json.loads(payload.content)
        except ValueError:
            continue
        if words.found(_by_code(payload.entry, content)):
            found.add(payload.pk)
    return found


def _by_code(entry: AuditEntry, content: Any) -> Any:
    """The part of a payload that nobody typed: facts, but of edits only the columns that copy names."""
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict) or not content.get("history"):
        return data
    columns = registry.copies.get(entry.target_type) or ()
    return {name: value for name, value in data.items() if name in columns}


def copies(words: Words, gone: Gone, *, replace: bool) -> None:
    """Count in `gone` the rows that copy `words`, and `replace` them there; under ``seal.lifted``."""
    for model, fields in copying():
        gone.copies += len(_in_rows(words, model, fields, replace=replace))
        if history.is_tracked(model):
            past = history.model_of(model)
            tracked = [name for name in fields if name in {item.name for item in past.tracked_fields}]
            gone.take_rows(model, _in_rows(words, past, tracked, replace=replace))


def _in_rows(words: Words, model: Any, fields: Iterable[str], *, replace: bool) -> list[Any]:
    found = []
    # NOTE: a list, since SQLite changes no table that is still being read.
    for row in list(words.rows(model, fields)):
        new = {name: words.replaced(getattr(row, name)) for name in fields}
        new = {name: value for name, value in new.items() if value != getattr(row, name)}
        if not new:
            continue
        found.append(row)
        if replace:
            cut = {name: fitting(model, name, value) for name, value in new.items()}
            model._base_manager.filter(pk=row.pk).update(**cut)
    return found


def fitting(model: Any, name: str, value: Any) -> Any:
    """`value` no longer than its column: what replaces a name may be longer than the name."""
    longest = getattr(model._meta.get_field(name), "max_length", None)
    return value[:longest] if longest and isinstance(value, str) else value


def remaining(words: Words, gone: Gone, without: Iterable[Any]) -> list[tuple[Any, int]]:
    """(model, rows) that name the person in words that people or systems wrote, in every table but `without`
    and beyond what is `gone`. Reads the whole database once.
    """
    known, skipped = dict(copying()), {*without, LogEntry}
    found = []
    for model in apps.get_models():
        if model in skipped or not model._meta.managed or model._meta.proxy:
            continue
        fields = [
            item.name
            for item in model._meta.local_concrete_fields
            if isinstance(item, TEXTS) and not item.choices and item.name not in known.get(model, ())
        ]
        fields = [name for name in fields if name != "actor_label"]
        rows = [row for row in words.rows(model, fields) if any(words.found(getattr(row, name)) for name in fields)]
        if model is AuditPayload:
            rows = [row for row in rows if row.pk not in gone.entries]
        if rows:
            found.append((model, len(rows)))
    return found


class Repeated:
    """Typed `texts` that are erased, wherever something repeats them whole or cut."""

    SHORTEST = 12  # characters from which on a part of a text counts as the text

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted({text.strip() for text in texts if text.strip()}, key=len, reverse=True)

    def bare(self, value: Any) -> Any:
        match value:
            case str():
                return ERASED if self._repeats(value.strip()) else value
            case list():
                return [self.bare(item) for item in value]
            case dict():
                return {name: self.bare(item) for name, item in value.items()}
        return value

    def _repeats(self, value: str) -> bool:
        start = value.rstrip("…. ")
        return any(
            value == text
            or len(start) >= self.SHORTEST
            and start in text
            or len(text) >= self.SHORTEST
            and text in value
            for text in self.texts
        )

    def blank(self, rows: models.QuerySet[Any], column: str) -> None:
        for row in list(rows.all()) if self.texts else ():  # as the rows are now, whoever changed them before
            new = self.bare(getattr(row, column))
            if new != getattr(row, column):
                rows.model._base_manager.filter(pk=row.pk).update(**{column: new})

    def in_history(self, subject: Any, gone: Gone) -> None:
        """Columns of `subject` and of its history that are one of the texts, both alike; under ``seal.lifted``."""
        model = type(subject)
        if not history.is_tracked(model):
            return
        past, key = history.model_of(model), model._meta.pk.attname
        fields = [item.name for item in past.tracked_fields if isinstance(item, models.CharField | models.TextField)]
        rows = list(past._base_manager.filter(**{key: subject.pk}))
        for row in [model._base_manager.get(pk=subject.pk), *rows]:
            new = {name: ERASED for name in fields if (text := getattr(row, name)) and text.strip() in self.texts}
            if new:
                type(row)._base_manager.filter(pk=row.pk).update(**new)
            if new and row in rows:
                gone.take_rows(model, [row])

    def payloads(self, label: str, key: str) -> set[int]:
        """Entries about (model label, key) whose payload repeats one of the texts."""
        found = set()
        about = AuditPayload.objects.filter(entry__target_type=label, entry__target_id=key)
        for payload in about.iterator(chunk_size=500) if self.texts else ():
            content = json.loads(payload.content)
            if self.bare(content) != content:
                found.add(payload.pk)
        return found
