"""A decision beside itself under other facts or rules (D78). Reads only: the rules are pure, and nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.base import Pinned
from governance.models import Version
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import replaying
from governance.rules.ownership import Matrices
from governance.rules.replaying import Played, Setting
from incidents.models import DecisionRecord, EscalationEvent
from incidents.reads.decision_page import Case, title_of
from incidents.reads.decision_words import ENDS, OUTCOMES, word

VERSIONS = 50  # of one document that can be chosen


@dataclass(frozen=True)
class Asked:
    """What is changed: versions by id; `at` is when it is asked."""

    severity: str
    risk: str
    category: str
    at: datetime
    given: Mapping[str, str]
    policy: UUID
    matrix: UUID | None


@dataclass(frozen=True)
class Known:
    """What can be chosen: (key, title) each; `asked` is how it really was, `needed` names data of all levels."""

    asked: Asked
    categories: list[tuple[str, str]]
    policies: list[tuple[str, str]]
    matrices: list[tuple[str, str]]
    needed: list[str]


def known(case: Case, *, at: datetime) -> Known:
    """How it was, and which versions there are; three queries."""
    decision, run = case.decision, case.run
    company = case.matrices.company
    matrix = getattr(company, "version", None) if company is not None else None
    asked = Asked(
        severity=decision.severity,
        risk=decision.risk,
        category=decision.category,
        at=decision.opened_at,
        given=dict(decision.given),
        policy=run.policy_id,
        matrix=matrix,
    )
    names = [*decision.given, *(name for level in case.policy.content.levels for name in level.required_data)]
    return Known(
        asked=asked,
        categories=[(item.key, item.title) for item in case.policy.content.exceptions],
        policies=_versions(case.policy.document, run.policy_id),
        matrices=_versions(company.document, matrix) if company is not None and matrix is not None else [],
        needed=list(dict.fromkeys(names)),
    )


def _versions(document: UUID, used: UUID) -> list[tuple[str, str]]:
    """Every frozen version of `document`, the newest first; the one that was used and the one in force say so."""
    rows = Version.objects.filter(document_id=document, frozen_at__isnull=False).order_by("-number")
    found = []
    for pk, number, title, force in rows.values_list(
        "pk", "number", "document__title", "document__effective_version_id"
    )[:VERSIONS]:
        words = _("%(title)s, version %(number)s") % {"title": title, "number": number}
        marks = [_("as it was")] * (pk == used) + [_("in force now")] * (pk == force)
        found.append((str(pk), f"{words} ({', '.join(marks)})" if marks else words))
    return found


@dataclass(frozen=True)
class Line:
    """One level in words: who, what they may choose, what is missing, who of them has the authority."""

    title: str
    at: datetime
    until: datetime | None
    names: list[str]
    permitted: list[str]
    missing: list[str]
    able: list[str]
    beyond: str


@dataclass(frozen=True)
class Would:
    """How it would have gone."""

    lines: list[Line]
    row: str
    refused: list[str]
    is_unknown: bool
    ends: str
    rules: list[str]


def play(case: Case, asked: Asked, *, at: datetime) -> Would:
    """`case` as `asked`, with the people of now; one query for people and one for versions not read before."""
    setting = setting_of(case, asked)
    played = replaying.play(setting, people.facts(asked.at), asked.at)
    return _would(setting, played)


def setting_of(case: Case, asked: Asked) -> Setting:
    """The facts and rules as `asked` has them."""
    decision = case.decision
    wanted = {asked.policy, *([asked.matrix] if asked.matrix is not None else [])}
    rows = Version.objects.filter(pk__in=wanted, frozen_at__isnull=False).values_list("pk", "digest")
    found = documents.pinned(list(rows))
    company = found[asked.matrix] if asked.matrix is not None else case.matrices.company
    return Setting(
        policy=found[asked.policy],
        matrices=Matrices(company, case.matrices.teams),
        workflow=case.workflow,
        severity=asked.severity,
        risk=asked.risk,
        name=decision.name,
        category=asked.category,
        offered=case.choices,
        safe_default=decision.safe_default,
        given=asked.given,
        lead=decision.lead_id,
        lead_title=_("Whoever leads the incident"),
    )


def _would(setting: Setting, played: Played) -> Would:
    lines = []
    for stage in played.stages:
        beyond = next((able.refused for able in stage.able if able.refused is not None), None)
        lines.append(
            Line(
                title=title_of(stage.step),
                at=stage.at,
                until=stage.until if stage.until > stage.at else None,
                names=[tell.name for tell in stage.telling.tells],
                permitted=[choice.title for choice in stage.permitted],
                missing=list(stage.missing),
                able=[able.name for able in stage.able if able.ways],
                beyond=said(beyond.sentence) if beyond is not None else "",
            )
        )
    every: list[Pinned[Any]] = [setting.policy, *([setting.matrices.company] if setting.matrices.company else [])]
    return Would(
        lines=lines,
        row=played.row.title if played.row is not None else "",
        refused=[choice.title for choice in played.refused],
        is_unknown=played.is_unknown,
        ends=str(ENDS[played.ends]),
        rules=[_("%(title)s, version %(number)s") % {"title": item.title, "number": item.number} for item in every],
    )


@dataclass(frozen=True)
class Was:
    """How it really went: (title, first time, names) of each level, and the outcome."""

    lines: list[tuple[str, datetime, list[str]]]
    outcome: str
    tone: str
    by: str
    at: datetime | None


def really(case: Case) -> Was:
    """What the engine did; two queries."""
    titles = {step.level: said(step.title) for step in case.plan.steps}
    rows = EscalationEvent.objects.filter(run=case.run, outcome="told").exclude(kind="news").order_by("id")
    levels: dict[tuple[int, str, int], tuple[str, datetime, list[str]]] = {}
    for generation, key, number, name, at in rows.values_list("generation", "level_key", "round", "user__name", "at"):
        line = levels.setdefault((generation, key, number), (titles.get(key, key), at, []))
        line[2].append(name or "")
    record = DecisionRecord.objects.filter(request=case.decision).select_related("by").order_by("-number").first()
    state = case.decision.state
    ways = {choice.key: choice.title for choice in case.choices}
    outcome = str(OUTCOMES.get(state, word(case.decision)))
    if record is not None and record.choice:
        outcome = f"{outcome}: {ways.get(record.choice, record.choice)}"
    return Was(
        list(levels.values()),
        outcome,
        "ok" if state == "decided" else "",
        str(record.by) if record is not None and record.by is not None else "",
        case.decision.ended_at,
    )
