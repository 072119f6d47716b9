"""Perturbed, missing and extreme inputs: closed forms on linear models, and every way a model may take them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.oracle.validation.values import robustness_value
from tests.unit.validation.builders import NAMES, WEIGHTS, at_least, estimates, execute, inputs, plan
from validation.adapters.asking import MOST_DEATHS, build_asking
from validation.catalog import load_catalog
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import CheckResult
from validation.domain.tools import Answer, Reply, Tools
from validation.engine.core import execute_check
from validation.sandbox.errors import BoxError, box_error
from validation.stats.discrimination import auc
from validation.stats.probes import ask_unchanged, leave_out, shake, stress
from validation.stats.robustness import describe_column, gini_loss, mean_interval, move_values, stress_points

CHECK = "robustness.inputs"
Model = Callable[[FloatArray], FloatArray]


def answering(model: Model) -> Any:
    return lambda *, rows: Answer(reply=Reply.ANSWERED, scores=np.asarray(model(rows), dtype=np.float64))


def of_model(model: Model, given: CheckInputs | None = None, **params: str) -> CheckResult:
    """The check on a model, as if it came out of the box."""
    return of_tool(build_asking(predict=model), given, **params)


def of_tool(tool: Any, given: CheckInputs | None = None, **params: str) -> CheckResult:
    (request,) = plan(CHECK, params=params).requests
    return execute_check(
        check=load_catalog()[CHECK],
        request=request,
        inputs=inputs() if given is None else given,
        tools=lambda _spec, seed: Tools(seed=seed, predict=tool),
        seed=5,
        clock=SystemClock(),
    )


def logistic(rows: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-(np.nan_to_num(rows) @ WEIGHTS - 1.5))))


def uniform_columns(rows: int, columns: int) -> FloatArray:
    """Columns whose values are spread evenly over 0 to 1, each in an order of its own."""
    grid, rng = (np.arange(rows) + 0.5) / rows, np.random.default_rng(8)
    return np.column_stack([rng.permutation(grid) for _ in range(columns)])


def wide_normal(rows: int) -> tuple[FloatArray, FloatArray]:
    """Two classes, N(1,1) and N(0,1), by their quantiles; one column."""
    from scipy.special import ndtri

    ranks = (np.arange(rows // 2) + 0.5) / (rows // 2)
    values = np.concatenate([ndtri(ranks) + 1.0, ndtri(ranks)])
    return values[:, np.newaxis], np.repeat([1.0, 0.0], rows // 2)


def test_noise_of_a_linear_probability_has_the_closed_form() -> None:
    # A range of a thousand clips nothing that matters, and its quartiles lie 500 apart.
    rows = uniform_columns(20000, 1) * 1000.0
    asked = ask_unchanged(
        predict=answering(lambda given: 0.5 + 0.1 * (given[:, 0] - 500.0) / 1000.0),
        training=rows,
        rows=rows,
        labels=(rows[:, 0] > 500.0).astype(float),
        codes=(False,),
    )
    assert asked.columns[0].scale == pytest.approx(500.0, rel=1e-3)
    found = shake(
        predict=answering(lambda given: 0.5 + 0.1 * (given[:, 0] - 500.0)),
        asked=replace(asked, scores=0.5 + 0.1 * (rows[:, 0] - 500.0)),
        repeats=2,
        jitter=0.3 / 500.0,
        redrawn=0.0,
        confidence=0.95,
        seed=1,
    )
    case = "PD = 0.5 + 0.1 x, normal noise 0.3"
    assert found.changes[0] == pytest.approx(robustness_value(case, "mean change"), rel=0.02)
    assert found.moved[0] > 0.99
    changes = np.abs(found.scores - (0.5 + 0.1 * (rows[:, 0] - 500.0)))
    assert np.quantile(changes, 0.99) == pytest.approx(robustness_value(case, "p99 change"), rel=0.03)


def test_noise_in_all_columns_adds_up_as_variances_do() -> None:
    rows = uniform_columns(20000, 3) * 1000.0

    def model(given: FloatArray) -> FloatArray:
        return np.asarray(given @ np.array([0.1, -0.08, 0.04]))

    asked = ask_unchanged(
        predict=answering(model),
        training=rows,
        rows=rows,
        labels=(rows[:, 0] > 500.0).astype(float),
        codes=(False, False, False),
    )
    found = shake(
        predict=answering(model),
        asked=asked,
        repeats=1,
        jitter=0.3 / 500.0,
        redrawn=0.0,
        confidence=0.95,
        seed=1,
    )
    joint = float(np.abs(found.scores - asked.scores).mean())
    expected = robustness_value("weights .1, -.08, .04, noise 0.3 each", "mean change")
    assert joint == pytest.approx(expected, rel=0.02)
    assert found.changes / found.changes[0] == pytest.approx([1.0, 0.8, 0.4], rel=0.03)


def test_noise_costs_the_gini_of_the_binormal_form() -> None:
    rows, labels = wide_normal(8000)
    predict = answering(lambda given: np.nan_to_num(given[:, 0]))
    asked = ask_unchanged(predict=predict, training=rows, rows=rows, labels=labels, codes=(False,))
    found = shake(
        predict=predict,
        asked=asked,
        repeats=4,
        jitter=1.0 / asked.columns[0].scale,
        redrawn=0.0,
        confidence=0.95,
        seed=3,
    )
    case = "two classes N(1,1) and N(0,1), noise 1"
    assert found.loss.estimate == pytest.approx(robustness_value(case, "gini loss"), abs=0.012)
    assert found.loss.lower < robustness_value(case, "gini loss") < found.loss.upper
    assert found.losses[0] == found.loss
    missing = leave_out(predict=predict, asked=asked, confidence=0.95)
    case = "two classes N(1,1) and N(0,1), missing"
    assert missing.losses[0].estimate == pytest.approx(robustness_value(case, "gini loss"), abs=1e-4)
    assert missing.adjusted[0] < 1e-12


def test_the_loss_over_two_draws_is_the_one_worked_by_hand() -> None:
    labels, base = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.9, 0.8, 0.3, 0.2])
    draws = [np.array([0.9, 0.25, 0.3, 0.2]), base]
    loss = gini_loss(labels=labels, base=auc(labels=labels, scores=base), moved=draws, confidence=0.95)
    for name, value in (
        ("gini loss", loss.estimate),
        ("lower", loss.lower),
        ("upper", loss.upper),
        ("p", loss.p_two_sided),
    ):
        expected = robustness_value("two draws of four obligors", name)
        assert value == pytest.approx(expected, abs=1e-6), name
    nothing = gini_loss(labels=labels, base=auc(labels=labels, scores=base), moved=[base], confidence=0.95)
    assert (nothing.estimate, nothing.lower, nothing.upper, nothing.p_two_sided) == (0.0, 0.0, 0.0, 1.0)


def test_stress_goes_where_it_is_told() -> None:
    rows = uniform_columns(2000, 1)
    predict = answering(lambda given: 0.5 + 0.1 * given[:, 0])
    labels = (rows[:, 0] > 0.5).astype(float)
    asked = ask_unchanged(predict=predict, training=rows, rows=rows, labels=labels, codes=(False,))
    found = stress(predict=predict, asked=asked, training=rows, tail=0.01, beyond=0.5)
    assert found.values[0] == pytest.approx([-0.5, 0.01, 0.99, 1.5], abs=1e-3)
    beyond = robustness_value("PD = 0.5 + 0.1 x, x uniform on 0 to 1", "move beyond the range")
    assert found.moves[0] == pytest.approx([-beyond, -0.049, 0.049, beyond], abs=1e-3)
    assert found.worst in {(0, 0), (0, 3)}
    silent = stress(
        predict=lambda *, rows: Answer(reply=Reply.REFUSED), asked=asked, training=rows, tail=0.01, beyond=0.5
    )
    assert silent.worst is None
    assert silent.count(Reply.REFUSED) == 4


def test_a_column_is_described_by_its_quartiles_or_its_tails() -> None:
    even = np.arange(101.0)
    assert describe_column(training=even, rows=even, is_code=False).scale == 50.0
    mostly_zero = np.concatenate([np.zeros(80), np.arange(20.0)])
    column = describe_column(training=mostly_zero, rows=np.array([-3.5, 40.0]), is_code=False)
    assert column.scale == pytest.approx(14.0)
    assert (column.low, column.high, column.is_whole, column.codes) == (-3.5, 40.0, False, None)
    constant = describe_column(training=np.ones(60), rows=np.ones(9), is_code=False)
    assert (constant.scale, constant.is_whole) == (0.0, True)
    stressed = stress_points(
        training=even,
        column=describe_column(training=even, rows=even, is_code=False),
        tail=0.01,
        beyond=0.255,
    )
    assert stressed.tolist() == [-26.0, 1.0, 99.0, 126.0]


def test_the_ends_of_the_doubles_are_not_left() -> None:
    huge = np.array([-1.7e308, 0.5, 1.7e308] * 20)
    column = describe_column(training=huge, rows=huge, is_code=False)
    assert np.isfinite(stress_points(training=huge, column=column, tail=0.01, beyond=100.0)).all()


def test_whole_numbers_stay_whole_and_move_by_no_more_on_average() -> None:
    values = np.tile(np.arange(5.0), 4000)
    column = describe_column(training=values, rows=values, is_code=False)
    moved = move_values(column=column, values=values, jitter=0.1, redrawn=0.0, rng=np.random.default_rng(2))
    assert set(moved.tolist()) == {0.0, 1.0, 2.0, 3.0, 4.0}
    inner = (values > 0.0) & (values < 4.0)
    # Mean distance of normal noise of 0.2: all of it is kept, as whole steps of some rows.
    assert np.abs(moved - values)[inner].mean() == pytest.approx(0.2 * (2.0 / np.pi) ** 0.5, rel=0.05)
    assert (moved - values)[inner].mean() == pytest.approx(0.0, abs=0.01)


def test_codes_are_redrawn_from_training_and_not_jittered() -> None:
    training = np.repeat([1.0, 7.0], [30, 70])
    column = describe_column(training=training, rows=np.array([1.0]), is_code=True)
    values = np.ones(20000)
    moved = move_values(column=column, values=values, jitter=50.0, redrawn=0.4, rng=np.random.default_rng(2))
    assert set(moved.tolist()) == {1.0, 7.0}
    assert (moved == 7.0).mean() == pytest.approx(0.4 * 0.7, abs=0.01)


def test_the_interval_of_a_mean_change_does_not_go_below_zero() -> None:
    lower, upper = mean_interval(values=np.array([0.0, 0.0, 0.0, 1.0]), confidence=0.95)
    assert lower == 0.0
    assert upper == pytest.approx(0.25 + 1.959964 * 0.25)


def test_the_check_tells_a_refusal_from_an_answer() -> None:
    refusing = execute(CHECK)
    figures = estimates(refusing)
    assert (figures["missing_refused_share"], figures["missing_silent_share"]) == (1.0, 0.0)
    assert figures["missing_gini_loss"] == 0.0
    assert {row[1] for row in refusing.tables[1].rows} == {"refused"}
    silent = estimates(of_model(logistic))
    assert (silent["missing_refused_share"], silent["missing_silent_share"]) == (0.0, 1.0)
    assert silent["missing_gini_loss"] > 0.05
    (worst,) = (m for m in of_model(logistic).metrics if m.name == "missing_gini_loss")
    assert worst.method.startswith("income, the worst of 3 answered")


def test_the_worst_missing_column_has_an_interval_for_all_that_were_answered() -> None:
    rows = uniform_columns(400, 3)
    predict = answering(lambda given: 1.0 / (1.0 + np.exp(-np.nan_to_num(given) @ WEIGHTS)))
    labels = (rows @ WEIGHTS + uniform_columns(400, 4)[:, 3] > 0.6).astype(float)
    asked = ask_unchanged(
        predict=predict, training=rows, rows=rows, labels=labels, codes=(False, False, False)
    )
    found = leave_out(predict=predict, asked=asked, confidence=0.95)
    without = predict(rows=asked.with_value(0, np.nan)).scores
    alone = asked.loss(without[np.newaxis], 1.0 - 0.05 / 3.0)
    assert (found.losses[0].lower, found.losses[0].upper) == (alone.lower, alone.upper)
    # Holm: the smallest of three p-values counts three times.
    least = min(found.losses, key=lambda i: found.losses[i].p_two_sided)
    assert found.adjusted[least] == pytest.approx(min(1.0, 3.0 * found.losses[least].p_two_sided))


def test_a_column_without_influence_is_answered_as_before() -> None:
    def first(rows: FloatArray) -> FloatArray:
        return np.asarray(1.0 / (1.0 + np.exp(-np.nan_to_num(rows[:, 0]) + 1.5)))

    result = of_model(first)
    assert estimates(result)["missing_silent_share"] == pytest.approx(1.0 / 3.0)
    words = {row[0]: row[1] for row in result.tables[1].rows}
    assert words == {
        "income": "answered otherwise",
        "debt": "answered as before",
        "age": "answered as before",
    }
    assert result.tables[0].rows[0][0] == "income"
    (most,) = (m for m in result.metrics if m.name == "most_sensitive_change")
    assert most.method.startswith("income alone")


def test_an_output_that_is_no_pd_under_stress_fails_whatever_the_plan_says() -> None:
    def linear(rows: FloatArray) -> FloatArray:
        return np.asarray(0.5 + 0.05 * np.nan_to_num(rows[:, 0]))

    inside = of_model(linear)
    assert (inside.verdict, estimates(inside)["stress_no_probability"]) == (Verdict.PASS, 0.0)
    outside = of_model(linear, beyond="2")
    assert outside.verdict is Verdict.FAIL
    # Only the first column moves the output, and only beyond its range does it leave 0 to 1.
    assert estimates(outside)["stress_no_probability"] == 2.0
    assert "stress_no_probability must be at most 0" in outside.detail
    assert "no probability at" in outside.tables[1].rows[0][4]


def test_jumps_of_more_than_one_grade_are_counted() -> None:
    calm, wild = (estimates(of_model(logistic, jitter=share))["grade_jump_share"] for share in ("0.01", "1"))
    assert calm == 0.0
    assert wild > 0.05
    without = of_model(logistic, replace(inputs(), grade_edges=()))
    assert "grade_jump_share" not in estimates(without)
    bar = at_least("grade_jump_share", "0") | {"direction": "at_most"}
    (request,) = plan(CHECK, params={}, thresholds=[bar]).requests
    assert request.thresholds
    judged = execute(CHECK, replace(inputs(), grade_edges=()), params={}, thresholds=[bar])
    assert (judged.verdict, judged.reason) == (Verdict.ERROR, "not_measured")


def test_codes_are_named_and_must_be_columns() -> None:
    result = of_model(logistic, categories="age")
    assert {row[0]: row[1] == "codes" for row in result.tables[0].rows} == {
        "income": False,
        "debt": False,
        "age": True,
    }
    unknown = of_model(logistic, categories="height")
    assert (unknown.verdict, unknown.reason) == (Verdict.ERROR, "unknown_column")


def test_what_is_asked_is_bounded_and_stated() -> None:
    asked: list[int] = []

    def counting(rows: FloatArray) -> FloatArray:
        asked.append(len(rows))
        return logistic(rows)

    result = of_model(counting, rows="500", repeats="3")
    assert len(asked) == 1 + 3 + 3 * (3 + 1 + 4)
    assert set(asked) == {500}
    assert result.notes[0] == "asked 28 times about 500 rows: 14000 rows in all"
    assert {metric.n for metric in result.metrics} == {500}
    asked.clear()
    of_model(counting, repeats="3", asked_rows="11200")
    assert set(asked) == {400}


def test_too_few_defaults_among_the_rows_asked_about_are_insufficient() -> None:
    result = of_model(logistic, rows="50")
    assert (result.verdict, result.reason) == (Verdict.NOT_APPLICABLE, "insufficient_data")
    assert "what is asked of test (50 rows)" in result.detail


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    (request,) = plan(CHECK).requests

    def with_seed(seed: int) -> object:
        return execute_check(
            check=load_catalog()[CHECK],
            request=request,
            inputs=inputs(),
            tools=lambda _spec, given: Tools(seed=given, predict=build_asking(predict=logistic)),
            seed=seed,
            clock=SystemClock(),
        ).to_json()["metrics"]

    assert with_seed(7) == with_seed(7)
    assert with_seed(7) != with_seed(8)


def test_a_model_that_cannot_answer_for_what_occurs_in_the_data_is_an_error() -> None:
    def never(rows: FloatArray) -> FloatArray:
        raise box_error("BOX006", "the model failed on these rows: ValueError")

    result = of_model(never)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "prediction_refused")
    assert "ValueError" in result.detail


def test_a_model_that_refuses_every_stress_moves_nowhere_and_says_so() -> None:
    def inside_only(rows: FloatArray) -> FloatArray:
        if any(len(np.unique(column)) == 1 for column in rows.T):
            raise box_error("BOX006", "a constant column")
        return logistic(rows)

    figures = estimates(result := of_model(inside_only))
    assert (figures["stress_mean_move"], figures["stress_refused_share"]) == (0.0, 1.0)
    (move,) = (m for m in result.metrics if m.name == "stress_mean_move")
    assert move.method.startswith("no stress was answered")


def test_labels_must_fit_the_rows() -> None:
    result = execute(CHECK, inputs(test_labels=np.zeros(7)))
    assert (result.verdict, result.reason) == (Verdict.ERROR, "malformed_input")


@pytest.mark.parametrize(
    ("code", "reply"),
    [
        ("BOX003", Reply.DIED),
        ("BOX004", Reply.DIED),
        ("BOX005", Reply.NO_PROBABILITY),
        ("BOX006", Reply.REFUSED),
        ("BOX008", Reply.DIED),
    ],
)
def test_what_the_box_says_becomes_an_answer(code: str, reply: Reply) -> None:
    def failing(rows: FloatArray) -> FloatArray:
        raise box_error(code, "no")

    ask = build_asking(predict=failing)
    assert ask is not None
    answer = ask(rows=np.zeros((2, 1)))
    assert (answer.reply, answer.scores) == (reply, None)
    assert answer.detail.startswith(code)


@pytest.mark.parametrize("scores", [[0.1], [0.1, np.nan], [0.1, 1.1], [-0.1, 0.5]])
def test_what_is_no_pd_for_each_row_is_no_answer(scores: list[float]) -> None:
    ask = build_asking(predict=lambda rows: np.array(scores))
    assert ask is not None
    assert ask(rows=np.zeros((2, 1))).reply is Reply.NO_PROBABILITY


def test_a_box_that_does_not_open_is_an_error_and_a_model_that_keeps_dying_too() -> None:
    assert build_asking(predict=None) is None

    def raising(code: str) -> Model:
        def failing(rows: FloatArray) -> FloatArray:
            raise box_error(code, "no")

        return failing

    closed = build_asking(predict=raising("BOX001"))
    assert closed is not None
    with pytest.raises(BoxError):
        closed(rows=np.zeros((2, 1)))
    dying = build_asking(predict=raising("BOX004"))
    assert dying is not None
    for _ in range(MOST_DEATHS - 1):
        assert dying(rows=np.zeros((2, 1))).reply is Reply.DIED
    with pytest.raises(UnusableInputError) as refusal:
        dying(rows=np.zeros((2, 1)))
    assert refusal.value.reason == "model_keeps_dying"


def test_names_of_the_figures_are_the_columns() -> None:
    result = of_model(logistic, shown="2")
    assert [figure.id for figure in result.figures] == ["sensitivity", "stress"]
    assert [figure.ticks for figure in result.figures] == [NAMES[:2], NAMES[:2]]
    assert [row[1] for row in result.figures[0].twin().rows] == list(NAMES[:2])
