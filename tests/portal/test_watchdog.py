"""The watchdog tells the operators by its own mail, once per quarter of an hour, also without a database (P8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError

from portal import timers
from portal.management.commands import watchdog
from portal.reads import health
from tests.portal.kernel import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def operators(settings: Any, tmp_path: Any) -> None:
    settings.OPERATORS = ["ops@example.com"]
    settings.WATCHDOG_EMAIL_URL = "memory://"
    settings.DATA_DIR = tmp_path


def test_nothing_is_told_while_all_is_well() -> None:
    timers.beat("clock", at=NOW)
    assert watchdog.look(NOW) == {}
    assert mail.outbox == []


def test_a_stopped_clock_is_told_once_in_a_quarter_of_an_hour() -> None:
    timers.beat("clock", at=NOW - timedelta(minutes=2))
    for minute in range(0, 15, 5):
        assert "clock" in watchdog.look(NOW + timedelta(minutes=minute))
    (told,) = mail.outbox
    assert told.to == ["ops@example.com"]
    assert told.subject.endswith("The clock last ran 120 s ago: no escalation moves. Call people by phone.")
    watchdog.look(NOW + timedelta(minutes=15))
    assert len(mail.outbox) == 2


def test_another_problem_is_told_at_once() -> None:
    timers.beat("clock", at=NOW - timedelta(minutes=2))
    watchdog.look(NOW)
    from tests.portal.kernel import make_user

    timers.schedule(kind="t.x", subject=make_user(), due_at=NOW - timedelta(minutes=3), at=NOW)
    watchdog.look(NOW + timedelta(minutes=1))
    assert len(mail.outbox) == 2


def test_it_tells_that_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*, at: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "status", gone)
    monkeypatch.setattr(watchdog, "connection", type("C", (), {"close": staticmethod(lambda: None)}))
    assert list(watchdog.look(NOW)) == ["database"]
    assert "The database does not answer" in mail.outbox[0].subject


def test_a_mail_that_did_not_go_is_tried_again(settings: Any) -> None:
    settings.WATCHDOG_EMAIL_URL = "smtp://127.0.0.1:1"
    timers.beat("clock", at=NOW - timedelta(minutes=2))
    watchdog.look(NOW)
    settings.WATCHDOG_EMAIL_URL = "memory://"
    watchdog.look(NOW + timedelta(minutes=1))
    assert len(mail.outbox) == 1


def test_one_look_ends_with_1_when_something_is_wrong() -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("watchdog", "--once")
    assert ended.value.code == 1
