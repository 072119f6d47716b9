"""A skops file opened as data: its schema and its arrays. Nothing of the file is instantiated.

A ``.skops`` file is a zip of ``schema.json`` and one ``.npy`` per array. The schema names
classes; here they are text to compare with, and never looked up. What is read is bounded:
each part, and all that is read together, because a schema may name one array many times.
"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SCHEMA, MAX_ARRAY, MAX_ALL = 64 * 2**20, 64 * 2**20, 256 * 2**20
MAX_NPY_HEADER = 4096

Node = Mapping[str, Any]


@contextmanager
def opened(path: Path) -> Iterator["SkopsFile"]:
    """Open the file. Raises ``ValueError`` for whatever goes wrong within, too: a file that is not as expected."""
    try:
        with ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_ALL:
                raise ValueError("the skops file is too large to be read as data")
            schema = json.loads(_read(archive, "schema.json", MAX_SCHEMA))
            yield SkopsFile(archive=archive, schema=schema)
    except (BadZipFile, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("not the skops file of a model that is read as data") from error
    except (OSError, RuntimeError, EOFError) as error:
        raise ValueError("the skops file cannot be read") from error


@dataclass(slots=True, kw_only=True)
class SkopsFile:
    """An open file: ``schema`` describes the object that loading it would make."""

    archive: ZipFile
    schema: Node
    _spent: int = 0

    def array(self, node: Node) -> "NDArray[Any]":
        """Return an array whose bytes are exactly as many as its header says; no header can ask for memory."""
        import numpy as np

        if node["__class__"] != "ndarray" or node["type"] != "numpy":
            raise ValueError("not an array")
        data = _read(self.archive, str(node["file"]), min(MAX_ARRAY, MAX_ALL - self._spent))
        self._spent += len(data)
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

    def numbers(self, node: Node, *, shape: tuple[int, ...]) -> "NDArray[Any]":
        """Return an array of finite doubles of that shape."""
        import numpy as np

        array = _plain_numbers(node) if node["type"] == "json" else self.array(node)
        if array.dtype.str != "<f8" or array.shape != shape or not np.isfinite(array).all():
            raise ValueError("not the finite numbers that are expected")
        return array


def class_of(node: Node) -> str:
    """Return the class that an object is said to be of, with its module."""
    return f"{node['__module__']}.{node['__class__']}"


def state_of(node: Node) -> dict[str, Node]:
    """Return the attributes of an object."""
    content = node["content"]["content"]
    if not isinstance(content, dict):
        raise ValueError("not the state of an object")  # noqa: TRY004
    return content


def list_of(node: Node) -> list[Any]:
    """Return the members of a list, of a tuple or of an array of objects."""
    content = node["content"]
    if not isinstance(content, list):
        raise ValueError("not a list")  # noqa: TRY004
    return content


def value_of(node: Node) -> object:
    """Return a plain value: a word, a number, a truth or nothing."""
    if node["__loader__"] != "JsonNode":
        raise ValueError("not a plain value")
    return json.loads(node["content"])


def _plain_numbers(node: Node) -> "NDArray[Any]":
    """Return an array of objects, all of which are numbers, as doubles."""
    import numpy as np

    values = [value_of(member) for member in list_of(node)]
    if not all(type(value) in (int, float) for value in values):
        raise ValueError("an array of objects that are no numbers")
    return np.array(values, dtype="<f8")


def _read(archive: ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError("a part of the skops file is too large to be read as data")
    return data
