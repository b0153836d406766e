"""What fits a question, of what its reader may open; nothing about the rest is told, not even that it is there.

Knowledge that stays is looked at first, then what happened from the newest on, in parts of WINDOW, at most MOST of
them; each kind judges its own as a set. What may be opened is ranked by our own rule. A question that finds nothing is
read once more with its unknown words as they may be meant.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum

from portal import registry
from portal.models import SearchEntry, SearchPart, SearchWord, User
from portal.models import search as stored
from portal.search import asking, index, ranking, spelling, words
from portal.search.asking import Asked, Term
from portal.search.kinds import Shown
from portal.search.ranking import Wanted

WINDOW, MOST = 200, 1_000
CORRECTED, GUESSES = 4, 8  # words of a question, and what each may stand for
SHORTEST = 3  # letters from which on a word is the beginning of others
ALIKE = 12  # stems of a text by which others like it are looked for
Key = tuple[str, str]
"""(kind, subject)"""


@dataclass(frozen=True)
class Stemmed:
    """Stems that follow each other; the last one may also be the beginning `start`."""

    stems: tuple[str, ...]
    start: str = ""

    def tsquery(self) -> str:
        *first, last = (f"'{stem}'" for stem in self.stems)
        if self.start:
            last = f"({last} | '{self.start}':*)"
        return "(" + " <-> ".join((*first, last)) + ")"

    def fts5(self) -> str:
        whole = '"' + " ".join(self.stems) + '"'
        begun = '"' + " ".join((*self.stems[:-1], self.start)) + '" *'
        return f"({whole} OR {begun})" if self.start else f"({whole})"


@dataclass(frozen=True)
class Result:
    """One thing found, with the pieces of its title and text, each with whether it was asked for."""

    kind: str
    word: Any
    shown: Shown
    title: list[tuple[str, bool]]
    text: list[tuple[str, bool]]
    at: datetime


@dataclass(frozen=True)
class Found:
    """`results` from the place asked for on; `instead` are (typed, meant) of words that were read otherwise."""

    results: list[Result] = field(default_factory=list)
    is_more: bool = False
    instead: list[tuple[str, str]] = field(default_factory=list)


def find(user: User, text: str, *, at: datetime, kind: str = "", start: int = 0, limit: int) -> Found:
    """The best for `text` that `user` may open; of `kind` alone when one is named."""
    kinds = [name for name, _kind in registry.searched.items() if not kind or name == kind]
    asked = asking.read(text)
    if not kinds or not user.is_active:
        return Found()
    found = _visible(user, asked, kinds)
    instead: list[tuple[str, str]] = []
    if not found and asked.wanted:
        asked, instead = _meant(user, asked, kinds)
        found = _visible(user, asked, kinds) if instead else {}
    ranked = _ranked(asked, found, text, at=at)
    chosen = ranked[start : start + limit]
    return Found(_results(chosen, asked), len(ranked) > start + limit, instead)


def _stemmed(asked: Asked[Term]) -> Asked[Stemmed]:
    """`asked` as the index holds it: words that say nothing are not asked for."""
    wanted = tuple(found for choices in asked.wanted if (found := _terms(choices)))
    return Asked(wanted, _terms(asked.unwanted))


def _terms(terms: Iterable[Term]) -> tuple[Stemmed, ...]:
    return tuple(found for term in terms if (found := _term(term)))


def _term(term: Term) -> Stemmed | None:
    stems = tuple(stem for word in term.words if (stem := words.stem(word.lower())))
    last = words.fold(term.words[-1].lower())
    is_open = term.is_open and len(last) >= SHORTEST and bool(words.stem(term.words[-1].lower()))
    return Stemmed(stems, last if is_open else "") if stems else None


def _candidates(asked: Asked[Term], kinds: list[str]) -> list[list[tuple[int, str, str]]]:
    """(id, kind, subject) of the knowledge that fits, and of the newest of what happened; four queries at most."""
    said = _stemmed(asked)
    if not said.wanted:
        return []
    standing = [kind for kind in kinds if registry.searched[kind].stands]
    happening = [kind for kind in kinds if kind not in standing]
    parts = ((standing, WINDOW), (happening, MOST))
    return [stored.newest(said.tsquery(), said.fts5(), some, most) for some, most in parts if some]


def _visible(user: User, asked: Asked[Term], kinds: list[str]) -> dict[int, Key]:
    """The entries that fit and that `user` may open, by id: of knowledge and of what happened hardly more than WINDOW
    each."""
    return {pk: key for rows in _candidates(asked, kinds) for pk, key in _seen(user, rows).items()}


def _seen(user: User, candidates: list[tuple[int, str, str]]) -> dict[int, Key]:
    """The first of `candidates` that `user` may open."""
    found: dict[int, Key] = {}
    for place in range(0, len(candidates), WINDOW):
        part = candidates[place : place + WINDOW]
        by_kind: dict[str, set[str]] = defaultdict(set)
        for _pk, kind, subject in part:
            by_kind[kind].add(subject)
        seen = {kind: registry.searched[kind].seen(user, subjects) for kind, subjects in sorted(by_kind.items())}
        found |= {pk: (kind, key) for pk, kind, key in part if key in seen[kind]}
        if len(found) >= WINDOW:
            break
    return found


def _wanted(asked: Asked[Term]) -> list[list[Wanted]]:
    """The single words that count for the rank, in their choices."""
    groups = _stemmed(asked).wanted
    return [
        [Wanted(stem, term.start if stem == term.stems[-1] else "") for term in choices for stem in term.stems]
        for choices in groups
    ]


def _ranked(asked: Asked[Term], found: dict[int, Any], text: str, *, at: datetime) -> list[SearchEntry]:
    """The entries `found`, the best first; three queries."""
    wanted = _wanted(asked)
    worth = _rarity({one.stem for choices in wanted for one in choices}) if found else {}
    fields = ("kind", "subject", "reference", "title", "title_stems", "stems", "at")
    rows = list(SearchEntry.objects.filter(pk__any=list(found)).only(*fields)) if found else []
    number = text.strip().upper()
    scores = {
        row.pk: ranking.score(wanted, row.title_stems, row.stems, worth, (at - row.at).total_seconds() / 86_400)
        + (ranking.NAMED if _is_named(row.reference, number) else 0)
        for row in rows
    }
    return sorted(rows, key=lambda row: (-scores[row.pk], -row.at.timestamp(), row.title, row.kind))


def _is_named(reference: str, number: str) -> bool:
    tail = reference.rpartition("-")[2]
    same = number.isdecimal() and tail.lstrip("0") == number.lstrip("0")
    return bool(reference) and (reference.upper() == number or same)


def _rarity(stems: Iterable[str], *, known: bool = False) -> dict[str, float]:
    """What each of `stems` is worth (`known`: of those that stand somewhere); one query."""
    stems = sorted(set(stems))
    rows = SearchWord.objects.filter(stem__in=[*stems, index.EVERY]).values("stem").annotate(entries=Sum("count"))
    counts = {row["stem"]: row["entries"] for row in rows}
    every = counts.pop(index.EVERY, 0)
    return ranking.rarity([stem for stem in stems if not known or stem in counts], counts, every)


def _results(rows: Sequence[SearchEntry], asked: Asked[Term]) -> list[Result]:
    """How `rows` look, which were judged; one query for each kind."""
    judge = ranking.is_wanted(one for choices in _wanted(asked) for one in choices)
    texts = dict(SearchEntry.objects.filter(pk__any=[row.pk for row in rows]).values_list("pk", "text")) if rows else {}
    by_kind: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        by_kind[row.kind].add(row.subject)
    shown = {kind: registry.searched[kind].shown(subjects) for kind, subjects in sorted(by_kind.items())}
    results = []
    for row in rows:
        if (look := shown[row.kind].get(row.subject)) is None:  # gone, which the index does not know yet
            continue
        pieces = ranking.around(texts.get(row.pk, ""), judge)
        word = registry.searched[row.kind].word
        results.append(Result(row.kind, word, look, ranking.parts(look.title, judge), pieces, row.at))
    return results


# As it may be meant


def _meant(user: User, asked: Asked[Term], kinds: list[str]) -> tuple[Asked[Term], list[tuple[str, str]]]:
    """`asked` with each word that finds nothing as it may be meant, and which words were changed.

    A word is changed to one that stands in something that `user` may open, so that no suggestion tells of the rest.
    """
    wanted: list[tuple[Term, ...]] = []
    changed: list[tuple[str, str]] = []
    for choices in asked.wanted:
        word = choices[0].words[-1]
        single = len(choices) == 1 and len(choices[0].words) == 1 and choices[0].is_open and words.stem(word.lower())
        may_be = single and spelling.allowed(words.fold(word.lower())) and len(changed) < CORRECTED
        better = _better(user, word, kinds) if may_be else ""
        if better:
            choices = (Term((better,), False),)
            changed.append((word, better))
        wanted.append(choices)
    return replace(asked, wanted=tuple(wanted)), changed


def _better(user: User, word: str, kinds: list[str]) -> str:
    """What `word` may stand for; empty when it finds something, or nothing like it does."""
    if _visible(user, Asked(((Term((word,), True),),)), kinds):
        return ""
    typed = words.fold(word.lower())
    parts = SearchPart.objects.filter(part__in=sorted(spelling.asked_parts(typed)))
    known = dict(parts.values_list("word_id", "word__count").distinct())
    forms: dict[str, list[str]] = defaultdict(list)
    for each in sorted(known, key=lambda each: (-known[each], each)):
        for form in {words.fold(each), words.stem(each)} - {""}:
            forms[form].append(each)
    counts = {form: sum(known[one] for one in each) for form, each in forms.items()}
    guesses = [forms[form][0] for form in spelling.meant(typed, counts, GUESSES)]
    if not guesses:
        return ""
    one_of = Asked((tuple(Term((guess,), False) for guess in guesses),))
    seen = _visible(user, one_of, kinds)
    rows = SearchEntry.objects.filter(pk__any=list(seen)).values_list("title_stems", "stems")
    said = {stem for texts in rows for text in texts for stem in text.split()} if seen else set()
    return next((guess for guess in guesses if words.stem(guess) in said), "")


# Alike


@dataclass(frozen=True)
class Alike:
    """An entry that says much of the same: `share` of what was asked, 0 to 1, and the stems `in_common`."""

    subject: str
    share: float
    in_common: int


def alike(text: str, *, kind: str, workflow: UUID | None = None, without: str = "") -> list[Alike]:
    """Entries of `kind` that share words with `text`, and the newest of `workflow`, the most alike first.

    Not judged: whoever asks tells of what the reader may open alone. Four queries at most.
    """
    stems = set(words.stems(text))
    worth = _rarity(stems, known=True) if stems else {}
    asked = dict(sorted(worth.items(), key=lambda row: (-row[1], row[0]))[:ALIKE])
    keys: set[int] = set()
    if asked:
        one_of = Asked((tuple(Stemmed((stem,)) for stem in sorted(asked)),))
        keys |= {row[0] for row in stored.newest(one_of.tsquery(), one_of.fts5(), [kind], WINDOW)}
    rows = SearchEntry.objects.filter(kind=kind)
    if workflow is not None:
        keys |= set(rows.filter(workflow=workflow).order_by("-at").values_list("pk", flat=True)[:WINDOW])
    found = []
    fields = ("subject", "title_stems", "stems", "at")
    for subject, title, said, at in rows.filter(pk__any=list(keys)).values_list(*fields) if keys else ():
        titled, have = set(title.split()), {*title.split(), *said.split()}
        row = Alike(subject, ranking.shared(asked, titled, have), len(have & asked.keys()))
        found.append((-row.share, -at.timestamp(), row))
    return [row for *_order, row in sorted(found, key=lambda each: each[:2]) if row.subject != without]
