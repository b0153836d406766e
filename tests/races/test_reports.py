"""Two at once on one report: one confirmation, one text, one report of a month, and the other is told."""

from functools import partial

import pytest

from governance.rules.periods import Period
from incidents.models import GovernanceReport, OutsideText, Postmortem, ReportReading
from incidents.services import governance_reports, readings, report_sharing, reviews
from portal import audit
from portal.models import AuditEntry, Message
from tests.factories_governance import Company, make_company, make_person
from tests.factories_incidents import later, violations
from tests.incidents.test_governance_reports import APRIL, MARCH
from tests.incidents.test_reviews import resolved, write
from tests.races.test_kernel import at_once
from tests.races.test_roles import tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 8
TEXTS = ("It stood still for a while.", "It waited, and works again.")


@pytest.fixture
def company() -> Company:
    return make_company()


def published(company: Company) -> Postmortem:
    found = write(Postmortem.objects.get(incident=resolved(company)), company)
    return reviews.publish(review=found, by=company.second, at=later(130))


def test_of_two_clicks_one_is_kept(company: Company) -> None:
    for _ in range(TRIES):
        review = published(company)
        click = tried(partial(readings.confirm, review=review, by=company.responder, at=later(200)))
        said = at_once(click, click)
        assert sorted(word == "won" for word in said) == [False, True]
        assert "already" in next(word for word in said if word != "won")
        assert ReportReading.objects.get(postmortem=review).read_at == later(200)
    assert AuditEntry.objects.filter(verb="report.read").count() == TRIES


def test_of_two_writers_for_outside_one_is_told(company: Company) -> None:
    keepers = [make_person(name, role="team admin", teams=(company.team,)) for name in ("one", "two")]
    for _ in range(TRIES):
        review = published(company)
        write_it = partial(report_sharing.write_outside, review=review, seen="", at=later(200))
        said = at_once(*(tried(partial(write_it, text=text, by=by)) for text, by in zip(TEXTS, keepers, strict=True)))
        assert sorted(word == "won" for word in said) == [False, True]
        assert "Nothing was overwritten" in next(word for word in said if word != "won")
        assert OutsideText.objects.get(postmortem=review).by == keepers[said.index("won")]


def test_of_two_clocks_one_makes_the_report(company: Company) -> None:
    make_person("reader", role="auditor")

    def make(period: Period) -> bool:
        with audit.action(actor=None, actor_label="clock", reason="test", at=APRIL):
            return governance_reports.make(period, at=APRIL) is not None

    period = MARCH
    for number in range(1, TRIES + 1):
        assert sorted(at_once(partial(make, period), partial(make, period))) == [False, True]
        assert GovernanceReport.objects.count() == number
        period = period.before
    assert Message.objects.filter(event="report.made", channel="inbox", recipient__name="Reader").count() == TRIES
    assert violations() == []
