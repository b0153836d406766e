"""Who opens the pages of ownership."""

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def admin(company: Any, client: Client) -> Any:
    """A governance admin who is also superuser, signed in."""
    from portal import roles
    from tests.factories_governance import make_person

    person = make_person("boss", role=roles.GOVERNANCE_ADMIN, is_staff=True, is_superuser=True)
    client.force_login(person)
    return person
