"""Workflows, on-call schedules and rules in force, as the search of the portal finds them."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from governance.models import Document, Schedule, Version, Workflow
from governance.models.versions import Kind
from governance.reads import document_page
from portal import ids, limits, registry
from portal.models import SearchEntry
from portal.search.kinds import Entry, Searched, Shown, everybody, same

WORDS = 6
SILENT = frozenset({"key", "next", "follows", "module", "digest", "version", "scope", "does", "use", "kind", "schema"})
"""Names of what documents hold for machines."""
NAMED = re.compile(r"[0-9a-f-]{32,}|[a-z0-9]+([_:.-][a-z0-9]+)+|[a-z]+|\S+@\S+", re.ASCII)
"""Ids and keys, which are not words that people look for."""


def _named(text: str, *fields: str) -> Q:
    """Each word stands in one of `fields`; empty without a word."""
    chosen = Q()
    for word in text.replace('"', " ").split()[:WORDS]:
        one = Q()
        for field in fields:
            one |= Q(**{f"{field}__icontains": word})
        chosen &= one
    return chosen


def workflows_named(text: str) -> Q:
    """Workflows that fit `text`, for every search for them; all without a word."""
    return _named(text, "name", "key", "aliases", "team__name")


def _workflows(subjects: set[str] | None) -> Iterator[Entry]:
    """Every process in use: who answers for it is for everybody to read (D13)."""
    rows = Workflow.objects.in_use().select_related("team")
    for row in rows.order_by("pk") if subjects is None else rows.filter(pk__in=subjects):
        text = " · ".join(filter(None, (row.aliases, row.team.name, row.description, row.key)))
        yield Entry(str(row.pk), row.name, text, ids.made_at(row.pk), workflow=row.pk)


def _workflows_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = Workflow.objects.in_use().filter(pk__in=subjects).select_related("team")
    return {
        str(row.pk): Shown(row.name, reverse("governance:ownership-workflow", args=[row.key]), row.team.name)
        for row in rows
    }


def _schedules(subjects: set[str] | None) -> Iterator[Entry]:
    rows = Schedule.objects.filter(is_active=True).select_related("team")
    for row in rows.order_by("pk") if subjects is None else rows.filter(pk__in=subjects):
        yield Entry(str(row.pk), row.name, f"{row.team.name}. {row.key}", ids.made_at(row.pk))


def _schedules_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = Schedule.objects.filter(is_active=True, pk__in=subjects).select_related("team")
    return {str(row.pk): Shown(row.name, reverse("governance:oncall"), row.team.name) for row in rows}


# Documents in force, which everybody may read


def _in_force(kinds: tuple[str, ...]) -> QuerySet[Document]:
    return Document.objects.filter(kind__in=kinds, effective_version__isnull=False).select_related("effective_version")


def _said(value: Any, name: str = "") -> Iterator[str]:
    """Everything in JSON content that people are meant to read."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in SILENT:
                yield from _said(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _said(item, name)
    elif isinstance(value, str) and value and not NAMED.fullmatch(value):
        yield value


def _content(version: Version | None) -> dict[str, Any]:
    content = json.loads(version.content) if version is not None else {}
    return content if isinstance(content, dict) else {}


def _documents(word: Any, *kinds: str) -> Searched:
    """Documents of `kinds` with all their words; glossaries by their terms."""

    def entries(subjects: set[str] | None) -> Iterator[Entry]:
        rows = _in_force(kinds)
        for row in rows.order_by("pk") if subjects is None else rows.filter(pk__in=subjects):
            version = row.effective_version
            assert version is not None  # in force
            content = _content(version)
            yield Entry(str(row.pk), row.title, "\n".join(_said(content)), version.frozen_at or version.created_at)

    def shown(subjects: set[str]) -> dict[str, Shown]:
        rows = _in_force(kinds).filter(pk__in=subjects).defer("effective_version__content")
        return {
            str(row.pk): Shown(
                row.title,
                document_page.own_page(row) or reverse("governance:document", args=[row.pk]),
                capfirst(row.get_kind_display()),
            )
            for row in rows
        }

    return Searched(word, {"governance.document": same}, entries, everybody, shown, True)


def _terms(subjects: set[str] | None) -> Iterator[Entry]:
    """Each term of a glossary in force; a subject is the glossary or one term of it."""
    rows = _in_force((Kind.GLOSSARY,))
    if subjects is not None:
        rows = rows.filter(pk__in={subject.partition(":")[0] for subject in subjects})
    for row in rows.order_by("pk"):
        version = row.effective_version
        assert version is not None  # in force
        for term in _content(version).get("terms", ()):
            words = [*term.get("aliases", ()), term.get("meaning", ""), term.get("instead", "")]
            at = version.frozen_at or version.created_at
            subject = f"{row.pk}:{term['key']}"
            yield Entry(subject, term["title"], " · ".join(filter(None, words)), at)


def _terms_of(keys: set[str]) -> Iterator[str]:
    """Every term that there is, or was, of glossaries."""
    for key in keys & set(_keys(Document.objects.filter(kind=Kind.GLOSSARY, pk__in=keys))):
        yield key
        yield from SearchEntry.objects.filter(kind="term", subject__startswith=f"{key}:").values_list(
            "subject", flat=True
        )
        yield from (entry.subject for entry in _terms({key}))


def _keys(rows: QuerySet[Any]) -> Iterator[str]:
    return map(str, rows.values_list("pk", flat=True))


def _terms_shown(subjects: set[str]) -> dict[str, Shown]:
    place = reverse("governance:glossary")
    titles = {entry.subject: entry.title for entry in _terms(subjects)}
    return {
        subject: Shown(titles[subject], f"{place}#{subject.partition(':')[2]}")
        for subject in subjects
        if subject in titles
    }


OTHERS = (Kind.MATRIX, Kind.ESCALATION, Kind.RUBRIC, Kind.APPROVAL, Kind.COMMUNICATION)


def _all_workflows(text: str) -> str:
    return reverse("governance:ownership") + "?" + urlencode({"q": text[: limits.NAME_LENGTH]})


def register() -> None:
    add, processes = registry.searched.add, {"governance.workflow": same}
    add(
        "workflow",
        Searched(
            gettext_lazy("Processes"),
            processes,
            _workflows,
            everybody,
            _workflows_shown,
            stands=True,
            all_of=_all_workflows,
        ),
    )
    schedules = gettext_lazy("On-call schedules")
    touches = {"governance.schedule": same}
    add("schedule", Searched(schedules, touches, _schedules, everybody, _schedules_shown, stands=True))
    add("playbook", _documents(gettext_lazy("Playbooks"), Kind.PLAYBOOK))
    add("pattern", _documents(gettext_lazy("Failure patterns"), Kind.MODULE))
    add("rule", _documents(gettext_lazy("Other rules"), *OTHERS))
    of_glossaries = {"governance.document": _terms_of}
    add("term", Searched(gettext_lazy("Glossary"), of_glossaries, _terms, everybody, _terms_shown, stands=True))
