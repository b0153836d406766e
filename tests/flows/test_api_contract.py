"""The API keeps to its document, whatever is sent: drawn by schemathesis from the document itself, on WSGI.

Every call is rolled back. The same examples are drawn in every run; `--hypothesis-profile=explore` looks for new ones.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks as openapi_checks

from governance.rules import deciding
from incidents.models import Beat, Incident, Source
from incidents.services import beats, decisions, incidents, sources
from portal import api, limits
from tests import factories_governance as make
from tests.factories_incidents import make_acknowledged, make_beat, make_incident
from tests.factories_oncall import make_schedule
from tests.governance.programs import Program

pytestmark = pytest.mark.django_db
SECRET = "0123456789" * 4
CELLS = "/api/v1/ownership/cells"
EXPLORES = settings.get_current_profile_name() == "explore"
THOROUGH = EXPLORES or connection.vendor == "postgresql"
"""Also every border of every schema, which takes as long as a third of the suite."""
REFERENCES = [f"INC-{make.NOW.year}-000{number}" for number in (1, 2, 3)]
KNOWN = {
    "reference": [*REFERENCES, "INC-1970-0001"],
    "workflow": ["", "order-sync"],
    "team": ["", "orders"],
    "schedule": ["", "order-sync"],
    "source": ["platform", "nobody"],
    "secret": [SECRET, "0" * 40, "x"],
}
ROUTING_KEY = "0123456789abcdef" * 2
DOORS = "/api/v1/intake/", "/api/v1/beats/", "/api/v1/decisions", "/v2/"
DECISIONS = [f"DEC-{make.NOW.year}-0001", "DEC-1970-0001"]
JUDGED_INSIDE = [openapi_checks.positive_data_acceptance, openapi_checks.negative_data_rejection]
LEFT_OUT: dict[str, list[Any]] = {
    CELLS: JUDGED_INSIDE[:1],
    "/api/v1/intake/{source}": JUDGED_INSIDE,
    "/api/v1/beats/{secret}": JUDGED_INSIDE,
    "/api/v1/decisions": JUDGED_INSIDE,
    "/api/v1/decisions/{reference}/data": JUDGED_INSIDE,
    "/api/v1/decisions/{reference}/withdraw": JUDGED_INSIDE[:1],
}


Callers = tuple[Program, dict[str, str]]


def described() -> Any:
    """The document, told the names of the company of this test, which no document can know."""
    document = json.loads(json.dumps(api.build().get_openapi_schema(path_prefix="/api/v1/")))
    for address, path in document["paths"].items():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                is_text = parameter["schema"].get("type") == "string"
                name = parameter["name"]
                known = KNOWN.get(name, [""] if name in ("after", "at") and is_text else [])
                known = DECISIONS if name == "reference" and "/decisions/" in address else known
                if known:
                    parameter["schema"] = {"type": "string", "enum": known}
    for name in ("EnqueueIn", "ChangeIn"):
        document["components"]["schemas"][name]["properties"]["routing_key"] = {"enum": [ROUTING_KEY]}
    found = schemathesis.openapi.from_dict(document)
    found.app = get_wsgi_application()
    # unknown parameters are passed over, and the token is the test's
    found.config.generation.update(allow_extra_parameters=False, with_security_parameters=False)
    found.config.phases.coverage.enabled = THOROUGH
    return found


contract = described()


@pytest.fixture
def one_connection() -> Iterator[None]:
    """NOTE: between requests Django closes what is in a transaction, as every test is."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def program(one_connection: None, company: make.Company, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callers:
    """A program of a responder among incidents in several states, and what a source sends along."""
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(limits, "API_CALLS_PER_MINUTE", 10**9)
    make_incident(company)
    make_incident(company, kind="near_miss")
    ended = make_acknowledged(company)
    incidents.resolve(
        incident=ended, resolution="Renewed.", checked="Orders arrive.", by=company.responder, at=ended.reported_at
    )
    make_schedule("order-sync", team=company.team, people=(company.responder,))
    assert sorted(Incident.objects.values_list("reference", flat=True)) == REFERENCES
    found = Program(company.responder)
    source, fresh = sources.set_up(key="platform", format="generic", workflow=None, by=None, at=make.NOW)
    alerts, _fresh = sources.set_up(key="alerts", format="pagerduty", workflow=company.workflow, by=None, at=make.NOW)
    Source.objects.filter(pk=alerts.pk).update(token_digest=sources.digest(ROUTING_KEY))
    words = {"question": "Pay it?", "choices": (deciding.Choice("pay", "Pay"), deciding.Choice("wait", "Wait"))}
    asking = decisions.Asking(**words, workflow=company.workflow)  # type: ignore[arg-type]
    decisions.ask(asking, asked="api", key=f"source:{source.pk}:one", at=make.NOW, source=source)
    make_beat(company, at=timezone.now())
    Beat.objects.update(token_digest=beats.digest(SECRET))
    return found, {"Authorization": f"Bearer {fresh.token}"}


@contextmanager
def rolled_back() -> Iterator[None]:
    save = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(save)


def left_out(case: Any) -> list[Any]:
    """Checks of data that only the service can judge. The doors in PagerDuty's shape take what they can use of an
    event that does not fit, as its clients expect; and no document can say that no text anywhere holds a NUL."""
    path = case.operation.path
    if path.startswith("/v2/"):
        return JUDGED_INSIDE if r"\u0000" in json.dumps(case.body, default=str) else JUDGED_INSIDE[1:]
    return LEFT_OUT.get(path, [])


@contract.parametrize()
@settings(max_examples=300 if EXPLORES else 10, suppress_health_check=list(HealthCheck))
def test_every_door_answers_as_the_document_says(case: Any, program: Callers) -> None:
    """NOTE: what a cell or an event may say the service knows, so a fitting one may be refused all the same."""
    headers = program[1] if case.operation.path.startswith(DOORS) else program[0].headers
    with rolled_back():
        answer = case.call(headers=headers)
        case.validate_response(answer, headers=headers, excluded_checks=left_out(case))
