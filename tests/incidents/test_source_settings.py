"""What only admins set up of sources, whoever asks the service."""

from collections.abc import Callable
from typing import Any

import pytest

from incidents.models import Source
from incidents.services import source_settings, sources
from portal import access
from tests.factories_governance import NOW, Company
from tests.factories_incidents import later, refuses

pytestmark = pytest.mark.django_db

NEW = {"name": "Bank", "key": "bank", "format": "generic", "workflow": None}
CALLS: dict[str, Callable[[Source, dict[str, Any]], Any]] = {
    "set up": lambda source, values: source_settings.set_up(**NEW, **values),
    "rotate": lambda source, values: source_settings.rotate(source=source, reason="x", **values),
    "save": lambda source, values: source_settings.save_reading(
        source=source, mapping={"title": "a"}, redact=[], seen=source_settings.state(source), reason="x", **values
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_whoever_is_no_admin_is_refused_and_nothing_changes(company: Company, name: str) -> None:
    source, _secrets = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=NOW)
    before = list(Source.objects.values())
    refuses(
        access.Refused,
        "Only an administrator can set up sources.",
        lambda: CALLS[name](source, {"by": company.responder, "at": later(1)}),
    )
    assert list(Source.objects.values()) == before
