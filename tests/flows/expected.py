"""What the tables of addresses are written in: the roles, and who gets which answer."""

from typing import Any

from tests.flows.cast import ANONYMOUS, ROLES, STAFF

LOGIN = "login"  # redirected to the log-in
Expected = dict[str, Any]
Table = dict[str, tuple[str, Expected, Expected | None]]  # route -> (address, GET, POST; None: not asked)

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
