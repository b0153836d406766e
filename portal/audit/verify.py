"""The verification: reads every sealed entry once, makes the tree anew, and holds it against whatever was signed.

What is in the database can only contradict itself. Somebody who changes all of it, and has the signing key, is found by
a checkpoint that was kept elsewhere (``Outside``), and by nothing else.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Max, Prefetch
from django.utils import timezone

from portal.audit import merkle, rows, tree
from portal.audit.findings import MOST, Finding, Report
from portal.audit.growth import Growth
from portal.audit.merkle import Range
from portal.audit.trust import Keys, Outside
from portal.models.audit import AuditEntry, AuditPayload
from portal.models.ledger import Checkpoint, Leaf, Subtree, Witnessing

__all__ = ["Finding", "Outside", "Report", "run"]

# NOTE: for a question about twice as many, PostgreSQL begins to compile it each time.
PIECE = 4_096  # places that are read at once
ERASED = "ledger.erased"  # the verb of entries that say whose words were erased
ERASURE = f'"verb":"{ERASED}"}}'  # how their leaves end
# NOTE: the time of an entry is that of the request that caused it, on the clock of another machine; the transaction
# may take its time, and a witness gets its checkpoint some minutes after it was signed.
TOLERANCE = timedelta(hours=1)
SEALED_WITHIN = timedelta(minutes=1)

Progress = Callable[[int, int], None]


def run(
    *,
    checkpoints: Sequence[Outside] = (),
    vkeys: Sequence[str] = (),
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    at: datetime | None = None,
) -> Report:
    """Verify the whole ledger while the portal works on; its memory does not grow with the ledger.

    `checkpoints` were kept elsewhere, `vkeys` are keys of the log and of witnesses that an auditor trusts.
    `progress` is called with (places read, places in all) after every piece, `stop` asked whether to end there.
    Raises NoteError for a key that cannot be read.
    """
    began = time.monotonic()
    done = _Run(checkpoints, vkeys, at or timezone.now())
    done.read(progress or (lambda _done, _total: None), stop or (lambda: False))
    done.report.seconds = time.monotonic() - began
    return done.report


class _Run:
    def __init__(self, checkpoints: Sequence[Outside], vkeys: Sequence[str], at: datetime) -> None:
        self.report, self.growth, self.at = Report(), Growth(), at
        self.keys = Keys(vkeys, self.report)
        self.outside = sorted(checkpoints, key=lambda each: each.checkpoint.size)
        self.signed_times = _Times(self.report, "early", "late")
        self.seen_times = _Times(self.report, "backdated", "postdated")
        self.place = 0  # the next one
        self.last_time = ""
        self.last_id = 0  # of the checkpoints passed
        self.missing: list[tuple[int, int]] = []  # entries without words, and their places
        self.erased: set[int] = set()
        # NOTE: checkpoints first: what they cover is there then, if nobody took it away.
        self.newest = Checkpoint.objects.aggregate(last=Max("id"))["last"] or 0
        self.end = tree.size()

    def read(self, progress: Progress, stop: Callable[[], bool]) -> None:
        self._pass_seen(0)
        start = 0
        while start < self.end:
            self._piece(start, min(start + PIECE, self.end))
            start += PIECE
            progress(min(start, self.end), self.end)
            if stop():
                self.report.is_complete = False
                break
            if start < self.end and self.place < start:  # a gap, perhaps a wide one
                start = max(start, Leaf.objects.filter(index__gte=start).order_by("index").values_list("index")[0][0])
        else:
            self._finish()
        self.report.size, self.report.root = self.growth.size, self.growth.root().hex()
        self.report.counts["entries"] = self.growth.size

    # Rows

    def _piece(self, start: int, end: int) -> None:
        leaves: list[bytes] = []
        times: list[str] = []
        entries: list[int] = []
        for found in rows.parts(start, end):  # nothing else is asked of the database meanwhile
            leaves += self._sound(found) or self._one_by_one(found)
            times += self._times(found)
            entries += [row[1] for row in found]
            self.place, self.last_time = found[-1][0] + 1, times[-1]
        if leaves:
            self._grow(leaves, times, entries)

    def _times(self, found: Sequence[tuple[Any, ...]]) -> list[str]:
        """When the entries were written; where one is gone, the time of the one before it."""
        times = [rows.at(text) if commitment else "" for _index, _entry, _hash, commitment, text, _words in found]
        for place, at in enumerate(times):
            times[place] = at or (times[place - 1] if place else self.last_time)
        return times

    def _sound(self, found: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """The hashes of leaves where all of them are as they were sealed and have their words; else none.

        NOTE: column by column, because a verification spends its time here.
        """
        indexes, _entries, stored, commitments, texts, words = zip(*found, strict=True)
        if indexes != tuple(range(self.place, self.place + len(found))) or None in commitments or None in words:
            return []
        leaves = [sha256(b"\x00" + text.encode()).digest() for text in texts]
        if tuple([leaf.hex() for leaf in leaves]) != stored:
            return []
        if tuple([sha256(word.encode()).hexdigest() for word in words]) != commitments:
            return []
        for word in [word for text, word in zip(texts, words, strict=True) if text.endswith(ERASURE)]:
            self.erased |= _erased(word)
        return leaves

    def _one_by_one(self, found: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """The hashes of leaves as they were sealed, with a finding for each that is not so any more."""
        leaves: list[bytes] = []
        place = self.place
        for index, entry, stored, commitment, text, words in found:
            if index != place:
                self.report.find("gap", None, place, first=place, last=index - 1)
            place = index + 1
            if commitment is None:
                self.report.find("gone", entry, index)
                leaves.append(_hash(stored))
                continue
            leaf = sha256(b"\x00" + text.encode()).digest()
            if leaf.hex() != stored:
                self.report.find("changed", entry, index)
                leaf = _hash(stored)
            leaves.append(leaf)
            if words is None:
                self.missing.append((entry, index))
            elif sha256(words.encode()).hexdigest() != commitment:
                self.report.find("payload", entry, index)
            elif text.endswith(ERASURE):
                self.erased |= _erased(words)
        return leaves

    def _grow(self, leaves: list[bytes], times: list[str], entries: list[int]) -> None:
        """Add leaves to the tree, and stop at each size that somebody signed or saw."""
        first = self.growth.size
        closed: list[tuple[Range, bytes]] = []
        stored = self._checkpoints(first, first + len(leaves))
        ends = {each.size for each in stored} | {each.checkpoint.size for each in self.outside}
        start = 0
        for size in sorted(size for size in ends | {first + len(leaves)} if first < size <= first + len(leaves)):
            part = slice(start, size - first)
            closed += self.growth.extend(leaves[part])
            for clock in (self.signed_times, self.seen_times):
                clock.take(times[part], entries[part], first + start)
            start = size - first
            while stored and stored[0].size == size:
                self._pass_signed(stored.pop(0))
            self._pass_seen(size)
        self._check_subtrees(closed)

    # What was signed, and what was seen

    def _checkpoints(self, above: int, until: int) -> list[Checkpoint]:
        cosigned = Witnessing.objects.filter(result=Witnessing.Result.TAKEN).exclude(signatures="")
        found = Checkpoint.objects.filter(id__lte=self.newest, size__gt=above, size__lte=until)
        return list(found.order_by("size", "id").prefetch_related(Prefetch("witnessings", cosigned)))

    def _pass_signed(self, stored: Checkpoint) -> None:
        self._judge(stored)
        if stored.root != self.growth.root().hex():
            self.report.find("root", index=stored.size, size=stored.size)
        self.signed_times.pass_by(stored.at, "")

    def _judge(self, stored: Checkpoint) -> None:
        self.report.counts["checkpoints"] += 1
        if stored.id < self.last_id:
            self.report.find("order", index=stored.size, size=stored.size)
        self.last_id = max(self.last_id, stored.id)
        self.keys.judge(stored)
        self.keys.judge_cosignatures(stored, stored.witnessings.all())

    def _pass_seen(self, size: int) -> None:
        for each in self.outside:
            if each.checkpoint.size != size:
                continue
            self.report.counts["outside"] += 1
            if each.checkpoint.root != self.growth.root():
                self.report.find("rewritten", index=size, name=each.name, size=size)
            if seen := self.keys.seen(each):
                self.seen_times.pass_by(seen, each.name)

    def _check_subtrees(self, closed: Iterable[tuple[Range, bytes]]) -> None:
        known = {each: made.hex() for each, made in closed}
        for level in {each.level for each in known}:
            places = [each.index for each in known if each.level == level]
            found = Subtree.objects.filter(level=level, index__gte=min(places), index__lte=max(places))
            stored = dict(found.values_list("index", "hash"))
            for place in places:
                if stored.get(place) != known[Range(level, place)]:
                    self.report.find("subtree", index=place << level, level=level, place=place)

    # What is left at the end

    def _finish(self) -> None:
        held = self.growth.size
        for stored in self._checkpoints(held, 1 << 62):
            self._judge(stored)
            self.report.find("cut", index=stored.size, size=stored.size, held=held)
        for stored in Checkpoint.objects.filter(id__lte=self.newest, size__lt=1):
            self.report.find("checkpoint", size=stored.size, why="It covers nothing.")
        for each in self.outside:
            if each.checkpoint.size > held:
                self.report.counts["outside"] += 1
                self.keys.seen(each)
                self.report.find("shorter", index=held, name=each.name, size=each.checkpoint.size, held=held)
        self.keys.judge_all()
        self._find_stray_subtrees()
        self._find_missing()
        self._find_waiting()

    def _find_stray_subtrees(self) -> None:
        """Hashes of subtrees that are not complete yet would be believed later."""
        last = list(Subtree.objects.order_by().values_list("level").annotate(last=Max("index")))
        size = tree.size()
        for level, place in last:
            if level % tree.STEP or not level or (place + 1) << level > size:
                self.report.find("subtree", index=place << level, level=level, place=place)

    def _find_missing(self) -> None:
        lost = [each for each in self.missing if each[0] not in self.erased]
        if lost:  # perhaps somebody has erased them since
            later = AuditPayload.objects.filter(entry__verb=ERASED).exclude(entry__leaf__index__lt=self.end)
            for salt, content, commitment in later.values_list("salt", "content", "entry__commitment"):
                if sha256((salt + content).encode()).hexdigest() == commitment:
                    self.erased |= _erased(salt + content)
        for entry, index in lost:
            if entry not in self.erased:
                self.report.find("missing", entry, index)
        self.report.counts["erased"] = len(self.missing) - self.report.totals["missing"]

    def _find_waiting(self) -> None:
        """NOTE: the time of an entry may be long ago when it is written (`--at`, imports); its request id says when."""
        before = self.at - SEALED_WITHIN
        waiting = AuditEntry.objects.filter(leaf=None, at__lt=before).order_by("id")
        for entry, request in waiting.values_list("id", "request_id")[: MOST * 10]:
            if request.version != 7 or request.int >> 80 < before.timestamp() * 1000:
                self.report.find("waiting", entry)


class _Times:
    """Entries say when they were written: none before a checkpoint that lacks it, none after one that holds it."""

    def __init__(self, report: Report, early: str, late: str) -> None:
        self.report, self.early, self.late = report, early, late
        self.floor, self.signed, self.name = "", "", ""
        self.top = ("", 0, 0)  # the latest time so far, its entry and place

    def take(self, times: Sequence[str], entries: Sequence[int], first: int) -> None:
        """`times` as ``rows.at`` gives them, of the `entries` from place `first` on."""
        if not times:
            return
        if min(times) < self.floor:
            for place, (at, entry) in enumerate(zip(times, entries, strict=True), start=first):
                if at < self.floor:
                    self.report.find(self.early, entry, place, at=at, signed=self.signed, name=self.name)
        latest = max(times)
        if latest > self.top[0]:
            place = times.index(latest)
            self.top = (latest, entries[place], first + place)

    def pass_by(self, at: datetime, name: str) -> None:
        """All entries so far were there at `at`, those that come were not."""
        latest, entry, place = self.top
        if latest > _text(at + TOLERANCE):
            self.report.find(self.late, entry, place, at=latest, signed=_text(at), name=name)
            self.top = ("", 0, 0)
        if (floor := _text(at - TOLERANCE)) > self.floor:
            self.floor, self.signed, self.name = floor, _text(at), name


def _text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _hash(stored: Any) -> bytes:
    """A stored hash, also where somebody put something else in its place."""
    try:
        found = bytes.fromhex(stored)
    except (TypeError, ValueError):
        return merkle.EMPTY
    return found if len(found) == merkle.HASH_SIZE else merkle.EMPTY


def _erased(words: str) -> set[int]:
    """The entries whose words an erasure took; `words` as ``rows.read`` gives them."""
    try:
        return {int(entry) for entry in json.loads(words[64:])["data"]["entries"]}
    except (KeyError, TypeError, ValueError):
        return set()
