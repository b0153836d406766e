"""Addresses of on call and ownership."""

from tests.flows.expected import ACT, NO, READ, Table, everybody, signed_in

TABLE: Table = {
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
