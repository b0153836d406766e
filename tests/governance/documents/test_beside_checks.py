"""What stands beside the grid of a matrix."""

from __future__ import annotations

import pytest

from tests.governance.documents import world
from tests.governance.documents.judged import advice, altered, blocking


def test_the_demo_matrix_has_everything_beside_the_grid():
    assert [words for words in advice("matrix", world.content("company-matrix")) if "alternate" not in words] == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("exceptions", "Nobody approves exceptions: there is no responsibility called 'exceptions'."),
        ("log_keeping", "Nobody keeps the log: there is no responsibility called 'log_keeping'."),
        (
            "data_integrity",
            "Nobody owns data integrity in handoffs: there is no responsibility called 'data_integrity'.",
        ),
    ],
)
def test_the_company_matrix_always_has_some_responsibilities(key, words):
    def drop(content):
        for name in ("responsibilities", "rows", "decisions"):
            content[name] = [item for item in content[name] if key not in (item["key"], item.get("responsibility"))]

    assert blocking("matrix", altered("company-matrix", drop)) == [("/responsibilities", words)]


def test_a_teams_matrix_need_not_repeat_them():
    assert blocking("matrix", world.content("payments-matrix")) == []


def test_high_criticality_wants_somebody_of_its_own():
    def drop(content):
        content["rows"] = [item for item in content["rows"] if item["key"] != "log-keeping-high"]

    words = "Keeps the log: nobody is named for workflows of high criticality; the company default holds."
    assert words in advice("matrix", altered("company-matrix", drop))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c["decisions"][0].pop("options"),
            "Resume the workflow or stop it: no acceptable options are named.",
        ),
        (lambda c: c["decisions"][0].pop("minutes"), "Resume the workflow or stop it: nothing says by when."),
        (lambda c: c["roles"][0].pop("artefacts"), "Incident commander leaves nothing behind in writing."),
        (
            lambda c: c["roles"][0].pop("handoff"),
            "Incident commander: nothing says when it may be handed over.",
        ),
        (
            lambda c: c["roles"][0].pop("hours"),
            "Incident commander: nothing says after how many hours it is handed over.",
        ),
        (lambda c: c["roles"][0].pop("limits"), "Incident commander has no authority limits."),
        (lambda c: c.pop("conflict"), "No rule says who decides when stakeholders contradict each other."),
    ],
)
def test_what_lacks_beside_the_grid_is_advised(change, words):
    assert words in advice("matrix", altered("company-matrix", change))
    assert blocking("matrix", altered("company-matrix", change)) == []


def test_a_duty_without_a_stage_counts_never():
    content = altered("company-matrix", lambda c: c["responsibilities"][0].update(stages=[]))
    key, title = content["responsibilities"][0]["key"], content["responsibilities"][0]["title"]
    place = (f"/responsibilities/{key}/stages", f"{title}: say during which stages of an outage this counts.")
    assert place in blocking("matrix", content)
