"""Success metrics of a playbook, read from its own words: what is to happen within which time (D44).

"Damage stopped within 30 minutes" can be held against incidents; what names no time somebody has to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Measure = Literal["detect", "answer", "decide", "contain", "resolve"]
WITHIN = re.compile(
    r"\b(?:within|in under|in less than|after at most|innerhalb von|innerhalb|binnen|in weniger als)\s+"
    r"(?P<number>\d{1,4}|\w+)\s+(?:working\s+)?(?P<unit>second|minute|hour|day|sekunde|stunde|tag)",
    re.IGNORECASE,
)
UNITS = {"second": 1, "sekunde": 1, "minute": 60, "hour": 3_600, "stunde": 3_600, "day": 86_400, "tag": 86_400}
NUMBERS = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10},
    **{"einer": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "zehn": 10},
}
WORDS: tuple[tuple[Measure, str], ...] = (  # the first that fits
    ("decide", r"decid|decision|entschei"),
    ("answer", r"answer|acknowledg|somebody has it|geantwortet|übernommen"),
    ("detect", r"notic|detect|bemerk|erkannt"),
    ("contain", r"stop|spread|contain|no further|halt|gestoppt|eingedämmt|gebremst"),
    ("resolve", r"run|work|renew|restor|back|settl|repair|resolv|läuft|wieder|behoben|erledigt"),
)


@dataclass(frozen=True)
class Metric:
    """`measure` shall take no longer than `seconds`."""

    measure: Measure
    seconds: int


def read(line: str) -> Metric | None:
    """What `line` promises; None: it names no time, or nothing that is measured."""
    found = WITHIN.search(line)
    if found is None:
        return None
    number = found["number"].lower()
    count = int(number) if number.isdecimal() else NUMBERS.get(number)
    if not count:
        return None
    for measure, words in WORDS:
        if re.search(words, line, re.IGNORECASE):
            return Metric(measure, count * UNITS[found["unit"].lower()])
    return None
