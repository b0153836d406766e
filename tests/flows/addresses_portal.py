"""Addresses of the kernel: health, profile, inbox, one-time links."""

from typing import Any

from tests.flows.cast import STAFF
from tests.flows.expected import ACT, NO, READ, Expected, Table, everybody, followers, signed_in


def readers(status: Any) -> Expected:
    """The ledger is for auditors and for all who work in the admin."""
    return signed_in(403) | dict.fromkeys(STAFF, status)


def auditors(status: Any) -> Expected:
    return signed_in(403) | dict.fromkeys(("auditor", "admin"), status)


TABLE: Table = {
    "livez": ("", everybody(200), NO),
    "readyz": ("", everybody(200), NO),
    "healthz": ("", everybody(503), NO),  # no clock runs in a test
    "metrics": ("", everybody(200), NO),
    "": ("", *READ),
    "search/": ("", *READ),
    "search/palette/": ("", *READ),
    "api/v1/search": ("", everybody(401), NO),
    "trail/<slug:kind>/<str:key>/": ("trail/incident/{reference}/", followers(200), NO),
    "audit/": ("", readers(200), NO),
    "audit/checkpoint/": ("", readers(404), NO),  # nothing was signed
    "audit/key/": ("", readers(404), NO),
    "audit/verify/": ("", NO, readers(302)),
    "audit/packs/": ("", auditors(200), auditors(422)),
    "audit/runs/<uuid:pk>/": ("audit/runs/{nothing}/", readers(404), NO),
    "audit/runs/<uuid:pk>/stop/": ("audit/runs/{nothing}/stop/", NO, readers(404)),
    "audit/runs/<uuid:pk>/download/": ("audit/runs/{nothing}/download/", NO, readers(404)),
    "audit/runs/<uuid:pk>/delete/": ("audit/runs/{nothing}/delete/", NO, readers(404)),
    "audit/<int:pk>/": ("audit/{entry}/", followers(200, admin=200), NO),
    "audit/<int:pk>/receipt/": ("audit/{entry}/receipt/", followers(409, admin=409), NO),  # nothing is sealed
    "audit/<int:pk>/leaf/": ("audit/{entry}/leaf/", followers(200, admin=200), NO),
    "audit/<int:pk>/words/": ("audit/{entry}/words/", followers(200, admin=200), NO),
    "audit/<int:pk>/erase/": ("audit/{entry}/erase/", signed_in(403) | {"admin": 200}, signed_in(403) | {"admin": 422}),
    "profile/": ("", *READ),
    "profile/preferences/": ("", *ACT),
    "profile/methods/": ("", *ACT),
    "profile/methods/<uuid:pk>/link/": ("profile/methods/{method}/link/", NO, signed_in(302)),
    "profile/methods/<uuid:pk>/test/": ("profile/methods/{method}/test/", NO, signed_in(302)),
    "profile/quiet/": ("", signed_in(302), signed_in(302)),
    "profile/methods/<uuid:pk>/move/": ("profile/methods/{method}/move/", NO, signed_in(302)),
    "profile/methods/<uuid:pk>/change/": ("profile/methods/{method}/change/", NO, signed_in(302)),
    "profile/methods/<uuid:pk>/remove/": ("profile/methods/{method}/remove/", NO, signed_in(302)),
    "profile/absences/": ("", *ACT),
    "profile/absences/<uuid:pk>/cancel/": ("profile/absences/{nothing}/cancel/", NO, signed_in(404)),
    "profile/tokens/": ("", signed_in(200), signed_in(422)),
    "profile/tokens/<uuid:pk>/revoke/": ("profile/tokens/{nothing}/revoke/", NO, signed_in(404)),
    "inbox/": ("", *READ),
    "inbox/read/": ("", NO, signed_in(302)),
    "go/<str:token>/": ("go/{link}/", everybody(200), everybody(302)),
    "i18n/setlang/": ("", everybody(302), everybody(302)),
    "api/v1/": ("", everybody(404), None),
    "api/v1/openapi.json": ("", everybody(200), None),
    "api/docs": ("", everybody(200), NO),
    "^api/": ("api/v1/nowhere", everybody(404), everybody(404)),
}
