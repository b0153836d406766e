"""The index follows the ledger: what was touched is read anew, and the known words move by the difference."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from portal import limits, registry
from portal.feeds import Touched
from portal.models import AuditEntry, SearchEntry, SearchPart, SearchWord
from portal.models import search as stored
from portal.search import spelling, words
from portal.search.kinds import Entry, Searched

T = TypeVar("T")
FEED = "search"
CHUNK = 500
EVERY = ""
"""The word that stands in every entry: how many entries there are."""
ERASED = "ledger.erased"
SAME = ("reference", "title", "text", "workflow", "at")


def register() -> None:
    registry.feeds.add(FEED, follow)
    registry.after_migrate.add("portal.search", stored.install)
    registry.cleaning.add("portal.search", stored.forget)


def follow(touched: Touched | None, *, at: datetime) -> None:
    """Read anew what was touched, or everything when it is None."""
    if touched is None:
        SearchEntry.objects.all().delete()
        SearchPart.objects.all().delete()
        SearchWord.objects.all().delete()
    for name, kind in registry.searched.items():
        subjects = None if touched is None else _subjects(kind, touched)
        if subjects is None or subjects:
            renew(name, kind, subjects)
    if touched is None or _has_erased(touched):
        stored.forget()


def _has_erased(touched: Touched) -> bool:
    """Whether words about something of `touched` were erased at any time; asked where the index keeps old words."""
    if not stored.keeps_old_words():
        return False
    keys = {key for some in touched.values() for key in some}
    erased = AuditEntry.objects.filter(verb=ERASED, target_type__in=touched, target_id__in=keys)
    return erased.exists()


def _subjects(kind: Searched, touched: Touched) -> set[str]:
    found: set[str] = set()
    for label, lead in kind.touches.items():
        if keys := touched.get(label):
            found |= set(lead(keys))
    return found


def renew(name: str, kind: Searched, subjects: set[str] | None) -> None:
    """Write what there is about `subjects` of the kind (None: all; there is nothing yet), and drop what is gone."""
    if subjects is None:
        moved: Counter[str] = Counter()
        for entries in _chunks(kind.entries(None)):
            rows = [_row(name, entry) for entry in entries]
            SearchEntry.objects.bulk_create(rows)
            for row in rows:
                moved.update(_known(row))
        _count(moved)
        return
    for keys in _chunks(sorted(subjects)):
        _replace(name, [_row(name, entry) for entry in kind.entries(set(keys))], keys)


def _replace(name: str, rows: list[SearchEntry], keys: list[str]) -> None:
    before = {row.subject: row for row in SearchEntry.objects.filter(kind=name, subject__in=keys)}
    changed = [row for row in rows if row.subject not in before or not _is_same(row, before[row.subject])]
    left = {row.subject for row in rows}
    gone = [row for row in before.values() if row.subject not in left]
    old = gone + [before[row.subject] for row in changed if row.subject in before]
    moved: Counter[str] = Counter()
    for row in changed:
        moved.update(_known(row))
    for row in old:
        moved.subtract(_known(row))
    SearchEntry.objects.filter(pk__in=[row.pk for row in old]).delete()
    SearchEntry.objects.bulk_create(changed)
    _count(moved)


def _is_same(one: SearchEntry, other: SearchEntry) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAME)


def _row(name: str, entry: Entry) -> SearchEntry:
    title, text = entry.title[: limits.TITLE_LENGTH], entry.text[: words.MOST].replace("\x00", "")
    return SearchEntry(
        kind=name,
        subject=entry.subject,
        reference=entry.reference,
        title=title,
        text=text,
        workflow=entry.workflow,
        at=entry.at,
        title_stems=" ".join(words.stems(f"{entry.reference} {title}")),
        stems=" ".join(words.stems(text)),
        forms=" ".join(words.forms(f"{title} {text}")),
    )


def _known(row: SearchEntry) -> set[str]:
    """The words of an entry that count: those by which somebody may have meant it, and the word of every entry."""
    said = {word for word in words.spoken(f"{row.title} {row.text}") if word.isalpha()}
    return {EVERY} | {word for word in said if len(word) <= spelling.LONGEST and words.stem(word)}


def _count(moved: Counter[str]) -> None:
    """Change in how many entries words stand, and by which parts they are known. One feed at a time comes here."""
    for names in _chunks(sorted(word for word, by in moved.items() if by)):
        known = dict(SearchWord.objects.filter(word__in=names).values_list("word", "count"))
        now = {word: max(0, known.get(word, 0) + moved[word]) for word in names}
        SearchWord.objects.bulk_create(
            [SearchWord(word=word, stem=words.stem(word), count=count) for word, count in now.items() if count],
            update_conflicts=True,
            unique_fields=["word"],
            update_fields=["count"],
        )
        new = [word for word in names if word not in known and now[word] and word]
        SearchPart.objects.bulk_create(
            [SearchPart(part=part, word_id=word) for word in new for part in sorted(_parts(word))], batch_size=5_000
        )
        gone = [word for word in names if word in known and not now[word]]
        SearchPart.objects.filter(word__in=gone).delete()
        SearchWord.objects.filter(word__in=gone).delete()


def _parts(word: str) -> set[str]:
    """The parts of `word`, and of its stem: who mistypes one form may have meant another."""
    found = {form for form in (words.fold(word), words.stem(word)) if len(form) >= spelling.SHORTEST - 1}
    return set().union(*map(spelling.known_parts, found))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
