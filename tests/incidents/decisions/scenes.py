"""A company that is asked to decide, and short ways to ask and to answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from governance.rules.deciding import Choice
from incidents.models import DecisionAnswer, DecisionRequest
from incidents.services import decisions
from portal import timers
from portal.models import User
from tests.factories_governance import NOW, Company

PAY, HOLD = Choice("pay", "Pay it"), Choice("hold", "Hold it")
__all__ = ["HOLD", "NOW", "PAY", "after", "ask", "clock", "decide", "state"]


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ask(company: Company, *, key: str = "form:1", choices: Iterable[Choice] = (PAY, HOLD), **more: Any) -> Any:
    """A request of the reporter's, about the company's workflow, asked now."""
    values: dict[str, Any] = {"question": "Pay invoice 9?", "workflow": company.workflow, **more}
    asking = decisions.Asking(choices=tuple(choices), **values)
    return decisions.ask(asking, asked="form", key=key, at=NOW, by=company.reporter)


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
