"""The tree against published vectors.

Vectors: google/certificate-transparency ``merkle_tree_test.cc`` and
transparency-dev/merkle ``rfc6962_test.go``. Roots of larger trees come from
the recursive definition of RFC 6962 section 2.1, written out below.
"""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAF_HASHES = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(entry) for entry in INPUTS]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def test_hasher_vectors() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )
    assert [leaf.hex() for leaf in LEAVES] == LEAF_HASHES


def test_roots_of_every_published_size() -> None:
    assert root_hash([]) == EMPTY_ROOT
    assert [root_hash(LEAVES[: size + 1]).hex() for size in range(8)] == ROOTS


@pytest.mark.parametrize(("place", "path"), INCLUSION.items())
def test_published_inclusion_paths(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    proof = inclusion_proof(LEAVES[:size], index=index)
    assert [node.hex() for node in proof] == path
    assert verify_inclusion(
        leaf=LEAVES[index], index=index, size=size, proof=proof, root=bytes.fromhex(ROOTS[size - 1])
    )


@pytest.mark.parametrize(("sizes", "path"), CONSISTENCY.items())
def test_published_consistency_proofs(sizes: tuple[int, int], path: list[str]) -> None:
    old, new = sizes
    proof = consistency_proof(LEAVES[:new], old_size=old)
    assert [node.hex() for node in proof] == path
    assert verify_consistency(
        old_size=old,
        old_root=bytes.fromhex(ROOTS[old - 1]),
        new_size=new,
        new_root=bytes.fromhex(ROOTS[new - 1]),
        proof=proof,
    )


def test_every_proof_of_every_small_tree() -> None:
    for size in range(1, 34):
        leaves = numbered(size)
        root = mth(leaves)
        assert root_hash(leaves) == root
        for index in range(size):
            proof = inclusion_proof(leaves, index=index)
            assert verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
        for old in range(1, size + 1):
            proof = consistency_proof(leaves, old_size=old)
            assert verify_consistency(
                old_size=old, old_root=mth(leaves[:old]), new_size=size, new_root=root, proof=proof
            )


@given(size=st.integers(2, 70), data=st.data())
@settings(max_examples=150)
def test_an_inclusion_proof_altered_anywhere_is_rejected(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(leaves, index=index), mth(leaves)
    good = {"leaf": leaves[index], "index": index, "size": size, "proof": proof, "root": root}
    position = data.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[position][0] ^ 1]) + proof[position][1:]
    altered = [
        {"leaf": leaf_hash(b"another")},
        {"index": (index + 1) % size},
        {"index": -1},
        {"index": size},
        {"root": leaf_hash(b"another")},
        {"proof": [*proof[:position], flipped, *proof[position + 1 :]]},
        {"proof": proof[:-1]},
        {"proof": [*proof, root]},
        {"proof": [proof[0][:-1], *proof[1:]]},
    ]
    assert verify_inclusion(**good)
    assert not any(verify_inclusion(**{**good, **change}) for change in altered)


@given(new=st.integers(2, 70), data=st.data())
@settings(max_examples=150)
def test_a_consistency_proof_altered_anywhere_is_rejected(new: int, data: st.DataObject) -> None:
    leaves = numbered(new)
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(leaves, old_size=old)
    good = {
        "old_size": old,
        "old_root": mth(leaves[:old]),
        "new_size": new,
        "new_root": mth(leaves),
        "proof": proof,
    }
    position = data.draw(st.integers(0, len(proof) - 1))
    flipped = proof[position][:-1] + bytes([proof[position][-1] ^ 0x80])
    altered = [
        {"old_root": leaf_hash(b"another")},
        {"new_root": leaf_hash(b"another")},
        {"old_root": good["new_root"], "new_root": good["old_root"]},
        {"old_size": 0},
        {"old_size": new},
        {"old_size": new + 1},
        {"proof": [*proof[:position], flipped, *proof[position + 1 :]]},
        {"proof": proof[:-1]},
        {"proof": []},
        {"proof": [*proof, good["new_root"]]},
        {"proof": [proof[0] + b"\x00", *proof[1:]]},
    ]
    assert verify_consistency(**good)
    assert not any(verify_consistency(**{**good, **change}) for change in altered)


def test_nothing_is_consistent_with_size_zero() -> None:
    for new_size in (0, 5):
        assert not verify_consistency(
            old_size=0, old_root=EMPTY_ROOT, new_size=new_size, new_root=EMPTY_ROOT, proof=[]
        )


def test_equal_sizes_need_equal_roots_and_an_empty_proof() -> None:
    root = root_hash(LEAVES)
    same = {"old_size": 8, "old_root": root, "new_size": 8}
    assert verify_consistency(**same, new_root=root, proof=[])
    assert not verify_consistency(**same, new_root=LEAVES[0], proof=[])
    assert not verify_consistency(**same, new_root=root, proof=[root])


@given(first=st.integers(0, 40), more=st.integers(0, 40))
@settings(max_examples=60)
def test_a_resumed_range_reaches_the_same_root(first: int, more: int) -> None:
    leaves = numbered(first + more)
    start = CompactRange()
    for leaf in leaves[:first]:
        start.append(leaf)
    resumed = CompactRange(size=start.size, peaks=start.peaks)
    for leaf in leaves[first:]:
        resumed.append(leaf)
    assert (resumed.size, resumed.root()) == (first + more, mth(leaves))


@pytest.mark.parametrize(("size", "peaks"), [(-1, []), (0, [LEAVES[0]]), (3, [LEAVES[0]]), (2, [b"short"])])
def test_a_range_that_cannot_exist_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="peaks cannot describe"):
        CompactRange(size=size, peaks=peaks)


@pytest.mark.parametrize("index", [-1, 8])
def test_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_proof(LEAVES, index=index)


@pytest.mark.parametrize("old_size", [0, 9])
def test_no_proof_for_a_state_that_never_was(old_size: int) -> None:
    with pytest.raises(ValueError, match="no earlier state"):
        consistency_proof(LEAVES, old_size=old_size)
