"""What an XGBoost document says about itself: trees, depth, parameters. Read as data, in JSON or UBJSON."""

import json
from typing import Any

from registry.domain.artifact_shape import ArtifactShape, depth, family_of_trees
from registry.domain.ubjson import parse_ubjson
from registry.domain.vocab import ModelFamily


def read_booster_shape(*, data: bytes) -> ArtifactShape:
    """Count a booster; parameters are nodes, or weights of a linear one. Raises ``ValueError`` for other bytes."""
    try:
        learner = booster_document(data=data)["learner"]
        features = tuple(str(name) for name in learner.get("feature_names", ()))
        booster = learner["gradient_booster"]
        if booster["name"] == "gblinear":
            return ArtifactShape(
                family=ModelFamily.LINEAR,
                trees=None,
                max_depth=None,
                parameters=len(booster["model"]["weights"]),
                features=features,
            )
        trees = booster.get("gbtree", booster)["model"]["trees"]
        depths = [depth(left=tree["left_children"], right=tree["right_children"]) for tree in trees]
        nodes = sum(len(tree["left_children"]) for tree in trees)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("not the document of an XGBoost model") from error
    return ArtifactShape(
        family=family_of_trees(len(trees)),
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
