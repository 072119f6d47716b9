"""With the real libraries, on planted truth: who earns a place, how often. ``tests/studies`` has the larger runs."""

import numpy as np
import pytest
from scipy.stats import binom

from tests.studies import challenger_rates
from tests.studies.challenger_rates import MARGIN, World, draw, lower_ends, true_gain

REPLICATES = 40
# One family, which holds the additive part of these worlds; the candidate knows the truth, but for noise.
QUICK = {"families": "monotone_gbm", "settings": 1, "folds": 2, "tuning_rows": 1000, "reseeds": 1}
LEVEL = World(bend=0.0, noise=0.35)
TWO_POINTS = World(bend=0.0, noise=0.3, interaction=0.225)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenger_rates, "REDUCED", QUICK | {"replicates": 100})


@pytest.mark.parametrize(("world", "gain"), [(LEVEL, 0.0), (TWO_POINTS, 0.02)], ids=["level", "two points"])
def test_the_planted_gain_is_what_it_is_said_to_be(world: World, gain: float) -> None:
    seen = [
        true_gain(draw(world, train=3000, test=500, seed=seed, holdout=100_000), seed=seed)
        for seed in range(10_001, 10_009)
    ]
    assert np.mean(seen) == pytest.approx(gain, abs=0.004)


def earned(world: World) -> int:
    ends = lower_ends(world, train=3000, test=20_000, replicates=REPLICATES, first_seed=1)
    return sum(end >= MARGIN for end in ends)


def test_a_model_without_an_advantage_rarely_earns_its_place() -> None:
    # More would be seen once in a thousand studies if the rate were 5 %.
    assert earned(LEVEL) <= binom.ppf(0.999, REPLICATES, 0.05)


def test_a_model_that_gains_two_points_mostly_earns_its_place() -> None:
    # Fewer would be seen once in a thousand studies if the power were 80 %.
    assert earned(TWO_POINTS) >= binom.ppf(0.001, REPLICATES, 0.80)
