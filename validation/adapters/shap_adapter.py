"""Attributions by SHAP's public API, by the best route that the artefact allows.

``tree``: an XGBoost model read from its JSON, a declarative form without code.
``additive``: a scorecard or coefficients read from JSON. ``black_box``: a predict callable
that reaches the box. No route ever loads a pickle.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.tools import Attribution, ExplainerTool
from validation.stats.shapley import permutation_values

Predict = Callable[[FloatArray], FloatArray]
Score = Callable[[FloatArray], FloatArray]

_LOGISTIC = frozenset({"binary:logistic", "reg:logistic"})
_PERMUTATION_PAIRS = 2


def build_explainer(
    *, model_dir: Path, names: Sequence[str], predict: Predict | None
) -> ExplainerTool | None:
    """Return the explainer for what lies in ``model_dir``, or for ``predict``; None when there is neither.

    ``names`` are the columns of the rows that will be explained, in order.
    ``booster.json`` is XGBoost's own format. ``scorecard.json`` declares
    ``kind: scorecard``, ``link: logit``, an intercept, and per characteristic a
    name, rising edges and one more points. ``linear.json`` declares an
    intercept and coefficients by name on the log-odds.

    Raises ``UnusableInputError`` when a declared form is malformed or wants a
    column that is not there.
    """
    for file, route in (
        ("booster.json", TreeRoute),
        ("scorecard.json", AdditiveRoute),
        ("linear.json", AdditiveRoute),
    ):
        if (model_dir / file).is_file():
            return route(declared=(model_dir / file).read_bytes(), names=names)
    return None if predict is None else BlackBoxRoute(predict=predict)


class TreeRoute:
    """Exact TreeSHAP: interventional against a background, path-dependent for the overview."""

    route = "tree"
    space = "log_odds"

    def __init__(self, *, declared: bytes, names: Sequence[str]) -> None:
        import xgboost

        try:
            learner = json.loads(declared)["learner"]
            objective, kind = learner["objective"]["name"], learner["gradient_booster"]["name"]
            self._booster = xgboost.Booster({"nthread": 1})
            self._booster.load_model(bytearray(declared))
        except (ValueError, KeyError, TypeError, xgboost.core.XGBoostError) as error:
            raise _malformed("booster.json is not a readable XGBoost model") from error
        if objective not in _LOGISTIC or kind != "gbtree":
            raise UnusableInputError(
                reason="unsupported_model",
                detail=f"{kind} with the objective {objective} is not explained here",
            )
        self._columns = _columns(self._booster.feature_names or names, names)
        self._width = len(names)
        self._booster.feature_names = None
        self._booster.feature_types = None

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return margins (log-odds)."""
        return np.asarray(self._booster.predict(self._matrix(rows), output_margin=True), dtype=np.float64)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return interventional contributions; exact, so ``seed`` changes nothing."""
        import shap

        del seed
        explainer = shap.TreeExplainer(
            self._booster,
            data=background[:, self._columns],
            feature_perturbation="interventional",
            model_output="raw",
        )
        values = explainer.shap_values(rows[:, self._columns], check_additivity=False)
        # The base value is read after the first explanation: before it, XGBoost's is not set.
        return self._attribution(values, float(np.ravel(explainer.expected_value)[0]))

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return path-dependent contributions by XGBoost's own exact algorithm."""
        values = self._booster.predict(self._matrix(rows), pred_contribs=True)
        return self._attribution(values[:, :-1], float(values[0, -1]))

    def _attribution(self, values: FloatArray, base: float) -> Attribution:
        whole = np.zeros((len(values), self._width))
        whole[:, self._columns] = values
        return Attribution(values=whole, base=base)

    def _matrix(self, rows: FloatArray) -> Any:  # noqa: ANN401  the library ships no types
        import xgboost

        return xgboost.DMatrix(rows[:, self._columns], nthread=1)


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
        import shap

        del seed
        masker = shap.maskers.Independent(self._points(background), max_samples=len(background))
        explainer = shap.LinearExplainer((np.ones(self._width), self._intercept), masker)
        values = np.asarray(explainer.shap_values(self._points(rows)), dtype=np.float64)
        return Attribution(values=values, base=float(np.ravel(explainer.expected_value)[0]))

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return contributions against the mean of these very rows."""
        points = self._points(rows)
        return Attribution(values=points - points.mean(axis=0), base=float(self.outputs(rows=rows).mean()))

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

    def __init__(self, *, predict: Predict) -> None:
        self._predict = predict

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return the box's outputs. Raises ``UnusableInputError`` when they are not one finite number a row."""
        outputs = np.asarray(self._predict(rows), dtype=np.float64)
        if outputs.shape != (len(rows),) or not np.isfinite(outputs).all():
            raise UnusableInputError(
                reason="malformed_prediction", detail="the box did not answer one finite number a row"
            )
        return outputs

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return estimates from antithetic permutations drawn with ``seed``."""
        values, base = permutation_values(
            predict=lambda block: self.outputs(rows=block),
            rows=rows,
            background=background,
            pairs=_PERMUTATION_PAIRS,
            seed=seed,
        )
        return Attribution(values=values, base=base)

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return None: many rows would cost too many calls of the box."""
        del rows
        return None


def _scorecard(form: Mapping[str, Any], names: Sequence[str]) -> list[tuple[int, Score]]:
    if form["kind"] != "scorecard" or form["link"] != "logit":
        raise ValueError("not a logit scorecard")
    parts: list[tuple[int, Score]] = []
    for part in form["characteristics"]:
        (column,) = _columns([part["name"]], names)
        edges, points = (
            np.asarray(part["edges"], dtype=np.float64),
            np.asarray(part["points"], dtype=np.float64),
        )
        if len(points) != len(edges) + 1 or (np.diff(edges) < 0).any() or not np.isfinite(points).all():
            raise ValueError("edges and points do not fit")
        parts.append((column, partial(_binned, edges=edges, points=points)))
    return parts


def _weights(form: Mapping[str, Any], names: Sequence[str]) -> list[tuple[int, Score]]:
    return [
        (_columns([name], names)[0], partial(np.multiply, float(weight)))
        for name, weight in form["coefficients"].items()
    ]


def _binned(values: FloatArray, *, edges: FloatArray, points: FloatArray) -> FloatArray:
    return np.asarray(points[np.searchsorted(edges, values, side="right")], dtype=np.float64)


def _columns(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    missing = [name for name in wanted if name not in names]
    if missing:
        raise _malformed(f"the declared form wants the column {missing[0]}, which is not there")
    return [list(names).index(name) for name in wanted]


def _malformed(detail: str) -> UnusableInputError:
    return UnusableInputError(reason="malformed_model", detail=detail)
