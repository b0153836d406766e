"""Boards as plain facts for the rules."""

from collections import defaultdict
from datetime import UTC, date, datetime
from uuid import UUID

from governance.documents.facts import BoardFacts, SeatFacts
from governance.models import Board
from portal import prepared

_seats = prepared.Question(
    lambda: (
        Board.objects.filter(is_active=True)
        .order_by("name", "pk", "seats__starts_on", "seats__pk")
        .values_list(
            *("pk", "name", "key"),
            *("seats__person_id", "seats__starts_on", "seats__ends_on", "seats__function", "seats__deputy_id"),
        )
    )
)


def facts(at: datetime) -> dict[UUID, BoardFacts]:
    """Every board in use with the seats whose term has not ended by `at`, the oldest first; one query."""
    today = day(at)
    names: dict[UUID, tuple[str, str]] = {}
    found: dict[UUID, list[SeatFacts]] = defaultdict(list)
    for pk, name, key, person, starts_on, ends_on, function, deputy in _seats():
        names[pk] = name, key
        if person is not None and (ends_on is None or ends_on >= today):
            found[pk].append(SeatFacts(person, starts_on, ends_on, function, deputy))
    return {pk: BoardFacts(pk, name, tuple(found[pk]), key) for pk, (name, key) in names.items()}


def day(at: datetime) -> date:
    """The day that terms are judged by: that of UTC, for everybody the same."""
    return at.astimezone(UTC).date()
