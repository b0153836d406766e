"""Addresses of allauth: what is for strangers sends people who have signed in away, and the other way round."""

from typing import Any

from tests.flows.expected import ANONYMOUS, LOGIN, Table, everybody

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
TABLE: Table = {
    route: (address, everybody(person) | {ANONYMOUS: stranger}, None)
    for route, (address, stranger, person) in ACCOUNTS.items()
}
