"""What the on-call page shows: who answers now and next, a week in half days, where nobody would, one's own shifts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from governance.access import kept_schedules, taken_schedules
from governance.documents.facts import PeopleFacts, ScheduleFacts
from governance.models import LayerMember, Override, Schedule
from governance.reads import oncall_shares, people, swaps
from governance.rules import oncall as rules
from portal.models import Membership, User

AHEAD = timedelta(days=28)
SOON = timedelta(days=14)
DAYS = 7
COLLEAGUES = 200  # offered while one types
MORNING, EVENING = time(8), time(20)


@dataclass(frozen=True)
class Stretch:
    """`person` (None: nobody) answers in [from_at, until_at) for `schedule`; `planned`: nobody, on purpose."""

    schedule: UUID
    title: str
    from_at: datetime
    until_at: datetime
    person: UUID | None
    name: str = ""
    sentence: Any = ""
    key: str = ""
    planned: bool = False
    told_at: datetime | None = None

    @property
    def is_gap(self) -> bool:
        return self.person is None and not self.planned


@dataclass(frozen=True)
class Gap:
    """A stretch that nobody has by mistake, who could close it, and whether the reader is one of them.

    `is_endless`: it lasts as far as anybody looks, so its end is no time at which somebody answers again.
    """

    stretch: Stretch
    free: list[User]
    may_take: bool
    can_take: bool
    is_endless: bool = False


@dataclass(frozen=True)
class Arranged:
    """An override that is not over; `may_change`: the reader keeps the schedule, made it, or is in it."""

    override: Override
    may_change: bool


@dataclass(frozen=True)
class Now:
    title: str
    first: Stretch | None
    then: Stretch | None


@dataclass(frozen=True)
class Cell:
    """`span` half days in which the same people answer. `tone`: me, gap, closed or nothing."""

    words: str
    title: str
    tone: str
    span: int = 1


@dataclass(frozen=True)
class Line:
    title: str
    team: str
    cells: list[Cell]


@dataclass(frozen=True)
class Page:
    """`today` is the reader's date; until the morning the week that `is_current` begins the day before."""

    at: datetime
    days: list[date]
    today: date
    is_current: bool
    now: list[Now]
    week: list[Line]
    gaps: list[Gap]
    mine: list[Stretch]
    overrides: list[Arranged]
    schedules: list[Schedule]
    shares: oncall_shares.Shares
    coverage: oncall_shares.Coverage


def page(user: User, *, first: date | None, zone: tzinfo, at: datetime, shares: str = "") -> Page:
    """Everything at once, in a constant number of queries; the week begins on `first` (None: today).

    `shares` is the key of the schedule whose shares are shown; "" for those of the reader.
    """
    current = _day(at, zone)
    days = [(first or current) + timedelta(days=number) for number in range(DAYS)]
    begin, end = _at(days[0], MORNING, zone), _at(days[-1] + timedelta(days=1), MORNING, zone)
    folk = people.facts(min(begin, at))
    rows = list(Schedule.objects.filter(is_active=True).select_related("team").order_by("name", "pk"))
    rows = [row for row in rows if row.pk in folk.schedules]
    ahead = {row.pk: stretches(folk.schedules[row.pk], folk, at, at + AHEAD) for row in rows}
    may_take = set(taken_schedules(user).values_list("pk", flat=True))
    told = swaps.told(user, at=at)
    mine = [replace(item, told_at=told.get((item.schedule, item.from_at))) for item in own(ahead.values(), user.pk)]
    return Page(
        at=at,
        days=days,
        today=at.astimezone(zone).date(),
        is_current=days[0] == current,
        now=[_now(folk.schedules[row.pk], folk, at) for row in rows],
        week=[_line(row, stretches(folk.schedules[row.pk], folk, begin, end), days, zone, user) for row in rows],
        gaps=_gaps(rows, ahead, folk, may_take, user, at),
        mine=sorted(mine, key=lambda item: item.from_at),
        overrides=_overrides(user, may_take, at),
        schedules=rows,
        shares=oncall_shares.shared(rows, folk, chosen=shares, mine=may_take, me=user.pk, at=at),
        coverage=oncall_shares.covered(rows, folk, at=at),
    )


def stretches(schedule: ScheduleFacts, folk: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Stretch]:
    """The shifts of [from_at, until_at), neighbors of the same person as one."""
    found: list[Stretch] = []
    for item in rules.shifts(schedule, folk, from_at, until_at):
        made = _stretch(schedule, folk, item)
        if found and (found[-1].person, found[-1].planned) == (made.person, made.planned):
            made = replace(found.pop(), until_at=made.until_at)
        found.append(made)
    return found


def _stretch(schedule: ScheduleFacts, folk: PeopleFacts, item: rules.Shift | rules.Duty) -> Stretch:
    known = folk.people.get(item.person) if item.person else None
    return Stretch(
        schedule=schedule.id,
        title=schedule.name,
        from_at=item.from_at,
        until_at=item.until_at,
        person=item.person,
        name=known.name if known else "",
        sentence=item.sentence,
        key=schedule.key,
        planned=item.person is None and item.sentence.template == rules.ON_PURPOSE,
    )


def colleagues(user: User, schedules: QuerySet[Schedule]) -> QuerySet[User]:
    """Whom `user` could ask to take a shift of `schedules`: those of their teams and turns, by name."""
    turns = LayerMember.objects.filter(layer__schedule__in=schedules).values("person_id")
    teams = Membership.objects.filter(group__team__in=schedules.values("team")).values("user_id")
    found = User.objects.active().filter(Q(pk__in=turns) | Q(pk__in=teams)).exclude(pk=user.pk)
    return found.order_by("name", "email")[:COLLEAGUES]


def own(every: Iterable[list[Stretch]], person: UUID) -> list[Stretch]:
    return [item for line in every for item in line if item.person == person]


def _now(schedule: ScheduleFacts, folk: PeopleFacts, at: datetime) -> Now:
    first, then = rules.on_duty(schedule, folk, at), rules.following(schedule, folk, at)
    shown = [_stretch(schedule, folk, duty) if duty else None for duty in (first, then)]
    return Now(schedule.name, shown[0], shown[1])


def _gaps(
    rows: list[Schedule],
    ahead: dict[UUID, list[Stretch]],
    folk: PeopleFacts,
    may_take: set[UUID],
    user: User,
    at: datetime,
) -> list[Gap]:
    """Stretches of the next four weeks that nobody has, the soonest first."""
    empty = [(row, item) for row in rows for item in ahead[row.pk] if item.is_gap]
    empty.sort(key=lambda pair: pair[1].from_at)
    wanted = {pk for row, _item in empty for pk in _candidates(row, folk)}
    users = {person.pk: person for person in User.objects.active().filter(pk__in=wanted)} if wanted else {}
    found = []
    for row, item in empty:
        free = [pk for pk in _candidates(row, folk) if pk in users and _is_free(pk, item, ahead, folk)]
        others = [users[pk] for pk in free if pk != user.pk]
        can_take = row.pk in may_take and _is_free(user.pk, item, ahead, folk)
        found.append(Gap(item, others, row.pk in may_take, can_take, item.until_at >= at + AHEAD))
    return found


def _candidates(row: Schedule, folk: PeopleFacts) -> list[UUID]:
    """Those in turn, then the team; nobody twice."""
    turns = [pk for layer in folk.schedules[row.pk].layers for pk in layer.people]
    team = folk.teams.get(row.team_id)
    return list(dict.fromkeys([*turns, *(team.members if team else ())]))


def _is_free(person: UUID, gap: Stretch, ahead: dict[UUID, list[Stretch]], folk: PeopleFacts) -> bool:
    known = folk.people.get(person)
    if known is None or not known.active:
        return False
    if any(item.from_at < gap.until_at and item.until_at > gap.from_at for item in known.absences):
        return False
    return not any(
        item.person == person and item.from_at < gap.until_at and item.until_at > gap.from_at
        for line in ahead.values()
        for item in line
    )


def _overrides(user: User, may_take: set[UUID], at: datetime) -> list[Arranged]:
    """What was arranged for the schedules of the reader and is not over."""
    found = Override.objects.after(at).filter(schedule_id__in=may_take, schedule__is_active=True)
    rows = list(found.select_related("schedule", "person", "by").order_by("from_at", "pk")[:50])
    kept = set(kept_schedules(user).values_list("pk", flat=True)) if rows else set()
    return [Arranged(row, row.schedule_id in kept or user.pk in (row.by_id, row.person_id)) for row in rows]


# The week


def _day(at: datetime, zone: tzinfo) -> date:
    """The day whose half days, 08:00 to 20:00 and then the night, hold `at`."""
    local = at.astimezone(zone)
    return local.date() if local.time() >= MORNING else local.date() - timedelta(days=1)


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)


def _line(row: Schedule, found: list[Stretch], days: list[date], zone: tzinfo, user: User) -> Line:
    cells: list[Cell] = []
    for day in days:
        for start, end in (
            (_at(day, MORNING, zone), _at(day, EVENING, zone)),
            (_at(day, EVENING, zone), _at(day + timedelta(days=1), MORNING, zone)),
        ):
            cell = _cell([item for item in found if item.from_at < end and item.until_at > start], zone, user)
            if cells and (cells[-1].words, cells[-1].title, cells[-1].tone) == (cell.words, cell.title, cell.tone):
                cell = Cell(cell.words, cell.title, cell.tone, cells.pop().span + 1)
            cells.append(cell)
    return Line(row.name, row.team.name, cells)


def _cell(items: list[Stretch], zone: tzinfo, user: User) -> Cell:
    title = "; ".join(f"{item.name or _('Nobody')} {_span(item, zone)}" for item in items)
    if any(item.is_gap for item in items):
        return Cell(_("Nobody"), title, "gap")
    if all(item.planned for item in items):
        return Cell(_("Closed"), title, "closed")
    words = " / ".join(dict.fromkeys(_word(item, user) for item in items))
    return Cell(words, title, "me" if user.pk in {item.person for item in items} else "")


def _word(item: Stretch, user: User) -> str:
    if item.person is None:
        return _("Closed")
    return _("You") if item.person == user.pk else item.name.split(" ")[0]


def _span(item: Stretch, zone: tzinfo) -> str:
    start, end = item.from_at.astimezone(zone), item.until_at.astimezone(zone)
    return f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"
