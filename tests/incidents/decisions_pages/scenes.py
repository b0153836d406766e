"""Decisions as pages show them: asked now, by the rules of a small company with named decisions and exceptions."""

import itertools
from typing import Any

from django.utils import timezone

from governance.rules.deciding import Choice
from incidents.models import DecisionRequest
from incidents.services import decisions
from tests.factories_governance import YESTERDAY, Company, escalation_policy, make_company

_keys = itertools.count(1)
CHOICES = (Choice("pay", "Pay the invoice"), Choice("reject", "Send it back"))
WORDS = {"rationale": "The supplier delivered.", "risk": "low"}


def make_policy(**level: Any) -> dict[str, Any]:
    """The small policy with an exception of its own; `level` changes its first level."""
    policy = escalation_policy(leadership="leadership")
    policy["levels"][0] |= level
    policy["paths"].append({"key": "data", "title": "Data may be wrong", "levels": ["second", "lead"]})
    policy["exceptions"] = [
        {"key": "data-integrity", "title": "Data integrity", "path": "data", "decision_minutes": 30}
    ]
    return policy


def make_shop(**level: Any) -> Company:
    return make_company(at=YESTERDAY, policy=make_policy(**level))


def ask(company: Company, **extra: Any) -> DecisionRequest:
    """`company.reporter` asks about `company.workflow`; the responder is asked first."""
    by = extra.pop("by", company.reporter)
    at = extra.pop("at", None) or timezone.now()
    values: dict[str, Any] = {
        "question": "Pay the invoice INV-9?",
        "choices": CHOICES,
        "workflow": company.workflow,
    } | extra
    return decisions.ask(decisions.Asking(**values), asked="form", key=f"form:{next(_keys)}", at=at, by=by)


def fresh(decision: DecisionRequest) -> DecisionRequest:
    return DecisionRequest.objects.get(pk=decision.pk)
