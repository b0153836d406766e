"""What was typed when a role changed hands goes with its entry, wherever it was repeated."""

import pytest

from incidents.models import RoleAssignment
from portal.models import AuditEntry
from tests.erasure import canary
from tests.erasure.test_words import SECRET, erase, proven
from tests.factories_governance import Company
from tests.incidents.role_scenes import COMMANDER, COMMS, make_led, pass_on, take, with_roles

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("role", "verb"), [(COMMS, "role_handed_over"), (COMMANDER, "reassigned")])
def test_the_words_of_a_hand_over_go(company: Company, role: str, verb: str) -> None:
    with_roles(company)
    incident = make_led(company)
    if role == COMMS:
        take(incident, company.responder)
    artefact = "Every update sent" if role == COMMS else "Handoff note"
    place = "In the folder of Mrs Quackenbush"
    pass_on(incident, company.second, company.responder, role, note=SECRET, artefacts={artefact: place})
    assert {"incidents_roleassignment.note", "incidents_roleassignment.handover"} <= canary.where("Quackenbush")
    erase(AuditEntry.objects.filter(verb=f"incident.{verb}").latest("pk"))
    assert canary.where("Quackenbush") == set() and proven()
    row = RoleAssignment.objects.get(incident=incident, role=role, ended_at=None)
    assert (row.note, row.handover["artefacts"]) == ("[erased]", {artefact: "[erased]"})
