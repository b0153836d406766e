"""Decisions that somebody waits for: a stalled workflow, a gate of a playbook, a person with a form."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import Board, Version, Workflow
from portal import history, ids, limits
from portal.models.people import DataClass

from .incidents import Incident, Severity
from .intake import Source


class Risk(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class DecisionState(models.TextChoices):
    OPEN = "open", _("open")
    WAITING = "waiting", _("waits for data")
    CONTESTED = "contested", _("contested")
    DECIDED = "decided", _("decided")
    DENIED = "denied", _("denied")
    HELD = "held", _("held")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CLOSED = "closed", _("closed")


ASKS = ["open", "waiting", "contested"]
"""Somebody is still asked."""


class DecisionRequest(models.Model):
    """A question and the ways to decide it; its EscalationRun asks level by level, pinned to the rules of that time.

    `choices` are [{"key", "title"}], `given` {name of what is required: value}, `contexts` one redacted context for
    each data class as messages keep them. From `paused_at` on the requester owes data: no timer of the run is armed,
    and `left_seconds` of the present window remain.
    """

    class Asked(models.TextChoices):
        API = "api", _("a workflow")
        FORM = "form", _("a person")
        GATE = "gate", _("a gate of a playbook")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    asked = models.CharField(max_length=8, choices=Asked)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True, db_index=False
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True)
    name = models.CharField(max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of a decision of the matrix."))
    is_unknown = models.BooleanField(default=False, help_text=_("The matrix has no row of this name."))
    question = models.CharField(max_length=limits.TITLE_LENGTH)
    details = models.TextField(blank=True)
    choices = models.JSONField(default=list)
    given = models.JSONField(default=dict, blank=True)
    contexts = models.JSONField(default=dict, blank=True)
    data_class = models.CharField(max_length=16, choices=DataClass, default=DataClass.INTERNAL)
    link = models.URLField(max_length=limits.ADDRESS_LENGTH, blank=True, help_text=_("Where exactly it stopped."))
    delay_costs = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    safe_default = models.CharField(max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the safe choice."))
    category = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    severity = models.CharField(max_length=8, choices=Severity)
    criticality = models.CharField(max_length=16, default="medium")
    risk = models.CharField(max_length=8, choices=Risk, default=Risk.MEDIUM)
    state = models.CharField(max_length=16, choices=DecisionState, default=DecisionState.OPEN)
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text=_("None while the clock stands still."))
    paused_at = models.DateTimeField(null=True, blank=True)
    left_seconds = models.PositiveIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("Who led the incident when it was asked, and is asked first where no row names anybody."),
    )
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True, db_index=False
    )
    playbook = models.ForeignKey(
        Version, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    scenario = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    step = models.CharField(max_length=limits.KEY_LENGTH, blank=True, help_text=_("The gate that asks, of a playbook."))
    asked_key = models.CharField(
        max_length=200, unique=True, help_text=_("One request for each question of a sender, however often it is sent.")
    )
    asked_digest = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of what a machine sent; another question needs another key.")
    )
    callback = models.URLField(max_length=limits.ADDRESS_LENGTH, blank=True)
    workflow_version = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    cloned_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="replays", null=True, blank=True, db_index=False
    )

    history = history.track(excluded_fields=["question", "details", "given", "contexts", "delay_costs"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DecisionState.values), name="incidents_decision_state"),
            models.CheckConstraint(condition=Q(risk__in=Risk.values), name="incidents_decision_risk"),
            models.CheckConstraint(condition=Q(asked__in=["api", "form", "gate"]), name="incidents_decision_asked"),
            models.CheckConstraint(
                condition=Q(state="waiting", paused_at__isnull=False, due_at=None)
                | ~Q(state="waiting") & Q(paused_at=None),
                name="incidents_decision_paused",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ASKS, ended_at=None) | ~Q(state__in=ASKS) & Q(ended_at__isnull=False),
                name="incidents_decision_ended",
            ),
            models.CheckConstraint(condition=~Q(cloned_from=F("id")), name="incidents_decision_cloned_other"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state__in=ASKS), name="incidents_decision_open"),
            models.Index(fields=["-opened_at", "-id"], name="incidents_decision_newest"),
            models.Index(fields=["incident"], condition=Q(incident__isnull=False), name="incidents_decision_incident"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.question}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:decision", args=[self.reference])

    @property
    def is_asked(self) -> bool:
        return self.state in ASKS


class DecisionAnswer(models.Model):
    """What one person said: a choice, a vote on a board, an objection, a recusal. Sealed.

    `counts` says what it was taken for; an answer that came too late is kept and changes nothing.
    """

    class Says(models.TextChoices):
        CHOICE = "choice", _("chose")
        OBJECTION = "objection", _("objects")
        RECUSAL = "recusal", _("is recused")

    class Counts(models.TextChoices):
        DECIDES = "decides", _("decides")
        VOTES = "votes", _("one vote")
        CONTESTS = "contests", _("contests")
        LATE = "late", _("came too late")

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(DecisionRequest, on_delete=models.PROTECT, related_name="answers", db_index=False)
    generation = models.PositiveIntegerField()
    level = models.CharField(max_length=limits.KEY_LENGTH)
    says = models.CharField(max_length=16, choices=Says)
    choice = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    counts = models.CharField(max_length=16, choices=Counts)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(says="choice") & ~Q(choice="") | Q(says__in=["objection", "recusal"], choice=""),
                name="incidents_decisionanswer_choice",
            )
        ]
        indexes = [models.Index(fields=["request", "id"], name="incidents_answer_request")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.says}"


class DecisionReading(models.Model):
    """One reading of the data; two stand side by side, and the owner of data integrity rules (D12). Sealed."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(DecisionRequest, on_delete=models.PROTECT, related_name="readings")
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    source = models.CharField(max_length=limits.REASON_LENGTH, help_text=_("Where the figures come from."))
    values = models.JSONField(default=dict)
    rules_over = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class DecisionRecord(models.Model):
    """Who decided what by which authority; the words are in an erasable row. Sealed, with a receipt (D73-D77, D79).

    A later record of the same request takes the place of the one before. `choice` is empty when time ran out.
    """

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(DecisionRequest, on_delete=models.PROTECT, related_name="records", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=16, choices=DecisionState)
    choice = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    level = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    authority = models.CharField(max_length=limits.REASON_LENGTH, help_text=_("The limit or rule in a sentence."))
    risk = models.CharField(max_length=8, choices=Risk)
    pins = models.JSONField(default=dict, help_text=_("{what: digest} of the rules, and the workflow's version."))
    inputs = models.CharField(max_length=64, help_text=_("SHA-256 of the data that lay before the decider."))
    commitment = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of salt and words."))
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="incidents_decisionrecord_number"),
            models.CheckConstraint(
                condition=Q(outcome="decided", by__isnull=False) & ~Q(choice="") | Q(outcome__in=["denied", "held"]),
                name="incidents_decisionrecord_time_never_approves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.outcome} {self.choice}"


class DecisionText(models.Model):
    """What the decider wrote: {"rationale", "assumptions", "constraints", …} as canonical JSON."""

    record = models.OneToOneField(DecisionRecord, on_delete=models.PROTECT, primary_key=True, related_name="text_row")
    salt = models.CharField(max_length=64)
    text = models.TextField()

    def __str__(self) -> str:
        return str(self.record_id)


class CallbackState(models.TextChoices):
    PENDING = "pending", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("taken by the workflow")
    DEAD = "dead", _("could not be delivered")


class DecisionCallback(models.Model):
    """The answer on its way to the workflow that waits for it; the receiver tells repeats by the id."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    record = models.OneToOneField(DecisionRecord, on_delete=models.PROTECT, related_name="callback")
    address = models.URLField(max_length=limits.ADDRESS_LENGTH)
    state = models.CharField(max_length=16, choices=CallbackState, default=CallbackState.PENDING)
    due_at = models.DateTimeField(help_text=_("Earliest next attempt."))
    deadline_at = models.DateTimeField(help_text=_("Dead when not taken by then."))
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, help_text=_("Of the present claim; a lost lease changes nothing."))
    maybe_duplicate = models.BooleanField(default=False)
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sending", token__isnull=False, lease_until__isnull=False)
                | (~Q(state="sending") & Q(token=None, lease_until=None)),
                name="incidents_decisioncallback_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sending"], ended_at=None)
                | Q(state__in=["sent", "dead"], ended_at__isnull=False),
                name="incidents_decisioncallback_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["pending", "sending"]), name="incidents_callback_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.state}"


class CallbackAttempt(models.Model):
    """One try to bring an answer to its workflow; written before the send, ended once. Sealed."""

    id = models.BigAutoField(primary_key=True)
    callback = models.ForeignKey(DecisionCallback, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=16, blank=True)
    detail = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["callback", "number"], name="incidents_callbackattempt_number")]

    def __str__(self) -> str:
        return f"{self.callback_id} {self.number}"


class Override(models.Model):
    """A rule, a threshold or a run that is set aside for a limited time, and falls back by itself (D116)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    what = models.CharField(max_length=200, help_text=_("What is set aside: kind and key."))
    value = models.JSONField(default=dict, help_text=_("What holds instead."))
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="overrides", null=True, blank=True, db_index=False
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="overrides", null=True, blank=True, db_index=False
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=limits.REASON_LENGTH)
    why = models.CharField(max_length=limits.REASON_LENGTH)
    since = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="incidents_override_until"),
            models.UniqueConstraint(fields=["what"], condition=Q(ended_at=None), name="incidents_override_one"),
        ]

    def __str__(self) -> str:
        return self.what
