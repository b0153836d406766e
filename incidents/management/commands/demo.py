"""`manage.py demo`: a small company to look at: people, teams, workflows, and the documents that steer them.

May run any number of times: what is there stays as it is. Documents come through import and publication like
anybody's. The password is DEMO_PASSWORD, else a generated one that is printed. What happened in the last hours
(`_demo_events`, `_demo_response`, `_demo_learning`) is left out under DEMO_EMPTY.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.models import Dependency, Layer, Platform, Schedule, Workflow
from governance.services import handovers, oncall, ownership
from incidents.management.commands import _demo_documents, _demo_events, _demo_keeping, _demo_learning, _demo_response
from portal import audit, roles
from portal.models import Department, Message, Team, User
from portal.models.messages import MessageState
from portal.services import people

DOMAIN = "demo.example"
REASON, LABEL = "demo company", "demo"
RULED = timedelta(days=7)
"""So long the documents have been in force at least: longer ago than anything that happened."""
JUST_NOW = timedelta(minutes=1)
ACTOR: dict[str, Any] = {"by": None, "reason": REASON, "actor_label": LABEL}


@dataclass(frozen=True)
class Person:
    """A demo log-in: `key`@demo.example, with permission roles and team keys."""

    key: str
    name: str
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    staff: bool = False
    superuser: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


PEOPLE = (
    Person("admin", "Ada Admin", (roles.GOVERNANCE_ADMIN, roles.OPERATOR), (), staff=True, superuser=True),
    Person("reporter", "Rita Reporter", (roles.REPORTER,)),
    Person("responder", "Remy Responder", (roles.RESPONDER,), ("payments", "orders", "triage")),
    Person("lead", "Lena Lead", (roles.RESPONDER,), ("payments", "orders", "triage")),
    Person("leadership", "Lionel Leadership", (roles.RESPONDER,), ("leadership",)),
    Person("product", "Priya Product", (roles.RESPONDER,), ("product",)),
    Person("engineering", "Enzo Engineering", (roles.RESPONDER,), ("engineering",)),
    Person("success", "Sofia Success", (roles.RESPONDER,), ("customer-success",)),
    Person("operator", "Omar Operator", (roles.OPERATOR,), ("operators",)),
    Person("teamadmin", "Tilda Teamadmin", (roles.TEAM_ADMIN, roles.RESPONDER), ("payments",), staff=True),
    Person("board1", "Bela Board", (roles.BOARD_MEMBER,)),
    Person("board2", "Boris Board", (roles.BOARD_MEMBER,)),
    Person("board3", "Birgit Board", (roles.BOARD_MEMBER,)),
    Person("auditor", "Aki Auditor", (roles.AUDITOR,)),
)

DEPARTMENTS = {"finance": "Finance", "commerce": "Commerce", "technology": "Technology"}

TEAMS = {  # key: (name, department)
    "payments": ("Payments", "finance"),
    "orders": ("Orders", "commerce"),
    "product": ("Product", "commerce"),
    "customer-success": ("Customer success", "commerce"),
    "leadership": ("Leadership", "commerce"),
    "engineering": ("Engineering", "technology"),
    "operators": ("Operators", "technology"),
    "triage": ("Triage", "technology"),
}

PLATFORMS: tuple[dict[str, str], ...] = (
    {
        "key": "node-red",
        "name": "Node-RED",
        "vendor": "OpenJS Foundation",
        "error_handling": "A catch node receives the error of a flow; nothing is retried unless the flow does it.",
        "privacy_note": "Runs on our own machines; data does not leave the company.",
    },
    {
        "key": "n8n",
        "name": "n8n",
        "vendor": "n8n GmbH",
        "error_handling": "An error workflow starts when a run fails; single nodes may retry.",
        "privacy_note": "Hosted in the EU; executions are kept for 14 days.",
    },
)

WORKFLOWS: tuple[dict[str, str], ...] = (
    {
        "key": "payment-capture",
        "name": "Payment capture",
        "aliases": "card payments, checkout, money from customers",
        "description": "Takes the money when an order ships.",
        "platform": "n8n",
        "external_id": "capture",
        "criticality": "high",
        "data_class": "confidential",
        "team": "payments",
    },
    {
        "key": "refunds",
        "name": "Refunds",
        "aliases": "money back, returns",
        "description": "Pays customers back within two days.",
        "platform": "n8n",
        "external_id": "refunds",
        "criticality": "high",
        "data_class": "confidential",
        "team": "payments",
    },
    {
        "key": "order-sync",
        "name": "Order sync",
        "aliases": "CRM orders, sales orders",
        "description": "Copies orders from the shop to the CRM.",
        "platform": "node-red",
        "external_id": "order-sync",
        "criticality": "medium",
        "data_class": "internal",
        "team": "orders",
    },
    {
        "key": "supplier-contracts",
        "name": "Supplier contracts",
        "aliases": "onboarding of suppliers",
        "description": "Asks for signatures and files the contract.",
        "platform": "n8n",
        "external_id": "contracts",
        "criticality": "medium",
        "data_class": "confidential",
        "team": "orders",
    },
    {
        "key": "newsletter",
        "name": "Newsletter list",
        "aliases": "mailing list, marketing",
        "description": "Keeps the mailing list up to date every night.",
        "platform": "node-red",
        "external_id": "newsletter",
        "criticality": "low",
        "data_class": "internal",
        "team": "orders",
    },
)

DEPENDENCIES = (  # upstream, downstream, what, title, timing
    ("order-sync", "payment-capture", "data", "Orders that have shipped", "at once"),
    ("payment-capture", "refunds", "data", "Captured payments", "at once"),
    ("order-sync", "newsletter", "data", "New customers", "daily at 02:00"),
)

SCHEDULES: dict[str, dict[str, Any]] = {
    "orders": {  # the first turn is the responder's, from the day before the demo is loaded
        "name": "Orders",
        "team": "orders",
        "people": ("responder", "lead"),
        "layer": {"rotation": "custom", "every": 14},
    },
    "technology": {  # ends, so that a gap comes into view
        "name": "Technology",
        "team": "engineering",
        "people": ("engineering", "operator", "responder"),
        "layer": {"rotation": "daily", "handover": time(20)},
        "days": 20,
    },
}


class Command(BaseCommand):
    help = "Load the demo company."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        password = settings.DEMO_PASSWORD or secrets.token_urlsafe(9)
        changed = load(password=password, keep=not settings.DEMO_PASSWORD, at=at)
        if not settings.DEMO_EMPTY:
            users = {person.key: User.objects.get(email=person.email) for person in PEOPLE}
            _demo_events.happen(users, at=at)
            _demo_response.happen(users, at=at)
            _demo_learning.happen(users, at=at)
        if options["verbosity"] == 0:
            return
        self.stdout.write("Demo log-ins:")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email:<28} {person.name}")
        self.stdout.write(
            f"Password: {password}" if changed or settings.DEMO_PASSWORD else "Passwords stay as they are."
        )


def load(*, password: str, at: datetime, keep: bool = False) -> bool:
    """Bring the demo company into being; returns whether anybody got `password`.

    `keep` leaves the passwords of people who are there already. NOTE one hash is made, outside the transaction,
    and shared by all demo people: fourteen would take seconds.
    """
    encoded = make_password(password)
    first = User.objects.filter(email=PEOPLE[0].email).first()
    renew = first is not None and not keep and not first.check_password(password)
    with audit.action(actor=None, actor_label=LABEL, reason=REASON, at=at):
        teams = _teams(at)
        users = {person.key: _person(person, teams, encoded, renew, at) for person in PEOPLE}
    admin = users["admin"]
    with audit.action(actor=admin, reason=REASON, at=at):
        _catalog(teams)
        _schedules(teams, users, at)
    clock = _demo_documents.begins(at - RULED)
    _demo_documents.govern(users, at=clock.now)
    _demo_documents.publish(admin, clock=clock)
    _demo_documents.wait(admin, at=at)
    _told_long_ago(at - JUST_NOW)
    _demo_keeping.keep(users, at=at)
    return first is None or renew


def _told_long_ago(at: datetime) -> None:
    """What was said until `at` stands in the inbox; as an e-mail it would come late, and count as lost."""
    late = Message.objects.filter(state=MessageState.PENDING, created_at__lte=at)
    late.update(state=MessageState.SUPPRESSED, reason=REASON)


def _teams(at: datetime) -> dict[str, Team]:
    departments = {}
    for key, name in DEPARTMENTS.items():
        departments[key] = Department.objects.get_or_create(key=key, defaults={"name": name})[0]
    teams = {}
    for key, (name, department) in TEAMS.items():
        team = Team.objects.filter(key=key).select_related("group").first()
        teams[key] = team or people.create_team(key=key, name=name, department=departments[department], at=at, **ACTOR)
    return teams


def _person(person: Person, teams: dict[str, Team], encoded: str, renew: bool, at: datetime) -> User:
    """The user of `person`; somebody who is there already only gets a new password when the old one is void."""
    user = User.objects.filter(email=person.email).first()
    if user is not None:
        if renew:
            user.password = encoded
            user.save(update_fields=["password"])
        return user
    user = people.create_person(
        email=person.email,
        name=person.name,
        verified=True,
        is_staff=person.staff,
        is_superuser=person.superuser,
        at=at,
        **ACTOR,
    )
    user.password = encoded
    user.save(update_fields=["password"])
    for role in person.roles:
        people.grant_role(person=user, role=role, at=at, **ACTOR)
    for key in person.teams:
        people.join_team(person=user, team=teams[key], at=at, **ACTOR)
    return user


def _catalog(teams: dict[str, Team]) -> None:
    platforms = {row["key"]: Platform.objects.get_or_create(key=row["key"], defaults=row)[0] for row in PLATFORMS}
    workflows, new = {}, []
    for row in WORKFLOWS:
        values = row | {"platform": platforms[row["platform"]], "team": teams[row["team"]]}
        workflow, created = Workflow.objects.get_or_create(key=row["key"], defaults=values)
        workflows[workflow.key] = workflow
        new += [workflow.pk] if created else []
    for upstream, downstream, what, title, timing in DEPENDENCIES:
        Dependency.objects.get_or_create(
            upstream=workflows[upstream],
            downstream=workflows[downstream],
            title=title,
            defaults={"what": what, "timing": timing},
        )
    if new:
        ownership.rebuild(new)


def _schedules(teams: dict[str, Team], users: dict[str, User], at: datetime) -> None:
    first = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date() - timedelta(days=1)
    for key, row in SCHEDULES.items():
        values = {"name": row["name"], "team": teams[row["team"]], "zone": settings.TIME_ZONE}
        schedule, created = Schedule.objects.get_or_create(key=key, defaults=values)
        if not created:
            continue
        ends_on = first + timedelta(days=row["days"]) if "days" in row else None
        layer = Layer.objects.create(schedule=schedule, key="base", starts_on=first, ends_on=ends_on, **row["layer"])
        oncall.set_members(layer=layer, people=[users[name] for name in row["people"]])
        handovers.replan([schedule.pk], at=at, told=handovers.Told(at, at))  # whoever begins is not told
