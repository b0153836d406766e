"""The house itself: settings that are safe by default, one place that reads the environment, and sane files (U1)."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from portal.management import embedded

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for app in ("portal", "governance", "incidents") for path in (ROOT / app).rglob("*.py")]
PRODUCTION = {
    "SECRET_KEY": "2x9vQw7Tn4Zr8Lk1Jm5Hs3Gd6Fb0Pc-Yt_Ue+Wo=Xi~Ra-and-more",
    "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SITE_URL": "https://portal.example",
    "EMAIL_URL": "submission://mail.portal.example",
}


def python(tmp_path: Path, *argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a fresh environment of exactly `env`, PATH and a data directory."""
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data")} | env
    return subprocess.run([sys.executable, *argv], env=env, cwd=ROOT, capture_output=True, text=True)


def settings_say(tmp_path: Path, expression: str, **env: str) -> str:
    done = python(tmp_path, "-c", f"from portal.settings import *; print(({expression}))", **env)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_only_settings_reads_environment_variables() -> None:
    allowed = {"portal/settings.py", "portal/celery.py", "portal/wsgi.py", "portal/management/supervisor.py"}
    readers = {str(path.relative_to(ROOT)) for path in SOURCES if re.search(r"os\.(environ|getenv)", path.read_text())}
    assert readers <= allowed


def test_the_readme_explains_every_environment_variable() -> None:
    readme = (ROOT / "README.md").read_text()
    settings = (ROOT / "portal" / "settings.py").read_text()
    names = set(re.findall(r'(?:text|flag|number|kept_secret|env\.\w+)\(\s*"([A-Z_]+)"', settings))
    assert len(names) >= 17
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_no_module_is_longer_than_400_lines() -> None:
    every = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    long = {str(path.relative_to(ROOT)) for path in every if len(path.read_text().splitlines()) > 400}
    assert {path for path in long if "/migrations/" not in path} == set()


def test_production_without_a_secret_names_the_variable(tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "DATA_KEYS"):
        env = {key: value for key, value in PRODUCTION.items() if key != name}
        said = settings_say(tmp_path, "SECRET_KEY", **env)
        assert said.endswith(f"Set {name} (or {name}_FILE): it is generated only when DEMO is set.")
    assert not (tmp_path / "data" / "secret_key").exists()


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    env = PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "key")}
    del env["SECRET_KEY"]
    assert settings_say(tmp_path, "SECRET_KEY", **env) == "from-a-file"


def test_unset_and_empty_mean_the_same(tmp_path: Path) -> None:
    names = (
        "DEBUG",
        "DEMO",
        "PORT",
        "CLOCK_OFFSET",
        "WEBHOOK_ALLOW_LOOPBACK",
        "ALLOWED_HOSTS",
        "OPERATORS",
        "SITE_NAME",
    )
    shown = ", ".join(names)
    assert settings_say(tmp_path, shown, **PRODUCTION) == settings_say(
        tmp_path, shown, **PRODUCTION, **dict.fromkeys(names, "")
    )


def test_demo_generates_its_secrets_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = settings_say(tmp_path, "SECRET_KEY, DATA_KEYS, DEMO_PASSWORD", DEMO="1")
    assert settings_say(tmp_path, "SECRET_KEY, DATA_KEYS, DEMO_PASSWORD", DEMO="1") == first
    assert first.startswith("('")
    for name in ("secret_key", "data_keys", "demo_password"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600


def test_time_is_not_moved_outside_a_demo(tmp_path: Path) -> None:
    said = settings_say(tmp_path, "CLOCK_OFFSET", CLOCK_OFFSET="60", **PRODUCTION)
    assert said.endswith("CLOCK_OFFSET moves time and is refused unless DEMO is set.")
    assert settings_say(tmp_path, "CLOCK_OFFSET", CLOCK_OFFSET="60", DEMO="1") == "60"


@pytest.mark.parametrize("word", ["ALWAYS_EAGER", "always_eager", "CELERY_TASK_EAGER"])
def test_celery_is_never_eager(word: str) -> None:
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    assert [path for path in files if word in path.read_text() and path != Path(__file__)] == []


def test_a_published_hint_never_waits_for_redis(tmp_path: Path) -> None:
    said = settings_say(
        tmp_path,
        "CELERY_BROKER_URL, CELERY_TASK_PUBLISH_RETRY, CELERY_BROKER_TRANSPORT_OPTIONS['socket_connect_timeout']",
        REDIS_URL="unix:///run/redis.sock?db=2",
        **PRODUCTION,
    )
    assert said == "('redis+socket:///run/redis.sock?virtual_host=2', False, 0.3)"


def test_checks_for_deployment_are_silent_in_production(tmp_path: Path) -> None:
    done = python(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_scripts_and_styles_come_from_this_site_alone(settings: object) -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]  # type: ignore[attr-defined]
    assert directives["default-src"] == ["'self'"]
    assert "script-src" not in directives and "style-src" not in directives
    assert directives["img-src"] == ["'self'", "data:"]


def test_templates_carry_no_script_no_style_and_no_handler() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
    pages = [path for path in (ROOT / "templates").rglob("*.html") if "notifications" not in path.parts]
    assert {str(path.relative_to(ROOT)) for path in pages if inline.search(path.read_text())} == set()


def test_locks_carry_hashes_and_no_index_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text and "index-url" not in text and "://" not in text.replace("git+", "")


@pytest.mark.redis
def test_a_server_is_found_in_the_wheel_where_there_is_none_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = embedded.find_server()
    assert found and Path(found).name == "valkey-server"


def test_a_socket_path_that_is_too_long_moves_to_a_temporary_directory(tmp_path: Path) -> None:
    short, long = tmp_path / "run", tmp_path / ("x" * 120)
    assert embedded.private_directory(short) == short
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    elsewhere = embedded.private_directory(long)
    assert len(str(elsewhere)) < 100 and not long.exists()
    elsewhere.rmdir()
