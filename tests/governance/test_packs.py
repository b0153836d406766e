"""Evidence of a change: texts, verdicts and what they bind to, as an auditor gets them (D99)."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.models import ChangeRequest, Delegation, Version
from governance.services import delegations
from portal.audit import notes
from tests.factories_governance import NOW
from tests.governance.governing import Governed, asked, drafted, make_governed, propose, say, through, words
from tests.portal.ledger import book, packing

pytestmark = pytest.mark.django_db


@pytest.fixture
def signer() -> notes.Signer:
    return notes.Signer.generate(book.NAME)


@pytest.fixture
def governed(db: None) -> Governed:
    return make_governed()


def pack(change: ChangeRequest, signer: notes.Signer, tmp_path: Path) -> packing.Files:
    path = packing.make(tmp_path / "pack.zip", signer, "change", key=change.reference)
    said = packing.verify(path, "--vkey", signer.vkey)
    assert said.code == 0, said.text
    return packing.read(path)


def rows(files: packing.Files, name: str) -> list[Any]:
    found: list[Any] = json.loads(files[name])["rows"]
    return found


def test_texts_are_there_letter_by_letter_and_say_from_when_until_when(
    governed: Governed, signer: notes.Signer, tmp_path: Path
) -> None:
    first = through(propose(governed, at=NOW))
    through(propose(governed, words(incident="Something else.")))
    files = pack(first, signer, tmp_path)
    for version in Version.objects.filter(pk__in=[first.version_id, first.version.based_on_id]):
        text = files[f"documents/{version.digest}.json"]
        assert text.decode() == version.content and hashlib.sha256(text).hexdigest() == version.digest
    said = {row["id"]: row for row in rows(files, "versions.json")}
    mine = said[str(first.version_id)]
    assert mine["approved_by"] == first.reference and mine["effective_from"].startswith("2026-03-02T09:00")
    assert mine["data"]["digest"] == first.version.digest and mine["leaf"]["verb"] == "version.published"


def test_verdicts_bind_to_the_text_that_was_read_and_are_proven(
    governed: Governed, signer: notes.Signer, tmp_path: Path
) -> None:
    change = propose(governed)
    change = say(change, "abstain", governed.three, rationale="I was away.")
    change = through(change)
    files = pack(change, signer, tmp_path)
    mine = [row for row in rows(files, "votes.json") if row["change"] == change.reference]
    assert [row["verdict"] for row in mine] == ["abstain", "approve", "approve"]
    assert {row["document"] for row in mine} == {change.version.digest}
    given = [row["fields"] if "fields" in row else row["unproven"] for row in mine]
    assert given[0]["rationale"] == "I was away." and given[0]["by_id"] == str(governed.three.pk)
    for row in mine:
        assert f"receipts/{row['entry']}.tlog-proof" in files
    people = {row["id"]: row["name"] for row in rows(files, "people.json")}
    assert {people[str(person.pk)] for person in (governed.one, governed.two, governed.three, governed.author)} == {
        "One",
        "Two",
        "Three",
        "Author",
    }


def test_a_verdict_for_somebody_else_says_for_whom(governed: Governed, signer: notes.Signer, tmp_path: Path) -> None:
    change = propose(governed)
    until = NOW + timedelta(days=2)
    given = {"giver": governed.one, "taker": governed.boss, "board": None, "kind": "", "why": "away"}
    delegations.delegate(**given, starts_at=NOW, ends_at=until, at=NOW)
    assert Delegation.objects.count() == 1
    change = say(change, "approve", governed.boss, on_behalf_of=governed.one)
    vote = rows(pack(change, signer, tmp_path), "votes.json")[-1]
    assert vote["on_behalf_of"] == str(governed.one.pk) and vote["leaf"]["actor"] == str(governed.boss.pk)


def test_the_difference_is_there_for_programs_and_for_people(
    governed: Governed, signer: notes.Signer, tmp_path: Path
) -> None:
    change = propose(governed, words(incident="Something stopped or waits.", crisis="Worse."))
    files = pack(change, signer, tmp_path)
    structural = json.loads(files[f"diffs/{change.reference}.json"])
    assert {(row["op"], row["path"]) for row in structural} == {
        ("changed", "/terms/incident/meaning"),
        ("added", "/terms/crisis"),
    }
    text = files[f"diffs/{change.reference}.txt"].decode()
    assert "[-stopped.-]{+stopped or waits.+}" in text and "ADDED: terms / Crisis" in text


def test_a_change_that_is_still_a_draft_can_be_packed(governed: Governed, signer: notes.Signer, tmp_path: Path) -> None:
    change = asked(drafted(governed, words(incident="Half a thought.")), by=governed.author)
    assert change.state == "draft"
    files = pack(change, signer, tmp_path)
    assert json.loads(files["change.json"])["fields"]["state"] == "draft"
    said = {row["id"]: row for row in rows(files, "versions.json")}
    assert said[str(change.version_id)]["effective_from"] is None
