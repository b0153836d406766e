"""Which playbook and scenario fit what is known of an incident, and why, in words (D45-D50).

Every scenario has marks: the symptoms of the modules that it pins, its own title and when it applies, and those of
its playbook. A mark is met when enough of its telling words stand in one text about the incident. Words count by
their beginnings, so that "orders" and "order" are the same; words that say nothing about a failure do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from governance.documents.module import Module
from governance.documents.playbook import Playbook
from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _

STEM = 5  # letters of a word that count
ENOUGH = 0.5  # of the words of a mark, in one text
LEAST = 2  # words in common; one is chance, unless the mark has no more
LONGEST = 4000  # letters of a text that are read

What = Literal["symptom", "cause", "pattern", "scenario", "playbook"]
WEIGHTS: dict[What, float] = {"symptom": 3.0, "pattern": 2.0, "scenario": 2.0, "cause": 1.0, "playbook": 1.0}

SYMPTOM = _("Its symptom “%(mark)s” stands in %(where)s.")
CAUSE = _("A cause that it knows, “%(mark)s”, stands in %(where)s.")
PATTERN = _("The failure pattern “%(mark)s” stands in %(where)s.")
SCENARIO = _("What its scenario is for, “%(mark)s”, stands in %(where)s.")
PLAYBOOK = _("What it is for, “%(mark)s”, stands in %(where)s.")
SENTENCES: dict[What, Sentence] = {
    "symptom": SYMPTOM,
    "cause": CAUSE,
    "pattern": PATTERN,
    "scenario": SCENARIO,
    "playbook": PLAYBOOK,
}
SILENT = frozenset(
    word[:STEM]
    for word in re.findall(
        r"\S+",
        "about after again also although always another because been before being between both cannot could does doesn"
        " done each else every from further have having here into itself just less longer many more most much never"
        " nothing only other over same several should since some something still such than that their them then there"
        " these they thing this those though through under until very were what when where which while with within"
        " without would your aber alle auch beim bereits dann dass dem den der des die diese dieser durch eine einem"
        " einen einer eines etwas fuer haben hier immer jede jeder kann kein keine mehr nach nicht noch nur oder ohne"
        " schon sein seit sich sind ueber und unter viele vom von vor war weil wenn werden wird zum zur zwischen"
        " problem incident stoerung process prozess workflow"
        # of three letters
        " all and any are but can did few for get had has her him his how its may nor not now off old one our out per"
        " say see she the too two use was way who why yet you als auf aus bei bis das dem ein hat ich ihr ist man mit"
        " nun sie uns was wer wie wir",
    )
)
"""Beginnings of words that say nothing about what went wrong."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something by which a scenario is known. `words` are the beginnings of its telling words."""

    what: What
    text: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scenario (by key; "" stands for a playbook without any) with its marks."""

    scenario: str
    title: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Something said about the incident; `where` names it within a sentence: "the title"."""

    where: Sentence
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """How well a scenario fits. `reasons` say why, the best first; none: nothing speaks for it."""

    scenario: str
    title: str
    score: float
    reasons: tuple[Sentence, ...]


def telling(text: str) -> frozenset[str]:
    """The beginnings of the words of `text` that say something; case, accents and endings do not count."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST].casefold().replace("ß", "ss"))
    for umlaut, spelled in (("a\u0308", "ae"), ("o\u0308", "oe"), ("u\u0308", "ue")):
        plain = plain.replace(umlaut, spelled)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = (word[:STEM] for word in re.findall(r"[^\W_]{3,}", plain))
    return frozenset(word for word in words if word not in SILENT)


def marks(what: What, *texts: str) -> list[Mark]:
    """A mark for every sentence of `texts`."""
    sentences = (part.strip() for text in texts for part in re.split(r"(?<=[.;:!?])\s+|\n+", text))
    return [Mark(what, part.rstrip(".;:"), telling(part)) for part in sentences if part]


def candidates(playbook: Playbook, modules: Iterable[tuple[str, str, Module]]) -> tuple[Candidate, ...]:
    """The scenarios of `playbook`; `modules` are (key of the scenario, title of the module, its content)."""
    own = marks("playbook", playbook.title, playbook.when)
    by: dict[str, list[Mark]] = {}
    for key, title, module in modules:
        found = by.setdefault(key, [])
        found += marks("symptom", *module.symptoms)
        found += marks("pattern", title, module.summary)
        found += marks("cause", *module.causes)
    listed = []
    for scenario in playbook.scenarios:
        said = marks("scenario", scenario.title, scenario.when)
        listed.append(Candidate(scenario.key, scenario.title, (*by.get(scenario.key, ()), *said, *own)))
    return tuple(listed) or (Candidate("", "", tuple(own)),)


def rank(found: Sequence[Candidate], texts: Sequence[Text]) -> list[Match]:
    """Every one of `found`, the best first; those that fit alike stay in their order."""
    said = [(item.where, telling(item.text)) for item in texts]
    return sorted((_match(item, said) for item in found), key=lambda match: -match.score)


def _match(candidate: Candidate, said: Sequence[tuple[Sentence, frozenset[str]]]) -> Match:
    reasons: list[tuple[float, Sentence]] = []
    for each in candidate.marks:
        best = max(((share(each, words), -place) for place, (_where, words) in enumerate(said)), default=(0.0, 0))
        if best[0] > 0:
            where = said[-best[1]][0]
            reasons.append((WEIGHTS[each.what] * best[0], SENTENCES[each.what] % {"mark": each.text, "where": where}))
    reasons.sort(key=lambda reason: -reason[0])
    return Match(
        candidate.scenario,
        candidate.title,
        round(sum(weight for weight, _sentence in reasons), 6),
        tuple(dict.fromkeys(sentence for _weight, sentence in reasons)),
    )


def share(mark: Mark, words: frozenset[str]) -> float:
    """How much of `mark` stands in a text of `words`: 0 where it is not enough to speak of it, at most 1."""
    if not mark.words:
        return 0.0
    common = len(mark.words & words)
    part = common / len(mark.words)
    return part if part >= ENOUGH and common >= min(LEAST, len(mark.words)) else 0.0
