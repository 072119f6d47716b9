"""Evidently's column drift through its public API; the method of every column is named, never defaulted."""

from collections.abc import Sequence

import numpy as np

from validation.domain.inputs import FloatArray
from validation.domain.tools import ColumnDrift, DriftTool

# Evidently returns a distance for these: large means drift. For a p-value small means drift.
_P_VALUES = frozenset({"ks"})


def build_drift() -> DriftTool:
    """Return the tool. Evidently itself is imported on first use, which takes seconds."""
    return compare_columns


def compare_columns(
    *, names: Sequence[str], reference: FloatArray, current: FloatArray, method: str, threshold: float
) -> tuple[ColumnDrift, ...]:
    """Return Evidently's figure for every column under ``method``, and whether it passes the threshold."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    definition = DataDefinition(numerical_columns=list(names))
    batches = [
        Dataset.from_pandas(pd.DataFrame(values, columns=list(names)), data_definition=definition)
        for values in (current, reference)
    ]
    report = Report([ValueDrift(column=name, method=method, threshold=threshold) for name in names])
    found = {
        metric["config"]["column"]: float(np.ravel(metric["value"])[0])
        for metric in report.run(*batches).dict()["metrics"]
    }
    return tuple(
        ColumnDrift(
            column=name,
            method=method,
            value=found[name],
            threshold=threshold,
            drifted=found[name] < threshold if method in _P_VALUES else found[name] >= threshold,
        )
        for name in names
    )
