"""How far the witnesses outside know the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from portal.audit import tree
from portal.models.ledger import Witness, Witnessing


@dataclass(frozen=True)
class Standing:
    """`witness` took a checkpoint of `size` entries last, at `at`; both are None when it never took one.

    `is_late`: there are newer entries, and it has taken none for longer than its alarm allows. `late_for` is how long
    that is. `problem` is what came of the last try, when that failed.
    """

    witness: Witness
    size: int | None
    at: datetime | None
    is_late: bool
    late_for: timedelta
    problem: str

    @property
    def sentence(self) -> str:
        """What to say when it is late."""
        hours = int(self.late_for.total_seconds() // 3600)
        since = f"{hours} h" if hours else f"{int(self.late_for.total_seconds() // 60)} min"
        return f"The witness {self.witness.name} has taken no checkpoint for {since}."


def standing(at: datetime) -> list[Standing]:
    """All active witnesses by name; four statements at most, one where there is none."""
    witnesses = list(_with_last(Witness.objects.filter(is_active=True).order_by("name")))
    if not witnesses:
        return []
    ids = {number for each in witnesses for number in (each.last_taken, each.last_try) if number}
    rows = Witnessing.objects.select_related("checkpoint").in_bulk(ids)
    size = tree.size()
    return [_of(each, rows.get(each.last_taken), rows.get(each.last_try), size, at) for each in witnesses]


def late(at: datetime) -> list[Standing]:
    """Those that are late."""
    return [each for each in standing(at) if each.is_late]


def last_taken(witness: Witness) -> Witnessing | None:
    taken = Witnessing.objects.filter(witness=witness, result=Witnessing.Result.TAKEN)
    return taken.select_related("checkpoint").order_by("-id").first()


def _with_last(witnesses: QuerySet[Witness]) -> QuerySet[Any]:
    mine = Witnessing.objects.filter(witness=OuterRef("pk")).order_by("-id").values("id")
    taken = mine.filter(result=Witnessing.Result.TAKEN)
    return witnesses.annotate(last_try=Subquery(mine[:1]), last_taken=Subquery(taken[:1]))


def _of(witness: Witness, taken: Witnessing | None, last: Witnessing | None, size: int, at: datetime) -> Standing:
    has_newer = size > (taken.checkpoint.size if taken else 0)
    age = at - (taken.at if taken else witness.made_at)
    return Standing(
        witness=witness,
        size=taken.checkpoint.size if taken else None,
        at=taken.at if taken else None,
        is_late=has_newer and age > timedelta(minutes=witness.alarm_minutes),
        late_for=age,
        problem=last.detail if last and last.result != Witnessing.Result.TAKEN else "",
    )
