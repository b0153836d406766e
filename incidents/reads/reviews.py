"""Reviews that a person may read: those that wait for them first, then the open and the published ones."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.rules import learning
from incidents.models import ActionItem, Finding, Hypothesis, Incident, Postmortem
from incidents.models.reviews import PROMPTS, Section
from portal import access as judge
from portal import registry
from portal.models import User
from portal.reads import keyset
from portal.reads.home import Item

VIEWS = ("open", "mine", "published")
MOST = 50
SECTIONS = [section for section in Section if section not in PROMPTS]


@dataclass(frozen=True)
class Page:
    """`mine` waits for the reader; `rows` is a page of the others, `newer` and `older` are queries."""

    mine: list[Postmortem]
    rows: list[Postmortem]
    newer: str
    older: str


@dataclass(frozen=True)
class Written:
    title: str
    text: str


@dataclass(frozen=True)
class Standing:
    """One review as it stands: what it says by section, what is `missing`, and what hangs on it."""

    review: Postmortem
    texts: dict[str, str]
    missing: list[str]
    hypotheses: list[Hypothesis]
    findings: list[Finding]
    actions: list[ActionItem]

    @property
    def is_open(self) -> bool:
        return self.review.state == Postmortem.State.OPEN

    @property
    def written(self) -> list[Written]:
        """What is written, in the order of the report."""
        return [Written(str(each.label), self.texts[each]) for each in Section if self.texts.get(each, "").strip()]

    @property
    def open_findings(self) -> list[Finding]:
        """What should lead to a change and has not yet."""
        return [row for row in self.findings if row.closed_at is None and row.kind != Finding.Kind.WENT_WELL]


def seen(user: User) -> QuerySet[Postmortem]:
    """The reviews that `user` may read: of incidents that they may open."""
    return Postmortem.objects.filter(incident__in=Incident.objects.visible_to(user))


def get(user: User, reference: str) -> Postmortem:
    """Raises Postmortem.DoesNotExist, also when `user` may not know of it."""
    rows = Postmortem.objects.select_related("incident__workflow", "incident__team", "owner", "handed_by")
    found = rows.get(reference=reference)
    if not judge.can(user, "view", found.incident):
        raise Postmortem.DoesNotExist
    return found


def waiting(user: User) -> list[Postmortem]:
    """The open reviews that `user` writes, the soonest first; one query, and none when the page has asked before."""
    rows = Postmortem.objects.filter(owner=user, state=Postmortem.State.OPEN).select_related("incident")
    return judge.once(user, "reviews.waiting", lambda: list(rows.order_by("due_at", "pk")[:MOST]))


def page(user: User, view: str, *, after: str = "", before: str = "") -> Page:
    """What `user` writes and, as `view` says, a page of the open or the published ones."""
    first = not (after or before)
    mine = waiting(user) if view == "mine" or (view == "open" and first) else []
    if view == "mine":
        return Page(mine, [], "", "")
    rows = seen(user).select_related("incident", "owner")
    if view == "published":
        cut = keyset.cut(rows.filter(state="published"), "-opened_at", "-id", after=after, before=before)
    else:
        others = rows.filter(state="open").exclude(pk__in=[row.pk for row in waiting(user)])
        cut = keyset.cut(others, "due_at", "id", after=after, before=before)
    return Page(mine, list(cut.rows), cut.newer, cut.older)


def standing(review: Postmortem) -> Standing:
    """What `review` says; four queries."""
    texts = dict(review.sections.values_list("section", "text"))
    return Standing(
        review,
        texts,
        learning.missing(review.required, texts),
        list(review.hypotheses.select_related("owner", "evidence", "judged_by").order_by("number")),
        list(review.findings.select_related("module", "playbook", "change", "hypothesis").order_by("number")),
        list(ActionItem.objects.filter(incident=review.incident).select_related("owner").order_by("due_at", "pk")),
    )


def home(user: User, *, at: datetime) -> list[Item]:
    """Reviews that I write and that are not published."""
    return [
        Item(
            title=_("Write the review: %(title)s") % {"title": row.incident.title},
            reason=_("The incident does not close before it is published.")
            if row.is_demanded
            else _("It was asked for."),
            url=row.get_absolute_url(),
            button=_("Write"),
            due_at=row.due_at,
            start=row.opened_at,
            severity=row.incident.severity,
        )
        for row in waiting(user)
    ]


def register() -> None:
    registry.home_cards.add("incidents.reviews", home)
