"""What follows an incident is accounted for in the ledger: its review, its causes, its actions (I10)."""

import pytest

from incidents.models import Recurrence, TimelineEntry
from incidents.services import actions, effects, findings, hypotheses, reviews
from portal import seal
from portal.reads import completeness
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later
from tests.incidents.test_action_items import done, plan, planned
from tests.incidents.test_reviews import DAY, resolved, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def test_every_move_of_a_review_and_its_actions_is_told(company: Company) -> None:
    by = company.responder
    incident = resolved(company, severity="sev3")
    review = reviews.begin(incident=incident, by=by, at=later(62))
    write(review, company)
    row = hypotheses.suppose(review=review, text="x", by=by, at=later(121))
    hypotheses.judge(hypothesis=row, verdict="confirmed", test="x", result="x", by=by, at=later(122))
    found = findings.add(review=review, kind="cause", text="x", origin="systemic", by=by, at=later(123))
    findings.settle(finding=found, why="x", by=by, at=later(124))
    item = planned(incident, company)
    actions.change(item=item, plan=plan(company, title="Other"), by=by, at=later(126))
    done(item, company)
    effects.answer(incident=item.incident, helps=True, note="", person=company.reporter, at=later(24 * DAY))
    effects.check(item=item, value="", note="", by=by, at=later(DAY))
    reviews.publish(review=review, by=by, at=later(2 * DAY))
    assert completeness.sentences(completeness.check()) == []
    assert not Recurrence.objects.exists()


def test_a_line_about_a_review_that_is_taken_away_is_found(company: Company) -> None:
    incident = resolved(company, severity="sev3")
    reviews.begin(incident=incident, by=company.responder, at=later(62))
    with seal.lifted():
        TimelineEntry.objects.filter(incident=incident, verb="review_opened").delete()
    assert any("review_opened" in said for said in completeness.sentences(completeness.check()))
