"""How governance itself works: how long changes wait, how many were emergencies, how carefully people read, what is
kept up to date (D56, D96, D108).

Counts and lists of changes, never of persons. A constant number of queries, whatever the number of changes.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from governance.documents import base
from governance.models import ChangeRequest, Document, Review
from governance.models.changes import ChangeModel
from governance.reads import attestations, checks, documents, sentences, training

PERIODS = (30, 90, 365)
DEFAULT = 90
FAST = timedelta(seconds=60)
"""Nobody reads a change in less."""
SHOWN = 10
MONTHS = 13


@dataclass(frozen=True)
class Bar:
    """A row of a chart: what it is, how much, in words, and as a share of the longest (0 to 1)."""

    label: str
    words: str
    share: float
    look: str = "b1"

    @property
    def width(self) -> float:
        return round(max(self.share * Chart.ROOM, 0.0), 1)

    @property
    def end(self) -> float:
        return self.width + Chart.LEFT + 8


@dataclass(frozen=True)
class Chart:
    """Bars below each other, with the finding in words, how it was counted, and the same as a table."""

    key: str
    title: str
    how: str
    bars: tuple[Bar, ...]
    head: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    LEFT = 180
    ROOM = 90
    STEP = 36

    @property
    def height(self) -> int:
        return len(self.bars) * self.STEP

    @property
    def placed(self) -> list[tuple[int, int, Bar]]:
        """(top of the bar, baseline of its words, the bar)."""
        return [(index * self.STEP + 8, index * self.STEP + 23, bar) for index, bar in enumerate(self.bars)]


@dataclass(frozen=True)
class Tile:
    """A figure with its base, a sentence, and where to read on."""

    word: str
    figure: str
    base: str
    sentence: str
    tone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Dashboard:
    """The figures of the last `days`, in which so many `changes` were asked for."""

    days: int
    changes: int
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    quick: tuple[ChangeRequest, ...]
    quick_more: int
    gaps: tuple[str, ...]
    gaps_more: int


def period(text: str) -> int:
    """The days that an address asks for; anything else is the usual quarter."""
    return next((days for days in PERIODS if str(days) == text), DEFAULT)


def dashboard(*, days: int, at: datetime) -> Dashboard:
    """All of it for the last `days`."""
    since = at - timedelta(days=days)
    rows = _rows(since)
    quick, approvals = _quick(since)
    gaps = _gaps(at)
    read = attestations.listed(at=at)
    kept = _kept(at)
    untrained = {gap.person for gap in training.gaps(at=at)}
    return Dashboard(
        days,
        len(rows),
        tuple(_tiles(rows, quick, approvals, kept, read, untrained, gaps)),
        tuple(chart for chart in (_waiting(rows), _models(rows, at), _coverage(kept, read)) if chart.bars),
        tuple(quick[:SHOWN]),
        len(quick[SHOWN:]),
        tuple(gaps[:SHOWN]),
        len(gaps[SHOWN:]),
    )


# Changes

Moments = tuple[str, datetime, datetime | None, datetime | None, datetime | None, datetime | None]
"""model, asked, sent, approved, in force, over."""


def _rows(since: datetime) -> list[Moments]:
    """The changes asked for since then; one query."""
    names = ("model", "requested_at", "submitted_at", "approved_at", "published_at", "closed_at")
    rows = ChangeRequest.objects.filter(requested_at__gte=since).exclude(
        model__in=[ChangeModel.GENESIS, ChangeModel.REPAIR]
    )
    return list(rows.order_by().values_list(*names))


def _spans(rows: Sequence[Moments]) -> dict[str, list[float]]:
    """Hours that normal changes spent in each stage that they have left."""
    found: dict[str, list[float]] = {"draft": [], "review": [], "approved": []}
    for model, asked, sent, approved, in_force, over in rows:
        if model != ChangeModel.NORMAL:
            continue
        steps = (("draft", asked, sent), ("review", sent, approved or over), ("approved", approved, in_force or over))
        for name, begun, ended in steps:
            if begun is not None and ended is not None and ended >= begun:
                found[name].append((ended - begun).total_seconds() / 3600)
    return found


def _stages() -> dict[str, str]:
    return {"draft": _("being written"), "review": _("in review"), "approved": _("approved, waits")}


def _waiting(rows: Sequence[Moments]) -> Chart:
    spans, words = _spans(rows), _stages()
    known = [(words[name], statistics.median(hours), max(hours), len(hours)) for name, hours in spans.items() if hours]
    most = max((worst for _word, _usual, worst, _count in known), default=0) or 1
    bars = []
    for word, usual, worst, _count in known:
        bars.append(Bar(word, _("%(time)s usual") % {"time": _lasting(usual)}, usual / most))
        bars.append(Bar("", _("%(time)s longest") % {"time": _lasting(worst)}, worst / most, "b2"))
    slowest = max(known, key=lambda item: item[1], default=None)
    title = _("No change had to wait")
    if slowest is not None and slowest[1] * 60 >= 1:
        said = {"stage": slowest[0], "time": _lasting(slowest[1])}
        title = _("Changes spend most time %(stage)s: %(time)s") % said
    how = _("Normal changes that have left the stage. Usual = half are faster; longest = the slowest one.")
    table = tuple((word, _lasting(usual), _lasting(worst), str(count)) for word, usual, worst, count in known)
    return Chart("wait", title, how, tuple(bars), (_("Stage"), _("Usual"), _("Longest"), _("Changes")), table)


def _lasting(hours: float) -> str:
    minutes = round(hours * 60)
    if minutes < 1:
        return _("under a minute")
    if minutes > 2 * 24 * 60:
        minutes = round(minutes / 1440) * 1440
    elif minutes > 120:
        minutes = round(minutes / 60) * 60
    return sentences.lasting(minutes)


def _models(rows: Sequence[Moments], at: datetime) -> Chart:
    """Emergencies of all changes in force, by month; months without a change are left out, and a time without any."""
    taken = [(timezone.localdate(row[4]).replace(day=1), row[0]) for row in rows if row[4] is not None]
    every, urgent = (
        Counter(day for day, _model in taken),
        Counter(day for day, model in taken if model == ChangeModel.EMERGENCY),
    )
    months = sorted(every)[-MONTHS:] if urgent else []
    bars = tuple(
        Bar(
            date_format(day, "M Y"),
            _("%(count)s of %(all)s") % {"count": urgent[day], "all": every[day]},
            urgent[day] / every[day],
            "bad",
        )
        for day in months
    )
    total, count = sum(every.values()), sum(urgent.values())
    title = _("%(count)s of %(all)s changes that took effect were emergencies") % {"count": count, "all": total}
    how = _("Share of emergencies by month; a full bar would be all of them.")
    table = tuple((date_format(day, "M Y"), str(urgent[day]), str(every[day])) for day in months)
    return Chart("urgent", title, how, bars, (_("Month"), _("Emergencies"), _("All")), table)


def _quick(since: datetime) -> tuple[list[ChangeRequest], tuple[int, int]]:
    """Changes approved within a minute of being sent, the newest first, and (such approvals, all approvals)."""
    given = Review.objects.filter(verdict=Review.Verdict.APPROVE, is_retrospective=False, at__gte=since)
    given = given.exclude(change_request__model__in=[ChangeModel.GENESIS, ChangeModel.REPAIR])
    sent = F("change_request__submitted_at")
    fast = given.filter(at__gte=sent, at__lt=sent + FAST)
    counts = fast.count(), given.count()
    ids = fast.values("change_request")
    changes = ChangeRequest.objects.filter(pk__in=ids).select_related("document").order_by("-submitted_at", "-pk")
    return list(changes.only("reference", "submitted_at", "document__title")[:500]), counts


# What is kept


@dataclass(frozen=True)
class Kept:
    every: int
    late: int
    recheck: int
    undated: int


def _kept(at: datetime) -> Kept:
    day = checks.today(at)
    rows = list(
        Document.objects.filter(effective_version__isnull=False).order_by().values_list("review_by", "recheck_since")
    )
    return Kept(
        len(rows),
        sum(by is not None and by < day for by, _since in rows),
        sum(since is not None for _by, since in rows),
        sum(by is None for by, _since in rows),
    )


def _gaps(at: datetime) -> list[str]:
    """What the checks say of the matrices in force, each with the title of its matrix; blocking ones first."""
    facts, found = documents.facts(at), []
    rows = Document.objects.filter(kind="matrix", effective_version__isnull=False).order_by("title", "pk")
    for title, content in rows.values_list("title", "effective_version__content"):
        for item in base.check_stored("matrix", content, facts):
            found.append((not item.blocking, f"{title}: {sentences.said(item.message)}"))
    return [text for _order, text in sorted(found, key=lambda pair: pair[0])]


def _coverage(kept: Kept, read: Sequence[attestations.Line]) -> Chart:
    """Shares of what should be so, full bars are good."""
    asked, done = sum(line.asked for line in read), sum(line.read for line in read)
    pairs = [
        (_("checked in time"), kept.every - kept.late, kept.every),
        (_("still sure to fit"), kept.every - kept.recheck, kept.every),
        (_("read and understood"), done, asked),
    ]
    known = [pair for pair in pairs if pair[2]]
    said = {"of": _("%(count)s of %(all)s")}
    bars = tuple(Bar(word, said["of"] % {"count": count, "all": all_}, count / all_) for word, count, all_ in known)
    worst = min(known, key=lambda pair: pair[1] / pair[2], default=("", 0, 0))
    title = _("Least covered: %(what)s, %(count)s of %(all)s") % {"what": worst[0], "count": worst[1], "all": worst[2]}
    if worst[1] == worst[2]:
        title = _("Everything is checked and read")
    how = _("Of the documents in force, and of the people who have to read them, today.")
    table = tuple((word, str(count), str(all_)) for word, count, all_ in known)
    return Chart("kept", title, how, bars, (_("What"), _("So it is"), _("Of")), table)


def _tiles(
    rows: Sequence[Moments],
    quick: Sequence[ChangeRequest],
    approvals: tuple[int, int],
    kept: Kept,
    read: Sequence[attestations.Line],
    untrained: set[Any],
    gaps: Sequence[str],
) -> Iterable[Tile]:
    taken = [row[0] for row in rows if row[4] is not None]
    urgent = sum(model == ChangeModel.EMERGENCY for model in taken)
    yield Tile(_("Emergencies"), str(urgent), _of(len(taken)), _("of the changes that took effect"), _tone(urgent))
    fast, every = approvals
    sentence = _("approvals came within a minute of the change being sent")
    yield Tile(_("Too quick"), str(fast), _of(every), sentence, _tone(fast), "#quick" if quick else "")
    late = kept.late + kept.recheck
    yield Tile(
        _("Stale documents"),
        str(kept.late),
        _of(kept.every),
        _("overdue; to be checked again: %(count)s") % {"count": kept.recheck},
        _tone(late),
        "governance:checks",
    )
    left, asked = sum(line.left for line in read), sum(line.asked for line in read)
    sentence = _("readings are missing; people who lack training: %(count)s") % {"count": len(untrained)}
    yield Tile(
        _("Reading, training"), str(left), _of(asked), sentence, _tone(left + len(untrained)), "governance:readings"
    )
    sentence = _("findings in the ownership matrices in force")
    yield Tile(_("Gaps in ownership"), str(len(gaps)), "", sentence, _tone(len(gaps)), "#gaps" if gaps else "")


def _of(count: int) -> str:
    return _("of %(count)s") % {"count": count} if count else ""


def _tone(count: int) -> str:
    return "warn" if count else "ok"


def table(shown: Dashboard) -> list[list[str]]:
    """Everything as one sheet: what, which, values."""
    rows = [[_("Figure"), "", _("Value"), _("Base")]]
    rows += [[tile.word, tile.sentence, tile.figure, tile.base] for tile in shown.tiles]
    for chart in shown.charts:
        rows += [[], [chart.title], [*chart.head], *([*row] for row in chart.table)]
    return rows
