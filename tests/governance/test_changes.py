"""Publishing: who may, what it writes, what it refuses."""

import pytest

from tests.factories_governance import make_company

pytestmark = pytest.mark.django_db


def test_the_small_company_is_ready_for_incidents() -> None:
    company = make_company()
    assert company.matrix.effective_version is not None
