"""An approval policy that uses everything, for tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.governance.documents.world import ident

BOARD = UUID("00000000-0000-7000-8000-0000000000b0")


def need(key: str, who: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A requirement without a finding, of any kind."""
    silent = {"turnaround_minutes": 1440, "alternate": {"role": "governance_admin"}}
    return {"key": key, "title": key.capitalize(), "who": who, **silent, **more}


def content() -> dict[str, Any]:
    """JSON content: every change needs two of the board, risky ones the owners, small ones of matrices nobody."""
    board = {"board": str(BOARD)}
    person = {"person": str(ident("lead"))}
    return {
        "title": "Approvals",
        "rows": [
            {"key": "all", "title": "Every change", "needs": [need("board", board, how="number", number=2)]},
            {
                "key": "risky",
                "title": "Risky changes",
                "when": {"kinds": ["playbook", "matrix"], "bands": ["high"], "parts": ["rollback"]},
                "needs": [
                    need("risk", {"responsibility": "on_call"}, validates_risk=True, confirm=True),
                    need("product", {**board, "function": "product"}, stage=2, veto=True, tie_breaker=person),
                ],
            },
            {
                "key": "small",
                "title": "Small changes",
                "pre_approved": True,
                "when": {"kinds": ["matrix"], "models": ["standard"], "criticalities": ["low"], "actions": ["publish"]},
            },
        ],
        "risk": [{"key": "money", "question": "Does it touch money?", "band_if_yes": "high"}],
        "blocking_comments": False,
        "retrospective": [need("afterwards", board, how="percent", number=50)],
        "freeze_exempt": ["emergency"],
    }
