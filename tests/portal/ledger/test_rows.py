"""What the database writes as a leaf is what Python writes, whatever stands in the entry; and the tree made of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import ids
from portal.audit import leaves, merkle, rows
from portal.audit.growth import Growth
from portal.models import AuditEntry, AuditPayload, Leaf
from tests.portal.kernel import make_user
from tests.portal.ledger import forging

HOSTILE = ['"', "\\", 'a"},{"b":"', "Bär 🚒", "\x01\x1f\x7f\t\n\r\b\f", "\u2028", "%s %% {}", "'; --", "a" * 64, " x "]
TIMES = [
    datetime(2026, 3, 12, 14, 30, tzinfo=UTC),
    datetime(2026, 3, 12, 14, 30, 0, 120_000, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1, 1, 2, 0, 0, 0, 1, tzinfo=UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
]


def make_entry(**more: object) -> AuditEntry:
    values = {"verb": "a.b", "target_type": "portal.thing", "target_id": "1", "actor_label": "test", "at": TIMES[0]}
    return AuditEntry.objects.create(**values | {"request_id": ids.uuid7(), "commitment": "0" * 64} | more)


@pytest.mark.django_db
def test_the_database_writes_the_exact_leaf() -> None:
    person = make_user()
    made = [make_entry(verb=word, target_id=word, actor_label=word, at=at) for word in HOSTILE for at in TIMES]
    made += [make_entry(verb=word, target_id="", actor=person, actor_label=word) for word in HOSTILE]
    for index, entry in enumerate(made):
        Leaf.objects.create(index=index, entry=entry, hash="ab")
    AuditPayload.objects.create(entry=made[0], salt="salt", content="Ünd")
    found = [rows.Row(*row) for row in rows.read(0, len(made))]
    assert len(found) == len(made) > 50
    for row, entry in zip(found, AuditEntry.objects.filter(leaf__isnull=False).order_by("leaf__index"), strict=True):
        assert row.text.encode() == leaves.of(entry)
        assert rows.at(row.text) == entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26)
        assert (row.entry, row.hash, row.commitment) == (entry.pk, "ab", entry.commitment)
    assert [row.words for row in found[:2]] == ["saltÜnd", None]
    assert [row[0] for row in rows.read(3, 5)] == [3, 4]


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_time_before_our_era_is_no_time_of_it() -> None:
    Leaf.objects.create(index=0, entry=make_entry(), hash="ab")
    ((*_, before, _words),) = rows.read(0, 1)
    forging.forge("UPDATE portal_auditentry SET at = '2026-03-12 14:30:00+00 BC'")
    ((*_, after, _words),) = rows.read(0, 1)
    assert before != after


HASHES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(256 * 256 + 300)]


@given(st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_growth_has_the_roots_of_the_tree(steps: list[int]) -> None:
    growth, frontier = Growth(), merkle.Frontier()
    for step in steps:
        part = HASHES[growth.size : growth.size + step]
        closed = list(growth.extend(part))
        frontier.extend(part)
        assert (growth.size, growth.root()) == (frontier.size, frontier.root())
        for each, made in closed:
            alone = merkle.Frontier()
            alone.extend(HASHES[each.index << each.level : (each.index + 1) << each.level])
            assert alone.root() == made


def test_growth_names_every_stored_subtree() -> None:
    growth = Growth()
    closed = list(growth.extend(HASHES))
    assert [each for each, _made in closed if each.level == 8] == [merkle.Range(8, n) for n in range(257)]
    assert [each for each, _made in closed if each.level == 16] == [merkle.Range(16, 0)]
    frontier = merkle.Frontier()
    frontier.extend(HASHES)
    assert growth.root() == frontier.root()
    assert dict(closed)[merkle.Range(16, 0)] == frontier.hashes[0]


def test_an_empty_tree_has_its_root() -> None:
    assert Growth().root() == merkle.EMPTY
