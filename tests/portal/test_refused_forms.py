"""What a form says when something is missing or wrong: the thing by its name, in words of people."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from governance.forms.checks import Every
from governance.models import Workflow
from incidents.forms.beats import New as NewBeat
from incidents.forms.sources import New as NewSource
from portal.forms import erasure, ledger, people
from portal.forms.fields import WholeNumberField
from tests import factories

pytestmark = pytest.mark.django_db
OF_DJANGO = ("This field", "Ensure this value", "slug", "Enter a ")


def said(form: Any) -> dict[str, str]:
    return {name: " ".join(map(str, found)) for name, found in form.errors.items()}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (people.Preferences({"locale": "en"}), {"name": "Write your name."}),
        (people.Away({}), {"starts_at": "Say from when you are away.", "ends_at": "Say when you are back."}),
        (people.QuietHours({"begin": "late", "end": "7:00"}), {"begin": "Write a time like 22:00."}),
        (people.NewToken({"scope": "read", "days": "30"}), {"name": "Say what it is for."}),
        (ledger.Period({"since": "soon"}), {"since": "Write it like 2026-03-14 20:00."}),
        (Every({"days": "-5"}), {"days": "Write a whole number from 1 to 3650."}),
        (Every({"days": "often"}), {"days": "Write a whole number from 1 to 3650."}),
        (erasure.ReasonForm({}), {"reason": "Please say why."}),
        (erasure.HoldForm({"kind": "person"}), {"which": "Say which one is kept.", "reason": "Please say why."}),
    ],
)
def test_what_is_wrong_is_named(form: Any, expected: dict[str, str]) -> None:
    assert said(form) == expected


@pytest.mark.parametrize("kind", [NewSource, NewBeat])
def test_nobody_has_to_know_what_a_slug_is(kind: Any) -> None:
    typed = {"name": "Shop", "key": "Shop & more", "interval_minutes": "0", "grace_minutes": "-1"}
    errors = said(kind(typed, workflows=Workflow.objects.none()))
    assert errors["key"] == "Write only small letters, digits and hyphens, without spaces."
    assert not [text for text in errors.values() if any(words in text for words in OF_DJANGO)]


def test_a_number_is_refused_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        assert said(Every({"days": "0"})) == {"days": "Schreiben Sie eine ganze Zahl von 1 bis 3650."}
    assert WholeNumberField(min_value=0, max_value=9).clean("9") == 9


def test_a_refused_hold_is_an_answer_of_its_own_and_takes_the_focus(client: Any) -> None:
    client.force_login(factories.make_user("root@example.com", is_staff=True, is_superuser=True))
    answer = client.post(reverse("admin:portal_legalhold_add"), {"kind": "person", "which": "", "reason": "case 7"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Say which one is kept." in page and 'value="case 7"' in page
    assert "One thing needs your attention" in page and "autofocus" in page
