"""Addresses of incidents, reports, tracking and the doors for machines."""

from tests.flows.expected import NO, READ, Table, everybody, followers, signed_in

TABLE: Table = {
    "incidents/": ("", *READ),
    "incidents/new/": ("", signed_in(200), signed_in(422)),
    "incidents/new/beside/": ("", signed_in(200), signed_in(200)),
    "incidents/draft/": ("", signed_in(405), signed_in(200)),
    "incidents/mine/": ("", signed_in(200), signed_in(405)),
    "incidents/<str:reference>/affected/": (
        "incidents/{reference}/affected/",
        signed_in(200) | {"reporter": 302},
        signed_in(422) | {"reporter": 302},
    ),
    "incidents/views/": ("", signed_in(200), signed_in(422)),
    "incidents/views/<uuid:pk>/": ("incidents/views/{nothing}/", signed_in(404), signed_in(404)),
    "incidents/views/<uuid:pk>/remove/": ("incidents/views/{nothing}/remove/", NO, signed_in(404)),
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
    "incidents/<str:reference>/ask/<slug:action>/": (
        "incidents/{reference}/ask/plan/",
        NO,
        followers(302),  # nothing is limited here: the page of the action says what is possible
    ),
    "incidents/<str:reference>/roles/": ("incidents/{reference}/roles/", followers(200), signed_in(405)),
    "incidents/<str:reference>/roles/<slug:role>/<slug:name>/": (
        "incidents/{reference}/roles/incident-commander/hand-over/",
        followers(200, auditor=403, reporter=403),
        followers(422, auditor=403, reporter=403),
    ),
    "incidents/<str:reference>/updates/": ("incidents/{reference}/updates/", followers(200), signed_in(405)),
    "incidents/<str:reference>/updates/new/": (
        "incidents/{reference}/updates/new/",
        followers(404, auditor=403, reporter=403),
        followers(404, auditor=403, reporter=403),
    ),
    "incidents/<str:reference>/updates/<uuid:pk>/": (
        "incidents/{reference}/updates/{nothing}/",
        followers(404, auditor=403, reporter=403),
        followers(404, auditor=403, reporter=403),
    ),
    "incidents/<str:reference>/playbook/": ("incidents/{reference}/playbook/", followers(200), signed_in(405)),
    "incidents/<str:reference>/playbook/<slug:action>/": (
        "incidents/{reference}/playbook/scope/",
        NO,
        followers(422, auditor=403, reporter=403),
    ),
    "incidents/<str:reference>/conformance/": ("incidents/{reference}/conformance/", followers(200), signed_in(405)),
    "incidents/<str:reference>/conformance.json": (
        "incidents/{reference}/conformance.json",
        followers(200),
        signed_in(405),
    ),
    "incidents/<str:reference>/triage.json": ("incidents/{reference}/triage.json", followers(200), signed_in(405)),
    "incidents/<str:reference>/similar/": ("incidents/{reference}/similar/", followers(200), signed_in(405)),
    "incidents/<str:reference>/map/": ("incidents/{reference}/map/", followers(200), signed_in(405)),
    "incidents/<str:reference>/events/": ("incidents/{reference}/events/", followers(200), signed_in(405)),
    "decisions/": ("", *READ),
    "decisions/new/": ("", signed_in(200), signed_in(422)),
    "decisions/<str:reference>/": ("decisions/{decision}/", followers(200), signed_in(405)),
    "decisions/<str:reference>/replay/": ("decisions/{decision}/replay/", followers(200), signed_in(405)),
    "decisions/<str:reference>/<slug:action>/": (
        "decisions/{decision}/answer/",
        NO,
        followers(409, responder=422),  # whoever sees it and was not asked reads why not
    ),
    "incidents/<str:reference>/follow/": (
        "incidents/{reference}/follow/",
        NO,
        signed_in(404),  # the scene has no plan, so there is nothing to follow: see test_following
    ),
    "status/": ("", *READ),
    "status/<slug:page>/": ("status/public/", everybody(200), everybody(405)),
    "status/<slug:page>.json": ("status/public.json", everybody(200), everybody(405)),
    "status/public.atom": ("", everybody(200), everybody(405)),
    "track/<str:token>/": ("track/{token}/", everybody(200), everybody(422)),
    "api/v1/incidents": ("", everybody(401), NO),
    "api/v1/incidents/<reference>": ("api/v1/incidents/{reference}", everybody(401), NO),
    "api/v1/incidents/<reference>/timeline": ("api/v1/incidents/{reference}/timeline", everybody(401), NO),
    "api/v1/incidents/<reference>/acknowledge": ("api/v1/incidents/{reference}/acknowledge", NO, everybody(401)),
    "api/v1/incidents/<reference>/resolve": ("api/v1/incidents/{reference}/resolve", NO, everybody(401)),
    "api/v1/incidents/<reference>/note": ("api/v1/incidents/{reference}/note", NO, everybody(401)),
    "api/v1/intake/<slug:key>": ("api/v1/intake/{source}", NO, everybody(401)),
    "api/v1/intake/<slug:key>/<str:token>": ("api/v1/intake/{source}/wrong", NO, everybody(401)),
    "v2/enqueue": ("", NO, everybody(400)),
    "v2/change/enqueue": ("", NO, everybody(400)),
}

# Sources and silences: who works on incidents, auditors read, admins set up
_WORK = dict.fromkeys(("responder", "second", "stranger", "lead", "admin"), 200)
_WORK_422 = dict.fromkeys(_WORK, 422)
_ADMIN = {"admin": 200}
_SETS_ASIDE = {"lead": 200, "governance": 200, "admin": 200}
_SOURCE = signed_in(404) | {"auditor": 403} | _ADMIN  # the source of the scene is of no workflow
TABLE |= {
    "sources/": ("", signed_in(403) | _WORK | {"auditor": 200}, NO),
    "sources/new/": ("", signed_in(403) | _ADMIN, signed_in(403) | {"admin": 422}),
    "sources/<slug:key>/": ("sources/{source}/", _SOURCE | {"auditor": 200}, NO),
    "sources/<slug:key>/silence/": ("sources/{source}/silence/", _SOURCE, _SOURCE | {"admin": 422}),
    "sources/<slug:key>/secret/": ("sources/{source}/secret/", _SOURCE, _SOURCE | {"admin": 422}),
    "sources/<slug:key>/mapping/": ("sources/{source}/mapping/", _SOURCE, _SOURCE),  # tried, nothing is saved
    "silences/": ("", *READ),
    "silences/plan/": ("", signed_in(403) | _WORK, signed_in(403) | _WORK_422),
    "silences/<uuid:pk>/lift/": ("silences/{nothing}/lift/", NO, signed_in(404)),
    "overrides/": ("", *READ),
    "overrides/new/": ("", signed_in(403) | _SETS_ASIDE, signed_in(403) | dict.fromkeys(_SETS_ASIDE, 422)),
    "overrides/<uuid:pk>/end/": ("overrides/{nothing}/end/", NO, signed_in(404)),
    "api/v1/decisions": ("", NO, everybody(401)),
    "api/v1/decisions/<str:reference>": ("api/v1/decisions/DEC-1970-0001", everybody(401), NO),
    "api/v1/decisions/<str:reference>/data": ("api/v1/decisions/DEC-1970-0001/data", NO, everybody(401)),
    "api/v1/decisions/<str:reference>/withdraw": ("api/v1/decisions/DEC-1970-0001/withdraw", NO, everybody(401)),
    "api/v1/beats/<str:secret>": ("api/v1/beats/0000000000000000000000000000000000000000", NO, everybody(404)),
    "beats/": ("", signed_in(403) | _WORK | {"auditor": 200}, NO),
    "beats/new/": ("", signed_in(403) | _ADMIN, signed_in(403) | {"admin": 422}),
    "beats/<slug:key>/": ("beats/{beat}/", followers(200, reporter=404, admin=200), NO),
    "beats/<slug:key>/<slug:action>/": (
        "beats/{beat}/pause/",
        followers(403, reporter=404, admin=200),
        followers(403, reporter=404, admin=422),
    ),
}

# Reports: those of governance for who governs; of an incident for who may open it
_GOVERNS = ("governance", "board", "auditor", "admin")
_REPORT = "reviews/REV-1970-0001/report/"
TABLE |= {
    "reviews/thanks/": ("", *READ),
    "reviews/<str:reference>/report/": (_REPORT, signed_in(404), NO),
    "reviews/<str:reference>/report/read/": (f"{_REPORT}read/", NO, signed_in(404)),
    "reviews/<str:reference>/report/outside/": (f"{_REPORT}outside/", NO, signed_in(404)),
    "incidents/<str:reference>/report/": ("incidents/{reference}/report/", followers(200), NO),
    "reports/": ("", signed_in(403) | dict.fromkeys(_GOVERNS, 200), NO),
    "reports/<str:reference>/": ("reports/REP-1970-0001/", signed_in(403) | dict.fromkeys(_GOVERNS, 404), NO),
}

# Insights: for whoever does more than report
_FIGURES = signed_in(200) | {"reporter": 403}
TABLE |= {
    "insights/": ("", _FIGURES, NO),
    "insights/propose/": ("", NO, signed_in(404) | {"reporter": 403}),  # nothing stands out in the scene
    "api/v1/insights": ("", everybody(401), NO),
    "insights/people/": ("", _FIGURES, NO),
    "insights/playbooks/": ("", _FIGURES, NO),
    "insights/processes/": ("", _FIGURES, NO),
    "insights/now/": ("", signed_in(403) | dict.fromkeys(("governance", "auditor", "admin"), 200), NO),
    "insights/patterns/": ("", _FIGURES, NO),
    "insights/patterns/propose/": ("", NO, signed_in(404) | {"reporter": 403}),
    "insights/patterns/<str:month>/": (
        "insights/patterns/2020-01/",  # the scene has no report
        signed_in(404) | {"reporter": 403},
        NO,
    ),
    "insights/patterns/<str:month>/look/": (
        "insights/patterns/2020-01/look/",
        NO,
        signed_in(404) | {"reporter": 403},
    ),
}
