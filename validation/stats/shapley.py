"""Shapley values of a function known by its outputs alone, by antithetic permutations.

Each order of the features is walked forwards and backwards (Castro, Gomez and
Tejada, 2009; antithetic pairs cancel the error of pairwise interactions). The
value of a set of features is the mean output with the others taken from the
background. Sums are exact: contributions add up to output minus base.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import FloatArray
from validation.domain.share import Advance, no_advance


def permutation_values(
    *,
    predict: Callable[[FloatArray], FloatArray],
    rows: FloatArray,
    background: FloatArray,
    pairs: int,
    seed: int,
    advance: Advance = no_advance,
) -> tuple[FloatArray, float]:
    """Return contributions (rows x features) and the base, the mean output over the background.

    One call of ``predict`` a row, with 2 x pairs x (features + 1) x background rows.
    """
    generator = np.random.default_rng(seed)
    values = np.empty(rows.shape)
    for i, row in enumerate(rows):
        forwards = [generator.permutation(len(row)) for _ in range(pairs)]
        orders = np.array([order for one in forwards for order in (one, one[::-1])])
        values[i] = _walk(predict, row, background, orders)
        advance(i + 1, len(rows), "rows explained")
    return values, float(predict(background).mean())


def _walk(
    predict: Callable[[FloatArray], FloatArray],
    row: FloatArray,
    background: FloatArray,
    orders: NDArray[np.int64],
) -> FloatArray:
    # rank[o, j] is the place of feature j in order o; after step k the first k features are known.
    rank = np.argsort(orders, axis=1)
    known = rank[:, None, :] < np.arange(len(row) + 1)[None, :, None]
    mixed = np.where(known[:, :, None, :], row, background)
    outputs = predict(mixed.reshape(-1, len(row))).reshape(mixed.shape[:3]).mean(axis=2)
    gains = np.diff(outputs, axis=1)
    return np.asarray(np.take_along_axis(gains, rank, axis=1).mean(axis=0), dtype=np.float64)
