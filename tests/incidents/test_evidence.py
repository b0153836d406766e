"""Files of an incident: kept as given, under their hash, handed back as downloads only (D40)."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from governance.models import Document
from incidents.models import Evidence, Incident, TimelineEntry
from incidents.reads import custody
from incidents.services import evidence
from portal import limits
from portal.models import AuditEntry
from tests.factories_governance import Company, make_company
from tests.factories_incidents import make_incident
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (Evidence, TimelineEntry, AuditEntry)
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 100


@pytest.fixture
def company(db: None, settings: Any, tmp_path: Path) -> Company:
    settings.MEDIA_ROOT = tmp_path / "evidence"
    return make_company()


@pytest.fixture
def incident(company: Company, client: Client) -> Incident:
    client.force_login(company.responder)
    return make_incident(company)


def file(name: str = "log.txt", content: bytes = b"it broke") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/svg+xml")


def send(client: Client, incident: Incident, *files: SimpleUploadedFile) -> Any:
    return client.post(f"/incidents/{incident.reference}/evidence/", {"files": list(files)})


def test_files_are_kept_under_their_hash_with_who_gave_them(
    client: Client, company: Company, incident: Incident
) -> None:
    assert "Add files" in client.get(f"/incidents/{incident.reference}/evidence/").content.decode()
    assert send(client, incident, file(), file("a.png", PNG)).status_code == 302
    rows = {row.name: row for row in incident.evidence.all()}
    assert set(rows) == {"log.txt", "a.png"}
    log = rows["log.txt"]
    assert (log.sha256, log.size) == (hashlib.sha256(b"it broke").hexdigest(), 8)
    assert (log.content_type, log.added_by) == ("text/plain", company.responder)
    assert evidence.path_of(log.sha256).read_bytes() == b"it broke"
    assert incident.timeline.filter(verb="evidence").count() == 2
    assert AuditEntry.objects.filter(verb="evidence.added").count() == 2


def test_the_same_file_is_added_once(client: Client, incident: Incident) -> None:
    send(client, incident, file("a.txt"), file("b.txt"))
    send(client, incident, file("c.txt"))
    assert incident.evidence.get().name == "a.txt"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.png", b"MZ\x90\x00"),
        ("photo.jpg", PNG),
        ("paper.pdf", b"<html><script>alert(1)</script>"),
        ("notes.txt", b"<svg onload=alert(1)>"),
        ("table.xlsx", b"just text"),
        ("log.txt", b"\x00\x01\x02"),
    ],
)
def test_a_lying_file_is_refused(client: Client, incident: Incident, name: str, content: bytes) -> None:
    before = counts(ROWS)
    response = send(client, incident, file("good.txt"), file(name, content))
    assert response.status_code == 422
    assert f"“{name}” is not the kind of file that its name says." in response.content.decode()
    assert counts(ROWS) == before


def test_limits_are_named(client: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts(ROWS)
    many = [file(f"{number}.txt", str(number).encode()) for number in range(limits.FILES + 1)]
    assert "Choose at most 20 files." in send(client, incident, *many).content.decode()
    assert "Choose a file." in send(client, incident).content.decode()
    assert "empty" in send(client, incident, file("empty.txt", b"")).content.decode()
    monkeypatch.setattr(limits, "FILE_BYTES", 1024**2)
    answer = send(client, incident, file("big.txt", b"x" * (1024**2 + 1)))
    assert answer.status_code == 422 and "“big.txt” is larger than 1 MB." in answer.content.decode()
    assert counts(ROWS) == before
    assert not list(evidence.path_of("0" * 64).parent.parent.glob("*/*"))


def test_twenty_files_of_the_full_size_are_allowed() -> None:
    assert (limits.FILES, limits.FILE_BYTES) == (20, 25 * 1024 * 1024)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\secret\\log.txt", "log.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("\u202egnp.txt", "gnp.txt"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert evidence.clean_name(given) == kept


def test_a_file_comes_back_as_a_download(client: Client, incident: Incident) -> None:
    send(client, incident, file("pagé.html", b"<html><script>alert(1)</script>"))
    row = incident.evidence.get()
    response = client.get(f"/incidents/{incident.reference}/evidence/{row.pk}/")
    assert b"".join(response) == b"<html><script>alert(1)</script>"  # type: ignore[arg-type]
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''pag%C3%A9.html")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_the_page_says_its_hash_who_gave_it_and_who_took_a_copy(
    client: Client, company: Company, incident: Incident
) -> None:
    send(client, incident, file())
    row = incident.evidence.get()
    page = client.get(incident.get_absolute_url()).content.decode()
    assert row.sha256 in page and "Nobody has taken one." in page
    for _ in range(2):
        assert client.get(f"/incidents/{incident.reference}/evidence/{row.pk}/").status_code == 200
    entry = AuditEntry.objects.get(verb="evidence.taken")  # one a day, however often
    assert (entry.actor, entry.target_id) == (company.responder, str(row.pk))
    (shown,) = custody.files(incident)
    assert [one.name for one in shown.taken] == [str(company.responder)]
    assert "Nobody has taken one." not in client.get(incident.get_absolute_url()).content.decode()


def test_a_file_that_was_changed_on_the_disk_is_given_to_nobody(client: Client, incident: Incident) -> None:
    send(client, incident, file())
    row = incident.evidence.get()
    path = evidence.path_of(row.sha256)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    answer = client.get(f"/incidents/{incident.reference}/evidence/{row.pk}/")
    assert answer.status_code == 403 and "not what it was" in answer.content.decode()
    assert AuditEntry.objects.filter(verb="evidence.spoiled", target_id=str(row.pk)).count() == 1


def test_strangers_do_not_learn_that_it_exists(client: Client, company: Company, incident: Incident) -> None:
    send(client, incident, file())
    row, rows = incident.evidence.get(), (Evidence, TimelineEntry)  # signing in is audited
    before = counts(rows)
    client.force_login(company.outsider)
    assert client.get(f"/incidents/{incident.reference}/evidence/{row.pk}/").status_code == 404
    assert send(client, incident, file("more.txt", b"more")).status_code == 404
    client.logout()
    assert client.get(f"/incidents/{incident.reference}/evidence/{row.pk}/").status_code == 302
    assert counts(rows) == before


def test_a_file_of_another_incident_is_not_found(client: Client, company: Company, incident: Incident) -> None:
    send(client, incident, file())
    other = make_incident(company)
    assert client.get(f"/incidents/{other.reference}/evidence/{incident.evidence.get().pk}/").status_code == 404


def test_who_may_only_read_is_told_why_not(client: Client, company: Company, incident: Incident) -> None:
    client.force_login(company.lead)  # sees what the team owns, neither responder nor told
    before = counts(ROWS)
    response = send(client, incident, file())
    assert response.status_code == 403
    assert "Only responders and the people who were told can do this." in response.content.decode()
    assert counts(ROWS) == before


# What stays in the store


def stored() -> list[str]:
    """Names of all files in the store, drafts included."""
    return sorted(path.name for path in evidence.path_of("0" * 64).parent.parent.rglob("*") if path.is_file())


def test_nothing_stays_of_files_that_were_refused(client: Client, incident: Incident) -> None:
    assert send(client, incident, file("good.txt"), file("photo.png", b"MZ")).status_code == 422
    assert stored() == []
    assert send(client, incident, file("a.txt"), file("b.txt")).status_code == 302
    assert stored() == [hashlib.sha256(b"it broke").hexdigest()]


def test_nothing_stays_of_a_refused_report(client: Client, company: Company) -> None:
    """The form is fine; the service refuses after the files were read."""
    Document.objects.filter(kind="escalation").update(effective_version=None)
    client.force_login(company.reporter)
    before = counts(ROWS)
    response = client.post("/incidents/new/", {"what": "Orders hang", "since": "now", "files": [file()]})
    assert response.status_code == 422
    assert "We cannot take reports yet." in response.content.decode()
    assert (stored(), Incident.objects.count(), counts(ROWS)) == ([], 0, before)


def test_a_refusal_takes_nothing_from_an_incident_with_the_same_file(client: Client, incident: Incident) -> None:
    send(client, incident, file("first.txt"))
    assert send(client, incident, file("again.txt"), file("photo.png", b"MZ")).status_code == 422
    assert evidence.path_of(incident.evidence.get().sha256).read_bytes() == b"it broke"


def test_drafts_of_a_process_that_died_are_removed_a_day_later(client: Client, incident: Incident) -> None:
    send(client, incident, file("first.txt"))
    folder = evidence.path_of("0" * 64).parent.parent
    for name, age in {".old": timedelta(hours=25), ".new": timedelta(hours=23)}.items():
        (folder / name).write_bytes(b"half")
        then = (timezone.now() - age).timestamp()
        os.utime(folder / name, (then, then))
    send(client, incident, file("second.txt", b"more"))
    assert [name for name in stored() if name.startswith(".")] == [".new"]
