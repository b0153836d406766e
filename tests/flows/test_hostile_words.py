"""HTML and line breaks in every text that people and machines may send: words on every page and in every mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from incidents.models import Incident
from incidents.services import sources, tracking
from portal import delivery, timers
from portal.models import Lane
from tests import factories_governance as make
from tests.factories_governance import PASSWORD

pytestmark = pytest.mark.django_db
EVIL = '</title></p><script>alert(1)</script><img src=x onerror="alert(2)">'
LINES = "Stop\r\nBcc: thief@example.com\r\nX-Evil: yes\r\n\r\n"


def test_html_and_line_breaks_stay_words_on_pages_and_in_mails() -> None:
    now = timezone.now()
    company = make.make_company(at=make.YESTERDAY)
    client = Client()
    assert client.login(username=company.reporter.email, password=PASSWORD)
    words: dict[str, Any] = dict.fromkeys(("what", "just_before", "who_is_hurt"), LINES + EVIL)
    assert (
        client.post("/incidents/new/", words | {"since": "now", "key": "k", "workflow": "order-sync"}).status_code
        == 302
    )
    source, secrets = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=now)
    event: dict[str, Any] = dict.fromkeys(("title", "description", "dedup_key", "event_id"), LINES + EVIL)
    event |= {"components": [LINES + EVIL[:60]], "details": {EVIL: EVIL}}
    answer = client.post(
        "/api/v1/intake/shop", event, "application/json", headers={"Authorization": f"Bearer {secrets.token}"}
    )
    assert answer.status_code == 202, answer.content
    timers.fire_due(at=now + timedelta(minutes=20))
    for lane in Lane.values:
        delivery.sweep(lane=lane, at=now + timedelta(minutes=21), grace=timedelta())
    paths = [
        "/",
        "/incidents/",
        "/incidents/mine/",
        "/inbox/",
        "/incidents/new/",
        f"/ownership/workflows/{company.workflow.key}/",
    ]
    for incident in Incident.objects.all():
        paths += [incident.get_absolute_url(), tracking.track_path(incident)]
    assert len(paths) == 10
    for person in (company.reporter, company.responder, company.second):
        reader = Client()
        assert reader.login(username=person.email, password=PASSWORD)
        for path in paths:
            body = reader.get(path).content.decode()
            assert "<script>alert" not in body and "<img src=x" not in body, path
    assert len(mail.outbox) >= 4
    for message in mail.outbox:
        sent: Any = message.message()
        assert sent["Bcc"] is None and sent["X-Evil"] is None
        assert "\n" not in message.subject and "\r" not in message.subject
        html = "".join(
            part.get_payload(decode=True).decode() for part in sent.walk() if part.get_content_type() == "text/html"
        )
        assert "<script>" not in html and "<img" not in html
