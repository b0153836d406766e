"""Is a change approved? By the rows of the approval policy that match it (D52, D53, P16).

No policy and no matching row = not approved. Whoever has made the change never counts, a timeout never approves, and
only reviews of exactly this text count. Every page, the publication and the check that a policy can still be satisfied
ask the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from governance.documents.approval import BANDS, Approval, Band, Requirement, Rule, When
from governance.rules import approval_words as words
from governance.rules.approval_facts import (
    BoardFacts,
    ChangeFacts,
    Counted,
    DelegationFacts,
    PanelFacts,
    ReviewFacts,
    SeatFacts,
    Standing,
    State,
    Verdict,
)
from governance.rules.approval_panel import Case
from governance.rules.approval_quorum import Bench, Quorum

__all__ = [
    "BoardFacts",
    "ChangeFacts",
    "Counted",
    "DelegationFacts",
    "PanelFacts",
    "ReviewFacts",
    "SeatFacts",
    "Standing",
    "Verdict",
    "evaluate",
    "forecast",
    "retrospective",
]

Needs = list[tuple[str, Requirement]]
"""Requirements, each with the key of its row."""


def evaluate(
    policy: Approval | None,
    change: ChangeFacts,
    reviews: Sequence[ReviewFacts],
    panel: PanelFacts,
    *,
    at: datetime,
    opened_at: datetime | None = None,
) -> Verdict:
    """Judge `change` as it stands at `at`; it was submitted at `opened_at` (None: nobody's time runs yet).

    The order of `reviews` does not matter: of one person the later counts. A review that validates the risk may raise
    the band, never lower it; then the rows are chosen anew, and their time runs from then on.
    """
    if policy is None:
        return Verdict(False, words.NO_POLICY, change.band, satisfiable=False)
    if change.model == "standard":
        return _standard(policy, change)
    case, band, raised_at = Case.of(change, reviews, panel, at), change.band, opened_at
    while True:
        rows = [row for row in policy.rows if not row.pre_approved and matches(row.when, change, band)]
        standings = _standings([(row.key, need) for row in rows for need in row.needs], case, opened_at, raised_at)
        raised = _validated(standings)
        if BANDS.index(raised) <= BANDS.index(band):
            break
        band, raised_at = raised, _latest([item for item in standings if item.validates_risk], raised_at)
    verdict = _verdict(standings, band)
    if not rows:
        verdict = replace(verdict, sentence=words.NO_ROW)
    return replace(verdict, rows=tuple(row.key for row in rows), stale=_stale(change, reviews, at))


def forecast(policy: Approval | None, change: ChangeFacts, panel: PanelFacts, at: datetime) -> Verdict:
    """What `change` would need if it were submitted at `at`, and whether there are people who could give it."""
    verdict = evaluate(policy, change, (), panel, at=at)
    if verdict.approved or not verdict.standings or not verdict.satisfiable:
        return verdict
    return replace(verdict, sentence=words.WILL_NEED % {"needs": words.list_of(verdict.standings)})


def retrospective(
    policy: Approval | None,
    change: ChangeFacts,
    reviews: Sequence[ReviewFacts],
    panel: PanelFacts,
    *,
    at: datetime,
    opened_at: datetime | None = None,
) -> Verdict:
    """Judge an emergency change afterwards, by what was said since it took effect at `opened_at`."""
    needs = [("retrospective", need) for need in policy.retrospective] if policy is not None else []
    if not needs:
        return Verdict(False, words.NO_RETROSPECTIVE, change.band, satisfiable=False)
    given = [review for review in reviews if opened_at is None or review.at >= opened_at]
    standings = _standings(needs, Case.of(change, given, panel, at), opened_at, opened_at)
    verdict = _verdict(standings, change.band)
    return replace(verdict, rows=("retrospective",), stale=_stale(change, given, at))


def matches(when: When, change: ChangeFacts, band: Band) -> bool:
    """A row is for a change when each of its lists is empty or holds what the change is or touches."""
    return (
        _holds(when.kinds, change.kind)
        and _holds(when.models, change.model)
        and _holds(when.actions, change.action)
        and _holds(when.bands, band)
        and (not when.criticalities or not change.criticalities.isdisjoint(when.criticalities))
        and (not when.parts or not change.parts.isdisjoint(when.parts))
    )


def covers(row: Rule, change: ChangeFacts) -> bool:
    """A pre-approved row lets a standard change through: everything that it touches is named, nothing else.

    The approval policy itself never changes without anybody's approval, whatever a row says.
    """
    when = row.when
    return (
        row.pre_approved
        and change.kind != "approval"
        and matches(when, change, change.band)
        and (not when.criticalities or change.criticalities <= set(when.criticalities))
        and (not when.parts or change.parts <= set(when.parts))
    )


def _holds(allowed: Iterable[str], value: str) -> bool:
    allowed = tuple(allowed)
    return not allowed or value in allowed


def _standard(policy: Approval, change: ChangeFacts) -> Verdict:
    row = next((row for row in policy.rows if covers(row, change)), None)
    if row is None:
        return Verdict(False, words.NOT_STANDARD, change.band, satisfiable=False)
    sentence = words.PRE_APPROVED % {"row": row.title}
    return Verdict(True, sentence, change.band, rows=(row.key,), pre_approved=row.key)


def _standings(needs: Needs, case: Case, opened_at: datetime | None, raised_at: datetime | None) -> list[Standing]:
    """How each requirement stands; a stage opens when everything of the earlier ones is satisfied.

    Those who validate the risk are asked from the opening on, all others from when it was last raised.
    """
    found: dict[int, Standing] = {}
    is_open, since = True, opened_at
    for stage in sorted({need.opens for _row, need in needs}):
        since = raised_at if stage and since == opened_at else since
        here = {index: item for index, item in enumerate(needs) if item[1].opens == stage}
        for index, (row, need) in here.items():
            found[index] = _standing(row, need, case, since, is_open=is_open)
        is_open = is_open and all(found[index].state == "satisfied" for index in here)
        since = _latest([found[index] for index in here], since)
    return [found[index] for index in sorted(found, key=lambda index: (needs[index][1].opens, index))]


def _standing(row: str, need: Requirement, case: Case, opened_at: datetime | None, *, is_open: bool) -> Standing:
    quorum = Bench(need, case, opened_at if is_open else case.at).judged()  # what comes later opens now at the earliest
    tally, is_reachable = quorum.tally, quorum.tally.is_reachable
    later: State = "closed" if is_reachable else "unreachable"
    standing = Standing(
        key=need.key,
        title=need.title,
        row=row,
        stage=need.opens,
        state=tally.state if is_open else later,
        needed=tally.needed,
        asked=len(tally.asked),
        sentence=words.LATER,
        recused=quorum.recused,
        authority=quorum.turn.authority,
        eligible=tally.able if is_open else (),
        foreseen=() if is_open else tally.able,
        confirm=need.confirm,
        veto=need.veto,
        validates_risk=need.validates_risk,
        satisfiable=is_reachable,
    )
    if is_open:
        standing = _opened(standing, quorum, opened_at)
    return replace(standing, sentence=words.said(standing, tally, case.panel))


def _opened(standing: Standing, quorum: Quorum, opened_at: datetime | None) -> Standing:
    """The same with what has been said since it was opened."""
    tally = quorum.tally
    waits = {
        "waiting": tally.unheard,
        "unreachable": tally.unheard,
        "objected": tuple(review.by for review in tally.objections),
        "conflict": tally.deciders,
    }
    return replace(
        standing,
        counted=tally.counted,
        waits_for=tuple(dict.fromkeys(waits.get(tally.state, ()))),
        objections=tuple(dict.fromkeys(review.by for review in tally.objections)),
        opened_at=opened_at,
        asked_at=quorum.turn.asked_at,
        is_early=quorum.turn.is_early,
        due_at=quorum.due_at,
        satisfied_at=quorum.satisfied_at,
        band=(tally.band or "") if tally.state == "satisfied" else "",
    )


def _validated(standings: Sequence[Standing]) -> Band:
    """The highest band that a satisfied validation of the risk has said; the lowest when there is none."""
    said = [standing.band for standing in standings if standing.validates_risk and standing.band]
    return max(said, key=BANDS.index, default=BANDS[0])


def _latest(standings: Sequence[Standing], since: datetime | None) -> datetime | None:
    """When the last of what is satisfied was."""
    if since is None:
        return None
    return max([since, *(standing.satisfied_at for standing in standings if standing.satisfied_at is not None)])


def _verdict(standings: Sequence[Standing], band: Band) -> Verdict:
    approved = bool(standings) and all(standing.state == "satisfied" for standing in standings)
    refusing = [standing for standing in standings if standing.state in ("vetoed", "refused")]
    stuck = [standing for standing in standings if not standing.satisfiable]
    unmet = [standing for standing in standings if standing.state != "satisfied"]
    if not standings:
        sentence = words.NO_NEEDS
    elif approved:
        sentence = words.APPROVED % {"needs": words.list_of(standings)}
    elif refusing:
        sentence = words.STOPPED % {"why": words.clauses(refusing)}
    elif stuck:
        sentence = words.NEVER % {"why": words.clauses(stuck)}
    else:
        sentence = words.NOT_YET % {"why": words.clauses(unmet)}
    satisfiable = bool(standings) and not refusing and not stuck
    return Verdict(approved, sentence, band, bool(refusing), (), tuple(standings), satisfiable)


def _stale(change: ChangeFacts, reviews: Sequence[ReviewFacts], at: datetime) -> tuple[ReviewFacts, ...]:
    """The last review of an earlier text by each who has not said anything about this one."""
    given = sorted((review for review in reviews if review.at <= at), key=lambda review: (review.at, str(review.by)))
    last = {(review.by, review.on_behalf_of): review for review in given}
    return tuple(review for review in last.values() if review.digest != change.digest)
