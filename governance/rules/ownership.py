"""Who is responsible: one deciding row per question, or an explained gap (D1, D6, D10, I17).

``ranking`` says which row decides; here its holder and alternates become the people who can be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Matrix, Row
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules import oncall, ranking, stand_ins
from governance.rules.ranking import Ranked
from governance.rules.resolution import Candidate, DecidedBy, Group, Matrices, Resolution, WhyNot

__all__ = ["Candidate", "DecidedBy", "Group", "Matrices", "Ranked", "Resolution", "WhyNot", "deciding", "expand"]
__all__ += ["resolve", "responsible_for_stage"]

ROW = _("%(document)s, row %(row)s: %(place)s.")
OUTRANKED = _("%(document)s, row %(row)s: %(place)s; %(deciding)s decides first.")
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
NO_BOARD = _("This board does not exist or is no longer used.")
NO_SEATS = _("Nobody sits on the board %(board)s now.")
NOT_THIS = _("This holder cannot be told.")
Expanded = tuple[tuple[Candidate, ...], tuple[WhyNot, ...]]
"""Who is there, and who is not and why."""
MOST_KNOWN = 20_000
"""So many questions are remembered with one document."""


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
    own = ranking.own_document(matrices, workflow)
    whose: object = workflow.criticality if workflow is not None else None
    if workflow is not None and own is not None and ("workflow", workflow.id, responsibility) in own.content.cells:
        whose = (workflow.id, workflow.name, workflow.criticality)
    key = (id(matrices.company), id(own), whose, responsibility, severity, letters)
    kept = people.known.get(key)
    if kept is not None and kept[0] == at:
        answer: Resolution = kept[1]
        return answer
    question = _question(key, matrices, own, workflow, responsibility, severity, letters)
    answer = _resolve(question, matrices, workflow, people, at)
    people.known[key] = at, answer, matrices.company, own  # whose ids nobody else may get
    return answer


@dataclass(frozen=True, slots=True)
class _Question:
    """What the documents say about one question, whoever is there: they never change, so it is found out once.

    Without a row that decides, `gap` is the answer.
    """

    responsibility: str
    severity: str
    title: str
    row: Row | None = None
    place: Sentence = Sentence("")
    decided_by: DecidedBy | None = None
    outranked: tuple[WhyNot, ...] = ()
    holders: tuple[tuple[str, UUID | str], ...] = ()
    by_role: bool = False
    gap: Resolution | None = None


def _question(
    key: object,
    matrices: Matrices,
    own: Pinned[Matrix] | None,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    letters: tuple[str, ...],
) -> _Question:
    """The question `key`, remembered with its nearest document."""
    nearest = own or matrices.company
    if nearest is None:
        return _asked(matrices, workflow, responsibility, severity, letters)
    known = nearest.known
    kept = known.get(key)
    if kept is None:
        if len(known) > MOST_KNOWN:
            known.clear()
        question = _asked(matrices, workflow, responsibility, severity, letters)
        kept = known[key] = question, matrices.company, own  # whose ids nobody else may get
    answer: _Question = kept[0]
    return answer


def _asked(
    matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str, severity: str, letters: tuple[str, ...]
) -> _Question:
    found = list(ranking.ranked(matrices, workflow, responsibility, severity, letters))
    title = _title(matrices, workflow, responsibility)
    if not found:
        why = ranking.other_severities(matrices, workflow, responsibility)
        sentence = NO_ROW % {"title": title, "severity": severity.upper()}
        return _Question(
            responsibility, severity, title, gap=Resolution(responsibility, severity, why_not=why, sentence=sentence)
        )
    (pinned, row, _kind), place = found[0], ranking.place(found[0], workflow)
    because = ROW % {"document": pinned.name, "row": row.key, "place": place}
    outranked = []
    for item in found[1:]:
        said = {"document": item.pinned.name, "row": item.row.key, "place": ranking.place(item, workflow)}
        outranked.append(WhyNot(item.row.key, OUTRANKED % {**said, "deciding": place}))
    holders = tuple((holder.kind, holder.ref) for holder in (row.holder, *row.alternates))
    decided_by = DecidedBy(pinned.document, pinned.digest, row.key, because)
    by_role = any(kind == "role" for kind, _ref in holders)
    return _Question(responsibility, severity, title, row, place, decided_by, tuple(outranked), holders, by_role)


def _resolve(
    question: _Question, matrices: Matrices, workflow: WorkflowFacts | None, people: PeopleFacts, at: datetime
) -> Resolution:
    row = question.row
    if row is None or question.gap is not None:
        return question.gap or Resolution(question.responsibility, question.severity)
    stand = _standing(question, row, matrices, workflow, people, at)
    said = {"title": question.title, "names": stand.names, "place": question.place}
    return Resolution(
        question.responsibility,
        question.severity,
        groups=stand.groups,
        letter=row.letter,
        acknowledge_minutes=row.acknowledge_minutes,
        decide_minutes=row.decide_minutes,
        decided_by=question.decided_by,
        why_not=(*stand.left_out, *question.outranked),
        sentence=(ANSWERS if stand.groups else NOBODY) % said,
    )


def deciding(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    *,
    letters: tuple[str, ...] = ("R", "A"),
) -> Ranked | None:
    """The row that decides, with its document and what it speaks for; `resolve` without the people."""
    return next(ranking.ranked(matrices, workflow, responsibility, severity, letters), None)


class _Standing(NamedTuple):
    """Holder and alternates of a row as groups of people who can be told, nobody twice; their names in one text."""

    groups: tuple[Group, ...]
    left_out: tuple[WhyNot, ...]
    names: str


def _standing(
    question: _Question, row: Row, matrices: Matrices, workflow: WorkflowFacts | None, people: PeopleFacts, at: datetime
) -> _Standing:
    """Who stands behind `row`. The last answer is kept with `people`: many workflows share a row.

    A role may be the team's own, so its answer is kept for the team's document.
    """
    documents: tuple[Any, ...] = ()
    if question.by_role:
        documents = (ranking.own_document(matrices, workflow), matrices.company)
    key = (id(row), *map(id, documents))
    kept = people.known.get(key)
    if kept is None or kept[0] != at:
        kept = people.known[key] = at, _stand(question.holders, row.key, matrices, workflow, people, at), row, documents
    answer: _Standing = kept[1]
    return answer


def _stand(
    holders: tuple[tuple[str, UUID | str], ...],
    key: str,
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    people: PeopleFacts,
    at: datetime,
) -> _Standing:
    groups: list[Group] = []
    left_out: list[WhyNot] = []
    seen: set[UUID] = set()
    for position, (kind, ref) in enumerate(holders):
        found, missing = expand(matrices, workflow, kind, ref, people, at)
        for gone in missing:
            left_out.append(WhyNot(key, gone.sentence))
        fresh = [_alternate(item, position) if position else item for item in found if item.person not in seen]
        for item in fresh:
            seen.add(item.person)
        if fresh:
            groups.append(Group(position, tuple(fresh)))
    names = [_chain(AND, [person.name for person in group.people]) for group in groups]
    return _Standing(tuple(groups), tuple(left_out), _chain(THEN, names) if names else "")


def _alternate(item: Candidate, position: int) -> Candidate:
    """`item` who stands in at `position`, not as the holder."""
    sentence = ALTERNATE % {"person": item.sentence.clause, "position": position}
    return Candidate(item.person, item.name, "alternate" if item.via == "holder" else item.via, sentence)


def _chain(link: Sentence, names: list[str]) -> str:
    """`names` linked two by two, from the left."""
    linked = names[0]
    for name in names[1:]:
        linked = link % {"names": linked, "name": name}
    return linked


def _title(matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str) -> str:
    for pinned in ranking.documents(matrices, workflow):
        duty = pinned.content.responsibility_by_key.get(responsibility)
        if duty is not None:
            return duty.title
    return responsibility


def responsible_for_stage(
    matrices: Matrices, workflow: WorkflowFacts | None, stage: str, severity: str, people: PeopleFacts, at: datetime
) -> list[Resolution]:
    """One resolution per responsibility that covers `stage` (D1), company's first, then the team's own."""
    duties = dict.fromkeys(
        duty.key
        for pinned in reversed(list(ranking.documents(matrices, workflow)))
        for duty in pinned.content.responsibilities
        if stage in duty.stages
    )
    return [resolve(matrices, workflow, key, severity, people, at) for key in duties]


def expand(
    matrices: Matrices, workflow: WorkflowFacts | None, kind: str, ref: UUID | str, people: PeopleFacts, at: datetime
) -> Expanded:
    """The people behind a `role`, `person`, `team`, `schedule` or `board`: active, absent ones replaced.

    An absence has its cover; an absent member of a board has the seat's deputy before that.
    All but a role mean the same in every document; the last answer is kept with `people`.
    """
    if kind == "role":
        return _expand_role(matrices, workflow, str(ref), people, at)
    kept = people.known.get((kind, ref))
    if kept is None or kept[0] != at:
        kept = people.known[kind, ref] = at, _expand_outside(kind, ref, people, at)
    answer: Expanded = kept[1]
    return answer


def _expand_role(
    matrices: Matrices, workflow: WorkflowFacts | None, key: str, people: PeopleFacts, at: datetime
) -> Expanded:
    held = (doc.content.role_by_key.get(key) for doc in ranking.documents(matrices, workflow))
    role = next((role for role in held if role is not None), None)
    if role is None or not role.holders:
        return (), (WhyNot(key, NO_ROLE % {"role": role.title if role else key}),)
    found: list[Candidate] = []
    missing: list[WhyNot] = []
    for holder in role.holders:
        if holder.kind == "role":
            continue
        inner, left = expand(matrices, workflow, holder.kind, holder.ref, people, at)
        found += [
            replace(item, sentence=IN_ROLE % {"person": item.sentence.clause, "role": role.title}) for item in inner
        ]
        missing += left
    return _once(found), tuple(missing)


def _expand_outside(kind: str, ref: UUID | str, people: PeopleFacts, at: datetime) -> Expanded:
    found: list[Candidate] = []
    missing: list[WhyNot] = []
    if kind == "team" and isinstance(ref, UUID):
        team = people.teams.get(ref)
        if team is None or not team.members:
            return (), (WhyNot(str(ref), NO_MEMBERS % {"team": team.name if team else ref}),)
        how = IN_TEAM % {"team": team.name}
        for member in team.members:
            _add(stand_ins.find(member, how, people, at), found, missing)
    elif kind == "person" and isinstance(ref, UUID):
        _add(stand_ins.find(ref, IN_PERSON, people, at), found, missing)
    elif kind == "schedule" and isinstance(ref, UUID):
        schedule = people.schedules.get(ref)
        if schedule is None:
            return (), (WhyNot(str(ref), NO_SCHEDULE),)
        _add(oncall.standing(schedule, people, at), found, missing)
    elif kind == "board" and isinstance(ref, UUID):
        board = people.boards.get(ref)
        seats = [seat for seat in board.seats if seat.is_held_on(at.astimezone(UTC).date())] if board else []
        if board is None or not seats:
            return (), (WhyNot(str(ref), NO_SEATS % {"board": board.name} if board else NO_BOARD),)
        for seat in seats:
            _add(stand_ins.of_seat(board, seat, people, at), found, missing)
    else:
        missing.append(WhyNot(str(ref), NOT_THIS))
    return _once(found), tuple(missing)


def _once(found: list[Candidate]) -> tuple[Candidate, ...]:
    """`found` without those who were there before."""
    first: dict[UUID, Candidate] = {}
    for item in found:
        first.setdefault(item.person, item)
    return tuple(first.values())


def _add(answer: stand_ins.StandIn | oncall.Standing, found: list[Candidate], missing: list[WhyNot]) -> None:
    """Put whoever answers among `found`, nobody among `missing`."""
    if answer.person is None:
        missing.append(WhyNot(str(answer.asked or ""), answer.sentence))
    else:
        via: Literal["cover", "holder"] = "cover" if answer.person.id != answer.asked else "holder"
        found.append(Candidate(answer.person.id, answer.person.name, via, answer.sentence))
