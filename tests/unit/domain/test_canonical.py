import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from registry.domain.canonical import canonical_bytes, digest, sha256_hex, to_json
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
