"""The pages of beats: what is expected, setting up, and a secret that is shown once."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.models import Beat, Incident
from incidents.services import beats
from portal import timers
from portal.models import AuditEntry, User
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import later, make_beat, make_root
from tests.pictures import counts

pytestmark = pytest.mark.django_db
FILLED = {
    "name": "Nightly export",
    "key": "nightly",
    "workflow": "order-sync",
    "interval_minutes": "60",
    "grace_minutes": "5",
}


@pytest.fixture
def company() -> Company:
    return make.make_company()


@pytest.fixture
def root(company: Company) -> User:
    return make_root()


def client_of(user: User) -> Client:
    client = Client()
    assert client.login(username=user.email, password=PASSWORD)
    return client


def test_a_new_beat_shows_the_secret_of_its_address_once(root: User) -> None:
    client = client_of(root)
    answer = client.post("/beats/new/", FILLED)
    (secret,) = set(re.findall(r"/api/v1/beats/([0-9a-f]{40})", answer.content.decode()))
    assert Client().post(f"/api/v1/beats/{secret}").status_code == 200
    later_page = client.get("/beats/nightly/")
    assert secret not in later_page.content.decode() and "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(("minutes", "words"), [(0, "no"), (5, "5 min"), (90, "1 h 30"), (4320, "3 d")])
def test_the_page_says_how_late_a_beat_may_be(root: User, minutes: int, words: str) -> None:
    client = client_of(root)
    client.post("/beats/new/", FILLED | {"grace_minutes": str(minutes)})
    assert f"<dt>May be late</dt><dd>{words}</dd>" in client.get("/beats/nightly/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cron": "0 6 * * *"}, "Give either the minutes between two beats or a cron expression."),
        ({"interval_minutes": "", "cron": "nonsense"}, "A cron expression has five fields"),
        ({"interval_minutes": "", "cron": "0 6 * * *", "time_zone": "Nowhere"}, "There is no time zone called"),
        ({"key": "new"}, "Another beat is called so."),
        ({"key": "taken"}, "Another beat is called so."),
        ({"workflow": "unknown"}, "Choose one of these."),
        ({"grace_minutes": "-1"}, "Write a whole number from 0 to"),
        ({"name": ""}, "Give it a name."),
    ],
)
def test_a_beat_that_cannot_be_is_refused_at_its_field(
    company: Company, root: User, wrong: dict[str, str], said: str
) -> None:
    make_beat(company, key="taken")
    before = counts((Beat, AuditEntry))
    client = client_of(root)
    before = counts((Beat, AuditEntry))
    answer = client.post("/beats/new/", FILLED | wrong)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert counts((Beat, AuditEntry)) == before


def test_the_list_says_what_is_expected_missing_and_paused(company: Company, root: User) -> None:
    _beat, token = make_beat(company)
    beats.beat(token=token, at=NOW)
    timers.fire_due(at=later(66))
    idle, _token = make_beat(company, key="idle", name="Idle", interval_minutes=None, cron="30 6 * * 1-5")
    beats.pause(beat=idle, by=root, reason="Not yet", at=NOW)
    page = client_of(root).get("/beats/").content.decode()
    assert "every hour" in page and "30 6 * * 1-5" in page
    assert "Missing" in page and "Paused" in page
    seen = client_of(company.responder).get("/beats/").content.decode()
    assert Incident.objects.get().reference in seen


def test_pausing_renewing_and_resuming_ask_why(company: Company, root: User) -> None:
    beat, old = make_beat(company)
    client = client_of(root)
    assert client.post("/beats/nightly/pause/").status_code == 422
    assert client.post("/beats/nightly/pause/", {"reason": "Migration"}).status_code == 302
    assert not Beat.objects.get(pk=beat.pk).is_active
    assert "is paused already" in client.post("/beats/nightly/pause/", {"reason": "Again"}).content.decode()
    assert client.post("/beats/nightly/resume/", {"reason": "Done"}).status_code == 302
    answer = client.post("/beats/nightly/secret/", {"reason": "Left in a mail"})
    assert answer.status_code == 200 and Client().post(f"/api/v1/beats/{old}").status_code == 404
    assert client.get("/beats/nightly/explode/").status_code == 404


def test_the_admin_changes_the_rule_and_what_is_promised_follows(company: Company, root: User) -> None:
    beat, token = make_beat(company)
    beats.beat(token=token, at=NOW)
    client, address = client_of(root), f"/admin/incidents/beat/{beat.pk}/change/"
    form = {"name": "Nightly", "workflow": str(company.workflow.pk), "grace_minutes": "5", "severity": ""}
    wrong = client.post(address, form | {"interval_minutes": "10", "cron": "* * * * *", "reason": "Faster"})
    assert wrong.status_code == 200 and "Give either the minutes" in wrong.content.decode()
    answer = client.post(address, form | {"interval_minutes": "10", "cron": "", "time_zone": "", "reason": "Faster"})
    assert answer.status_code == 302
    changed = Beat.objects.get(pk=beat.pk)
    assert (changed.interval_minutes, changed.due_at is not None) == (10, True)
    assert changed.due_at != beats.missing_at(beat, NOW)


def test_the_list_costs_the_same_with_many_beats(
    company: Company, root: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_beat(company, key=f"b{number}", name=f"Beat {number:02}")
    client = client_of(root)
    with django_assert_max_num_queries(14):
        page = client.get("/beats/").content.decode()
    assert page.count("every hour") == 50 and "?after=" in page
