"""What every page knows: the site's name, the menu, and whether the portal's clock runs.

Everything that may need the database is lazy, so that parts returned to htmx and
error pages pay for nothing they do not draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from portal import access, registry, roles
from portal.reads import health


@dataclass(frozen=True)
class Entry:
    """One line of the side menu; `url` is a URL name, and an entry without a page is absent."""

    name: str
    url: str
    word: Any
    group: str = ""
    dock: bool = False
    roles: frozenset[str] = field(default=frozenset())
    key: str = ""  # letter after "g"


ENTRIES = (
    Entry("now", "home", _("Now"), dock=True, key="n"),
    Entry("incidents", "incidents:board", _("Incidents"), dock=True, key="i"),
    Entry("decisions", "incidents:decisions", _("Decisions")),
    Entry("changes", "governance:changes", _("Changes"), "rules", dock=True, key="c"),
    Entry("playbooks", "governance:playbooks", _("Playbooks"), "rules"),
    Entry("ownership", "governance:ownership", _("Ownership"), "rules"),
    Entry("oncall", "governance:oncall", _("On call"), "rules", dock=True, key="o"),
    Entry("reviews", "incidents:reviews", _("Reviews"), "learning"),
    Entry("insights", "incidents:insights", _("Insights"), "learning"),
    Entry("audit", "audit", _("Audit trail"), "learning", roles=frozenset({roles.AUDITOR})),
)
GROUPS = (("", ""), ("rules", _("Rules")), ("learning", _("Learning")))


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


PLACES = (
    ("incidents:new", _("Report an incident"), "report"),
    ("incidents:mine", _("My reports"), "reviews"),
    ("incidents:status", _("Status"), "incidents"),
    ("governance:told", _("Who would be told?"), "ownership"),
    ("governance:approval-policy", _("Who approves what"), "changes"),
    ("governance:governance-dashboard", _("How governance works"), "changes"),
    ("governance:boards", _("Boards"), "changes"),
    ("governance:delegations", _("Who decides for whom"), "changes"),
    ("governance:communication", _("Communication plan"), "playbooks"),
    ("governance:glossary", _("Glossary"), "playbooks"),
    ("governance:readings", _("To read"), "playbooks"),
    ("governance:checks", _("Documents to check"), "changes"),
    ("governance:governance-reviews", _("Governance reviews"), "changes"),
    ("governance:training", _("Training"), "changes"),
    ("incidents:governance-reports", _("Reports about governance"), "reviews"),
    ("incidents:thanks", _("Thank you"), "reviews"),
    ("inbox", _("Messages to me"), "now"),
    ("profile", _("My profile and rules"), "settings"),
)
"""Where the command palette leads besides the menu: URL name, word, icon, which is that of the entry it belongs to."""


def places(menu: Any) -> list[dict[str, Any]]:
    """Those of PLACES that are not in `menu` already."""
    listed = {line["url"] for group in menu for line in group["lines"]} | {""}
    found = [{"url": _address(name), "word": word, "icon": icon} for name, word, icon in PLACES]
    return [place for place in found if place["url"] not in listed]


def group_names(user: Any) -> frozenset[str]:
    """Names of the groups of `user`: roles and teams."""
    return frozenset(access.groups(user).values())


def only_reports(user: Any) -> bool:
    """Whether `user` does nothing here but report: then the menu is "My reports" and no more."""
    return not user.is_staff and group_names(user) <= {roles.REPORTER}


def _may(user: Any, entry: Entry) -> bool:
    return not entry.roles or user.is_staff or bool(entry.roles & group_names(user))


def _line(entry: Entry, path: str, counts: dict[str, int], place: str = "") -> dict[str, Any] | None:
    address = _address(entry.url)
    if not address:
        return None
    here = path == address if address == "/" else path.startswith(address) or place == entry.name
    return {
        "name": entry.name,
        "word": entry.word,
        "url": address,
        "current": here,
        "count": counts.get(entry.name, 0),
        "dock": entry.dock,
        "group": entry.group,
        "key": entry.key,
    }


def _place_of(path: str) -> str:
    """The entry to which the page at `path` belongs that has no entry of its own; nothing for all others."""
    return next((icon for name, _word, icon in PLACES if (at := _address(name)) and path.startswith(at)), "")


def _counts(user: Any) -> dict[str, int]:
    """How many things wait for `user`, by entry name."""
    found: dict[str, int] = {}
    for name, count in registry.nav_counts.items():
        entry = name.partition(".")[0]
        found[entry] = found.get(entry, 0) + count(user)
    return found


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of menu lines that this person can use: ``{"word": ..., "lines": [...]}``."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    if only_reports(user):
        mine = Entry("reviews", "incidents:mine", _("My reports"), dock=True)
        lines = [line for line in (_line(mine, request.path, {}),) if line]
        return [{"word": "", "lines": lines}] if lines else []
    counts, place = _counts(user), _place_of(request.path)
    found = [_line(entry, request.path, counts, place) for entry in ENTRIES if _may(user, entry)]
    lines = [line for line in found if line]
    groups = [{"word": word, "lines": [line for line in lines if line["group"] == group]} for group, word in GROUPS]
    return [group for group in groups if group["lines"]]


def frame() -> health.Frame:
    """What every page says above everything else, as `portal.reads.health` tells it; nothing while all is well.

    One query at most. A database that does not answer is no reason to lose the page.
    """
    try:
        return health.frame()
    except DatabaseError:
        return health.Frame()


def ui(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: site_name, menu, stale_clock, theme, addresses of the frame."""
    theme = request.COOKIES.get("theme", "")
    lines = SimpleLazyObject(lambda: menu(request))
    above = SimpleLazyObject(frame)
    return {
        "site_name": settings.SITE_NAME,
        "menu": lines,
        "stale_clock": SimpleLazyObject(lambda: above.stale),
        "warnings": SimpleLazyObject(lambda: above.warnings),
        "theme": theme if theme in {"light", "dark"} else "",
        "ui_urls": SimpleLazyObject(
            lambda: {
                "home": _address("home") or "/",
                "report": _address("incidents:new"),
                "mine": _address("incidents:mine"),
                "search": _address("search") or _address("incidents:board"),
                "palette": _address("palette"),
                "places": lambda: places(lines),  # asked for by the palette alone
                "profile": _address("profile"),
                "oncall": _address("governance:oncall"),
                "login": _address("account_login"),
            }
        ),
    }
