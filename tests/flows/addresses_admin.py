"""Addresses of the admin that are no stock pages of a model."""

from tests.flows.expected import ANONYMOUS, LOGIN, STAFF, Table, everybody, staff

TABLE: Table = {
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
    "admin/governance/document/<uuid:object_id>/sections/": (
        *("admin/governance/document/{document}/sections/", staff(302), staff(302)),
    ),
    "admin/governance/document/<uuid:object_id>/sections/<slug:key>/": (
        *("admin/governance/document/{document}/sections/roles/", staff(302), staff(302)),
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
    "admin/portal/user/<path:object_id>/erase/": (
        *("admin/portal/user/{person}/erase/", staff(403) | {"admin": 200}, staff(403) | {"admin": 200}),
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
