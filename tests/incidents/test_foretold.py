"""What "who would be told?" foretells is what happens: a report is filed and the clock passes without an answer."""

import random
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from governance.documents import demo as documents
from governance.models import Workflow
from governance.reads import documents as in_force
from governance.reads import ownership
from governance.rules import triage
from governance.services import changes, versions
from incidents.management.commands import demo
from incidents.models import EscalationEvent, Incident
from incidents.services import intake
from portal import operators, timers
from portal.models import Message, User
from tests.factories_governance import NOW, make_absence

pytestmark = pytest.mark.django_db
SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
Told = list[tuple[float, str, str]]


@pytest.fixture
def company() -> None:
    demo.load(password="demodemo1", at=NOW)


def answers_for(severity: str, workflow: Workflow | None) -> dict[str, str] | None:
    """Answers that make `severity` of a report about `workflow`; None when none do."""
    team = workflow.team if workflow else in_force.triage_team()
    rubric = in_force.rubric_for(workflow, department=team.department_id)
    keys = [dimension.key for dimension in rubric.content.dimensions]
    for given in product(("yes", "no"), repeat=len(keys)):
        answers = dict(zip(keys, given, strict=True))
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


@pytest.mark.parametrize("seed", range(4))
def test_it_holds_with_absences_and_other_rules(company: None, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice, no secret
    change("company-matrix", "matrix", lambda content: hasten(content, chance))
    change("escalation", "escalation", lambda content: reshape(content, chance))
    at = NOW + timedelta(minutes=chance.randrange(1000))
    people = list(User.objects.order_by("email"))
    for workflow in chance.sample(workflows(), 3):
        for person in chance.sample(people, 6):
            away = at + timedelta(minutes=chance.randrange(-60, 60))
            cover = chance.choice([None, *(other for other in people if other != person)])
            make_absence(person, away, away + timedelta(minutes=chance.randrange(1, 90)), cover=cover)
        agree(workflow, chance.choice(SEVERITIES), at)
        at += timedelta(days=30)


def change(name: str, kind: str, edit: Any) -> None:
    content = yaml.safe_load(documents.read(name))
    edit(content)
    admin = User.objects.get(email="admin@demo.example")
    _, version = versions.import_yaml(kind=kind, text=yaml.safe_dump(content), key=name, by=admin, at=NOW)
    changes.publish(version=version, reason="other rules", by=admin, at=NOW)


def hasten(content: dict[str, Any], chance: random.Random) -> None:
    for row in content["rows"]:
        row["acknowledge_minutes"] = chance.randrange(1, 12)


def reshape(content: dict[str, Any], chance: random.Random) -> None:
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
