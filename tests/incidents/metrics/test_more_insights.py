"""Who was called, playbooks against what happened, processes at risk, and how it stands now: what is said to whom."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from governance.models import Workflow
from incidents.metrics import facts, figures, now, playbooks, risks
from incidents.metrics.figures import Asked
from incidents.models import DecisionRequest, EscalationEvent, Fact, FigureSum, Incident
from incidents.services import figures as service
from portal.ids import uuid7
from portal.models import Membership, User
from portal.services import people
from tests.factories_governance import ACTOR, NOW, Company, make_person
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of
from tests.factories_keeping import make_company
from tests.factories_steps import make_stepped, working

pytestmark = pytest.mark.django_db
INCIDENT = Incident._meta.label_lower
UNTIL = NOW + timedelta(days=20)


@pytest.fixture
def company() -> Company:
    return make_company(has_module=True)


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.moments.of", lambda request: UNTIL)


def get(user: User, address: str, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/insights/{address}")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.content.decode()


def measured(*incidents: Incident) -> None:
    service.follow({INCIDENT: {str(row.pk) for row in incidents}}, at=UNTIL)


def zone(person: User, name: str) -> User:
    User.objects.filter(pk=person.pk).update(time_zone=name)
    return User.objects.get(pk=person.pk)


def call(incident: Incident, person: User, at: datetime) -> None:
    EscalationEvent.objects.create(
        run=run_of(incident),
        generation=1,
        position=9,
        level=1,
        kind="level",
        outcome="told",
        decided_by="t",
        user=person,
        at=at,
    )


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_night_is_where_somebody_lives(company: Company, name: str) -> None:
    person, dice = zone(make_person("far"), name), random.Random(3)
    incident = make_incident(company)
    times = [NOW + timedelta(minutes=dice.randrange(14 * 24 * 60)) for _ in range(60)]
    for at in times:
        call(incident, person, at)
    measured(incident)
    clocks = [at.astimezone(ZoneInfo(name)).hour for at in times]
    nights = sum(hour >= 22 or hour < 6 for hour in clocks)
    found = figures.load(Asked(until=UNTIL), [person.pk])
    assert found == {person.pk: (60, nights)} and 0 < nights < 60


def test_drills_are_nobodys_load(company: Company) -> None:
    incident = make_incident(company)
    Incident.objects.filter(pk=incident.pk).update(kind="drill")
    call(incident, company.second, NOW)
    measured(incident)
    assert figures.load(Asked(until=UNTIL), [company.second.pk, company.responder.pk]) == {}


def loaded(company: Company) -> None:
    incident = make_incident(company)
    for person in (company.responder, company.second, company.lead, make_person("other", role="responder")):
        call(incident, person, NOW)
    measured(incident)


def named(page: str) -> set[str]:
    return {name for name in ("Responder", "Second", "Lead", "Other") if f'scope="row">{name}' in page}


def test_each_sees_as_much_as_they_answer_for(company: Company) -> None:
    loaded(company)
    assert named(get(company.responder, "people/")) == {"Responder"}
    keeper = make_person("keeper", teams=(company.team,), role="team admin")
    mates = set(Membership.objects.filter(group__team=company.team).values_list("user__name", flat=True)) & {
        "Responder",
        "Second",
        "Lead",
        "Other",
    }
    assert named(get(keeper, "people/")) == mates and "Other" not in mates
    assert named(get(company.admin, "people/")) >= {"Responder", "Second", "Other"}
    assert "You see only yourself." in get(company.responder, "people/")
    root = make_person("root", role="admin")
    assert named(get(root, "people/")) == set(), "who keeps the portal running does not see it"
    sheet = get(company.responder, "people/?format=csv")
    assert "Responder" in sheet and "Second" not in sheet
    get(company.reporter, "people/", status=403)


def test_each_version_is_held_against_what_ran_it(company: Company) -> None:
    measures = ["The damage is stopped within 30 minutes", "No event is lost"]
    document = make_stepped(company.admin, measures=measures)
    incident = working(company, document)
    version = document.effective_version
    dice, expected = random.Random(6), Counter[str]()
    rows = []
    for number in range(12):
        kind = "drill" if number % 4 == 0 else "incident"
        took = dice.randrange(60, 4_000)
        rows.append(
            Incident(
                id=uuid7(),
                reference=f"INC-V-{number}",
                kind=kind,
                title="t",
                state="resolved",
                severity="sev3",
                workflow=company.workflow,
                team=company.team,
                playbook=version,
                started_at=NOW,
                reported_at=NOW,
                contained_at=NOW + timedelta(seconds=took),
                submission_key=f"v-{number}",
            )
        )
        if kind == "incident":
            expected["count"] += 1
            expected["kept"] += took <= 1_800
    Incident.objects.bulk_create(rows)
    measured(*rows)
    (ran,) = playbooks.ran(Asked(until=UNTIL), at=UNTIL)
    assert ran.version == version and ran.is_in_force and ran.count == expected["count"]
    assert (ran.held[0].kept, ran.held[0].base) == (expected["kept"], expected["count"])
    assert ran.held[1].kept is None and ran.held[1].said == ""
    page = get(company.responder, "playbooks/")
    assert "The damage is stopped within 30 minutes" in page and "somebody judges it" in page
    assert f"{expected['kept']}" in get(company.responder, "playbooks/?format=csv")
    assert incident.playbook == version


def test_a_process_is_at_risk_by_what_happened_to_it(company: Company) -> None:
    incident = make_acknowledged(company)
    Incident.objects.filter(pk=incident.pk).update(severity="sev1", resolved_at=later(600))
    measured(fresh(incident))
    (line, *others) = risks.lines(Asked(until=UNTIL), at=UNTIL)
    assert line.workflow == company.workflow and line.facts.severe == 1 and line.facts.hours == 10.0
    assert "1 severe incident" in line.reasons and line.risk.points > 0
    assert all(not other.risk.points for other in others)
    page = get(company.responder, "processes/")
    assert "1 severe incident" in page and f"?workflow={company.workflow.key}" in page
    assert company.workflow.name in get(company.responder, "processes/?format=csv")


def test_five_hundred_processes_take_as_many_queries_as_one(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    one = company.workflow
    Workflow.objects.bulk_create(
        Workflow(key=f"w{number}", name=f"Process {number}", platform=one.platform, team=one.team)
        for number in range(500)
    )
    Fact.objects.bulk_create(
        made := [
            Fact(
                subject_id=uuid7(),
                kind="incident",
                week=facts.week_of(NOW),
                severity="sev1",
                team=one.team,
                workflow=workflow,
                platform=one.platform,
                measures={"count": 1, "severe": 1, "resolve": 3_600},
            )
            for workflow in Workflow.objects.all()
        ]
    )
    cells, totals = service.cells(made), service.sums(made)
    names = ("scope", "kind", "measure", "week", "bucket")
    FigureSum.objects.bulk_create(
        FigureSum(**dict(zip(names, cell, strict=True)), count=cells[cell], total=totals[cell]) for cell in cells
    )
    with django_assert_max_num_queries(5):
        assert len(risks.lines(Asked(until=UNTIL), at=UNTIL)) == 501
    assert "more rows are in the file" in get(company.responder, "processes/")


def test_leadership_sees_how_it_stands_now(company: Company) -> None:
    first = make_incident(company)
    drill = make_incident(company, title="A drill")
    Incident.objects.filter(pk=drill.pk).update(kind="drill")
    found = now.now(at=UNTIL, visible=DecisionRequest.objects.none())
    assert (found.count, found.unanswered) == (1, 1)
    assert [(load.name, load.count) for load in found.loads] == [(first.team.name, 1)]
    page = get(company.admin, "now/")
    assert "1 incident is open" in page and f"cursor={found.mark}" in page
    assert get(company.admin, f"now/?part=now&cursor={found.mark}", status=204) == ""
    Incident.objects.filter(pk=first.pk).update(state="resolved", resolved_at=UNTIL)
    assert "No incident is open" in get(company.admin, f"now/?part=now&cursor={found.mark}")


def test_right_now_is_for_those_who_lead(company: Company) -> None:
    assert "for senior leadership and governance admins" in get(company.responder, "now/", status=403)
    assert "/insights/now/" not in get(company.responder, "")
    keeper = make_person("keeper")
    people.grant_role(person=keeper, role="governance admin", at=NOW, **ACTOR)
    assert "/insights/now/" in get(keeper, "") and "No incident is open" in get(keeper, "now/")


@pytest.mark.parametrize("address", ["people/", "playbooks/", "processes/"])
def test_empty_pages_say_so_and_bad_days_are_refused(company: Company, address: str) -> None:
    page = get(company.responder, address)
    assert 'class="empty"' in page or "Nothing happened to" in page
    assert "This is no day." in get(company.responder, address + "?until=never", status=422)
