"""What a person holds, and what becomes of each when they leave; the apps above add theirs (``registry.holdings``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal import operators, registry, roles
from portal.models import Absence, ApiToken, ContactMethod, Membership, Team, User

NEEDED = (roles.OPERATOR, roles.GOVERNANCE_ADMIN)  # somebody must have them, or messages of others have no reader
# Kinds of gaps, as the words of the message know them
DUTY, TEAM, ROLE, COVER, SHIFT = "duty", "team", "role", "cover", "shift"


@dataclass(frozen=True)
class Gap:
    """Nobody takes over: `owners` are told that `what` (in `where`) has nobody, each with its kind."""

    kind: str
    what: str
    where: str
    owners: tuple[User, ...]

    @property
    def names(self) -> str:
        """The owners' names; a word for nobody when there are none."""
        return ", ".join(map(str, self.owners)) or pgettext("told", "nobody")


@dataclass(frozen=True)
class Holding:
    """One thing that a person holds: `section` is its heading, `after` says what becomes of it when they leave."""

    section: str
    title: str
    detail: str
    after: str
    url: str = ""
    gap: Gap | None = None


@dataclass
class Section:
    """Holdings under one heading, gaps first."""

    title: str
    rows: list[Holding] = field(default_factory=list)

    @property
    def gaps(self) -> int:
        return sum(row.gap is not None for row in self.rows)


def of(person: User, *, at: datetime, viewer: User | None = None) -> list[Holding]:
    """Everything that `person` holds at `at`, from all apps, by the names of their registrations.

    What `viewer` may not see is counted and not named.
    """
    parts: list[tuple[str, Callable[..., list[Any]]]] = registry.holdings.items()
    return [row for _name, part in parts for row in part(person, at=at, viewer=viewer)]


def sections(rows: list[Holding]) -> list[Section]:
    """`rows` by heading, in the order of their first; what leaves a gap stands first."""
    found: dict[str, Section] = {}
    for row in sorted(rows, key=lambda row: row.gap is None):
        found.setdefault(row.section, Section(row.section)).rows.append(row)
    return [found[title] for title in dict.fromkeys(row.section for row in rows)]


class Owners:
    """Who is told of a gap when `leaver` leaves: the team's admins, else governance admins, else operators."""

    def __init__(self, leaver: User) -> None:
        self._leaver = leaver
        self._known: dict[Any, tuple[User, ...]] = {}

    def of(self, team: UUID | None) -> tuple[User, ...]:
        """For a gap of `team`; None is the whole company. At most three queries for each team."""
        if team not in self._known:
            self._known[team] = (team and self._admins(team)) or self._company()
        return self._known[team]

    def administrators(self) -> tuple[User, ...]:
        return tuple(self._active(roles.ADMIN))

    def _admins(self, team: UUID) -> tuple[User, ...]:
        own = self._active(roles.TEAM_ADMIN).filter(pk__in=Membership.objects.filter(group__team=team).values("user"))
        return tuple(own)

    def _company(self) -> tuple[User, ...]:
        if "" not in self._known:
            own = tuple(self._active(roles.GOVERNANCE_ADMIN))
            self._known[""] = own or tuple(user for user in operators.people() if user != self._leaver)
        return self._known[""]

    def _active(self, role: str) -> Any:
        holders = Membership.objects.filter(group__name=role).values("user")
        return User.objects.active().filter(pk__in=holders).exclude(pk=self._leaver.pk).order_by("name", "pk")


def own(person: User, *, at: datetime, viewer: User | None = None) -> list[Holding]:
    """What the kernel knows of: teams, permission roles, absences that `person` covers, contact methods, tokens."""
    owners = Owners(person)
    return [*_groups(person, owners), *_covers(person, owners, at), *_methods(person), *_tokens(person, at)]


def _groups(person: User, owners: Owners) -> list[Holding]:
    mine = list(Membership.objects.filter(user=person).select_related("group__team").order_by("group__name"))
    others: dict[int, int] = defaultdict(int)
    rows = Membership.objects.filter(group__in=[row.group_id for row in mine], user__is_active=True)
    for group in rows.exclude(user=person).values_list("group", flat=True):
        others[group] += 1
    found = []
    for row in mine:
        team: Team | None = getattr(row.group, "team", None)
        count = others[row.group_id]
        if team is not None:
            found.append(_team(team, count, owners))
        else:
            found.append(_role(row.group.name, count, owners))
    return sorted(found, key=lambda row: row.section)


def _team(team: Team, others: int, owners: Owners) -> Holding:
    url = reverse("admin:portal_team_change", args=[team.pk])
    if others or not team.is_active:
        stay = ngettext("%(count)d other stays in the team.", "%(count)d others stay in the team.", others)
        after = stay % {"count": others} if others else _("The team is not in use.")
        return Holding(_("Teams"), team.name, "", after, url)
    gap = Gap(TEAM, team.name, "", owners.of(team.pk))
    after = _("Nobody is left in the team: %(owners)s is told.") % {"owners": gap.names}
    return Holding(_("Teams"), team.name, "", after, url, gap)


def _role(name: str, others: int, owners: Owners) -> Holding:
    if others or name not in NEEDED:
        return Holding(_("Permission roles"), name, "", _("The permissions end; the role comes back with the person."))
    gap = Gap(ROLE, name, "", owners.of(None) or owners.administrators())
    after = _("Nobody else has this role: %(owners)s is told.") % {"owners": gap.names}
    return Holding(_("Permission roles"), name, "", after, "", gap)


def _covers(person: User, owners: Owners, at: datetime) -> list[Holding]:
    rows = Absence.objects.filter(cover=person, ends_at__gt=at, user__is_active=True)
    found = []
    for absence in rows.select_related("user").order_by("starts_at"):
        days = f"{timezone.localtime(absence.starts_at):%Y-%m-%d} – {timezone.localtime(absence.ends_at):%Y-%m-%d}"
        gap = Gap(COVER, str(absence.user), days, (absence.user, *owners.of(None)))
        after = _("Nobody covers then; the next alternate answers. %(owners)s is told.") % {"owners": gap.names}
        url = reverse("admin:portal_absence_change", args=[absence.pk])
        found.append(Holding(_("Absences they cover"), str(absence.user), days, after, url, gap))
    return found


def _methods(person: User) -> list[Holding]:
    rows = ContactMethod.objects.filter(user=person, is_active=True).order_by("order", "pk")
    after = _("Nothing is sent there any more.")
    return [Holding(_("Ways to reach them"), row.address, row.get_channel_display(), after) for row in rows]


def _tokens(person: User, at: datetime) -> list[Holding]:
    after = _("It ends, and programs that use it are refused.")
    rows = ApiToken.objects.filter(user=person, revoked_at=None, expires_at__gt=at).order_by("pk")
    return [Holding(_("API tokens"), row.name, row.get_scope_display(), after) for row in rows]
