"""The shipped portal under a real Chromium: `manage.py up` with the demo company, a real SMTP server, no mocks."""

import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal.management import supervisor
from tests.faults.sinks import MailSink, free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-tests"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 30_000  # milliseconds, for a busy machine
expect.set_options(timeout=PATIENCE)
LIVING = {"portal_heartbeat", "django_session"}  # tables that change by themselves
VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""


class Portal:
    """`manage.py up` on a database and a directory of its own, with `more` settings; mail goes to `mail`."""

    def __init__(self, *, is_empty: bool = True, more: Mapping[str, str] | None = None) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="portal-browser-"))
        self.mail = MailSink().start()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = os.environ.get("DATABASE_URL", "")
        self.name = f"browser_{os.getpid()}_{self.port}"
        self.file = self.dir / "db.sqlite3"
        if self.server:
            self.database = urlsplit(self.server)._replace(path=f"/{self.name}").geturl()
            self.at_server(f'CREATE DATABASE "{self.name}"')
        else:
            self.database = f"sqlite:///{self.file}"
        self.env = {key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "CLOCK_OFFSET")} | {
            "DATABASE_URL": self.database,
            "DATA_DIR": str(self.dir),
            "EMAIL_URL": self.mail.url,
            "SITE_URL": self.url,
            "PORT": str(self.port),
            "DEMO": "1",
            "DEMO_EMPTY": "1" if is_empty else "",
            "DEMO_PASSWORD": PASSWORD,
            "OPERATORS": "operators@demo.example",
            **(more or {}),
        }
        self.states: dict[str, Any] = {}
        self.log = self.dir / "up.log"
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.env,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: supervisor.die_with_parent(parent),
        )
        try:
            until(self.answers, "the portal did not start", 120)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log.read_text()[-4000:]}") from None

    def answers(self) -> bool:
        assert self.process.poll() is None, "the portal ended"
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def stop(self) -> None:
        self.process.kill()  # the processes that it has started end with it
        self.process.wait(30)
        self.mail.stop()
        if self.server:
            self.at_server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def at_server(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows, read past the application."""
        if self.server:
            with psycopg.connect(self.database) as connection:
                return connection.execute(statement).fetchall()  # type: ignore[arg-type]
        with closing(sqlite3.connect(self.file, timeout=20)) as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Nothing is on its way, and neither the clock nor the worker does anything: only requests change a row."""
        until(self.is_quiet, "messages are still on their way", 60)
        others = [pid for pid, command in self.children() if " clock" in command or "celery" in command]
        assert len(others) >= 2, "a clock and a worker"
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)

    def children(self) -> Iterator[tuple[int, str]]:
        """Process id and command line of all that the supervisor has started, and of what that has started."""
        parents = {self.process.pid}
        for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
            with suppress(OSError):
                pid, parent = int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
                if parent in parents:
                    parents.add(pid)
                    yield pid, (stat.parent / "cmdline").read_text().replace("\0", " ")

    def picture(self) -> dict[str, str]:
        """Table -> number of rows and digest of all that they say."""
        catalog = (
            "information_schema.tables WHERE table_schema = 'public'"
            if self.server
            else "sqlite_master WHERE type = 'table'"
        )
        column = "table_name" if self.server else "name"
        seen = {}
        for (table,) in self.query(f"SELECT {column} FROM {catalog}"):
            if table not in LIVING:
                rows = sorted(repr(row) for row in self.query(f'SELECT * FROM "{table}"'))
                seen[table] = f"{len(rows)} {hashlib.sha256(''.join(rows).encode()).hexdigest()}"
        return seen

    def is_quiet(self) -> bool:
        """Nothing is being sent or due; what waits for its hour (a digest, a bundle) may wait."""
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
        due = f"state = 'sending' OR (state = 'pending' AND due_at <= '{now}')"
        return self.query(f"SELECT count(*) FROM portal_message WHERE {due}") == [(0,)]

    def move_clock(self, minutes: float) -> None:
        """The clock's own lever: fire and deliver as if so many minutes had passed."""
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        self.manage("clock", "--once", "--at", at.isoformat())

    def manage(self, *words: str) -> str:
        """What a command beside the running portal, on its database, has said."""
        argv = [sys.executable, "manage.py", *words]
        done = subprocess.run(argv, cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def calls(self, person: str, about: str) -> list[str]:
        """The one-time addresses in mails that ask `person` (a demo key) to take the incident titled `about`."""
        found = []
        for mail in list(self.mail.mails):
            if f"{person}@demo.example" in str(mail["To"]) and about in str(
                make_header(decode_header(mail["Subject"]))
            ):
                part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
                words = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
                found += re.findall(rf"{re.escape(self.url)}/go/\S+", words)
        return found

    def call(self, person: str, about: str) -> str:
        """The address in the newest such mail, as soon as there is one."""
        until(lambda: bool(self.calls(person, about)), f"no call about “{about}” reached {person}", 60)
        return self.calls(person, about)[-1]


def until(done: Callable[[], bool], otherwise: str, seconds: float) -> None:
    """Wait for other processes; fails with `otherwise`."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


@contextmanager
def shipped(**options: Any) -> Iterator[Portal]:
    """A running ``Portal`` for as long as the block lasts."""
    if CHROMIUM is None:
        pytest.skip("no Chromium found")
    running = Portal(**options)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(running.dir, ignore_errors=True)


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    with shipped() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium found")
    # NOTE: no longer than a module, since Django refuses its database to a thread in which Playwright runs.
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Desk:
    """Opens pages for people of the demo company, and remembers whatever the browser complains about."""

    portal: Portal
    chromium: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, person: str = "", *, scripts: bool = True, **options: Any) -> Page:
        """A fresh browser window, signed in as the demo person `person`."""
        options.setdefault("viewport", {"width": 1280, "height": 900})
        options.setdefault("storage_state", self.signed_in(person) if person else None)
        context = self.chromium.new_context(base_url=self.portal.url, java_script_enabled=scripts, **options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(VIOLATIONS)
        context.on("console", self.hear)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("requestfailed", self.missed)
        self.contexts.append(context)
        return context.new_page()

    def home(self, person: str, **options: Any) -> Page:
        """Everything that wants something of `person`, who has the demo company's other troubles on the list, too."""
        page = self.page(person, **options)
        page.goto("/?show=all")
        return page

    def hear(self, message: Any) -> None:
        # The browser writes a line for every answer of 4xx; forms with mistakes are answered 422.
        # htmx writes one for a request that ends with its page; what really failed comes to `missed`, too.
        if message.text.startswith(("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")):
            return
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({message.page.url if message.page else ''})")

    def missed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left while it was still loading
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def signed_in(self, person: str) -> Any:
        if person not in self.portal.states:
            page = self.page()
            page.goto("/accounts/login/")
            page.get_by_label("E-mail address").fill(f"{person}@demo.example")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "login" not in url)
            self.portal.states[person] = page.context.storage_state()
            page.context.close()
        return self.portal.states[person]

    def report(self, what: str, *, workflow: str = "Order sync", page: Page | None = None) -> Page:
        """The tracking page of a new report."""
        page = page or self.page("reporter")
        page.goto("/incidents/new/")
        fill_report(page, what, workflow)
        page.get_by_role("button", name="Send report").click()
        page.wait_for_url("**/track/**")
        return page


def fill_report(page: Page, what: str, workflow: str) -> None:
    page.get_by_label("What stopped working?").fill(what)
    page.get_by_label("Which process is it?").fill(workflow)
    page.get_by_label("Just now").check()
    for group in page.get_by_role("radiogroup").all():
        group.get_by_label("Yes").check()


@pytest.fixture
def desk(portal: Portal, chromium: Browser) -> Iterator[Desk]:
    """At the end no script may have failed and no content have been refused by the policy."""
    desk = Desk(portal, chromium)
    yield desk
    for context in desk.contexts:
        context.close()
    assert desk.complaints == []
