"""Governance reviews: opened by the clock and by milestones, called to mind, held with what came of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from governance.models import GovernanceReview, Platform, Workflow
from governance.reads import governance_reviews as reads
from governance.services import catalog, governance_reviews
from incidents.services import incidents
from portal import access, audit, roles, timers
from portal.models import AuditEntry, Message, Timer
from portal.reads import home
from portal.rendering import render
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import make_incident
from tests.factories_keeping import told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
QUARTER = datetime(2026, 4, 1, 9, tzinfo=UTC)
ROWS = (GovernanceReview, Message, AuditEntry, Timer)


def going_live(company: Company, *, at: datetime = NOW) -> GovernanceReview:
    workflow = Workflow(key="new", name="New flow", platform=company.workflow.platform, team=company.team)
    with audit.action(actor=company.admin, reason="ready", at=at):
        catalog.save_workflow(workflow=workflow, at=at)
    return GovernanceReview.objects.get(subject_id=workflow.pk)


def points(review: GovernanceReview) -> dict[str, tuple[str, ...]]:
    return {point.key: point.facts for point in reads.points(review)}


def test_a_quarter_opens_its_review_and_waits_for_the_next(company: Company) -> None:
    timers.fire_due(at=QUARTER)
    (review,) = GovernanceReview.objects.all()
    assert (review.title, review.occasion, review.key) == ("Quarter 2 of 2026", "quarter", "quarter:2026-2")
    assert review.reference == "GOV-2026-0001"
    assert told("governance_review.opened") == ["Admin"]
    message = Message.objects.get(event="governance_review.opened", channel="inbox")
    assert render(message, company.admin).subject.strip() == "Governance review GOV-2026-0001: Quarter 2 of 2026"
    timers.fire_due(at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert list(GovernanceReview.objects.order_by("opened_at").values_list("key", flat=True)) == [
        "quarter:2026-2",
        "quarter:2026-3",
    ]


def test_a_quarter_is_opened_once_even_if_its_timer_comes_twice(company: Company) -> None:
    timers.fire_due(at=QUARTER)
    timer = Timer.objects.filter(kind="governance_review.quarter", state="armed")
    timer.update(due_at=QUARTER + DAY)
    timers.fire_due(at=QUARTER + DAY)
    assert GovernanceReview.objects.count() == 1
    assert timer.count() == 1


def test_a_workflow_that_goes_live_opens_a_review_and_one_that_is_live_does_not(company: Company) -> None:
    review = going_live(company)
    assert (review.title, review.occasion, review.due_at.date()) == (
        "New flow goes live",
        "going_live",
        NOW.date() + 14 * DAY,
    )
    with audit.action(actor=company.admin, reason="words", at=NOW):
        catalog.save_workflow(workflow=company.workflow, at=NOW)
    assert GovernanceReview.objects.count() == 1


def test_a_platform_change_opens_one_review_until_it_is_held(company: Company) -> None:
    platform = Platform.objects.get(pk=company.workflow.platform_id)
    for words in ("Retries once.", "Retries twice."):
        platform.error_handling = words
        with audit.action(actor=company.admin, reason="news", at=NOW):
            catalog.save_platform(platform=platform, at=NOW)
    review = GovernanceReview.objects.get()
    assert review.title == f"The platform {platform.name} has changed"
    governance_reviews.hold(review=review, notes={}, outcome="Nothing to do.", by=company.admin, at=NOW)
    platform.error_handling = "Retries three times."
    with audit.action(actor=company.admin, reason="news", at=NOW + DAY):
        catalog.save_platform(platform=platform, at=NOW + DAY)
    assert GovernanceReview.objects.count() == 2


@pytest.mark.parametrize(("severity", "count"), [("sev1", 1), ("sev2", 0)])
def test_a_closed_sev1_incident_opens_a_review(company: Company, severity: str, count: int) -> None:
    incident = make_incident(company)
    with make._action(NOW):
        incident.severity, incident.state, incident.resolved_at = severity, "resolved", NOW
        incident.save(update_fields=["severity", "state", "resolved_at"])
    incidents.close(incident=incident, by=None, at=NOW)
    titles = [f"{incident.reference} was closed (SEV1)"] * count
    assert list(GovernanceReview.objects.values_list("title", flat=True)) == titles


def test_the_agenda_has_the_facts_since_the_last_review(company: Company) -> None:
    first = going_live(company)
    assert list(points(first)) == list(reads.POINTS)
    governance_reviews.hold(review=first, notes={}, outcome="Ask the vendor.", by=company.admin, at=NOW)
    with make._action(NOW):
        company.policy.review_by = NOW.date() - DAY
        company.policy.save(update_fields=["review_by"])
    make_incident(company, at=NOW + DAY)
    platform = make.make_platform("n8n", name="n8n")
    platform.vendor = "n8n GmbH"
    with audit.action(actor=company.admin, reason="news", at=NOW + 2 * DAY):
        catalog.save_platform(platform=platform, at=NOW + 2 * DAY)
    found = points(GovernanceReview.objects.get(occasion="platform"))
    assert "Changed since: n8n." in found["platforms"]
    assert f"The last review, {first.reference}, decided: Ask the vendor." in found["actions"]
    assert "1 documents are overdue or to be checked again." in found["documents"]
    assert "1 incidents since the last review, 0 of them SEV1." in found["customers"]
    assert found["emergencies"] == ("0 emergency changes since 2026-03-02, of 0 in all.",)
    assert "2 of them sign in without a second factor." not in found["security"]
    assert "1 of them sign in without a second factor." in found["security"]


def test_an_agenda_costs_the_same_however_much_there_is(company: Company, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(45):
        reads.agenda(at=NOW)


def test_nobody_forgets_a_review_that_was_not_held(company: Company) -> None:
    review = going_live(company)
    make.make_person("member", role=roles.BOARD_MEMBER)
    for days in (11, 14, 21, 28):
        timers.fire_due(at=NOW + days * DAY)
    assert told("governance_review.due") == ["Admin"] * 4
    governance_reviews.hold(review=review, notes={}, outcome="Done.", by=company.admin, at=NOW + 28 * DAY)
    timers.fire_due(at=NOW + 29 * DAY + 7 * DAY)
    reminders = Message.objects.filter(event="governance_review.due", subject_id=review.pk, channel="inbox")
    assert reminders.count() == 4


def test_what_came_of_it_is_kept_and_does_not_change_any_more(company: Company) -> None:
    review = going_live(company)
    governance_reviews.write(review=review, notes={"security": "Fine."}, by=company.admin, at=NOW)
    notes = {"security": "Fine.", "gaps": "Train two people."}
    done = governance_reviews.hold(review=review, notes=notes, outcome=" Two trainings. ", by=company.admin, at=NOW)
    assert (done.outcome, done.held_by, done.held_at) == ("Two trainings.", company.admin, NOW)
    assert {point.key: point.note for point in reads.points(done) if point.note} == notes
    assert AuditEntry.objects.filter(verb="governance_review.held", target_id=str(review.pk)).count() == 1
    before = counts(ROWS)
    for call in (
        lambda: governance_reviews.hold(review=review, notes={}, outcome="Other", by=company.admin, at=NOW),
        lambda: governance_reviews.write(review=review, notes={"gaps": "x"}, by=company.admin, at=NOW),
    ):
        with pytest.raises(governance_reviews.NotHoldable, match="^This review was held already"):
            call()
    assert counts(ROWS) == before


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"outcome": "  "}, governance_reviews.NotHoldable, "^Write down in up to"),
        ({"outcome": "x" * 10_001}, governance_reviews.NotHoldable, "^Write down in up to"),
        ({"notes": {"gaps": "x" * 10_001}}, governance_reviews.NotHoldable, "^A note may hold"),
        ({"by": "responder"}, access.Refused, "^Governance admins and members of a board"),
    ],
)
def test_a_review_that_says_nothing_is_not_held(
    company: Company, changed: dict[str, Any], error: type[Exception], words: str
) -> None:
    review = going_live(company)
    before = counts(ROWS)
    by = getattr(company, changed.get("by", "admin"))
    values: dict[str, Any] = {"notes": {}, "outcome": "Fine."} | {k: v for k, v in changed.items() if k != "by"}
    with pytest.raises(error, match=words):
        governance_reviews.hold(review=review, by=by, at=NOW, **values)
    assert counts(ROWS) == before
    assert GovernanceReview.objects.get().held_at is None


def test_the_database_refuses_a_review_that_was_held_without_an_outcome(company: Company) -> None:
    review = going_live(company)
    for values in ({"held_at": NOW}, {"held_at": NOW, "held_by": company.admin}, {"occasion": "party"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            GovernanceReview.objects.filter(pk=review.pk).update(**values)


def test_the_pages_show_the_agenda_and_take_what_came_of_it(company: Company, client: Client) -> None:
    review = going_live(company)
    assert "Hold the governance review: New flow goes live" in str(home.now(company.admin, at=NOW))
    assert "Hold the governance review" not in str(home.now(company.responder, at=NOW))
    address = f"/governance/{review.reference}/"
    client.login(username=company.responder.email, password=PASSWORD)
    page = client.get(address)
    assert page.status_code == 200 and "Hold this review" not in page.content.decode()
    assert client.post(address, {"do": "hold", "outcome": "x"}).status_code == 403
    client.login(username=company.admin.email, password=PASSWORD)
    assert review.reference in client.get("/governance/").content.decode()
    refused = client.post(address, {"do": "hold", "note-gaps": "Two."})
    assert refused.status_code == 422 and "Write down in up to 10000" in refused.content.decode()
    assert client.post(address, {"do": "write", "note-gaps": "Two."}).status_code == 302
    assert client.post(address, {"do": "hold", "note-gaps": "Two.", "outcome": "Train."}).status_code == 302
    page = client.get(address).content.decode()
    assert "Train." in page and "Two." in page and "Hold this review" not in page
    assert "Train." in client.get("/governance/").content.decode()
    assert client.get("/governance/GOV-2026-9999/").status_code == 404


def test_a_list_without_a_review_says_when_the_next_one_opens(company: Company, client: Client) -> None:
    client.login(username=company.responder.email, password=PASSWORD)
    page = " ".join(client.get("/governance/").content.decode().split())
    assert "No review is open." in page and "The next one opens on 1 Apr 2026" in page
    assert "<span>0</span>" not in page
    Timer.objects.filter(kind="governance_review.quarter").delete()
    page = client.get("/governance/").content.decode()
    assert "The first one opens in the quarter after the first rules take effect." in page


def test_a_review_that_is_late_says_so_in_the_list(company: Company, client: Client) -> None:
    going_live(company, at=NOW - 400 * DAY)
    client.login(username=company.responder.email, password=PASSWORD)
    page = client.get("/governance/").content.decode()
    assert "To be held by" in page and "late" in page
