"""Merkle trees: what the definitions of the RFC say, at every size, and nothing but that is accepted."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import merkle
from portal.audit.merkle import EMPTY, Frontier, ProofError

from . import oracle

# Leaves and roots of sizes 0 to 8 that the reference implementations of RFC 6962 test themselves with.
KNOWN_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 300
ENTRIES = [str(number).encode() for number in range(LARGEST)]
STORE = oracle.Store(ENTRIES)
ROOTS = [oracle.root(ENTRIES[:size]) for size in range(LARGEST + 1)]
HASHES = [merkle.leaf_hash(entry) for entry in ENTRIES]
SMALL = 40

sizes = st.integers(1, LARGEST)


@st.composite
def leaves(draw: Any) -> tuple[int, int]:
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: Any, least: int = 0) -> tuple[int, int]:
    new = draw(st.integers(least, LARGEST))
    return draw(st.integers(least, new)), new


def check_inclusion(index: int, size: int, /, **changed: Any) -> None:
    given_proof = {"proof": merkle.inclusion(index, size, STORE.read), "root": ROOTS[size]}
    merkle.verify_inclusion(**({"leaf": HASHES[index], "index": index, "size": size} | given_proof | changed))


def check_consistency(old: int, new: int, /, **changed: Any) -> None:
    facts = {"old_size": old, "new_size": new, "old_root": ROOTS[old], "new_root": ROOTS[new]}
    merkle.verify_consistency(**({"proof": merkle.consistency(old, new, STORE.read)} | facts | changed))


@pytest.mark.parametrize("size", range(9))
def test_roots_that_others_know(size: int) -> None:
    assert oracle.root(KNOWN_LEAVES[:size]).hex() == KNOWN_ROOTS[size]
    assert merkle.root(size, oracle.Store(KNOWN_LEAVES).read).hex() == KNOWN_ROOTS[size]
    frontier = Frontier()
    frontier.extend([merkle.leaf_hash(leaf) for leaf in KNOWN_LEAVES[:size]])
    assert frontier.root().hex() == KNOWN_ROOTS[size]


def test_every_root_is_as_defined() -> None:
    assert [merkle.root(size, STORE.read) for size in range(LARGEST + 1)] == ROOTS


def test_every_proof_of_a_small_tree_is_as_defined_and_accepted() -> None:
    for size in range(1, SMALL):
        for index in range(size):
            assert merkle.inclusion(index, size, STORE.read) == oracle.path(index, ENTRIES[:size])
            check_inclusion(index, size)
        for old in range(1, size + 1):
            assert merkle.consistency(old, size, STORE.read) == oracle.proof(old, ENTRIES[:size])
            check_consistency(old, size)


@given(leaves(), growths(1))
def test_proofs_of_larger_trees_are_as_defined_and_accepted(leaf: tuple[int, int], growth: tuple[int, int]) -> None:
    assert merkle.inclusion(*leaf, STORE.read) == oracle.path(leaf[0], ENTRIES[: leaf[1]])
    check_inclusion(*leaf)
    assert merkle.consistency(*growth, STORE.read) == oracle.proof(growth[0], ENTRIES[: growth[1]])
    check_consistency(*growth)


@given(leaves(), growths(1))
def test_what_is_stored_is_asked_for_once(leaf: tuple[int, int], growth: tuple[int, int]) -> None:
    for ask in (
        lambda read: merkle.root(leaf[1], read),
        lambda read: merkle.inclusion(*leaf, read),
        lambda read: merkle.consistency(*growth, read),
    ):
        store = oracle.Store(ENTRIES)
        hashes = ask(store.read)
        assert store.asked == (1 if hashes else 0)


def test_a_proof_of_nothing_is_empty() -> None:
    for new in (0, 1, 2, 7, 300):
        assert merkle.consistency(0, new, STORE.read) == merkle.consistency(new, new, STORE.read) == []
        check_consistency(0, new)
        check_consistency(new, new)


@given(st.lists(st.integers(0, 70), max_size=8))
def test_a_tree_grows_in_any_steps(steps: list[int]) -> None:
    frontier = Frontier()
    for step in steps:
        step = min(step, LARGEST - frontier.size)
        before = frontier.size
        if step == 1:
            frontier.append(HASHES[before])
        else:
            frontier.extend(HASHES[before : before + step])
        assert (frontier.size, frontier.root()) == (before + step, ROOTS[before + step])
        frontier = Frontier(frontier.size, frontier.hashes)  # as after a restart


def test_a_tree_of_many_leaves_keeps_few_hashes() -> None:
    frontier = Frontier()
    for leaf in HASHES:
        frontier.append(leaf)
    assert len(frontier.hashes) == LARGEST.bit_count()
    assert frontier.hashes[0] == ROOTS[256]
    assert frontier.root() == ROOTS[LARGEST]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Frontier(3, [EMPTY]),
        lambda: Frontier(1, [b"short"]),
        lambda: Frontier(-1, [EMPTY]),
        lambda: Frontier().append(b"short"),
        lambda: Frontier().extend([EMPTY, EMPTY + b"x"]),
        lambda: merkle.root(-1, STORE.read),
        lambda: merkle.inclusion(0, 0, STORE.read),
        lambda: merkle.inclusion(4, 4, STORE.read),
        lambda: merkle.inclusion(-1, 4, STORE.read),
        lambda: merkle.consistency(5, 4, STORE.read),
        lambda: merkle.consistency(-1, 4, STORE.read),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()


def test_a_refused_leaf_leaves_the_tree_as_it_was() -> None:
    frontier = Frontier(3, grown(3).hashes)
    with pytest.raises(ValueError):
        frontier.extend([HASHES[3], b"short"])
    assert (frontier.size, frontier.root()) == (3, ROOTS[3])


def grown(size: int) -> Frontier:
    frontier = Frontier()
    frontier.extend(HASHES[:size])
    return frontier


def flipped(data: bytes, random: Random) -> bytes:
    """`data` with one bit changed."""
    place = random.randrange(len(data) * 8)
    return (int.from_bytes(data, "big") ^ (1 << place)).to_bytes(len(data), "big")


def changed_proofs(proof: list[bytes], random: Random) -> list[list[bytes]]:
    """None, longer, shorter, in another order, and with a bit or the length of each hash changed."""
    changed = [[], [*proof, random.choice([EMPTY, HASHES[0]])], [HASHES[1], *proof], proof[::-1], proof[:-1], proof[1:]]
    changed += [[*proof[:place], flipped(each, random), *proof[place + 1 :]] for place, each in enumerate(proof)]
    changed += [[*proof[:place], each[:-1], *proof[place + 1 :]] for place, each in enumerate(proof)]
    changed += [[*proof[:place], each + b"\0", *proof[place + 1 :]] for place, each in enumerate(proof)]
    return [each for each in changed if each != proof]


@given(leaves(), st.randoms(use_true_random=False))
def test_an_inclusion_proof_with_anything_changed_is_refused(leaf: tuple[int, int], random: Random) -> None:
    index, size = leaf
    changes: list[dict[str, Any]] = [
        {"proof": each} for each in changed_proofs(oracle.path(index, ENTRIES[:size]), random)
    ]
    changes += [{name: flipped(value, random)} for name, value in (("leaf", HASHES[index]), ("root", ROOTS[size]))]
    changes += [
        {"leaf": HASHES[index][:-1]},
        {"root": ROOTS[size] + b"\0"},
        {"index": -1},
        {"index": size},
        {"size": index},
    ]
    changes += [{"index": other} for other in {index ^ 1, random.randrange(size)} if other != index]
    for change in changes:
        with pytest.raises(ProofError):
            check_inclusion(index, size, **change)


@given(growths(), st.randoms(use_true_random=False))
def test_a_consistency_proof_with_anything_changed_is_refused(growth: tuple[int, int], random: Random) -> None:
    old, new = growth
    proof = merkle.consistency(old, new, STORE.read)
    changes: list[dict[str, Any]] = [{"proof": each} for each in changed_proofs(proof, random)]
    changes += [
        {"old_root": flipped(ROOTS[old], random)},
        {"old_root": ROOTS[old][:-1]},
        {"new_root": ROOTS[new] + b"\0"},
    ]
    changes += [{"old_size": -1}, {"old_size": new + 1}, {"new_size": old - 1}]
    if old:  # of an empty tree, anything is a continuation
        changes.append({"new_root": flipped(ROOTS[new], random)})
    for change in changes:
        with pytest.raises(ProofError):
            check_consistency(old, new, **change)


def test_a_proof_fits_the_height_of_its_tree_alone() -> None:
    """The hashes lead to the root all the same, but the leaf would stand elsewhere in a tree of that size."""
    proof = merkle.inclusion(3, 4, STORE.read)
    for index, size, saying in ((0, 1, "longer"), (1, 2, "longer"), (3, 8, "shorter"), (3, 2**62, "shorter")):
        with pytest.raises(ProofError, match=f"The proof is {saying} than the tree is high"):
            merkle.verify_inclusion(leaf=HASHES[3], index=index, size=size, proof=proof, root=ROOTS[4])


def test_bytes_do_not_move_from_one_hash_to_the_next() -> None:
    """Put one behind the other they are the same."""
    moved = {"leaf": HASHES[0][:-1], "proof": [HASHES[0][-1:] + HASHES[1]]}
    with pytest.raises(ProofError, match="does not have 32 bytes"):
        check_inclusion(0, 2, **moved)


def test_a_rewritten_beginning_has_no_proof() -> None:
    """Whoever replaces a leaf finds no hashes that lead from the old root to a root of the new leaves."""
    rewritten = oracle.Store([*ENTRIES[:5], b"rewritten", *ENTRIES[6:]])
    for new in range(8, SMALL):
        with pytest.raises(ProofError):
            merkle.verify_consistency(
                old_size=7,
                new_size=new,
                old_root=ROOTS[7],
                new_root=merkle.root(new, rewritten.read),
                proof=merkle.consistency(7, new, rewritten.read),
            )


def test_no_wrong_size_is_accepted_for_a_consistency_proof_of_a_small_tree() -> None:
    for new in range(2, 20):
        for old in range(1, new):
            proof = merkle.consistency(old, new, STORE.read)
            for other in range(1, new):
                if other != old:
                    with pytest.raises(ProofError):
                        check_consistency(old, new, old_size=other, proof=proof)
