"""The explainer of tree ensembles: exact SHAP from their declarative bytes, with SHAP itself as second opinion.

The trees that are explained are the ones that we read, so their outputs can be
compared with the box's scores before anything is believed.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from validation.adapters.shap_trees import ShapTrees
from validation.adapters.skops_formats import read_skops_trees
from validation.adapters.tree_compiled import compiled
from validation.adapters.tree_formats import read_lightgbm, read_xgboost
from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.share import Advance, no_advance
from validation.domain.tools import Attribution, SecondOpinion
from validation.stats.sampling import sample_rows
from validation.stats.tree_model import TreeEnsemble
from validation.stats.tree_shap import TooDeepError, TreeShap

# Seconds, by measurement: compiling takes about ten, so NumPy does the tasks that it can finish in that time.
_COMPILING_S = 10.0
_PER_LEAF_S, _PER_LINE_S = 5e-5, 6e-8
# Large tables only pay where many rows share them.
_BITS_ON_NUMPY = 8
# More rows than this are sampled where only a library can explain them: its cost is linear in rows and background.
_LIBRARY_ROWS, _LIBRARY_BACKGROUND = 2000, 100


class TreeRoute:
    """Exact interventional SHAP against whatever background is given."""

    route = "tree"

    def __init__(
        self,
        *,
        ensemble: TreeEnsemble,
        columns: Sequence[str],
        names: Sequence[str],
        library: Callable[[], Any] | None = None,
        space: str = "log_odds",
        advance: Advance = no_advance,
    ) -> None:
        """Take the trees, their columns, the rows' columns, and how to load the model for SHAP.

        Without a library, SHAP is given the trees as they were read here.
        """
        self._ensemble, self._library, self.space, self._advance = ensemble, library, space, advance
        self._columns = place_columns(columns or names, names)
        if len(self._columns) != ensemble.width:
            raise UnusableInputError(
                reason="malformed_model",
                detail=f"the trees are over {ensemble.width} columns, and {len(self._columns)} are named",
            )
        self._width = len(names)
        # Then neither the rows nor the contributions of a large portfolio are copied.
        self._has_all = self._columns == list(range(self._width))
        try:
            self._tables: TreeShap | None = TreeShap(ensemble, bits=_BITS_ON_NUMPY)
        except TooDeepError:
            self._tables = None

    @classmethod
    def of_xgboost(
        cls, *, declared: bytes, names: Sequence[str], advance: Advance = no_advance
    ) -> "TreeRoute":
        """Read XGBoost's JSON or UBJSON."""
        ensemble, columns = read_xgboost(declared=declared)
        return cls(
            ensemble=ensemble,
            columns=columns,
            names=names,
            library=lambda: _load_xgboost(declared),
            advance=advance,
        )

    @classmethod
    def of_lightgbm(
        cls, *, declared: bytes, names: Sequence[str], advance: Advance = no_advance
    ) -> "TreeRoute":
        """Read LightGBM's text."""
        ensemble, columns = read_lightgbm(declared=declared)
        return cls(ensemble=ensemble, columns=columns, names=names, advance=advance)

    @classmethod
    def of_skops(cls, *, path: Path, names: Sequence[str], advance: Advance = no_advance) -> "TreeRoute":
        """Read scikit-learn's trees from skops' file, whose columns have no names of their own."""
        ensemble, space = read_skops_trees(path=path)
        return cls(ensemble=ensemble, columns=(), names=names, space=space, advance=advance)

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        """Return what the trees say as they were read: log-odds, or a forest's probabilities."""
        return self._ensemble.outputs(rows=self._tested(rows))

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return interventional contributions; exact, so ``seed`` changes nothing."""
        del seed
        if self._tables is None:
            return self._by_library(rows, background)
        return self._by_tables(self._tables, rows, background)

    def overview(self, *, rows: FloatArray, background: FloatArray) -> Attribution | None:
        """Return contributions of all rows against all of the background, or of few where only SHAP can."""
        if self._tables is None:
            return self._by_library(
                sample_rows(rows=rows, size=_LIBRARY_ROWS, seed=0),
                sample_rows(rows=background, size=_LIBRARY_BACKGROUND, seed=0),
            )
        return self._by_tables(self._tables, rows, background)

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        """Return how far SHAP's TreeExplainer is from our own values; none where it is the only opinion."""
        if self._tables is None:
            return None
        try:
            other = self._by_library(rows, background)
        except ImportError:
            return None
        return SecondOpinion(
            by="shap.TreeExplainer",
            rows=len(rows),
            background=len(background),
            gap=largest_difference(self._by_tables(self._tables, rows, background), other),
        )

    def _tested(self, rows: FloatArray) -> FloatArray:
        return rows if self._has_all else rows[:, self._columns]

    def _by_tables(self, tables: TreeShap, rows: FloatArray, background: FloatArray) -> Attribution:
        number = len(rows) + len(background)
        seconds = tables.leaves * _PER_LEAF_S + tables.blocks * number * _PER_LINE_S
        is_large = seconds > _COMPILING_S
        found = (TreeShap(self._ensemble, kernels=compiled()) if is_large else tables).interventional(
            rows=self._tested(rows), background=self._tested(background), advance=self._advance
        )
        return self._attribution(
            found.values,
            found.base,
            len(background),
            f"interventional, exact, from tables of patterns, {'compiled' if is_large else 'on NumPy'}",
        )

    def _by_library(self, rows: FloatArray, background: FloatArray) -> Attribution:
        import shap

        rows, background = (given[:, self._columns] for given in (rows, background))
        if self._library is None:
            trees = ShapTrees(ensemble=self._ensemble)
            model: Any = trees.model
            rows, background = (trees.places(rows=given) for given in (rows, background))
        else:
            model = self._library()
        # Given a bare array, SHAP explains against 100 rows drawn from it, and does not say so.
        masker = shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.TreeExplainer(
            model,
            data=masker,
            feature_perturbation="interventional",
            model_output="raw",
        )
        values = np.asarray(explainer.shap_values(rows, check_additivity=False))
        if values.ndim == 3:
            values = values[:, :, 0]
        # The base value is read after the first explanation: before it, XGBoost's is not set.
        base = float(np.ravel(explainer.expected_value)[-1])
        return self._attribution(values, base, len(background), "interventional, exact, by SHAP")

    def _attribution(self, values: FloatArray, base: float, background: int, method: str) -> Attribution:
        if not self._has_all:
            whole = np.zeros((len(values), self._width))
            whole[:, self._columns] = values
            values = whole
        return Attribution(values=values, base=base, method=method, background=background)


def largest_difference(first: Attribution, second: Attribution) -> float:
    """Return the largest difference of a contribution, or of the bases."""
    return max(float(np.abs(first.values - second.values).max()), abs(first.base - second.base))


def place_columns(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where the wanted columns are among ``names``. Raises ``UnusableInputError`` where one is missing."""
    missing = [name for name in wanted if name not in names]
    if missing:
        raise UnusableInputError(
            reason="malformed_model",
            detail=f"the declared form wants the column {missing[0]}, which is not there",
        )
    return [list(names).index(name) for name in wanted]


def _load_xgboost(declared: bytes) -> Any:  # noqa: ANN401  the library ships no types
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(declared))
    booster.feature_names = booster.feature_types = None
    return booster
