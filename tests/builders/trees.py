"""Small trees: by hand from nested tuples, and at random."""

from typing import Any

import numpy as np

from validation.stats.tree_model import LEAF, Tree, TreeEnsemble, plain_missing

# A leaf is (value, cover); an inner node (feature, threshold, missing goes left, left, right).
Nested = tuple[Any, ...]


def tree(nested: Nested) -> Tree:
    """Lay a nested tree out; an inner node's cover is the sum below it."""
    columns: dict[str, list[Any]] = {name: [] for name in Tree.__dataclass_fields__}

    def place(node: Nested) -> int:
        at = len(columns["left"])
        is_leaf = len(node) == 2
        feature, threshold, missing_left = (-2, 0.0, False) if is_leaf else node[:3]
        value, cover = node if is_leaf else (0.0, 0.0)
        for name, entry in (
            *(("feature", feature), ("threshold", threshold), ("missing_left", missing_left)),
            *(("left", LEAF), ("right", LEAF), ("value", value), ("cover", cover)),
        ):
            columns[name].append(entry)
        if not is_leaf:
            columns["left"][at], columns["right"][at] = place(node[3]), place(node[4])
            columns["cover"][at] = sum(columns["cover"][columns[side][at]] for side in ("left", "right"))
        return at

    place(nested)
    kinds = {"feature": np.int64, "left": np.int64, "right": np.int64, "missing_left": np.bool_}
    return Tree(**{name: np.array(column, dtype=kinds.get(name, float)) for name, column in columns.items()})


def ensemble(*nested: Nested, width: int, base: float = 0.0, **changed: Any) -> TreeEnsemble:
    """The sum of hand-made trees, over values that nothing changes."""
    plain = plain_missing(width)
    fields = {"rounds": False, "nan_is_zero": plain, "zero_is_missing": plain, **changed}
    return TreeEnsemble(trees=tuple(tree(one) for one in nested), width=width, base=base, **fields)


def random_nested(rng: np.random.Generator, *, width: int, depth: int) -> Nested:
    """A tree that tests features again along its paths, ends early now and then, and sends the missing anywhere."""
    if depth == 0 or rng.random() < 0.15:
        return (float(rng.normal()), float(rng.integers(1, 30)))
    below = [random_nested(rng, width=width, depth=depth - 1) for _ in range(2)]
    return (int(rng.integers(width)), float(rng.integers(-2, 3)), bool(rng.random() < 0.5), *below)


def random_rows(rng: np.random.Generator, *, rows: int, width: int, missing: float = 0.2) -> np.ndarray:
    """Whole numbers, so that many values lie on a threshold; some are missing."""
    values = rng.integers(-3, 4, size=(rows, width)).astype(float)
    values[rng.random(values.shape) < missing] = np.nan
    return values
