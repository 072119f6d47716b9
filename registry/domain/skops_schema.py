"""What a skops file says about itself: the estimators that it holds, their trees and weights. Read as data.

A skops file is a zip of arrays and of one ``schema.json``, which names the class
of every object that loading it would make: a class that is not named is not
there. Nothing is loaded here. See skops, "Secure persistence", format of 0.9 and later.
"""

import ast
import json
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from math import prod
from typing import Any

from registry.domain.artifact_shape import ArtifactShape, family_of_trees
from registry.domain.vocab import ModelFamily

SCHEMA_LIMIT = 32 * 2**20
"""The largest schema that is read, in bytes once unpacked."""
HEADER_LIMIT = 4096
_TREE = "sklearn.tree.Tree"
_WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_")
_VALUES = frozenset(
    f"{kind}Node"
    for kind in (
        "Bytearray", "Bytes", "DType", "Dict", "DefaultDict", "Json", "List", "MaskedArray", "NdArray",
        "RandomGenerator", "RandomState", "Set", "Slice", "SparseMatrix", "Tuple", "Type",
    )
)  # fmt: skip
"""How skops marks what is a value and decides nothing; functions and methods are none of these."""
_ARRAY_MAGIC = b"\x93NUMPY"

Families = Mapping[str, ModelFamily | None]
"""Public class names, each with the family of what it fits, or ``None`` for a part that decides nothing."""


def read_skops_shape(*, data: bytes, families: Families) -> ArtifactShape:
    """Return the family that the classes agree on, and the counts that the schema holds.

    Trees and their nodes are counted where scikit-learn keeps them as such; weights
    by the shapes of their arrays. Raises ``ValueError``: no skops file, one too
    large, a class that ``families`` does not know, or classes of several families.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            nodes = tuple(_nodes(json.loads(_schema(archive))))
            found = _family({_public_name(node) for node in nodes if _is_an_object(node)}, families)
            if found in (ModelFamily.TREE, ModelFamily.TREE_ENSEMBLE):
                return _of_trees(found, nodes)
            weights = sum(_size(archive, str(node["file"])) for node in _weights(nodes))
    except (zipfile.BadZipFile, LookupError, TypeError, RuntimeError, OSError) as error:
        raise ValueError("not a skops file") from error
    return ArtifactShape(family=found, trees=None, max_depth=None, parameters=weights or None)


def _schema(archive: zipfile.ZipFile) -> bytes:
    with archive.open("schema.json") as file:
        schema = file.read(SCHEMA_LIMIT + 1)
    if len(schema) > SCHEMA_LIMIT:
        raise ValueError(f"its schema has more than {SCHEMA_LIMIT} bytes")
    return schema


def _nodes(tree: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object that the schema names, however deep; one met again stands for itself the first time."""
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__class__" in item and item.get("__loader__") != "CachedNode":
                yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _is_an_object(node: Mapping[str, Any]) -> bool:
    return node["__loader__"] not in _VALUES


def _public_name(node: Mapping[str, Any]) -> str:
    """Return the class without the private modules on its path, as scikit-learn's own pages name it."""
    modules = [part for part in str(node["__module__"]).split(".") if not part.startswith("_")]
    return ".".join([*modules, str(node["__class__"])])


def _family(classes: set[str], families: Families) -> ModelFamily:
    strangers = sorted(classes - set(families))
    if strangers:
        raise ValueError(f"it holds {strangers[0]}, which is not known here")
    found = {family for family in (families[name] for name in classes) if family is not None}
    if found == {ModelFamily.TREE, ModelFamily.TREE_ENSEMBLE}:
        return ModelFamily.TREE_ENSEMBLE
    if len(found) != 1:
        raise ValueError(f"it holds {' and '.join(sorted(found)) or 'no'} estimators")
    return found.pop()


def _of_trees(family: ModelFamily, nodes: tuple[Mapping[str, Any], ...]) -> ArtifactShape:
    counts = [_counts(node) for node in nodes if _public_name(node) == _TREE]
    if not counts:
        return ArtifactShape(family=family, trees=None, max_depth=None, parameters=None)
    return ArtifactShape(
        family=family_of_trees(len(counts)),
        trees=len(counts),
        max_depth=max(depth for depth, _ in counts),
        parameters=sum(size for _, size in counts),
    )


def _counts(tree: Mapping[str, Any]) -> tuple[int, int]:
    """Return the depth and the nodes that a tree states of itself."""
    state = tree["content"]["content"]
    depth, size = (int(json.loads(state[name]["content"])) for name in ("max_depth", "node_count"))
    return depth, size


def _weights(nodes: tuple[Mapping[str, Any], ...]) -> list[Mapping[str, Any]]:
    """Return the arrays that the estimators keep under the names of fitted weights."""
    states = (node["content"] for node in nodes if isinstance(node.get("content"), dict))
    kept = (state[name] for state in states for name in _WEIGHTS if name in state)
    return [node for value in kept for node in _nodes(value) if node.get("type") == "numpy"]


def _size(archive: zipfile.ZipFile, name: str) -> int:
    """Return how many numbers an array holds, by the header of its file (NumPy, "NPY format")."""
    with archive.open(name) as file:
        start = file.read(HEADER_LIMIT)
    wide = start[6:7] != b"\x01"
    first = 12 if wide else 10
    length = int.from_bytes(start[8:first], "little")
    if not start.startswith(_ARRAY_MAGIC) or first + length > len(start):
        raise ValueError(f"{name} is no array")
    try:
        shape = ast.literal_eval(start[first : first + length].decode("latin-1").strip())["shape"]
        return prod(int(side) for side in shape)
    except (SyntaxError, MemoryError) as error:
        raise ValueError(f"{name} is no array") from error
