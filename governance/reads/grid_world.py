"""What the grid is painted from: the matrices in force and one person's drafts of them, people, and who may edit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents import base
from governance.documents.cells import Stale
from governance.documents.facts import PeopleFacts
from governance.models import ChangeRequest, Document
from governance.reads import assignments, documents, drafts, learned, people
from governance.reads.grid_pending import Wish
from governance.reads.grid_rows import Key
from governance.reads.holders import Holders
from governance.rules import ownership
from portal import access
from portal.models import User


class World:
    """Documents in force and one person's drafts of them, read once: what the page and a single cell need."""

    def __init__(self, by: User, at: datetime) -> None:
        self.by, self.at = by, at
        self.now = documents.matrices()
        self.folk: PeopleFacts = people.facts(at)
        self.learned = learned.facts(at)
        self.requests = list(drafts.open_of(by))
        self.late: list[Stale] = []
        self.wishes: dict[Key, list[Wish]] = {}
        company, own = self.now.company, dict(self.now.teams)
        for request in self.requests:
            draft = drafts.of(request.document, request)
            self.late += draft.late
            pinned = self._pinned(request, draft.content)
            team = drafts.team_of(request.document)
            if team is None:
                company = pinned
            else:
                own[team] = pinned
        self.shown = ownership.Matrices(company, own)
        self.holders = Holders(self.shown, self.folk)

    def _pinned(self, request: ChangeRequest, content: dict[str, Any]) -> documents.PinnedVersion[Any]:
        text = base.canonical(content)
        typed = base.load("matrix", text)
        return documents.PinnedVersion(
            request.document_id, base.digest(text), typed, request.document.title, request.version.number
        )

    def refusal(self, team: UUID | None) -> str:
        """Why the person may not draft the matrix of `team` (None: the company's)."""
        kind = "default" if team is None else "team"
        planned = Document(kind="matrix", scope_kind=kind, scope_value=str(team or ""))
        return access.can(self.by, "draft", planned).reason

    def columns(self) -> list[tuple[str, str]]:
        """Every responsibility, the company's in their order, then those that only teams define."""
        found = dict(assignments.responsibilities(self.shown, None))
        for pinned in self.shown.teams.values():
            for duty in pinned.content.responsibilities:
                found.setdefault(duty.key, duty.title)
        return list(found.items())
