"""What a change does to the text: side by side, and a document that is new by its sections."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from governance.models import ChangeRequest
from governance.services import comments
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.factories_governance import make_draft
from tests.governance.governing import Governed, asked, make_governed, propose
from tests.governance.test_change_pages import page

pytestmark = pytest.mark.django_db
YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def new(governed: Governed) -> ChangeRequest:
    """The draft of a module that never was in force."""
    content = {
        "title": "Rate limit",
        "business_consequence": "Everything becomes slow.",
        "symptoms": ["Calls are refused"],
        "containment": [
            {"key": "slow", "title": "Slow down", "responsibility": "containment", "how": "Nightly first."}
        ],
    }
    version = make_draft(content, kind="module", key="rate-limit", by=governed.author)
    return asked(version, by=governed.author)


def numbers(pattern: str, text: str) -> list[int]:
    return [int(found) for found in re.findall(pattern, text)]


def test_before_and_after_stand_side_by_side_when_asked(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    plain, sided = page(governed.one, change), page(governed.one, change, view="sides")
    assert '<a href="?view=sides#df">Side by side</a>' in plain and 'class="sided"' not in plain
    assert f'<a href="{change.get_absolute_url()}#df">One below the other</a>' in sided
    before, after = sided[sided.index('class="sided"') :].split("</p>", 2)[:2]
    assert "<b>Before</b>" in before and "<ins>" not in before and "Something" in before
    assert "<b>After</b>" in after and "<del>" not in after and "<ins>stopped or waits for a person.</ins>" in after


def test_a_remark_beside_a_change_keeps_the_view(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    text = page(governed.one, change, view="sides")
    assert "?view=sides&amp;on=/terms/incident#say" in text
    text = page(governed.one, change, view="sides", on="/terms/incident")
    assert 'id="say"' in text and 'class="sided"' in text


def test_nonsense_is_no_view(governed: Governed) -> None:
    assert 'class="sided"' not in page(governed.one, propose(governed, at=YESTERDAY), view="upside-down")


def test_a_new_document_is_folded_by_section_and_marks_nothing(governed: Governed) -> None:
    text = page(governed.one, new(governed))
    count = numbers(r"New document: (\d+) sections", text)[0]
    assert count == text.count('<details class="unfold">') > 1 and "All new" in text
    assert numbers(r"with (\d+) parts", text) == [sum(numbers(r'<span class="small muted">(\d+) parts?<', text))]
    fresh = text[text.index("New document") : text.index("<aside")]
    assert "<ins>" not in fresh and "data-op" not in fresh and "Side by side" not in fresh
    assert "Slow down" in fresh and "Nightly first." in fresh


def test_a_section_with_a_remark_stands_open(governed: Governed) -> None:
    change = new(governed)
    comments.say(change=change, path="/containment/slow", text="How slow?", by=governed.one, at=YESTERDAY)
    text = page(governed.two, change)
    assert text.count('<details class="unfold" open>') == 1
    part = text[text.index('<details class="unfold" open>') :]
    assert "How slow?" in part[: part.index("</details></details>") if "</details></details>" in part else None]
    text = page(governed.two, change, on="/symptoms")
    assert text.count('<details class="unfold" open>') == 2
