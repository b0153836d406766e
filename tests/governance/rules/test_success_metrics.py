"""What a line of success metrics promises, in the words of the playbooks that we bring along and in German."""

import pytest

from governance.rules.success_metrics import Metric, read


@pytest.mark.parametrize(
    ("line", "measure", "seconds"),
    [
        ("The damage is stopped within 30 minutes after the first report", "contain", 1_800),
        ("Wrong data stops spreading within 30 minutes after the first report", "contain", 1_800),
        ("Connection renewed within 60 minutes", "resolve", 3_600),
        ("No further double 15 minutes after the first report", None, 0),
        ("Every double settled within two working days", "resolve", 172_800),
        ("Noticed within 10 minutes", "detect", 600),
        ("Somebody answers within a minute", "answer", 60),
        ("It is decided within 1 hour what to do", "decide", 3_600),
        ("Der Schaden ist innerhalb von 30 Minuten gestoppt", "contain", 1_800),
        ("Binnen zwei Stunden läuft es wieder", "resolve", 7_200),
        ("The workflow runs again within the time to decide", None, 0),
        ("No event is lost and none is done twice", None, 0),
        ("Customers are told within 20 minutes", None, 0),
        ("", None, 0),
        ("stopped within 0 minutes", None, 0),
    ],
)
def test_a_line_is_read_as_people_read_it(line: str, measure: str | None, seconds: int) -> None:
    assert read(line) == (Metric(measure, seconds) if measure else None)  # type: ignore[arg-type]
