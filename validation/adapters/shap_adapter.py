"""Attributions by SHAP's public API, by the best route that the artefact allows.

``tree``: an XGBoost model read from its JSON, a declarative form without code.
``linear``: coefficients read from JSON. ``black_box``: a predict callable
that reaches the box. No route ever loads a pickle.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.tools import Attribution, ExplainerTool

Predict = Callable[[FloatArray], FloatArray]

_LOGISTIC = frozenset({"binary:logistic", "reg:logistic"})
_BLACK_BOX_PERMUTATIONS = 2


def build_explainer(*, model_dir: Path, predict: Predict | None) -> ExplainerTool | None:
    """Return the explainer for what lies in ``model_dir``, or for ``predict``; None when there is neither.

    ``booster.json`` is XGBoost's own format. ``linear.json`` is
    ``{"intercept", "coefficients": [...], "means": [...], "scales": [...]}`` on
    the log-odds of the standardised features (means and scales are optional).
    """
    booster, linear = model_dir / "booster.json", model_dir / "linear.json"
    if booster.is_file():
        return TreeRoute(declared=booster.read_bytes())
    if linear.is_file():
        return LinearRoute(declared=json.loads(linear.read_bytes()))
    return None if predict is None else BlackBoxRoute(predict=predict)


class TreeRoute:
    """Exact TreeSHAP: interventional against a background, path-dependent for the overview."""

    route = "tree"
    space = "log_odds"

    def __init__(self, *, declared: bytes) -> None:
        import xgboost

        try:
            objective = json.loads(declared)["learner"]["objective"]["name"]
            self._booster = xgboost.Booster()
            self._booster.load_model(bytearray(declared))
        except (ValueError, KeyError, TypeError, xgboost.core.XGBoostError) as error:
            raise UnusableInputError(
                reason="malformed_model", detail="booster.json is not a readable XGBoost model"
            ) from error
        if objective not in _LOGISTIC:
            raise UnusableInputError(
                reason="unsupported_model", detail=f"the objective {objective} gives no probability"
            )
        self._booster.feature_names = None
        self._booster.feature_types = None
        self._booster.set_param({"nthread": 1})

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return margins (log-odds)."""
        return np.asarray(self._booster.predict(self._matrix(rows), output_margin=True), dtype=np.float64)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return interventional contributions; exact, so ``seed`` changes nothing."""
        import shap

        del seed
        explainer = shap.TreeExplainer(
            self._booster, data=background, feature_perturbation="interventional", model_output="raw"
        )
        values = np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
        # The base value is read after the first explanation: before it, XGBoost's is not set.
        return Attribution(values=values, base=float(np.ravel(explainer.expected_value)[0]))

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return path-dependent contributions by XGBoost's own exact algorithm."""
        values = np.asarray(self._booster.predict(self._matrix(rows), pred_contribs=True), dtype=np.float64)
        return Attribution(values=values[:, :-1], base=float(values[0, -1]))

    def _matrix(self, rows: FloatArray) -> Any:  # noqa: ANN401  the library ships no types
        import xgboost

        return xgboost.DMatrix(rows, nthread=1)


class LinearRoute:
    """Exact attributions of declared coefficients, with features taken as independent."""

    route = "linear"
    space = "log_odds"

    def __init__(self, *, declared: Mapping[str, Any]) -> None:
        try:
            weights = _vector(declared["coefficients"])
            means = _vector(declared.get("means") or [0.0] * len(weights))
            scales = _vector(declared.get("scales") or [1.0] * len(weights))
            self._weights = weights / scales
            self._intercept = float(declared["intercept"]) - float((self._weights * means).sum())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnusableInputError(
                reason="malformed_model", detail="linear.json does not declare a linear model"
            ) from error
        if not np.isfinite(self._weights).all() or not np.isfinite(self._intercept):
            raise UnusableInputError(reason="malformed_model", detail="linear.json holds figures not finite")

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return log-odds. Raises ``UnusableInputError`` when the number of features differs."""
        if rows.shape[1] != len(self._weights):
            raise UnusableInputError(
                reason="malformed_model", detail="linear.json declares another number of features"
            )
        return np.asarray(rows @ self._weights + self._intercept, dtype=np.float64)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return weight times distance from the background's mean; exact, so ``seed`` changes nothing."""
        import shap

        del seed
        masker = shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.LinearExplainer((self._weights, self._intercept), masker)
        values = np.asarray(explainer.shap_values(rows), dtype=np.float64)
        return Attribution(values=values, base=float(np.ravel(explainer.expected_value)[0]))

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return contributions against the mean of these very rows."""
        values = self._weights * (rows - rows.mean(axis=0))
        return Attribution(values=values, base=float(self.outputs(rows=rows).mean()))


class BlackBoxRoute:
    """Permutation SHAP over a predict callable; every output comes from the box."""

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
        import shap

        masker = shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.PermutationExplainer(lambda block: self.outputs(rows=block), masker, seed=seed)
        budget = _BLACK_BOX_PERMUTATIONS * (2 * rows.shape[1] + 1)
        explained = explainer(rows, max_evals=budget, silent=True)
        return Attribution(
            values=np.asarray(explained.values, dtype=np.float64),
            base=float(np.ravel(explained.base_values)[0]),
        )

    def overview(self, *, rows: FloatArray) -> Attribution | None:
        """Return None: many rows would cost too many calls of the box."""
        del rows
        return None


def _vector(values: Sequence[object]) -> FloatArray:
    return np.asarray([float(str(value)) for value in values], dtype=np.float64)
