"""The database server really stops while the whole portal runs, as `manage.py up` starts it, and comes back.

Senders and people are told at once and in words; what was answered is kept; what is sent again is kept once.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests import services
from tests.faults.sinks import MailSink, free_port

ROOT = Path(__file__).resolve().parents[2]
WORDS = "Orders of the night shift stay unpaid: every capture ends with error 17."
EVENTS, SENDERS = 60, 4

pytestmark = [pytest.mark.faults, pytest.mark.postgres]


class Site:
    """A portal of this test's own, on a database server of its own, both stopped at the end of `stack`."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        self.server = services.Cluster(stack, durable=True)
        self.server.start()
        self.mail = MailSink().start()
        stack.callback(self.mail.stop)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        names = ("REDIS_URL", "SECRET_KEY", "DATA_KEYS", "DJANGO_SETTINGS_MODULE")
        self.env = {name: text for name, text in os.environ.items() if name not in names} | {
            "DATABASE_URL": self.server.url,
            "DATA_DIR": str(directory / "data"),
            "EMAIL_URL": self.mail.url,
            "SITE_URL": self.url,
            "PORT": str(port),
            "DEMO": "1",
            "DEMO_EMPTY": "1",
            "DEMO_PASSWORD": "only-for-tests",
        }
        self.log = directory / "log"
        with self.log.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], env=self.env, cwd=ROOT, stdout=log, stderr=log
            )
        stack.callback(process.wait, 40)
        stack.callback(process.send_signal, signal.SIGTERM)
        self.wait_for("/readyz", 200, 120)
        shown = self.manage("source", "shop", "--format", "generic", "--workflow", "payment-capture")
        self.token = re.findall(r"bearer token +(\S+)", shown)[0]
        self.browser = requests.Session()

    def manage(self, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *argv], env=self.env, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait_for(self, path: str, status: int, seconds: float = 40.0) -> None:
        until = time.monotonic() + seconds
        while self.status(path) != status:
            assert time.monotonic() < until, f"{path} never said {status}: {self.log.read_text()[-3000:]}"
            time.sleep(0.1)

    def status(self, path: str) -> int:
        try:
            return requests.get(self.url + path, timeout=20).status_code
        except requests.ConnectionError:
            return 0

    def send(self, event: str) -> requests.Response:
        """One event of the shop, as its platform sends it."""
        return requests.post(
            f"{self.url}/api/v1/intake/shop",
            json={"title": f"Capture failed ({event})", "event_id": event, "dedup_key": event},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )

    def sign_in(self, email: str) -> None:
        page = self.browser.get(f"{self.url}/accounts/login/", timeout=30)
        words = {"login": email, "password": "only-for-tests"} | hidden(page)
        assert self.browser.post(f"{self.url}/accounts/login/", words, timeout=30).ok

    def report(self, form: dict[str, str]) -> requests.Response:
        return self.browser.post(f"{self.url}/incidents/new/", form, timeout=30, allow_redirects=False)

    def ask(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.server.url) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def incidents(self) -> Counter[str]:
        return Counter(title for (title,) in self.ask("SELECT title FROM incidents_incident"))


def hidden(page: requests.Response) -> dict[str, str]:
    """What the form of a page sends without being seen."""
    fields = re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"', page.text)
    return {name: value for name, value in fields if value}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        site = Site(stack, tmp_path_factory.mktemp("site"))
        site.sign_in("reporter@demo.example")
        yield site


def test_the_database_stops_under_a_running_portal_and_comes_back(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    """One story, since its site takes half a minute to build."""
    stopped_and_started_again(site)
    record_property("figures", stopped_in_the_middle_of_senders(site))
    record_property("figures", everybody_is_told(site))


def stopped_and_started_again(site: Site) -> None:
    """Senders and a person are answered at once and in words; what they send again is kept once."""
    assert site.send("before").status_code == 202
    form = hidden(site.browser.get(f"{site.url}/incidents/new/", timeout=30))
    assert form["key"]
    form |= {"what": WORDS, "workflow": "Payment capture", "since": "now"}
    site.server.stop_at_once()
    try:
        refused = site.send("during")
        assert refused.status_code == 503
        assert refused.json()["detail"] == "The database does not answer. Nothing was stored; please send again."
        assert int(refused.headers["Retry-After"]) > 0
        page = site.report(form)
        assert page.status_code == 503
        assert int(page.headers["Retry-After"]) > 0
        assert "The portal cannot reach its database" in page.text
        assert "Nothing was saved. Try again in a minute." in page.text
        assert WORDS in page.text
        assert [site.status(path) for path in ("/livez", "/readyz", "/healthz")] == [200, 503, 503]
    finally:
        site.server.start()
    again = [site.send("during") for _ in range(2)]
    assert [answer.status_code for answer in again] == [202, 202]
    assert [answer.json()["deduplicated"] for answer in again] == [False, True]
    filed = [site.report(form) for _ in range(2)]
    assert [answer.status_code for answer in filed] == [302, 302]
    first, second = (answer.headers["Location"].partition(":")[0] for answer in filed)  # the rest says when
    assert first == second
    found = site.incidents()
    assert {title: found[title] for title in found if "(" in title} == {
        "Capture failed (before)": 1,
        "Capture failed (during)": 1,
    }
    assert sum(count for title, count in found.items() if title.startswith("Orders of the night shift")) == 1


def stopped_in_the_middle_of_senders(site: Site) -> str:
    """Senders in parallel; the server dies in the middle of them. 202 means durable, all else is sent again."""
    events = [f"storm-{number}" for number in range(EVENTS)]
    with ThreadPoolExecutor(SENDERS) as senders:
        answers = senders.map(site.send, events)
        while sum("storm" in title for title in site.incidents()) < EVENTS // 3:
            time.sleep(0.02)
        site.server.stop_at_once()
        first = {event: answer.status_code for event, answer in zip(events, answers, strict=True)}
    site.server.start()
    said = Counter(first.values())
    assert set(said) == {202, 503}
    kept = site.incidents()
    assert [event for event in events if first[event] == 202 and kept[f"Capture failed ({event})"] != 1] == []
    assert {site.send(event).status_code for event in events if first[event] == 503} == {202}
    kept = site.incidents()
    assert [event for event in events if kept[f"Capture failed ({event})"] != 1] == []
    return f"answers to {EVENTS} events while the database died: {dict(said)}"


def everybody_is_told(site: Site) -> str:
    """The clock and the worker, which met the same outage, go on; the invariants hold."""
    waiting = "SELECT count(*) FROM portal_message WHERE state IN ('pending', 'sending')"
    until = time.monotonic() + 90
    while site.ask(waiting) != [(0,)]:
        assert time.monotonic() < until, "messages wait"
        time.sleep(0.2)
    delivered = Counter(mail["Message-ID"].strip("<>").split("@")[0] for mail in site.mail.mails)
    rows = site.ask(
        "SELECT id::text, state, maybe_duplicate FROM portal_message WHERE channel = 'email'"
        " AND NOT (state = 'suppressed' AND substr(subject_type, 1, 11) = 'governance.')"  # of a week ago, by the demo
    )
    assert len(rows) > EVENTS
    assert {state for _, state, _ in rows} == {"sent"}
    assert [pk for pk, _, is_marked in rows if not delivered[pk] or (delivered[pk] > 1 and not is_marked)] == []
    site.manage("clock", "--audit")
    seen = f"the SMTP server saw {len(site.mail.mails)} deliveries of {len(rows)} messages"
    return f"after the database came back {seen}"
