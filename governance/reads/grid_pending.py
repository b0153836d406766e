"""What other people would like the cells of matrices to say: their changes that are not in force yet."""

from __future__ import annotations

from dataclasses import dataclass

from governance.documents.cells import Value
from governance.models import ChangeRequest, Version
from governance.models.changes import ChangeState
from governance.reads import documents, grid_rows
from governance.reads.grid_rows import NO_ROWS, Key
from portal.models import User

OPEN = (ChangeState.DRAFT, ChangeState.IN_REVIEW, ChangeState.APPROVED, ChangeState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Wish:
    """`request` would have the rows of one cell say `values`; none: it shall inherit."""

    request: ChangeRequest
    values: tuple[Value, ...]


def wishes(by: User) -> dict[Key, list[Wish]]:
    """The wishes of everybody but `by`, by cell; at most two queries."""
    rows = ChangeRequest.objects.filter(document__kind="matrix", state__in=OPEN).exclude(requested_by_id=by.pk)
    rows = rows.select_related("requested_by", "document", "version__based_on").order_by("requested_at")
    requests = list(rows.defer("version__content", "version__based_on__content"))
    said = _said([version for item in requests for version in (item.version, item.version.based_on) if version])
    found: dict[Key, list[Wish]] = {}
    for item in requests:
        after = said[item.version.digest]
        before = said[item.version.based_on.digest] if item.version.based_on is not None else {}
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                found.setdefault(key, []).append(Wish(item, after.get(key, NO_ROWS).values))
    return found


def counted(found: dict[Key, list[Wish]]) -> list[tuple[ChangeRequest, int]]:
    """The requests of `found`, each with the number of its cells."""
    counts: dict[ChangeRequest, int] = {}
    for wish in (item for listed in found.values() for item in listed):
        counts[wish.request] = counts.get(wish.request, 0) + 1
    return list(counts.items())


def _said(versions: list[Version]) -> dict[str, dict[Key, grid_rows.Rows]]:
    """The rows of `versions` by their digests; texts are read of those alone that are not remembered."""
    known = {version.digest: grid_rows.remembered(version.digest) for version in versions}
    unknown = [version.pk for version in versions if known[version.digest] is None]
    fresh = Version.objects.filter(pk__in=unknown).select_related("document") if unknown else ()
    read = {version.digest: grid_rows.of_version(documents.of(version)) for version in fresh}
    return {digest: read[digest] if rows is None else rows for digest, rows in known.items()}
