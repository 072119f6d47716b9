"""Figures that few cases decide: simulated misfit, a decline between two samples, intervals without an error."""

from dataclasses import replace

import numpy as np
import pytest

from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs
from validation.stats.calibration import Grades, brier, hosmer_lemeshow, simulated_misfit_p
from validation.stats.discrimination import auc, paired_difference


def test_simulated_misfit_agrees_with_chi_square_where_defaults_are_many() -> None:
    table = Grades(
        obligors=np.full(3, 5_000.0),
        defaults=np.array([290.0, 470.0, 1_060.0]),
        pds=np.array([0.05, 0.1, 0.2]),
    )
    found = simulated_misfit_p(table=table, draws=20_000, seed=1)
    assert found == pytest.approx(hosmer_lemeshow(table=table).p_out_of_sample, abs=0.006)


def test_simulated_misfit_of_one_grade_by_hand() -> None:
    # Two obligors at 1/2: no default or two lie furthest, which is one half of all draws; one is the centre.
    pairs = Grades(obligors=np.array([2.0]), defaults=np.array([2.0]), pds=np.array([0.5]))
    assert simulated_misfit_p(table=pairs, draws=20_000, seed=1) == pytest.approx(0.5, abs=0.015)
    assert simulated_misfit_p(table=replace(pairs, defaults=np.array([1.0])), draws=99, seed=1) == 1.0


def test_a_grade_that_expects_next_to_nothing_is_judged_by_simulation() -> None:
    given = replace(inputs(), grade_edges=(0.01, 0.1, 0.5))
    assert execute("calibration.hosmer_lemeshow", given).verdict is Verdict.NOT_APPLICABLE
    simulated = execute("calibration.hosmer_lemeshow", given, params={"degrees": "simulated"})
    assert simulated.verdict is Verdict.PASS
    assert estimates(simulated)["p_value"] > 0.01


def test_a_decline_counts_the_doubt_of_both_samples() -> None:
    given = inputs()
    noisy = given.array("recent.scores") + np.random.default_rng(1).normal(size=1000) * 0.1
    found = estimates(execute("discrimination.decline", inputs(recent_scores=noisy)))
    assert found["p_value"] < found["p_value_two_samples"] < 0.5
    known = estimates(
        execute("discrimination.decline", inputs(recent_scores=noisy), params={"initial_auc": "0.8"})
    )
    assert known["p_value"] == known["p_value_two_samples"]


def test_intervals_without_an_error_have_no_width() -> None:
    area = auc(labels=np.array([1.0, 1.0, 0.0, 0.0]), scores=np.array([4.0, 3.0, 2.0, 1.0]))
    same = paired_difference(first=area, second=area)
    assert (same.degrees, same.standard_error, same.z) == (1.0, 0.0, 0.0)


def test_an_interval_of_an_auc_mirrors_with_the_scores() -> None:
    labels = np.array([1.0] * 5 + [0.0] * 8)
    scores = np.array([9, 8, 8, 6, 4, 7, 6, 5, 4, 3, 3, 2, 1], dtype=float)
    up, down = (auc(labels=labels, scores=sign * scores).interval(confidence=0.9) for sign in (1, -1))
    assert up.lower is not None
    assert up.upper is not None
    assert (down.lower, down.upper) == pytest.approx((1.0 - up.upper, 1.0 - up.lower))


def test_the_degrees_of_freedom_of_a_spread_fall_where_few_rows_dominate() -> None:
    rng = np.random.default_rng(2)
    scores = np.full(4_000, 0.02)
    rare = brier(labels=(rng.random(4_000) < 0.02).astype(float), scores=scores, edges=())
    assert 100 < rare.score_degrees < 250
    even = brier(labels=np.tile([0.0, 1.0], 50), scores=np.full(100, 0.5), edges=())
    assert even.score_degrees == 99.0
    most = brier(labels=np.tile([0.0, 1.0], 50), scores=np.linspace(0.4, 0.6, 100), edges=())
    assert most.skill_degrees <= 99.0
