"""Long work on the ledger that somebody asked for: verifications and evidence packs, done by the clock's processes.

A worker holds a run by a token and says each second how far it is; whoever finds that it has not said so for
``DEAD_AFTER`` begins the run anew. A run that was stopped or taken over ends where it says how far it is.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal import access, audit, evidence, locks, moments, registry
from portal.audit import verify
from portal.errors import DomainError
from portal.models import User
from portal.models.ledger import AuditRun
from portal.reads import completeness
from portal.reads import ledger as reads
from portal.services import ledger

log = structlog.get_logger(__name__)

LOCK = "audit runs"  # held by whoever asks for a run
ACTOR = "ledger"
DEAD_AFTER = timedelta(seconds=60)  # without a word a worker is gone
TELL_EVERY = 1.0  # seconds
TRIES = 3  # workers that a run may cost
FINDINGS = 100  # that are kept of each kind of check
OPEN = [AuditRun.State.WAITING, AuditRun.State.RUNNING]
Kind, State = AuditRun.Kind, AuditRun.State


class UnderWay(DomainError):
    """One verification is enough."""


class NotYours(DomainError):
    """Somebody else asked for it."""


class NotOpen(DomainError):
    """It has ended."""


class NoFile(DomainError):
    """There is no pack, or not any more."""


class Lost(Exception):
    """Somebody stopped the run, or took it over: this worker has nothing to say about it any more."""


class Ending(Exception):
    """The process ends; somebody else begins the run anew."""


# What people do


def ask(*, kind: str, about: dict[str, Any] | None = None, by: User | None, at: datetime) -> AuditRun:
    """A run that waits for a worker; `by` None is the night. `about` of a pack is what ``evidence.write`` takes,
    with its ``kind``.

    Raises UnderWay while a verification is open, evidence.CannotPack, access.Refused.
    """
    about = about or {}
    if by is not None and not reads.may_open(by):
        raise access.Refused(_("Only auditors and administrators can use the ledger."))
    if kind == Kind.PACK:
        evidence.require(by)
    run = AuditRun(kind=kind, about=about, by=by, asked_at=at)
    label = {"actor_label": "" if by else ACTOR}
    with audit.action(actor=by, reason=ASKED[kind], at=at, **label) as action:
        locks.hold([LOCK])
        if kind == Kind.VERIFY and (first := open_runs(Kind.VERIFY).first()) is not None:
            since = moments.in_words(first.asked_at)
            raise UnderWay(_("A verification is under way since %(since)s.") % {"since": since})
        run.save(force_insert=True)
        action.record(verb=f"{VERB[kind]}_asked", target=run, data=about or None)
    return run


def open_runs(kind: str) -> QuerySet[AuditRun]:
    return AuditRun.objects.filter(state__in=OPEN, kind=kind).order_by("asked_at", "pk")


def may_stop(run: AuditRun, by: User) -> bool:
    """Whoever asked; auditors and administrators what the night has asked for."""
    return run.by_id == by.pk or (run.by_id is None and reads.may_search(by))


def stop(*, run: AuditRun, by: User, at: datetime) -> AuditRun:
    """`run` ends without a result; its worker notices within a second or two. Raises NotYours, NotOpen."""
    if not may_stop(run, by):
        raise NotYours(_("Only the person who asked for this can stop it."))
    with audit.action(actor=by, reason="stopped", at=at) as action:
        run = AuditRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if run.state not in OPEN:
            raise NotOpen(_("This has ended before."))
        run.state, run.token, run.ended_at = State.STOPPED, None, at
        run.save(update_fields=["state", "token", "ended_at"])
        action.record(verb=f"{VERB[run.kind]}_stopped", target=run)
    return run


def path_of(run: AuditRun) -> Path:
    return Path(settings.PACK_DIR) / run.file


def take(*, run: AuditRun, by: User, at: datetime) -> Path:
    """The file of a finished pack, for `by`, who is written down. Raises NoFile, access.Refused."""
    evidence.require(by)
    if not run.file or not path_of(run).is_file():
        raise NoFile(_("This pack was deleted. Ask for a new one."))
    with audit.action(actor=by, reason="downloaded", at=at) as action:
        action.record(verb="evidence.pack_downloaded", target=run, data={"sha256": run.digest})
    return path_of(run)


def delete_file(*, run: AuditRun, by: User, at: datetime) -> AuditRun:
    """The file goes, the record that there was one stays. Raises NotYours, NoFile."""
    if run.by_id != by.pk:
        raise NotYours(_("Only the person who asked for this pack can delete it."))
    with audit.action(actor=by, reason="deleted", at=at) as action:
        run = AuditRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if not run.file:
            raise NoFile(_("This pack was deleted before."))
        path, run.file = path_of(run), ""
        run.save(update_fields=["file"])
        action.record(verb="evidence.pack_deleted", target=run, data={"sha256": run.digest})
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return run


# What a worker does


def claim(*, at: datetime) -> AuditRun | None:
    """The oldest run that waits, or whose worker is gone, for the caller alone; None when there is none.

    What has cost ``TRIES`` workers is given up.
    """
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, beat_at__lt=at - DEAD_AFTER)
    rows = AuditRun.objects.filter(free).order_by("asked_at", "pk")
    if not rows.exists():  # NOTE: on SQLite a transaction takes the place of the only writer
        return None
    with transaction.atomic():
        run = rows.select_for_update(no_key=True, skip_locked=True).first()
        if run is None:
            return None
        tries = int(run.report.get("tries", 0)) + 1
        run.state, run.token, run.beat_at, run.done, run.total = State.RUNNING, uuid4(), at, 0, 0
        run.report = {"tries": tries}
        run.save(update_fields=["state", "token", "beat_at", "done", "total", "report"])
        if tries > TRIES:
            _end(run, State.FAILED, {"problem": "died"}, at)
            return None
    return run


def work(*, stop: Callable[[], bool], now: Callable[[], datetime] = timezone.now) -> bool:
    """Claim one run and do it; False when there was none. `stop` says whether the process ends: then the run is
    left for somebody else. Errors of the database rise, and the run is begun anew when its time is over."""
    run = claim(at=now())
    if run is None:
        return False
    teller = Teller(run, stop, now)
    try:
        report, file, digest = _verified(run, teller) if run.kind == Kind.VERIFY else _packed(run, teller, now())
        _end(run, State.DONE, report, now(), file=file, digest=digest)
    except Lost:
        log.info("audit_run.lost", run=str(run.pk))
        _clear(run)
    except Ending:
        AuditRun.objects.filter(pk=run.pk, token=run.token).update(state=State.WAITING, token=None, report={})
    except DomainError as error:
        _end(run, State.FAILED, {"problem": "refused", "why": str(error)}, now())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("audit_run.failed", run=str(run.pk))
        _end(run, State.FAILED, {"problem": "broken"}, now())
    return True


class Teller:
    """Says how far a run is, at most each second. Raises Lost, Ending."""

    def __init__(self, run: AuditRun, stop: Callable[[], bool], now: Callable[[], datetime]) -> None:
        self.run, self.stop, self.now = run, stop, now
        self.stage = ""
        self.told_at = float("-inf")  # monotonic seconds

    def begin(self, stage: str) -> None:
        self.stage, self.told_at = stage, float("-inf")

    def __call__(self, done: int, total: int) -> None:
        if self.stop():
            raise Ending
        if time.monotonic() - self.told_at < TELL_EVERY:
            return
        report = self.run.report | {"stage": self.stage}
        mine = AuditRun.objects.filter(pk=self.run.pk, token=self.run.token, state=State.RUNNING)
        if not mine.update(done=done, total=total, beat_at=self.now(), report=report):
            raise Lost
        self.told_at = time.monotonic()

    def is_over(self) -> bool:
        """Whether to stop at once, for what asks between two words."""
        return self.stop()


def _verified(run: AuditRun, teller: Teller) -> tuple[dict[str, Any], str, str]:
    """Ledger first, then whether all tables agree with it."""
    teller.begin("ledger")
    found = verify.run(progress=teller, stop=teller.is_over)
    teller.begin("tables")
    differences = completeness.check(teller, most=FINDINGS)
    return found.as_json() | {"differences": [asdict(one) for one in differences]}, "", ""


def _packed(run: AuditRun, teller: Teller, at: datetime) -> tuple[dict[str, Any], str, str]:
    teller.begin("pack")
    directory, name = Path(settings.PACK_DIR), f"{run.pk}.zip"
    directory.mkdir(mode=0o770, parents=True, exist_ok=True)
    about = {key: value for key, value in run.about.items() if key != "kind"}
    made = evidence.write(kind=run.about["kind"], about=about, path=directory / name, at=at, by=run.by, progress=teller)
    # NOTE: the clock may run as a user of its own, and a web process, of the same group, hands the file out.
    (directory / name).chmod(settings.FILE_UPLOAD_PERMISSIONS)
    return made, name, made["sha256"]


def _clear(run: AuditRun) -> None:
    """Nobody knows a file that was finished after the run was stopped."""
    file = Path(settings.PACK_DIR) / f"{run.pk}.zip"
    if run.kind == Kind.PACK and not AuditRun.objects.filter(pk=run.pk, state__in=OPEN).exists():
        file.unlink(missing_ok=True)


def _end(run: AuditRun, state: str, report: dict[str, Any], at: datetime, *, file: str = "", digest: str = "") -> None:
    """The result, unless somebody else has the run by now (Lost). A verification that fails alarms the operators."""
    with audit.action(actor=None, actor_label=ACTOR, reason=ENDED[run.kind], at=at) as action:
        mine = AuditRun.objects.filter(pk=run.pk, token=run.token, state=State.RUNNING)
        ended = {"state": state, "ended_at": at, "token": None, "report": report, "file": file, "digest": digest}
        if not mine.update(**ended):
            raise Lost
        run = AuditRun.objects.get(pk=run.pk)
        verb = "ended" if state == State.DONE else "failed"
        action.record(verb=f"{VERB[run.kind]}_{verb}", target=run, data=_facts(run))
        if run.kind == Kind.VERIFY and not reads.passed(run):
            ledger.alert(kind="verification", reason=reads.problem(run), key=f"verification:{run.pk}", at=at)


def _facts(run: AuditRun) -> dict[str, Any]:
    if run.kind == Kind.PACK:
        return {"sha256": run.digest} if run.digest else {}
    return {"entries": run.report.get("size", 0), "findings": reads.count_findings(run)}


# Names of what happens

ASKED: dict[str, str] = {Kind.VERIFY: "verification asked for", Kind.PACK: "evidence pack asked for"}
ENDED: dict[str, str] = {Kind.VERIFY: "verification ended", Kind.PACK: "evidence pack ended"}
VERB: dict[str, str] = {Kind.VERIFY: "ledger.verification", Kind.PACK: "evidence.pack"}
VERBS = {
    "ledger.key_used": gettext_lazy("began to sign with a key"),
    "ledger.verification_asked": gettext_lazy("asked to verify the ledger"),
    "ledger.verification_stopped": gettext_lazy("stopped a verification"),
    "ledger.verification_ended": gettext_lazy("verified the ledger"),
    "ledger.verification_failed": gettext_lazy("could not verify the ledger"),
    "evidence.pack_asked": gettext_lazy("asked for an evidence pack"),
    "evidence.pack_stopped": gettext_lazy("stopped an evidence pack"),
    "evidence.pack_ended": gettext_lazy("made an evidence pack"),
    "evidence.pack_failed": gettext_lazy("could not make an evidence pack"),
    "evidence.pack_downloaded": gettext_lazy("downloaded an evidence pack"),
    "evidence.pack_deleted": gettext_lazy("deleted an evidence pack"),
}
WORDS = {
    "verification asked for": pgettext_lazy("why", "verification asked for"),
    "verification ended": pgettext_lazy("why", "verification ended"),
    "evidence pack asked for": pgettext_lazy("why", "evidence pack asked for"),
    "evidence pack ended": pgettext_lazy("why", "evidence pack ended"),
    "a key signs for the first time": pgettext_lazy("why", "a key signs for the first time"),
    "asked to give a checkpoint": pgettext_lazy("why", "asked to give a checkpoint"),
    "the signing key is rotated": pgettext_lazy("why", "the signing key is rotated"),
    "stopped": pgettext_lazy("why", "stopped"),
    "downloaded": pgettext_lazy("why", "downloaded"),
    "deleted": pgettext_lazy("why", "deleted"),
    ACTOR: pgettext_lazy("who", "ledger"),
}
FACTS = {
    "findings": pgettext_lazy("fact", "findings"),
    "key": pgettext_lazy("fact", "key"),
    "seed": pgettext_lazy("fact", "seed"),
    "sample": pgettext_lazy("fact", "sample"),
    "from": pgettext_lazy("fact", "from"),
}


def register() -> None:
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS)
    registry.facts.add_all(FACTS)
