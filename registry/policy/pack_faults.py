"""Everything that keeps a text from being a sound pack, each fault with line and column."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.policy.pack_checks import check_pack
from registry.policy.pack_reader import read_pack, reading_faults
from registry.policy.rules import Pack
from registry.policy.strict_yaml import Node, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; a defect of the whole pack stands at its first line."""

    code: str
    message: str
    remedy: str
    line: int
    column: int

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "line": self.line,
            "column": self.column,
        }


def read_with_faults(*, text: str, file: str) -> tuple[Pack | None, tuple[Fault, ...]]:
    """Return the pack, or none with every fault of reading it."""
    faults = reading_faults(text=text, file=file)
    if faults:
        return None, tuple(_fault(item, file, *_written_place(item)) for item in faults)
    return read_pack(text=text, file=file), ()


def lint_faults(*, pack: Pack, text: str, file: str, others: Mapping[str, Pack]) -> tuple[Fault, ...]:
    """Return every defect that ``check_pack`` finds, at the place of the rule or example it lies in."""
    places = _places(parse(text=text, file=file))
    return tuple(
        _fault(item, f"{pack.ref}:", *places.get(str(item.context["entry"]), (1, 1)))
        for item in check_pack(pack=pack, others=others)
    )


def _fault(error: InvalidInput, prefix: str, line: int, column: int) -> Fault:
    """Keep the cause apart from the place, which the message begins with."""
    said = error.message.removeprefix(f"{prefix}:{line}:{column}: ").removeprefix(f"{prefix} ")
    return Fault(code=error.code, message=said, remedy=error.remedy, line=line, column=column)


def _written_place(error: InvalidInput) -> tuple[int, int]:
    line, column = error.context["line"], error.context["column"]
    assert isinstance(line, int)
    assert isinstance(column, int)
    return line, column


def _places(root: Node) -> dict[str, tuple[int, int]]:
    parts = root.mapping(is_open=True)
    named = [(parts["examples"], "title"), (parts["rules"], "id")]
    return {
        item.mapping(is_open=True)[name].text(): (item.line, item.column)
        for entries, name in named
        for item in entries.items()
    }
