"""What the tests of `/sources/` and `/silences/` share: sources, somebody else's workflow, pages and events."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from governance.models import Workflow
from incidents.models import Source
from incidents.services import sources
from portal import roles
from portal.models import User
from tests.factories_governance import YESTERDAY, Company, make_document, make_person, make_team, make_workflow


def make_source(company: Company, key: str = "shop", **more: Any) -> Source:
    values: dict[str, Any] = {"format": "generic", "workflow": company.workflow, "name": f"Source {key}"} | more
    return sources.set_up(key=key, by=None, at=timezone.now(), **values)[0]


def make_foreign(company: Company) -> tuple[Workflow, User]:
    """A workflow of another team, and the only one on call for it; nobody of the company's first team sees it."""
    watcher = make_person("watcher", role=roles.RESPONDER, at=YESTERDAY)
    others = make_team("others", members=(watcher,), at=YESTERDAY)
    row = {"key": "one", "scope": {"team": "others"}, "responsibility": "on_call"}
    row |= {"holder": {"person": watcher.email}}
    content = {"title": "Others", "scope": {"team": "others"}, "rows": [row]}
    make_document(content, kind="matrix", key="others", by=company.admin, at=YESTERDAY)
    return make_workflow("payroll", team=others, at=YESTERDAY), watcher


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user: User, path: str) -> str:
    answer = client_of(user).get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def post(source: Source, **content: Any) -> Any:
    """An event through the door."""
    token = "t" * 32
    Source.objects.filter(pk=source.pk).update(token_digest=sources.digest(token))
    headers = {"Authorization": f"Bearer {token}"}
    body = json.dumps(content)
    return Client().post(f"/api/v1/intake/{source.key}", body, content_type="application/json", headers=headers)
