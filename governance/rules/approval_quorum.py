"""How one requirement stands: whose approvals count, who objects, who is asked next (P16).

Everything follows from the reviews and the time, so it is replayed moment by moment: from when on the alternate and
the next authority are asked, and since when enough people have approved. Time alone never approves: whoever is asked
later counts only with what they say from then on, and who leaves a board meanwhile still counts in its size.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from governance.documents.approval import BANDS, Band, Requirement, Who
from governance.rules import approval_panel
from governance.rules.approval_facts import Authority, Counted, ReviewFacts, State
from governance.rules.approval_panel import Case, Place

OBJECTIONS = ("request_changes", "veto")


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been said in one requirement by one moment.

    `asked` have a place now, `able` are they and the deputies of those who are away. The `unheard` may still say
    something that counts; `possible` could approve in all. `deciders` are the tie-breakers of a conflict.
    """

    state: State
    needed: int
    possible: int
    asked: tuple[UUID, ...]
    able: tuple[UUID, ...]
    unheard: tuple[UUID, ...]
    counted: tuple[Counted, ...]
    objections: tuple[ReviewFacts, ...]
    deciders: tuple[UUID, ...]
    band: Band | None

    @property
    def is_reachable(self) -> bool:
        return self.possible >= self.needed


@dataclass(frozen=True, slots=True)
class Turn:
    """Who was asked last, from when on (None: nobody's time runs yet), and whether before those ahead were late."""

    authority: Authority
    asked_at: datetime | None
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class Quorum:
    """The tally of now, since when it is satisfied, whose turn it is and when that is over."""

    tally: Tally
    turn: Turn
    due_at: datetime | None
    satisfied_at: datetime | None
    recused: tuple[UUID, ...]


class Bench:
    """One requirement of one change: whoever has a place in it, and what was said.

    Those who are asked one after the other have one turnaround each, from the moment when they are brought in.
    """

    def __init__(self, need: Requirement, case: Case, opened_at: datetime | None) -> None:
        self.need, self.case, self.opened_at = need, case, opened_at
        self.first = approval_panel.places(need.who, case.panel)
        self.later: dict[Authority, tuple[Place, ...]] = {}
        self.turn = Turn("first", opened_at)
        self.start = min([case.at, *([opened_at] if opened_at else [review.at for review in case.reviews])])
        self.moments = self._moments()

    def judged(self) -> Quorum:
        """Replay the requirement from when it opened until now."""
        satisfied_at: datetime | None = None
        for moment in self.moments:  # NOTE: it grows ahead of us by the end of each turn that begins
            tally = self._asked_further(moment)
            if tally.state != "satisfied":
                satisfied_at = None
            elif satisfied_at is None:
                satisfied_at = moment
        everybody = dict.fromkeys(place.person for place in self._places())
        recused = tuple(person for person in everybody if person in self.case.recused)
        turn = replace(self.turn, authority="tie_breaker") if tally.state in ("conflict", "refused") else self.turn
        return Quorum(tally, turn, self._due(), satisfied_at, recused)

    def _moments(self) -> list[datetime]:
        """When something may have changed, `at` last."""
        times = {self.start, self.case.at}
        times.update(review.at for review in self.case.reviews)
        times.update(self.case.recused.values())
        times.update(filter(None, [self._due()]))
        for who in (self.need.who, self.need.alternate, self.need.next, self.need.tie_breaker):
            for place in approval_panel.places(who, self.case.panel) if who is not None else ():
                times.update(place.turns())
        return sorted(moment for moment in times if self.start <= moment <= self.case.at)

    def _due(self) -> datetime | None:
        """The end of the present turn."""
        if self.turn.asked_at is None or self.need.turnaround_minutes is None:
            return None
        return self.turn.asked_at + timedelta(minutes=self.need.turnaround_minutes)

    def _asked_further(self, at: datetime) -> Tally:
        """The tally at `at`, after asking the alternate and the next authority where it is time."""
        tally = self._tally(at)
        further: tuple[tuple[Authority, Who | None], ...] = (
            ("alternate", self.need.alternate),
            ("next", self.need.next),
        )
        for authority, who in further:
            due = self._due()
            is_late = due is not None and due <= at
            is_time = is_late or not tally.is_reachable
            if who is not None and authority not in self.later and tally.state != "satisfied" and is_time:
                self.later[authority] = approval_panel.places(who, self.case.panel, since=at)
                self._begin(Turn(authority, at if self.opened_at else None, is_early=not is_late))
                tally = self._tally(at)
        return tally

    def _begin(self, turn: Turn) -> None:
        """Now it is their turn; what happens at its end is looked at too."""
        self.turn = turn
        end = self._due()
        if end is not None and end <= self.case.at and end not in self.moments:
            insort(self.moments, end)

    def _places(self) -> Iterator[Place]:
        yield from self.first
        for places in self.later.values():
            yield from places

    def _tally(self, at: datetime) -> Tally:
        voices, asked = self._voices(at)
        counted = self._counted({person: voices[person] for person in asked if person in voices})
        objections = tuple(voice for voice in voices.values() if voice.verdict in OBJECTIONS)
        needed, said = self._needed(at), {person: voices[person].verdict for person in asked if person in voices}
        counts = {item.on_behalf_of or item.person for item in counted}
        silent = [person for person in asked if said.get(person, "approve") == "approve" and person not in counts]
        possible = sum(said.get(person) != "abstain" for person in asked)
        bands = [review.band for review in voices.values() if self._approves(review) and review.band]
        deciders = self._deciders(at) if objections and len(counted) >= needed else ()
        return Tally(
            state=self._state(at, needed, possible, counted, objections, deciders),
            needed=needed,
            possible=possible,
            asked=tuple(asked),
            able=tuple(dict.fromkeys([*asked, *self._stand_ins(asked.values(), at)])),
            unheard=self._stand_ins([asked[person] for person in silent], at),
            counted=counted,
            objections=objections,
            deciders=tuple(place.person for place in deciders),
            band=max(bands, key=BANDS.index, default=None),
        )

    def _voices(self, at: datetime) -> tuple[dict[UUID, ReviewFacts], dict[UUID, Place]]:
        """The last word for each person with a place, now or when it was said, and the places that are held now."""
        voices: dict[UUID, ReviewFacts] = {}
        asked: dict[UUID, Place] = {}
        for place in self._places():
            if not self.case.may_speak(place.person, at):
                continue
            voice = self.case.voice(place, self._everybody(), at)
            if voice is not None and (place.person not in voices or voices[place.person].at < voice.at):
                voices[place.person] = voice
            if place.is_held_at(at):
                asked.setdefault(place.person, place)
        return voices, asked

    def _everybody(self) -> frozenset[UUID]:
        return frozenset(place.person for place in self._places())

    def _approves(self, review: ReviewFacts) -> bool:
        return (
            review.verdict == "approve"
            and (review.confirmed or not self.need.confirm)
            and (bool(review.band) or not self.need.validates_risk)
        )

    def _counted(self, voices: Mapping[UUID, ReviewFacts]) -> tuple[Counted, ...]:
        """One approval for each human, the first that was given; for their own place rather than for another's."""
        found: dict[UUID, Counted] = {}
        for person, review in sorted(voices.items(), key=lambda item: (item[0] != item[1].by, item[1].at)):
            if self._approves(review):
                other = None if review.by == person else person
                found.setdefault(review.by, Counted(review.by, other, review.at))
        return tuple(sorted(found.values(), key=lambda item: (item.at, str(item.person))))

    def _needed(self, at: datetime) -> int:
        """Percent and all are of those who have not stepped back, and of the largest panel since the opening."""
        if self.need.how in ("any", "number"):
            return self.need.number if self.need.how == "number" else 1
        able = [place for place in self.first if self.case.may_speak(place.person, at)]
        size = max(sum(place.is_held_at(moment) for place in able) for moment in self.moments if moment <= at)
        return max(1, size if self.need.how == "all" else ceil(size * self.need.number / 100))

    def _stand_ins(self, places: Iterable[Place], at: datetime) -> tuple[UUID, ...]:
        """Who is asked for each of `places`: its holder, or the deputies of one who is away; nobody twice."""
        found, everybody = dict[UUID, None](), self._everybody()
        for place in places:
            away = self.case.is_away(place.person, at)
            deputies = [item for item in place.deputies(at) if away and self.case.may_speak(item, at)]
            found.update(dict.fromkeys([item for item in deputies if item not in everybody] or [place.person]))
        return tuple(found)

    def _deciders(self, at: datetime) -> tuple[Place, ...]:
        if self.need.tie_breaker is None:
            return ()
        found = approval_panel.places(self.need.tie_breaker, self.case.panel)
        return tuple(place for place in found if place.is_held_at(at) and self.case.may_speak(place.person, at))

    def _state(
        self,
        at: datetime,
        needed: int,
        possible: int,
        counted: Sequence[Counted],
        objections: Sequence[ReviewFacts],
        deciders: Sequence[Place],
    ) -> State:
        if self.need.veto and any(review.verdict == "veto" for review in objections):
            return "vetoed"
        if objections and deciders:
            since = max(counted[needed - 1].at, *(review.at for review in objections))
            return self._decided(deciders, since, at)
        if objections:
            return "objected"
        if len(counted) >= needed:
            return "satisfied"
        return "waiting" if possible >= needed else "unreachable"

    def _decided(self, deciders: Sequence[Place], since: datetime, at: datetime) -> State:
        """What the tie-breakers say since both sides have spoken; a single no of them is a no."""
        everybody = frozenset(place.person for place in deciders)
        said = [self.case.voice(replace(place, since=since), everybody, at) for place in deciders]
        if any(review is not None and review.verdict in OBJECTIONS for review in said):
            return "refused"
        return "satisfied" if any(review is not None and self._approves(review) for review in said) else "conflict"
