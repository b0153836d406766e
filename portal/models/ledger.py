"""The sealed ledger: audit entries as leaves of a Merkle tree (RFC 6962/9162), signed, witnessed, verified.

Hashes are SHA-256 as 64 hexadecimal digits. `AuditEntry` holds what happened; nothing here repeats it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .audit import AuditEntry


class Leaf(models.Model):
    """The place of an entry in the tree; given out by the sequencer alone, without a gap, never changed."""

    index = models.BigIntegerField(primary_key=True, help_text=_("From 0."))
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="leaf")
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(index__gte=0), name="portal_leaf_index")]

    def __str__(self) -> str:
        return str(self.index)


class Subtree(models.Model):
    """The hash of the complete subtree over leaves ``index << level`` up to ``(index + 1) << level``.

    Only levels 8, 16, 24 … are kept, so that each root and proof needs a few hundred stored hashes at most.
    """

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="portal_subtree_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Feed(models.Model):
    """How far something that is computed from everything has followed the ledger."""

    name = models.CharField(max_length=limits.KEY_LENGTH, primary_key=True)
    index = models.BigIntegerField(default=0, help_text=_("The next leaf that it is told of."))

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """A public key of the ledger, from when on it signs. The secret half is in a file that only the clock reads."""

    id = models.BigAutoField(primary_key=True)
    vkey = models.CharField(max_length=200, unique=True, help_text=_("Verifier key of a C2SP signed note."))
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.vkey

    @property
    def origin(self) -> str:
        """The name of the log, first line of each checkpoint."""
        return self.vkey.split("+")[0]


class Checkpoint(models.Model):
    """A signed statement of size and root: a C2SP tlog-checkpoint as a signed note."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField(help_text=_("Entries that it covers."))
    root = models.CharField(max_length=64)
    note = models.TextField(help_text=_("The signed note, without cosignatures."))
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["size"], name="portal_checkpoint_size"),
            models.Index(fields=["at"], name="portal_checkpoint_at"),
        ]

    def __str__(self) -> str:
        return str(self.size)


class Witness(models.Model):
    """Somebody outside who keeps checkpoints, so that a rewritten ledger is found out."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("e-mail")
        FILE = "file", _("file")
        COSIGN = "cosign", _("cosigning witness")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(max_length=limits.NAME_LENGTH, unique=True)
    kind = models.CharField(max_length=16, choices=Kind)
    address = models.CharField(
        max_length=limits.ADDRESS_LENGTH,
        help_text=_("E-mail address, name of a file in the directory of witnesses, or https:// address."),
    )
    vkey = models.CharField(max_length=200, blank=True, help_text=_("Public key of a cosigning witness."))
    every_minutes = models.PositiveIntegerField(default=60, help_text=_("How often it gets a checkpoint."))
    alarm_minutes = models.PositiveIntegerField(
        default=24 * 60, help_text=_("Operators are told when it has taken none for so long.")
    )
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField()

    history = history.track()

    class Meta:
        verbose_name_plural = "witnesses"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["mail", "file", "cosign"]), name="portal_witness_kind"),
            models.CheckConstraint(
                condition=Q(kind="cosign", vkey__gt="") | (~Q(kind="cosign") & Q(vkey="")), name="portal_witness_vkey"
            ),
            models.CheckConstraint(condition=Q(every_minutes__gte=1), name="portal_witness_every"),
            models.CheckConstraint(
                condition=Q(alarm_minutes__gte=F("every_minutes")), name="portal_witness_alarm_after_every"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Witnessing(models.Model):
    """One try to give a checkpoint to a witness, and what came of it."""

    class Result(models.TextChoices):
        TAKEN = "taken", _("taken")
        REFUSED = "refused", _("refused")
        UNREACHABLE = "unreachable", _("not reached")

    id = models.BigAutoField(primary_key=True)
    witness = models.ForeignKey(Witness, on_delete=models.PROTECT, related_name="witnessings", db_index=False)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="witnessings")
    at = models.DateTimeField()
    result = models.CharField(max_length=16, choices=Result)
    detail = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    signatures = models.TextField(blank=True, help_text=_("Verified cosignature lines."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(result__in=["taken", "refused", "unreachable"]), name="portal_witnessing_result"
            )
        ]
        indexes = [models.Index(fields=["witness", "id"], name="portal_witnessing_last")]

    def __str__(self) -> str:
        return f"{self.witness_id} {self.result}"


class AuditRun(models.Model):
    """Long work on the ledger that somebody (or the night) asked for: a verification or an evidence pack.

    The clock process works on it; `beat_at` is renewed all the while, and a run whose worker died is begun anew.
    """

    class Kind(models.TextChoices):
        VERIFY = "verify", _("verification")
        PACK = "pack", _("evidence pack")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    about = models.JSONField(default=dict, blank=True, help_text=_("Its kind, key, period and sample."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    beat_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, help_text=_("Of the worker that holds it."))
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict, blank=True, help_text=_("Figures and findings."))
    file = models.CharField(max_length=limits.ADDRESS_LENGTH, blank=True, help_text=_("Below DATA_DIR/packs."))
    digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the file."))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["verify", "pack"]), name="portal_auditrun_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed", "stopped"]), name="portal_auditrun_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "failed", "stopped"], ended_at__isnull=False),
                name="portal_auditrun_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(state__in=["waiting", "running"]), name="portal_auditrun_open"
            ),
            models.Index(fields=["kind", "asked_at"], name="portal_auditrun_kind_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d %H:%M}"


class LegalHold(models.Model):
    """Words about a subject must not be erased until it is lifted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    subject_type = models.CharField(
        max_length=64, blank=True, help_text=_("Model label, e.g. portal.user; empty holds everything.")
    )
    subject_id = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=limits.REASON_LENGTH)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_type="", subject_id="") | Q(subject_type__gt="", subject_id__gt=""),
                name="portal_legalhold_subject",
            )
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], condition=Q(lifted_at=None), name="portal_hold_open")
        ]

    def __str__(self) -> str:
        return self.why
