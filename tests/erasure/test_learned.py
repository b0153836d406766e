"""What was written in reviews, actions and feedback goes with its entry; that it was written stays provable."""

import pytest

from incidents.models import ActionItem, EffectCheck, Feedback, Finding, Hypothesis, Incident, Postmortem
from incidents.services import actions, effects, feedback, findings, hypotheses, reporters, reviews
from portal.models import AuditEntry
from tests.erasure import canary
from tests.erasure.test_words import SECRET, erase
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later, violations
from tests.incidents.test_action_items import DAY, plan
from tests.incidents.test_reviews import resolved

pytestmark = pytest.mark.django_db
WORD = "Quackenbush"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def incident(company: Company) -> Incident:
    return resolved(company)


def erased(verb: str) -> bool:
    """Whether nothing is left of the words of the last entry of `verb`, and all that stays is as proven as before."""
    assert canary.where(WORD)
    before = violations()
    erase(AuditEntry.objects.filter(verb=verb).latest("pk"))
    assert canary.where(WORD) == set()
    return violations() == before


def test_what_a_review_says_goes_also_what_it_said_before(incident: Incident, company: Company) -> None:
    review, by = Postmortem.objects.get(), company.responder
    reviews.write(review=review, texts={"cause": SECRET, "impact": "All"}, seen={}, by=by, at=later(100))
    assert erased("incident.review_written")
    texts = dict(review.sections.values_list("section", "text"))
    assert texts == {"cause": "[erased]", "impact": "[erased]"}, "what was kept in one action goes together"
    seen = {"cause": "[erased]"}
    reviews.write(review=review, texts={"cause": f"It was {SECRET}"}, seen=seen, by=by, at=later(110))
    reviews.write(review=review, texts={"cause": "A token"}, seen={"cause": f"It was {SECRET}"}, by=by, at=later(120))
    first, _second = AuditEntry.objects.filter(verb="incident.review_written").order_by("-pk")[:2][::-1]
    erase(first)
    assert canary.where(WORD) == set()


def test_questions_left_open_go(incident: Incident, company: Company) -> None:
    review = Postmortem.objects.get()
    reviews.hand_over(review=review, owner=company.second, questions=SECRET, by=company.responder, at=later(90))
    assert erased("incident.review_handed_over")


def test_suppositions_and_findings_go(incident: Incident, company: Company) -> None:
    review, by = Postmortem.objects.get(), company.responder
    row = hypotheses.suppose(
        review=review, text=SECRET, test="Replay", method="replay", owner=None, by=by, at=later(90)
    )
    assert erased("incident.cause_supposed")
    hypotheses.judge(hypothesis=row, verdict="refuted", result=f"Not {SECRET}", by=by, at=later(95))
    assert erased("incident.cause_judged")
    assert Hypothesis.objects.get().verdict == "refuted"
    findings.add(review=review, kind="went_well", text=SECRET, by=by, at=later(99))
    assert erased("incident.found")
    assert Finding.objects.get().text == "[erased]"


def test_words_about_actions_go_from_messages_and_the_timeline_too(incident: Incident, company: Company) -> None:
    by = company.responder
    item = actions.plan(incident=incident, plan=plan(company, title=f"Ask {SECRET}"), by=by, at=later(100))
    assert canary.where(WORD) >= {"incidents_actionitem.title", "portal_message.context"}
    assert erased("incident.action_planned")
    actions.done(item=item, what=f"{SECRET} agreed", artefact="Flow 2", by=company.second, at=later(200))
    assert erased("incident.action_done")
    effects.check(item=item, value="", note=f"{SECRET} says so", by=by, at=later(300))
    assert erased("incident.effect")
    assert ActionItem.objects.get().state == "done" and EffectCheck.objects.get().note == "[erased]"


def test_what_was_answered_on_the_tracking_page_goes(company: Company) -> None:
    incident = resolved(company, severity="sev3")
    item = actions.plan(incident=incident, plan=plan(company), by=company.responder, at=later(100))
    actions.done(item=item, what="It renews", by=company.second, at=later(200))
    reporters.confirm(incident=incident, person=company.reporter, at=later(210))
    said = {"helps": False, "note": SECRET, "person": company.reporter}
    effects.answer(incident=incident, at=later(200 + 25 * DAY), **said)
    assert erased("incident.help_answered")


def test_feedback_and_its_answer_go(incident: Incident, company: Company) -> None:
    platform = company.workflow.platform
    row = feedback.give(platform=platform, text=SECRET, by=company.responder, incident=incident, at=later(50))
    assert erased("feedback.given")
    governor = feedback.reads.owners(platform, None, at=later(60))[0]
    feedback.answer(feedback=row, state="planned", text=f"Ask {SECRET}", by=governor, at=later(60))
    assert erased("feedback.answered")
    assert Feedback.objects.get().state == "planned"
