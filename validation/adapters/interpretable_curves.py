"""An explainable boosting machine without interactions: one curve per input, and the curves add up.

Lou, Caruana and Gehrke (2012); fitted by InterpretML, of which nothing but the
estimator is imported, in one process. No picture is drawn and nothing is sent.
"""

from collections.abc import Sequence

import numpy as np

from validation.domain.challengers import Setting
from validation.domain.results import decimal_text
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import Challenger

_BAGS = 4
_RATE = 0.1
_SMOOTHING_ROUNDS = 20
_PATIENCE = 20


def fit_curves(
    *,
    setting: Setting,
    names: Sequence[str],
    features: FloatArray,
    labels: FloatArray,
    score_rows: Rows,
    seed: int,
) -> Challenger:
    """Fit the curves; ``setting`` holds ``bins``, the most steps of a curve."""
    from interpret.glassbox import ExplainableBoostingClassifier

    bins = int(setting["bins"])
    model = ExplainableBoostingClassifier(
        feature_names=list(names),
        feature_types=["continuous"] * len(names),
        max_bins=bins,
        interactions=0,
        outer_bags=_BAGS,
        learning_rate=_RATE,
        smoothing_rounds=_SMOOTHING_ROUNDS,
        early_stopping_rounds=_PATIENCE,
        n_jobs=1,
        random_state=seed % 2**31,
    )
    model.fit(features, labels)
    rows = [("(intercept)", "", "", decimal_text(float(model.intercept_[0])))]
    for (place,), curve in zip(model.term_features_, model.term_scores_, strict=True):
        # The first step stands for a missing value and the last for an unseen one; no row has either.
        cuts, steps = model.bins_[place][0], curve[1:-1]
        limits = ["", *(decimal_text(float(cut)) for cut in cuts), ""]
        rows += [
            (names[place], limits[i], limits[i + 1], decimal_text(float(step)))
            for i, step in enumerate(steps)
        ]
    return Challenger(
        title=f"explainable boosting machine, no interactions, at most {bins} steps a curve, {_BAGS} bags",
        scores=score_rows.map(lambda rows: np.asarray(model.predict_proba(rows)[:, 1], dtype=np.float64)),
        columns=("feature", "from", "to", "contribution to log-odds"),
        rows=tuple(rows),
    )
