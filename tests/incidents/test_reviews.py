"""A review from the resolution of its incident to its publication, and what waits for it (D82, D92)."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from incidents.models import Incident, Postmortem, PostmortemSection
from incidents.services import actions, findings, hypotheses, incidents, reporters, reviews, triage
from incidents.services.reviews import NotReviewed
from portal.models import Message, Timer
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later, make_acknowledged, tick, violations

pytestmark = pytest.mark.django_db
DAY = 24 * 60
WRITTEN = {
    name: f"About {name}." for name in ("timeline", "impact", "cause", "remediation", "verification", "prevention")
}


@pytest.fixture
def company() -> Iterator[Company]:
    """What a test did with it keeps every invariant."""
    yield make_company()
    assert violations() == []


def resolved(company: Company, *, severity: str = "sev1", minutes: float = 60) -> Incident:
    incident = make_acknowledged(company)
    triage.confirm_severity(
        incident=incident, severity=severity, reason="As it hurts", by=company.responder, at=later(30)
    )
    return incidents.resolve(
        incident=fresh(incident), resolution="Back", checked="Looked", by=company.responder, at=later(minutes)
    )


def write(review: Postmortem, company: Company, **texts: str) -> Postmortem:
    by = company.responder
    return reviews.write(review=review, texts=texts or WRITTEN, seen={}, by=by, at=later(120))


@pytest.mark.parametrize(("severity", "days"), [("sev1", 5), ("sev2", 10), ("sev3", None)])
def test_the_severity_says_whether_a_review_opens(company: Company, severity: str, days: int | None) -> None:
    incident = resolved(company, severity=severity)
    found = Postmortem.objects.filter(incident=incident).first()
    assert (found is None) == (days is None)
    if found is not None and days is not None:
        assert found.due_at == later(60) + timedelta(days=days) and found.owner is not None
        assert incident.timeline.filter(verb="review_opened").count() == 1


def test_the_incident_closes_after_its_review(company: Company) -> None:
    incident = resolved(company)
    review = Postmortem.objects.get()
    with pytest.raises(incidents.NotPossible, match="review is not published"):
        incidents.close(incident=incident, by=company.responder, at=later(70))
    reporters.confirm(incident=incident, person=company.reporter, at=later(80))
    tick(10 * DAY)
    assert fresh(incident).state == "resolved"
    write(review, company)
    reviews.publish(review=review, by=company.responder, at=later(10 * DAY))
    tick(10 * DAY + 1)
    assert fresh(incident).state == "closed"


def test_a_published_review_waits_for_the_answer_of_the_reporter(company: Company) -> None:
    incident = resolved(company)
    review = write(Postmortem.objects.get(), company)
    reviews.publish(review=review, by=company.responder, at=later(130))
    tick(140)
    assert fresh(incident).state == "resolved"
    reporters.confirm(incident=incident, person=company.reporter, at=later(150))
    assert fresh(incident).state == "closed"


def test_what_is_required_is_named_and_nothing_is_published(company: Company) -> None:
    resolved(company)
    review = write(Postmortem.objects.get(), company, timeline="x", impact=" ")
    with pytest.raises(NotReviewed) as refused:
        reviews.publish(review=review, by=company.responder, at=later(130))
    assert list(refused.value.fields) == ["impact", "cause", "remediation", "verification", "prevention"]
    assert Postmortem.objects.get().state == "open"


def test_of_two_writers_the_second_is_told_and_nothing_is_lost(company: Company) -> None:
    resolved(company)
    review = write(Postmortem.objects.get(), company, impact="First")
    with pytest.raises(NotReviewed) as refused:
        reviews.write(
            review=review,
            texts={"impact": "Second", "cause": "New"},
            seen={"impact": ""},
            by=company.lead,
            at=later(125),
        )
    assert list(refused.value.fields) == ["impact"]
    assert dict(PostmortemSection.objects.values_list("section", "text")) == {"impact": "First"}
    reviews.write(review=review, texts={"impact": "Second"}, seen={"impact": "First"}, by=company.lead, at=later(126))
    assert PostmortemSection.objects.get().text == "Second"
    assert PostmortemSection.history.count() == 2  # type: ignore[attr-defined]


def test_what_is_published_stays(company: Company) -> None:
    resolved(company)
    review = write(Postmortem.objects.get(), company)
    reviews.publish(review=review, by=company.responder, at=later(130))
    with pytest.raises(NotReviewed, match="stays as it is"):
        write(review, company, impact="Other")


def test_resolved_once_more_it_is_open_again(company: Company) -> None:
    incident = resolved(company)
    review = write(Postmortem.objects.get(), company)
    reviews.publish(review=review, by=company.responder, at=later(130))
    incidents.reopen(incident=fresh(incident), reason="Not yet", by=company.reporter, at=later(140))
    incidents.resolve(incident=fresh(incident), resolution="Now", checked="Looked", by=company.responder, at=later(200))
    found = Postmortem.objects.get()
    assert (found.state, found.due_at) == ("open", later(200) + timedelta(days=5))


def test_whoever_writes_it_is_asked_and_reminded_until_it_is_published(company: Company) -> None:
    resolved(company)
    review = Postmortem.objects.get()
    reviews.hand_over(review=review, owner=company.second, questions="Why twice?", by=company.responder, at=later(70))

    def told(which: str) -> set[str]:
        rows = Message.objects.filter(event="incident.review", channel="inbox").select_related("recipient")
        return {row.recipient.name for row in rows if any(each.get("which") == which for each in row.context.values())}

    assert "Second" in told("assigned")
    tick(60 + 4 * DAY)
    assert told("soon") == {"Second"}
    tick(60 + 5 * DAY)
    assert {"Second", "Responder"} <= told("overdue")
    write(review, company)
    reviews.publish(review=review, by=company.second, at=later(60 + 6 * DAY))
    assert not Timer.objects.filter(kind="review.due", state="armed").exists()


def test_the_page_shows_the_facts_and_takes_the_words(client: Client, company: Company) -> None:
    resolved(company)
    review = Postmortem.objects.get()
    client.force_login(company.responder)
    page = client.get(f"/reviews/{review.reference}/")
    assert page.status_code == 200 and "6 sections are still empty" in page.content.decode()
    answer = client.post(f"/reviews/{review.reference}/write/", WRITTEN | {"do": "publish"}, follow=True)
    assert "The review is published." in answer.content.decode()
    assert Postmortem.objects.get().state == "published"
    assert "About prevention." in client.get(f"/reviews/{review.reference}/").content.decode()
    assert client.get("/reviews/?show=published").status_code == 200
    client.force_login(company.outsider)
    assert client.get(f"/reviews/{review.reference}/").status_code == 404


def test_each_form_of_the_page_has_ids_of_its_own(client: Client, company: Company) -> None:
    incident, by = resolved(company), company.responder
    review = Postmortem.objects.get()
    for text in ("A token", "A field"):
        hypotheses.suppose(review=review, text=text, by=by, at=later(70))
        findings.add(review=review, kind="guardrail", text=text, by=by, at=later(71))
    plan = actions.Plan(title="Renew it", owner=by, due_at=later(DAY), measure="No expiry")
    item = actions.plan(incident=incident, plan=plan, by=by, at=later(72))
    client.force_login(by)
    for address in (review.get_absolute_url(), item.get_absolute_url()):
        found = Counter(re.findall(r'\bid="([^"]+)"', client.get(address).content.decode()))
        assert [name for name, count in found.items() if count > 1] == []
    words = {"number": "2", "verdict": "confirmed", "test": "", "result": "Kept as typed"}
    page = client.post(f"{review.get_absolute_url()}judge/", words)
    assert page.status_code == 422
    ids = re.findall(r'<textarea[^>]*id="([^"]+)"[^>]*>\s*Kept as typed', page.content.decode())
    assert ids == ["judge2_result"], "what was typed stands where it was typed"


def test_what_cannot_be_published_yet_is_not_half_kept(client: Client, company: Company) -> None:
    resolved(company)
    address = Postmortem.objects.get().get_absolute_url()
    client.force_login(company.responder)
    page = client.post(f"{address}write/", {"cause": "A token", "do": "publish"})
    assert page.status_code == 422 and "A token" in page.content.decode()
    assert not PostmortemSection.objects.exists()
    page = client.post(f"{address}write/", {"cause": "A token that expired", "do": "keep"}, follow=True)
    assert "Saved." in page.content.decode()
    assert PostmortemSection.objects.get().text == "A token that expired"
