"""From symptom to likely causes: what the rubric and the failure patterns of the playbook know of it (D85)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from governance.documents.rubric import Cause, Rubric
from governance.reads import documents, playbooks
from governance.rules import matching
from incidents.models import Hypothesis, Incident
from incidents.reads import proposals
from incidents.reads.steps import Course
from portal import limits

DIGITS = 8


@dataclass(frozen=True)
class Likely:
    """A cause that is known. `key` stays the same while its words do; `hypothesis` tests it here, if any does."""

    key: str
    text: str
    hypothesis: Hypothesis | None


@dataclass(frozen=True)
class Checklist:
    """What a symptom or a failure pattern, `title`, usually comes from; `fits`: it stands in what was reported."""

    title: str
    causes: tuple[Likely, ...]
    fits: bool


def checklists(incident: Incident, course: Course, hypotheses: Iterable[Hypothesis]) -> list[Checklist]:
    """Symptoms of the rubric by which `incident` was rated, and patterns of its scenario; what fits stands first."""
    tested = {row.cause: row for row in hypotheses if row.cause}
    words = frozenset[str]().union(*(matching.telling(text.text) for text in proposals.texts_of(incident)))

    def checklist(key: str, title: str, marks: Sequence[str], causes: Sequence[str]) -> Checklist:
        keys = [(cause_key(key, cause), cause) for cause in causes]
        likely = tuple(Likely(name, cause, tested.get(name)) for name, cause in keys)
        fits = any(matching.share(mark, words) for mark in matching.marks("symptom", *marks))
        return Checklist(title, likely, fits)

    found = [checklist(row.key, row.symptom, [row.symptom], row.causes) for row in _symptoms(incident) if row.causes]
    if course.scenario is not None:
        pinned = playbooks.pinned_modules(course.scenario.modules)
        for module in pinned.values():
            if module.content.causes:
                content = module.content
                found.append(checklist(str(module.document), module.title, content.symptoms, content.causes))
    return sorted(found, key=lambda item: not item.fits)


def cause_key(source: str, cause: str) -> str:
    """The key of `cause` among those of `source`: it follows from the words, so that another version keeps it."""
    digest = hashlib.blake2s(cause.strip().casefold().encode(), digest_size=DIGITS // 2).hexdigest()
    return f"{source[: limits.KEY_LENGTH - DIGITS - 1]}/{digest}"


def _symptoms(incident: Incident) -> Sequence[Cause]:
    score = incident.scores.select_related("rubric").defer("rubric__content").order_by("-id").first()
    if score is None:
        return ()
    content: Rubric = documents.pinned({(score.rubric_id, score.rubric.digest)})[score.rubric_id].content
    return content.symptoms
