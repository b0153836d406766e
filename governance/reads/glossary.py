"""The glossary in force, and where its words stand in a text (D68)."""

from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property

from governance.documents.facts import WorkflowFacts
from governance.documents.glossary import Glossary, Term
from governance.documents.terms_in_text import Segment
from governance.models import Workflow
from governance.reads import documents, people
from governance.reads.documents import PinnedVersion
from governance.rules import scoping


def in_force(workflow: Workflow | WorkflowFacts | None = None) -> PinnedVersion[Glossary] | None:
    """The glossary for `workflow`, the most specific one; without it the company's. None: there is none yet."""
    found = scoping.applicable(documents.in_force("glossary").glossaries(), workflow=people.workflow_facts(workflow))
    return found if isinstance(found, PinnedVersion) else None


@dataclass
class Terms:
    """What the texts of one page are searched for. Read when the first text asks: one query for each page.

    `skip` are keys of terms that are not marked, such as the one that is being explained.
    """

    workflow: Workflow | WorkflowFacts | None = None
    skip: Set[str] = field(default_factory=frozenset)

    @cached_property
    def glossary(self) -> PinnedVersion[Glossary] | None:
        return in_force(self.workflow)

    def besides(self, key: str) -> "Terms":
        """The same without the term `key`."""
        other = Terms(self.workflow, self.skip | {key})
        other.__dict__["glossary"] = self.glossary
        return other

    def begun(self) -> set[str]:
        """The terms that count as marked before a text begins; to be given to `segments`, which adds to it."""
        return set(self.skip)

    def segments(self, text: str, *, seen: set[str]) -> list[Segment]:
        """`text` in pieces; each term is marked where it stands first."""
        if self.glossary is None:
            return [Segment(text)] if text else []
        return self.glossary.content.matcher.segments(text, seen=seen)

    def term(self, key: str) -> Term | None:
        return self.glossary.content.term_by_key.get(key) if self.glossary is not None else None
