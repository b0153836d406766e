"""What "who would be told?" foretells is what happens: a report is filed and the clock passes without an answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
import yaml
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from governance.documents import demo as documents
from governance.models import Schedule, Workflow
from governance.reads import documents as in_force
from governance.reads import ownership
from governance.rules import triage
from governance.services import ownership as compiling
from governance.services import versions
from incidents.management.commands import demo
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.reads import incident as reads
from incidents.reads.told import STEPS, Next
from incidents.services import escalation, intake
from portal import audit, operators, timers
from portal.models import Message, Timer, User
from tests.factories_governance import NOW, make_absence
from tests.factories_oncall import make_override
from tests.remembered import remembered

pytestmark = pytest.mark.django_db
SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
Told = list[tuple[float, str, str]]


@pytest.fixture
def company() -> None:
    load_demo()


@remembered
def load_demo() -> None:
    demo.load(password="demodemo1", at=NOW)
    # NOTE what governance does every morning has nothing to do with it, and weeks pass here
    Timer.objects.exclude(subject_type__startswith="incidents.").update(state="cancelled", ended_at=NOW)


def answers_for(severity: str, workflow: Workflow | None) -> dict[str, str] | None:
    """Answers that make `severity` of a report about `workflow`; None when none do."""
    team = workflow.team if workflow else in_force.triage_team()
    rubric = in_force.rubric_for(workflow, department=team.department_id)
    keys = [dimension.key for dimension in rubric.content.dimensions]
    for chosen in product(("yes", "no"), repeat=len(keys)):
        answers = dict(zip(keys, chosen, strict=True))
        criticality = workflow.criticality if workflow else None
        if triage.score(rubric, team.department_id, answers, criticality).severity == severity:
            return answers
    return None


def foretold(workflow: Workflow | None, severity: str, at: datetime) -> tuple[Told, float]:
    """(minutes, what, name) of everybody who would be told, and the minutes after which all starts again."""
    explained = ownership.explain(workflow, severity, at=at)
    assert explained.policy is not None
    found: Told = []
    until = 0.0
    for moment in explained.moments:
        names = [tell.name for tell in moment.telling.tells]
        if moment.kind == "ended":
            names = [user.name for user in operators.people()]
            until = moment.minutes + explained.policy.content.follow_up.silence_minutes
        if moment.telling.gaps:
            found += [(moment.minutes, "gap", user.name) for user in operators.people()]
        what = moment.step.level if moment.step is not None else moment.kind
        found += [(moment.minutes, what, name) for name in names]
    return sorted(found), until


def happens(incident: Incident, at: datetime, until: float) -> Told:
    """The same as it happened, with the clock stopping at each due time before `until` minutes."""
    end = at + timedelta(minutes=until)
    while True:
        due, _ = timers.next_due(at=end)
        if due is None or due >= end:
            break
        timers.fire_due(at=due)
    events = EscalationEvent.objects.filter(run__incident=incident, outcome="told").select_related("user")
    found = [(minutes(event.at, at), event.level_key, event.user.name) for event in events if event.user]
    words = {"incident.nobody_reached": "ended", "incident.gap": "gap"}
    messages = Message.objects.filter(subject_id=incident.pk, channel="inbox").select_related("recipient")
    for message in messages.filter(event__in=[*words, "incident.timebox"]):
        (context,) = message.context.values()
        what = words.get(message.event) or context["which"]
        found.append((minutes(message.created_at, at), what, message.recipient.name))
    return sorted(found)


def minutes(then: datetime, at: datetime) -> float:
    return (then - at).total_seconds() / 60


def file(workflow: Workflow | None, severity: str, at: datetime) -> Incident | None:
    answers = answers_for(severity, workflow)
    if answers is None:
        return None
    incident = intake.report(
        by=User.objects.get(email="reporter@demo.example"),
        title="It stopped",
        workflow=workflow,
        started_at=at,
        answers=answers,
        submission_key=f"{workflow}{severity}{at}",
        at=at,
    )
    assert incident.severity == severity
    return incident


def agree(workflow: Workflow | None, severity: str, at: datetime) -> bool:
    """Whether it could be filed; then what was foretold must have happened."""
    expected, until = foretold(workflow, severity, at)
    incident = file(workflow, severity, at)
    if incident is not None:
        assert happens(incident, at, until) == expected
        # News and meetings of an incident that nobody ends go on for ever; the next one begins a month later.
        Timer.objects.filter(state="armed").update(state="cancelled", ended_at=at)
    return incident is not None


def workflows() -> list[Workflow | None]:
    return [*Workflow.objects.select_related("team", "platform").order_by("key"), None]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_same_people_are_told_at_the_same_times_for_every_workflow(company: None, severity: str) -> None:
    at = NOW
    filed = 0
    for workflow in workflows():
        filed += agree(workflow, severity, at)
        at += timedelta(days=30)
    assert filed


MOMENTS = (
    NOW,
    datetime(2026, 3, 7, 3, 10, tzinfo=UTC),  # a Saturday night
    datetime(2026, 3, 29, 0, 50, tzinfo=UTC),  # ten minutes before an hour is left out in Berlin
    datetime(2026, 10, 25, 0, 40, tzinfo=UTC),  # in the hour that comes twice there
    datetime(2026, 12, 31, 22, 50, tzinfo=UTC),
)


@contextmanager
def taken_back() -> Iterator[None]:
    """Each case starts from the same company."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_holds_at_any_time_with_absences_and_other_rules(company: None, data: st.DataObject) -> None:
    with taken_back():
        at = data.draw(st.sampled_from(MOMENTS)) + data.draw(st.integers(0, 240)) * timedelta(minutes=1)
        reshape_all(data)
        shift_hands_over_near(at, data)
        for person in data.draw(st.lists(st.sampled_from(sorted(folk(), key=str)), max_size=6, unique=True)):
            away = at + timedelta(minutes=data.draw(st.integers(-60, 60)))
            until = away + timedelta(minutes=data.draw(st.integers(1, 90)))
            others = [other for other in folk() if other != person]
            make_absence(person, away, until, cover=data.draw(st.sampled_from([None, *others])))
        agree(data.draw(st.sampled_from(workflows())), data.draw(st.sampled_from(SEVERITIES)), at)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_page_of_an_incident_foretells_the_same(company: None, data: st.DataObject) -> None:
    with taken_back():
        at = data.draw(st.sampled_from(MOMENTS))
        reshape_all(data)
        workflow, severity = data.draw(st.sampled_from(workflows())), data.draw(st.sampled_from(SEVERITIES))
        incident = file(workflow, severity, at)
        assume(incident is not None)
        if data.draw(st.booleans()):
            answer(incident, at)
        now = at + timedelta(minutes=data.draw(st.integers(0, 90)), seconds=30)
        happens(incident, at, minutes(now, at))
        steps, again = said_to_come(incident, now)
        until = again if len(steps) < STEPS and again else steps[-1].at if steps else now
        happens(incident, at, minutes(until, at))
        called = merged((item.at, name) for item in steps if item.at < until for name in item.names)
        assert ladder(incident, now, until) == called


def said_to_come(incident: Incident, now: datetime) -> tuple[list[Next], datetime | None]:
    """The next steps as the page says, and when somebody looks again."""
    reader = User.objects.get(email="auditor@demo.example")
    shown = reads.show(reads.get(reader, incident.reference), reader, at=now).coming
    again = (item.at for item in shown if item.kind == "follow_up")
    return [item for item in shown if item.kind == "step"], next(again, None)


def ladder(incident: Incident, after: datetime, until: datetime) -> list[tuple[datetime, list[str]]]:
    """Who was called in that time."""
    events = EscalationEvent.objects.filter(run__incident=incident, outcome="told", at__gt=after, at__lt=until)
    return merged((event.at, event.user.name) for event in events.exclude(level_key="news").select_related("user"))


def merged(calls: Iterable[tuple[datetime, str]]) -> list[tuple[datetime, list[str]]]:
    found: dict[datetime, set[str]] = defaultdict(set)
    for at, name in calls:
        found[at].add(name)
    return [(at, sorted(names)) for at, names in sorted(found.items())]


def answer(incident: Incident, at: datetime) -> None:
    run = EscalationRun.objects.get(incident=incident)
    told = EscalationEvent.objects.filter(run=run, outcome="told").exclude(level_key="news").first()
    if told is not None:
        escalation.acknowledge(run=run, by=told.user, at=at)


def shift_hands_over_near(at: datetime, data: st.DataObject) -> None:
    """Somebody else, or nobody, is on call for a while around `at`."""
    from_at = at + data.draw(st.integers(-30, 30)) * timedelta(minutes=1)
    until_at = from_at + data.draw(st.integers(1, 60)) * timedelta(minutes=1)
    person, schedule = data.draw(st.sampled_from([None, *folk()])), Schedule.objects.get(key="orders")
    make_override(schedule, person, from_at, until_at, by=folk()[0])


def folk() -> list[User]:
    return list(User.objects.order_by("email"))


def reshape_all(data: st.DataObject) -> None:
    chance = data.draw(st.randoms(use_true_random=False))
    change("company-matrix", "matrix", lambda content: hasten(content, chance))
    change("escalation", "escalation", lambda content: reshape(content, chance))


def change(name: str, kind: str, edit: Any) -> None:
    content = yaml.safe_load(documents.read(name))
    edit(content)
    admin = User.objects.get(email="admin@demo.example")
    with audit.action(actor=admin, reason="other rules", at=NOW):
        document, version = versions.import_yaml(kind=kind, text=yaml.safe_dump(content), key=name, by=admin, at=NOW)
        version.frozen_at, document.effective_version = NOW, version  # who approved it does not matter here
        version.save(update_fields=["frozen_at"])
        document.save(update_fields=["effective_version"])
        compiling.rebuild()


def hasten(content: dict[str, Any], chance: Random) -> None:
    for row in content["rows"]:
        row["acknowledge_minutes"] = chance.randrange(1, 12)


def reshape(content: dict[str, Any], chance: Random) -> None:
    for level in content["levels"]:
        level["window_minutes"] = chance.randrange(1, 40)
    content["timeboxes"][0] |= {"triage_minutes": chance.randrange(1, 40), "decision_minutes": chance.randrange(1, 90)}
    for path in content["paths"]:
        path["news"] = {"every_minutes": chance.randrange(5, 60), "times": 5, "targets": [{"team": "product"}]}


def test_the_page_says_what_is_foretold(company: None, client: Client) -> None:
    client.force_login(User.objects.get(email="reporter@demo.example"))
    workflow = Workflow.objects.select_related("team").get(key="order-sync")
    for severity in SEVERITIES:
        answer = client.get(reverse("governance:told"), {"workflow": "Order sync", "severity": severity})
        shown = [(moment.at, sorted(line.name for line in moment.people)) for moment in answer.context["found"].moments]
        at = answer.context["found"].at
        expected = ownership.explain(workflow, severity, at=at).moments
        officers = sorted(user.name for user in operators.people())
        assert shown == [
            (
                at + timedelta(minutes=item.minutes),
                officers if item.kind == "ended" else sorted(tell.name for tell in item.telling.tells),
            )
            for item in expected
        ]
