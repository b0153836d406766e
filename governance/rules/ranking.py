"""Which row decides: the order of the rows that answer one question, without asking who is there (D1, D10).

Per cell the order is: the workflow's row, then the team's row, both in the team's document; then the row of the
criticality, then the default row, both in the company's document. At equal rank a named severity beats `any`;
in one cell R decides before A.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from governance.documents.base import Holder, Pinned
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import ON_CALL, Matrix, Row
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules.resolution import Matrices, WhyNot

CELL = _("%(place)s, %(severity)s")
ANY_SEVERITY = _("any severity")
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


class Ranked(NamedTuple):
    """A row that could decide: in which document it stands, and for which `kind` of scope it speaks."""

    pinned: Pinned[Matrix]
    row: Row
    kind: str


def own_document(matrices: Matrices, workflow: WorkflowFacts | None) -> Pinned[Matrix] | None:
    """The document of the owning team, for an unknown workflow that of the triage team."""
    if workflow is not None:
        return matrices.teams.get(workflow.team) if workflow.team is not None else None
    team = matrices.company.content.triage_team if matrices.company is not None else None
    return matrices.teams.get(team) if team is not None else None


def documents(matrices: Matrices, workflow: WorkflowFacts | None) -> Iterator[Pinned[Matrix]]:
    """The documents that may decide about `workflow`: the team's, then the company's."""
    own = own_document(matrices, workflow)
    if own is not None:
        yield own
    if matrices.company is not None:
        yield matrices.company


def ranked(
    matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str, severity: str, letters: tuple[str, ...]
) -> Iterator[Ranked]:
    """Every row that could decide, the deciding one first."""
    for pinned, kind, ref in _places(matrices, workflow):
        if kind == "triage_team":
            row = _triage_row(pinned, responsibility, severity, letters)
            if row is not None:
                yield Ranked(pinned, row, kind)
            continue
        for row in fitting(pinned.content, kind, ref, responsibility, severity, letters):
            yield Ranked(pinned, row, kind)


def fitting(
    content: Matrix, kind: str, ref: UUID | str | None, responsibility: str, severity: str, letters: tuple[str, ...]
) -> Iterator[Row]:
    """The rows of one cell that fit, a named severity before any, then in the order of `letters`."""
    asked = content.questions.get((kind, ref, responsibility))
    if asked is None:
        return
    for named in (severity, "any"):
        for letter in letters:
            yield from asked.get((named, letter), ())


def place(item: Ranked, workflow: WorkflowFacts | None) -> Sentence:
    """What the row of `item` speaks for, in words."""
    if item.kind == "triage_team":
        return TO_TRIAGE_TEAM
    return CELL % {"place": _scope(item.kind, workflow), "severity": _severity(item.row)}


def other_severities(matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str) -> tuple[WhyNot, ...]:
    """Rows of the same responsibility that do not fit, for the explanation of a gap."""
    found = []
    for pinned, kind, ref in _places(matrices, workflow):
        for row in pinned.content.cells.get((kind, ref, responsibility), ()):
            said = {"document": pinned.name, "row": row.key, "place": _scope(kind, workflow), "letter": row.letter}
            found.append(WhyNot(row.key, ONLY % {**said, "severity": _severity(row)}))
    return tuple(found)


def _places(
    matrices: Matrices, workflow: WorkflowFacts | None
) -> Iterator[tuple[Pinned[Matrix], str, UUID | str | None]]:
    """(document, scope kind, scope ref) in the order in which they decide."""
    company, own = matrices.company, own_document(matrices, workflow)
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


def _scope(kind: str, workflow: WorkflowFacts | None) -> Sentence:
    """The scope `kind` in words."""
    if kind == "default":
        return COMPANY
    if workflow is None:
        return OF_TRIAGE_TEAM if kind == "team" else TO_TRIAGE_TEAM
    if kind == "workflow":
        return OF_WORKFLOW % {"workflow": workflow.name}
    return OF_TEAM if kind == "team" else OF_CRITICALITY[workflow.criticality]


def _severity(row: Row) -> str:
    return ANY_SEVERITY if row.severity == "any" else row.severity.upper()


def _triage_row(company: Pinned[Matrix], responsibility: str, severity: str, letters: tuple[str, ...]) -> Row | None:
    """The triage team answers first for a workflow that nobody can name: on call, and what detects and triages.

    Those whom the company default names stand in for it.
    """
    team, duty = company.content.triage_team, company.content.responsibility_by_key.get(responsibility)
    early = responsibility == ON_CALL or (duty is not None and {"detect", "triage"} & set(duty.stages))
    if team is None or not early or not {"R", "A"} & set(letters):
        return None
    default = next(fitting(company.content, "default", None, responsibility, severity, letters), None)
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
