"""The state of the ledger for whoever audits it: how far it is sealed, signed, witnessed and verified."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import access, roles
from portal.audit import notes
from portal.audit.findings import Finding as LedgerFinding
from portal.models import AuditEntry, User
from portal.models.ledger import AuditRun, Checkpoint, Leaf, LegalHold, SigningKey, Witnessing
from portal.models.timers import Heartbeat
from portal.reads import witnesses as outside
from portal.reads.accounts import Finding

PROCESS = "ledger"  # heartbeat of whoever seals
SILENT_AFTER = timedelta(seconds=60)  # without a heartbeat nobody seals
VERIFIED_FOR = timedelta(hours=26)  # a night and the time that it takes
NEAR = 1_000  # ids below the last sealed one among which a late entry may still wait
COUNTED = 10_000


def may_open(user: User) -> bool:
    """The state of the ledger is for auditors and for all who work in the admin."""
    return user.is_active and (user.is_staff or roles.AUDITOR in access.groups(user).values())


def may_search(user: User) -> bool:
    """All entries are for auditors and administrators: they tell of what others may not know about."""
    return user.is_active and user.has_perm("portal.view_auditentry")


@dataclass(frozen=True)
class Waiting:
    """Entries without a place in the tree: how many (up to ``COUNTED``), and since when the first one waits."""

    count: int
    since: datetime | None


def waiting() -> Waiting:
    """Two questions that primary keys serve; an entry committed very late may be missed until it is sealed."""
    last = Leaf.objects.order_by("-index").values_list("entry_id", flat=True).first() or 0
    rows = AuditEntry.objects.filter(pk__gt=max(0, last - NEAR), leaf=None)
    first = rows.order_by("pk").values_list("request_id", "at").first()
    return Waiting(rows[:COUNTED].count(), _written(*first)) if first else Waiting(0, None)


def _written(request: UUID, at: datetime) -> datetime:
    """When an entry was written: its `at` may lie long ago, its request was numbered then."""
    return datetime.fromtimestamp((request.int >> 80) / 1000, UTC) if request.version == 7 else at


def size() -> int:
    """How many entries are sealed."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


@dataclass(frozen=True)
class State:
    """`size` entries are sealed, the last of them of `sealed_at`; `problem` says why nothing is signed."""

    at: datetime
    size: int
    sealed_at: datetime | None
    waiting: Waiting
    checkpoint: Checkpoint | None
    witnesses: int
    late: list[outside.Standing]  # witnesses that take nothing
    witnessed: Witnessing | None
    beat_at: datetime | None
    problem: str
    key: str
    verified: AuditRun | None
    running: AuditRun | None
    holds: int

    @property
    def is_silent(self) -> bool:
        """Whether nobody seals at all."""
        return self.beat_at is None or self.at - self.beat_at > SILENT_AFTER

    @property
    def fingerprint(self) -> list[str]:
        """The root of the newest checkpoint in groups of four digits, as people compare them."""
        root = self.checkpoint.root if self.checkpoint else ""
        return [root[place : place + 4] for place in range(0, len(root), 4)]

    @property
    def is_due(self) -> bool:
        """Whether the last verification is too old to count."""
        ended = self.verified.ended_at if self.verified else None
        return ended is None or self.at - ended > VERIFIED_FOR

    @property
    def has_passed(self) -> bool:
        return self.verified is not None and passed(self.verified)


def state(*, at: datetime) -> State:
    """A constant number of questions, each served by an index."""
    last = Leaf.objects.order_by("-index").values_list("index", "entry__at").first()
    beat = Heartbeat.objects.filter(pk=PROCESS).first()
    taken = Witnessing.objects.filter(result=Witnessing.Result.TAKEN).select_related("witness", "checkpoint")
    named = outside.standing(at)
    runs = AuditRun.objects.filter(kind=AuditRun.Kind.VERIFY)
    return State(
        at=at,
        size=last[0] + 1 if last else 0,
        sealed_at=last[1] if last else None,
        waiting=waiting(),
        checkpoint=newest(),
        witnesses=len(named),
        late=[one for one in named if one.is_late],
        witnessed=taken.order_by("-id").first(),
        beat_at=beat.at if beat else None,
        problem=str(beat.detail.get("problem", "")) if beat else "",
        key=next(iter(keys()), ""),
        verified=last_verification(),
        running=runs.filter(state__in=["waiting", "running"]).order_by("asked_at").first(),
        holds=LegalHold.objects.filter(lifted_at=None).count(),
    )


def newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-id").first()


def keys() -> list[str]:
    """The public keys that signed the newest checkpoint; two right after the key was replaced, the new one first."""
    found = newest()
    if found is None:
        return []
    signed = {line.key_id for line in notes.Note.parse(found.note).signatures}
    every = SigningKey.objects.order_by("-id").values_list("vkey", flat=True)
    return [vkey for vkey in every if notes.Verifier.parse(vkey).key_id in signed]


# Verifications


def last_verification() -> AuditRun | None:
    """The newest one that came to a result, or could not."""
    runs = AuditRun.objects.filter(kind=AuditRun.Kind.VERIFY, state__in=["done", "failed"])
    return runs.order_by("-asked_at").first()


def findings(run: AuditRun) -> list[dict[str, Any]]:
    """What a verification found: {sentence, entry: its key or None}, first of the ledger, then of the tables."""
    ledger = [LedgerFinding(**one) for one in run.report.get("findings", [])]
    tables = [Finding(**one) for one in run.report.get("differences", [])]
    # NOTE: an entry that is gone has no page to look at.
    return [{"sentence": one.sentence, "entry": None if one.kind == "gone" else one.entry} for one in ledger] + [
        {"sentence": str(one), "entry": one.facts.get("entry")} for one in tables
    ]


def count_findings(run: AuditRun) -> int:
    """All that were found, of which some are listed."""
    return sum(run.report.get("totals", {}).values()) + len(run.report.get("differences", []))


def passed(run: AuditRun) -> bool:
    return run.state == AuditRun.State.DONE and not count_findings(run)


def problem(run: AuditRun) -> str:
    """Why a run has no good end, in a sentence; nothing for one that passed."""
    if run.state == AuditRun.State.FAILED:
        return _why(run.report)
    count = count_findings(run)
    if not count:
        return ""
    return ngettext("%(count)d finding: %(first)s", "%(count)d findings, the first: %(first)s", count) % {
        "count": count,
        "first": findings(run)[0]["sentence"],
    }


def _why(report: dict[str, Any]) -> str:
    match report.get("problem"):
        case "died":
            return _("The process that worked on it died three times. The log of the clock says more.")
        case "refused":
            return str(report.get("why", ""))
    return _("It broke off with an error. The log of the clock says which.")
