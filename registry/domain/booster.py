"""What an XGBoost document says about itself: trees, depth, parameters. Read as data, in JSON or UBJSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.domain.ubjson import parse_ubjson
from registry.domain.vocab import ModelFamily

NO_CHILD = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class BoosterShape:
    """Counts over a booster. ``parameters`` are nodes of trees, or weights of a linear booster."""

    family: ModelFamily
    trees: int | None
    max_depth: int | None
    parameters: int
    features: tuple[str, ...]


def read_booster_shape(*, data: bytes) -> BoosterShape:
    """Count a booster. Raises ``ValueError`` when the bytes are no XGBoost model."""
    try:
        learner = booster_document(data=data)["learner"]
        features = tuple(str(name) for name in learner.get("feature_names", ()))
        booster = learner["gradient_booster"]
        if booster["name"] == "gblinear":
            return BoosterShape(
                family=ModelFamily.LINEAR,
                trees=None,
                max_depth=None,
                parameters=len(booster["model"]["weights"]),
                features=features,
            )
        trees = booster.get("gbtree", booster)["model"]["trees"]
        depths = [_depth(tree["left_children"], tree["right_children"]) for tree in trees]
        nodes = sum(len(tree["left_children"]) for tree in trees)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("not the document of an XGBoost model") from error
    return BoosterShape(
        family=ModelFamily.TREE if len(trees) == 1 else ModelFamily.TREE_ENSEMBLE,
        trees=len(trees),
        max_depth=max(depths, default=0),
        parameters=nodes,
        features=features,
    )


def booster_document(*, data: bytes) -> dict[str, Any]:
    """Return the document in either of XGBoost's two forms. Raises ``ValueError`` when it is in none."""
    try:
        # Both forms open with a brace; only in JSON does a quote, a brace or white space follow.
        document = (
            json.loads(data)
            if data[1:2] in (b'"', b"}", b" ", b"\n", b"\r", b"\t")
            else parse_ubjson(data=data)
        )
    except (ValueError, RecursionError) as error:
        raise ValueError("neither JSON nor UBJSON") from error
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004
    return document


def _depth(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the depth of a tree given its children's indices; a leaf alone has depth 0."""
    deepest, seen, waiting = 0, 0, [(0, 0)]
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > len(left):
            raise ValueError("a tree runs in circles")
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in (left[node], right[node]) if child != NO_CHILD]
    return deepest
