"""Evidently's column drift through its public API; the method of every column is named, never defaulted."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from validation.domain.inputs import FloatArray
from validation.domain.tools import ColumnDrift, DriftTool

# Evidently returns a distance for the others: large means drift. For a p-value small means drift.
_P_VALUES = frozenset({"ks", "chisquare"})
_FOR_CATEGORIES = {"ks": "chisquare", "wasserstein": "jensenshannon"}


def build_drift() -> DriftTool:
    """Return the tool. Evidently itself is imported on first use, which takes seconds."""
    return compare_columns


def compare_columns(
    *,
    names: Sequence[str],
    reference: FloatArray,
    current: FloatArray,
    method: str,
    threshold: float,
    categories: Collection[str] = (),
) -> tuple[ColumnDrift, ...]:
    """Return Evidently's figure for every column under ``method``, and whether it passes the threshold.

    Evidently drops NaN from each column before it compares, and refuses a
    column that then holds nothing in either batch.

    A category is compared by the chi-square test where ``method`` is ``ks``
    and by the Jensen-Shannon distance where it is ``wasserstein``.
    """
    report = run_report(
        names=names,
        reference=reference,
        current=current,
        method=method,
        threshold=threshold,
        categories=categories,
    )
    found = {
        metric["config"]["column"]: float(np.ravel(metric["value"])[0]) for metric in report.dict()["metrics"]
    }
    return tuple(
        ColumnDrift(
            column=name,
            method=used,
            value=found[name],
            threshold=threshold,
            drifted=found[name] < threshold if used in _P_VALUES else found[name] >= threshold,
        )
        for name, used in _methods(names, method, categories).items()
    )


def run_report(
    *,
    names: Sequence[str],
    reference: FloatArray,
    current: FloatArray,
    method: str,
    threshold: float,
    categories: Collection[str] = (),
) -> Any:  # noqa: ANN401  the library's own snapshot
    """Return what Evidently made of the columns, as its own object."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    methods = _methods(names, method, categories)
    definition = DataDefinition(
        numerical_columns=[name for name in names if name not in categories],
        categorical_columns=[name for name in names if name in categories],
    )
    batches = [
        Dataset.from_pandas(pd.DataFrame(values, columns=list(names)), data_definition=definition)
        for values in (current, reference)
    ]
    report = Report([ValueDrift(column=name, method=methods[name], threshold=threshold) for name in names])
    return report.run(*batches)


def _methods(names: Sequence[str], method: str, categories: Collection[str]) -> dict[str, str]:
    return {name: _FOR_CATEGORIES.get(method, method) if name in categories else method for name in names}
