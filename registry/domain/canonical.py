"""Canonical JSON and digests.

The subset of RFC 8785 that the program needs: objects with string keys,
arrays, strings, integers, booleans and null. Floating-point numbers are
refused, since a number whose text depends on the writer cannot be hashed:
figures travel as decimal text. The functions here never change behaviour; a
new form gets a new function.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring
from types import NoneType
from typing import Any
from uuid import UUID

from registry.domain.errors import InvalidInput

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

MAX_SAFE_INTEGER = 2**53 - 1


def to_json(value: object) -> Json:
    """Turn plain Python values into canonical JSON values.

    Decimals become text in plain notation, dates and times ISO 8601, enums
    their value, UUIDs their text. Raises ``InvalidInput`` ``CAN001`` on
    anything else, floats included.
    """
    convert = _BY_EXACT_TYPE.get(type(value))
    if convert is not None:
        return convert(value)
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    raise _refused(type(value).__name__)


def canonical_bytes(value: object) -> bytes:
    """Return the one UTF-8 encoding of ``value``: keys sorted by UTF-16 code unit, no spaces."""
    return canonical_text(value).encode("utf-8")


def canonical_text(value: object) -> str:
    """Return what :func:`canonical_bytes` encodes; texts of parts may be put together to the text of a whole."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)  # type: ignore[arg-type]
    if kind is dict:
        return _object_text(value)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return f"[{','.join([canonical_text(item) for item in value])}]"  # type: ignore[attr-defined]
    if value is None or kind is bool:
        return _WORDS[value]  # type: ignore[index]
    plain = to_json(value)
    return str(plain) if type(plain) is int else canonical_text(plain)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 lower-case hex digits."""
    return sha256_hex(canonical_bytes(value))


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data``, as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


_WORDS: Mapping[bool | None, str] = {None: "null", False: "false", True: "true"}


def _object_text(value: Mapping[object, object]) -> str:
    labels = _labels(tuple(value))
    return f"{{{','.join([label + canonical_text(value[key]) for label, key in labels])}}}"


@lru_cache(maxsize=512)
def _labels(keys: tuple[object, ...]) -> tuple[tuple[str, object], ...]:
    """Return the keys in their order, each behind its text: most objects have the keys of one before them."""
    names = {_key(key): key for key in keys}
    ordered = sorted(names, key=lambda name: name.encode("utf-16-be"))
    return tuple((f"{encode_basestring(name)}:", names[name]) for name in ordered)


def _key(key: object) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str):
        raise _refused(f"a key of type {type(key).__name__}")
    return key


def _refused(what: str) -> InvalidInput:
    return InvalidInput(
        "CAN001",
        f"canonical JSON cannot hold {what}",
        remedy="Pass text, integers, booleans, null, lists and objects; write figures as decimal text.",
    )


def _whole(value: int) -> int:
    if abs(value) > MAX_SAFE_INTEGER:
        raise _refused("an integer beyond 2**53 - 1")
    return value


def _plain(value: Decimal) -> str:
    return format(value, "f") if value.is_finite() else str(value)


def _object(value: Mapping[object, object]) -> Json:
    return {key if type(key) is str else _key(key): to_json(item) for key, item in value.items()}


def _unordered(value: Collection[object]) -> Json:
    return sorted((to_json(item) for item in value), key=repr)


def _array(value: Sequence[object]) -> Json:
    if isinstance(value, bytes | bytearray):
        raise _refused("raw bytes")
    return [to_json(item) for item in value]


# What most values are, without asking each kind in turn; the answers are those of the list below.
_BY_EXACT_TYPE: Mapping[type, Callable[[Any], Json]] = {
    NoneType: lambda value: value,
    bool: lambda value: value,
    str: lambda value: value,
    int: _whole,
    Decimal: _plain,
    dict: _object,
    list: _array,
    tuple: _array,
}

# The first kind that fits decides: an enumeration may be text, truth is a whole number to Python.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Json]], ...] = (
    ((NoneType, bool), lambda value: value),
    (Enum, lambda value: to_json(value.value)),
    (int, _whole),
    (str, str),
    (Decimal, _plain),
    ((datetime, date), lambda value: str(value.isoformat())),
    (UUID, str),
    (Mapping, _object),
    ((set, frozenset), _unordered),
    (Sequence, _array),
)
