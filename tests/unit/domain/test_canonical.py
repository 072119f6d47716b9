import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.canonical import canonical_bytes, canonical_text, digest, sha256_hex, to_json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Outcome, RiskTier


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (7, b"7"),
        ('é\n"', '"é\\n\\""'.encode()),
        (Decimal("1E+2"), b'"100"'),
        (Decimal("0.50"), b'"0.50"'),
        (Decimal("NaN"), b'"NaN"'),
        (date(2026, 11, 22), b'"2026-11-22"'),
        (datetime(2026, 11, 22, 21, 0, tzinfo=UTC), b'"2026-11-22T21:00:00+00:00"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Outcome.DENY, b'"deny"'),
        (RiskTier.TIER_1, b"1"),
        ((1, "a"), b'[1,"a"]'),
        ({"b", "a"}, b'["a","b"]'),
        ({"b": [], "a": {}}, b'{"a":{},"b":[]}'),
        ({Outcome.DENY: 1}, b'{"deny":1}'),
        ({"b": 1, "a": [{"d": 1, "c": 2}]}, b'{"a":[{"c":2,"d":1}],"b":1}'),
    ],
)
def test_each_kind_of_value_has_one_encoding(value: object, expected: bytes) -> None:
    assert canonical_bytes(value) == expected


def test_keys_sort_by_utf_16_code_unit_as_in_rfc_8785() -> None:
    """The order of the example in RFC 8785 section 3.2.3."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(to_json(dict.fromkeys(ordered, 1)) or {}) == ordered
    assert canonical_bytes(dict.fromkeys(names, 1)) == canonical_bytes(dict.fromkeys(ordered, 1))
    found = canonical_bytes(dict.fromkeys(names, 1)).decode()
    positions = [found.index(name if name != "\r" else "\\r") for name in ordered]
    assert positions == sorted(positions)


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, b"x", bytearray(b"x"), {1: "a"}, object()])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="CAN001"):
        canonical_bytes(value)


def test_the_digest_is_taken_over_the_bytes() -> None:
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert to_json(2**53 - 1) == 9007199254740991


TEXTS = st.text(alphabet='ab"\\/\n\u007f\u2028é\ud7ff\ue000\U0001f600', max_size=3)
VALUES: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def in_order(value: object) -> object:
    """Sort keys as RFC 8785 section 3.2.3 has it, with nothing but the standard library."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@given(value=VALUES)
def test_any_value_is_written_as_the_standard_library_writes_it_in_order(value: object) -> None:
    expected = json.dumps(in_order(value), ensure_ascii=False, separators=(",", ":"))
    assert canonical_text(value) == expected
    assert canonical_bytes(value) == expected.encode()
    assert to_json(value) == value


def test_a_key_may_be_a_member_of_an_enumeration_and_is_written_as_its_value() -> None:
    for value in ({Outcome.DENY: 1, "b": 2}, {"deny": 1, "b": 2}, {"b": 2, Outcome.DENY: 1}):
        assert canonical_bytes(value) == b'{"b":2,"deny":1}'
        with pytest.raises(InvalidInput, match="CAN001"):
            canonical_bytes({**value, 1: "x"})
