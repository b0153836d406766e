"""How news reads on each channel, and what would make it better."""

from typing import Any

import pytest

from governance.documents.communication import Audience, Communication, ToneRule
from incidents.models import Incident, StatusUpdate
from incidents.reads import update_hints
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import later, make_acknowledged

pytestmark = pytest.mark.django_db
PLAN = Communication(
    title="Plan",
    audiences=(Audience(key="all", title="All", channels=("email", "sms"), data_class="public"),),
    tone=(ToneRule(key="we", title="We", say="214 orders wait.", avoid="We are investigating."),),
)
(AUDIENCE,) = PLAN.audiences


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def update(incident: Incident, **values: Any) -> StatusUpdate:
    fields = {"subject": "Payments", "business": "{what}", "answers": {"what": "Cards fail."}} | values
    return StatusUpdate(incident=incident, audience="all", event="update", **fields)


def test_each_channel_shows_what_it_carries(incident: Incident) -> None:
    mail, short = update_hints.previews(update(incident, technical="secret"), PLAN, AUDIENCE, incident)
    assert (mail.subject, mail.text, mail.technical) == ("Payments", "Cards fail.", "")
    assert (short.subject, short.text) == ("", f"{incident.reference}: Cards fail.")
    assert short.note == "26 of 160 characters."
    long = update_hints.previews(update(incident, business="x" * 200), PLAN, AUDIENCE, incident)[1]
    assert "behind its link" in long.note


def test_the_tone_of_the_plan_and_open_promises_are_said(incident: Incident) -> None:
    found = update_hints.hints(update(incident, business="We are investigating!"), PLAN, AUDIENCE, incident)
    assert found[0] == "Instead of “We are investigating.” say: 214 orders wait."
    assert len(found) == 3
    kept = update(
        incident,
        answers={"what": "Cards fail.", "meanwhile": "Pay by invoice."},
        business="{what} We expect it back {expected}.",
        expected_at=later(60),
        next_at=later(30),
    )
    assert update_hints.hints(kept, PLAN, AUDIENCE, incident) == []


def test_words_of_the_glossary_are_explained(company: Company, incident: Incident) -> None:
    term = {"key": "rollback", "title": "rollback", "meaning": "Back to the version before.", "use": "jargon"}
    make.make_document({"title": "Words", "terms": [term]}, kind="glossary", key="company", by=company.admin)
    (found,) = update_hints.meanings(update(incident, business="A rollback is under way."), incident)
    assert (found.word, found.means, found.is_jargon) == ("rollback", "Back to the version before.", True)
