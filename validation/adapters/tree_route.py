"""The explainer of tree ensembles: exact SHAP from their declarative bytes, with SHAP itself as second opinion.

The trees that are explained are the ones that we read, so their outputs can be
compared with the box's scores before anything is believed.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from validation.adapters.shap_trees import ShapTrees
from validation.adapters.skops_formats import read_skops_trees
from validation.adapters.tree_compiled import compiled
from validation.adapters.tree_formats import read_lightgbm, read_xgboost
from validation.domain.inputs import UnusableInputError
from validation.domain.rows import FloatArray, Places, Rows
from validation.domain.share import Advance, no_advance
from validation.domain.tools import Attribution, Overview, SecondOpinion
from validation.stats.sampling import sample_rows
from validation.stats.tree_model import TreeEnsemble
from validation.stats.tree_shap import PLAIN, TooDeepError, TreeShap

# Seconds, by measurement. Compiled code is read in a quarter of a second from where it is kept, and made in ten where
# it is not: once for a machine. NumPy does the tasks that it can finish while it would be read.
_READING_S = 0.25
_PER_LEAF_S, _PER_LINE_S, _PER_STEP_S = 5e-5, 6e-8, 3e-7
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
        self._walked_s = 0.0
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
        # Both walks add the same leaves in the same order, so what was asked before may choose.
        self._walked_s += len(rows) * len(self._ensemble.trees) * _PER_STEP_S
        walk = (compiled() if self._walked_s > _READING_S else PLAIN).walk
        return self._ensemble.outputs(rows=self._tested(rows), walk=walk)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        """Return interventional contributions; exact, so ``seed`` changes nothing."""
        del seed
        if self._tables is None:
            return self._by_library(rows, background)
        return self._by_tables(self._tables, rows, background)

    def overview(self, *, rows: Rows, background: Rows) -> Overview | None:
        """Return contributions of all rows against all of the background, or of few where only SHAP can."""
        if self._tables is None:
            found = self._by_library(
                sample_rows(rows=rows, size=_LIBRARY_ROWS, seed=0),
                sample_rows(rows=background, size=_LIBRARY_BACKGROUND, seed=0),
            )
            return Overview(parts=(found.values,), method=found.method, background=found.background)
        tables, how = self._ready(self._tables, len(rows) + len(background))
        parts = tables.parts(
            rows=rows if self._has_all else _Columns(rows, self._columns),
            background=background if self._has_all else _Columns(background, self._columns),
            advance=self._advance,
        )
        return Overview(parts=(self._widened(part) for part in parts), method=how, background=len(background))

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
        ready, how = self._ready(tables, len(rows) + len(background))
        found = ready.interventional(
            rows=self._tested(rows), background=self._tested(background), advance=self._advance
        )
        return self._attribution(found.values, found.base, len(background), how)

    def _ready(self, tables: TreeShap, rows: int) -> tuple[TreeShap, str]:
        """Return the tables that suit so many rows, and how their values are found, in words."""
        seconds = tables.leaves * _PER_LEAF_S + tables.blocks * rows * _PER_LINE_S
        is_large = seconds > _READING_S
        how = "compiled" if is_large else "on NumPy"
        return (
            self._compiled if is_large else tables
        ), f"interventional, exact, from tables of patterns, {how}"

    @cached_property
    def _compiled(self) -> TreeShap:
        return TreeShap(self._ensemble, kernels=compiled())

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
        return Attribution(values=self._widened(values), base=base, method=method, background=background)

    def _widened(self, values: FloatArray) -> FloatArray:
        """Return contributions of all columns: those that no tree names have none."""
        if self._has_all:
            return values
        whole = np.zeros((len(values), self._width))
        whole[:, self._columns] = values
        return whole


class _Columns(Rows):
    """Some columns of other rows, in the order in which trees know them."""

    def __init__(self, rows: Rows, columns: Sequence[int]) -> None:
        self._rows, self._columns = rows, list(columns)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self._rows), len(self._columns)

    def column(self, place: int) -> FloatArray:
        return self._rows.column(self._columns[place])

    def take(self, places: Places) -> FloatArray:
        return self._rows.take(places)[:, self._columns]

    def stretch(self, begin: int, end: int) -> FloatArray:
        return self._rows.stretch(begin, end)[:, self._columns]


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
