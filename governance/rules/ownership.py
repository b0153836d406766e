"""Who is responsible: one deciding row per question, or an explained gap (D1, D6, D10, I17).

Per cell the order is: the workflow's row, then the team's row, both in the team's document; then the row of the
criticality, then the default row, both in the company's document. At equal rank a named severity beats `any`;
in one cell R decides before A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Literal
from uuid import UUID

from governance.documents.base import Holder, Pinned
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import ON_CALL, Matrix, Row
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules import oncall, stand_ins
from governance.rules.resolution import Candidate, DecidedBy, Group, Matrices, Resolution, WhyNot

__all__ = ["Candidate", "DecidedBy", "Group", "Matrices", "Resolution", "WhyNot", "deciding", "expand", "resolve"]
__all__ += ["responsible_for_stage"]

ROW = _("%(document)s, row %(row)s: %(place)s.")
CELL = _("%(place)s, %(severity)s")
ANY_SEVERITY = _("any severity")
OUTRANKED = _("%(document)s, row %(row)s: %(place)s; %(deciding)s decides first.")
ONLY = _("%(document)s, row %(row)s: %(place)s, %(severity)s and %(letter)s only.")
OF_WORKFLOW = _("the row of the workflow %(workflow)s")
OF_TEAM = _("the row of the owning team")
OF_TRIAGE_TEAM = _("the row of the triage team")
TO_TRIAGE_TEAM = _("an unknown workflow belongs to the triage team")
OF_CRITICALITY = {
    "high": _("the row of high criticality"),
    "medium": _("the row of medium criticality"),
    "low": _("the row of low criticality"),
}
COMPANY = _("the company default")
NO_ROW = _("No row says who is responsible for %(title)s at %(severity)s.")
NOBODY = _("Nobody can be told for %(title)s: %(place)s names only people who are away or no longer active.")
ANSWERS = _("%(title)s: %(names)s, by %(place)s.")
AND = _("%(names)s and %(name)s")
THEN = _("%(names)s, then %(name)s")
IN_ROLE = _("%(person)s, in the role %(role)s.")
ALTERNATE = _("%(person)s, alternate %(position)d.")
IN_TEAM = _("in the team %(team)s")
IN_PERSON = _("named in person")
NO_ROLE = _("Nobody holds the role %(role)s.")
NO_MEMBERS = _("The team %(team)s has no members.")
NO_SCHEDULE = _("This on-call schedule does not exist or is no longer used.")
NOT_YET = {"board": _("A board cannot be told yet.")}
NOT_THIS = _("This holder cannot be told.")


def resolve(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    people: PeopleFacts,
    at: datetime,
    *,
    letters: tuple[str, ...] = ("R", "A"),
) -> Resolution:
    """Who answers for `responsibility` of `workflow` (None = unknown: the triage team) at `severity` and time `at`.

    `letters` in order of preference inside one cell; pass ("C",) or ("I",) for consulted or informed. The last
    answer is kept with `people`: workflows of one team and criticality share it, unless they have own rows.
    """
    own = _own(matrices, workflow)
    whose: object = workflow.criticality if workflow is not None else None
    if workflow is not None and own is not None and ("workflow", workflow.id, responsibility) in own.content.cells:
        whose = workflow
    key = (id(matrices.company), id(own), whose, responsibility, severity, letters)
    kept = people.known.get(key)
    if kept is not None and kept[0] == at:
        answer: Resolution = kept[1]
        return answer
    answer = _resolve(matrices, workflow, responsibility, severity, people, at, letters)
    people.known[key] = at, answer, matrices.company, own  # whose ids nobody else may get
    return answer


def _own(matrices: Matrices, workflow: WorkflowFacts | None) -> Pinned[Matrix] | None:
    """The document of the owning team, for an unknown workflow that of the triage team."""
    if workflow is not None:
        return matrices.teams.get(workflow.team) if workflow.team is not None else None
    team = matrices.company.content.triage_team if matrices.company is not None else None
    return matrices.teams.get(team) if team is not None else None


def _resolve(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    people: PeopleFacts,
    at: datetime,
    letters: tuple[str, ...],
) -> Resolution:
    ranked = list(_ranked(matrices, workflow, responsibility, severity, letters))
    title = _title(matrices, workflow, responsibility)
    if not ranked:
        why = _other_severities(matrices, workflow, responsibility, letters)
        sentence = NO_ROW % {"title": title, "severity": severity.upper()}
        return Resolution(responsibility, severity, why_not=why, sentence=sentence)
    pinned, row, place = ranked[0]
    groups, left_out = _groups(matrices, workflow, row, people, at)
    because = ROW % {"document": pinned.name, "row": row.key, "place": place}
    why_not = [
        WhyNot(other.key, OUTRANKED % {"document": doc.name, "row": other.key, "place": where, "deciding": place})
        for doc, other, where in ranked[1:]
    ]
    return Resolution(
        responsibility,
        severity,
        groups=groups,
        letter=row.letter,
        acknowledge_minutes=row.acknowledge_minutes,
        decide_minutes=row.decide_minutes,
        decided_by=DecidedBy(pinned.document, pinned.digest, row.key, because),
        why_not=(*left_out, *why_not),
        sentence=_sentence(title, groups, place),
    )


Ranked = tuple[Pinned[Matrix], Row, str]


def deciding(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    *,
    letters: tuple[str, ...] = ("R", "A"),
) -> Ranked | None:
    """The row that decides, with its document and the place it speaks for; `resolve` without the people."""
    return next(_ranked(matrices, workflow, responsibility, severity, letters), None)


def _ranked(
    matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str, severity: str, letters: tuple[str, ...]
) -> Iterator[Ranked]:
    """Every row that could decide, the deciding one first, with the place it speaks for."""
    for pinned, kind, ref in _places(matrices, workflow):
        if kind == "triage_team":
            row = _triage_row(pinned, responsibility, severity, letters)
            if row is not None:
                yield pinned, row, TO_TRIAGE_TEAM
            continue
        for row in _fitting(pinned.content, kind, ref, responsibility, severity, letters):
            named = ANY_SEVERITY if row.severity == "any" else row.severity.upper()
            yield pinned, row, CELL % {"place": _place(kind, workflow), "severity": named}


def _places(
    matrices: Matrices, workflow: WorkflowFacts | None
) -> Iterator[tuple[Pinned[Matrix], str, UUID | str | None]]:
    """(document, scope kind, scope ref) in the order in which they decide."""
    company, own = matrices.company, _own(matrices, workflow)
    team = workflow.team if workflow is not None else (company.content.triage_team if company else None)
    if own is not None:
        if workflow is not None:
            yield own, "workflow", workflow.id
        yield own, "team", team
    if company is None:
        return
    if workflow is None:
        yield company, "triage_team", team
    elif workflow.criticality:
        yield company, "criticality", workflow.criticality
    yield company, "default", None


def _place(kind: str, workflow: WorkflowFacts | None) -> Sentence:
    """The scope `kind` in words."""
    if kind == "default":
        return COMPANY
    if workflow is None:
        return OF_TRIAGE_TEAM if kind == "team" else TO_TRIAGE_TEAM
    if kind == "workflow":
        return OF_WORKFLOW % {"workflow": workflow.name}
    return OF_TEAM if kind == "team" else OF_CRITICALITY[workflow.criticality]


def _triage_row(company: Pinned[Matrix], responsibility: str, severity: str, letters: tuple[str, ...]) -> Row | None:
    """The triage team answers first for a workflow that nobody can name: on call, and what detects and triages.

    Those whom the company default names stand in for it.
    """
    team, duty = company.content.triage_team, company.content.responsibility_by_key.get(responsibility)
    early = responsibility == ON_CALL or (duty is not None and {"detect", "triage"} & set(duty.stages))
    if team is None or not early or not {"R", "A"} & set(letters):
        return None
    default = next(_fitting(company.content, "default", None, responsibility, severity, letters), None)
    alternates = (default.holder, *default.alternates) if default is not None else ()
    return Row(
        key="triage_team",
        responsibility=responsibility,
        letter="R",
        holder=Holder(team=team),
        alternates=alternates,
        acknowledge_minutes=default.acknowledge_minutes if default is not None else None,
        decide_minutes=default.decide_minutes if default is not None else None,
    )


def _fitting(
    content: Matrix, kind: str, ref: UUID | str | None, responsibility: str, severity: str, letters: tuple[str, ...]
) -> Iterator[Row]:
    """The rows of one cell that fit, a named severity before any, then in the order of `letters`."""
    rows = content.cells.get((kind, ref, responsibility))
    if not rows:
        return
    for named in (severity, "any"):
        for letter in letters:
            yield from (row for row in rows if row.severity == named and row.letter == letter)


def _other_severities(
    matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str, letters: tuple[str, ...]
) -> tuple[WhyNot, ...]:
    """Rows of the same responsibility that do not fit, for the explanation of a gap."""
    found = []
    for pinned, kind, ref in _places(matrices, workflow):
        for row in pinned.content.cells.get((kind, ref, responsibility), ()):
            said = {"document": pinned.name, "row": row.key, "place": _place(kind, workflow), "letter": row.letter}
            named = ANY_SEVERITY if row.severity == "any" else row.severity.upper()
            found.append(WhyNot(row.key, ONLY % {**said, "severity": named}))
    return tuple(found)


def _groups(
    matrices: Matrices, workflow: WorkflowFacts | None, row: Row, people: PeopleFacts, at: datetime
) -> tuple[tuple[Group, ...], tuple[WhyNot, ...]]:
    """Holder and alternates as groups of people who can be told, nobody twice, and who was left out.

    The last answer is kept with `people`: many workflows share a row. A role may be the team's own.
    """
    by_role = any(holder.role is not None for holder in (row.holder, *row.alternates))
    documents = (_own(matrices, workflow), matrices.company) if by_role else (None, None)
    key = (id(row), *map(id, documents))
    kept = people.known.get(key)
    if kept is None or kept[0] != at:
        kept = people.known[key] = at, _stand(matrices, workflow, row, people, at), row, documents
    answer: tuple[tuple[Group, ...], tuple[WhyNot, ...]] = kept[1]
    return answer


def _stand(
    matrices: Matrices, workflow: WorkflowFacts | None, row: Row, people: PeopleFacts, at: datetime
) -> tuple[tuple[Group, ...], tuple[WhyNot, ...]]:
    groups: list[Group] = []
    left_out: list[WhyNot] = []
    seen: set[UUID] = set()
    for position, holder in enumerate((row.holder, *row.alternates)):
        found, missing = expand(matrices, workflow, holder.kind, holder.ref, people, at)
        left_out.extend(WhyNot(row.key, item.sentence) for item in missing)
        fresh = []
        for candidate in found:
            if candidate.person in seen:
                continue
            seen.add(candidate.person)
            if position:
                via = "alternate" if candidate.via == "holder" else candidate.via
                sentence = ALTERNATE % {"person": candidate.sentence.clause, "position": position}
                candidate = Candidate(candidate.person, candidate.name, via, sentence)
            fresh.append(candidate)
        if fresh:
            groups.append(Group(position, tuple(fresh)))
    return tuple(groups), tuple(left_out)


def _sentence(title: str, groups: tuple[Group, ...], place: str) -> Sentence:
    if not groups:
        return NOBODY % {"title": title, "place": place}
    names = [_chain(AND, [person.name for person in group.people]) for group in groups]
    return ANSWERS % {"title": title, "names": _chain(THEN, names), "place": place}


def _chain(link: Sentence, names: list[str]) -> str:
    """`names` linked two by two, from the left."""
    return reduce(lambda names, name: link % {"names": names, "name": name}, names)


def _title(matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str) -> str:
    for pinned in _documents(matrices, workflow):
        duty = pinned.content.responsibility_by_key.get(responsibility)
        if duty is not None:
            return duty.title
    return responsibility


def _documents(matrices: Matrices, workflow: WorkflowFacts | None) -> Iterator[Pinned[Matrix]]:
    """The team's document, then the company's."""
    own = _own(matrices, workflow)
    if own is not None:
        yield own
    if matrices.company is not None:
        yield matrices.company


def responsible_for_stage(
    matrices: Matrices, workflow: WorkflowFacts | None, stage: str, severity: str, people: PeopleFacts, at: datetime
) -> list[Resolution]:
    """One resolution per responsibility that covers `stage` (D1), company's first, then the team's own."""
    duties = dict.fromkeys(
        duty.key
        for pinned in reversed(list(_documents(matrices, workflow)))
        for duty in pinned.content.responsibilities
        if stage in duty.stages
    )
    return [resolve(matrices, workflow, key, severity, people, at) for key in duties]


def expand(
    matrices: Matrices, workflow: WorkflowFacts | None, kind: str, ref: UUID | str, people: PeopleFacts, at: datetime
) -> tuple[list[Candidate], list[WhyNot]]:
    """The people behind a `role`, `person`, `team` or `schedule`: active, absent ones replaced by their cover."""
    found: list[Candidate] = []
    missing: list[WhyNot] = []
    if kind == "role":
        held = (doc.content.role_by_key.get(str(ref)) for doc in _documents(matrices, workflow))
        role = next((role for role in held if role is not None), None)
        if role is None or not role.holders:
            return [], [WhyNot(str(ref), NO_ROLE % {"role": role.title if role else ref})]
        for holder in role.holders:
            if holder.kind == "role":
                continue
            inner, left = expand(matrices, workflow, holder.kind, holder.ref, people, at)
            found += [
                replace(item, sentence=IN_ROLE % {"person": item.sentence.clause, "role": role.title}) for item in inner
            ]
            missing += left
    elif kind == "team" and isinstance(ref, UUID):
        team = people.teams.get(ref)
        if team is None or not team.members:
            return [], [WhyNot(str(ref), NO_MEMBERS % {"team": team.name if team else ref})]
        how = IN_TEAM % {"team": team.name}
        for member in team.members:
            _add(stand_ins.find(member, how, people, at), found, missing)
    elif kind == "person" and isinstance(ref, UUID):
        _add(stand_ins.find(ref, IN_PERSON, people, at), found, missing)
    elif kind == "schedule" and isinstance(ref, UUID):
        schedule = people.schedules.get(ref)
        if schedule is None:
            return [], [WhyNot(str(ref), NO_SCHEDULE)]
        _add(oncall.standing(schedule, people, at), found, missing)
    else:
        missing.append(WhyNot(str(ref), NOT_YET.get(kind, NOT_THIS)))
    unique = {candidate.person: candidate for candidate in reversed(found)}
    return [unique[person] for person in dict.fromkeys(candidate.person for candidate in found)], missing


def _add(answer: stand_ins.StandIn | oncall.Standing, found: list[Candidate], missing: list[WhyNot]) -> None:
    """Put whoever answers among `found`, nobody among `missing`."""
    if answer.person is None:
        missing.append(WhyNot(str(answer.asked or ""), answer.sentence))
    else:
        via: Literal["cover", "holder"] = "cover" if answer.person.id != answer.asked else "holder"
        found.append(Candidate(answer.person.id, answer.person.name, via, answer.sentence))
