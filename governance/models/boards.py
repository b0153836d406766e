"""Boards, who sits on them, and the times in which nothing is published."""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal import history, ids, limits

from .versions import Document, Kind


class Board(models.Model):
    """People who decide together. Retired, never deleted: policies refer to it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    purpose = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("What it decides about."))
    is_active = models.BooleanField(default=True)

    history = history.track()

    def __str__(self) -> str:
        return self.name


class BoardUserObjectPermission(UserObjectPermissionBase):
    """Guardian's direct-key table: people who may see and keep a board."""

    content_object = models.ForeignKey(Board, on_delete=models.CASCADE)


class BoardGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian's direct-key table: teams that may see and keep a board."""

    content_object = models.ForeignKey(Board, on_delete=models.CASCADE)


class BoardSeatQuerySet(models.QuerySet["BoardSeat"]):
    def in_office(self, on: date) -> "BoardSeatQuerySet":
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), starts_on__lte=on)


class BoardSeat(models.Model):
    """`person` sits on `board` from `starts_on` to `ends_on` (inclusive); `deputy` stands in while they are away."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="seats", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="board_seats")
    function = models.CharField(
        max_length=limits.NAME_LENGTH, blank=True, help_text=_("For instance product, engineering or operations.")
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text=_("The last day; empty: until further notice."))
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="board_deputies", null=True, blank=True
    )

    objects = BoardSeatQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["board", "person", "starts_on"], name="governance_boardseat_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="governance_boardseat_term"
            ),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=F("person")), name="governance_boardseat_deputy"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.function}" if self.function else str(self.person)


class FreezeWindowQuerySet(models.QuerySet["FreezeWindow"]):
    def holding(self, document: Document, at: datetime) -> "FreezeWindowQuerySet":
        """Those that keep `document` from being published at `at`."""
        return self.filter(Q(kind="") | Q(kind=document.kind), is_withdrawn=False, starts_at__lte=at, ends_at__gt=at)


class FreezeWindow(models.Model):
    """Nothing (of `kind`) takes effect in [starts_at, ends_at), except what policy exempts."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(
        max_length=16, choices=Kind, blank=True, help_text=_("Only documents of this kind; empty: all.")
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=limits.REASON_LENGTH)
    is_withdrawn = models.BooleanField(default=False)

    objects = FreezeWindowQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="governance_freezewindow_order"),
            models.CheckConstraint(condition=~Q(why=""), name="governance_freezewindow_why"),
            models.CheckConstraint(condition=Q(kind__in=["", *Kind.values]), name="governance_freezewindow_kind"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="governance_freezewindow_ends")]

    def __str__(self) -> str:
        return self.why
