"""The page of insights: four figures with their trend, one finding that leads to a change, charts and tables (P13).

The number of queries does not depend on how many incidents there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.metrics import actions, bottlenecks, figures, said, sums
from incidents.metrics.bottlenecks import Pattern
from incidents.metrics.figures import Asked, Figure
from incidents.metrics.places import Places
from incidents.metrics.sums import Sides, Week
from incidents.models import Fact
from portal import charts
from portal.models import User

TIMES = ("detect", "answer", "decide", "contain", "resolve")
COUNTS = ("count", "reopened", "came_back", *bottlenecks.MEASURES)
DRAWN = ("answer", "resolve", "decide")
PARTED = ("count", "answer", "resolve", "level", "nobody", "came_back")
SHOWN = 20
NARROW = 26
"""Of more weeks the bars are too narrow for a word above them."""
ON_TIME = 95
"""Percent of the updates that should be in time."""


@dataclass(frozen=True)
class Tile:
    word: str
    number: str
    unit: str
    trend: said.Trend
    spark: charts.Line | None


@dataclass(frozen=True)
class Chart:
    """What is drawn (`kind` lines, stacks or bars), what it says in words, and the same as a table."""

    kind: str
    title: str
    how: str
    drawn: Any
    table: said.Table


@dataclass(frozen=True)
class Insights:
    """Everything of the page. `count` incidents from `since` to `until`; `finding` None: nothing stands out."""

    count: int
    since: date
    until: date
    tiles: list[Tile]
    finding: Pattern | None
    charts: list[Chart]
    causes: list[actions.Cause]
    tables: list[said.Table]

    @property
    def sheets(self) -> dict[str, said.Table]:
        """{key: table} of all that can be sent as a file."""
        found = [*(chart.table for chart in self.charts), *self.tables]
        return {table.key: table for table in found}


def insights(asked: Asked, places: Places, by: str, user: User) -> Insights:
    """The page for `user`, who sees only those causes whose reviews they may open."""
    found = sums.sides(asked, (*TIMES, *COUNTS))
    weeks = sums.weekly(asked, DRAWN)
    known = bottlenecks.documents(asked)
    return Insights(
        found.now["count"].count,
        asked.every[0],
        min(asked.every[-1] + timedelta(days=6), asked.until.date()),
        _tiles(found, weeks),
        bottlenecks.worst(found, known),
        [_answers(asked, found, weeks), _weeks(asked, found), _levels(found)],
        actions.causes(asked, user),
        [_measures(asked, found), _parts(asked, places, by)],
    )


def _tiles(found: Sides, weeks: dict[str, list[Week | None]]) -> list[Tile]:
    words = {"answer": _("Time to answer"), "resolve": _("Time to resolve"), "decide": _("Time to decide")}
    tiles = []
    for name, word in words.items():
        now = found.now[name]
        number, unit = said.measured(now.usual) if now.usual is not None else ("–", "")
        spark = charts.spark([week.usual if week else None for week in weeks[name]])
        tiles.append(Tile(word, number, unit, said.of_times(now, found.before[name]), spark))
    return [*tiles, _on_time(found)]


def _on_time(found: Sides) -> Tile:
    """The updates that came when they were promised."""
    (overdue, due), (was_overdue, was_due) = bottlenecks.late(found.now), bottlenecks.late(found.before)
    share = round(100 * (due - overdue) / due) if due else None
    trend = said.of_shares((due - overdue, due), (was_due - was_overdue, was_due), more_is_better=True)
    if share is not None and due >= said.FEW:
        goal = _("goal %(goal)d %%, %(trend)s") % {"goal": ON_TIME, "trend": trend.text}
        trend = said.Trend(goal, trend.tone)
    return Tile(_("Updates sent on time"), "–" if share is None else str(share), "%" if due else "", trend, None)


def _answers(asked: Asked, found: Sides, weeks: dict[str, list[Week | None]]) -> Chart:
    names = [said.day(week) for week in asked.every]
    usual = [round(week.usual / said.MINUTE, 1) if week else None for week in weeks["answer"]]
    slowest = [round(week.slowest / said.MINUTE, 1) if week else None for week in weeks["answer"]]
    now, before = found.now["answer"], found.before["answer"]
    title = _("Nobody has answered yet")
    if now.usual is not None:
        title = _("Someone answers in %(now)s") % {"now": said.lasting(now.usual)}
        if before.count >= said.FEW <= now.count:
            words = {"now": said.lasting(now.usual), "before": said.lasting(before.usual)}
            title = _("Someone answers in %(now)s; it was %(before)s before") % words
    how = _("Minutes from report to acknowledgment, by week. Usual = half are faster; slowest = one in ten is slower.")
    head = (_("Week of"), _("Answered"), _("Usual, min"), _("Slowest tenth, min"))
    rows = [
        (name, (str(week.count if week else 0), _or_dash(one), _or_dash(worst)))
        for name, week, one, worst in zip(names, weeks["answer"], usual, slowest, strict=True)
    ]
    drawn = charts.lines(names, [(_("usual"), usual), (_("slowest"), slowest)])
    return Chart("lines", title, how, drawn, said.table("answer", title, head, rows))


def _or_dash(value: float | None) -> str:
    return "–" if value is None else said.number(value)


def _weeks(asked: Asked, found: Sides) -> Chart:
    counts = figures.by_severity(asked)
    names = [said.day(week) for week in asked.every]
    now, before = found.now["count"].count, found.before["count"].count
    title = ngettext("%(n)d incident, before it was %(before)d", "%(n)d incidents, before it was %(before)d", now)
    how = _("Incidents a week by severity; the last week may not be over. From the bottom: SEV4, SEV3, SEV2, SEV1.")
    order = sorted(counts)
    drawn = charts.stacks(
        names,
        [(f"s{key[-1]}", counts[key]) for key in reversed(order)],
        alarm=("s1", "SEV1") if len(names) < 27 else None,
    )
    rows = []
    for place, name in enumerate(names):
        row = [counts[key][place] for key in order]
        rows.append((name, [*map(str, row), str(sum(row))]))
    head = (_("Week of"), *(key.upper() for key in order), _("All"))
    words = title % {"n": now, "before": before}
    return Chart("stacks", words, how, drawn, said.table("weeks", words, head, rows))


def _levels(found: Sides) -> Chart:
    levels = found.now["level"]
    first, second = levels.count - levels.above(1), levels.above(1) - levels.above(2)
    nobody = found.now["nobody"].total
    listed = [
        (_("Up to level 1"), first, ""),
        (_("Up to level 2"), second, ""),
        (_("Level 3 or further"), levels.above(2), ""),
    ]
    title = _("No incident has called anybody yet")
    if levels.count:
        title = _("%(share)s stop at the first level") % {"share": said.share(first, levels.count)}
    how = ngettext(
        "How far %(n)d incident had to climb before someone answered. Nobody reached at first is counted besides.",
        "How far %(n)d incidents had to climb before someone answered. Nobody reached at first is counted besides.",
        levels.count,
    )
    drawn = charts.bars([*listed, (_("Nobody reached at first"), nobody, "bad" if nobody else "")])
    shares = [said.share(count, levels.count) for _name, count, _tone in listed] + [said.share(nobody, levels.count)]
    drawn = charts.shared(drawn, shares)
    rows = [(bar.name, (bar.count, share)) for bar, share in zip(drawn.bars, shares, strict=True)]
    head = (_("Reached"), _("Incidents"), _("Share"))
    return Chart("bars", title, how % {"n": levels.count}, drawn, said.table("levels", title, head, rows))


# Tables


def _measures(asked: Asked, found: Sides) -> said.Table:
    """Every measure with its base and its trend."""
    words = {
        "detect": _("Until somebody noticed it and said so"),
        "answer": _("Until somebody answers (MTTA)"),
        "decide": _("Until it is said what will be done"),
        "contain": _("Until it cannot get worse"),
        "resolve": _("Until it works again (MTTR)"),
    }
    rows = [_time(word, found.now[name], found.before[name]) for name, word in words.items()]
    decisions = sums.sides(_of(asked, Fact.Kind.DECISION), ("turnaround",))
    rows.append(_time(_("Until a decision is taken"), decisions.now["turnaround"], decisions.before["turnaround"]))
    now, before = found.now, found.before
    every = now["count"].count, before["count"].count
    rows += [
        _rate(
            _("Went beyond the first level"), (now["level"].above(1), every[0]), (before["level"].above(1), every[1])
        ),
        _rate(_("Nobody reached at first"), (now["nobody"].total, every[0]), (before["nobody"].total, every[1])),
        _rate(_("Updates that came late"), bottlenecks.late(now), bottlenecks.late(before)),
        _rate(
            _("A known cause, pattern or process came back"),
            (now["came_back"].total, every[0]),
            (before["came_back"].total, every[1]),
        ),
        _count(_("Opened again"), now["reopened"].total, before["reopened"].total),
        _count(_("Emergency changes"), now["emergencies"].total, before["emergencies"].total),
    ]
    done, was = actions.sides(asked)
    rows += [
        _rate(_("Actions done, of those planned"), (done.done, done.planned), (was.done, was.planned), better=True),
        _rate(
            _("Actions that help, of those looked at"),
            (done.helped, done.judged),
            (was.helped, was.judged),
            better=True,
        ),
    ]
    drills = sums.sides(_of(asked, Fact.Kind.DRILL), ("answer",))
    rows.append(_time(_("Drills: until somebody answers"), drills.now["answer"], drills.before["answer"]))
    head = (_("Figure"), _("Usual"), _("Slowest tenth"), _("Base"), _("Before"), _("Trend"))
    note = _("Usual = half are faster. A rate stands beside its base; below five it is too few to judge.")
    return said.table("figures", _("All figures"), head, rows, note=note)


def _of(asked: Asked, kind: str) -> Asked:
    return replace(asked, kind=kind)


def _words(trend: said.Trend) -> said.Cell:
    return said.Cell(trend.text, number=False, tone=trend.tone)


Cells = tuple[str, Sequence[str | said.Cell]]


def _time(word: str, now: Figure, before: Figure) -> Cells:
    trend = said.of_times(now, before)
    times = (said.lasting(now.usual), said.lasting(now.slowest), str(now.count), said.lasting(before.usual))
    return word, (*times, _words(trend))


def _rate(word: str, now: tuple[int, int], before: tuple[int, int], *, better: bool = False) -> Cells:
    trend = said.of_shares(now, before, more_is_better=better)
    return word, (said.share(*now), "", said.of_base(*now), said.share(*before), _words(trend))


def _count(word: str, now: int, before: int) -> Cells:
    return word, (str(now), "", "", str(before), _words(said.of_counts(now, before)))


def _parts(asked: Asked, places: Places, by: str) -> said.Table:
    """One row for each team, process, platform or severity, those with most incidents first."""
    named: dict[Any, tuple[str, str]] = dict(places.of(by))
    chosen = getattr(asked, by)
    found = sums.parts(asked, by, [chosen] if chosen else list(named), PARTED)
    is_exact = sums.is_exact(asked, by)
    rows: list[Cells] = []
    for key, part in sorted(found.items(), key=lambda item: -item[1]["count"].count):
        count = part["count"].count
        times = [figure.usual if is_exact else figure.mean for figure in (part["answer"], part["resolve"])]
        rates = [part["level"].above(1), part["nobody"].total, part["came_back"].total]
        name = named[key][1] if key in named else _("not known yet")
        few = said.Cell(_("too few to judge"), number=False) if count < said.FEW else said.Cell("", number=False)
        rows.append((name, (str(count), *map(said.lasting, times), *map(str, rates), few)))
    answer, resolve = (
        (_("Usual answer"), _("Usually works again"))
        if is_exact
        else (_("Answer, on average"), _("Works again, on average"))
    )
    beyond = _("Beyond level 1")
    head = (_("Part"), _("Incidents"), answer, resolve, beyond, _("Nobody reached"), _("Came back"), "")
    return said.table("parts", _("Compared"), head, rows, most=SHOWN)
