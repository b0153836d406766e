"""Signs of life: a missing one is one incident, the next one ends it (P4)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Beat, Incident
from incidents.services import beats, escalation, silences
from portal import access, limits, timers
from portal.models import AuditEntry, AuditPayload, Message, Timer
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_beat,
    make_root,
    refuses,
    run_of,
    tick,
    told,
    verbs,
    violations,
)
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (Beat, Incident, Message, Timer, AuditEntry)


@pytest.fixture
def company() -> Company:
    cache.clear()
    return make.make_company()


def again(beat: Beat) -> Beat:
    return Beat.objects.get(pk=beat.pk)


def send(token: str, minute: float = 0) -> datetime | None:
    heard = beats.beat(token=token, at=later(minute))
    assert heard is not None
    return heard.next_by


def test_the_first_beat_arms_the_clock_and_none_before(company: Company) -> None:
    beat, token = make_beat(company)
    tick(minutes=600)
    assert again(beat).state == "new" and armed(beat) == {}
    assert send(token, 600) == later(665)
    assert armed(beat) == {"beat.missing": later(665)} and again(beat).state == "up"
    assert violations() == []


def test_a_beat_in_time_costs_two_statements_and_tells_nobody(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    with CaptureQueriesContext(connection) as seen:
        assert send(token, 59) == later(124)
    assert len(seen) == 2
    tick(minutes=66)
    assert armed(beat) == {"beat.missing": later(124)}
    assert not Incident.objects.exists()


def test_a_missing_beat_is_one_incident_and_the_next_beat_ends_it(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    tick(minutes=64)
    assert not Incident.objects.exists()
    tick(minutes=65)
    tick(minutes=300)
    incident = Incident.objects.get()
    assert (incident.title, incident.workflow) == ("Nightly export does not give its sign of life", company.workflow)
    assert (incident.started_at, again(beat).state, again(beat).incident) == (later(60), "missing", incident)
    assert told(incident)[0] == "Responder"
    assert send(token, 301) == later(366)
    ended = fresh(incident)
    assert (ended.state, ended.resolution) == ("resolved", "Nightly export gives its sign of life again.")
    assert armed(beat) == {"beat.missing": later(366)}
    assert violations() == []


def test_where_somebody_is_at_work_the_next_beat_tells_and_leaves_it_to_them(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    tick(minutes=65)
    incident = Incident.objects.get()
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(70))
    send(token, 75)
    assert fresh(incident).state == "investigating"
    assert told(incident, event="incident.news") == ["Responder"]
    tick(minutes=140)  # missing again while they still work on it
    assert Incident.objects.count() == 1 and again(beat).state == "missing"
    assert told(incident, event="incident.news").count("Responder") == 2
    assert verbs(incident).count("note") == 2
    assert violations() == []


def test_a_miss_after_the_last_incident_ended_is_another_incident(company: Company) -> None:
    _beat, token = make_beat(company)
    send(token)
    tick(minutes=65)
    send(token, 70)
    tick(minutes=135)
    assert [incident.state for incident in Incident.objects.order_by("reported_at")] == ["resolved", "reported"]


def test_a_beat_that_comes_late_while_the_clock_stood_still_counts(company: Company) -> None:
    _beat, token = make_beat(company)
    send(token)
    send(token, 90)
    tick(minutes=91)
    assert not Incident.objects.exists()


def test_a_miss_that_the_clock_finds_late_says_when_it_was_expected(company: Company) -> None:
    _beat, token = make_beat(company)
    send(token)
    tick(minutes=60 * 24 * 400)
    incident = Incident.objects.get()
    assert incident.started_at >= later(60) and incident.reported_at == later(60 * 24 * 400)


def test_the_trigger_for_beats_names_itself_raises_and_captures(company: Company) -> None:
    rows = [
        {
            "key": "beat-missing",
            "title": "No sign of life",
            "kind": "heartbeat",
            "severity": "sev2",
            "captured": ["last_beat", "expected"],
            "targets": [{"person": company.lead.email}],
        }
    ]
    content = make.escalation_policy(leadership="leadership") | {"triggers": rows}
    draft = make.make_draft(content, kind="escalation", key="company", by=company.admin)
    make.publish(draft, by=company.admin)
    _beat, token = make_beat(company)
    send(token)
    tick(minutes=65)
    incident = Incident.objects.get()
    assert (incident.trigger, incident.severity) == ("beat-missing", "sev2")
    captured = incident.timeline.get(verb="trigger").text_row.text.splitlines()
    assert captured == [f"last_beat: {NOW.isoformat()}", f"expected: {later(60).isoformat()}"]
    assert told(incident, event="incident.trigger") == ["Lead"]


def test_a_paused_beat_is_not_waited_for(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    beats.pause(beat=beat, by=make_root(), reason="Migration", at=later(1))
    assert armed(beat) == {} and again(beat).due_at is None
    assert send(token, 2) is None
    tick(minutes=500)
    assert not Incident.objects.exists()
    with pytest.raises(beats.Idle, match="is paused already"):
        beats.pause(beat=beat, by=make_root(), reason="Again", at=later(3))
    beats.resume(beat=beat, by=make_root(), reason="Done", at=later(510))
    assert armed(beat) == {}
    assert send(token, 511) == later(576)
    with pytest.raises(beats.Idle, match="is not paused"):
        beats.resume(beat=beat, by=make_root(), reason="Again", at=later(512))


def test_only_an_administrator_sets_beats_up(company: Company) -> None:
    beat, token = make_beat(company)
    idle, _token = make_beat(company, key="idle")
    beats.pause(beat=idle, by=make_root(), reason="Not yet", at=NOW)
    send(token)
    before, kept, people = counts(ROWS), list(Beat.objects.values()), [company.responder, company.admin, company.lead]
    sentence = "Only an administrator can set up beats."
    for person in people:
        given: dict[str, Any] = {"by": person, "reason": "Because", "at": later(1)}
        refuses(access.Refused, sentence, lambda given=given: beats.pause(beat=beat, **given))  # type: ignore[misc]
        refuses(access.Refused, sentence, lambda given=given: beats.resume(beat=idle, **given))  # type: ignore[misc]
        refuses(access.Refused, sentence, lambda given=given: beats.rotate(beat=beat, **given))  # type: ignore[misc]
        refuses(access.Refused, sentence, lambda by=person: make_beat(company, key="mine", by=by))  # type: ignore[misc]
    assert (counts(ROWS), list(Beat.objects.values())) == (before, kept)
    assert armed(beat) == {"beat.missing": later(65)}


def test_nobody_is_told_in_a_silence_and_what_is_missing_still_at_its_end_is(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    silences.plan(
        workflow=company.workflow, starts_at=later(1), ends_at=later(180), reason="Works", by=company.responder, at=NOW
    )
    tick(minutes=65)
    assert again(beat).state == "missing" and not Incident.objects.exists() and not Message.objects.exists()
    assert violations() == []
    tick(minutes=181)
    assert Incident.objects.count() == 1


def test_a_silence_that_is_lifted_early_tells_of_the_missing_beat_at_once(company: Company) -> None:
    _beat, token = make_beat(company)
    send(token)
    silence = silences.plan(
        workflow=company.workflow, starts_at=later(1), ends_at=later(180), reason="Works", by=company.responder, at=NOW
    )
    tick(minutes=65)
    silences.lift(silence=silence, by=company.responder, at=later(70))
    tick(minutes=71)
    assert Incident.objects.count() == 1


def test_a_beat_in_the_silence_leaves_nothing_to_tell(company: Company) -> None:
    _beat, token = make_beat(company)
    send(token)
    silences.plan(
        workflow=company.workflow, starts_at=later(1), ends_at=later(100), reason="Works", by=company.responder, at=NOW
    )
    tick(minutes=65)
    send(token, 80)
    tick(minutes=101)
    assert not Incident.objects.exists()


# Cron and zones


def cron(text: str, zone: str) -> Beat:
    return Beat(cron=text, time_zone=zone, grace_minutes=10)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [  # 06:30 on the wall, before and after the change to and from summer time
        ("Europe/Berlin", (2026, 3, 28), "2026-03-29T04:30:00+00:00"),
        ("Europe/Berlin", (2026, 3, 27), "2026-03-28T05:30:00+00:00"),
        ("Europe/Berlin", (2026, 10, 24), "2026-10-25T05:30:00+00:00"),
        ("America/New_York", (2026, 3, 7), "2026-03-08T10:30:00+00:00"),
        ("America/New_York", (2026, 3, 6), "2026-03-07T11:30:00+00:00"),
        ("America/New_York", (2026, 10, 31), "2026-11-01T11:30:00+00:00"),
    ],
)
def test_cron_follows_the_clock_on_the_wall(zone: str, day: tuple[int, int, int], expected: str) -> None:
    at = datetime(*day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert beats.expected_after(cron("30 6 * * *", zone), at).isoformat() == expected


def test_an_hour_that_the_clock_leaves_out_is_expected_after_the_gap_and_one_twice_once() -> None:
    nightly = cron("30 2 * * *", "Europe/Berlin")
    gap = beats.expected_after(nightly, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert gap == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 03:00, the first instant after 02:30 would have been
    first = beats.expected_after(nightly, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert beats.expected_after(nightly, first) - first > timedelta(hours=23)


def test_hourly_beats_stay_an_hour_apart_through_both_changes() -> None:
    hourly = cron("0 * * * *", "America/New_York")
    for start in (datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 11, 1, 3, tzinfo=UTC)):
        at = start
        for _ in range(6):
            following = beats.expected_after(hourly, at)
            assert following - at == timedelta(hours=1)
            at = following


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"interval_minutes": None, "cron": ""}, "interval_minutes"),
        ({"interval_minutes": 5, "cron": "* * * * *"}, "interval_minutes"),
        ({"interval_minutes": 10**9, "cron": ""}, "interval_minutes"),
        ({"interval_minutes": None, "cron": "* * * *"}, "cron"),
        ({"interval_minutes": None, "cron": "61 * * * *"}, "cron"),
        ({"interval_minutes": None, "cron": "0 0 30 2 *"}, "cron"),
        ({"interval_minutes": None, "cron": "@daily"}, "cron"),
        ({"interval_minutes": None, "cron": "0 6 * * *", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"interval_minutes": None, "cron": "0 6 * * *", "time_zone": "../../etc/passwd"}, "time_zone"),
        ({"interval_minutes": None, "cron": "0 6 * * *", "time_zone": "\x00"}, "time_zone"),
        ({"interval_minutes": 5, "cron": "", "grace_minutes": 10**6}, "grace_minutes"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_kept(
    company: Company, rule: dict[str, Any], field: str
) -> None:
    make_root()
    before = counts(ROWS)
    with pytest.raises(beats.BadRule) as refused:
        make_beat(company, **{"cron": "", "time_zone": "", **rule})
    assert refused.value.field == field
    assert counts(ROWS) == before


def test_a_new_rule_moves_what_was_promised(company: Company) -> None:
    beat, token = make_beat(company)
    send(token)
    from portal import audit

    with audit.action(actor=company.admin, reason="faster", at=later(30)):
        changed = again(beat)
        changed.interval_minutes = 10
        changed.save(update_fields=["interval_minutes"])
        beats.replan(changed, at=later(30))
    assert armed(beat) == {"beat.missing": later(35)}


# The door


Post = Callable[[str], Any]


@pytest.fixture
def post() -> Post:
    return lambda secret: Client(raise_request_exception=False).post(f"/api/v1/beats/{secret}")


def test_the_door_answers_when_the_next_beat_is_due(company: Company, post: Post) -> None:
    beat, token = make_beat(company)
    answer = post(token)
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "next_by": again(beat).due_at.isoformat()}  # type: ignore[union-attr]
    assert Client().get(f"/api/v1/beats/{token}").status_code == 405


@pytest.mark.parametrize("secret", ["0" * 40, "x", "a" * 5000, "%00", "..%2F", "ü" * 40, "A" * 40, "0" * 39])
def test_an_unknown_secret_is_refused_and_writes_nothing(
    company: Company, post: Post, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_beat(company)
    before = counts(ROWS)
    answer = post(secret)
    assert answer.status_code in (400, 404)
    assert counts(ROWS) == before


def test_no_secret_stands_in_the_logs(
    company: Company, post: Post, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    beat, token = make_beat(company)
    with caplog.at_level("DEBUG"):
        post(token)
        beats.rotate(beat=beat, by=make_root(), reason="Left in a mail", at=later(1))
        assert post(token).status_code == 404
    assert token not in caplog.text + "".join(capfd.readouterr())
    assert not [row for row in AuditPayload.objects.values() if token in str(row)]


def test_a_rotated_secret_is_the_only_one(company: Company, post: Post) -> None:
    beat, old = make_beat(company)
    new = beats.rotate(beat=beat, by=make_root(), reason="Yearly", at=later(1))
    assert (post(old).status_code, post(new).status_code) == (404, 200)


def test_beyond_the_limit_beats_are_refused(company: Company, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    _beat, token = make_beat(company)
    monkeypatch.setattr(limits, "BEATS_PER_MINUTE", 0)
    answer = post(token)
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many")
    assert int(answer["Retry-After"]) in range(1, 61)


def test_two_misses_in_one_batch_are_two_incidents(company: Company) -> None:
    tokens = [make_beat(company, key=f"b{number}", name=f"Beat {number}")[1] for number in range(2)]
    for token in tokens:
        send(token)
    timers.fire_due(at=later(66))
    assert Incident.objects.count() == 2
    assert violations() == []
