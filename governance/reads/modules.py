"""Playbook modules as plain facts: which versions were ever in force, and which one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from uuid import UUID

from governance.documents.facts import ModuleFacts
from governance.models import Document, Platform, Version
from governance.models.versions import Kind


def facts() -> dict[UUID, ModuleFacts]:
    """Every module by id; two queries.

    A version counts from the moment when it came into force for the first time; a draft or one that a board refused
    never does.
    """
    rows = Document.objects.filter(kind=Kind.MODULE).order_by("title", "key")
    named = rows.values_list("pk", "key", "title", "effective_version__number")
    versions: dict[UUID, dict[int, str]] = {}
    published = Version.objects.filter(
        document__kind=Kind.MODULE, frozen_at__isnull=False, change_requests__published_at__isnull=False
    ).distinct()
    for module, number, digest in published.values_list("document_id", "number", "digest"):
        versions.setdefault(module, {})[number] = digest
    return {pk: ModuleFacts(pk, key, title, versions.get(pk, {}), number) for pk, key, title, number in named}


class Lazily(Mapping[UUID, ModuleFacts]):
    """The same, read when somebody asks: most checks of other kinds never do."""

    @cached_property
    def _known(self) -> dict[UUID, ModuleFacts]:
        return facts()

    def __getitem__(self, id: UUID) -> ModuleFacts:
        return self._known[id]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class Platforms(Mapping[UUID, str]):
    """Names of platforms by id, read when somebody asks."""

    @cached_property
    def _known(self) -> dict[UUID, str]:
        return dict(Platform.objects.order_by("name").values_list("pk", "name"))

    def __getitem__(self, id: UUID) -> str:
        return self._known[id]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
