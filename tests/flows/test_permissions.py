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
from tests.flows.cast import ANONYMOUS, ROLES, STAFF, Scene, make_scene
from tests.flows.rows import nothing_written

pytestmark = pytest.mark.django_db
LOGIN = "login"  # redirected to the log-in
Expected = dict[str, Any]

FOLLOWERS = ("reporter", "responder", "second", "lead", "auditor")  # may see the incident of the scene
WORKERS = ("responder", "second", "lead")


def everybody(status: Any) -> Expected:
    return dict.fromkeys(ROLES, status)


def signed_in(status: Any) -> Expected:
    return everybody(status) | {ANONYMOUS: LOGIN}


def followers(status: Any, **others: Any) -> Expected:
    """Who may not know that the incident exists gets 404."""
    return everybody(404) | {ANONYMOUS: LOGIN} | dict.fromkeys(FOLLOWERS, status) | others


def staff(status: Any) -> Expected:
    return everybody(LOGIN) | dict.fromkeys(STAFF, status)


NO = everybody(405)
READ = (signed_in(200), NO)
ACT = (signed_in(302), signed_in(422))  # leads back to the page of the form

TABLE: dict[str, tuple[str, Expected, Expected | None]] = {
    "livez": ("", everybody(200), NO),
    "readyz": ("", everybody(200), NO),
    "healthz": ("", everybody(503), NO),  # no clock runs in a test
    "metrics": ("", everybody(200), NO),
    "": ("", *READ),
    "profile/": ("", *READ),
    "profile/preferences/": ("", *ACT),
    "profile/methods/": ("", *ACT),
    "profile/methods/<uuid:pk>/link/": ("profile/methods/{method}/link/", NO, signed_in(302)),
    "profile/methods/<uuid:pk>/test/": ("profile/methods/{method}/test/", NO, signed_in(302)),
    "profile/methods/<uuid:pk>/remove/": ("profile/methods/{method}/remove/", NO, signed_in(302)),
    "profile/absences/": ("", *ACT),
    "profile/absences/<uuid:pk>/cancel/": ("profile/absences/{nothing}/cancel/", NO, signed_in(404)),
    "profile/tokens/": ("", signed_in(200), signed_in(422)),
    "profile/tokens/<uuid:pk>/revoke/": ("profile/tokens/{nothing}/revoke/", NO, signed_in(404)),
    "inbox/": ("", *READ),
    "inbox/read/": ("", NO, signed_in(302)),
    "go/<str:token>/": ("go/{link}/", everybody(200), everybody(302)),
    "i18n/setlang/": ("", everybody(302), everybody(302)),
    "oncall/": ("", *READ),
    "oncall/cover/": ("", *ACT),
    "oncall/overrides/<uuid:pk>/withdraw/": ("oncall/overrides/{nothing}/withdraw/", NO, signed_in(404)),
    "oncall/overrides/<uuid:pk>/change/": ("oncall/overrides/{nothing}/change/", NO, signed_in(404)),
    "oncall/swaps/<uuid:pk>/": ("oncall/swaps/{nothing}/", NO, signed_in(404)),
    "oncall/import/": ("", signed_in(200), signed_in(422)),
    "oncall/calendar/": ("", signed_in(302), signed_in(200)),  # shows the new address
    "oncall/<str:secret>.ics": ("oncall/nobody-knows-this.ics", everybody(404), NO),
    "ownership/": ("", *READ),
    "ownership/told/": ("", *READ),
    "ownership/contacts/": ("", *READ),
    "ownership/workflows/<slug:key>/": ("ownership/workflows/{workflow}/", *READ),
    "ownership/<slug:key>/": ("ownership/{workflow}/", signed_in(302), NO),
    "incidents/": ("", *READ),
    "incidents/new/": ("", signed_in(200), signed_in(422)),
    "incidents/new/beside/": ("", signed_in(200), signed_in(405)),
    "incidents/draft/": ("", signed_in(405), signed_in(200)),
    "incidents/mine/": ("", signed_in(200), signed_in(405)),
    "incidents/<str:reference>/": ("incidents/{reference}/", followers(200), signed_in(405)),
    "incidents/<str:reference>/evidence/": (
        "incidents/{reference}/evidence/",
        followers(200, auditor=403),
        followers(422, auditor=403),
    ),
    "incidents/<str:reference>/evidence/<uuid:pk>/": (
        "incidents/{reference}/evidence/{file}/",
        followers(200),
        signed_in(405),
    ),
    "incidents/<str:reference>/do/<slug:action>/": (
        "incidents/{reference}/do/acknowledge/",
        followers(200, auditor=403, reporter=403),
        followers(302, auditor=403, reporter=403),
    ),
    "track/<str:token>/": ("track/{token}/", everybody(200), everybody(422)),
    "api/v1/intake/<slug:key>": ("api/v1/intake/{source}", NO, everybody(401)),
    # programs: a session opens nothing here, a token does (tests/governance/test_api.py)
    "api/v1/": ("", everybody(404), None),
    "api/v1/openapi.json": ("", everybody(200), None),
    "api/v1/ownership/rows": ("", everybody(401), NO),
    "api/v1/ownership/told": ("", everybody(401), NO),
    "api/v1/ownership/cells": ("", NO, everybody(401)),
    "api/v1/oncall": ("", everybody(401), NO),
    "^api/": ("api/v1/nowhere", everybody(404), everybody(404)),
    # the frame of the admin; its models by rule, below
    "admin/": ("", staff(200), None),
    "admin/password_change/": ("", everybody(302), None),
    "admin/login/": ("", everybody(403) | {ANONYMOUS: LOGIN} | dict.fromkeys(STAFF, 302), None),
    "admin/logout/": ("", everybody(302) | dict.fromkeys(STAFF, 405), None),
    "admin/password_change/done/": ("", staff(200), None),
    "admin/autocomplete/": ("", staff(403), None),
    "admin/jsi18n/": ("", staff(200), None),
    "admin/r/<path:content_type_id>/<path:object_id>/": ("admin/r/0/0/", staff(404), None),
    r"admin/^(?P<app_label>portal|governance|incidents|auth)/$": ("admin/auth/", staff(404) | {"admin": 200}, None),
    r"admin/(?P<url>.*)$": ("admin/nothing/", staff(404), None),
}


# allauth: what is for strangers sends people who have signed in away, and the other way round
ACCOUNTS: dict[str, tuple[str, Any, Any]] = {  # route -> (address, anonymous, signed in)
    "accounts/email/": ("", 302, 302),
    "accounts/login/": ("", 200, 302),
    "accounts/logout/": ("", 302, 200),
    "accounts/inactive/": ("", 200, 200),
    "accounts/signup/": ("", 200, 302),  # says that sign-up is closed
    "accounts/reauthenticate/": ("", LOGIN, 200),
    "accounts/confirm-email/": ("", 200, 200),
    "accounts/password/change/": ("", LOGIN, 200),
    "accounts/password/set/": ("", LOGIN, 302),
    "accounts/password/reset/": ("", 200, 200),
    "accounts/login/code/confirm/": ("", LOGIN, 302),
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": ("accounts/confirm-email/x/", 200, 200),
    "accounts/password/reset/key/done/": ("", 200, 200),
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        *("accounts/password/reset/key/1-x/", 200, 200),
    ),
    "accounts/password/reset/done/": ("", 200, 200),
    "accounts/2fa/": ("", LOGIN, 200),
    "accounts/2fa/authenticate/": ("", LOGIN, 302),
    "accounts/2fa/reauthenticate/": ("", LOGIN, 302),
    "accounts/2fa/totp/activate/": ("", LOGIN, 302),
    "accounts/2fa/totp/deactivate/": ("", LOGIN, 404),
    "accounts/2fa/recovery-codes/": ("", LOGIN, 404),
    "accounts/2fa/recovery-codes/generate/": ("", LOGIN, 302),
    "accounts/2fa/recovery-codes/download/": ("", LOGIN, 404),
    "accounts/2fa/webauthn/": ("", LOGIN, 200),
    "accounts/2fa/webauthn/add/": ("", LOGIN, 302),
    "accounts/2fa/webauthn/reauthenticate/": ("", LOGIN, 302),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": ("accounts/2fa/webauthn/keys/1/remove/", LOGIN, 302),
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": ("accounts/2fa/webauthn/keys/1/edit/", LOGIN, 302),
    "accounts/3rdparty/login/cancelled/": ("", 200, 200),
    "accounts/3rdparty/login/error/": ("", 401, 401),
    "accounts/3rdparty/signup/": ("", LOGIN, LOGIN),
    "accounts/3rdparty/": ("", LOGIN, 200),
    "accounts/social/login/cancelled/": ("", 301, 301),
    "accounts/social/login/error/": ("", 301, 301),
    "accounts/social/signup/": ("", 301, 301),
    "accounts/social/connections/": ("", 301, 301),
}
for route, (address, stranger, person) in ACCOUNTS.items():
    TABLE[route] = (address, everybody(person) | {ANONYMOUS: stranger}, None)

# Pages of the admin that are no stock pages of a model
DOCUMENTS = staff(403) | dict.fromkeys(("lead", "governance", "auditor", "admin"), 200)
DRAFTS = staff(403) | dict.fromkeys(("lead", "governance", "admin"), 200)
TABLE |= {
    "admin/governance/document/grid/": ("", staff(200), staff(422)),  # 422: without a reason
    "admin/governance/document/grid/check/": ("", staff(405), staff(200)),
    "admin/governance/document/grid/told/": ("", staff(405), staff(200)),
    "admin/governance/document/grid/people/": ("", staff(200), staff(405)),
    "admin/governance/document/grid/cell/<str:address>/": (
        *("admin/governance/document/grid/cell/default::on_call:any:A/", staff(200), staff(405)),
    ),
    "admin/governance/document/<path:object_id>/sections/": (
        *("admin/governance/document/{document}/sections/", staff(302), staff(302)),
    ),
    "admin/governance/document/<path:object_id>/sections/<slug:key>/": (
        "admin/governance/document/{document}/sections/roles/",
        staff(200),
        staff(403) | {"governance": 200},  # shown again, since nothing says that it shall be saved
    ),
    "admin/governance/document/import/": ("", DOCUMENTS, None),
    "admin/governance/document/<path:object_id>/draft/": (
        "admin/governance/document/{document}/draft/",
        staff(403) | dict.fromkeys(("lead", "governance", "auditor", "admin"), 302),  # only a POST begins one
        None,
    ),
    "admin/portal/user/<path:object_id>/leave/": (
        "admin/portal/user/{person}/leave/",
        staff(403) | {"admin": 200},
        None,
    ),
    "admin/governance/document/<path:object_id>/compare/": (
        *("admin/governance/document/{document}/compare/", DOCUMENTS, None),
    ),
    "admin/governance/document/<path:object_id>/everything/": (
        *("admin/governance/document/{document}/everything/", DOCUMENTS, None),
    ),
    "admin/governance/version/<path:object_id>/rows/": (
        "admin/governance/version/{matrix}/rows/",
        staff(403) | {"governance": 200},  # a superuser without the role drafts nothing
        None,
    ),
    "admin/governance/version/<path:object_id>/sheet/<slug:format>/": (
        *("admin/governance/version/{matrix}/sheet/csv/", DRAFTS, None),
    ),
    "admin/governance/version/<path:object_id>/edit/": ("admin/governance/version/{draft}/edit/", DRAFTS, None),
    "admin/governance/version/<path:object_id>/publish/": ("admin/governance/version/{draft}/publish/", DRAFTS, None),
    "admin/governance/version/<path:object_id>/export/": ("admin/governance/version/{draft}/export/", DRAFTS, None),
}

# Stock pages of models: their lists are open to whoever has the permission to view, in STAFF only
VIEWERS = {
    "lead": [
        *("user", "team", "absence", "platform", "workflow", "dependency", "schedule", "override"),
        *("document", "version", "changerequest"),
    ],
    "governance": ["workflow", "document", "version", "changerequest", "review"],
    "auditor": ["auditentry", "document"],
    "operator": ["message", "timer"],
}
ADDERS = {
    "lead": ["absence", "dependency", "schedule"],
    "admin": ["user", "department", "team", "membership", "absence", "platform", "workflow", "dependency", "schedule"],
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


def test_each_address_answers_each_role_as_the_table_says(scene: Scene) -> None:
    assert [line for role in ROLES for line in answers_otherwise(scene, role)] == []


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


def test_the_admin_shows_each_model_to_whom_the_roles_name(scene: Scene) -> None:
    assert [line for role in ROLES for line in shown_otherwise(scene, role)] == []


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


@pytest.mark.parametrize("role", ["responder", "governance"])
def test_reading_pages_writes_nothing(scene: Scene, role: str) -> None:
    client = scene.client(role)
    with nothing_written():
        for route, (address, seen, _posted) in TABLE.items():
            if seen[role] == 200:
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
