"""Every list asks the database as often for many rows as for few."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.services import oncall, swaps
from portal import roles
from portal.models import User
from portal.services import absences, tokens
from tests import factories_governance as make
from tests.factories_oncall import make_override, make_schedule

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGES = (
    "/",
    "/oncall/",
    "/oncall/import/",
    "/ownership/",
    "/ownership/contacts/",
    "/ownership/told/?workflow=order-sync&severity=sev2",
    "/profile/",
    "/profile/tokens/",
    "/api/v1/oncall",
    "/api/v1/ownership/rows",
    "/api/v1/ownership/told?workflow=order-sync",
    *(f"/admin/governance/{name}/" for name in ("changerequest", "dependency", "document", "override", "review")),
    *(f"/admin/governance/{name}/" for name in ("schedule", "version", "workflow")),
    *(f"/admin/portal/{name}/" for name in ("absence", "apitoken", "membership", "team", "user")),
)


def one_more_of_everything(name: str, reader: User, admin: User, at: datetime) -> None:
    """A team with people, workflow, matrix, schedule; somebody away, a shift that was taken, a question to `reader`."""
    team = make.make_team(name, members=(reader,))
    ann, ben = (make.make_person(f"{first}-{name}", teams=(team,)) for first in ("ann", "ben"))
    make.make_workflow(f"{name}-sync", team=team)
    row = {"key": "r", "scope": {"team": name}, "responsibility": "on_call", "holder": {"person": ann.email}}
    content = {"title": name, "scope": {"team": name}, "rows": [row]}
    make.make_document(content, kind="matrix", key=name, by=admin)
    schedule = make_schedule(name, team=team, people=(ann, ben))
    make_override(schedule, ben, at + HOUR, at + 2 * HOUR, by=ann)
    asked = {"schedule": schedule, "person": reader, "from_at": at + DAY, "until_at": at + DAY + HOUR}
    swaps.ask(**asked, reason="x", by=ann, at=at)
    absences.add(user=ann, by=ann, starts_at=at + 3 * DAY, ends_at=at + 4 * DAY, cover=ben, at=at)
    tokens.create(user=reader, by=reader, name=name, scope="read", days=9, at=at)


def test_every_list_costs_the_same_number_of_queries_however_long_it_is() -> None:
    company, at = make.make_company(), timezone.now()
    reader = make.make_person("reader", is_staff=True, is_superuser=True, role=roles.ADMIN)
    _token, secret = tokens.create(user=reader, by=reader, name="script", scope="read", days=9, at=at)
    paths = (*PAGES, f"/oncall/{oncall.make_calendar_link(by=reader, at=at)}.ics")
    client = Client()
    client.force_login(reader)

    def queries(path: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"} if path.startswith("/api/") else {}
        client.get(path, headers=headers)  # documents that are in force are kept in memory
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path, headers=headers).status_code == 200, path
        return len(seen)

    for name in ("first", "second"):
        one_more_of_everything(name, reader, company.admin, at)
    few = {path: queries(path) for path in paths}
    for number in range(5):
        one_more_of_everything(f"more-{number}", reader, company.admin, at)
    assert {path: queries(path) for path in paths} == few
    assert max(few.values()) <= 27, few
