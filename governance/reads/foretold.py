"""Who would be told, when and how, if a workflow broke: what the pages and the admin show of ``rules.outlook``.

Nothing is decided here: moments come from the rules that the live engine takes, ways from the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.models import Workflow
from governance.reads import ownership
from governance.rules import escalation, outlook
from governance.rules.ownership import Resolution
from portal import operators, outbox
from portal.models import Channel, ContactMethod
from portal.models.people import Lane


@dataclass(frozen=True)
class Person:
    """Somebody who is told. `ways`: channels beside the inbox in the order in which they are tried, no addresses."""

    id: UUID
    name: str
    ways: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class Moment:
    """What happens at `at`, `minutes` after the start; `kind` as in ``rules.outlook.Moment``.

    `gaps` are sentences; where there are any, `officers` (the operators) are told of them at once.
    """

    at: datetime
    minutes: int
    kind: str
    people: tuple[Person, ...]
    gaps: tuple[str, ...]
    left_out: tuple[str, ...]
    officers: tuple[Person, ...]
    step: escalation.Step | None
    resolved: tuple[Resolution, ...]
    is_early: bool


@dataclass(frozen=True)
class Foretold:
    """The whole answer. `again_at`: when everybody is called again if all stay silent (None: no policy)."""

    workflow: Workflow | None
    severity: str
    at: datetime
    explained: ownership.Explained
    moments: tuple[Moment, ...]
    again_at: datetime | None

    @property
    def gaps(self) -> list[str]:
        """Every sentence about nobody, once."""
        return list(dict.fromkeys(gap for moment in self.moments for gap in moment.gaps))

    @property
    def first(self) -> Moment | None:
        """The first moment at which somebody is told."""
        return next((moment for moment in self.moments if moment.people), None)


def foretell(workflow: Workflow | None, severity: str, *, at: datetime) -> Foretold:
    """Who would be told if `workflow` (None: nobody knows which) broke at `at`; a constant number of queries."""
    explained = ownership.explain(workflow, severity, at=at)
    told = {tell.person for moment in explained.moments for tell in moment.telling.tells}
    officers = {user.pk: user.name or user.email for user in operators.people()} if explained.moments else {}
    methods = outbox.verified_methods(told | set(officers))
    moments = tuple(_moment(item, at, officers, methods) for item in explained.moments)
    again = None
    if explained.policy is not None:
        silence = escalation.follow_up(explained.policy).silence_minutes
        again = next((item.at + timedelta(minutes=silence) for item in moments if item.kind == "ended"), None)
    return Foretold(workflow, severity, at, explained, moments, again)


def _moment(
    item: outlook.Moment, at: datetime, officers: dict[UUID, str], methods: dict[UUID, list[ContactMethod]]
) -> Moment:
    lane = str(Lane.ROUTINE) if item.kind == "news" else str(Lane.URGENT)
    alerted = [Person(pk, name, ways(methods.get(pk, ()), str(Lane.URGENT))) for pk, name in officers.items()]
    tells = item.telling.tells
    people = [Person(tell.person, tell.name, ways(methods.get(tell.person, ()), lane), tell.reason) for tell in tells]
    return Moment(
        at=at + timedelta(minutes=item.minutes),
        minutes=item.minutes,
        kind=item.kind,
        people=tuple(alerted if item.kind == "ended" else people),
        gaps=item.telling.gaps,
        left_out=tuple(why.sentence for why in item.telling.skipped),
        officers=tuple(alerted) if item.telling.gaps else (),
        step=item.step,
        resolved=item.resolved,
        is_early=item.is_early,
    )


def ways(methods: Iterable[ContactMethod], lane: str) -> tuple[str, ...]:
    """The channels of verified `methods` in the order in which the outbox tries them, each once."""
    ordered: Sequence[ContactMethod] = outbox.in_order(list(methods), lane)
    return tuple(dict.fromkeys(str(Channel(method.channel).label) for method in ordered))
