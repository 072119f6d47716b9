"""Discrimination in part, over time and by segment: values by hand and by scikit-learn, simulated coverage."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs
from validation.domain.results import CheckResult
from validation.stats.discrimination import auc
from validation.stats.discrimination_detail import (
    below_floor_p,
    by_segment,
    cap_points,
    partial_auc,
    roc_points,
)

LABELS = np.array([1.0] * 5 + [0.0] * 8)
SCORES = np.array([9, 8, 8, 6, 4, 7, 6, 5, 4, 3, 3, 2, 1], dtype=float)


def rows(result: CheckResult, name: str) -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


@pytest.mark.parametrize("limit", [0.1, 0.25, 1.0])
def test_partial_area_is_that_of_scikit_learn(limit: float) -> None:
    rng = np.random.default_rng(1)
    labels = (np.arange(500) < 100).astype(float)
    scores = rng.normal(size=500) + labels
    found = partial_auc(area=auc(labels=labels, scores=scores), most_alarms=limit)
    assert found.estimate == pytest.approx(roc_auc_score(labels, scores, max_fpr=limit), abs=1e-12)


def test_the_whole_partial_area_has_delongs_variance() -> None:
    area = auc(labels=LABELS, scores=SCORES)
    whole = partial_auc(area=area, most_alarms=1.0)
    assert whole.estimate == pytest.approx(0.875)
    assert whole.standard_error**2 == pytest.approx(0.010546875)


def test_a_partial_area_without_a_score_to_itself_is_chance() -> None:
    # Every row scores alike: half of the non-defaults count as flagged, which is more than a tenth.
    flat = partial_auc(area=auc(labels=LABELS, scores=np.zeros(13)), most_alarms=0.1)
    assert flat.standard_error == 0.0
    assert 0.0 <= flat.estimate <= 0.5


def test_the_interval_of_the_partial_area_covers_the_truth() -> None:
    # Normal scores 1.2 deviations apart: the area up to 0.2 is the integral of Phi(1.2 + Phi^-1(t)).
    rng, hits, trials = np.random.default_rng(8), 0, 500
    grid = (np.arange(200_000) + 0.5) / 1_000_000
    raw = float(stats.norm.cdf(1.2 + stats.norm.ppf(grid)).sum() / 1_000_000)
    truth = 0.5 * (1.0 + (raw - 0.02) / 0.18)
    labels = np.r_[np.ones(60), np.zeros(600)]
    for _ in range(trials):
        area = auc(labels=labels, scores=rng.normal(size=660) + 1.2 * labels)
        interval = partial_auc(area=area, most_alarms=0.2).interval(confidence=0.95)
        assert interval.lower is not None
        assert interval.upper is not None
        hits += interval.lower <= truth <= interval.upper
    assert 0.93 <= hits / trials <= 0.97


def test_the_floor_is_tested_on_the_logit_scale() -> None:
    area = auc(labels=LABELS, scores=SCORES)
    z = (np.log(7.0) - np.log(9.0)) * 0.875 * 0.125 / 0.010546875**0.5
    assert below_floor_p(area=area, floor=0.9) == pytest.approx(stats.norm.cdf(z))
    assert below_floor_p(area=auc(labels=LABELS, scores=LABELS), floor=0.99) == 1.0
    flat = auc(labels=LABELS, scores=np.zeros(13))
    assert (below_floor_p(area=flat, floor=0.5), below_floor_p(area=flat, floor=0.6)) == (1.0, 0.0)


def test_curves_by_hand() -> None:
    order = auc(labels=np.array([1.0, 1.0, 0.0, 0.0]), scores=np.array([4.0, 2.0, 3.0, 1.0])).order
    assert [one.tolist() for one in roc_points(order=order, points=3)] == [[0.0, 0.5, 1.0], [0.5, 1.0, 1.0]]
    # The riskiest row is a default, the next is not: half of the defaults among half of the rows.
    assert cap_points(order=order, points=5)[1].tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("scale", [1.0, 0.5, 1e6])
def test_segments_are_split_whatever_their_codes(scale: float) -> None:
    segments = np.array([3.0, 1.0, 3.0, 2.0]) * scale
    found = {name: places.tolist() for name, places in by_segment(segments=segments)}
    assert found == {1.0 * scale: [1], 2.0 * scale: [3], 3.0 * scale: [0, 2]}


def test_an_auc_that_fell_is_materially_worse() -> None:
    reversed_scores = 1.0 - inputs().array("recent.scores")
    fallen = estimates(execute("discrimination.decline", inputs(recent_scores=reversed_scores)))
    assert fallen["p_value"] < 1e-9
    assert fallen["auc_decline"] > 0.3
    given = estimates(execute("discrimination.decline", params={"initial_auc": "0.5"}))
    assert given["statistic"] < -10
    assert given["p_value"] > 0.999


def test_an_auc_without_variance_cannot_be_compared() -> None:
    flat = inputs(recent_scores=np.full(1000, 0.2))
    assert execute("discrimination.decline", flat).reason == "no_variance"


def test_a_segment_that_is_ordered_backwards_is_found_and_named() -> None:
    given = inputs()
    features, scores = given.array("test.features").copy(), given.array("test.scores").copy()
    features[:, 2] = np.arange(1200) % 3
    backwards = features[:, 2] == 1.0
    scores[backwards] = 1.0 - scores[backwards]
    spoilt = inputs(test_features=features, test_scores=scores)
    result = execute("discrimination.segments", spoilt, params={"column": "age"})
    figures = estimates(result)
    assert figures["segments_below_floor"] == 1
    assert figures["min_p_adjusted"] < 1e-6
    assert min(rows(result, "segments"), key=lambda row: float(row[3]))[0] == "age = 1"


def test_a_segment_whose_scores_are_all_alike_has_no_interval() -> None:
    given = inputs()
    features, scores = given.array("test.features").copy(), given.array("test.scores").copy()
    features[:, 0] = np.arange(1200) % 2
    scores[features[:, 0] == 1.0] = 0.3
    result = execute(
        "discrimination.segments", inputs(test_features=features, test_scores=scores, test_segments=None)
    )
    lowest = next(metric for metric in result.metrics if metric.name == "lowest_auc")
    assert (lowest.estimate, lowest.lower, lowest.upper) == (0.5, None, None)
    points = {one.name: one.points[1][1] for one in result.figures[0].series}
    assert points == {"AUC": 0.5, "95 % lower": 0.5, "95 % upper": 0.5}


def test_the_segments_that_a_data_set_names_are_judged_under_their_names() -> None:
    given = inputs()
    scores, codes = given.array("test.scores").copy(), (np.arange(1200) % 3).astype(float)
    backwards = codes == 1.0
    scores[backwards] = 1.0 - scores[backwards]
    codes[:7] = np.nan
    spoilt = inputs(test_scores=scores, test_segments=codes)
    named = replace(spoilt, segment_names=("north", "south", "west"))
    table = rows(execute("discrimination.segments", named), "segments")
    assert [row[0] for row in table] == ["north", "south", "west", "no segment stated"]
    assert table[3][1:4] == ("7", str(int(given.array("test.labels")[:7].sum())), "too few to judge")
    assert min(table[:3], key=lambda row: float(row[3]))[0] == "south"
    plain = rows(execute("discrimination.segments", spoilt), "segments")
    assert [row[0] for row in plain] == ["segment 0", "segment 1", "segment 2", "no segment stated"]
    of_input = rows(execute("discrimination.segments", named, params={"column": "age"}), "segments")
    assert of_input[1][0].startswith("age from")


@pytest.mark.parametrize(
    ("segments", "names", "reason"),
    [
        (np.zeros(7), (), "malformed_input"),
        (np.arange(1200.0), (), "too_many_segments"),
        (np.full(1200, 3.0), ("north", "south"), "malformed_input"),
        (np.full(1200, 0.5), ("north", "south"), "malformed_input"),
    ],
    ids=["of other rows", "one for each row", "without a name", "between two names"],
)
def test_named_segments_that_make_no_sense_are_refused(
    segments: np.ndarray, names: tuple[str, ...], reason: str
) -> None:
    given = replace(inputs(test_segments=segments), segment_names=names)
    assert execute("discrimination.segments", given).reason == reason


def test_segments_too_small_are_named_and_not_counted_as_good() -> None:
    features = inputs().array("test.features").copy()
    features[:, 0] = np.r_[np.full(30, 5.0), np.zeros(1170)]
    result = execute("discrimination.segments", inputs(test_features=features, test_segments=None))
    assert estimates(result)["segments_too_small"] == 1
    assert rows(result, "segments")[1][3] == "too few to judge"
    everywhere = features.copy()
    everywhere[:, 0] = np.arange(1200) % 20
    alone = execute(
        "discrimination.segments",
        inputs(test_features=everywhere, test_segments=None),
        params={"min_defaults": "100"},
    )
    assert (alone.verdict, alone.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")
    assert alone.n_needed is not None
    assert alone.n_needed > 1200


@pytest.mark.parametrize(
    ("params", "names", "reason"),
    [({"column": "height"}, None, "unknown_column"), ({}, ("one",), "malformed_input")],
)
def test_segments_need_a_column_of_the_features(
    params: dict[str, str], names: tuple[str, ...] | None, reason: str
) -> None:
    given = replace(inputs(test_segments=None), feature_names=names or inputs().feature_names)
    assert execute("discrimination.segments", given, params=params).reason == reason


def test_over_segments_without_fault_false_alarms_stay_within_the_level() -> None:
    rng, alarms, trials = np.random.default_rng(12), 0, 200
    from validation.stats.calibration import holm

    labels = (np.arange(400) % 4 == 0).astype(float)
    for _ in range(trials):
        p_values = [
            below_floor_p(area=auc(labels=labels, scores=rng.normal(size=400)), floor=0.5) for _ in range(6)
        ]
        alarms += holm(np.asarray(p_values)).min() <= 0.05
    # Two and a half standard errors of 200 trials above 5 %.
    assert alarms / trials <= 0.088
