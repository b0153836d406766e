"""Addresses of the kernel: health, profile, inbox, one-time links."""

from tests.flows.expected import ACT, NO, READ, Table, everybody, followers, signed_in

TABLE: Table = {
    "livez": ("", everybody(200), NO),
    "readyz": ("", everybody(200), NO),
    "healthz": ("", everybody(503), NO),  # no clock runs in a test
    "metrics": ("", everybody(200), NO),
    "": ("", *READ),
    "search/": ("", *READ),
    "search/palette/": ("", *READ),
    "trail/<slug:kind>/<str:key>/": ("trail/incident/{reference}/", followers(200), NO),
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
