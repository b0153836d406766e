"""Inbound sources: created and rotated by the command, which prints the secrets once."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from incidents.models import Event, Incident, Source
from portal import secrets
from portal.models import AuditEntry
from tests.factories import PASSWORD, make_admin
from tests.factories_governance import YESTERDAY, Company, make_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


def run(*words: str) -> tuple[str, str]:
    """What ``manage.py source`` prints: the bearer token and the signing secret."""
    out = StringIO()
    call_command("source", *words, stdout=out)
    text = out.getvalue()
    found = re.search(r"bearer token\s+(\S{32,})\nsigning secret\s+(whsec_\S+)\n", text)
    assert found is not None, text
    assert f"/api/v1/intake/{words[0]}\n" in text
    return found[1], found[2]


def knock(key: str, token: str, title: str = "Orders do not arrive") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    content = {"title": title}
    return Client().post(f"/api/v1/intake/{key}", content, content_type="application/json", headers=headers).status_code


def test_the_command_makes_a_source_whose_token_opens_the_door(company: Company) -> None:
    token, _signing = run("shop", "--format", "generic", "--workflow", "order-sync", "--name", "Web shop")
    source = Source.objects.get()
    assert (source.key, source.name, source.format, source.workflow) == (
        "shop",
        "Web shop",
        "generic",
        company.workflow,
    )
    assert knock("shop", token) == 202
    assert Incident.objects.get().workflow == company.workflow


def test_secrets_are_not_kept_in_the_clear(company: Company) -> None:
    token, signing = run("shop", "--format", "generic")
    row = Source.objects.values().get()
    assert token not in str(row) and signing not in str(row)
    assert secrets.decrypt(row["signing_secret"]) == signing
    past = str(list(Source.history.values()))
    assert token not in past and signing not in past and row["signing_secret"] not in past


def test_a_second_call_rotates_and_the_old_token_ends_at_once(company: Company) -> None:
    old, _signing = run("shop", "--format", "generic", "--workflow", "order-sync")
    new, _signing = run("shop", "--format", "node_red")
    assert old != new
    assert knock("shop", old) == 401 and Event.objects.count() == 0
    source = Source.objects.get()
    assert (source.format, source.workflow) == ("node_red", company.workflow), "an unnamed workflow stays as it was"
    verbs = AuditEntry.objects.filter(target_type="incidents.source", verb__startswith="source.").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["source.created", "source.rotated"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("web shop", "--format", "generic"), "Use letters, digits, hyphens and underscores for the key."),
        (("shop", "--format", "generic", "--workflow", "nothing"), "There is no workflow 'nothing'."),
        (("shop", "--format", "xml"), "invalid choice: 'xml'"),
    ],
)
def test_a_wrong_call_is_refused_and_makes_nothing(company: Company, words: tuple[str, ...], sentence: str) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("source", *words, stdout=StringIO())
    assert (Source.objects.count(), AuditEntry.objects.count()) == (0, before)


def test_the_admin_changes_a_source_with_a_reason_and_never_shows_its_secrets(company: Company) -> None:
    token, signing = run("shop", "--format", "generic")
    source = Source.objects.get()
    client, admin = Client(), make_admin("boss@example.test", password=PASSWORD)
    client.force_login(admin)
    address = f"/admin/incidents/source/{source.pk}/change/"
    page = client.get(address).content.decode()
    assert f"/api/v1/intake/{source.key}" in page
    assert not any(secret in page for secret in (token, signing, source.token_digest, source.signing_secret))
    form = {"name": "Web shop", "format": "generic", "workflow": "", "per_minute": "600", "is_active": "on"}
    assert client.post(address, form).status_code == 200, "without a reason nothing changes"
    assert Source.objects.get().name == "shop"
    assert client.post(address, form | {"reason": "clearer name"}).status_code == 302
    assert Source.objects.get().name == "Web shop"
    assert Source.history.first().reason == "clearer name"
    assert knock("shop", token) == 202, "the secrets were left alone"


@pytest.mark.parametrize(
    "model",
    [
        *("incident", "event", "escalationrun", "escalationevent", "timelineentry", "evidence"),
        *("silence", "refusedcall"),
    ],
)
def test_records_are_read_only_in_the_admin(company: Company, model: str) -> None:
    client = Client()
    client.force_login(make_admin("boss@example.test"))
    assert client.get(f"/admin/incidents/{model}/").status_code == 200
    assert client.get(f"/admin/incidents/{model}/add/").status_code == 403
