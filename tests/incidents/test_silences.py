"""Silence: events are stored, nobody is told, and what is still open at the end tells (P4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from incidents.models import Event, Incident, Silence, Source
from incidents.services import receive, silence_ends, silences, sources
from portal import access, audit, roles, timers
from portal.models import AuditEntry, Message, Timer, User
from tests.factories_governance import NOW, Company, make_company, make_person, make_workflow
from tests.factories_incidents import later, make_incident, refuses, violations
from tests.pictures import counts

pytestmark = pytest.mark.django_db
WRITTEN = (Silence, Timer, AuditEntry, Message)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def source(company: Company) -> Source:
    return make_source(company)


def make_source(company: Company, key: str = "shop") -> Source:
    found, _secrets = sources.set_up(key=key, format="generic", workflow=company.workflow, by=None, at=NOW)
    return found


def make_silence(company: Company, *, minutes: int = 60, begins: int = 0, at: datetime = NOW, **of: Any) -> Silence:
    """By the responder; `minutes` long, beginning so many minutes after `at`."""
    starts_at = at + timedelta(minutes=begins)
    values: dict[str, Any] = {"reason": "The database is upgraded", "by": company.responder, "at": at}
    ends_at = starts_at + timedelta(minutes=minutes)
    return silences.plan(starts_at=starts_at, ends_at=ends_at, **values | of)


def send(source: Source, minute: float, group: str = "orders", action: str = "trigger", **more: Any) -> Event:
    """One event of `group`, `minute` after NOW, as it is stored."""
    number = Event.objects.count()
    content: dict[str, Any] = {"title": f"Failed: {group}", "dedup_key": group, "action": action}
    arrival = receive.Arrival(**content | more, event_id=f"e{number}", body=content, body_hash=str(number))
    receive.receive(source=source, arrival=arrival, at=later(minute))
    return Event.objects.latest("received_at", "id")


def end(minute: float) -> timers.Fired:
    """The clock fires what silences have promised until `minute`, and nothing else."""
    Timer.objects.filter(state="armed").exclude(kind=silences.ENDS).update(state="cancelled", ended_at=NOW)
    return timers.fire_due(at=later(minute))


def test_in_silence_an_event_is_stored_and_nobody_is_told(company: Company, source: Source) -> None:
    silence = make_silence(company, source=source)
    event = send(source, 10)
    assert (event.outcome, event.silence, event.incident) == ("silenced", silence, None)
    assert event.group_reason == "Stored, nobody was told: The database is upgraded"
    assert counts((Incident, Message)) == {"Incident": 0, "Message": 0}


def test_what_is_still_open_at_the_end_opens_one_incident_and_tells(company: Company, source: Source) -> None:
    silence = make_silence(company, source=source)
    first, second = send(source, 10), send(source, 20)
    assert end(59).count == 0
    assert end(60).count == 1
    incident = Incident.objects.get()
    assert (incident.title, incident.started_at, incident.reported_at) == ("Failed: orders", later(10), later(60))
    for event in (first, second):
        event.refresh_from_db()
        assert (event.outcome, event.incident) == ("silenced", incident)
        assert event.group_reason == f"Stored in silence; {incident.reference} was opened at its end."
    silence.refresh_from_db()
    assert silence.ended_at == later(60)
    assert Message.objects.filter(event="incident.level", subject_id=incident.pk).exists()
    assert incident.timeline.filter(verb="event").get().data["reason"].endswith("The database is upgraded")
    assert AuditEntry.objects.filter(verb="silence.ended", target_id=str(silence.pk)).count() == 1
    assert violations() == []


def test_what_was_over_before_the_end_opens_nothing(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    send(source, 10)
    assert send(source, 20, action="resolve").outcome == "nothing_open"
    end(60)
    assert Incident.objects.count() == 0


def test_what_failed_again_after_a_resolve_counts_from_then(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    before, over, again = send(source, 10), send(source, 20, action="resolve"), send(source, 30)
    end(60)
    incident = Incident.objects.get()
    assert incident.started_at == later(30)
    found = {event.pk: event.incident for event in Event.objects.all()}
    assert found == {before.pk: None, over.pk: None, again.pk: incident}


def test_what_began_long_ago_does_not_stop_the_end_of_a_silence(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    send(source, 10, "old", occurred_at=later(10) - timedelta(days=366))
    send(source, 11, "new")
    end(60)
    assert Incident.objects.count() == 2
    assert Incident.objects.get(title="Failed: old").started_at == later(60) - timedelta(days=366)


def test_an_acknowledge_elsewhere_ends_nothing(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    send(source, 10)
    send(source, 20, action="acknowledge")
    end(60)
    assert Incident.objects.count() == 1


def test_a_late_resolve_before_the_clock_comes_opens_nothing(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    send(source, 10)
    assert send(source, 61, action="resolve").outcome == "nothing_open"
    end(62)
    assert Incident.objects.count() == 0


def test_an_event_after_the_end_opens_and_the_clock_joins_what_was_stored(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    stored = send(source, 10)
    opened = send(source, 61)
    assert (opened.outcome, opened.silence) == ("opened", None)
    end(62)
    stored.refresh_from_db()
    assert stored.incident == opened.incident == Incident.objects.get()


def test_open_incidents_go_on_as_they_are(company: Company, source: Source) -> None:
    opened = send(source, 1)
    make_silence(company, source=source, at=later(2))
    joined = send(source, 10)
    assert (joined.outcome, joined.incident, joined.silence) == ("joined", opened.incident, None)
    assert send(source, 20, action="resolve").outcome == "resolved"
    assert send(source, 30).outcome == "silenced"


def test_a_workflow_is_silent_for_every_source_and_other_workflows_are_not(company: Company, source: Source) -> None:
    make_silence(company, workflow=company.workflow)
    other = make_workflow("invoices", team=company.team)
    assert send(source, 10).outcome == "silenced"
    assert send(make_source(company, "second"), 11, "b").outcome == "silenced"
    named = (("key", other.key),)
    assert send(source, 12, "c", workflows=named).outcome == "opened"
    end(60)
    assert Incident.objects.count() == 3


def test_reports_of_people_are_never_silent(company: Company) -> None:
    make_silence(company, workflow=company.workflow)
    incident = make_incident(company, at=later(5))
    assert Message.objects.filter(event="incident.level", subject_id=incident.pk).exists()


def test_a_window_begins_at_its_time(company: Company, source: Source) -> None:
    window = make_silence(company, workflow=company.workflow, begins=30)
    assert window.is_planned
    assert send(source, 10, "a").outcome == "opened"
    assert send(source, 30, "b").outcome == "silenced"
    assert send(source, 89, "c").outcome == "silenced"
    assert send(source, 90, "d").outcome == "opened"


def test_lifting_tells_at_once(company: Company, source: Source) -> None:
    silence = make_silence(company, source=source)
    send(source, 10)
    silences.lift(silence=silence, by=company.responder, at=later(20))
    assert send(source, 21, "other").outcome == "opened"
    assert end(21).count == 1
    silence.refresh_from_db()
    assert (silence.lifted_at, silence.ended_at) == (later(20), later(21))
    assert Incident.objects.count() == 2
    assert end(60).count == 0


def test_a_window_lifted_before_it_begins_never_does(company: Company, source: Source) -> None:
    window = make_silence(company, source=source, begins=30)
    silences.lift(silence=window, by=company.responder, at=later(10))
    window.refresh_from_db()
    assert window.ended_at == later(10)
    assert send(source, 40).outcome == "opened"
    assert not Timer.objects.filter(kind=silences.ENDS, state="armed").exists()


def test_a_silence_is_lifted_once(company: Company, source: Source) -> None:
    silence = make_silence(company, source=source)
    silences.lift(silence=silence, by=company.responder, at=later(20))
    again = {"silence": silence, "by": company.responder, "at": later(21)}
    refuses(silences.Over, "This is over already.", lambda: silences.lift(**again))


def test_of_two_silences_the_longer_one_counts(company: Company, source: Source) -> None:
    short = make_silence(company, source=source)
    event = send(source, 10)
    longer = make_silence(company, workflow=company.workflow, minutes=120, at=later(20))
    assert event.silence == short
    end(60)
    event.refresh_from_db()
    assert (event.silence, Incident.objects.count()) == (longer, 0)
    end(140)
    event.refresh_from_db()
    assert event.incident == Incident.objects.get()


def test_two_silences_that_end_together_open_one_incident(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    send(source, 10)
    make_silence(company, workflow=company.workflow, minutes=60)
    send(source, 20)
    send(source, 30, "other")
    end(60)
    assert Incident.objects.count() == 2
    assert not Event.objects.filter(incident=None).exists()


def test_many_groups_are_told_in_batches(company: Company, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence_ends, "BATCH", 3)
    make_silence(company, source=source)
    for number in range(7):
        send(source, 10, f"group-{number}")
    send(source, 11, "group-4", "resolve")
    assert end(60).count == 3
    assert sorted(Incident.objects.values_list("title", flat=True)) == [
        f"Failed: group-{n}" for n in (0, 1, 2, 3, 5, 6)
    ]


def test_an_end_that_fails_half_way_is_done_again_and_tells_once(
    company: Company, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = make_silence(company, source=source)
    send(source, 10, "a"), send(source, 10, "b")
    whole, calls = receive.open_later, []

    def break_second(**values: Any) -> Incident:
        calls.append(values["event"].group_key)
        if len(calls) in (2, 4):
            raise RuntimeError("killed")
        return whole(**values)

    monkeypatch.setattr(receive, "open_later", break_second)
    end(60)
    silence.refresh_from_db()
    assert (silence.ended_at, Incident.objects.count()) == (None, 0)
    end(61)
    assert Incident.objects.count() == 2
    assert calls == ["a", "b"] * 3


def test_a_failure_somewhere_in_the_end_leaves_the_same_state(company: Company, source: Source) -> None:
    """I11, for the transaction of the clock: what fails once is done again, and nobody is told twice."""
    make_silence(company, source=source)
    send(source, 10, "a"), send(source, 11, "a"), send(source, 12, "b"), send(source, 13, "b", "resolve")

    def state(fails_at: int) -> tuple[bool, list[Any]]:
        """What is there after the end, in which statement number `fails_at` failed once."""
        seen = 0

        def breaks(execute: Any, sql: str, *rest: Any) -> Any:
            nonlocal seen
            seen += not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
            if seen == fails_at:
                seen += 1
                raise RuntimeError("killed")
            return execute(sql, *rest)

        with transaction.atomic():
            try:
                with connection.execute_wrapper(breaks):
                    timers.fire_due(at=later(60))
            except RuntimeError:
                pass  # the clock itself asks what is due; it comes again
            timers.fire_due(at=later(61))
            events = Event.objects.order_by("event_id").values_list("event_id", "outcome", "incident__title")
            messages = Message.objects.values_list("event", "recipient__email", "channel").order_by("event", "key")
            found = [*events, *messages, *Silence.objects.values_list("lifted_at"), violations()]
            transaction.set_rollback(True)
        return seen > fails_at, found

    _broken, whole = state(-1)
    assert ("e0", "silenced", "Failed: a") in whole and ("e2", "silenced", None) in whole
    number, broken = 1, True
    while broken:
        broken, found = state(number)
        assert found == whole, number
        number += 5  # every fifth: each try is a whole end
    assert number > 30


def ends(at: datetime) -> dict[str, Any]:
    return {"starts_at": NOW, "ends_at": at}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reason": "  "}, "Say why nobody shall be told."),
        ({"reason": "x" * 501}, "Use at most 500 characters."),
        (ends(NOW), "It would be over already. Choose a later end."),
        ({"starts_at": later(90)}, "The end lies before the beginning. Choose a later end."),
        (ends(NOW + timedelta(days=31)), "At most 30 days. Whoever needs longer decides again then."),
        ({"starts_at": later(-30)}, "It cannot begin in the past. What came before was told already."),
        (
            {"starts_at": NOW + timedelta(days=400), "ends_at": NOW + timedelta(days=401)},
            "Plan at most a year ahead.",
        ),
    ],
)
def test_times_and_reason_are_judged(company: Company, source: Source, change: dict[str, Any], sentence: str) -> None:
    values = {"reason": "Why", "by": company.responder, "at": NOW, "source": source} | ends(later(60)) | change
    refuses(silences.BadSilence, sentence, lambda: silences.plan(**values))
    assert Silence.objects.count() == 0


def test_what_is_silent_already_is_said(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    refuses(silences.BadSilence, "That time is silent already", lambda: make_silence(company, source=source))
    assert make_silence(company, source=source, minutes=61).pk
    assert make_silence(company, workflow=company.workflow).pk


def test_only_those_who_work_there_silence(company: Company, source: Source) -> None:
    def by(user: User) -> Callable[[], Any]:
        return lambda: make_silence(company, source=source, by=user)

    stranger = make_person("stranger", role=roles.RESPONDER)
    refuses(access.Refused, "This belongs to other teams.", by(stranger))
    refuses(access.Refused, "belongs to other teams|Only responders", by(company.reporter))
    admin = make_person("admin2", is_staff=True, is_superuser=True)
    silence = by(admin)()
    refuses(access.Refused, "other teams", lambda: silences.lift(silence=silence, by=stranger, at=later(1)))
    silences.lift(silence=silence, by=company.responder, at=later(1))


def test_a_silence_is_of_one_thing_and_ends_after_it_begins(company: Company, source: Source) -> None:
    values = {"why": "x", "made_by": company.responder, "made_at": NOW, "starts_at": NOW, "ends_at": later(1)}
    for wrong in (
        {},
        {"source": source, "workflow": company.workflow},
        {"source": source, "ends_at": NOW},
    ):
        step = audit.action(actor=None, actor_label="test", reason="test", at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic(), step:
            Silence.objects.create(**values | wrong)


def test_now_is_covered_by_what_is_in_force_only(company: Company, source: Source) -> None:
    silence = make_silence(company, source=source)
    place: dict[str, Any] = {"source_id": source.pk, "workflow_id": None}
    assert silences.covering(**place, at=NOW) == silence
    assert silences.covering(**place, at=later(60)) is None
    assert silences.covering(**place, at=NOW - timedelta(seconds=1)) is None
    assert timezone.is_aware(silence.ends_at)
    silences.lift(silence=silence, by=company.responder, at=later(1))
    assert silences.covering(**place, at=later(2)) is None
    assert not silences.hold(silence.pk)
