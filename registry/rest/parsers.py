"""Strict JSON: an object in UTF-8, each key once, no NaN, within caps on size and depth."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser

from registry.domain.errors import InvalidInput, LimitExceeded

BODY_LIMIT = 1_048_576
DEPTH_LIMIT = 12


class StrictJSONParser(BaseParser):
    """Reads a body. Numbers with a fraction become ``Decimal``, never ``float``."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - DRF's signature
    ) -> dict[str, Any]:
        """Return the object. Raises ``API001`` when it is not one, ``API003`` and ``API004`` beyond the caps."""
        data = stream.read(BODY_LIMIT + 1)
        if len(data) > BODY_LIMIT:
            raise LimitExceeded(
                "API003",
                f"the body has more than {BODY_LIMIT:,} bytes",
                remedy="Send less; artefacts and data sets go to MLflow, not here.",
                limit=BODY_LIMIT,
            )
        return read_object(data)


class FormParser(BaseParser):
    """Reads a form of text fields and one file. The file is on disk by then, cut off beyond the limit."""

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        """Return the fields and the file. Raises ``PRD004`` when the form is malformed or names one twice."""
        try:
            read = MultiPartParser().parse(stream, media_type, parser_context)
        except (ParseError, SuspiciousOperation) as error:
            raise _no_form("it is not one, or it holds more than one file") from error
        assert isinstance(read, DataAndFiles)
        named = [*read.data.lists(), *read.files.lists()]
        for name, values in named:
            if len(values) > 1 or [other for other, _ in named].count(name) > 1:
                raise _no_form(f"{name[:60]!r} stands twice")
        return read


def read_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object that the bytes hold."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_once_each,
        )
    except UnicodeDecodeError as error:
        raise _unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise _unreadable("it is not JSON") from error
    if not isinstance(value, dict):
        raise _unreadable("it is not an object")
    _ensure_plain(value)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _unreadable(f"the key {twice[:60]!r} stands twice")
    return members


def _refuse_constant(name: str) -> None:
    raise _unreadable(f"{name} is not a JSON number")


def _ensure_plain(value: object) -> None:
    """Refuse nesting beyond the cap, and text that no database can keep."""
    level = [value]
    for _ in range(DEPTH_LIMIT):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend((*item.keys(), *item.values()))
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and ("\x00" in item or any("\ud800" <= c <= "\udfff" for c in item)):
                raise _unreadable("a text holds a zero character or half a surrogate pair")
        level = below
    if level:
        raise _too_deep()


def _no_form(why: str) -> InvalidInput:
    return InvalidInput(
        "PRD004",
        f"the form cannot be read: {why}",
        remedy="Send multipart/form-data with one part `file` and each other field once.",
    )


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(
        "API001",
        f"the body cannot be read: {why}",
        remedy="Send one JSON object in UTF-8 with each key once.",
    )


def _too_deep() -> LimitExceeded:
    return LimitExceeded(
        "API004",
        f"the body nests more than {DEPTH_LIMIT} levels deep",
        remedy="Send a flatter object.",
        limit=DEPTH_LIMIT,
    )
