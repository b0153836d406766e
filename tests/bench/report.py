"""What a figure says, and the table of all."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

MARK = "bench-figure "
HEAD = ("figure", "measured", "baseline", "ratio", "goal", "verdict")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table. `goal` is the text of the design, `met` None where nothing is promised."""

    name: str
    measured: str
    goal: str = ""
    met: bool | None = None
    baseline: str = ""
    ratio: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = {True: "met", False: "SHORT", None: ""}[self.met]
        return self.name, self.measured, self.baseline, self.ratio, self.goal, verdict


def say(figure: Figure) -> None:
    """Hand `figure` to the parent process."""
    print(MARK + json.dumps(asdict(figure)), flush=True)
    print(f"         {figure.name}: {figure.measured}", file=sys.stderr, flush=True)


def read(output: str) -> list[Figure]:
    lines = [line.removeprefix(MARK) for line in output.splitlines() if line.startswith(MARK)]
    return [Figure(**json.loads(line)) for line in lines]


def table(figures: Iterable[Figure]) -> str:
    rows = [HEAD, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * sum(widths), *lines[1:]])


def percentile(values: list[float], percent: float) -> float:
    """The value that `percent` of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * len(ordered)) - 1))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds >= 0.00995 else f"{seconds * 1000:.2f} ms"
