"""Those whose roles a review concerns are asked to read it, say that they have, and are reminded once (D83)."""

import pytest
from django.test import Client

from governance.models import ChangeRequest, Review
from incidents.models import Participant, Postmortem, ReportReading, StepEntry
from incidents.reads import report_incident, reports_written
from incidents.services import incidents, readings, reviews
from incidents.services.readings import NotAsked
from portal import access, audit
from portal.models import AuditEntry, Message, User
from tests.factories_boards import board_of
from tests.factories_governance import Company, make_person
from tests.factories_incidents import fresh, later, tick
from tests.factories_keeping import make_company, make_module
from tests.factories_steps import make_stepped, working
from tests.incidents.test_reviews import DAY, resolved, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr("portal.moments.of", lambda request: later(300))
    return make_company()


@pytest.fixture
def review(company: Company) -> Postmortem:
    return published(company)


def published(company: Company, minutes: float = 130) -> Postmortem:
    if not Postmortem.objects.exists():
        resolved(company)
    found = write(Postmortem.objects.get(), company)
    reviews.publish(review=found, by=company.second, at=later(minutes))
    return Postmortem.objects.get()


def asked() -> dict[str, str]:
    return {row.user.name: row.role for row in ReportReading.objects.select_related("user")}


def reminded() -> list[str]:
    rows = Message.objects.filter(event="incident.review", channel="inbox").select_related("recipient")
    return sorted(
        row.recipient.name for row in rows if any(each.get("which") == "to_read" for each in row.context.values())
    )


def test_whoever_led_and_keeps_the_team_is_asked_and_whoever_published_is_not(company: Company) -> None:
    admin = make_person("keeper", role="team admin", teams=[company.team])
    published(company)
    assert asked() == {"Responder": "lead", "Keeper": "team"}
    assert Participant.objects.filter(user=admin, role="told").exists()


def test_one_click_keeps_that_it_was_read(client: Client, company: Company, review: Postmortem) -> None:
    client.force_login(company.responder)
    assert "Please read: Orders do not arrive" in client.get("/").content.decode()
    address = f"/reviews/{review.reference}/report/"
    assert "I have read it" in client.get(address).content.decode()
    assert client.post(address + "read/").status_code == 302
    row = ReportReading.objects.get(user=company.responder)
    assert row.read_at == later(300)
    page = client.get(address).content.decode()
    assert "I have read it" not in page and "You have read it" in page
    assert "Please read: Orders do not arrive" not in client.get("/").content.decode()
    assert AuditEntry.objects.filter(verb="report.read", actor=company.responder).count() == 1
    with pytest.raises(NotAsked, match="already"):
        readings.confirm(review=review, by=company.responder, at=later(310))


def test_the_report_names_who_has_read_it_and_who_has_not(company: Company, review: Postmortem) -> None:
    def readers() -> list[list[object]]:
        tables = report_incident.readers(Postmortem.objects.get())
        return [list(row) for table in tables for row in table.rows]  # type: ignore[union-attr]

    assert readers() == [["Responder", "led it", "not yet"]]
    readings.confirm(review=review, by=company.responder, at=later(200))
    assert readers() == [["Responder", "led it", later(200)]]


def test_nobody_confirms_what_they_were_not_asked(company: Company, review: Postmortem) -> None:
    with pytest.raises(NotAsked, match="Nobody asked you"):
        readings.confirm(review=review, by=company.second, at=later(200))
    with pytest.raises(access.Refused):
        readings.confirm(review=review, by=make_person("stranger"), at=later(200))
    assert not AuditEntry.objects.filter(verb="report.read").exists()


def test_who_has_not_read_it_is_reminded_once_after_a_week(company: Company) -> None:
    make_person("keeper", role="team admin", teams=[company.team])
    review = published(company)
    readings.confirm(review=review, by=company.responder, at=later(200))
    tick(130 + 7 * DAY - 1)
    assert reminded() == []
    tick(130 + 7 * DAY)
    assert reminded() == ["Keeper"]
    tick(130 + 30 * DAY)
    assert reminded() == ["Keeper"]


def test_what_is_published_anew_is_to_be_read_anew(company: Company, review: Postmortem) -> None:
    readings.confirm(review=review, by=company.responder, at=later(200))
    incident = review.incident
    incidents.reopen(incident=fresh(incident), reason="Not yet", by=company.reporter, at=later(210))
    assert reports_written.asked(company.responder) == []
    with pytest.raises(NotAsked):
        readings.confirm(review=review, by=company.responder, at=later(215))
    incidents.resolve(incident=fresh(incident), resolution="Now", checked="x", by=company.responder, at=later(220))
    published(company, 230)
    row = ReportReading.objects.get(user=company.responder)
    assert (row.asked_at, row.read_at) == (later(230), None)


def test_a_restricted_incident_opens_to_nobody_else_by_it(company: Company) -> None:
    make_person("keeper", role="team admin", teams=[company.team])
    found = resolved(company)
    Participant.objects.create(incident=found, user=company.second, role="told", since=later(61))
    with audit.action(actor=company.admin, reason="delicate", at=later(80)):
        found.is_restricted = True
        found.save(update_fields=["is_restricted"])
    published(company)
    assert asked() == {"Responder": "lead"}


def test_who_may_no_longer_open_it_hears_no_more_of_it(company: Company) -> None:
    keeper = make_person("keeper", role="team admin", teams=[company.team])
    review = published(company)
    assert [row.postmortem for row in reports_written.asked(keeper)] == [review]
    Participant.objects.filter(incident=review.incident, user=keeper).delete()
    with audit.action(actor=company.admin, reason="delicate", at=later(140)):
        row = fresh(review.incident)
        row.is_restricted = True
        row.save(update_fields=["is_restricted"])
    assert reports_written.asked(User.objects.get(pk=keeper.pk)) == []
    tick(130 + 7 * DAY)
    assert "Keeper" not in reminded()


def test_owners_of_steps_and_the_board_of_the_playbook_are_asked(company: Company) -> None:
    judge, member, stepper = make_person("judge"), make_person("member"), make_person("stepper")
    board_of(judge, member)
    board_of(make_person("elsewhere"), key="other")
    make_module(company.admin)
    document = make_stepped(company.admin)
    incident, version = working(company, document), document.effective_version
    change = ChangeRequest.objects.get(version=version)
    Review.objects.create(change_request=change, digest="0" * 64, verdict="approve", by=judge, at=later(1))
    values = {"version": version, "scenario": "s", "step": "stop", "did": "taken", "by": stepper, "at": later(2)}
    StepEntry(incident=incident, **values).save(force_insert=True)
    named = dict(User.objects.values_list("pk", "name"))
    found = {named[key]: role for key, role in readings.concerned(fresh(incident), at=later(10)).items()}  # type: ignore[index]
    assert found == {"Responder": "lead", "Stepper": "step", "Judge": "board", "Member": "board"}
