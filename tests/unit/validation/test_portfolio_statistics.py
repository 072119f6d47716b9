"""Few defaults, correlated defaults, single obligors, crowded grades: by hand, by simulation, by refusal."""

import numpy as np
import pytest
from scipy import stats

from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs
from validation.stats.calibration import binomial_p
from validation.stats.concentration import concentration, concentration_rise
from validation.stats.low_default import conditional_pd, correlated_p, prudent_bounds, spiegelhalter

PD, N, D = np.array([0.02, 0.05]), np.array([500.0, 200.0]), np.array([18.0, 0.0])


def test_without_correlation_the_tail_is_the_binomial() -> None:
    found = correlated_p(pd=PD, obligors=N, defaults=D, correlation=0.0)
    assert found == pytest.approx(binomial_p(pd=PD, obligors=N, defaults=D), abs=1e-12)
    assert found[1] == 1.0


def test_the_correlated_tail_agrees_with_simulation() -> None:
    rng = np.random.default_rng(2)
    rates = stats.norm.cdf((stats.norm.ppf(0.02) + np.sqrt(0.12) * rng.normal(size=200_000)) / np.sqrt(0.88))
    simulated = float((rng.binomial(500, rates) >= 18).mean())
    found = correlated_p(pd=PD[:1], obligors=N[:1], defaults=D[:1], correlation=0.12)[0]
    # Three standard errors of a share of 200,000.
    assert found == pytest.approx(simulated, abs=3 * (simulated * (1 - simulated) / 200_000) ** 0.5)
    # A grade so large that chance plays no part exceeds the critical rate in 5 % of years.
    rate = conditional_pd(pd=PD[:1], correlation=0.12, stress=0.95)
    size = np.array([1e7])
    tail = correlated_p(pd=PD[:1], obligors=size, defaults=np.ceil(rate * size), correlation=0.12)[0]
    assert tail == pytest.approx(0.05, abs=0.01)


def test_prudent_bounds_pool_each_grade_with_the_riskier() -> None:
    obligors, defaults = np.array([100.0, 400.0, 300.0]), np.array([0.0, 2.0, 1.0])
    found = prudent_bounds(obligors=obligors, defaults=defaults, confidence=0.75)
    # The ends of Clopper and Pearson's intervals on the pools.
    expected = [stats.beta.ppf(0.75, d + 1, n - d) for n, d in ((800, 3), (700, 3), (300, 1))]
    assert found == pytest.approx(expected)
    assert prudent_bounds(obligors=np.array([3.0]), defaults=np.array([3.0]), confidence=0.75)[0] == 1.0


def test_right_probabilities_alarm_as_often_as_they_should() -> None:
    rng, alarms, trials = np.random.default_rng(3), 0, 600
    scores = rng.beta(1.0, 12.0, size=400)
    for _ in range(trials):
        found = spiegelhalter(labels=(rng.random(400) < scores).astype(float), scores=scores)
        assert found is not None
        alarms += found.p_value < 0.05
    assert 0.025 <= alarms / trials <= 0.075
    assert spiegelhalter(labels=np.array([0.0, 1.0]), scores=np.array([0.5, 1.0])) is None


def test_an_even_spread_is_not_concentrated_and_one_grade_is_wholly() -> None:
    even, one = concentration(np.full(4, 25.0)), concentration(np.array([0.0, 100.0, 0.0, 0.0]))
    assert (even.variation, even.index) == (0.0, pytest.approx(0.0))
    assert one.index == 1.0
    assert concentration_rise(initial=one, current=even, grades=4).p_value == 1.0
    # z = sqrt(3) * sqrt(3) / sqrt(3 * 3.5) = 0.9258.
    assert concentration_rise(initial=even, current=one, grades=4).p_value == pytest.approx(0.1773, abs=5e-5)


def test_halved_probabilities_are_found_by_every_calibration_check() -> None:
    halved = inputs(test_scores=inputs().array("test.scores") / 2.0)
    assert estimates(execute("calibration.spiegelhalter", halved))["p_value"] < 1e-6
    low = estimates(execute("calibration.low_default", halved, params={"correlation": "0"}))
    assert low["grades_underestimated"] >= 2
    assert low["grades_below_prudent_bound"] >= 2
    # The more the obligors move together, the more a bad year excuses.
    excused = estimates(execute("calibration.low_default", halved, params={"correlation": "0.5"}))
    assert excused["min_p_adjusted"] > low["min_p_adjusted"]


@pytest.mark.parametrize("check", ["calibration.low_default", "calibration.spiegelhalter"])
def test_certain_probabilities_cannot_be_judged(check: str) -> None:
    result = execute(check, inputs(test_scores=np.zeros(1200)))
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "degenerate_pd")
    assert execute(check, inputs(test_scores=np.full(1200, 7.0))).reason == "not_a_probability"


def test_obligors_that_crowd_into_one_grade_are_seen() -> None:
    crowded = inputs(recent_scores=np.full(1000, 0.15))
    figures = estimates(execute("stability.concentration", crowded))
    assert figures["herfindahl_index"] == 1.0
    assert figures["herfindahl_index_before"] < 0.2
    # With four grades the test has little power: the shares of even one grade alone give 0.15.
    assert figures["p_value"] < 0.2
