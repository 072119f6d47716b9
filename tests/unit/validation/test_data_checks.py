"""Quality, leakage and representativeness of the data: planted faults are found and named, sound data are not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs, plan, tools
from validation.catalog import load_catalog
from validation.domain.results import CheckResult, Metric
from validation.engine.core import execute_check
from validation.stats.data_quality import examine
from validation.stats.leakage import column_signs


def metric(result: CheckResult, name: str) -> Metric:
    return next(one for one in result.metrics if one.name == name)


def rows(result: CheckResult, name: str = "columns") -> tuple[tuple[str, ...], ...]:
    return next(one.rows for one in result.tables if one.id == name)


def features(sample: str) -> np.ndarray:
    return inputs().array(f"{sample}.features").copy()


def training(**columns: Any) -> CheckResult:
    """The leakage check on training rows in which ``income`` and the like hold other values."""
    changed = features("train")
    for name, values in columns.items():
        changed[:, ("income", "debt", "age").index(name)] = values
    return execute("data.leakage", inputs(train_features=changed))


def test_faults_are_counted_by_column_and_by_row() -> None:
    known = np.array([[0.0, 1.0, np.nan], [5.0, 1.0, np.nan], [2.0, 3.0, np.nan]])
    seen = np.array(
        [
            [0.0, 1.0, np.nan],
            [-0.0, 1.0, np.nan],
            [6.0, 2.0, np.nan],
            [6.0, 2.0, 4.0],
            [np.nan, 2.0, np.nan],
            [np.nan, 2.0, np.nan],
        ]
    )
    columns, counts = examine(rows=seen, training=known)
    assert columns.missing.tolist() == [2.0, 0.0, 5.0]
    # Training holds no value of the last column: any value is outside.
    assert columns.outside.tolist() == [2.0, 0.0, 1.0]
    assert columns.is_constant == (False, False, False)
    assert (counts.outside, counts.repeated, counts.seen_in_training) == (2, 2, 2)


@pytest.mark.parametrize(
    ("values", "constant"), [([3.0, 3.0], 1), ([np.nan, np.nan], 1), ([3.0, np.nan], 0), ([3.0, 4.0], 0)]
)
def test_a_column_is_constant_when_one_value_occurs_or_none(values: list[float], constant: int) -> None:
    column = np.array(values)[:, None]
    assert sum(examine(rows=column, training=column)[0].is_constant) == constant


def test_planted_faults_of_the_data_are_found_with_their_intervals() -> None:
    train = features("train")
    test = np.clip(features("test"), train.min(axis=0), train.max(axis=0))
    test[:120, 1] = np.nan
    test[200:260, 0] = train[:, 0].max() + 1.0
    test[300:330] = test[330:360]
    test[:, 2] = train[0, 2]
    result = execute("data.quality", inputs(test_features=test))
    figures = estimates(result)
    assert figures["highest_missing_share"] == pytest.approx(0.1)
    assert figures["constant_columns"] == 1
    assert figures["highest_outside_share"] == pytest.approx(0.05)
    assert figures["rows_outside_share"] == pytest.approx(0.05)
    assert figures["duplicate_share"] == pytest.approx(30 / 1200)
    missing = metric(result, "highest_missing_share")
    assert missing.method.startswith("debt")
    assert missing.lower is not None
    assert missing.upper is not None
    # Clopper and Pearson's 95 % interval of 120 in 1200 is 0.0836 to 0.1184; one over three columns is wider.
    assert missing.lower < 0.0836
    assert missing.upper > 0.1184
    assert [row[-1] for row in rows(result)] == ["no", "no", "yes"]


def test_test_rows_that_the_model_was_trained_on_are_counted() -> None:
    test = features("test")
    test[:24] = features("train")[100:124]
    assert estimates(execute("data.quality", inputs(test_features=test)))["seen_in_training_share"] == 0.02
    assert estimates(execute("data.quality"))["seen_in_training_share"] == 0.0


def test_only_a_check_that_reads_missing_values_gets_them() -> None:
    test = features("test")
    test[0, 0] = np.nan
    given = inputs(test_features=test)
    assert execute("data.quality", given).verdict is Verdict.PASS
    assert execute("data.leakage", given, params={"sample": "test"}).reason == "non_finite_input"


def test_a_check_that_reads_missing_features_still_refuses_missing_labels() -> None:
    check = load_catalog()["data.leakage"]
    (request,) = plan("data.leakage").requests
    labels = inputs().array("train.labels").copy()
    labels[0] = np.nan
    result = execute_check(
        check=replace(check, spec=replace(check.spec, reads_missing=True)),
        request=request,
        inputs=inputs(train_labels=labels),
        tools=tools,
        seed=5,
        clock=SystemClock(),
    )
    assert result.reason == "non_finite_input"


@pytest.mark.parametrize("check", ["data.quality", "data.leakage", "data.representativeness"])
def test_columns_without_a_name_are_refused(check: str) -> None:
    assert execute(check, replace(inputs(), feature_names=("one",))).reason == "malformed_input"


def test_sound_inputs_raise_no_suspicion() -> None:
    figures = estimates(execute("data.leakage"))
    assert figures["highest_auc"] < 0.8
    assert (figures["separating_columns"], figures["label_copies"], figures["identifier_suspects"]) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_amount_written_after_the_default_is_found_in_either_direction(sign: float) -> None:
    labels = inputs().array("train.labels")
    noise = np.random.default_rng(1).normal(0.0, 0.3, len(labels))
    result = training(debt=sign * (2.0 * labels + noise))
    figures = estimates(result)
    assert (figures["separating_columns"], figures["label_copies"]) == (1, 0)
    highest = metric(result, "highest_auc")
    assert highest.method.startswith("debt")
    assert highest.lower is not None
    assert highest.lower > 0.95
    assert [row[7] for row in rows(result)] == ["no", "yes", "no"]


def test_codes_that_give_the_outcome_away_in_no_order_are_found() -> None:
    labels = inputs().array("train.labels")
    # Codes 1 and 3 are written for defaults, 0, 2 and 4 for others: the order says little.
    turn = np.arange(len(labels))
    codes = np.where(labels == 1.0, 1.0 + 2.0 * (turn % 2), 2.0 * (turn % 3))
    figures = estimates(training(age=codes))
    assert (figures["separating_columns"], figures["label_copies"]) == (0, 1)


def test_the_separation_of_classes_is_worked_by_hand() -> None:
    labels = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    values = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0])
    found = column_signs(values=values, labels=labels, confidence=0.95)
    # Shares of defaults .75 .25 0, of others 0 .5 .5: gaps .75 + .25 + .5, halved.
    assert found.separation == pytest.approx(0.75)
    # Of 16 pairs the others lie above in 14 and tie in 2.
    assert found.strength == pytest.approx(15 / 16)


@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_a_column_that_runs_with_the_rows_is_an_identifier(scale: float) -> None:
    result = training(income=scale * np.arange(2400) + 1e6)
    assert estimates(result)["identifier_suspects"] == 1
    assert rows(result)[0][-1] == "yes"


def test_shuffled_account_numbers_are_an_identifier_and_shuffled_amounts_are_not() -> None:
    numbers = np.random.default_rng(3).permutation(2400) + 5000.0
    assert estimates(training(income=numbers))["identifier_suspects"] == 1
    assert estimates(training(income=numbers / 7.0))["identifier_suspects"] == 0
    assert estimates(training(income=np.floor(numbers / 100.0)))["identifier_suspects"] == 0


def test_a_constant_column_gives_nothing_away() -> None:
    result = training(income=1.0)
    assert rows(result)[0][1:5] == ("0.5", "", "", "0")


def test_labels_of_other_rows_are_refused() -> None:
    given = inputs(train_labels=inputs().array("train.labels")[1:])
    assert execute("data.leakage", given).reason == "malformed_input"


def test_samples_of_the_same_customers_represent_one_another() -> None:
    result = execute("data.representativeness")
    figures = estimates(result)
    assert figures["share_different"] == 0
    assert figures["min_p_adjusted"] > 0.05
    gap = metric(result, "default_rate_gap")
    given = inputs()
    assert gap.estimate == pytest.approx(
        given.array("test.labels").mean() - given.array("train.labels").mean()
    )
    assert gap.lower is not None
    assert gap.upper is not None
    assert gap.lower < 0.0 < gap.upper


def test_a_column_of_other_customers_and_another_default_rate_are_found() -> None:
    test, labels = features("test"), inputs().array("test.labels").copy()
    test[:, 1] += 0.8
    labels[:300] = 1.0
    result = execute("data.representativeness", inputs(test_features=test, test_labels=labels))
    figures = estimates(result)
    assert figures["share_different"] == pytest.approx(1 / 3)
    assert [row[-1] for row in rows(result)] == ["no", "yes", "no"]
    largest, gap = metric(result, "largest_psi"), metric(result, "default_rate_gap")
    assert largest.method.startswith("debt")
    # Two normal distributions 0.8 apart have the symmetric divergence 0.64, of which ten bins see a little less.
    assert 0.5 < largest.estimate < 0.75
    assert gap.lower is not None
    assert gap.lower > 0.1
    # What moved by chance alone is not called different, whatever its PSI.
    lenient = execute("data.representativeness", params={"psi_bound": "0.000001"})
    assert estimates(lenient)["share_different"] == 0
    # Nor what is beyond chance but small.
    strict = execute("data.representativeness", inputs(test_features=test), params={"psi_bound": "5"})
    assert estimates(strict)["share_different"] == 0


def test_codes_without_an_order_are_compared_as_codes() -> None:
    train, test = features("train"), features("test")
    train[:, 0], test[:, 0] = np.arange(2400) % 3, np.arange(1200) % 3
    # 400 of each code become 200, 600 and 400.
    test[:, 0] = np.where((test[:, 0] == 0.0) & (np.arange(1200) < 600), 1.0, test[:, 0])
    given = inputs(train_features=train, test_features=test)
    # As codes they keep three bins though two are asked for.
    result = execute("data.representativeness", given, params={"categories": "income", "bins": "2"})
    # (1/6 - 1/3) ln(1/2) + (1/2 - 1/3) ln(3/2), worked by hand.
    assert float(rows(result)[0][1]) == pytest.approx(np.log(2.0) / 6 + np.log(1.5) / 6)
    unknown = execute("data.representativeness", given, params={"categories": "height"})
    assert unknown.reason == "unknown_column"


def test_too_few_defaults_in_training_are_not_judged() -> None:
    labels = np.zeros(2400)
    labels[:5] = 1.0
    result = execute("data.representativeness", inputs(train_labels=labels))
    assert (result.verdict, result.n_needed) == (Verdict.NOT_APPLICABLE, 9600)
