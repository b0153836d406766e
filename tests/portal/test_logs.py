"""What the log says of a request: never the secret that its address carries."""

import logging
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.django_db
SECRETS = (
    "/oncall/s3cret.ics",
    "/go/s3cret/",
    "/track/s3cret/",
    "/accounts/password/reset/key/s3cret/",
    "/api/v1/intake/shop/s3cret",
    "/api/v1/beats/s3cret",
)


def written(caplog: Any) -> str:
    """The lines as they leave the process."""
    kept = {name: value for name, value in settings.LOGGING["formatters"]["json"].items() if name != "()"}
    formatter = structlog.stdlib.ProcessorFormatter(**kept)
    return "\n".join(formatter.format(record) for record in caplog.records)


def outage(*_: Any) -> Any:
    raise OperationalError("the connection is lost")


def test_an_outage_is_logged_without_the_secret_address_of_a_calendar(caplog: Any) -> None:
    with connection.execute_wrapper(outage):
        assert Client().get("/oncall/s3cret.ics").status_code == 503
    said = written(caplog)
    assert "web.database_down" in said and "Service Unavailable: /oncall/" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("path", SECRETS)
def test_no_address_that_is_a_secret_is_written(caplog: Any, path: str) -> None:
    logging.getLogger("django.request").error("%s: %s", "Internal Server Error", path, extra={"path": path})
    structlog.get_logger("portal.test").error("web.failed", path=path)
    assert written(caplog).count(path.split("s3cret")[0]) == 2
    assert "s3cret" not in written(caplog)


def test_other_addresses_are_written_as_they_are(caplog: Any) -> None:
    logging.getLogger("django.request").error("Internal Server Error: %s", "/oncall/?week=2026-03-02")
    assert "/oncall/?week=2026-03-02" in written(caplog)
