"""Quality of attributions: do they add up, and have they settled?"""

import numpy as np

from validation.domain.inputs import FloatArray


def additivity_errors(*, outputs: FloatArray, base: float, values: FloatArray) -> FloatArray:
    """Return per row |f - base - sum of contributions| over the spread of the outputs.

    The spread is the largest |f - base| over the rows, so a row whose output
    lies near the base does not blow up rounding.
    """
    gaps = np.abs(outputs - base - values.sum(axis=1))
    scale = float(np.abs(outputs - base).max())
    return np.asarray(gaps / scale if scale > 0.0 else gaps, dtype=np.float64)


def convergence_ratio(*, runs: FloatArray) -> FloatArray:
    """Return per row max_j se_j / (max phi - min phi) over repeated runs (Covert and Lee, 2021).

    ``runs`` is runs x rows x features; a row without any contribution has ratio 0
    when its runs agree.
    """
    errors = (runs.std(axis=0, ddof=1) / np.sqrt(runs.shape[0])).max(axis=1)
    mean = runs.mean(axis=0)
    spread = mean.max(axis=1) - mean.min(axis=1)
    flat = np.where(errors > 0.0, np.inf, 0.0)
    return np.asarray(np.divide(errors, spread, out=flat, where=spread > 0.0), dtype=np.float64)
