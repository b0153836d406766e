"""What is supposed, tested and found, and the change that it leads to (D85-D87)."""

import pytest
import yaml

from governance.models import ChangeRequest
from governance.services import changes, drafts, versions
from incidents.models import Finding, Hypothesis, Incident, Participant, Postmortem
from incidents.services import findings, hypotheses
from incidents.services.reviews import NotReviewed
from portal import access
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, Company
from tests.factories_incidents import later
from tests.incidents.test_reviews import resolved

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def review(company: Company) -> Postmortem:
    return Postmortem.objects.get(incident=resolved(company))


def suppose(review: Postmortem, company: Company, text: str = "The token expired", **more: str) -> Hypothesis:
    return hypotheses.suppose(review=review, text=text, by=company.responder, at=later(70), **more)  # type: ignore[arg-type]


def judge(row: Hypothesis, company: Company, verdict: str = "confirmed") -> Hypothesis:
    said = {"test": "Replayed it", "result": "It failed alike"}
    return hypotheses.judge(hypothesis=row, verdict=verdict, by=company.responder, at=later(80), **said)


def find(review: Postmortem, company: Company, **more: object) -> Finding:
    values: dict[str, object] = {"kind": "cause", "text": "Nobody renews it", "origin": "systemic"} | more
    return findings.add(review=review, by=company.responder, at=later(90), **values)  # type: ignore[arg-type]


def test_a_supposition_is_confirmed_by_a_test_and_becomes_a_cause(review: Postmortem, company: Company) -> None:
    row = judge(suppose(review, company, cause="expired"), company)
    assert (row.verdict, row.judged_by) == ("confirmed", company.responder)
    found = find(review, company, hypothesis=row)
    assert (found.cause, found.number) == ("expired", 1)
    with pytest.raises(NotReviewed, match="already"):
        find(review, company, hypothesis=row)


def test_what_no_test_has_confirmed_is_no_cause(review: Postmortem, company: Company) -> None:
    for row in (suppose(review, company), judge(suppose(review, company, "Other"), company, "refuted")):
        with pytest.raises(NotReviewed, match="Only what a test"):
            find(review, company, hypothesis=row)
    with pytest.raises(NotReviewed) as refused:
        hypotheses.judge(hypothesis=row, verdict="open", result="x", by=company.responder, at=later(90))
    assert "verdict" in refused.value.fields


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"kind": "blame"}, "kind"),
        ({"origin": ""}, "origin"),
        ({"kind": "gap", "area": ""}, "area"),
    ],
)
def test_a_finding_says_what_and_where(
    review: Postmortem, company: Company, values: dict[str, object], field: str
) -> None:
    with pytest.raises(NotReviewed) as refused:
        find(review, company, **values)
    assert field in refused.value.fields and not Finding.objects.exists()


def test_a_finding_becomes_a_change_in_one_step_and_is_closed_by_its_publication(
    review: Postmortem, company: Company
) -> None:
    playbook = keeping.make_playbook(company.admin)
    found = find(review, company, playbook=playbook, step="stop")
    Participant.objects.create(incident=review.incident, user=company.admin, role="joined", since=later(90))
    change = findings.propose(finding=found, by=company.admin, at=later(100))
    assert change.reason == f"{review.reference}: Nobody renews it" and change.state == "draft"
    assert findings.propose(finding=found, by=company.admin, at=later(101)) == change
    found.refresh_from_db()
    assert (found.change, found.closed_at) == (change, None)
    text = yaml.safe_load(versions.export_yaml(change.version)) | {"purpose": "To run again, with a renewed token."}
    drafts.replace(change=change, text=yaml.safe_dump(text), seen=change.version.digest, by=company.admin, at=NOW)
    changes.submit(change=change, by=company.admin, at=NOW)
    found.refresh_from_db()
    change = ChangeRequest.objects.get(pk=change.pk)
    assert (change.state, found.closed_at is not None) == ("published", True)


def test_whoever_may_not_draft_proposes_nothing(review: Postmortem, company: Company) -> None:
    found = find(review, company, playbook=keeping.make_playbook(company.admin))
    with pytest.raises(access.Refused):
        findings.propose(finding=found, by=company.reporter, at=later(100))
    found.refresh_from_db()
    assert found.change is None


def test_a_finding_is_settled_with_a_reason_once(review: Postmortem, company: Company) -> None:
    found = find(review, company)
    with pytest.raises(NotReviewed):
        findings.settle(finding=found, why=" ", by=company.responder, at=later(100))
    findings.settle(finding=found, why="Done elsewhere", by=company.responder, at=later(100))
    with pytest.raises(NotReviewed, match="settled already"):
        findings.settle(finding=found, why="Again", by=company.responder, at=later(101))


def test_strangers_find_nothing(review: Postmortem, company: Company) -> None:
    with pytest.raises(access.Refused):
        findings.add(review=review, kind="went_well", text="x", by=company.outsider, at=later(90))
    assert Incident.objects.count() == 1
