"""Attributions by SHAP's public API, by the best route that the artefact allows.

``tree``: an XGBoost or LightGBM model or scikit-learn trees, read as data (see ``tree_route``).
``additive``: a scorecard or coefficients read from JSON. ``black_box``: a predict callable
that reaches the box. No route ever loads a pickle.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from validation.adapters.tree_route import TreeRoute, largest_difference, place_columns
from validation.domain.inputs import UnusableInputError
from validation.domain.rows import FloatArray, Rows
from validation.domain.share import Advance, no_advance
from validation.domain.tools import Attribution, ExplainerTool, Overview, SecondOpinion
from validation.stats.shapley import sample_values

Predict = Callable[[FloatArray], FloatArray]
Score = Callable[[FloatArray], FloatArray]

_PERMUTATION_PAIRS = 2
_BY_HAND = "points less the background's mean points"


def build_explainer(
    *, model_dir: Path, names: Sequence[str], predict: Predict | None, advance: Advance = no_advance
) -> ExplainerTool | None:
    """Return the explainer for what lies in ``model_dir``, or for ``predict``; None when there is neither.

    ``names`` are the columns of the rows that will be explained, in order.
    ``booster.json`` is XGBoost's own format, ``booster.txt`` LightGBM's, ``trees.skops`` trees
    of scikit-learn as skops writes them. ``scorecard.json`` declares
    ``kind: scorecard``, ``link: logit``, an intercept, and per characteristic a
    name, rising edges and one more points. ``linear.json`` declares an
    intercept and coefficients by name on the log-odds, and in ``missing`` what stands for a missing value.
    ``advance`` hears how far a long one has come.

    Raises ``UnusableInputError`` when a declared form is malformed or wants a
    column that is not there.
    """
    if (model_dir / "trees.skops").is_file():
        return TreeRoute.of_skops(path=model_dir / "trees.skops", names=names, advance=advance)
    for file, route in (
        ("booster.json", partial(TreeRoute.of_xgboost, advance=advance)),
        ("booster.txt", partial(TreeRoute.of_lightgbm, advance=advance)),
        ("scorecard.json", AdditiveRoute),
        ("linear.json", AdditiveRoute),
    ):
        if (model_dir / file).is_file():
            return route(declared=(model_dir / file).read_bytes(), names=names)
    return None if predict is None else BlackBoxRoute(predict=predict, advance=advance)


class AdditiveRoute:
    """Exact attributions of a declared sum of points or weights, with features taken as independent."""

    route = "additive"
    space = "log_odds"

    def __init__(self, *, declared: bytes, names: Sequence[str]) -> None:
        try:
            form = json.loads(declared)
            self._intercept = float(form["intercept"])
            self._parts = _scorecard(form, names) if "characteristics" in form else _weights(form, names)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _malformed("the declared form is neither a scorecard nor a linear model") from error
        self._width = len(names)

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return log-odds."""
        return np.asarray(self._points(rows).sum(axis=1) + self._intercept, dtype=np.float64)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return points less the background's mean points; exact, so ``seed`` changes nothing."""
        del seed
        return self._by_library(rows=rows, background=background)

    def _by_library(self, *, rows: FloatArray, background: FloatArray) -> Attribution:
        import shap

        masker = shap.maskers.Independent(self._points(background), max_samples=len(background))
        explainer = shap.LinearExplainer((np.ones(self._width), self._intercept), masker)
        values = np.asarray(explainer.shap_values(self._points(rows)), dtype=np.float64)
        return Attribution(values=values, base=float(np.ravel(explainer.expected_value)[0]))

    def overview(self, *, rows: Rows, background: Rows) -> Overview | None:
        """Return contributions against the mean of the background, exact without a library."""
        total = sum(
            (self._points(part).sum(axis=0) for part in background.stretches()), np.zeros(self._width)
        )
        middle = total / len(background)
        return Overview(
            parts=(self._points(part) - middle for part in rows.stretches()),
            method=_BY_HAND,
            background=len(background),
        )

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        """Return what SHAP's linear explainer says of these rows."""
        mine, other = (ask(rows=rows, background=background) for ask in (self._by_hand, self._by_library))
        return SecondOpinion(
            by="shap.LinearExplainer",
            rows=len(rows),
            background=len(background),
            gap=largest_difference(mine, other),
        )

    def _by_hand(self, *, rows: FloatArray, background: FloatArray) -> Attribution:
        return Attribution(
            values=self._points(rows) - self._points(background).mean(axis=0),
            base=float(self.outputs(rows=background).mean()),
            method=_BY_HAND,
            background=len(background),
        )

    def _points(self, rows: FloatArray) -> FloatArray:
        points = np.zeros((len(rows), self._width))
        for column, score in self._parts:
            points[:, column] = score(rows[:, column])
        return points


class BlackBoxRoute:
    """Permutation SHAP over a predict callable; every output comes from the box.

    The sampler is our own: SHAP's compiles for ten seconds in every new process.
    """

    route = "black_box"
    space = "probability"

    def __init__(self, *, predict: Predict, advance: Advance = no_advance) -> None:
        self._predict, self._advance = predict, advance

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return the box's outputs. Raises ``UnusableInputError`` when they are not one finite number a row."""
        outputs = np.asarray(self._predict(rows), dtype=np.float64)
        if outputs.shape != (len(rows),) or not np.isfinite(outputs).all():
            raise UnusableInputError(
                reason="malformed_prediction", detail="the box did not answer one finite number a row"
            )
        return outputs

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return estimates, with their errors, from antithetic permutations drawn with ``seed``."""
        found = sample_values(
            predict=lambda block: self.outputs(rows=block),
            rows=rows,
            background=background,
            pairs=_PERMUTATION_PAIRS,
            seed=seed,
            advance=self._advance,
        )
        return Attribution(
            values=found.values,
            base=found.base,
            method=f"{_PERMUTATION_PAIRS} antithetic pairs of orders for each background row",
            background=len(background),
            errors=found.errors,
        )

    def overview(self, *, rows: Rows, background: Rows) -> Overview | None:
        """Return None: many rows would cost too many calls of the box."""
        del rows, background
        return None

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        """Return None: two samples of orders differ by chance."""
        del rows, background
        return None


def _scorecard(form: Mapping[str, Any], names: Sequence[str]) -> list[tuple[int, Score]]:
    if form["kind"] != "scorecard" or form["link"] != "logit":
        raise ValueError("not a logit scorecard")
    parts: list[tuple[int, Score]] = []
    for part in form["characteristics"]:
        (column,) = place_columns([part["name"]], names)
        edges, points = (
            np.asarray(part["edges"], dtype=np.float64),
            np.asarray(part["points"], dtype=np.float64),
        )
        if len(points) != len(edges) + 1 or (np.diff(edges) < 0).any() or not np.isfinite(points).all():
            raise ValueError("edges and points do not fit")
        parts.append((column, partial(_binned, edges=edges, points=points)))
    return parts


def _weights(form: Mapping[str, Any], names: Sequence[str]) -> list[tuple[int, Score]]:
    missing = form.get("missing", {})
    return [
        (
            place_columns([name], names)[0],
            partial(_weighted, weight=float(weight), missing=float(missing.get(name, np.nan))),
        )
        for name, weight in form["coefficients"].items()
    ]


def _weighted(values: FloatArray, *, weight: float, missing: float) -> FloatArray:
    return weight * np.where(np.isnan(values), missing, values)


def _binned(values: FloatArray, *, edges: FloatArray, points: FloatArray) -> FloatArray:
    return np.asarray(points[np.searchsorted(edges, values, side="right")], dtype=np.float64)


def _malformed(detail: str) -> UnusableInputError:
    return UnusableInputError(reason="malformed_model", detail=detail)
