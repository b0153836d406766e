"""What careless and hostile people put into the forms: refused on the page in words, no row, no 500."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from incidents.models import Evidence, Incident, ReportDraft
from incidents.services import tracking
from portal import limits
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import PASSWORD
from tests.factories_incidents import make_acknowledged, make_incident
from tests.flows.rows import nothing_written

pytestmark = pytest.mark.django_db
NEW = "/incidents/new/"
GOOD = {"what": "Orders do not arrive.", "since": "now", "key": "k-1"}


@pytest.fixture
def company() -> make.Company:
    return make.make_company(at=make.YESTERDAY)


def signed_in(user: User, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)
    assert client.login(username=user.email, password=PASSWORD)
    return client


@pytest.fixture
def client(company: make.Company) -> Client:
    return signed_in(company.reporter)


def refused(answer: Any, field: str | None = None, words: str = "") -> None:
    """The form again, with the error at `field` (None: above the form)."""
    assert answer.status_code == 422, (answer.status_code, answer.content[:300])
    errors = answer.context["form"].errors
    assert list(errors) == [field or "__all__"], errors
    assert words in str(errors)


tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
FIELDS: list[tuple[str, str, str, str]] = [
    ("what", "", "what", "Say in a few words"),
    ("what", " \r\n\t ", "what", "Say in a few words"),
    ("what", "stopped\x00", "what", "Null characters"),
    ("what", "x" * (limits.TEXT_LENGTH + 1), "what", f"at most {limits.TEXT_LENGTH} characters"),
    ("since", "", "since", "Choose the time"),
    ("since", "never", "since", "never"),
    ("since", "now\x00", "since", ""),
    ("workflow", "Something else", "workflow", "Something else"),
    ("workflow", "<script>alert(1)</script>", "workflow", "&lt;script&gt;"),
    ("workflow", "order\x00", "workflow", "Null characters"),
    ("workflow", "x" * 201, "workflow", "200"),
    ("just_before", "x" * (limits.TEXT_LENGTH + 1), "just_before", ""),
    ("just_before", "\x00", "just_before", ""),
    ("who_is_hurt", "\x00", "who_is_hurt", ""),
    ("key", "x" * 65, "key", ""),
    ("key", "\x00", "key", ""),
    ("q_urgency", "maybe", "q_urgency", "Choose Yes, No or Don’t know."),
    ("q_urgency", "\x00", "q_urgency", ""),
]


@pytest.mark.parametrize(("name", "value", "field", "words"), FIELDS, ids=lambda value: repr(value)[:30])
def test_a_field_that_cannot_be_is_said_on_the_page(
    client: Client, name: str, value: str, field: str, words: str
) -> None:
    with nothing_written():
        answer = client.post(NEW, GOOD | {name: value})
    refused(answer, field, words)


TIMES: list[Any] = ["", "soon", "9999-12-31T23:59", "0001-01-01T00:00", "1970-01-01T00:00", "2026-02-30T10:00"]
TIMES += ["99999-01-01T00:00", "-1"]
# NOTE: named by hand, since the processes of one run have to collect the same tests whatever minute it is.
TIMES.append(pytest.param(tomorrow, id="tomorrow"))


@pytest.mark.parametrize("value", TIMES, ids=repr)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_a_time_that_cannot_be_is_said_on_the_page_in_every_zone(company: make.Company, value: str, zone: str) -> None:
    User.objects.filter(pk=company.reporter.pk).update(time_zone=zone)
    with nothing_written_by(company.reporter) as client:
        answer = client.post(NEW, GOOD | {"since": "other", "since_at": value})
    refused(answer, "since_at")


class nothing_written_by:
    """`nothing_written` for somebody who has just signed in."""

    def __init__(self, user: User) -> None:
        self.client, self.guard = signed_in(user), nothing_written()

    def __enter__(self) -> Client:
        self.guard.__enter__()
        return self.client

    def __exit__(self, *error: Any) -> None:
        self.guard.__exit__(*error)


def test_nothing_at_all_another_type_and_broken_parts_are_refused(client: Client) -> None:
    bodies = [
        (b"", "application/x-www-form-urlencoded", 422),
        (b'{"what": "x"}', "application/json", 422),
        (b"\xff\xfe\x00what=x", "application/x-www-form-urlencoded", 422),
        (b"what=%ED%A0%80%ff&since=", "application/x-www-form-urlencoded", 422),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 422),
        (b"what", "multipart/form-data", 400),
        (b"what", "multipart/form-data; boundary=" + "é" * 3, 400),
    ]
    for body, type, status in bodies:
        with nothing_written():
            answer = client.post(NEW, body, type, CONTENT_TYPE=type)
        assert answer.status_code == status, (body, type, answer.status_code)


def test_ten_megabytes_of_text_and_thousands_of_fields_are_refused(client: Client) -> None:
    with nothing_written():
        assert client.post(NEW, GOOD | {"what": "x" * 10_000_000}).status_code == 413
        many = "&".join(f"f{number}=1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
        assert client.post(NEW, many, "application/x-www-form-urlencoded").status_code in (400, 413)


def test_a_form_from_another_site_is_refused(company: make.Company) -> None:
    client = signed_in(company.reporter, enforce_csrf_checks=True)
    for path in (NEW, "/incidents/draft/", "/profile/methods/"):
        with nothing_written():
            assert client.post(path, GOOD).status_code == 403


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
HTML = b"<!doctype html><script>alert(1)</script>"
LIES: list[tuple[str, bytes, str]] = [
    ("shot.png", HTML, "image/png"),
    ("shot.png", b"MZ\x90\x00" + b"\x00" * 64, "image/png"),
    ("shot.jpg", PNG, "image/jpeg"),
    ("paper.pdf", HTML, "application/pdf"),
    ("paper.pdf", b"\x00\x01", "application/pdf"),
    ("notes.txt", PNG, "text/plain"),
    ("notes.txt", HTML, "text/plain"),
    ("data.json", b"\x00\x00", "application/json"),
    ("sheet.xlsx", b"a,b", "application/vnd.ms-excel"),
    ("SHOT.PNG", b"<svg onload='alert(1)'>", "image/png"),
    ("empty.png", b"", "image/png"),
]


@pytest.mark.parametrize(("name", "content", "type"), LIES, ids=lambda value: repr(value)[:24])
def test_a_file_that_lies_about_itself_is_not_taken(client: Client, name: str, content: bytes, type: str) -> None:
    with nothing_written():
        answer = client.post(NEW, GOOD | {"files": SimpleUploadedFile(name, content, type)})
    assert answer.status_code == 422
    assert name in str(answer.context["form"].errors) or not content


def test_a_file_that_is_too_large_and_too_many_files_are_not_taken(client: Client) -> None:
    large = SimpleUploadedFile("large.txt", b"x" * (limits.FILE_BYTES + 1), "text/plain")
    many = [SimpleUploadedFile(f"{number}.txt", b"x", "text/plain") for number in range(limits.FILES + 1)]
    with nothing_written():
        refused(client.post(NEW, GOOD | {"files": large}), "files", "larger than 25 MB")
        refused(client.post(NEW, GOOD | {"files": many}), "files", "at most 20 files")


NAMES = ["../../etc/passwd", "..\\..\\boot.ini", "a\r\nSet-Cookie: a=b.txt", "x" * 900 + ".html", "<script>.html", "…"]


@pytest.mark.parametrize("name", NAMES, ids=lambda value: repr(value)[:24])
def test_a_strange_file_name_is_only_a_name(company: make.Company, client: Client, name: str) -> None:
    file = SimpleUploadedFile("x", HTML, "text/html")
    file._name = name  # past the client's own cleaning
    assert client.post(NEW, GOOD | {"files": file}).status_code == 302
    kept = Evidence.objects.get()
    assert not set(kept.name) & set("/\\\r\n\x00") and 0 < len(kept.name) <= limits.TITLE_LENGTH
    assert kept.content_type == "text/html"
    answer = client.get(f"/incidents/{kept.incident.reference}/evidence/{kept.pk}/")
    assert answer["Content-Type"] == "application/octet-stream" and "Set-Cookie" not in answer
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == HTML


def test_drafts_of_strange_things_stay_small_and_readable(company: make.Company, client: Client) -> None:
    with nothing_written():
        flood = {f"f{number}": "x" for number in range(900)} | {"what": "a\x00b" + "x" * 50_000, "key": "other"}
        assert client.post("/incidents/draft/", flood).status_code == 200
        assert (
            client.post("/incidents/draft/", b"what=%ED%A0%80", "application/x-www-form-urlencoded").status_code == 200
        )
    draft = ReportDraft.objects.get(user=company.reporter)
    assert len(str(draft.content)) < 600_000 and "\x00" not in str(draft.content)
    assert client.get(NEW).status_code == 200


def test_words_of_a_reporter_are_taken_whole_or_refused(company: make.Company) -> None:
    incident = make_acknowledged(company)
    client, path = Client(raise_request_exception=False), tracking.track_path(incident)
    for text in ("", " ", "\x00", "x" * (limits.TEXT_LENGTH + 1)):
        with nothing_written():
            refused(client.post(path, {"text": text}), "text")
    for token in ("x", "%00", incident.reference, path.split("/")[2][:-1], path.split("/")[2] + "x", "x" * 3_000):
        with nothing_written():
            status = 400 if token == "%00" else 404
            assert client.get(f"/track/{token}/").status_code == status
            assert client.post(f"/track/{token}/", {"text": "x"}).status_code == status
            assert client.get(f"/go/{token}/").status_code in (400, 410)
            assert client.post(f"/go/{token}/").status_code in (400, 410)


STRANGE = ["%00", "INC-9999-9999", "..%2f", "%F0%9F%92%A3", "x" * 3_000, "INC-2026-0001%0d%0aX: y", "' OR 1=1 --"]


@pytest.mark.parametrize("reference", STRANGE, ids=lambda value: value[:24])
def test_an_incident_that_cannot_be_is_no_page(company: make.Company, client: Client, reference: str) -> None:
    make_incident(company)
    for path in (f"/incidents/{reference}/", f"/incidents/{reference}/evidence/"):
        with nothing_written():
            assert client.get(path).status_code == (400 if reference == "%00" else 404), path
            assert client.post(path, {}).status_code in (400, 404, 405), path


QUERIES = ["\x00", "-1", "1e9", "9" * 400, "' OR 1=1 --", "\ud800", "[]", "٣", "2026-01-01|x", "a" * 5_000]


@pytest.mark.parametrize("value", QUERIES, ids=lambda value: repr(value)[:20])
def test_strange_questions_to_a_page_are_answered_without_an_error(company: make.Company, value: str) -> None:
    incident = make_incident(company)
    client = signed_in(company.responder)
    names = ["after", "before", "only", "part", "cursor", "q", "state", "severity", "team", "workflow", "lead", "mine"]
    paths = ["/", "/incidents/", f"/incidents/{incident.reference}/", "/incidents/mine/", "/inbox/", "/ownership/", NEW]
    asked = dict.fromkeys(names, value.encode("utf-8", "surrogatepass"))
    for path in [*paths, "/incidents/new/beside/", "/incidents/draft/"]:
        for question in (asked, asked | {"part": "entries"}, asked | {"part": "status"}):
            with nothing_written():
                answer = client.get(path, question)
            assert answer.status_code < 500, (path, value)


def test_two_long_words_make_a_title_that_fits(company: make.Company, client: Client) -> None:
    for number, what in enumerate(("x" * 10_000, "ß" * 5_000, "a\u2028b" * 3_000, "\U0001f4a3" * 5_000, "x. " * 3_000)):
        assert client.post(NEW, GOOD | {"what": what, "key": f"k-{number}"}).status_code == 302
    titles = list(Incident.objects.values_list("title", flat=True))
    assert len(titles) == 5 and all(0 < len(title) <= limits.TITLE_LENGTH for title in titles)
