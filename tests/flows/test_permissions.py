"""Every address x every role: what a GET and, where it acts, a POST is answered. An address missing here fails."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from incidents.models import Incident
from portal import access, registry, timers
from portal.models import Message, User
from tests.flows import (
    addresses_accounts,
    addresses_admin,
    addresses_governance,
    addresses_incidents,
    addresses_learning,
    addresses_portal,
)
from tests.flows.cast import ROLES, STAFF, Scene, make_scene
from tests.flows.expected import LOGIN, Table
from tests.flows.rows import nothing_written

pytestmark = pytest.mark.django_db
TABLE: Table = {
    **addresses_portal.TABLE,
    **addresses_governance.TABLE,
    **addresses_incidents.TABLE,
    **addresses_learning.TABLE,
    **addresses_accounts.TABLE,
    **addresses_admin.TABLE,
}

# Stock pages of models: their lists are open to whoever has the permission to view, in STAFF only
VIEWERS = {
    "lead": [
        *("user", "team", "absence", "platform", "workflow", "dependency", "schedule", "override"),
        *("document", "version", "changerequest"),
    ],
    "governance": [
        *("user", "workflow", "document", "version", "changerequest", "review"),
        *("board", "freezewindow", "delegation", "topic", "training"),
    ],
    "auditor": ["auditentry", "document"],
    "operator": ["message", "timer"],
}
ADDERS = {
    "lead": ["absence", "dependency", "schedule"],
    "governance": ["board", "freezewindow", "topic", "training"],
    "admin": [
        *("user", "department", "team", "membership", "absence", "platform", "workflow", "dependency", "schedule"),
        *("board", "freezewindow", "topic", "training", "legalhold", "witness"),
    ],
}


def models() -> dict[str, Any]:
    """Address of its list -> model, of what the admin keeps once the addresses are read."""
    assert get_resolver().url_patterns
    return {f"admin/{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}


def routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, path)
        else:
            yield path


def of_a_model(route: str) -> str:
    """Which stock page of a model's admin `route` is, or nothing."""
    for base in models():
        if route.startswith(base):
            rest = route.removeprefix(base).replace("<path:object_id>", "ID")
            if rest in ("", "add/", "ID/", "ID/change/", "ID/delete/", "ID/history/", "^([^/]+)/history/([^/]+)/$"):
                return rest or "list"
    return ""


def answered(answer: Any) -> Any:
    redirected = answer.status_code == 302 and "/login/" in answer["Location"]
    return LOGIN if redirected else answer.status_code


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    known = set(routes())
    missing = {route for route in known if route not in TABLE and not of_a_model(route)}
    assert missing == set(), "add these addresses to the table"
    assert set(TABLE) - known == set(), "these addresses do not exist any more"


# Whoever answers like another role nearly everywhere is tried by `make check` alone: 3,600 requests take their time
LIKE_ANOTHER = ("second", "stranger", "board", "operator")
EACH = [pytest.param(role, marks=pytest.mark.thorough if role in LIKE_ANOTHER else ()) for role in ROLES]


@pytest.mark.parametrize("role", EACH)
def test_each_address_answers_each_role_as_the_table_says(scene: Scene, role: str) -> None:
    assert list(answers_otherwise(scene, role)) == []


def answers_otherwise(scene: Scene, role: str) -> Iterator[str]:
    client = scene.client(role)
    for route, (address, seen, posted) in TABLE.items():
        path = "/" + (address or route).format(**scene.values(role))
        for method, expected in (("get", seen), ("post", posted)):
            if expected is None:
                continue
            save = transaction.savepoint()
            found = answered(getattr(client, method)(path))
            transaction.savepoint_rollback(save)
            if found != expected[role]:
                yield f"{role}: {method} {path}: {found} instead of {expected[role]}"


@pytest.mark.parametrize("role", EACH)
def test_the_admin_shows_each_model_to_whom_the_roles_name(scene: Scene, role: str) -> None:
    assert list(shown_otherwise(scene, role)) == []


def shown_otherwise(scene: Scene, role: str) -> Iterator[str]:
    client = scene.client(role)
    for base, model in models().items():
        name = str(model._meta.model_name)
        may_view = role == "admin" or name in VIEWERS.get(role, ())
        row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        pages = {"": 200 if may_view else 403, "add/": 200 if name in ADDERS.get(role, ()) else 403}
        if row is not None and not may_view:
            pages |= {f"{row}/change/": 403, f"{row}/delete/": 403, f"{row}/history/": 403}
        for page, status in pages.items():
            expected = status if role in STAFF else LOGIN
            found = answered(client.get(f"/{base}{page}"))
            if found != expected:
                yield f"{role}: {base}{page}: {found} instead of {expected}"


KEEPS_CUSTODY = {"incidents/<str:reference>/evidence/<uuid:pk>/"}
"""Who takes a copy of a file stands in the ledger."""


@pytest.mark.parametrize("role", ["responder", "governance"])
def test_reading_pages_writes_nothing(scene: Scene, role: str) -> None:
    client = scene.client(role)
    with nothing_written():
        for route, (address, seen, _posted) in TABLE.items():
            if seen[role] == 200 and route not in KEEPS_CUSTODY:
                client.get("/" + (address or route).format(**scene.values(role)))


# Listed = viewable (I16), told = can open (I18)


def listed(scene: Scene, role: str) -> set[str]:
    page = scene.client(role).get("/incidents/", {"state": "all"})
    text = page.content.decode()
    return {ref for ref in Incident.objects.values_list("reference", flat=True) if f"/incidents/{ref}/" in text}


def test_what_the_board_lists_is_what_opens(scene: Scene) -> None:
    tick_all(scene)
    for role in ROLES[1:]:
        client, user, opens = scene.client(role), scene.people[role], set()
        for incident in Incident.objects.all():
            status = client.get(f"/incidents/{incident.reference}/").status_code
            assert (status == 200) == bool(access.can(user, "view", incident)), (role, incident.title, status)
            if status == 200:
                opens.add(incident.reference)
        assert listed(scene, role) == opens, role


def tick_all(scene: Scene) -> None:
    """Until everybody on the ladder was told, and the operators that nobody answered."""
    for minutes in (16, 32, 64, 100):
        timers.fire_due(at=scene.incident.reported_at + timedelta(minutes=minutes))


def test_a_restricted_incident_is_for_those_who_were_told(scene: Scene) -> None:
    seen = {role for role in ROLES[1:] if scene.restricted.reference in listed(scene, role)}
    assert seen == {"responder", "auditor"}


def test_whoever_was_told_can_open_what_they_were_told_about(scene: Scene) -> None:
    tick_all(scene)
    told = Message.objects.filter(subject_type="incidents.incident", channel="inbox", recipient__is_active=True)
    pairs = set(told.values_list("recipient_id", "subject_id"))
    assert len({user for user, _incident in pairs}) >= 4
    for user in {user for user, _incident in pairs}:
        client = Client()
        client.force_login(User.objects.get(pk=user), backend="django.contrib.auth.backends.ModelBackend")
        for incident in Incident.objects.filter(pk__in=[pk for person, pk in pairs if person == user]):
            assert client.get(f"/incidents/{incident.reference}/").status_code == 200
    assert registry.invariants["I18"]() == []
