"""Evidence packs of a period: everything is listed, the sample is the auditor's own, no entry was left out."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from governance.models import ChangeRequest
from portal import evidence
from portal.audit import notes
from portal.evidence import populations
from portal.evidence.contents import Population
from portal.models.ledger import Checkpoint
from tests.factories_governance import NOW
from tests.governance.governing import Governed, make_governed, propose, through
from tests.portal.ledger import book, packing
from tests.portal.ledger.packing import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture
def governed(db: None) -> Governed:
    return make_governed()


@pytest.fixture
def change(governed: Governed) -> ChangeRequest:
    return through(propose(governed))


def test_a_period_lists_everything_and_draws_the_sample_that_the_seed_says(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    about = {"from": NOW - timedelta(days=1), "until": LATER, "sample": 2, "seed": "7 dice"}
    pack = packing.make(tmp_path / "pack.zip", signer, "period", **about)
    said = packing.verify(pack, "--vkey", signer.vkey)
    assert said.code == 0, said.text
    files = packing.read(pack)
    listed = json.loads(files["population/change.json"])
    assert listed["total"] == ChangeRequest.objects.count() == 3
    assert sum(listed["by_state"].values()) == 3
    sample = json.loads(files["sample.json"])
    order = populations.drawn(listed["rows"], seed="7 dice", size=2)
    assert [row["id"] for row in sample["drawn"]["change"]] == [row["id"] for row in order]
    assert {name.split("/")[1] for name in files if name.startswith("samples/")} == {row["reference"] for row in order}
    assert files["population/change.csv"].decode("utf-8-sig").count("\n") == 4


def test_a_sample_larger_than_the_population_is_all_of_it(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    about = {"from": NOW - timedelta(days=1), "until": LATER, "sample": 9, "seed": "s"}
    pack = packing.make(tmp_path / "pack.zip", signer, "period", **about)
    assert "Change: 9 were to be drawn, but there are only 3." in packing.read(pack)["README.txt"].decode()
    assert packing.verify(pack).code == 0


def test_a_period_begins_at_the_last_checkpoint_before_it_and_ends_at_the_first_after_it(
    governed: Governed, signer: notes.Signer, tmp_path: Path
) -> None:
    book.seal(signer, at=NOW)
    first = Checkpoint.objects.latest("id")
    through(propose(governed, at=NOW + timedelta(hours=2)))
    end = NOW + timedelta(hours=3)
    book.seal(signer, at=end)
    second = Checkpoint.objects.latest("id")
    book.write(300, at=NOW + timedelta(hours=5))
    about = {"from": NOW + timedelta(hours=1), "until": end, "sample": 1, "seed": "s"}
    pack = packing.make(tmp_path / "pack.zip", signer, "period", **about)
    period = json.loads(packing.read(pack)["ledger/period.json"])
    # NOTE: verdicts and publications of these tests happen at NOW, so only the request lies within
    assert (period["start"], period["end"]) == (first.size, second.size)
    said = packing.verify(pack)
    assert said.code == 0, said.text
    assert f"The ledger continues what it was at {second.size} entries." in said.text
    kept = tmp_path / "kept.txt"
    kept.write_text(first.note)
    assert packing.verify(pack, "--checkpoint", str(kept)).code == 0


def test_an_empty_period_is_shown_to_be_empty(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> None:
    pack = packing.make(tmp_path / "pack.zip", signer, "period", **{"from": "2020-01-01", "until": "2020-02-01"})
    said = packing.verify(pack)
    assert said.code == 0 and "population/publication.json: 0 checked." in said.text


def test_cells_that_a_spreadsheet_would_run_are_text() -> None:
    row = {"id": 1, "reference": "INC-2026-0001", "state": "x", "title": "=HYPERLINK(1)"}
    assert ",'=HYPERLINK(1)" in populations.as_csv(Population([], [row])).decode()


def test_missing_numbers_are_named() -> None:
    rows = [{"reference": f"INC-2026-{number:04d}"} for number in (3, 4, 7)]
    assert populations.numbers(rows)["series"] == {"INC-2026": {"first": 3, "last": 7, "missing": [5, 6]}}


def test_a_period_that_reaches_to_the_present_ends_before_what_is_not_sealed_yet(
    change: ChangeRequest, signer: notes.Signer, tmp_path: Path
) -> None:
    book.seal(signer, at=LATER)
    book.write(2, at=LATER - timedelta(seconds=1))
    path = tmp_path / "pack.zip"
    about = {"from": NOW - timedelta(days=1), "until": LATER + timedelta(days=1)}
    evidence.write(kind="period", about=about, path=path, at=LATER)
    (note,) = json.loads(packing.read(path)["manifest.json"])["notes"]
    assert note.startswith("The period was taken until 2026-03-03T08:59:59") and "not in the signed ledger" in note
    assert packing.verify(path).code == 0
    book.seal(signer, at=LATER)
    evidence.write(kind="period", about=about, path=path, at=LATER)
    (note,) = json.loads(packing.read(path)["manifest.json"])["notes"]
    assert note.startswith("The period was taken until 2026-03-03T09:00:00") and "lay ahead" in note
