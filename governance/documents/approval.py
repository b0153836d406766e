"""The approval policy: which change needs whose approval (D52, D53, P16). No matching row = not approved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from governance.documents.base import Content, Criticality, Key, Minutes, Part, Scope, Title
from governance.documents.sentences import Sentence as _

Band = Literal["low", "medium", "high"]
BANDS: tuple[Band, ...] = ("low", "medium", "high")
"""Risk bands, the lowest first."""
Model = Literal["standard", "normal", "emergency"]
Action = Literal["publish", "retire", "restore"]
Governed = Literal["matrix", "escalation", "rubric", "module", "playbook", "approval", "communication", "glossary"]
How = Literal["any", "number", "percent", "all"]
WhoKind = Literal["person", "team", "board", "role", "responsibility"]
PartName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""What a change touches: a section or a field of a document (`rollback`, `levels`, `authority`)."""
WEEK = 7 * 24 * 60


class Who(Part):
    """Who is asked: exactly one of person, team, board (ids), permission role, responsibility (keys).

    `function` narrows a board to its seats of that function. A permission role is written with underscores
    (`governance_admin`); a responsibility is that of the matrix for whatever the changed document is for.
    """

    person: UUID | None = None
    team: UUID | None = None
    board: UUID | None = None
    function: Annotated[str, StringConstraints(max_length=200)] = ""
    role: Key | None = None
    responsibility: Key | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Who:
        given = (self.person, self.team, self.board, self.role, self.responsibility)
        if sum(value is not None for value in given) != 1:
            raise ValueError(_("name exactly one of person, team, board, role, responsibility"))
        if self.function and self.board is None:
            raise ValueError(_("only a board has functions"))
        return self

    @property
    def kind(self) -> WhoKind:
        for name in ("person", "team", "board", "role"):
            if getattr(self, name) is not None:
                return name
        return "responsibility"

    @property
    def ref(self) -> UUID | str:
        """The id of the person, team or board, or the key of the role or responsibility."""
        return getattr(self, self.kind)  # type: ignore[no-any-return]


class Requirement(Part):
    """Approvals that a change needs: from whom, how many, and what happens when they are silent (D52).

    Stages open one after the other; a requirement that validates the risk comes before all of them, and each of its
    approvals says a band. `number` counts people or percent, as `how` says. One veto stops the change where `veto` is
    on. With `confirm` an approval counts only when the reviewer has signed in anew for it. After the turnaround the
    alternate is asked too, after twice that time the next authority; a timeout never approves. When approvals and an
    objection stand against each other, the tie-breaker decides.
    """

    key: Key
    title: Title
    stage: Annotated[int, Field(ge=1, le=5)] = 1
    who: Who
    how: How = "any"
    number: Annotated[int, Field(ge=1, le=1000)] = 1
    veto: bool = False
    confirm: bool = False
    validates_risk: bool = False
    turnaround_minutes: Minutes | None = None
    alternate: Who | None = None
    next: Who | None = None
    tie_breaker: Who | None = None

    @property
    def opens(self) -> int:
        """The stage in which it is asked; 0 comes before every other."""
        return 0 if self.validates_risk else self.stage


class When(Part):
    """Which changes a row is for; an empty list means any. Criticalities and parts are those that a change touches."""

    kinds: tuple[Governed, ...] = ()
    models: tuple[Model, ...] = ()
    actions: tuple[Action, ...] = ()
    bands: tuple[Band, ...] = ()
    criticalities: tuple[Criticality, ...] = ()
    parts: tuple[PartName, ...] = ()


class Rule(Part):
    """Changes that match need all of `needs`; a pre-approved row lets a standard change through by itself (D53)."""

    key: Key
    title: Title
    when: When = When()
    pre_approved: bool = False
    needs: tuple[Requirement, ...] = ()


class Question(Part):
    """A question about the risk of a change; yes means at least this band."""

    key: Key
    question: Title
    band_if_yes: Band = "medium"


class Approval(Content):
    """Which change needs whose approval. Every matching row's needs apply together.

    `shelf_life_days`: an approved change that nobody publishes expires. `respond_minutes` is the requester's own
    deadline, which pauses while reviewers hold the ball. `retrospective` is who judges an emergency change afterwards,
    within `retrospective_hours`. Changes of a model in `freeze_exempt` may take effect in a freeze.
    """

    scope: Scope = Scope()
    rows: tuple[Rule, ...] = ()
    risk: tuple[Question, ...] = ()
    blocking_comments: bool = True
    respond_minutes: Minutes = WEEK
    shelf_life_days: Annotated[int, Field(ge=1, le=365)] = 30
    retrospective_hours: Annotated[int, Field(ge=1, le=720)] = 72
    retrospective: tuple[Requirement, ...] = ()
    freeze_exempt: tuple[Model, ...] = ()

    def requirements(self) -> Iterator[tuple[str, Requirement]]:
        """Every requirement with the pointer to it, those of the retrospective review last."""
        for row in self.rows:
            for need in row.needs:
                yield f"/rows/{row.key}/needs/{need.key}", need
        for need in self.retrospective:
            yield f"/retrospective/{need.key}", need
