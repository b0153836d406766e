"""The approval policy in force as people read it: which change needs whom, and whether there are such people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from django.db.models import CharField, Value
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents import redline
from governance.documents.approval import Approval, Band, Model, Requirement, Rule, When, Who
from governance.documents.labels import LABELS
from governance.models import ChangeRequest, Document
from governance.models.changes import OPEN_STATES, ChangeAction, ChangeModel, ChangeState
from governance.models.changes import Band as BandWords
from governance.models.versions import Kind
from governance.reads import approval as reads
from governance.reads import changes, named, sentences
from governance.reads.documents import PinnedVersion
from governance.rules import approval
from governance.rules.approval_facts import ChangeFacts, PanelFacts, Standing, Verdict
from portal import access, roles
from portal.models import User
from portal.reads.home import Item

NAMES = 6
WARNING = "governance/policy/_repaired.html"
INSTALL = "manage.py policy install --seat EMAIL:FUNCTION --seat EMAIL:FUNCTION"
KIND = "approval"


def unconfirmed() -> Any:
    """(template, when) while the policy in force came by a repair that no normal change has confirmed since."""
    rows = ChangeRequest.objects.filter(
        document__kind=KIND, model=ChangeModel.REPAIR, state=ChangeState.PUBLISHED, published_at__isnull=False
    )
    named = rows.annotate(name=Value(WARNING, output_field=CharField()))
    return named.order_by().values_list("name", "published_at")


def card(user: User, *, at: datetime) -> list[Item]:
    """Without a policy nothing can be approved: whoever can do something about that hears of it; one query."""
    if not user.is_superuser and not {roles.GOVERNANCE_ADMIN, roles.OPERATOR} & set(access.groups(user).values()):
        return []
    if Document.objects.filter(kind=KIND, effective_version__isnull=False).exists():
        return []
    return [
        Item(
            title=_("Install the first approval policy"),
            reason=_("Without one nothing can be approved. On the server: %(command)s") % {"command": INSTALL},
            url=reverse("governance:approval-policy"),
            button=_("See"),
            tone="warn",
        )
    ]


# What it says


@dataclass(frozen=True)
class Need:
    """A requirement in words: who is asked, how many have to agree, what else holds, and whom that means today."""

    title: str
    who: str
    how: str
    notes: tuple[str, ...]
    people: tuple[str, ...]
    more: int
    problem: str = ""


@dataclass(frozen=True)
class Row:
    """A rule: which changes it is for, in words, and what they need; nothing when they are approved in advance."""

    title: str
    when: tuple[str, ...]
    pre_approved: bool
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Shown:
    """The policy in force: its rules, the review after an emergency, and what a change of itself comes to."""

    policy: PinnedVersion[Approval]
    rows: tuple[Row, ...]
    afterwards: tuple[Need, ...]
    own: Verdict
    drafts: tuple[ChangeRequest, ...]

    @property
    def problems(self) -> int:
        """How many requirements nobody can satisfy today."""
        return sum(bool(need.problem) for row in self.rows for need in row.needs)

    @property
    def sentence(self) -> str:
        return sentences.said(self.own.sentence)


def shown(*, at: datetime) -> Shown | None:
    """The policy in force as people read it; None: there is none. A constant number of queries."""
    policy = reads.in_force()
    if policy is None:
        return None
    document = Document.objects.select_related("effective_version").get(pk=policy.document)
    reader = _Reader(policy.content, changes.content(document.effective_version), document, at)
    drafts = ChangeRequest.objects.filter(document=document, state__in=OPEN_STATES).select_related("requested_by")
    return Shown(
        policy,
        tuple(reader.row(row) for row in policy.content.rows),
        tuple(reader.needs(policy.content.retrospective, When(models=("emergency",)))),
        reader.verdict(policy.content, When(kinds=("approval",))),
        tuple(drafts.order_by("-requested_at")),
    )


class _Reader:
    """Reads rules with the people of today: those who hold a responsibility hold it for the company."""

    def __init__(self, policy: Approval, content: dict[str, Any], document: Document, at: datetime) -> None:
        self.policy, self.at = policy, at
        self.panel: PanelFacts = reads.panel(document, policy, at=at)
        self.names, self.titles = named.Named([content]), named.titles()

    def row(self, row: Rule) -> Row:
        when = tuple(_when(row.when, pre_approved=row.pre_approved))
        return Row(row.title, when, row.pre_approved, tuple(self.needs(row.needs, row.when)))

    def needs(self, needs: Sequence[Requirement], when: When) -> Iterable[Need]:
        """Each requirement by itself, since later stages would not say yet whom they ask."""
        for need in sorted(needs, key=lambda item: item.opens):
            alone = need.model_copy(update={"stage": 1})
            rule = Rule(key="alone", title=need.title, needs=(alone,))
            verdict = self.verdict(self.policy.model_copy(update={"rows": (rule,)}), when)
            yield self._need(need, verdict.standings[0] if verdict.standings else None)

    def verdict(self, policy: Approval, when: When) -> Verdict:
        """What a change that `when` is for needs, whoever asks for it."""
        return approval.forecast(policy, _facts(when), self.panel, self.at)

    def _need(self, need: Requirement, standing: Standing | None) -> Need:
        who = capfirst(self._who(need.who))
        people = dict.fromkeys((*standing.waits_for, *standing.eligible)) if standing else {}
        known = [self.panel.people[key].name for key in people if key in self.panel.people]
        problem = sentences.said(standing.sentence) if standing and not standing.satisfiable else ""
        how = _how(need)
        return Need(
            need.title,
            "" if who == need.title else who,
            how,
            tuple(self._notes(need)),
            tuple(known[:NAMES]),
            len(known[NAMES:]),
            problem,
        )

    def _who(self, who: Who) -> str:
        if who.role is not None:
            return _("whoever is %(role)s") % {"role": who.role.replace("_", " ")}
        value = who.model_dump(mode="json", exclude_none=True, exclude={"function"})
        if who.kind == "responsibility":
            title = self._said(value)
            return _("responsible for “%(title)s”") % {"title": title}
        name = self.names.name(who.kind, who.ref) or self._said(value)  # type: ignore[arg-type]
        if who.function:
            return _("%(board)s (%(function)s)") % {"board": name, "function": who.function}
        return _("team %(name)s") % {"name": name} if who.kind == "team" else name

    def _said(self, value: dict[str, Any]) -> str:
        return redline.in_words("who", value, name=self.names.name, say=sentences.said, titles=self.titles)

    def _notes(self, need: Requirement) -> Iterable[str]:
        if need.validates_risk:
            yield _("says first how risky it is")
        elif need.stage > 1:
            yield _("after stage %(stage)s") % {"stage": need.stage - 1}
        if need.veto:
            yield _("one veto stops it")
        if need.confirm:
            yield _("signs in anew for it")
        if need.turnaround_minutes:
            yield _("within %(time)s") % {"time": sentences.lasting(need.turnaround_minutes)}
        for who, words in ((need.alternate, _("then also: %(who)s")), (need.next, _("at last: %(who)s"))):
            if who is not None:
                yield words % {"who": self._who(who)}
        if need.tie_breaker is not None:
            yield _("when they disagree: %(who)s") % {"who": self._who(need.tie_breaker)}


def _facts(when: When) -> ChangeFacts:
    """A change of nobody that `when` is for."""
    return ChangeFacts(
        kind=when.kinds[0] if when.kinds else "matrix",
        model=next((model for model in when.models if model != "standard"), "normal"),
        action=when.actions[0] if when.actions else "publish",
        band=when.bands[0] if when.bands else "low",
        criticalities=frozenset(when.criticalities),
        parts=frozenset(when.parts),
        digest="",
        requester=reads.NOBODY,
    )


def _when(when: When, *, pre_approved: bool) -> Iterable[str]:
    """Which changes a rule is for, each condition in words; a list that names all there is says nothing."""
    kinds = [capfirst(str(Kind(kind).label)) for kind in when.kinds]
    yield ", ".join(kinds) if kinds else _("Every document")
    models = [str(ChangeModel(model).label) for model in when.models]
    if models and len(models) < len(get_args(Model)) and not pre_approved:
        yield _("changes: %(models)s") % {"models": ", ".join(models)}
    if when.actions and not pre_approved:
        yield _("to: %(actions)s") % {"actions": ", ".join(str(ChangeAction(item).label) for item in when.actions)}
    if when.bands and len(when.bands) < len(get_args(Band)):
        yield _("risk: %(bands)s") % {"bands": ", ".join(str(BandWords(item).label) for item in when.bands)}
    if when.criticalities:
        yield _("criticality: %(levels)s") % {
            "levels": ", ".join(str(BandWords(item).label) for item in when.criticalities)
        }
    if when.parts:
        text = _("only: %(parts)s") if pre_approved else _("touching: %(parts)s")
        parts = _parts(when.parts)
        yield text % {"parts": ", ".join(parts[:NAMES]) + (" …" if parts[NAMES:] else "")}


def _parts(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(sentences.said(LABELS.get(name, name.replace("_", " "))) for name in names))


def _how(need: Requirement) -> str:
    match need.how:
        case "any":
            return _("one of them")
        case "all":
            return _("all of them")
        case "percent":
            return _("%(number)s %% of them") % {"number": need.number}
    return ngettext("%(number)s of them", "%(number)s of them", need.number) % {"number": need.number}
