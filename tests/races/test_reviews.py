"""Two at once on one review, finding or action: one is kept, the other is told, and the clock asks nobody in vain."""

from collections.abc import Iterator
from functools import partial

import pytest

from governance.models import ChangeRequest
from incidents.models import ActionItem, EffectCheck, Finding, Postmortem, PostmortemSection, Recurrence
from incidents.services import actions, effects, findings, incidents, recurrences, reviews
from portal import feeds, timers
from portal.audit.sequence import Sequencer
from portal.models import AuditEntry, Message, Timer
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, violations
from tests.incidents.test_action_items import planned
from tests.incidents.test_reviews import DAY, WRITTEN, resolved, write
from tests.races.test_kernel import at_once
from tests.races.test_roles import tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 8


@pytest.fixture
def company() -> Iterator[Company]:
    """What the races did with it keeps every invariant."""
    yield keeping.make_company(has_module=True)
    assert violations() == []


def opened(company: Company) -> Postmortem:
    return Postmortem.objects.get(incident=resolved(company))


def armed(kind: str) -> int:
    return Timer.objects.filter(kind=kind, state="armed").count()


def test_of_two_writers_of_one_section_one_is_told(company: Company) -> None:
    for _ in range(TRIES):
        review = opened(company)
        texts = {company.responder: "It was the token", company.second: "It was the field"}
        said = at_once(
            *(
                tried(partial(reviews.write, review=review, texts={"cause": text}, seen={}, by=by, at=later(120)))
                for by, text in texts.items()
            )
        )
        assert sorted(word == "won" for word in said) == [False, True]
        assert "Somebody else has written here" in next(word for word in said if word != "won")
        row = PostmortemSection.objects.get(postmortem=review)
        assert (row.by, row.text) == list(texts.items())[said.index("won")]


def test_what_is_published_is_what_its_publisher_or_the_writer_before_wrote(company: Company) -> None:
    for _ in range(TRIES):
        review = write(opened(company), company)
        words = {"texts": {"cause": "Another cause"}, "seen": WRITTEN}
        say = tried(partial(reviews.write, review=review, **words, by=company.second, at=later(130)))
        written, published = at_once(
            say, tried(partial(reviews.publish, review=review, by=company.lead, at=later(130)))
        )
        assert published == "won"
        text = PostmortemSection.objects.get(postmortem=review, section="cause").text
        assert text == ("Another cause" if written == "won" else WRITTEN["cause"])
        assert written == "won" or "stays as it is" in written


def test_of_two_who_publish_one_is_told_and_readers_are_asked_once(company: Company) -> None:
    for _ in range(TRIES):
        review = write(opened(company), company)
        said = at_once(
            *(
                tried(partial(reviews.publish, review=review, by=by, at=later(130)))
                for by in (company.responder, company.lead)
            )
        )
        assert sorted(word == "won" for word in said) == [False, True]
        assert review.incident.timeline.filter(verb="review_published").count() == 1
        asked = list(review.readings.values_list("user", flat=True))
        assert len(asked) == len(set(asked))


def test_the_clock_reminds_nobody_of_a_review_that_is_published(company: Company) -> None:
    for _ in range(TRIES):
        review = write(opened(company), company)
        at = later(60 + 5 * DAY)
        timers.fire_due(at=later(60 + 4 * DAY))
        said = at_once(
            tried(partial(reviews.publish, review=review, by=company.responder, at=at)),
            partial(timers.fire_due, at=at),
        )
        assert said[0] == "won"
        timers.fire_due(at=later(60 + 6 * DAY))
        order = list(review.incident.timeline.order_by("at", "pk").values_list("verb", flat=True))
        assert "review_overdue" not in order[order.index("review_published") :]
        assert not Timer.objects.filter(subject_id=review.pk, kind="review.due", state="armed").exists()


def test_an_incident_that_is_opened_again_meanwhile_does_not_close(company: Company) -> None:
    for _ in range(TRIES):
        review = write(opened(company), company)
        incident = review.incident
        at_once(
            tried(partial(reviews.publish, review=review, by=company.responder, at=later(130))),
            tried(partial(incidents.reopen, incident=incident, reason="Not yet", by=company.reporter, at=later(130))),
        )
        timers.fire_due(at=later(131))
        assert fresh(incident).state not in ("resolved", "closed")
        incidents.resolve(
            incident=fresh(incident), resolution="Now", checked="Looked", by=company.responder, at=later(140)
        )
        review.refresh_from_db()
        assert review.state == "open" and review.published_at is None


def test_of_two_proposals_of_a_person_for_a_finding_there_is_one_change(company: Company) -> None:
    for number in range(TRIES):
        review = opened(company)
        playbook = keeping.make_playbook(company.admin, key=f"to-change-{number}")
        reviews.hand_over(review=review, owner=company.admin, questions="", by=company.responder, at=later(65))
        found = findings.add(
            review=review, kind="guardrail", text="Say it", playbook=playbook, by=company.responder, at=later(90)
        )
        propose = tried(partial(findings.propose, finding=found, by=company.admin, at=later(100)))
        assert "won" in at_once(propose, propose)
        change = ChangeRequest.objects.get(document=playbook, state="draft")
        assert Finding.objects.get(pk=found.pk).change == change


def test_an_action_is_done_once_and_nobody_is_called_late_after_it(company: Company) -> None:
    for _ in range(TRIES):
        item = planned(resolved(company), company)
        at = later(10 * DAY)
        timers.fire_due(at=later(9 * DAY))
        finish = partial(actions.done, item=item, what="It renews", at=at)
        said = at_once(
            tried(partial(finish, by=company.second)),
            tried(partial(actions.drop, item=item, why="Not needed", by=company.responder, at=at)),
            partial(timers.fire_due, at=at),
        )
        assert sorted(word == "won" for word in said[:2]) == [False, True]
        assert "is over" in next(word for word in said[:2] if word != "won")
        item.refresh_from_db()
        assert item.state == ("done" if said[0] == "won" else "dropped")
        timers.fire_due(at=later(12 * DAY))
        order = list(item.incident.timeline.order_by("at", "pk").values_list("verb", flat=True))
        end = order.index("action_done" if item.state == "done" else "action_dropped")
        assert "action_overdue" not in order[end:]
    assert armed("action.due") == 0


def test_the_clock_and_a_person_do_not_both_look_at_an_effect(company: Company) -> None:
    for _ in range(TRIES):
        item = planned(resolved(company), company, baseline="6", goal="2")
        item = actions.done(item=item, what="It renews", by=company.second, at=later(200))
        timers.fire_due(at=later(200 + 23 * DAY))
        at = later(200 + 30 * DAY)
        look = partial(effects.check, item=item, value="1", note="", by=company.second, at=at)
        assert at_once(tried(look), partial(timers.fire_due, at=at))[0] == "won"
        by = list(EffectCheck.objects.filter(action=item).order_by("pk").values_list("by", flat=True))
        assert by in ([company.second.pk], [None, company.second.pk]), "whoever looked first has ended the wait"
        assert ActionItem.objects.get(pk=item.pk).effect == "helped"
    assert armed("action.effect") == 0


def test_two_clocks_that_follow_the_ledger_raise_one_alarm(company: Company) -> None:
    planned(resolved(company), company)
    follow = partial(feeds.follow, recurrences.FEED, at=later(400))
    for number in range(TRIES):
        again = make_incident(company, at=later(300 + number))
        Sequencer().seal(None, at=later(400))
        at_once(follow, follow)
        while follow():
            pass
        assert Recurrence.objects.filter(incident=again).count() == 1
        assert again.timeline.filter(verb="came_back").count() == 1
        told = Message.objects.filter(event="incident.came_back", channel="inbox", subject_id=again.pk)
        assert told.count() == told.values("recipient").distinct().count()
    assert AuditEntry.objects.filter(verb="incident.came_back").count() == TRIES
