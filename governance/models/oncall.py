"""Who is on call when: schedules, their layers in rotation, and the exceptions that somebody made (D2, P1)."""

import re
from datetime import date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits
from portal.models import Team

MAX_EVERY = 366
MAX_WINDOWS = 50
MAX_NOTICE = 336  # hours
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def known_zone(name: str) -> None:
    """Raises ValidationError unless `name` is an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone. Write it like Europe/Berlin."), params={"zone": name})


def well_formed_windows(value: Any) -> None:
    """Raises ValidationError unless `value` is ``[{"weekdays": [0..6], "from": "HH:MM", "to": "HH:MM"}, ...]``."""
    if not isinstance(value, list) or len(value) > MAX_WINDOWS or not all(_is_window(item) for item in value):
        raise ValidationError(_("Write each time on a line of its own, like “Mon-Fri 08:00-18:00”."))


def _is_window(item: Any) -> bool:
    if not isinstance(item, dict) or set(item) != {"weekdays", "from", "to"}:
        return False
    days = item["weekdays"]
    if not isinstance(days, list) or not days or not all(type(day) is int and 0 <= day <= 6 for day in days):
        return False
    return all(isinstance(item[name], str) and _TIME.fullmatch(item[name]) for name in ("from", "to"))


class Rotation(models.TextChoices):
    DAILY = "daily", _("daily")
    WEEKLY = "weekly", _("weekly")
    CUSTOM = "custom", _("every so many days")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Schedule(models.Model):
    """A list of people who answer in turn for a team. Retired, never deleted: matrices refer to it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    zone = models.CharField(
        max_length=64,
        help_text=_("An IANA name such as Europe/Berlin; hand-overs follow its clocks."),
    )
    notice_hours = models.PositiveSmallIntegerField(
        default=24,
        validators=[MaxValueValidator(MAX_NOTICE)],
        help_text=_("Hours before a hand-over at which those concerned are told. 0: they are not told."),
    )
    is_active = models.BooleanField(default=True, help_text=_("An inactive schedule names nobody."))

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(zone=""), name="governance_schedule_zone"),
            models.CheckConstraint(condition=Q(notice_hours__lte=MAX_NOTICE), name="governance_schedule_notice"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            known_zone(self.zone)
        except ValidationError as error:
            raise ValidationError({"zone": error}) from None


def morning() -> time:
    """When a turn usually begins.

    NOTE: as a value it would be warned of for some seconds around eight, as a moment that somebody took for a rule.
    """
    return time(8)


class Layer(models.Model):
    """People who take turns in `schedule`; a later layer wins where it covers the same time."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    key = models.SlugField(max_length=limits.KEY_LENGTH)
    order = models.PositiveSmallIntegerField(
        default=0, help_text=_("Where two layers overlap, the higher number wins.")
    )
    rotation = models.CharField(max_length=16, choices=Rotation, default=Rotation.WEEKLY)
    every = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_EVERY)],
        help_text=_("Length of a turn: days, or weeks when it is weekly."),
    )
    handover = models.TimeField(default=morning, help_text=_("Local time of the hand-over."))
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday, default=Weekday.MONDAY, help_text=_("Day of the hand-over when it is weekly.")
    )
    starts_on = models.DateField(help_text=_("First day of the first person."))
    ends_on = models.DateField(null=True, blank=True, help_text=_("Empty: until somebody changes it."))
    windows = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Only at these times, a line each, like “Mon-Fri 08:00-18:00”. Empty: always."),
    )

    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "key"], name="governance_layer_key"),
            models.CheckConstraint(condition=Q(rotation__in=Rotation.values), name="governance_layer_rotation"),
            models.CheckConstraint(condition=Q(every__gte=1, every__lte=MAX_EVERY), name="governance_layer_every"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="governance_layer_weekday"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="governance_layer_order"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        first, last = self.starts_on, self.ends_on
        if isinstance(first, date) and isinstance(last, date) and last < first:
            raise ValidationError({"ends_on": _("This layer ends before it starts.")})
        try:
            well_formed_windows(self.windows)
        except ValidationError as error:
            raise ValidationError({"windows": error}) from None


class LayerMember(models.Model):
    """`person` takes turn number `position` of `layer`; the same person may have several turns."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="turns")
    position = models.PositiveSmallIntegerField()

    history = history.track()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["layer", "position"], name="governance_layermember_position")]

    def __str__(self) -> str:
        return f"{self.position}: {self.person}"


class OverrideQuerySet(models.QuerySet["Override"]):
    def after(self, at: datetime) -> "OverrideQuerySet":
        """Those that are not over at `at`, the latest made last: it wins."""
        return self.filter(until_at__gt=at).order_by("pk")


class Override(models.Model):
    """In [from_at, until_at) `person` answers instead of whoever would; None: deliberately nobody."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="overrides", null=True, blank=True
    )
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    why = models.CharField(max_length=limits.REASON_LENGTH)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="overrides_made")

    objects = OverrideQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="governance_override_order"),
            models.CheckConstraint(condition=~Q(why=""), name="governance_override_why"),
        ]
        indexes = [models.Index(fields=["until_at"], name="governance_override_until")]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.from_at:%Y-%m-%d %H:%M} – {self.until_at:%Y-%m-%d %H:%M}"


class SwapState(models.TextChoices):
    ASKED = "asked", _("asked")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("taken back")


class SwapQuerySet(models.QuerySet["Swap"]):
    def open(self, at: datetime) -> "SwapQuerySet":
        """Those that still wait for an answer at `at`."""
        return self.filter(state=SwapState.ASKED, until_at__gt=at)


class Swap(models.Model):
    """`by` asks `person` to answer in [from_at, until_at) and offers to answer in [back_from_at, back_until_at).

    Without an offer it is cover. Nothing changes until `person` has accepted.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="swaps")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="swaps_asked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="swaps")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    back_from_at = models.DateTimeField(null=True, blank=True)
    back_until_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=limits.REASON_LENGTH)
    state = models.CharField(max_length=16, choices=SwapState, default=SwapState.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(
        max_length=limits.REASON_LENGTH, blank=True, help_text=_("In the words of who was asked.")
    )

    objects = SwapQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="governance_swap_order"),
            models.CheckConstraint(
                condition=Q(back_from_at=None, back_until_at=None)
                | Q(back_from_at__isnull=False, back_until_at__isnull=False, back_until_at__gt=F("back_from_at")),
                name="governance_swap_back",
            ),
            models.CheckConstraint(condition=Q(state__in=SwapState.values), name="governance_swap_state"),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None) | (~Q(state="asked") & Q(answered_at__isnull=False)),
                name="governance_swap_answered",
            ),
            models.CheckConstraint(condition=~Q(person=F("by")), name="governance_swap_two"),
            models.CheckConstraint(condition=~Q(why=""), name="governance_swap_why"),
        ]
        indexes = [
            models.Index(fields=["until_at"], condition=Q(state="asked"), name="governance_swap_open"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.from_at:%Y-%m-%d %H:%M} – {self.until_at:%Y-%m-%d %H:%M}"


class NoticeSide(models.TextChoices):
    ON = "on", _("goes on call")
    OFF = "off", _("goes off call")


class HandoverNotice(models.Model):
    """`person` was told of the hand-over at `shift_at`, so nobody is told twice. Operational, written by the clock.

    `other` is who was or will be on call besides (None: nobody). `times` counts how often it was told because it
    had changed. `withdrawn_at` is when it did not hold any more.
    """

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="notices", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shift_notices")
    side = models.CharField(max_length=16, choices=NoticeSide)
    shift_at = models.DateTimeField()
    until_at = models.DateTimeField(help_text=_("When the shift ends, as told."))
    other = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    told_at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "person", "side", "shift_at"], name="governance_handovernotice_once"
            ),
            models.CheckConstraint(condition=Q(side__in=NoticeSide.values), name="governance_handovernotice_side"),
            models.CheckConstraint(condition=Q(until_at__gte=F("shift_at")), name="governance_handovernotice_order"),
        ]
        indexes = [models.Index(fields=["schedule", "until_at"], name="governance_handovernotice_end")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.side} {self.shift_at:%Y-%m-%d %H:%M}"


class ImportedEvent(models.Model):
    """What an event of a calendar file has become, so that reading it again changes it. Operational.

    `uid` is the SHA-256 of where it went and of the event's UID, hex; `occurrence` is which of a series it is.
    """

    id = models.BigAutoField(primary_key=True)
    uid = models.CharField(max_length=64)
    occurrence = models.CharField(max_length=32)
    absence = models.ForeignKey(
        "portal.Absence", on_delete=models.CASCADE, related_name="imported_from", null=True, blank=True
    )
    override = models.ForeignKey(
        Override, on_delete=models.CASCADE, related_name="imported_from", null=True, blank=True
    )
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["uid", "occurrence"], name="governance_importedevent_once"),
            models.CheckConstraint(
                condition=Q(absence=None, override__isnull=False) | Q(absence__isnull=False, override=None),
                name="governance_importedevent_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uid[:8]} {self.occurrence}"


class CalendarLink(models.Model):
    """The secret address at which `person` reads the own shifts as a calendar; only its SHA-256 is kept."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="calendar_link"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text=_("SHA-256 of the secret, hex."))
    made_at = models.DateTimeField()

    history = history.track(excluded_fields=["digest"])

    def __str__(self) -> str:
        return str(self.person_id)
