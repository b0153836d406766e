"""What reporters and those affected say on their page: facts, files, worse, works again, and the answer (D35, D98)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from incidents.models import Evidence, ImpactScore, Incident, Participant, TimelineEntry
from incidents.services import incidents, joining, reporters, tracking
from portal import limits
from portal.models import AuditEntry, Message, User
from tests.factories_governance import (
    NOW,
    Company,
    make_company,
    make_draft,
    make_person,
    publish,
    triage_rubric,
)
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    run_of,
    tick,
    told,
    verbs,
    violations,
)
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (TimelineEntry, AuditEntry, Message, Evidence, ImpactScore, Participant)
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 100


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path / "evidence"
    yield


def say(client: Client, incident: Incident, person: User | None = None, **data: Any) -> str:
    """Send it on the person's page; the page that follows."""
    response = client.post(tracking.track_path(incident, person), data, follow=True)
    assert response.status_code == 200, re.findall(r'class="error"[^>]*>([^<]+)', response.content.decode())
    return re.sub(r"\s+", " ", response.content.decode())


def not_taken(client: Client, incident: Incident, sentence: str, **data: Any) -> None:
    before = counts(ROWS)
    response = client.post(tracking.track_path(incident), data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert counts(ROWS) == before


def joined(company: Company, incident: Incident, minutes: float = 1, **extra: Any) -> User:
    person = make_person(f"colleague{minutes:g}".replace(".", "-"))
    values = {"text": "Our shop waits", "since": NOW, "answers": {}} | extra
    joining.affected(incident=incident, by=person, at=later(minutes), **values)
    return person


def resolve(company: Company, incident: Incident, minutes: float = 20) -> None:
    incidents.resolve(incident=incident, resolution="Sent", checked="Seen", by=company.responder, at=later(minutes))


# Words and files


def test_words_and_files_reach_the_team_in_one_go(client: Client, company: Company) -> None:
    incident = make_incident(company)
    page = say(client, incident, text="Only express orders", files=SimpleUploadedFile("a.png", PNG))
    assert "Thank you. The team has it." in page and "You wrote" in page and "Only express orders" in page
    assert "You sent a file" in page and "a.png" in page
    file = incident.evidence.get()
    assert (file.name, file.added_by, file.content_type) == ("a.png", None, "image/png")
    assert verbs(incident)[-2:] == ["note", "evidence"]
    entry = AuditEntry.objects.get(verb="evidence.added")
    assert (entry.actor_id, entry.actor_label) == (None, "tracking page")


def test_a_file_alone_is_enough(client: Client, company: Company) -> None:
    incident = make_incident(company)
    say(client, incident, text="", files=SimpleUploadedFile("a.png", PNG))
    assert incident.evidence.count() == 1 and "note" not in verbs(incident)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("tool.exe", b"text", "“tool.exe” is a program."),
        ("holiday.pdf.js", b"alert(1)", "“holiday.pdf.js” is a program."),
        ("noname", b"MZ\x90\x00\x03", "“noname” is a program."),
        ("noname", b"\x7fELF\x00\x01", "“noname” is a program."),
        ("photo.png", b"MZ\x90\x00", "is not the kind of file that its name says"),
        ("empty.txt", b"", "“empty.txt” is empty."),
    ],
)
def test_programs_and_liars_are_refused(
    client: Client, company: Company, name: str, content: bytes, sentence: str
) -> None:
    not_taken(client, make_incident(company), sentence, text="Look", files=SimpleUploadedFile(name, content))


def test_a_hostile_name_is_only_a_name(client: Client, company: Company) -> None:
    incident = make_incident(company)
    page = say(client, incident, files=SimpleUploadedFile("../../<b>\u202egnp.png", PNG))
    assert "<b>" not in page.split("<main")[1].split("You sent a file")[1][:400]
    assert "/" not in incident.evidence.get().name and "\u202e" not in incident.evidence.get().name


def test_the_same_words_twice_are_one_note(client: Client, company: Company) -> None:
    incident = make_incident(company)
    for _ in range(2):
        say(client, incident, text="Only express orders")
    assert verbs(incident).count("note") == 1


@pytest.mark.parametrize("answer", ["", "worse"])
def test_a_link_does_not_write_without_end(
    client: Client, company: Company, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(limits, "LINK_NOTES", 3)
    incident = make_incident(company)
    person = joined(company, incident)
    for number in range(3):
        say(client, incident, text=f"Words {number}")
    not_taken(client, incident, "You have written 3 times within an hour.", answer=answer, text="More")
    say(client, incident, person, text="Others may still write")
    reporters.add(incident=incident, person=incident.reporter, text="Later", at=timezone.now() + timedelta(hours=1))


def test_what_one_writes_the_others_do_not_read(client: Client, company: Company) -> None:
    incident = make_incident(company)
    person = joined(company, incident)
    say(client, incident, text="My private words")
    say(client, incident, person, text="Their private words")
    page = client.get(tracking.track_path(incident, person)).content.decode()
    assert "Their private words" in page and "My private words" not in page
    assert "Somebody who is affected told us more." in page
    assert "Our shop waits" not in client.get(tracking.track_path(incident)).content.decode()


# It got worse, it works again


def test_it_got_worse_is_scored_again_and_told_at_once(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    page = client.get(tracking.track_path(incident)).content.decode()
    assert re.search(r'value="yes"[^>]*id="worse_q_urgency_0"[^>]*checked', page)  # as it was answered before
    page = say(
        client, incident, answer="worse", text="Now all shops", q_urgency="yes", q_customers="yes", q_money="yes"
    )
    assert "Thank you. The people who work on it are told now." in page
    found = fresh(incident)
    assert found.severity < incident.severity and found.answers["money"] == "yes"
    assert found.scores.count() == 2
    assert told(incident, event="incident.worse") == ["Responder"]
    assert violations() == []


def test_a_department_asks_its_own_questions_and_scores_by_them(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    rubric = triage_rubric() | {"scope": {"department": company.department.key}}
    rubric["dimensions"].append(
        {"key": "tills", "title": "Tills", "question": "Do tills stand still?", "yes": 40, "no": 0, "unknown": 0}
    )
    publish(make_draft(rubric, kind="rubric", key="sales", by=company.admin), by=company.admin)
    assert "Do tills stand still?" in client.get(tracking.track_path(incident)).content.decode()
    client.force_login(company.outsider)
    assert "Do tills stand still?" in client.get(f"/incidents/{incident.reference}/affected/").content.decode()
    say(client, incident, answer="worse", text="Now all shops", q_tills="yes")
    assert (fresh(incident).severity, fresh(incident).answers["tills"]) == ("sev1", "yes")


def test_it_got_worse_twice_is_told_once(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    for _ in range(2):
        say(client, incident, answer="worse", text="Now all shops", q_money="yes")
    assert told(incident, event="incident.worse") == ["Responder"]
    assert verbs(incident).count("worse") == 1


def test_what_got_worse_has_to_be_said(client: Client, company: Company) -> None:
    incident = make_incident(company)
    not_taken(client, incident, "Say what got worse.", answer="worse", text=" ")
    not_taken(client, incident, "Choose Yes, No or Don’t know.", answer="worse", text="All", q_money="perhaps")
    resolve(company, incident)
    not_taken(client, incident, "so that is not possible now", answer="worse", text="All")


def test_it_works_again_ends_what_nobody_has_taken(client: Client, company: Company) -> None:
    incident = make_incident(company)
    for _ in range(2):
        page = say(client, incident, answer="works")
    assert "It works again" in page and "Does it work again for you?" not in page
    assert (fresh(incident).state, run_of(incident).state) == ("resolved", "stopped")
    assert told(incident, event="incident.resolved") == ["Responder"]
    assert told(incident, event="report.news") == []
    assert verbs(incident).count("resolved") == 1
    assert violations() == []


def test_what_a_german_reporter_says_is_read_by_each_in_their_own_language(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.post(tracking.track_path(incident), {"answer": "works"}, headers={"accept-language": "de"})
    assert fresh(incident).resolution == "Reporter says that it works again."
    client.force_login(company.responder)
    for language, sentence in (("en", "Reporter says that it works again."), ("de", "Reporter sagt, dass es wieder")):
        page = client.get(incident.get_absolute_url(), headers={"accept-language": language})
        assert sentence in page.content.decode()


def test_it_works_again_is_told_to_the_lead_where_somebody_is_at_work(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    for _ in range(2):
        say(client, incident, answer="works")
    assert fresh(incident).state == "investigating"
    assert told(incident, event="incident.news") == ["Responder"]
    words = Message.objects.get(event="incident.news", channel="inbox")
    assert words.context["restricted"]["why"] == "Reporter says that it works again."


def test_for_one_who_is_affected_too_it_ends_for_nobody_else(client: Client, company: Company) -> None:
    incident = make_incident(company)
    person = joined(company, incident)
    say(client, incident, person, answer="works")
    assert fresh(incident).state == "reported"
    assert told(incident, event="incident.news") == ["Responder"]


# Does it work again for you?


def test_silence_closes_after_the_days_of_the_pinned_policy(client: Client) -> None:
    from tests.factories_governance import escalation_policy

    policy = escalation_policy(leadership="leadership")
    policy["follow_up"] = {**policy.get("follow_up", {}), "close_after_days": 5}
    company = make_company(policy=policy)
    incident = make_acknowledged(company)
    resolve(company, incident)
    assert armed(incident) == {
        "incident.close": later(20 + 5 * 1440),
        "incident.remind": later(20 + 4 * 1440),
    }
    assert "If we hear nothing, this report closes" in client.get(tracking.track_path(incident)).content.decode()
    tick(20 + 5 * 1440 - 1)
    assert fresh(incident).state == "resolved"
    tick(20 + 5 * 1440)
    assert fresh(incident).state == "closed"
    assert violations() == []


def test_a_day_before_it_closes_who_has_not_answered_is_asked_once_more(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    person = joined(company, incident)
    silent = joined(company, incident, 2)
    resolve(company, incident)
    reporters.confirm(incident=incident, person=person, at=later(30))
    before = Message.objects.filter(event="report.news", channel="inbox").count()
    tick(20 + 2 * 1440)
    asked = Message.objects.filter(event="report.news", channel="inbox").order_by("id")[before:]
    assert {message.recipient for message in asked} == {company.reporter, silent}
    assert {message.context["restricted"]["state"] for message in asked} == {"closing"}
    tick(20 + 2 * 1440 + 60)
    assert verbs(incident).count("reminded") == 1
    assert violations() == []


def test_yes_of_somebody_affected_is_counted_and_the_reporter_closes(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    person = joined(company, incident)
    resolve(company, incident)
    for _ in range(2):
        page = say(client, incident, person, answer="yes")
    assert "You said that it works again" in page and fresh(incident).state == "resolved"
    assert verbs(incident).count("confirmed") == 1
    for _ in range(2):
        page = say(client, incident, answer="yes")
    assert "this report is closed" in page and fresh(incident).state == "closed"
    assert verbs(incident).count("closed") == 1
    assert violations() == []


def test_not_yet_of_somebody_affected_opens_it_again_and_calls_the_last_responders(
    client: Client, company: Company
) -> None:
    incident = make_acknowledged(company, by=company.second)
    person = joined(company, incident)
    resolve(company, incident)
    reporters.confirm(incident=incident, person=company.reporter, at=later(25))
    assert fresh(incident).state == "closed"
    page = say(client, incident, person, answer="no", reason="Our shop still waits")
    assert "The team is called again." in page
    assert "We are calling the people who can help" in page
    assert (fresh(incident).state, run_of(incident).state) == ("investigating", "running")
    news = Message.objects.filter(event="incident.reopened", channel="inbox")
    assert {message.recipient.name for message in news} == {"Responder", "Second"}
    assert {message.lane for message in news} == {"urgent"}
    assert violations() == []


def test_not_yet_twice_calls_once(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident)
    for _ in range(2):
        say(client, incident, answer="no", reason="Still nothing")
    assert verbs(incident).count("reopened") == 1 and "note" not in verbs(incident)
    say(client, incident, answer="no", reason="And the shop in Graz")
    assert verbs(incident).count("reopened") == 1 and verbs(incident)[-1] == "note"


# Near misses


def test_a_near_miss_that_happens_becomes_an_incident(client: Client, company: Company) -> None:
    near = make_incident(company, kind=Incident.Kind.NEAR_MISS)
    page = client.get(tracking.track_path(near)).content.decode()
    assert "Did it happen after all?" in page and "It got worse" not in page
    assert told(near) == []
    not_taken(client, near, "Say what happened.", answer="happened", text="")
    for _ in range(2):
        page = say(client, near, answer="happened", text="Now it stopped")
    assert "We have it and are calling the people who can help" in page
    assert (fresh(near).kind, run_of(near).state) == ("incident", "running")
    assert told(near) == ["Responder"]
    assert verbs(near).count("happened") == 1
    assert violations() == []


def test_an_incident_does_not_happen_again(company: Company) -> None:
    incident = make_incident(company)
    refuses(
        incidents.NotPossible,
        "This is an incident already.",
        lambda: incidents.happened(incident=incident, reason="It did", by=company.responder, at=later(1)),
    )


# Links


def test_the_link_of_somebody_affected_is_theirs(client: Client, company: Company) -> None:
    incident = make_incident(company)
    person = joined(company, incident)
    assert tracking.read(tracking.make_track_token(incident, person)).person == person
    assert tracking.make_track_token(incident, company.reporter) == tracking.make_track_token(incident)
    for stranger in (company.outsider, company.responder):  # made by nobody: they are not affected
        with pytest.raises(tracking.LinkRevoked):
            tracking.read(tracking.make_track_token(incident, stranger))
    page = client.get(tracking.track_path(incident, person)).content.decode()
    assert "You are affected too." in page and "You told us." not in page


def test_unknown_answers_change_nothing(client: Client, company: Company) -> None:
    incident = make_incident(company)
    before = counts(ROWS)
    for answer in ("explode", "happened", "no"):
        response = client.post(tracking.track_path(incident), {"answer": answer, "text": "x" * 600})
        assert response.status_code == 422
    assert counts(ROWS) == before
