"""AUC with an interval on a million rows, and by fifty segments, against scikit-learn.

scikit-learn gives a point; its interval is a bootstrap. A thousand replicates
are not run: one turn is ``REPLICATES`` of them, and the ratio to a thousand
is extrapolated in the note's terms.
"""

import os

import numpy as np

from tests.benchmarks.harness import Entry, Result, in_process, measure
from validation.stats.discrimination import auc
from validation.stats.discrimination_detail import by_segment

ROWS = int(os.environ.get("MRM_BENCH_AUC_ROWS", "1000000"))
SEGMENTS = 50
REPLICATES = 3


def results() -> list[Result]:
    """Measure one AUC with its interval, and fifty."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    labels = (rng.random(ROWS) < 0.08).astype(np.float64)
    scores = 1.0 / (1.0 + np.exp(3.0 - 1.2 * labels - rng.normal(size=ROWS)))
    segments = rng.integers(0, SEGMENTS, ROWS).astype(np.float64)

    def with_interval() -> list[float]:
        area = auc(labels=labels, scores=scores)
        assert area.interval(confidence=0.95).lower is not None
        return [area.estimate]

    def bootstrap() -> list[float]:
        picks = np.random.default_rng(2)
        for _ in range(REPLICATES):
            rows = picks.integers(0, ROWS, ROWS)
            roc_auc_score(labels[rows], scores[rows])
        return [float(roc_auc_score(labels, scores))]

    def point() -> list[float]:
        return [float(roc_auc_score(labels, scores))]

    def by_segment_with_interval() -> list[float]:
        found = [auc(labels=labels[rows], scores=scores[rows]) for _, rows in by_segment(segments=segments)]
        assert all(area.interval(confidence=0.95).lower is not None for area in found)
        return [area.estimate for area in found]

    def by_segment_points() -> list[float]:
        parts = [segments == place for place in range(SEGMENTS)]
        return [float(roc_auc_score(labels[part], scores[part])) for part in parts]

    def is_equal(ours: list[float], peer: list[float]) -> bool:
        return len(ours) == len(peer) and np.allclose(ours, peer, rtol=0.0, atol=1e-12)

    one, fifty = "stats.discrimination.auc, with interval", "the same in fifty segments"
    cases = (
        (one, with_interval, f"{REPLICATES} bootstrap replicates and the point", bootstrap),
        (one, with_interval, "roc_auc_score, no interval", point),
        (fifty, by_segment_with_interval, "roc_auc_score by segment, no interval", by_segment_points),
    )
    return [
        measure(
            Entry(
                name=f"{name}, against scikit-learn: {peer}",
                work=f"{name}, {ROWS:,} rows; scikit-learn: {peer}",
                ours=in_process(name, ours),
                peer=in_process(f"scikit-learn, {peer}", theirs),
                is_equal=is_equal,
                runs=5,
                warm_up=1,
                sizes={"rows": ROWS, "segments": SEGMENTS},
                note=f"a bootstrap of 1,000 costs 1,000 / {REPLICATES + 1} of the turn measured, about",
            )
        )
        for name, ours, peer, theirs in cases
    ]
