"""A company that is asked to decide, and short ways to ask and to answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from governance.rules.deciding import Choice
from incidents.models import DecisionAnswer, DecisionRequest
from incidents.services import decisions
from portal import timers
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW, Company

PAY, HOLD = Choice("pay", "Pay it"), Choice("hold", "Hold it")
__all__ = ["HOLD", "NOW", "PAY", "after", "ask", "clock", "decide", "state"]


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ask(
    company: Company,
    *,
    key: str = "form:1",
    choices: Iterable[Choice] = (PAY, HOLD),
    by: User | None = None,
    **more: Any,
) -> Any:
    """A request of the reporter's (or of `by`), about the company's workflow, asked now."""
    values: dict[str, Any] = {"question": "Pay invoice 9?", "workflow": company.workflow, **more}
    asking = decisions.Asking(choices=tuple(choices), **values)
    return decisions.ask(asking, asked="form", key=key, at=NOW, by=by or company.reporter)


def decide(
    decision: DecisionRequest, by: User, choice: str = "pay", *, at: datetime | None = None, risk: str = "medium"
) -> DecisionAnswer:
    words = decisions.Words(rationale="The goods have come.", assumptions="The price is right.")
    return decisions.answer(decision=decision, choice=choice, words=words, risk=risk, by=by, at=at or after(1))


def state(decision: DecisionRequest) -> str:
    decision.refresh_from_db()
    return decision.state


def clock(minutes: float) -> None:
    """Let the clock fire what is due so many minutes after NOW."""
    timers.fire_due(at=after(minutes))


def policy_with(*, board: Any = None, **levels: dict[str, Any]) -> dict[str, Any]:
    """The usual policy with other values for some of its levels, by key; `board` decides at the level lead."""
    content = make.escalation_policy(leadership="leadership")
    for level in content["levels"]:
        level |= levels.get(level["key"].replace("-", "_"), {})
        if board is not None and level["key"] == "lead":
            level["targets"] = [{"board": str(board.pk)}]
    return content


def rule(company: Company, *, limits: Iterable[dict[str, Any]] = (), decisions: Iterable[dict[str, Any]] = ()) -> None:
    """Publish the company's matrix anew: what the role lead may do, and named decisions."""
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.responder.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    content["roles"][0]["limits"] = list(limits) or content["roles"][0]["limits"]
    content["decisions"] = list(decisions)
    make.make_document(content, kind="matrix", key="company", by=company.admin)
