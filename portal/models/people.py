"""People, the teams they work in, how they are reached and when they are away."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits


class People(UserManager["User"]):
    def active(self) -> models.QuerySet["User"]:
        return self.filter(is_active=True)

    def _create_user_object(self, email: str, password: str | None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        """Save a person who signs in with `email`; call inside ``audit.action``."""
        user = self._create_user_object(email, password, **extra)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person. Never deleted: an inactive one sees and receives nothing."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=limits.NAME_LENGTH, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        help_text=_("An IANA name such as Europe/Berlin; empty means the portal’s."),
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text=_("Routine news wait from here …"))
    quiet_until = models.TimeField(null=True, blank=True, help_text=_("… until here, in the person’s time zone."))
    locale = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    groups = models.ManyToManyField(  # type: ignore[assignment]
        Group, through="portal.Membership", related_name="user_set", related_query_name="user", blank=True
    )

    objects = People()  # type: ignore[misc]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    history = history.track(excluded_fields=["password", "last_login"])

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="portal_user_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~models.Q(quiet_from=models.F("quiet_until")),
                name="portal_user_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return (self.name or self.email).split(" ")[0]

    @property
    def erased_name(self) -> str:
        """What the person is called once their personal data is erased."""
        return f"Erased person {self.pk.hex[-4:]}"

    @property
    def erased_email(self) -> str:
        return f"erased-{self.pk.hex}@invalid"

    @property
    def is_erased(self) -> bool:
        return self.email == self.erased_email


class Department(models.Model):
    """A part of the company with a risk appetite of its own (D27)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)

    history = history.track()

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group of people who own workflows together; its Group carries the permissions."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="team", editable=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="teams")
    time_zone = models.CharField(max_length=64, blank=True, help_text=_("An IANA name; empty means the portal’s."))
    is_active = models.BooleanField(default=True)

    history = history.track()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """`user` belongs to `group`: the one table that Django, guardian and the portal read."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")

    history = history.track()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="portal_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.group}"


class DataClass(models.TextChoices):
    """How far words may travel, in order (DESIGN section 6)."""

    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("internal")
    CONFIDENTIAL = "confidential", _("confidential")
    RESTRICTED = "restricted", _("restricted")


class Channel(models.TextChoices):
    INBOX = "inbox", _("inbox")
    EMAIL = "email", _("e-mail")
    CHAT = "chat", _("chat")
    SMS = "sms", _("text message")
    WEBHOOK = "webhook", _("webhook")


class Lane(models.TextChoices):
    URGENT = "urgent", _("urgent")
    ROUTINE = "routine", _("routine")


class ContactMethod(models.Model):
    """One way to reach a person. Only verified ones carry messages; the inbox needs no row."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    channel = models.CharField(max_length=16, choices=Channel)
    address = models.CharField(max_length=limits.ADDRESS_LENGTH)
    secret = models.TextField(
        blank=True, editable=False, help_text=_("Signing secret of a webhook or address of a chat, encrypted.")
    )
    lane = models.CharField(max_length=16, choices=Lane, default=Lane.URGENT)
    order = models.PositiveSmallIntegerField(default=0, help_text=_("Smaller is tried first."))
    wait_minutes = models.PositiveSmallIntegerField(default=0, help_text=_("Minutes before the next method is tried."))
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)

    history = history.track(excluded_fields=["secret"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "channel", "address", "lane"], name="portal_contactmethod_once"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["email", "chat", "sms", "webhook"]), name="portal_contactmethod_channel"
            ),
            models.CheckConstraint(condition=models.Q(lane__in=Lane.values), name="portal_contactmethod_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.address}"


class Absence(models.Model):
    """`user` is away from `starts_at` until `ends_at`; `cover` stands in."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cover = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers", null=True, blank=True)

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="portal_absence_order"),
            models.CheckConstraint(condition=~models.Q(cover=models.F("user")), name="portal_absence_other_cover"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_at:%Y-%m-%d} – {self.ends_at:%Y-%m-%d}"
