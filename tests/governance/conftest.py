"""Who opens the pages of ownership, and a program that asks for the same."""

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


@pytest.fixture
def program(company: Any) -> Any:
    """A script of the governance admin of the company, with a token that may write."""
    from tests.governance.programs import Program

    return Program(company.admin)
