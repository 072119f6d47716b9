"""What a box for data announces of a table, believed only where it is well-formed and within the limits."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.sandbox.data_task import MAX_CATEGORIES
from validation.sandbox.limits import BoxLimits

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class TableHead:
    """The rows to come, the names of their columns in order, and the words of those that hold places of words."""

    rows: int
    names: tuple[str, ...]
    sha256: str
    categories: Mapping[str, tuple[str, ...]]

    def are_places(self, block: NDArray[np.float64]) -> bool:
        """Return whether a column of words holds nothing but places of its words, and NaN where there is none.

        ``block`` has one line for each column.
        """
        return all(
            _are_places(line, len(self.categories[name]))
            for name, line in zip(self.names, block, strict=True)
            if name in self.categories
        )


def read_head(
    *, head: Mapping[str, object], limits: BoxLimits, sha256: str | None, texts: Collection[str]
) -> TableHead:
    """Read an announcement. Raises ``ValueError`` that says what is wrong with it."""
    rows, names, found = head.get("rows"), _texts(head.get("columns")), head.get("sha256")
    if not isinstance(rows, int) or isinstance(rows, bool) or not 0 <= rows <= limits.rows:
        raise ValueError("no number of rows, or too many")
    if not names or len(set(names)) != len(names) or 8 * rows * len(names) > limits.table:
        raise ValueError("no columns, one of them twice, or too many")
    if not isinstance(found, str) or not SHA256.fullmatch(found) or found != (sha256 or found):
        raise ValueError("another digest")
    words = head.get("categories")
    if not isinstance(words, dict) or not set(words) <= set(names) & set(texts):
        raise ValueError("words of a column that may hold none")
    categories = {name: _texts(column) for name, column in words.items()}
    if any(list(one) != sorted(set(one)) or len(one) > MAX_CATEGORIES for one in categories.values()):
        raise ValueError("words that are not in order, or too many")
    return TableHead(rows=rows, names=names, sha256=found, categories=categories)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("no list of names")
    return tuple(value)


def _are_places(line: NDArray[np.float64], words: int) -> bool:
    stated = line[~np.isnan(line)]
    return bool(((stated >= 0) & (stated < words) & (stated == np.floor(stated))).all())
