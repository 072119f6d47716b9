"""What the steps of a pipeline do to each column before the model: scikit-learn's scalers and its imputer.

Each is read as operations in the order in which scikit-learn does them on doubles, so
that the same operations give the same bits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from validation.sandbox.skops_file import Node, SkopsFile, class_of, state_of, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILL = "fill"
RISING = frozenset({"multiply", "divide"})
_IMPUTER = "sklearn.impute._base.SimpleImputer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An operation with one number a column: ``add``, ``subtract``, ``multiply``, ``divide``, or ``fill``.

    ``fill`` puts the number where a value is missing; numbers to multiply and to divide by are above zero.
    """

    operation: str
    numbers: "NDArray[Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """An operation, the attribute that holds its numbers, and the parameter that switches it off."""

    operation: str
    held_in: str
    on_if: str = ""


_SCALERS: Mapping[str, tuple[_Part, ...]] = {
    "StandardScaler": (
        _Part(operation="subtract", held_in="mean_", on_if="with_mean"),
        _Part(operation="divide", held_in="scale_", on_if="with_std"),
    ),
    "RobustScaler": (
        _Part(operation="subtract", held_in="center_", on_if="with_centering"),
        _Part(operation="divide", held_in="scale_", on_if="with_scaling"),
    ),
    "MinMaxScaler": (_Part(operation="multiply", held_in="scale_"), _Part(operation="add", held_in="min_")),
    "MaxAbsScaler": (_Part(operation="divide", held_in="scale_"),),
}


def read_step(file: SkopsFile, node: Node, *, width: int) -> Iterable[Step]:
    """Return what a step does. Raises ``ValueError`` for one that does not change each column for itself."""
    state, name = state_of(node), class_of(node)
    module, _, plain = name.rpartition(".")
    if name == _IMPUTER:
        return [_imputer(file, state, width)]
    if module != "sklearn.preprocessing._data" or plain not in _SCALERS:
        raise ValueError("a step of the pipeline is not read as data")
    if "clip" in state and value_of(state["clip"]) is not False:
        raise ValueError("a scaler that cuts values off")
    return [_step(file, part, state, width) for part in _SCALERS[plain] if _is_on(part, state)]


def _is_on(part: _Part, state: Mapping[str, Node]) -> bool:
    switch = value_of(state[part.on_if]) if part.on_if else True
    if not isinstance(switch, bool):
        raise ValueError("a switch of a scaler is neither on nor off")  # noqa: TRY004
    return switch


def _step(file: SkopsFile, part: _Part, state: Mapping[str, Node], width: int) -> Step:
    numbers = file.numbers(state[part.held_in], shape=(width,))
    if part.operation in RISING and not (numbers > 0.0).all():
        raise ValueError("a scale that turns a column round, or makes it one value")
    return Step(operation=part.operation, numbers=numbers)


def _imputer(file: SkopsFile, state: Mapping[str, Node], width: int) -> Step:
    """Return the filling of missing values; a column without a number to fill in would be left out."""
    missing = value_of(state["missing_values"])
    if missing == missing or value_of(state["add_indicator"]) is not False:  # noqa: PLR0124  only NaN differs from itself
        raise ValueError("an imputer of other values, or one that adds columns")
    return Step(operation=FILL, numbers=file.numbers(state["statistics_"], shape=(width,)))
