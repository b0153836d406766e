"""What the README says is what the software does: addresses, doors, refusals, commands, settings."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.test import Client
from django.urls import resolve

from portal import api, limits

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DEPLOY = (ROOT / "deploy" / "README.md").read_text()
OF_DJANGO = {"createsuperuser", "changepassword"}  # ours beside Django's own, so that they are audited


def test_every_address_that_it_names_leads_somewhere() -> None:
    named = set(re.findall(r"`(/[a-z/]+/|/[a-z]+z|/metrics)`", README + DEPLOY)) - {"/etc/systemd/system/"}
    assert len(named) >= 7
    for address in named:
        resolve(address)


def test_it_names_every_door_of_the_api() -> None:
    schema = api.build().get_openapi_schema(path_prefix="/api/v1/")
    doors = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    named = set(re.findall(r"\| `((?:GET|POST) /(?:api/v1|v2)/[a-z/{}]+)` \|", README))
    assert named == doors
    assert resolve("/api/v1/openapi.json").url_name == "openapi-json"


def test_it_names_every_word_of_a_refusal_and_no_other() -> None:
    sources = [ROOT / "portal" / "views" / "errors.py"]
    sources += [path for app in ("portal", "governance", "incidents") for path in (ROOT / app / "api").glob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    said = r'(?:Problem\(\d+, |refuse\(\s*request, [\w.]+, |"error": )"(\w+)"'
    words = set(re.findall(said, text))
    paragraph = README.partition("A refusal is ")[2].partition("A POST with")[0]
    named = set(re.findall(r"`([a-z_]+)`", paragraph)) - {"rows", "cells", "field"}
    assert named == words and len(words) >= 12
    assert f"({limits.API_CALLS_PER_MINUTE} calls a minute" in " ".join(paragraph.split())


def test_it_names_every_command() -> None:
    own = {name for name, app in get_commands().items() if app in ("portal", "governance", "incidents")}
    named = set(re.findall(r"^\| `([a-z]+)[^`]*` \|", README.partition("| command of")[2].partition("## ")[0], re.M))
    assert named == own - OF_DJANGO
    assert "manage.py createsuperuser" in DEPLOY


def test_it_names_no_variable_that_nobody_reads() -> None:
    settings = (ROOT / "portal" / "settings.py").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.M))
    assert {name for name in named if f'"{name}"' not in settings} == set()
    example = re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "portal.env.example").read_text(), re.M)
    assert set(example) <= named


@pytest.mark.django_db
def test_a_door_without_a_token_answers_as_it_says() -> None:
    answer = Client().get("/api/v1/oncall")
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert set(answer.json()) == {"error", "detail", "request_id"}
