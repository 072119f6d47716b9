"""Refusing text that no reader could use."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from registry.domain.errors import InvalidInput

LONGEST_TEXT = 8_000
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def clean_text(value: str, *, name: str, limit: int = LONGEST_TEXT) -> str:
    """Return the text without outer blanks. Raises ``INP001`` when empty, too long, or with control characters."""
    text = value.strip()
    has_controls = any(ord(char) < 32 and char not in "\n\r\t" for char in text)
    if not text or len(text) > limit or has_controls:
        raise InvalidInput(
            "INP001",
            f"{name} is empty, longer than {limit} characters, or holds control characters",
            remedy=f"Write {name} in plain words.",
            field=name,
        )
    return text


def clean_key(value: str, *, name: str, limit: int) -> str:
    """Return a short name of letters, digits, ``-`` and ``_``, as it is. Raises ``INP004`` for anything else."""
    if len(value) > limit or KEY.fullmatch(value) is None:
        raise InvalidInput(
            "INP004",
            f"{name} is not a short name of at most {limit} letters, digits, hyphens and underscores",
            remedy=f"Choose another {name}, for example pd-cards.",
            field=name,
        )
    return value


def clean_member(value: str, *, name: str, among: Sequence[str]) -> str:
    """Return the value if it is one of the stated ones. Raises ``INV050``."""
    if value not in among:
        raise InvalidInput(
            "INV050",
            f"{name} cannot be {str(value)[:40]!r}",
            remedy=f"Use one of {', '.join(among)}.",
            field=name,
        )
    return value


def clean_money(value: Decimal | str, *, name: str) -> Decimal:
    """Return a non-negative amount in euros with at most two decimals. Raises ``INP002``."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount >= Decimal("1e18") or amount != round(amount, 2):
        raise InvalidInput(
            "INP002",
            f"{name} is not an amount in euros",
            remedy="Write it with a decimal point and at most two decimals, for example 1250000.00.",
            field=name,
        )
    return amount


def clean_share(value: Decimal | None, *, name: str) -> Decimal | None:
    """Return a share between 0 and 1, or none where none is declared. Raises ``INP005``."""
    if value is not None and not (value.is_finite() and 0 <= value <= 1):
        raise InvalidInput(
            "INP005",
            f"{name} is not a share between 0 and 1",
            remedy="Write a share such as 0.75, or leave it out.",
            field=name,
        )
    return value


def clean_future(value: date, *, on: date, name: str, longest_days: int) -> date:
    """Return a date after ``on`` and within ``longest_days``. Raises ``INP003``."""
    if not 0 < (value - on).days <= longest_days:
        raise InvalidInput(
            "INP003",
            f"{name} must lie between tomorrow and {longest_days} days from {on}",
            remedy="Choose a date in that range.",
            field=name,
        )
    return value
