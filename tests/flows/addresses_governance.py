"""Addresses of on call and ownership."""

from tests.flows.expected import ACT, NO, READ, WORKERS, Table, everybody, signed_in

CHANGE = "changes/{change}"
ONLY_KEEPERS = signed_in(403) | {"governance": 422}
ONLY_WRITERS = signed_in(403) | {"governance": 302}  # back to the change: it is in force and cannot be written any more

TABLE: Table = {
    "changes/policy/": ("", *READ),
    "changes/dashboard/": ("", *READ),
    "playbooks/": ("", *READ),
    "playbooks/<slug:key>/": ("playbooks/nothing/", signed_in(404), NO),
    "playbooks/modules/<slug:key>/": ("playbooks/modules/nothing/", signed_in(404), NO),
    "documents/<uuid:pk>/": ("documents/{document}/", *READ),
    "documents/<uuid:pk>/export/": ("documents/{document}/export/", *READ),
    "documents/<uuid:pk>/roll-back/": ("documents/{document}/roll-back/", NO, ONLY_KEEPERS),
    "documents/<uuid:pk>/retire/": ("documents/{document}/retire/", NO, ONLY_KEEPERS),
    "documents/<uuid:pk>/emergency/": (
        "documents/{document}/emergency/",
        signed_in(403) | {"governance": 200},
        ONLY_KEEPERS,
    ),
    "communication/": ("", *READ),
    "changes/": ("", *READ),
    "changes/<str:reference>/": (f"{CHANGE}/", signed_in(200), NO),
    # it is in force: nobody describes, calls back or judges it any more, and the page says so
    "changes/<str:reference>/describe/": (f"{CHANGE}/describe/", NO, ONLY_KEEPERS),
    "changes/<str:reference>/submit/": (f"{CHANGE}/submit/", NO, ONLY_KEEPERS),
    "changes/<str:reference>/recall/": (f"{CHANGE}/recall/", NO, ONLY_KEEPERS),
    "changes/<str:reference>/withdraw/": (f"{CHANGE}/withdraw/", NO, signed_in(422)),  # without a reason
    "changes/<str:reference>/publish/": (f"{CHANGE}/publish/", NO, ONLY_KEEPERS),
    "changes/<str:reference>/rebase/": (f"{CHANGE}/rebase/", NO, ONLY_KEEPERS),
    "changes/<str:reference>/emergency/": (f"{CHANGE}/emergency/", NO, signed_in(422)),
    "changes/<str:reference>/review/": (f"{CHANGE}/review/", NO, signed_in(422)),
    "changes/<str:reference>/comment/": (f"{CHANGE}/comment/", NO, signed_in(422)),
    "changes/<str:reference>/comments/<uuid:pk>/answer/": (
        f"{CHANGE}/comments/{{nothing}}/answer/",
        NO,
        signed_in(404),
    ),
    "changes/<str:reference>/comments/<uuid:pk>/settle/": (
        f"{CHANGE}/comments/{{nothing}}/settle/",
        NO,
        signed_in(404),
    ),
    "changes/new/": (
        "",
        signed_in(200),
        signed_in(403) | dict.fromkeys((*WORKERS, "stranger", "board", "governance"), 422),
    ),
    "changes/<str:reference>/edit/": (f"{CHANGE}/edit/", ONLY_WRITERS, NO),
    "changes/<str:reference>/edit/<slug:key>/": (f"{CHANGE}/edit/basics/", ONLY_WRITERS, ONLY_WRITERS),
    "changes/<str:reference>/text/": (f"{CHANGE}/text/", ONLY_WRITERS, ONLY_WRITERS),
    "changes/<str:reference>/yaml/": (f"{CHANGE}/yaml/", signed_in(403) | {"governance": 200}, NO),
    "glossary/": ("", *READ),
    "boards/": ("", *READ),
    "delegations/": ("", signed_in(200), signed_in(422)),
    "delegations/<uuid:pk>/end/": ("delegations/{nothing}/end/", NO, signed_in(404)),
    # keeping alive: governance admins and whoever asked for a version look at it again
    "checks/": ("", *READ),
    "checks/<uuid:pk>/": ("checks/{document}/", signed_in(200), signed_in(403) | {"governance": 422}),
    "checks/<uuid:pk>/every/": ("checks/{document}/every/", NO, signed_in(403) | {"governance": 302}),
    "reading/": ("", *READ),
    "reading/<uuid:pk>/": ("reading/{nothing}/", signed_in(404), signed_in(404)),
    "reading/<uuid:pk>/people/": ("reading/{nothing}/people/", signed_in(404), NO),
    "training/": ("", *READ),
    "governance/": ("", *READ),
    "governance/<str:reference>/": ("governance/{nothing}/", signed_in(404), signed_in(404)),
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
    # programs: a session opens nothing here, a token does (tests/governance/test_api.py)
    "api/v1/ownership/rows": ("", everybody(401), NO),
    "api/v1/ownership/told": ("", everybody(401), NO),
    "api/v1/ownership/cells": ("", NO, everybody(401)),
    "api/v1/oncall": ("", everybody(401), NO),
}
