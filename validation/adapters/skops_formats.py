"""Scikit-learn models in skops' file as what is explained exactly: trees over the given columns, or weights."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from validation.adapters.tree_formats import read_boosted, read_forest
from validation.domain.inputs import FloatArray
from validation.sandbox.skops_model import SkopsModel, read_skops
from validation.sandbox.skops_steps import FILL, RISING, Step
from validation.stats.tree_model import TreeEnsemble, malformed

SPACES = {"forest": "probability", "boosted": "log_odds"}
_OPERATIONS = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}
_BITS = 64


def read_skops_trees(*, path: Path) -> tuple[TreeEnsemble, str]:
    """Return the trees in skops' file over the columns before any step, and the space of their outputs.

    Raises ``UnusableInputError`` ``malformed_model``.
    """
    model = _read(path)
    if model.form not in SPACES:
        raise malformed("the skops file holds none")
    if model.form == "forest":
        ensemble = read_forest(trees=model.trees, width=model.width, outcome=1)
    else:
        ensemble = read_boosted(trees=model.trees, width=model.width, base=model.base, rounds=model.rounds)
    return (_before_steps(ensemble, model.steps) if model.steps else ensemble), SPACES[model.form]


def read_skops_linear(*, path: Path, names: Sequence[str]) -> bytes:
    """Return the logistic regression in skops' file as a ``linear.json`` over columns of these names.

    A scaler is folded into the weights. What an imputer puts in, before or after the
    scaler, is said as the value of the column that has the same effect.
    Raises ``UnusableInputError`` ``malformed_model``.
    """
    model = _read(path)
    if model.weights is None or len(set(names)) != model.width:
        raise malformed("they are no weights, or not those of these columns")
    slope, offset = np.ones(model.width), np.zeros(model.width)
    for step in model.steps:
        if step.operation != FILL:
            offset = _OPERATIONS[step.operation](offset, step.numbers)
        if step.operation in RISING:
            slope = _OPERATIONS[step.operation](slope, step.numbers)
    filled = (_changed(model.steps, np.full(model.width, np.nan)) - offset) / slope
    form = {
        "intercept": model.base + float(offset @ model.weights),
        "coefficients": dict(zip(names, (slope * model.weights).tolist(), strict=True)),
        "missing": {
            name: value for name, value in zip(names, filled.tolist(), strict=True) if not np.isnan(value)
        },
    }
    return json.dumps(form).encode()


def _read(path: Path) -> SkopsModel:
    try:
        return read_skops(path)
    except ValueError as error:
        raise malformed(str(error)) from error


def _changed(
    steps: tuple[Step, ...], values: FloatArray, columns: NDArray[np.int64] | None = None
) -> FloatArray:
    """Return what the steps make of a value of each column, or of those of ``columns``."""
    for step in steps:
        numbers = step.numbers if columns is None else step.numbers[columns]
        if step.operation == FILL:
            values = np.where(np.isnan(values), numbers, values)
        else:
            values = _OPERATIONS[step.operation](values, numbers)
    return np.asarray(values, dtype=np.float64)


def _before_steps(ensemble: TreeEnsemble, steps: tuple[Step, ...]) -> TreeEnsemble:
    """Return trees over the columns before the steps: they send every double where the others send what it becomes."""
    ends = np.cumsum([len(tree.left) for tree in ensemble.trees])[:-1]
    threshold = np.concatenate([tree.threshold for tree in ensemble.trees])
    feature = np.concatenate([tree.feature for tree in ensemble.trees])
    feature = np.where((feature >= 0) & (feature < ensemble.width), feature, 0)

    def goes_left(values: FloatArray) -> NDArray[np.bool_]:
        values = _changed(steps, values, feature)
        return np.asarray((values.astype(np.float32) if ensemble.rounds else values) < threshold)

    with np.errstate(over="ignore"):
        before = np.split(_first_to_the_right(goes_left, len(threshold)), ends)
        missing = np.full(len(threshold), np.nan)
        is_filled = np.split(~np.isnan(_changed(steps, missing, feature)), ends)
        fills_left = np.split(goes_left(missing), ends)
    trees = (
        replace(tree, threshold=cut, missing_left=np.where(filled, left, tree.missing_left))
        for tree, cut, filled, left in zip(ensemble.trees, before, is_filled, fills_left, strict=True)
    )
    # The rounding is within the thresholds now.
    return replace(ensemble, trees=tuple(trees), rounds=False)


def _first_to_the_right(goes_left: Callable[[FloatArray], NDArray[np.bool_]], size: int) -> FloatArray:
    """Return the smallest double that goes right at each of ``size`` nodes, or infinity.

    Every step is an operation on doubles that keeps their order, so halving the doubles
    in order finds the exact place, which undoing the steps in doubles would miss.
    """
    most = int(np.array(np.finfo(np.float64).max).view(np.int64))
    low, high = np.full(size, -most - 1), np.full(size, most)
    for _ in range(_BITS):
        middle = (low | high) - ((low ^ high) >> 1)  # their mean, rounded up, without an overflow
        left = goes_left(_double(middle))
        low, high = np.where(left, middle, low), np.where(left, high, middle - 1)
    return np.nextafter(_double(low), np.inf)


def _double(place: NDArray[np.int64]) -> FloatArray:
    """Return the double at a place in their order, zero being at 0."""
    return np.copysign(np.abs(place).view(np.float64), place.astype(np.float64))
