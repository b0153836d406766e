"""Which of several documents applies."""

from __future__ import annotations

from governance.rules import scoping
from tests.governance.documents import world
from tests.governance.documents.world import ident

CAPTURE = world.workflow("payment-capture")


def test_the_most_specific_document_applies():
    company = world.pinned("escalation", "escalation")
    own = world.pinned("escalation", {**world.content("escalation"), "scope": {"team": str(ident("t:payments"))}})
    low = world.pinned("escalation", {**world.content("escalation"), "scope": {"criticality": "low"}})
    every = [company, low, own]
    assert scoping.applicable(every, workflow=CAPTURE) is own
    assert scoping.applicable(every, workflow=world.workflow("stock-report")) is low
    assert scoping.applicable(every, workflow=world.workflow("supplier-onboarding")) is company
    assert scoping.applicable(every, workflow=None) is company
    assert scoping.applicable([own], workflow=None) is None
