"""Which playbook to work by: those that fit the process, ranked by what is known of the incident (D45-D50)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from governance.documents.playbook import Playbook
from governance.documents.sentences import Sentence as stored
from governance.reads import documents, playbooks
from governance.reads.documents import PinnedVersion
from governance.reads.sentences import said
from governance.rules import matching
from incidents.models import Event, Incident
from incidents.reads import pins

IN_REPORT = stored("the report")
IN_PARTS = stored("the parts concerned")
IN_EVENTS = stored("what machines sent")
EVENTS = 10  # of an incident that are read, the first ones
FACTS = ("title", "reason", "description", "component")
REASONS = 2  # that are shown of each


@dataclass(frozen=True)
class Proposal:
    """A playbook in force that fits the process. `scenario` is the key of the one that fits best, "" none does.

    `reasons` say why, in the reader's language; nothing speaks for it in particular where there are none.
    """

    playbook: PinnedVersion[Playbook]
    scenario: str
    title: str
    reasons: tuple[str, ...]
    score: float


def ranked(incident: Incident) -> list[Proposal]:
    """Every playbook that may be chosen for `incident`, the one that fits best first; of equal ones the most specific.

    Besides what ``pins.fitting`` asks, one query; what is known of each version is prepared once in a process.
    """
    found = pins.fitting(incident.workflow)
    texts = texts_of(incident) if found else []
    return sorted((_proposal(item, texts) for item in found), key=lambda proposal: -proposal.score)


def best(incident: Incident) -> Proposal | None:
    """The playbook for which most speaks; None where nothing speaks for any."""
    first = next(iter(ranked(incident)), None)
    return first if first is not None and first.score > 0 else None


def _proposal(item: PinnedVersion[Playbook], texts: Sequence[matching.Text]) -> Proposal:
    matches = matching.rank(_known(item.version, item.digest), texts)
    first = matches[0]
    reasons = tuple(said(reason) for reason in first.reasons[:REASONS])
    is_known = first.score > 0 or len(matches) == 1
    return Proposal(item, first.scenario if is_known else "", first.title if is_known else "", reasons, first.score)


@lru_cache(maxsize=512)
def _known(version: UUID, digest: str) -> tuple[matching.Candidate, ...]:
    """The scenarios of a frozen version of a playbook with their marks; at most two queries, once in a process."""
    content: Playbook = documents.pinned([(version, digest)])[version].content
    modules = playbooks.pinned_modules(content.pins)
    named = [
        (scenario.key, found.title, found.content)
        for scenario in content.scenarios
        for pin in scenario.modules
        if (found := modules.get((pin.module, pin.digest))) is not None
    ]
    return matching.candidates(content, named)


def texts_of(incident: Incident) -> list[matching.Text]:
    """What is known of `incident`: reports of people, the parts concerned, facts of events; one query."""
    report = "\n".join(filter(None, (incident.title, incident.description, incident.just_before)))
    texts = [matching.Text(IN_REPORT, report)]
    if incident.components:
        texts.append(matching.Text(IN_PARTS, " ".join(str(name) for name in incident.components)))
    events = Event.objects.filter(incident=incident).order_by("pk").values_list("facts", flat=True)[:EVENTS]
    words = "\n".join(_words(facts) for facts in events)
    return [*texts, matching.Text(IN_EVENTS, words)] if words.strip() else texts


def _words(facts: Any) -> str:
    return "\n".join(str(facts[name]) for name in FACTS if facts.get(name)) if isinstance(facts, dict) else ""
