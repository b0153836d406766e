"""Where somebody is in the menu, on pages that have no entry of their own too."""

import pytest
from django.test import Client

from portal import roles
from tests.factories_governance import make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/", "now"),
        ("/incidents/", "incidents"),
        ("/changes/", "changes"),
        ("/changes/policy/", "changes"),
        ("/boards/", "changes"),
        ("/delegations/", "changes"),
        ("/checks/", "changes"),
        ("/governance/", "changes"),
        ("/training/", "changes"),
        ("/communication/", "playbooks"),
        ("/glossary/", "playbooks"),
        ("/reading/", "playbooks"),
        ("/ownership/told/", "ownership"),
    ],
)
def test_the_menu_says_where_one_is(client: Client, path: str, entry: str) -> None:
    client.force_login(
        make_person("keeper", role=roles.GOVERNANCE_ADMIN), backend="django.contrib.auth.backends.ModelBackend"
    )
    answer = client.get(path)
    assert answer.status_code == 200
    lines = [line for group in answer.context["menu"] for line in group["lines"]]
    assert [line["name"] for line in lines if line["current"]] == [entry]
