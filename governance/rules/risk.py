"""How risky a change is: the highest of the answers, what it touches, and what its requester says (D52).

A stated band counts when it is the higher one; it never lowers what was calculated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from governance.documents.approval import BANDS, Approval, Band
from governance.documents.labels import LABELS
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _

PARTS: dict[str, Band] = {
    "rollback": "high",
    "integrity": "high",
    "limits": "high",
    "authority": "high",
    "fallback": "medium",
    "levels": "medium",
    "paths": "medium",
    "containment": "medium",
    "remediation": "medium",
    "options": "medium",
}
"""Parts of documents whose change is risky by itself: ways back, checks of the data, who may decide what."""
CRITICALITY: dict[str, Sentence] = {
    "high": _("it touches workflows of high criticality"),
    "medium": _("it touches workflows of medium criticality"),
    "low": _("it touches workflows of low criticality"),
}
ANSWERED = _("yes to “%(question)s”")
TOUCHES = _("it touches “%(part)s”")
STATED = _("whoever asked for it says so")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the risk is at least `band`."""

    band: Band
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Risk:
    """The band, and every reason for one, the highest first; those of `band` itself have decided."""

    band: Band
    reasons: tuple[Reason, ...] = ()

    @property
    def deciding(self) -> tuple[Sentence, ...]:
        return tuple(reason.sentence for reason in self.reasons if reason.band == self.band)


def calculated(
    policy: Approval | None, yes: Collection[str], criticalities: Collection[str], parts: Collection[str]
) -> Risk:
    """The risk of a change: `yes` are keys of the policy's questions, the others are what the change touches."""
    return _risk([*_answers(policy, yes), *_touched(criticalities, parts)])


def with_stated(risk: Risk, stated: Band | None) -> Risk:
    """`risk`, raised to what the requester says where that is higher."""
    if stated is None or BANDS.index(stated) <= BANDS.index(risk.band):
        return risk
    return _risk([*risk.reasons, Reason(stated, STATED)])


def higher(one: Band, other: Band) -> Band:
    return max(one, other, key=BANDS.index)


def _answers(policy: Approval | None, yes: Collection[str]) -> Iterator[Reason]:
    for question in policy.risk if policy is not None else ():
        if question.key in yes:
            yield Reason(question.band_if_yes, ANSWERED % {"question": question.question})


def _touched(criticalities: Collection[str], parts: Collection[str]) -> Iterator[Reason]:
    for band in reversed(BANDS):
        if band in criticalities:
            yield Reason(band, CRITICALITY[band])
    for part in sorted(set(parts) & PARTS.keys()):
        yield Reason(PARTS[part], TOUCHES % {"part": LABELS.get(part, part)})


def _risk(reasons: Collection[Reason]) -> Risk:
    ordered = sorted(reasons, key=lambda reason: -BANDS.index(reason.band))
    return Risk(ordered[0].band if ordered else BANDS[0], tuple(ordered))
