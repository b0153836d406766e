"""The demo company (P21)."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from governance.documents import demo as documents
from governance.models import Assignment, ChangeRequest, Document, LayerMember, Version, Workflow
from governance.reads import governance_dashboard, inbox, ownership, people
from governance.rules import oncall as rules
from incidents.models import Beat, Event, Incident, RefusedCall, Silence, Source
from portal import registry
from portal.models import AuditEntry, ContactMethod, Membership, Message, User
from tests.remembered import remembered

pytestmark = pytest.mark.django_db


def demo(**options: object) -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def said() -> str:
    """The demo company is there; what its command has printed."""
    return loaded()


@remembered
def loaded() -> str:
    with override_settings(DEMO_PASSWORD="a demo password"):
        return demo()


def test_the_demo_company_has_its_people_and_documents_in_force(said: str) -> None:
    assert "admin@demo.example" in said and "auditor@demo.example" in said and "a demo password" in said
    assert User.objects.count() == 14
    assert User.objects.get(email="reporter@demo.example").check_password("a demo password")
    in_force = Document.objects.filter(effective_version__isnull=False).exclude(kind="approval")
    assert in_force.count() == len(documents.DOCUMENTS)
    assert Document.objects.filter(kind="approval", effective_version__isnull=False).count() == 1
    assert ContactMethod.objects.filter(verified_at__isnull=True).count() == 0
    assert Workflow.objects.visible_to(User.objects.get(email="responder@demo.example")).count() == 5
    assert [line for name, check in registry.invariants.items() if name.startswith("I1") for line in check()] == []


def test_the_demo_orders_are_answered_by_a_schedule_whose_first_turn_is_the_responder(said: str) -> None:
    at, orders = timezone.now(), Workflow.objects.get(key="order-sync")
    answer = ownership.responsible(orders, "sev2", at=at, stage="detect")[0]
    assert [item.name for item in (*answer.told(0), *answer.told(1))] == ["Remy Responder", "Lena Lead"]
    assert Assignment.objects.filter(schedule__key="orders", workflow=orders).exists()
    folk = people.facts(at)
    assert {
        item.key: bool(rules.gaps(item, folk, at, at + timedelta(days=14))) for item in folk.schedules.values()
    } == {
        "orders": False,
        "technology": False,
    }


def test_loading_it_again_changes_nothing(said: str) -> None:
    tables = (AuditEntry, Assignment, ChangeRequest, Version, Membership, ContactMethod, LayerMember)
    before = [table.objects.count() for table in tables]
    demo()
    assert [table.objects.count() for table in tables] == before


def test_nothing_of_the_demo_is_lost_before_it_can_be_sent() -> None:
    """Not even before eight, late in the day of a message of the morning; else the operators are alarmed at once."""
    with time_machine.travel(datetime(2026, 12, 1, 7, 58, tzinfo=UTC)):
        demo()
    waiting = Message.objects.filter(state="pending")
    loaded_at = AuditEntry.objects.latest("at").at
    assert waiting.exists() and not waiting.filter(deadline_at__lte=loaded_at).exists()


def test_the_rules_of_the_demo_came_about_over_weeks_and_two_changes_wait(said: str) -> None:
    at = timezone.now()
    shown = governance_dashboard.dashboard(days=90, at=at)
    assert not shown.quick
    rows = ChangeRequest.objects.exclude(model="genesis").prefetch_related("reviews")
    done = [row for row in rows if row.state == "published"]
    assert len(done) == len(documents.DOCUMENTS) < 2 * len({row.published_at.date() for row in done})
    for row in done:
        given = sorted(review.at for review in row.reviews.all())
        moments = [row.requested_at, row.submitted_at, *given]
        assert moments == sorted(moments) and len(set(moments)) == len(moments)
        assert given[-1] == row.published_at < at - timedelta(days=7)
        assert all(moment.weekday() < 5 for moment in moments)
    waiting = [row for row in rows if row.state == "in_review"]
    assert [row.document.key for row in sorted(waiting, key=lambda row: row.requested_at)] == ["rate-limit", "glossary"]
    drafts = [row for row in rows if row.state == "draft"]
    assert [row.document.key for row in drafts] == ["nothing-happens"], "what a review has found leads to it"
    assert len(waiting) + len(done) + len(drafts) == len(rows)
    board = User.objects.get(email="board1@demo.example")
    assert {item.change.pk for item in inbox.waiting(board, at=at)} == {row.pk for row in waiting}


def test_a_new_demo_password_holds_for_everybody(said: str, settings) -> None:
    settings.DEMO_PASSWORD = "another password"
    demo()
    assert all(user.check_password("another password") for user in User.objects.all())


def test_without_a_password_one_is_generated_and_printed_once(settings) -> None:
    settings.DEMO_PASSWORD = ""
    said = demo()
    password = said.rsplit("Password: ", 1)[1].strip()
    assert len(password) >= 10
    assert User.objects.get(email="lead@demo.example").check_password(password)
    assert "stay as they are" in demo()
    assert User.objects.get(email="lead@demo.example").check_password(password)


def test_something_has_happened_in_the_demo_company_and_happens_only_once(said: str) -> None:
    outcomes = {outcome for (outcome,) in Event.objects.values_list("outcome")}
    assert outcomes == {"opened", "joined", "counted", "silenced", "resolved"}
    assert {row.format for row in Source.objects.all()} == {"n8n", "alertmanager", "pagerduty", "slack", "generic"}
    assert [row.field for row in RefusedCall.objects.all()] == ["alert.headline"]
    assert sorted(Beat.objects.values_list("state", flat=True)) == ["missing", "up"]
    assert sorted(row.is_planned for row in Silence.objects.all()) == [False, True]
    assert set(Incident.objects.values_list("trigger", flat=True)) >= {
        "queue-too-long",
        "beat-missing",
        "connector-failed",
    }
    assert Incident.objects.filter(state="duplicate", merged_into__state="investigating").count() == 1
    assert Incident.objects.filter(kind="near_miss").count() == 1
    assert Incident.objects.filter(playbook__document__key="nothing-happens", state="investigating").count() == 1
    assert Incident.objects.filter(participants__role="affected").distinct().count() == 1
    assert [line for _name, check in registry.invariants.items() for line in check()] == []
    tables = (Incident, Event, RefusedCall, Silence, Message, AuditEntry)
    before = [table.objects.count() for table in tables]
    demo()
    assert [table.objects.count() for table in tables] == before


def test_everything_the_demo_sends_goes_to_addresses_that_nobody_can_have(said: str) -> None:
    assert {row.channel for row in ContactMethod.objects.all()} == {"email"}
    assert all(row.address.endswith("@demo.example") for row in ContactMethod.objects.all())


def test_the_demo_may_be_had_without_what_has_happened(settings) -> None:
    settings.DEMO_PASSWORD, settings.DEMO_EMPTY = "a demo password", True
    demo()
    assert not Incident.objects.exists() and not Source.objects.exists()
