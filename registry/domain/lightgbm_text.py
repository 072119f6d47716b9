"""What a LightGBM text says about itself: trees, depth, nodes. Read as data."""

from collections.abc import Mapping

from registry.domain.artifact_shape import ArtifactShape, depth, family_of_trees


def read_lightgbm_shape(*, data: bytes) -> ArtifactShape:
    """Count the trees of LightGBM's text; parameters are nodes. Raises ``ValueError`` for other bytes.

    Leaves that hold linear models are refused: their weights are not nodes.
    """
    head, *sections = data.decode().split("\nTree=")
    header = _pairs(head)
    if not head.startswith("tree\n") or "feature_names" not in header:
        raise ValueError("not the text of a LightGBM model")
    trees = [_pairs(section.partition("\nend of trees")[0]) for section in sections]
    if any(tree.get("is_linear", "0") != "0" for tree in trees):
        raise ValueError("its leaves hold linear models")
    leaves = [_leaves(tree) for tree in trees]
    return ArtifactShape(
        family=family_of_trees(len(trees)),
        trees=len(trees),
        max_depth=max((_depth(tree, count) for tree, count in zip(trees, leaves, strict=True)), default=0),
        parameters=sum(2 * count - 1 for count in leaves),
        features=tuple(header["feature_names"].split()),
    )


def _pairs(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def _leaves(tree: Mapping[str, str]) -> int:
    count = int(tree.get("num_leaves", "0"))
    if count < 1:
        raise ValueError("a tree says nothing of its leaves")
    return count


def _depth(tree: Mapping[str, str], leaves: int) -> int:
    if leaves == 1:
        return 0
    left, right = (
        [int(child) for child in tree.get(name, "").split()] for name in ("left_child", "right_child")
    )
    if not len(left) == len(right) == leaves - 1 or max(left + right) >= len(left):
        raise ValueError("a tree whose nodes do not fit together")
    return depth(left=left, right=right) + 1
