"""Sheets in the admin: rows leave as a file and come back, looked at first."""

import csv
import html
import io
import json
import re

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.models import Version
from governance.services import sheets, versions
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body, revised
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def changed_sheet(company, version) -> bytes:
    rows = list(csv.reader(io.StringIO(sheets.export(version, "csv").decode("utf-8-sig"))))
    rows[1][5] = company.leader.email
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def holder_of_the_first_row(version: Version) -> User:
    return User.objects.get(pk=json.loads(version.content)["rows"][0]["holder"]["person"])


def hidden(text: str) -> list[str]:
    """What the page sends along when it is confirmed."""
    return [html.unescape(re.search(rf'name="{name}" value="([^"]*)"', text)[1]) for name in ("rows", "seen")]


def upload(data: bytes) -> dict:
    return {"file": SimpleUploadedFile("rows.csv", data)}


@pytest.mark.parametrize(("format", "start"), [("csv", b"\xef\xbb\xbfkey,"), ("xlsx", b"PK")])
def test_rows_leave_as_a_file(client, admin, company, format, start) -> None:
    version = company.matrix.effective_version
    answer = client.get(reverse("admin:governance_version_sheet", args=[version.pk, format]))
    assert answer["Content-Disposition"] == f'attachment; filename="matrix-company-v1.{format}"'
    assert answer.content.startswith(start)


def test_rows_come_in_with_a_look_at_what_would_change_first(client, admin, company) -> None:
    version = company.matrix.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    assert "you see what would change" in body(client.get(url)).lower()
    before = picture()
    text = body(client.post(url, upload(changed_sheet(company, version))))
    assert picture() == before
    assert f"<ins>{company.leader.name}</ins>" in text and "Make it a draft" in text
    rows, seen = hidden(text)
    answer = client.post(url, {"rows": rows, "seen": seen}, follow=True)
    made = Version.objects.get(number=2, document=company.matrix)
    assert answer.redirect_chain[-1][0] == reverse("admin:governance_version_change", args=[made.pk])
    assert "Nothing is in force yet" in answer.content.decode() and made.frozen_at is None
    assert holder_of_the_first_row(made) == company.leader


def test_the_ends_of_lines_in_a_text_survive_the_page(client, admin, company) -> None:
    version = company.rubric.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    data = sheets.export(version, "csv").replace(b"Note it.", b'"Note it.\nThen wait."')
    text = body(client.post(url, upload(data)))
    rows, seen = hidden(text)
    assert "\n" not in rows and "one value in each row" in body(client.get(url))
    assert client.post(url, {"rows": rows, "seen": seen}).status_code == 302
    made = Version.objects.get(number=2, document=company.rubric)
    assert json.loads(made.content)["thresholds"][0]["do_now"] == "Note it.\nThen wait."


def test_a_sheet_confirmed_too_late_is_shown_again(client, admin, company) -> None:
    draft = versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
    url = reverse("admin:governance_version_rows", args=[draft.pk])
    text = body(client.post(url, upload(changed_sheet(company, draft))))
    rows, seen = hidden(text)
    content = yaml.safe_load(versions.export_yaml(draft)) | {"title": "Better"}
    versions.edit(version=draft, text=yaml.safe_dump(content), by=admin, at=NOW)
    before = picture()
    text = body(client.post(url, {"rows": rows, "seen": seen}))
    assert picture() == before
    assert "Look at the changes again" in text and "Make it a draft" in text
    seen = re.search(r'name="seen" value="([^"]*)"', text)[1]
    assert client.post(url, {"rows": rows, "seen": seen}).status_code == 302
    made = Version.objects.get(number=3, document=company.matrix)
    assert json.loads(made.content)["title"] == "Better" and holder_of_the_first_row(made) == company.leader


def test_wrong_cells_are_listed_with_their_lines(client, admin, company) -> None:
    version = company.matrix.effective_version
    data = changed_sheet(company, version).replace(company.leader.email.encode(), b"=1+1;ghost", 1)
    before = picture()
    text = body(client.post(reverse("admin:governance_version_rows", args=[version.pk]), upload(data)))
    assert "line 2: Column F (holder): is a formula; put its value here instead." in text
    assert "Nothing was stored" in text and picture() == before


def test_rows_that_got_lost_on_the_way_are_asked_for_again(client, admin, company) -> None:
    url = reverse("admin:governance_version_rows", args=[company.matrix.effective_version_id])
    before = picture()
    for lost in (
        {"rows": "", "seen": "x"},
        {"rows": "a\x00", "seen": "x"},
        {"rows": "a", "seen": ""},
        {"rows": "[1]", "seen": "x"},
    ):
        assert "Choose the sheet again" in body(client.post(url, lost))
    assert "is empty" in body(client.post(url, {"rows": '" "', "seen": "x" * 5000}))
    assert picture() == before


@pytest.mark.parametrize(("data", "why"), [(b"", "empty"), (b"PK\x03\x04", "no XLSX workbook"), (b"\xff", "UTF-8")])
def test_a_file_that_is_no_sheet_is_refused(client, admin, company, data, why) -> None:
    url = reverse("admin:governance_version_rows", args=[company.matrix.effective_version_id])
    before = picture()
    assert why in body(client.post(url, upload(data)))
    assert picture() == before


def test_every_kind_has_a_sheet(client, admin, company) -> None:
    version = company.policy.effective_version
    assert "one value in each row" in body(client.get(reverse("admin:governance_version_rows", args=[version.pk])))
    for format, status in (("csv", 200), ("xlsx", 200), ("ods", 404)):
        url = reverse("admin:governance_version_sheet", args=[version.pk, format])
        assert client.get(url).status_code == status


def test_who_may_not_draft_imports_no_rows(client, company) -> None:
    client.force_login(make.make_person("root", is_staff=True, is_superuser=True))
    version = company.matrix.effective_version
    url = reverse("admin:governance_version_rows", args=[version.pk])
    shown = sheets.preview(version=version, source=changed_sheet(company, version), by=company.admin, at=NOW)
    before = picture()
    assert client.get(url).status_code == 403
    assert client.post(url, upload(changed_sheet(company, version))).status_code == 403
    assert client.post(url, {"rows": shown.rows, "seen": shown.seen}).status_code == 403
    assert picture() == before


def test_a_sheet_and_a_reason_are_asked_for_in_words(client, admin, company) -> None:
    draft = revised(company, admin, title="Company owners")
    before = picture()
    assert "Choose the sheet." in body(
        client.post(reverse("admin:governance_version_rows", args=[draft.pk]), {"file": ""})
    )
    text = body(client.post(reverse("admin:governance_version_publish", args=[draft.pk]), {"reason": ""}))
    assert "Say why this takes effect now." in text and picture() == before
