"""Plain factories of the catalog and of documents, and `make_company()`: a small company, ready for incidents."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any

import yaml
from django.contrib.auth.models import Group
from django.utils import timezone

from governance.models import Board, ChangeRequest, Dependency, Document, Platform, Version, Workflow
from governance.services import changes, genesis, ownership, versions
from portal import audit, roles
from portal.models import Absence, Department, Team, User
from portal.services import people
from tests.remembered import remembered

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; the default time of every factory here."""
YESTERDAY = timezone.now() - timedelta(days=1)
"""For what is set up before a test that runs at the time of the machine; the same for all of them."""
PASSWORD = "correct horse 9"
ACTOR: dict[str, Any] = {"by": None, "reason": "set up", "actor_label": "test"}
_number = itertools.count(1)


def _action(at: datetime) -> Any:
    return audit.action(actor=None, actor_label="test", reason="set up", at=at)


# People


def make_person(
    name: str = "",
    *,
    teams: tuple[Team, ...] = (),
    role: str = "",
    at: datetime = NOW,
    verified: bool = True,
    **extra: Any,
) -> User:
    """An active person with e-mail `<name>@example.test`, in `teams` and with the permission role `role`.

    `verified`: the address carries messages in both lanes. The password is PASSWORD.
    """
    name = name or f"person{next(_number)}"
    extra = {"name": name.capitalize(), "password": PASSWORD} | extra
    with _action(at):
        user = people.create_person(email=f"{name}@example.test", verified=verified, at=at, **ACTOR, **extra)
        if role:
            Group.objects.get_or_create(name=role)
            people.grant_role(person=user, role=role, at=at, **ACTOR)
    join(user, *teams, at=at)
    return user


def make_department(key: str = "", *, at: datetime = NOW) -> Department:
    key = key or f"department-{next(_number)}"
    with _action(at):
        return Department.objects.create(key=key, name=key.capitalize())


def make_team(
    key: str = "", *, department: Department | None = None, members: tuple[User, ...] = (), at: datetime = NOW
) -> Team:
    key = key or f"team-{next(_number)}"
    department = department or make_department(at=at)
    team = people.create_team(key=key, name=key.capitalize(), department=department, at=at, **ACTOR)
    for user in members:
        join(user, team, at=at)
    return team


def join(user: User, *teams: Team, at: datetime = NOW) -> None:
    for team in teams:
        people.join_team(person=user, team=team, at=at, **ACTOR)


def make_absence(user: User, starts_at: datetime, ends_at: datetime, cover: User | None = None) -> Absence:
    with _action(starts_at):
        return Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, cover=cover)


# Catalog


def make_platform(key: str = "", *, at: datetime = NOW, **extra: Any) -> Platform:
    key = key or f"platform-{next(_number)}"
    with _action(at):
        return Platform.objects.create(key=key, name=extra.pop("name", key.capitalize()), **extra)


def make_workflow(
    key: str = "", *, team: Team, platform: Platform | None = None, at: datetime = NOW, **extra: Any
) -> Workflow:
    """A live workflow of `team`; its rows are compiled from the matrices in force."""
    key = key or f"workflow-{next(_number)}"
    platform = platform or make_platform(at=at)
    with _action(at):
        workflow = Workflow(
            key=key, name=extra.pop("name", key.replace("-", " ").capitalize()), platform=platform, team=team, **extra
        )
        workflow.save(force_insert=True)
        ownership.rebuild([workflow.pk])
    return workflow


def make_dependency(upstream: Workflow, downstream: Workflow, *, at: datetime = NOW, **extra: Any) -> Dependency:
    with _action(at):
        values = {"what": "data", "title": f"data {next(_number)}"} | extra
        return Dependency.objects.create(upstream=upstream, downstream=downstream, **values)


# Documents


def make_draft(content: dict[str, Any] | str, *, kind: str, key: str, by: User, at: datetime = NOW) -> Version:
    """A draft from YAML-like `content` (e-mail addresses and keys where ids belong), through the real import."""
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    return versions.import_yaml(kind=kind, text=text, key=key, by=by, at=at)[1]


def publish(version: Version, *, by: User, at: datetime = NOW, reason: str = "first version") -> ChangeRequest:
    """Into force as a standard change: the policy of tests pre-approves everything but approval policies."""
    if not Document.objects.filter(kind="approval", effective_version__isnull=False).exists():
        make_policy(by=by, at=at)
    return changes.send(version=version, reason=reason, by=by, at=at)


ANYTHING = {  # everything but the policy itself is a standard change
    "key": "standard",
    "title": "Everyday changes",
    "pre_approved": True,
    "when": {
        "kinds": ["matrix", "escalation", "rubric", "module", "playbook", "communication", "glossary"],
    },
}


def make_policy(*rows: dict[str, Any], by: User, at: datetime = NOW, **more: Any) -> Document:
    """The first approval policy: `rows`, and a governance admin for changes of the policy itself.

    Without rows everything else is a standard change. People by e-mail, teams and boards by key.
    """
    own = {
        "key": "policy",
        "title": "The policy itself",
        "when": {"kinds": ["approval"]},
        "needs": [{"key": "admin", "title": "A governance admin", "who": {"role": "governance_admin"}}],
    }
    content = {"title": "Who approves what", "rows": [*(rows or (ANYTHING,)), own]} | more
    text = yaml.safe_dump(content, sort_keys=False)
    return genesis.install(policy=text, by=by, at=at, label="test").document


def make_board(*people: User, key: str = "board", functions: tuple[str, ...] = (), at: datetime = NOW) -> Board:
    """A board on which `people` sit since `at`, each with one of `functions`."""
    seats = [genesis.Seat(person, function) for person, function in zip_longest(people, functions, fillvalue="")]
    return genesis.seat_board(key=key, name=key.capitalize(), seats=seats, on=at.date(), at=at, label="test")


def make_document(content: dict[str, Any] | str, *, kind: str, key: str, by: User, at: datetime = NOW) -> Document:
    """A document in force."""
    version = make_draft(content, kind=kind, key=key, by=by, at=at)
    publish(version, by=by, at=at)
    return Document.objects.get(pk=version.document_id)


ALWAYS = {  # responsibilities that every company matrix has
    "exceptions": "Approves exceptions",
    "log_keeping": "Keeps the log",
    "data_integrity": "Owns data integrity",
}
STAGES = ["detect", "triage", "contain", "remediate", "verify", "inform", "review"]


def company_matrix(
    *, triage_team: str, on_call: str, alternates: tuple[str, ...] = (), lead: str, accountable: str
) -> dict[str, Any]:
    """Content of a company default matrix; people by e-mail, the team by key."""
    return {
        "title": "Company ownership",
        "triage_team": triage_team,
        "responsibilities": [
            {"key": "on_call", "title": "On call", "stages": ["detect", "triage", "contain"]},
            {"key": "owner", "title": "Owner", "stages": ["remediate", "verify", "inform", "review"]},
            *({"key": key, "title": title, "stages": ["review"]} for key, title in ALWAYS.items()),
        ],
        "roles": [
            {
                "key": "lead",
                "title": "Lead",
                "holders": [{"person": lead}],
                "limits": [{"key": "all", "action": "decide"}],
            }
        ],
        "rows": [
            {
                "key": "on-call",
                "responsibility": "on_call",
                "letter": "A",
                "holder": {"person": on_call},
                "alternates": [{"person": item} for item in alternates],
            },
            {
                "key": "owner",
                "responsibility": "owner",
                "letter": "A",
                "holder": {"role": "lead"},
                "alternates": [{"person": accountable}],
            },
            *(
                {"key": key, "responsibility": key, "holder": {"role": "lead"}, "alternates": [{"person": accountable}]}
                for key in ALWAYS
            ),
        ],
        "conflict": {"tie_breaker": {"person": accountable}, "minutes": 60},
    }


def escalation_policy(*, leadership: str, news_team: str = "") -> dict[str, Any]:
    """Content of a company default policy: on-call (15 min), its alternate (15), the lead (30); then once more."""
    path: dict[str, Any] = {"key": "all", "title": "Everything", "levels": ["on-call", "second", "lead"]}
    if news_team:
        path["news"] = {"every_minutes": 60, "targets": [{"team": news_team}], "times": 3}
    return {
        "title": "Company escalation",
        "timeboxes": [{"key": "any", "severity": "any", "triage_minutes": 15, "decision_minutes": 60}],
        "levels": [
            {"key": "on-call", "title": "On call", "window_minutes": 15, "targets": [{"responsibility": "on_call"}]},
            {
                "key": "second",
                "title": "Second level",
                "window_minutes": 15,
                "targets": [{"responsibility": "on_call", "alternate": 1}],
            },
            {"key": "lead", "title": "Lead", "window_minutes": 30, "targets": [{"role": "lead"}]},
        ],
        "paths": [path],
        "repeats": {"count": 1, "every_minutes": 15},
        "cap": 20,
        "fallback": [{"team": leadership}],
        "follow_up": {"acknowledged_minutes": 60, "silence_minutes": 240},
    }


def triage_rubric() -> dict[str, Any]:
    """Content of a company default rubric: four questions, each yes counts 10; criticality 10/5/0; SEV1 from 30."""
    words = {
        "urgency": "Does work stand still?",
        "customers": "Do customers notice?",
        "money": "Does it cost money?",
        "rules": "Are rules or personal data touched?",
    }
    return {
        "title": "Company triage",
        "dimensions": [
            {"key": key, "title": key.capitalize(), "question": question, "yes": 10, "no": 0, "unknown": 4}
            for key, question in words.items()
        ],
        "criticality": {"high": 10, "medium": 5, "low": 0, "unknown": 5},
        "thresholds": [
            {"key": "sev4", "minimum": 0, "severity": "sev4", "priority": "p4", "do_now": "Note it."},
            {"key": "sev3", "minimum": 10, "severity": "sev3", "priority": "p3", "do_now": "Look at it today."},
            {"key": "sev2", "minimum": 20, "severity": "sev2", "priority": "p2", "do_now": "Look at it now."},
            {"key": "sev1", "minimum": 30, "severity": "sev1", "priority": "p1", "do_now": "Drop everything."},
        ],
        "signals": [
            {"key": "sent", "title": "The sender says SEV1", "hint": "sev1", "severity": "sev1"},
            {"key": "high", "title": "High criticality", "criticality": "high", "severity": "sev2"},
            {"key": "rest", "title": "Everything else", "severity": "sev3"},
        ],
    }


@dataclass
class Company:
    """What `make_company()` made. `workflow` is owned by `team`; nothing is restricted."""

    admin: User
    reporter: User
    responder: User
    second: User
    lead: User
    leader: User
    operator: User
    outsider: User
    department: Department
    team: Team
    triage: Team
    leadership: Team
    workflow: Workflow
    matrix: Document = field(repr=False)
    policy: Document = field(repr=False)
    rubric: Document = field(repr=False)


@remembered
def make_company(*, at: datetime = NOW, policy: dict[str, Any] | None = None, criticality: str = "medium") -> Company:
    """People, teams, one workflow and a matrix, a policy and a rubric in force.

    On call is `responder`, then `second`; the role lead is `lead`; the fallback is the team leadership (`leader`);
    unknown workflows belong to the team triage (`responder`, `second`). `outsider` has nothing to do with it.
    """
    department = make_department("sales", at=at)
    team, triage = make_team("orders", department=department, at=at), make_team("triage", department=department, at=at)
    leadership = make_team("leadership", department=department, at=at)
    admin = make_person("admin", role=roles.GOVERNANCE_ADMIN, at=at)
    responder = make_person("responder", teams=(team, triage), role=roles.RESPONDER, at=at)
    second = make_person("second", teams=(team, triage), role=roles.RESPONDER, at=at)
    lead, leader = make_person("lead", teams=(team,), at=at), make_person("leader", teams=(leadership,), at=at)
    workflow = make_workflow("order-sync", name="Order sync", team=team, criticality=criticality, at=at)
    matrix = company_matrix(
        triage_team="triage",
        on_call=responder.email,
        alternates=(second.email,),
        lead=lead.email,
        accountable=leader.email,
    )
    return Company(
        admin=admin,
        reporter=make_person("reporter", role=roles.REPORTER, at=at),
        responder=responder,
        second=second,
        lead=lead,
        leader=leader,
        operator=make_person("operator", role=roles.OPERATOR, at=at),
        outsider=make_person("outsider", role=roles.RESPONDER, at=at),
        department=department,
        team=team,
        triage=triage,
        leadership=leadership,
        workflow=workflow,
        matrix=make_document(matrix, kind="matrix", key="company", by=admin, at=at),
        policy=make_document(
            policy or escalation_policy(leadership="leadership"), kind="escalation", key="company", by=admin, at=at
        ),
        rubric=make_document(triage_rubric(), kind="rubric", key="company", by=admin, at=at),
    )
