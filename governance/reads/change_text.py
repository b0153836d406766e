"""What a change does to the text: the redline with the remarks beside it, what is new since a review, both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.documents import merge
from governance.documents import redline as drawn
from governance.documents.redline import Entry, Fold, Redline
from governance.models import ChangeRequest, Document, Review, Version
from governance.models.changes import ChangeAction
from governance.reads import changes, comments, drafts, named, sections, sentences
from governance.reads.comments import Thread
from portal.models import User

CLASHES = 50
COUNTED = 1


@dataclass(frozen=True)
class Line:
    """An entry of the redline, or a count of parts that stay; `threads` stand beside it."""

    entry: Entry | Fold
    threads: list[Thread] = field(default_factory=list)
    pointer: str = ""

    @property
    def op(self) -> str:
        return getattr(self.entry, "op", "")

    @property
    def section(self) -> str:
        """The field of the content that it stands in; empty for a count."""
        return getattr(self.entry, "path", "").partition("/")[0]


@dataclass(frozen=True)
class Group:
    """A section of a document that comes or goes; `is_open` where somebody says, or is about to say, something."""

    title: str
    lines: list[Line]
    is_open: bool = False


@dataclass(frozen=True)
class Clash:
    """A place that both sides have changed: its words, what it said, what each says now."""

    where: str
    base: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Sides:
    """Somebody else's version came first: where both changed the same, and what taking over would come to."""

    theirs: Version | None
    clashes: tuple[Clash, ...]
    more: int
    result: Redline


@dataclass(frozen=True)
class Since:
    """What has changed since a person's last review, and that review."""

    review: Review
    redline: Redline


def contents(change: ChangeRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after): what the version was drafted from, and what it says; of a retired one, it and nothing."""
    if change.action == ChangeAction.RETIRE:
        return changes.content(change.version), {}
    return changes.content(change.version.based_on), changes.content(change.version)


def redline(before: dict[str, Any], after: dict[str, Any], *, is_drawn: bool) -> Redline:
    """The difference; with `is_drawn` off it is only counted."""
    return changes.redline(before, after) if is_drawn else changes.redline(before, after, shown=COUNTED)


def size(found: Redline) -> tuple[int, int]:
    """(how many parts differ, how many there are)."""
    differ = sum(found.counts.values())
    return differ, differ + sum(item.count for item in found.entries if isinstance(item, Fold))


def lines(found: Redline, threads: Iterable[Thread]) -> tuple[list[Line], list[Thread]]:
    """The entries with their remarks, and the remarks about parts that stay as they are."""
    parts = [entry.path for entry in found.entries if isinstance(entry, Entry)]
    beside, rest = comments.beside(threads, parts)
    made = []
    for entry in found.entries:
        if isinstance(entry, Entry):
            made.append(Line(entry, beside.get(entry.path, []), comments.pointer(entry.path)))
        else:
            made.append(Line(entry))
    return made, rest


def is_new(change: ChangeRequest) -> bool:
    """Nothing was in force before it."""
    return change.action == ChangeAction.PUBLISH and change.version.based_on_id is None


def groups(document: Document, found: Iterable[Line], opened: Line | None) -> list[Group]:
    """The parts of a document that comes or goes, by section; what nobody edits (for whom it is) is in the first."""
    shown, parts = list(found), sections.of(document)
    edited = {name for section in parts for name in section.names}
    made: list[Group] = []
    for section in parts:
        mine = [line for line in shown if line.section in section.names or (not made and line.section not in edited)]
        if mine:
            is_open = any(line.threads or line is opened for line in mine)
            made.append(Group(sentences.said(section.title), mine, is_open))
    return made


def since_review(change: ChangeRequest, user: User, reviews: Sequence[Review]) -> Since | None:
    """What is new since `user` last said something about another text of `change`; at most one query."""
    mine = [review for review in reviews if review.by_id == user.pk]
    if not mine or mine[-1].digest == change.version.digest:
        return None
    return since(change, mine[-1].digest, mine[-1])


def since(change: ChangeRequest, digest: str, review: Review | None = None) -> Since | None:
    """What is new since the text `digest`; None when it is the same, or unknown."""
    old = Version.objects.filter(document=change.document_id, digest=digest).order_by("number").first()
    if old is None or old.digest == change.version.digest:
        return None
    found = changes.redline(changes.content(old), changes.content(change.version))
    return Since(review, found) if review is not None else Since(Review(digest=digest), found)


def sides(change: ChangeRequest) -> Sides | None:
    """How `change` and what came into force meanwhile stand to each other; None when nothing did."""
    document, version = change.document, change.version
    if change.action != ChangeAction.PUBLISH or version.based_on_id == document.effective_version_id:
        return None
    base, mine = drafts.said(version.based_on, document), changes.content(version)
    theirs = drafts.said(document.effective_version, document)
    _both, paths = merge.merged(base, mine, theirs)
    result = changes.redline(theirs, drafts.of(document, change).content)
    words = changes.places_in_words(paths[:CLASHES], [mine, theirs, base])
    names = named.Named([base, mine, theirs])
    titles = named.titles()

    def said(content: dict[str, Any], path: str) -> str:
        value = comments.value_at(content, path)
        if not comments.is_there(content, path):
            return ""
        every = [comments.value_at(side, path) for side in (base, theirs, mine)]
        if all(isinstance(side, dict) for side in every):  # of a row only what differs
            same = {name for name in value if all(side.get(name) == value[name] for side in every)}
            value = {name: item for name, item in value.items() if name not in same}
        last = path.rpartition("/")[2]
        return drawn.in_words(last, value, name=names.name, say=sentences.said, titles=titles)

    found = tuple(
        Clash(where, said(base, path), said(theirs, path), said(mine, path))
        for path, where in zip(paths[:CLASHES], words, strict=True)
    )
    return Sides(document.effective_version, found, max(0, len(paths) - CLASHES), result)
