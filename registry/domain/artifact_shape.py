"""What was counted in an artefact that was read as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.domain.vocab import ModelFamily


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactShape:
    """A family and its counts; a count is ``None`` where the form does not hold it.

    ``parameters`` are nodes of trees, or weights. ``features`` are the columns, where the form names them.
    """

    family: ModelFamily
    trees: int | None
    max_depth: int | None
    parameters: int | None
    features: tuple[str, ...] = ()


def family_of_trees(number: int) -> ModelFamily:
    """Return the family of so many trees that add up."""
    return ModelFamily.TREE if number == 1 else ModelFamily.TREE_ENSEMBLE


def depth(*, left: Sequence[int], right: Sequence[int]) -> int:
    """Return the depth of a tree given the children of its nodes from the root on; a leaf alone has depth 0.

    A negative child is a leaf or none. Raises ``ValueError`` when the tree runs in circles or lacks a child.
    """
    deepest, seen, waiting = 0, 0, [(0, 0)]
    while waiting:
        node, level = waiting.pop()
        seen += 1
        if seen > len(left) or node >= len(left):
            raise ValueError("a tree runs in circles, or lacks a child")
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in (left[node], right[node]) if child >= 0]
    return deepest
