"""The arrays of a scikit-learn forest in skops' file, read as data: nothing of the file is instantiated.

A ``.skops`` file is a zip of ``schema.json`` and one ``.npy`` per array. The schema names
classes; here they are text to compare with, and never looked up. What the arrays say is
believed only after the model's own scores agree with it, because a schema may hold more
than it shows (see ``validation.adapters.mlflow_box``).
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORESTS = frozenset({"RandomForestClassifier", "ExtraTreesClassifier"})
TREE = "DecisionTreeClassifier"
MAX_SCHEMA, MAX_ARRAY, MAX_ALL = 64 * 2**20, 64 * 2**20, 256 * 2**20
MAX_TREES = 10_000
MAX_NPY_HEADER = 4096
CLASSES = 2
_NODE_COLUMNS = (
    *(("left_child", "<i8"), ("right_child", "<i8"), ("feature", "<i8"), ("threshold", "<f8")),
    *(("weighted_n_node_samples", "<f8"), ("missing_go_to_left", "|u1")),
)

Arrays = Mapping[str, "NDArray[Any]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The trees of a forest for two classes, each by the names of ``sklearn.tree._tree.Tree``; its columns."""

    trees: tuple[Arrays, ...]
    width: int


def read_skops(path: Path) -> Forest:
    """Read a forest, or a tree alone. Raises ``ValueError`` for whatever else the file holds."""
    try:
        with ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_ALL:
                raise ValueError("the skops file is too large to be read as data")
            schema = json.loads(_read(archive, "schema.json", MAX_SCHEMA))
            return _forest(archive, schema)
    except (BadZipFile, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not the skops file of a forest") from error
    except (OSError, RuntimeError, EOFError) as error:
        raise ValueError("the skops file cannot be read") from error


def _forest(archive: ZipFile, schema: Mapping[str, Any]) -> Forest:
    state = _state(schema)
    if schema["__class__"] in FORESTS and schema["__module__"] == "sklearn.ensemble._forest":
        members = state["estimators_"]["content"]
    elif schema["__class__"] == TREE and schema["__module__"] == "sklearn.tree._classes":
        members = [schema]
    else:
        raise ValueError("the skops file holds no forest")
    if not isinstance(members, list) or not 0 < len(members) <= MAX_TREES:
        raise ValueError("a forest without trees, or with too many")
    width = int(json.loads(state["n_features_in_"]["content"]))
    return Forest(trees=tuple(_tree(archive, member) for member in members), width=width)


def _tree(archive: ZipFile, member: Mapping[str, Any]) -> Arrays:
    if member["__class__"] not in (TREE, "ExtraTreeClassifier"):
        raise ValueError("a member of the forest is no tree for classes")
    state = _state(_state(member)["tree_"])
    nodes, values = _array(archive, state["nodes"]), _array(archive, state["values"])
    columns = {name: nodes[name] for name, kind in _NODE_COLUMNS if nodes.dtype[name].str == kind}
    size = len(nodes)
    if len(columns) != len(_NODE_COLUMNS) or not size or values.shape != (size, 1, CLASSES):
        raise ValueError("the arrays of a tree are not those of two classes")
    return {
        "children_left": columns["left_child"],
        "children_right": columns["right_child"],
        "feature": columns["feature"],
        "threshold": columns["threshold"],
        "weighted_n_node_samples": columns["weighted_n_node_samples"],
        "missing_go_to_left": columns["missing_go_to_left"],
        "value": values,
    }


def depth_of(tree: Arrays) -> int:
    """Return the tests on the longest way down. Raises ``ValueError`` where the way does not end."""
    lefts, rights = tree["children_left"].tolist(), tree["children_right"].tolist()
    deepest, seen, waiting = 0, 0, [(0, 0)]
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > len(lefts) or not 0 <= node < len(lefts):
            raise ValueError("a child of a tree is missing, or a tree runs in circles")
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in (lefts[node], rights[node]) if child != -1]
    return deepest


def _state(node: Mapping[str, Any]) -> dict[str, Any]:
    content = node["content"]["content"]
    if not isinstance(content, dict):
        raise ValueError("not the state of an object")  # noqa: TRY004
    return content


def _array(archive: ZipFile, node: Mapping[str, Any]) -> "NDArray[Any]":
    """Return an array whose bytes are exactly as many as its header says; no header can ask for memory."""
    import numpy as np

    if node["__class__"] != "ndarray" or node["type"] != "numpy":
        raise ValueError("not an array")
    data = _read(archive, str(node["file"]), MAX_ARRAY)
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array in another format than 1.0")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=MAX_NPY_HEADER)
    size = dtype.itemsize
    for length in shape:
        size *= length
    if dtype.hasobject or min(shape, default=0) < 0 or size != len(data) - stream.tell():
        raise ValueError("an array of objects, or one that ends elsewhere than its header says")
    flat: NDArray[Any] = np.frombuffer(data, dtype=dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if by_column else "C")


def _read(archive: ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError("a part of the skops file is too large to be read as data")
    return data
