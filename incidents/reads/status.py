"""What status pages show: what was told to their audiences, and nothing else of an incident (I14, D62).

Title, state and times come from the updates that were sent; only whether the incident is over, or resolved without a
word about it yet, is asked of it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.communication import PLACEHOLDERS, SCALE, Audience, DataClass
from governance.models import Workflow
from governance.reads import documents
from governance.rules import meetings
from governance.rules.meetings import PAGES, Page
from incidents import access
from incidents.models import Incident, StatusUpdate
from incidents.models.incidents import IncidentState
from incidents.reads import audiences, reports
from portal import access as portal_access
from portal import roles
from portal.models import User

PAST = timedelta(days=90)
MOST = 2000  # updates that are read for a page, the newest ones
LISTED = 50  # of what is over
OVER = ("resolved", "wrap_up")
ENDED = (IncidentState.CLOSED, IncidentState.DECLINED, IncidentState.DUPLICATE)
TITLES: dict[str, str | Promise] = {
    "public": gettext_lazy("For everybody"),
    "partners": gettext_lazy("For partners"),
    "internal": gettext_lazy("For everybody inside the company"),
    "executives": gettext_lazy("For senior leadership"),
}
CLASSES: dict[Page, DataClass] = {
    "public": "public",
    "partners": "public",
    "internal": "internal",
    "executives": "restricted",
}
"""The highest class that a page shows."""
STATES: dict[str, tuple[str, str | Promise]] = {
    "opened": ("warn", gettext_lazy("We are looking into it")),
    "update": ("warn", gettext_lazy("We are working on it")),
    "workaround": ("info", gettext_lazy("It works in another way for now")),
    "delayed": ("bad", gettext_lazy("It takes longer than we said")),
    "resolved": ("ok", gettext_lazy("It works again")),
    "wrap_up": ("ok", gettext_lazy("It works again")),
}
MENDED: tuple[str, str | Promise] = ("info", gettext_lazy("It should work again, and we are making sure"))


@dataclass(frozen=True)
class News:
    """One update that was sent. `lines` are (question, answer) where it has no text of its own."""

    at: datetime
    event: str
    title: str
    text: str
    lines: list[tuple[str, str]]
    technical: str
    expected_at: datetime | None
    next_at: datetime | None
    audience: str = ""

    @property
    def tone(self) -> str:
        return STATES.get(self.event, STATES["update"])[0]

    @property
    def state(self) -> str:
        return str(STATES.get(self.event, STATES["update"])[1])


@dataclass(frozen=True)
class Trouble:
    """An incident as it was told: `news` newest first, never empty. `audience` is whom it was told to last.

    `is_mended`: it was resolved, which nobody has told this audience yet.
    """

    reference: str
    news: list[News]
    is_over: bool
    is_mended: bool = False

    @property
    def title(self) -> str:
        return next((item.title for item in self.news if item.title), _("We are looking into a problem"))

    @property
    def earlier(self) -> int:
        """How many updates there were before the latest."""
        return len(self.news) - 1

    @property
    def latest(self) -> News:
        return self.news[0]

    @property
    def tone(self) -> str:
        return MENDED[0] if self.is_mended else self.latest.tone

    @property
    def state(self) -> str:
        return str(MENDED[1]) if self.is_mended else self.latest.state

    @property
    def since(self) -> datetime:
        return self.news[-1].at

    @property
    def audience(self) -> str:
        return self.latest.audience


@dataclass(frozen=True)
class Status:
    """A whole page. `up` are processes about which nothing is open that the reader may know of; only inside."""

    page: Page
    current: list[Trouble] = field(default_factory=list)
    past: list[Trouble] = field(default_factory=list)
    up: list[Workflow] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(TITLES[self.page])


def readable(user: Any, *, at: datetime) -> list[Page]:
    """The pages that `user` may read, in their order; nobody who has not signed in reads more than the public one."""
    if not user.is_authenticated or not user.is_active:
        return ["public"]
    return [page for page in PAGES if page != "executives" or _leads(user, at)]


def _leads(user: User, at: datetime) -> bool:
    if roles.AUDITOR in portal_access.groups(user).values():
        return True
    return leadership(user, at=at)


def leadership(user: User, *, at: datetime) -> bool:
    """Whether `user` belongs to an audience of senior leadership."""
    return bool(audiences.belongs(user, _of_page("executives"), at=at))


def _every() -> list[tuple[UUID | None, Audience]]:
    """Every audience of the plans in force, with the version of its plan."""
    plans = documents.in_force("communication").plans()
    return [(plan.version, audience) for plan in plans for audience in plan.content.audiences]


def _of_page(page: Page) -> list[Audience]:
    return [audience for _version, audience in _every() if meetings.page_of(audience) == page]


def status(page: Page, user: User | None, *, at: datetime) -> Status:
    """The page for `user`, who may read it (None: nobody has signed in); a constant number of queries."""
    rows = StatusUpdate.objects.filter(state=StatusUpdate.State.SENT, sent_at__gt=at - PAST, sent_at__lte=at)
    rows = rows.filter(incident__kind=Incident.Kind.INCIDENT).select_related("incident", "plan")
    known = _Known(page, user, at)
    told: dict[UUID, list[StatusUpdate]] = defaultdict(list)
    for row in rows.order_by("-sent_at", "-pk")[:MOST]:
        if known.shows(row):
            told[row.incident_id].append(row)
    found = [_trouble(page, each, known) for each in told.values()]
    return Status(
        page,
        current=[trouble for trouble in found if not trouble.is_over],
        past=[trouble for trouble in found if trouble.is_over][:LISTED],
        up=_up(user) if page in ("internal", "executives") and user is not None else [],
    )


class _Known:
    """Which update belongs on a page for a reader: by the audience that it was written for, in its own plan."""

    def __init__(self, page: Page, user: User | None, at: datetime) -> None:
        self.page, self.user, self.at = page, user, at
        self._plans: dict[UUID, dict[str, Audience]] = {}
        self._force = {audience.key: audience for _version, audience in _every()}
        self._mine: set[str] | None = None
        self._seen: set[UUID] | None = None

    def audience(self, row: StatusUpdate) -> Audience | None:
        if row.plan is None:
            return self._force.get(row.audience)
        if row.plan.pk not in self._plans:
            plan = documents.pinned([(row.plan.pk, row.plan.digest)])[row.plan.pk]
            self._plans[row.plan.pk] = plan.content.audience_by_key
        return self._plans[row.plan.pk].get(row.audience)

    def shows(self, row: StatusUpdate) -> bool:
        audience = self.audience(row)
        if audience is None or meetings.page_of(audience) != self.page:
            return False
        if self.page == "public" or not (row.incident.is_restricted or self.page == "executives"):
            return True
        return audience.key in self.mine or row.incident_id in self.seen

    @property
    def mine(self) -> set[str]:
        """Keys of the audiences to which the reader belongs; auditors read as everybody."""
        if self._mine is None:
            user = self.user
            if user is None:
                self._mine = set()
            elif roles.AUDITOR in portal_access.groups(user).values():
                self._mine = set(self._force)
            else:
                self._mine = audiences.belongs(user, list(self._force.values()), at=self.at)
        return self._mine

    @property
    def seen(self) -> set[UUID]:
        """Restricted incidents that the reader may open all the same."""
        if self._seen is None:
            rows = Incident.objects.visible_to(self.user) if self.user is not None else Incident.objects.none()
            self._seen = set(rows.filter(is_restricted=True).values_list("pk", flat=True)[:MOST])
        return self._seen


def _trouble(page: Page, rows: Sequence[StatusUpdate], known: _Known) -> Trouble:
    incident = rows[0].incident
    news = [_news(page, row, known.audience(row)) for row in rows]
    is_over = rows[0].event in OVER or incident.state in ENDED
    return Trouble(incident.reference, news, is_over, not is_over and incident.state == IncidentState.RESOLVED)


def _news(page: Page, row: StatusUpdate, audience: Audience | None) -> News:
    lines = [] if row.business.strip() else answered(row, CLASSES[page])
    technical = row.technical if audience is not None and audience.detail == "technical" else ""
    assert row.sent_at is not None
    return News(
        row.sent_at,
        row.event,
        row.subject,
        row.business,
        lines,
        technical,
        row.expected_at,
        row.next_at,
        row.audience,
    )


def answered(row: StatusUpdate, limit: DataClass) -> list[tuple[str, str]]:
    """(question, answer) of an update as far as its answers are of class `limit` or lower, by what they stand for."""
    words = {
        "what": _("What happened"),
        "impact": _("What it means for you"),
        "meanwhile": _("What you can do meanwhile"),
        "doing": _("What is being done"),
    }
    found = []
    for key, word in words.items():
        text = str(row.answers.get(key) or "").strip()
        if text and SCALE.index(PLACEHOLDERS[key].data_class) <= SCALE.index(limit):
            found.append((word, text))
    return found


def _up(user: User) -> list[Workflow]:
    """Processes of which the reader knows no open incident; two queries."""
    down = set(access.knowable(user).values_list("workflow_id", flat=True))
    return [workflow for workflow in reports.processes() if workflow.pk not in down]


def as_json(found: Status, *, at: datetime) -> dict[str, Any]:
    """The page for machines: {page, title, made_at, all_well, current: [trouble], past: [trouble]}.

    A trouble is {reference, title, state, since, over, mended, news: [{at, state, title, text, expected_at, next_at}]},
    newest news first. Times are ISO 8601 in UTC or null; `state` is opened, update, workaround, delayed, resolved or
    wrap_up.
    """
    return {
        "page": found.page,
        "title": found.title,
        "made_at": at,
        "all_well": not found.current,
        "current": [_json(trouble) for trouble in found.current],
        "past": [_json(trouble) for trouble in found.past],
    }


def _json(trouble: Trouble) -> dict[str, Any]:
    return {
        "reference": trouble.reference,
        "title": trouble.title,
        "state": trouble.latest.event,
        "since": trouble.since,
        "over": trouble.is_over,
        "mended": trouble.is_mended,
        "news": [
            {
                "at": item.at,
                "state": item.event,
                "title": item.title,
                "text": item.text or "\n".join(f"{word}: {text}" for word, text in item.lines),
                "expected_at": item.expected_at,
                "next_at": item.next_at,
            }
            for item in trouble.news
        ],
    }
