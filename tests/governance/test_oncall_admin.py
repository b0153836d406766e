"""Schedules in the admin, and matrices that name one."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from governance.forms import layers
from governance.invariants import compiled, somebody_on_call
from governance.models import Assignment, Layer, LayerMember, Schedule, Workflow
from governance.reads import ownership
from portal import roles
from portal.models import AuditEntry, Timer
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_layer, make_override, make_schedule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(**extra: Any) -> Client:
    client = Client()
    client.force_login(make.make_person("keeper", is_staff=True, **extra))
    return client


@pytest.fixture
def keeper(company: Company) -> Client:
    """An admin of the team of the workflow."""
    return signed_in(role=roles.TEAM_ADMIN, teams=(company.team,))


def values(company: Company, schedule: Schedule | None = None, **changed: Any) -> dict[str, Any]:
    layer = schedule.layers.first() if schedule else None
    found = {
        "name": "Nights",
        "key": "nights",
        "team": str(company.team.pk),
        "zone": "Europe/Berlin",
        "is_active": "on",
        "notice_hours": "24",
        "reason": "new plan",
        "layers-TOTAL_FORMS": "1",
        "layers-INITIAL_FORMS": "1" if layer else "0",
        "layers-0-id": str(layer.pk) if layer else "",
        "layers-0-schedule": str(schedule.pk) if schedule else "",
        "layers-0-key": "base",
        "layers-0-order": "0",
        "layers-0-rotation": "weekly",
        "layers-0-every": "1",
        "layers-0-handover": "08:00",
        "layers-0-weekday": "0",
        "layers-0-starts_on": "2026-01-05",
        "layers-0-ends_on": "",
        "layers-0-windows": "Mon-Fri 18:00-08:00\nSat,Sun 00:00-00:00",
        "layers-0-people": "second@example.test\nRESPONDER@example.test\n",
    }
    return found | changed


def add(client: Client, company: Company, **changed: Any) -> Any:
    return client.post(reverse("admin:governance_schedule_add"), values(company, **changed))


def test_a_team_admin_sets_up_a_schedule_with_people_in_turn(keeper: Client, company: Company) -> None:
    assert add(keeper, company).status_code == 302
    layer = Layer.objects.get()
    assert [row.person for row in layer.members.order_by("position")] == [company.second, company.responder]
    assert layer.windows == [
        {"weekdays": [0, 1, 2, 3, 4], "from": "18:00", "to": "08:00"},
        {"weekdays": [5, 6], "from": "00:00", "to": "00:00"},
    ]
    assert Schedule.history.get().reason == LayerMember.history.first().reason == "new plan"
    assert Timer.objects.get(kind="oncall.handover", state="armed").subject_id == Schedule.objects.get().pk


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": ""}, "This field is required."),
        ({"zone": "Europe/Atlantis"}, "“Europe/Atlantis” is not a time zone. Write it like Europe/Berlin."),
        ({"layers-0-people": "nobody@example.test"}, "Nobody here has the address nobody@example.test."),
        ({"layers-0-windows": "at night"}, "Write each time on a line of its own, like “Mon-Fri 08:00-18:00”."),
        ({"layers-0-windows": "Mon-Fry 08:00-18:00"}, "Write each time on a line of its own"),
        ({"layers-0-windows": "Mon 08:00-24:00"}, "Write each time on a line of its own"),
        ({"layers-0-ends_on": "2026-01-04"}, "This layer ends before it starts."),
        ({"layers-0-every": "0"}, "Ensure this value is greater than or equal to 1."),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(
    keeper: Client, company: Company, changed: dict[str, str], sentence: str
) -> None:
    before = AuditEntry.objects.count()
    answer = add(keeper, company, **changed)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert (Schedule.objects.count(), Layer.objects.count(), AuditEntry.objects.count()) == (0, 0, before)


def test_a_team_admin_keeps_the_schedules_of_the_own_team_only(keeper: Client, company: Company) -> None:
    answer = keeper.post(
        reverse("admin:governance_schedule_add"), values(company, team=str(company.leadership.pk)), follow=True
    )
    assert "You keep the schedules of your own team only." in answer.content.decode()
    assert Schedule.objects.count() == 0
    foreign = make_schedule(team=company.leadership)
    change = reverse("admin:governance_schedule_change", args=[foreign.pk])
    assert keeper.get(change).status_code == 200  # to read
    assert keeper.post(change, values(company, foreign)).status_code == 403
    foreign.refresh_from_db()
    assert foreign.name != "Nights"


def test_the_order_of_people_is_changed_and_kept_in_history(keeper: Client, company: Company) -> None:
    add(keeper, company)
    schedule = Schedule.objects.get()
    change = reverse("admin:governance_schedule_change", args=[schedule.pk])
    page = keeper.get(change).content.decode()
    assert "second@example.test\nresponder@example.test" in page
    assert "Mon,Tue,Wed,Thu,Fri 18:00-08:00" in page
    people = "responder@example.test\nlead@example.test\nresponder@example.test"
    assert keeper.post(change, values(company, schedule, **{"layers-0-people": people})).status_code == 302
    found = LayerMember.objects.order_by("position").values_list("person__name", flat=True)
    assert list(found) == ["Responder", "Lead", "Responder"]
    assert LayerMember.history.count() == 2 + 3
    keeper.post(change, values(company, schedule, **{"layers-0-people": people}))
    assert LayerMember.history.count() == 5


def test_the_page_previews_four_weeks_and_says_the_gaps(keeper: Client, company: Company) -> None:
    schedule = make_schedule(team=company.team, people=(company.responder, company.second))
    change = reverse("admin:governance_schedule_change", args=[schedule.pk])
    page = keeper.get(change).content.decode()
    assert "Somebody answers at every minute." in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    make_override(schedule, None, NOW + timedelta(hours=1), NOW + timedelta(hours=2), by=company.admin)
    page = keeper.get(change).content.decode()
    assert "Somebody answers at every minute." not in page and "<strong>Nobody</strong>" in page
    shut = make_schedule(team=company.team, people=(company.responder,), ends_on=date(2026, 3, 9))
    page = keeper.get(reverse("admin:governance_schedule_change", args=[shut.pk])).content.decode()
    assert "1 gap, nobody answers:" in page


def test_an_empty_schedule_and_a_new_one_open(keeper: Client, company: Company) -> None:
    empty = make_schedule(team=company.team)
    assert (
        "1 gap, nobody answers:"
        in keeper.get(reverse("admin:governance_schedule_change", args=[empty.pk])).content.decode()
    )
    assert "The next 4 weeks" not in keeper.get(reverse("admin:governance_schedule_add")).content.decode()


# Matrices that name a schedule


def named(company: Company, schedule: Schedule) -> None:
    row = {
        "key": "orders-on-call",
        "scope": {"team": "orders"},
        "responsibility": "on_call",
        "holder": {"schedule": schedule.key},
        "alternates": [{"person": "lead@example.test"}],
    }
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": [row]}
    make.make_document(content, kind="matrix", key="orders", by=company.admin)


def told(company: Company, at: Any = NOW) -> list[Any]:
    return [item.person for item in ownership.responsible(company.workflow, "sev2", at=at, stage="detect")[0].told()]


def test_a_matrix_that_names_a_schedule_is_compiled_and_resolved_live(company: Company) -> None:
    schedule = make_schedule("nights", team=company.leadership, people=(company.outsider,))
    named(company, schedule)
    rows = Assignment.objects.filter(responsibility="on_call", letter="R", position=0)
    assert {(row.schedule_id, row.user_id, row.team_id, row.role) for row in rows} <= {(schedule.pk, None, None, "")}
    assert Assignment.objects.filter(schedule=schedule).exists()
    assert company.outsider.pk in told(company)
    make_override(schedule, company.second, NOW, NOW + timedelta(hours=1), by=company.admin)
    assert company.second.pk in told(company)
    assert company.outsider.pk not in told(company)


def test_whoever_has_a_turn_sees_the_workflows_that_the_schedule_answers_for(keeper: Client, company: Company) -> None:
    schedule = make_schedule("nights", team=company.team, people=(company.responder,))
    named(company, schedule)
    assert not Workflow.objects.visible_to(company.outsider).exists()
    layer = schedule.layers.get()
    change = reverse("admin:governance_schedule_change", args=[schedule.pk])
    people = {"layers-0-people": "outsider@example.test", "layers-0-id": str(layer.pk)}
    assert keeper.post(change, values(company, schedule, **people)).status_code == 302
    assert list(Workflow.objects.visible_to(company.outsider)) == [company.workflow]
    assert compiled() == []


def test_the_invariants_know_schedules(company: Company) -> None:
    schedule = make_schedule("nights", team=company.team, people=(company.responder,))
    named(company, schedule)
    assert compiled() == somebody_on_call() == []


def test_an_assignment_has_one_holder_only(company: Company) -> None:
    schedule = make_schedule("nights", team=company.team, people=(company.responder,))
    named(company, schedule)
    row = Assignment.objects.filter(schedule=schedule)[0]
    row.role = "lead"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_window_survives_the_form(company: Company) -> None:
    schedule = make_schedule(team=company.team)
    windows = [{"weekdays": [0, 4], "from": "20:00", "to": "08:00"}]
    layer = make_layer(schedule, company.lead, windows=windows, handover=time(20), starts_on=date(2026, 1, 1))
    assert [layers._window(line) for line in layers.windows_text(layer.windows).splitlines()] == windows
