"""Why an event was grouped is stored in English and read in the reader's language, whatever stands inside."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from governance.documents.sentences import Sentence
from governance.reads.sentences import said
from incidents.forms import intake as forms
from incidents.models import Source
from incidents.services import reasons
from tests.incidents.doors import case

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NAMES = ("beat", "name", "ref", "why", "source", "node", "flow", "group", "key", "severity")
WORDS = {name: f"<{name}>" for name in NAMES}
ALL = {name: value for name, value in vars(reasons).items() if isinstance(value, Sentence)}


def in_german(text: str) -> str:
    """What a German reads where `text` is stored, which has then forgotten what it was made of."""
    with translation.override("de"):
        return said("".join(text))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_reason_is_found_back_and_keeps_what_was_filled_in(name: str) -> None:
    stored = "".join(ALL[name] % WORDS)
    shown = in_german(stored)
    assert shown != stored
    assert [word for word in WORDS.values() if word in shown] == [word for word in WORDS.values() if word in stored]
    assert said(stored) == stored, "in English it stays"


def test_a_reason_inside_of_a_reason_is_read_in_the_same_language() -> None:
    why = reasons.SAME_STEP % {"node": "Write to CRM", "flow": "Order sync"}
    stored = "".join(reasons.JOINED % {"ref": "INC-2026-0042", "why": why})
    assert stored == ("Joined INC-2026-0042, which is open: it is the same step, “Write to CRM” of Order sync.")
    shown = in_german(stored)
    assert "it is" not in shown and "Joined" not in shown
    assert "INC-2026-0042" in shown and "Write to CRM" in shown and "Order sync" in shown


def test_what_a_person_wrote_stays_as_it_is() -> None:
    stored = "".join(reasons.SILENT % {"why": "It is the upgrade of Friday"})
    assert in_german(stored).endswith("It is the upgrade of Friday")


TRIGGER = case("n8n_trigger") | {"trigger": {"error": {"message": "It cannot start"}}}
SENT: dict[str, tuple[str, Any]] = {
    "node_red": ("node_red", case("node_red_function_failed")),
    "n8n": ("n8n", case("n8n_recorded")),
    "a trigger of n8n": ("n8n", TRIGGER),
    "alertmanager": ("alertmanager", case("alertmanager_firing")),
    "pagerduty": ("pagerduty", case("pagerduty_trigger")),
    "slack": ("slack", case("slack_firing")),
    "generic": ("generic", {"title": "Orders", "dedup_key": "orders"}),
}


@pytest.mark.parametrize("name", SENT)
def test_every_format_says_why_in_words_that_are_found_back(name: str) -> None:
    """Whatever language the sender asks for."""
    format, body = SENT[name]
    source = Source(key="x", format=format)
    reason = forms.arrival_of(body, source=source, at=AT).group_reason
    with translation.override("de"):
        assert forms.arrival_of(body, source=source, at=AT).group_reason == reason
    assert reason and in_german(reason) != reason
