"""Addresses of reviews, actions and feedback; those of the scene are about an incident that is over."""

from tests.flows.expected import NO, READ, Table, followers, signed_in

WORK_422 = followers(422, auditor=403, reporter=403)
GIVES = dict.fromkeys(("responder", "second", "stranger", "lead", "governance", "operator", "admin"), 200)

TABLE: Table = {
    "reviews/": ("", *READ),
    "reviews/<str:reference>/": ("reviews/{review}/", followers(200), NO),
    "reviews/<str:reference>/<slug:action>/": ("reviews/{review}/suppose/", NO, WORK_422),
    "incidents/<str:reference>/review/": ("incidents/{over}/review/", NO, followers(302, auditor=403, reporter=403)),
    "actions/": ("", *READ),
    "actions/<str:reference>/": ("actions/{action}/", followers(200), NO),
    "actions/<str:reference>/<slug:action>/": ("actions/{action}/drop/", NO, WORK_422),
    "incidents/<str:reference>/actions/new/": (
        "incidents/{over}/actions/new/",
        followers(200, auditor=403, reporter=403),
        WORK_422,
    ),
    "feedback/": ("", signed_in(403) | GIVES | {"auditor": 200}, NO),
    "feedback/new/": ("", signed_in(403) | GIVES, signed_in(403) | dict.fromkeys(GIVES, 422)),
    "feedback/<str:reference>/": (
        "feedback/{feedback}/",
        signed_in(404) | GIVES | {"auditor": 200},
        signed_in(404) | dict.fromkeys((*GIVES, "auditor"), 403) | {"governance": 422, "admin": 422},
    ),
}
