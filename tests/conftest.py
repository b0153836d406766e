"""What every test shares: the environment (set before Django reads it), fast passwords, and honest skipping.

Without DATABASE_URL the suite runs on SQLite; tests marked `postgres`, `faults`, `browser`, `processes` or `thorough`
are then left to `make check`.
Without REDIS_URL the Valkey that `manage.py up` would start serves the suite, a database of it per test process.
"""

import atexit
import gc
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from portal.management import embedded, supervisor

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SITE_URL": "http://testserver",
    "EMAIL_URL": "memory://",
}
KEPT = Path(__file__).resolve().parents[1] / ".pytest_cache" / "portal"
APART = "postgres", "faults", "browser", "processes", "thorough"
LEFT_OUT: dict[str, int] = {}


def start_redis(directory: Path) -> None:
    """Start the embedded server, which ends with this process, and name it in REDIS_URL."""
    server = embedded.find_server(wheel_first=True)
    if server is None:
        return
    parent, path = os.getpid(), directory / "redis.sock"
    process = subprocess.Popen(
        embedded.command(server, directory),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: supervisor.die_with_parent(parent),
    )
    atexit.register(process.send_signal, signal.SIGKILL)
    until = time.monotonic() + 10
    while not path.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    os.environ["REDIS_URL"] = f"unix://{path}"


def prepare_environment() -> None:
    """Set what is unset. Under xdist the first process does it and its workers inherit it."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if "PORTAL_TESTS" not in os.environ:
        directory = Path(tempfile.mkdtemp(prefix="portal-tests-"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        os.environ["PORTAL_TESTS"] = os.environ["DATA_DIR"] = str(directory)
        if not os.environ.get("REDIS_URL"):
            start_redis(directory)
    elif WORKER and os.environ.get("REDIS_URL", "").startswith("unix:"):
        os.environ["REDIS_URL"] += f"?db={int(WORKER.removeprefix('gw')) + 1}"


prepare_environment()

# A busy machine is no failure, and whoever changes nothing gets the same answer twice: property tests draw the same
# examples in every run, on PostgreSQL more of them. New ones are looked for by `make test
# ARGS=--hypothesis-profile=explore`.
EXAMPLES = 60 if os.environ.get("DATABASE_URL", "").startswith("postgres") else 20
hypothesis_settings.register_profile("portal", deadline=None, derandomize=True, max_examples=EXAMPLES)
hypothesis_settings.register_profile("explore", deadline=None, max_examples=500)
hypothesis_settings.load_profile("portal")


def pytest_configure() -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # What asks for no order may come in any, as on PostgreSQL; SQLite would always give the oldest first.
        database["OPTIONS"]["init_command"] += " PRAGMA reverse_unordered_selects=ON;"
        from tests import prepared

        KEPT.mkdir(parents=True, exist_ok=True)
        prepared.prepare(KEPT)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    let_tests_flush()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let the workers read this file before the settings, as one process does: each has a database of Redis."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def let_tests_flush() -> None:
    """Sealed tables refuse every delete; a test that commits has to empty them all the same."""
    from django.test import TransactionTestCase

    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def flush_lifted(self: Any) -> None:
        from portal import seal

        with seal.lifted():
            flush(self)

    TransactionTestCase._fixture_teardown = flush_lifted  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make check` what needs PostgreSQL, Chromium or minutes; skip what needs a server that is not there.

    Faults take minutes and databases of their own: they begin first, or one worker would end alone with them.
    """
    items.sort(key=lambda item: item.get_closest_marker("faults") is None)
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        apart = [item for item in items if any(item.get_closest_marker(name) for name in APART)]
        for item in apart:
            LEFT_OUT[item.nodeid.split("::")[0]] = LEFT_OUT.get(item.nodeid.split("::")[0], 0) + 1
        leave_out(config, items, apart)
    foreign = [item for item in items if (mark := item.get_closest_marker("program")) and not has_any(mark.args)]
    for item in foreign:
        LEFT_OUT[f"{item.nodeid} (not installed)"] = 1
    leave_out(config, items, foreign)
    if not os.environ.get("REDIS_URL"):
        for item in items:
            if item.get_closest_marker("redis"):
                item.add_marker(pytest.mark.skip(reason="no Redis and no Valkey found"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for circles again and again is a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def leave_out(config: pytest.Config, items: list[pytest.Item], some: list[pytest.Item]) -> None:
    items[:] = [item for item in items if item not in some]
    config.hook.pytest_deselected(items=some)


def has_any(programs: tuple[str, ...]) -> bool:
    return any(shutil.which(name) for name in programs)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what tests have counted, and name what did not run."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    figures = [text for report in reports for name, text in report.user_properties if name == "figures"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.line("\n".join(figures))
    if LEFT_OUT:
        terminalreporter.section("left to `make check`, since they need PostgreSQL, Chromium or minutes")
        for path, count in sorted(LEFT_OUT.items()):
            terminalreporter.line(f"{path}: {count}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over from a worker of xdist what it has left out (each collects the whole suite)."""
    LEFT_OUT.update(getattr(node, "workeroutput", {}).get("left_out", {}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under REQUIRE_ALL a skipped test is a failure."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = LEFT_OUT
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_ALL") and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        reporter.line("REQUIRE_ALL is set and tests were skipped: failed.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def no_language_left_behind() -> Any:
    """A page in somebody's language must not change what the next test reads."""
    yield
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def company(db: None) -> Any:
    """A small company: people on three levels, a workflow, and documents in force."""
    from tests.factories_governance import make_company

    return make_company()
