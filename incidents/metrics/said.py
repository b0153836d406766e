"""Figures in words: times and their trend, shares with their base, and tables that are shown and sent as CSV (P13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from incidents.metrics.figures import Figure

FEW = 5
"""Of fewer nobody can say what is usual."""
SLIGHT = 0.05
"""A difference of less, as a share of what was, is none."""
WORSE = 0.10
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True)
class Cell:
    """`tone` is that of a pill, empty for plain words; `number` puts it at the right."""

    text: str
    number: bool = True
    tone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    cells: tuple[Cell, ...]
    url: str = ""


@dataclass(frozen=True)
class Table:
    """Rows below headings; the first heading is of the names. `key` names the file."""

    key: str
    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    most: int = 0
    """So many rows are shown, the file has them all; 0: all of them."""

    @property
    def shown(self) -> tuple[Row, ...]:
        return self.rows[: self.most] if self.most else self.rows

    @property
    def more(self) -> int:
        return len(self.rows) - len(self.shown)

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """(heading, whether numbers stand below it)."""
        first = self.rows[0].cells if self.rows else ()
        return [(self.head[0], False), *((word, cell.number) for word, cell in zip(self.head[1:], first, strict=False))]


def table(
    key: str,
    title: str,
    head: Sequence[str],
    rows: Iterable[tuple[str, Sequence[str | Cell]]],
    *,
    note: str = "",
    most: int = 0,
) -> Table:
    """A table of (name, cells); what is no cell yet is a number."""
    made = (Row(name, tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells)) for name, cells in rows)
    return Table(key, title, tuple(head), tuple(made), note, most)


def number(value: float) -> str:
    """`value` with one digit below ten, none from there on."""
    rounded = round(float(value), 1)
    is_whole = value >= 10 or rounded.is_integer()
    return number_format(round(float(value)) if is_whole else rounded, decimal_pos=0 if is_whole else 1)


def measured(seconds: float) -> tuple[str, str]:
    """A time as (number, unit)."""
    if seconds < 90 * MINUTE:
        return number(seconds / MINUTE), pgettext("unit", "min")
    if seconds < 48 * HOUR:
        return number(seconds / HOUR), pgettext("unit", "h")
    days = seconds / DAY
    return number(days), ngettext("day", "days", round(days))


def lasting(seconds: float | None) -> str:
    """A time in words; a dash where there is none."""
    return "–" if seconds is None else "{} {}".format(*measured(seconds))


def share(part: float, whole: float) -> str:
    """`part` of `whole` in percent; a dash of nothing."""
    return _("%(number)s %%") % {"number": round(100 * part / whole)} if whole else "–"


def of_base(part: int, whole: int) -> str:
    """Like "3 of 12"."""
    return _("%(count)s of %(all)s") % {"count": part, "all": whole}


def day(of: date) -> str:
    return date_format(of, pgettext("date format", "j M"))


@dataclass(frozen=True)
class Trend:
    """How it was before, in words; `tone` is warn where it got clearly worse."""

    text: str
    tone: str = ""


def too_few(count: int) -> Trend:
    if not count:
        return Trend(_("none yet"))
    return Trend(ngettext("only %(n)d: too few to judge", "only %(n)d: too few to judge", count) % {"n": count})


def of_times(now: Figure, before: Figure) -> Trend:
    """What is usual, against the time before; less is better."""
    if now.count < FEW:
        return too_few(now.count)
    if before.count < FEW:
        return Trend(_("nothing to compare it with before"))
    assert now.usual is not None and before.usual is not None
    change = now.usual - before.usual
    if abs(change) <= SLIGHT * max(before.usual, 1):
        return Trend(_("about as before"))
    words = {"time": lasting(abs(change))}
    if change < 0:
        return Trend(_("%(time)s faster than before") % words)
    return Trend(_("%(time)s slower than before") % words, "warn" if change > WORSE * before.usual else "")


def of_shares(now: tuple[int, int], before: tuple[int, int], *, more_is_better: bool = False) -> Trend:
    """(part, whole) against the time before, in percentage points."""
    if now[1] < FEW:
        return too_few(now[1])
    if before[1] < FEW:
        return Trend(_("nothing to compare it with before"))
    change = round(100 * now[0] / now[1]) - round(100 * before[0] / before[1])
    if not change:
        return Trend(_("as before"))
    said = {"before": share(*before)}
    is_worse = (change < 0) == more_is_better
    text = _("more, it was %(before)s") if change > 0 else _("less, it was %(before)s")
    return Trend(text % said, "warn" if is_worse and abs(change) >= 5 else "")


def of_counts(now: int, before: int) -> Trend:
    """How often, against the time before."""
    if now == before:
        return Trend(_("as often as before"))
    return Trend((_("more, it was %(before)s") if now > before else _("fewer, it was %(before)s")) % {"before": before})
