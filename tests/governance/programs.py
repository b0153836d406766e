"""Programs that use the API of ownership: what they send, and how they are refused."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from portal.models import User
from portal.services import tokens

CELLS = "/api/v1/ownership/cells"
ROWS = "/api/v1/ownership/rows"
TOLD = "/api/v1/ownership/told"
ONCALL = "/api/v1/oncall"
READS = (ROWS, TOLD, ONCALL)


class Program:
    """A script of `person` that shows its token."""

    def __init__(self, person: User, scope: str = "write") -> None:
        given = {"name": "script", "scope": scope, "days": 30}
        self.token, self.secret = tokens.create(user=person, by=person, at=timezone.now(), **given)
        self.client = Client(raise_request_exception=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self.headers)

    def post(self, body: Any, *, type: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(CELLS, raw, type, headers=self.headers | headers)

    def save(self, *edits: dict[str, Any], reason: str = "New owners", **headers: str) -> Any:
        return self.post({"reason": reason, "edits": list(edits)}, **headers)


def edit(holder: Any, *, token: str = "", scope: str = "workflow:order-sync", **more: Any) -> dict[str, Any]:
    holder = holder.email if isinstance(holder, User) else holder
    return {"scope": scope, "responsibility": "on_call", "holder": holder, "token": token} | more


def refused(answer: Any, status: int, error: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    said: dict[str, Any] = answer.json()
    assert said["error"] == error and said["detail"] and said["request_id"] == answer["X-Request-ID"]
    return said
