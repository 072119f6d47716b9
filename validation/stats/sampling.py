"""Sub-samples that do not depend on the order in which rows arrive."""

import numpy as np

from validation.domain.inputs import FloatArray


def sample_rows(*, rows: FloatArray, size: int, seed: int) -> FloatArray:
    """Return at most ``size`` rows without replacement, in the order of their values."""
    ordered = rows[np.lexsort(rows.T[::-1])]
    if len(ordered) <= size:
        return ordered
    picked = np.random.default_rng(seed).choice(len(ordered), size=size, replace=False)
    return ordered[np.sort(picked)]
