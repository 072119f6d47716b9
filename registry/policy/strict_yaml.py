"""Strict YAML: text, bare ``true`` and ``false``, lists and mappings; nothing else.

YAML guesses types, and a guess in a policy is a defect: ``no`` becomes false,
``1.10`` becomes 1.1, ``2027-01-01`` a date. Here every scalar is text, a
scalar that YAML would guess must be quoted, and duplicate keys, anchors,
aliases, tags and merge keys are refused, each with file, line and column.
"""

from dataclasses import dataclass, field

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from registry.domain.errors import InvalidInput

_TEXT = "tag:yaml.org,2002:str"


class _StrictLoader(yaml.SafeLoader):
    """A loader that composes nodes but never shares or tags one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        anchored = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
        if anchored or getattr(event, "tag", None) is not None:
            raise _RefusedMark(event.start_mark)
        return super().compose_node(parent, index)


class _RefusedMark(Exception):
    def __init__(self, mark: object) -> None:
        super().__init__("anchor, alias or tag")
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Node:
    """One value with the place it was written: text, a boolean, a list or a mapping."""

    value: "str | bool | list[Node] | dict[str, Node]"
    file: str
    line: int
    column: int
    keys: "dict[str, Node]" = field(default_factory=dict)

    def error(self, code: str, message: str, *, remedy: str) -> InvalidInput:
        """Return a coded error that names the place."""
        return InvalidInput(
            code,
            f"{self.file}:{self.line}:{self.column}: {message}",
            remedy=remedy,
            file=self.file,
            line=self.line,
            column=self.column,
        )

    def text(self) -> str:
        """Return the text; raises ``PAC006``."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        raise self.error(
            "PAC006", "text is wanted here", remedy="Write non-empty text; quote true and false."
        )

    def boolean(self) -> bool:
        """Return the boolean; raises ``PAC006``."""
        if isinstance(self.value, bool):
            return self.value
        raise self.error(
            "PAC006", "true or false is wanted here", remedy="Write true or false without quotes."
        )

    def items(self) -> "list[Node]":
        """Return the list's members; raises ``PAC006``."""
        if isinstance(self.value, list):
            return self.value
        raise self.error("PAC006", "a list is wanted here", remedy="Write a list, one member per dash.")

    def mapping(
        self, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = (), is_open: bool = False
    ) -> "dict[str, Node]":
        """Return the mapping; ``is_open`` accepts any key.

        Raises ``PAC004`` unknown key, ``PAC005`` missing key, ``PAC006`` not a mapping.
        """
        if not isinstance(self.value, dict):
            raise self.error("PAC006", "a mapping is wanted here", remedy="Write `key: value` lines.")
        allowed = (*required, *optional)
        for key in self.value:
            if not is_open and key not in allowed:
                raise self.keys[key].error(
                    "PAC004", f"unknown key `{key}`", remedy=f"Allowed here: {', '.join(allowed)}."
                )
        for key in required:
            if key not in self.value:
                raise self.error("PAC005", f"`{key}` is missing", remedy=f"Add `{key}`.")
        return self.value


def parse(*, text: str, file: str) -> Node:
    """Return the document as nodes.

    Raises ``InvalidInput``: ``PAC001`` not YAML, ``PAC002`` anchor, alias or
    tag, ``PAC003`` duplicate key, ``PAC006`` unquoted number, date or word.
    """
    try:
        root = _StrictLoader(text).get_single_node()
        return _convert(root, file) if root is not None else _empty(file)
    except _RefusedMark as found:
        raise _at(file, found.mark).error(
            "PAC002",
            "anchors, aliases and tags are not read",
            remedy="Write the value out in full.",
        ) from found
    except yaml.YAMLError as found:
        mark = getattr(found, "problem_mark", None)
        raise _at(file, mark).error(
            "PAC001",
            f"not readable as YAML: {getattr(found, 'problem', None) or 'bad character'}",
            remedy="Mend the syntax at the place named.",
        ) from found
    except RecursionError as found:
        raise _at(file, None).error(
            "PAC001", "the document is nested too deeply to be a pack", remedy="Write a flatter document."
        ) from found


def _empty(file: str) -> Node:
    raise _at(file, None).error("PAC001", "the document is empty", remedy="Write a pack.")


def _at(file: str, mark: object) -> Node:
    return Node("", file, getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1)


def _convert(node: yaml.Node, file: str) -> Node:
    place = _at(file, node.start_mark)
    if isinstance(node, MappingNode):
        return _convert_mapping(node, place)
    if isinstance(node, SequenceNode):
        return Node([_convert(item, file) for item in node.value], file, place.line, place.column)
    return _convert_scalar(node, place)


def _convert_mapping(node: MappingNode, place: Node) -> Node:
    values: dict[str, Node] = {}
    keys: dict[str, Node] = {}
    for key_node, value_node in node.value:
        key_place = _convert(key_node, place.file)
        key = key_place.text()
        if key in values:
            raise key_place.error(
                "PAC003",
                f"`{key}` is written twice (first in line {keys[key].line})",
                remedy="Keep one of the two.",
            )
        values[key], keys[key] = _convert(value_node, place.file), key_place
    return Node(values, place.file, place.line, place.column, keys)


def _convert_scalar(node: yaml.Node, place: Node) -> Node:
    assert isinstance(node, ScalarNode)
    text = str(node.value)
    if node.style is None and text in ("true", "false"):
        return Node(text == "true", place.file, place.line, place.column)
    if node.style is None and node.tag != _TEXT:
        kind = node.tag.rpartition(":")[2]
        raise place.error(
            "PAC006",
            f"unquoted `{text}` would be read as {kind}",
            remedy=f'Write "{text}" in quotes if the text is meant, or true or false.',
        )
    return Node(text, place.file, place.line, place.column)
