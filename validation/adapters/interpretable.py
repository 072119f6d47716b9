"""The admissible challengers, fitted by the program: a reader can recompute any score from the table."""

from collections.abc import Sequence

from validation.adapters.interpretable_curves import fit_curves
from validation.adapters.interpretable_scorecard import fit_scorecard
from validation.adapters.interpretable_trees import fit_trees
from validation.domain.challengers import EBM, MONOTONE_GBM, SCORECARD, Setting
from validation.domain.rows import FloatArray, Rows
from validation.domain.tools import Challenger, ChallengerTool

_FITS = {SCORECARD.name: fit_scorecard, EBM.name: fit_curves, MONOTONE_GBM.name: fit_trees}


def build_challenger() -> ChallengerTool:
    """Return the tool; a library is imported when its family is first fitted."""
    return fit_challenger


def fit_challenger(
    *,
    family: str,
    setting: Setting,
    names: Sequence[str],
    features: FloatArray,
    labels: FloatArray,
    score_rows: Rows,
    seed: int,
) -> Challenger:
    """Fit the named family on ``features`` and ``labels`` (both classes present) and score ``score_rows``."""
    return _FITS[family](
        setting=setting, names=names, features=features, labels=labels, score_rows=score_rows, seed=seed
    )
