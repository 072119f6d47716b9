"""``challenger.advantage``: who is chosen, on which rows, what is measured where what is declared, and how surely."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from registry.domain.clock import SystemClock
from registry.domain.vocab import Verdict
from tests.oracle.validation.values import challenger_values
from tests.unit.validation import builders
from tests.unit.validation.builders import estimates, inputs, plan
from validation.catalog import load_catalog
from validation.domain.inputs import CheckInputs
from validation.domain.results import CheckResult, Metric
from validation.domain.rows import Rows
from validation.domain.tools import Challenger, ChallengerTool, Tools
from validation.engine.core import execute_check

CHECK = "challenger.advantage"
Score = Callable[..., np.ndarray]


def tool(score: Score) -> ChallengerTool:
    """A tool whose fits are given by a function of what it is asked."""

    def fit(**asked: Any) -> Challenger:
        title = f"{asked['family']} at {dict(asked['setting'])}"
        return Challenger(title=title, scores=score(**asked), columns=("feature",), rows=(("income",),))

    return fit


def run(
    given: CheckInputs | None = None, *, fit: ChallengerTool = builders.challenger, **fields: Any
) -> CheckResult:
    tools = {"challenger": fit, "capital": fields.pop("capital", builders.capital)}
    (request,) = plan(CHECK, **fields).requests
    return execute_check(
        check=load_catalog()[CHECK],
        request=request,
        inputs=inputs() if given is None else given,
        tools=lambda _spec, seed: Tools(seed=seed, **tools),
        seed=5,
        clock=SystemClock(),
    )


def metric(result: CheckResult, name: str) -> Metric:
    (found,) = (one for one in result.metrics if one.name == name)
    return found


def rows_of(result: CheckResult, table_id: str) -> tuple[tuple[str, ...], ...]:
    (found,) = (one for one in result.tables if one.id == table_id)
    return found.rows


def test_the_challenger_is_named_and_no_margin_is_judged() -> None:
    result = run()
    assert (result.verdict, result.thresholds) == (Verdict.PASS, ())
    first = metric(result, "gini_advantage")
    assert first.lower is not None
    assert first.lower > 0
    assert "income alone" in first.method
    figures = estimates(result)
    assert figures["gini_advantage"] == pytest.approx(figures["gini_candidate"] - figures["gini_challenger"])
    assert {result.facts[f"evidence.advantage_gini{end}"] for end in ("", "_lower")} == {
        str(value) for value in list(first.figures().values())[:2]
    }


def by_column(*, family: str, score_rows: Rows, **_asked: Any) -> np.ndarray:
    """The scorecard knows the first column, the boosting machine the second, the trees nothing."""
    place = {"scorecard": 0, "ebm": 1}.get(family)
    return np.full(len(score_rows), 0.5) if place is None else score_rows.column(place)


def two_truths() -> CheckInputs:
    """Training labels follow the second column, test labels the first."""
    rng, arrays = np.random.default_rng(6), {}
    for sample, place in (("train", 1), ("test", 0)):
        rows = rng.random((800, 3))
        arrays[f"{sample}_features"] = rows
        arrays[f"{sample}_labels"] = (rng.random(800) < rows[:, place]).astype(float)
    return inputs(**arrays, test_scores=rng.random(800))


def test_the_test_sample_chooses_nothing() -> None:
    rows = rows_of(run(two_truths(), fit=tool(by_column)), "families")
    chosen = {row[0]: row[7] for row in rows}
    test_ginis = [float(row[3]) for row in rows]
    assert list(chosen.values()) == ["no", "yes", "no"]
    assert test_ginis[0] > test_ginis[1] + 0.3


def test_tuning_asks_only_for_training_rows() -> None:
    given, asked = two_truths(), []

    def watch(*, features: np.ndarray, score_rows: Rows, **other: Any) -> np.ndarray:
        asked.append(
            (len(features), len(score_rows), score_rows.column(0)[0] in given.array("train.features")[:, 0])
        )
        return by_column(score_rows=score_rows, **other)

    run(given, fit=tool(watch), params={"settings": 1, "folds": 2, "tuning_rows": 500, "reseeds": 1})
    tuning, families, again = asked[:6], asked[6:9], asked[9:]
    assert tuning == [(250, 250, True)] * 6
    assert families == [(800, 800, False)] * 3
    assert again == [(250, 250, True)] * 2 + [(800, 800, False)]


def test_what_is_spent_is_counted_and_each_family_says_why_it_may_compete() -> None:
    assert [note.split(":")[0] for note in run().notes if "admissible, since " in note] == [
        "monotone scorecard",
        "explainable boosting",
        "monotone shallow trees",
    ]
    assert any(
        note.startswith("70 models fitted, on at most 2400 training rows: 9 settings on 3 folds")
        for note in run(params={"reseeds": 4}).notes
    )


def lucky(*, score_rows: Rows, seed: int, **_asked: Any) -> np.ndarray:
    """A challenger that is much better under the seed of the plan and 7 than under others."""
    odds = score_rows.whole() @ builders.WEIGHTS - 1.5
    noise = {5: 1.0, 7: 0.2}.get(seed, 0.6)
    return 1.0 / (1.0 + np.exp(-odds - np.random.default_rng(seed).normal(0.0, noise, len(odds))))


def test_the_interval_reaches_over_all_seeds() -> None:
    result, alone = (run(fit=tool(lucky), params={"reseeds": reseeds}) for reseeds in (3, 0))
    rows = rows_of(result, "seeds")
    assert [row[0] for row in rows] == ["5", "6", "7", "8"]
    found, single = metric(result, "gini_advantage"), metric(alone, "gini_advantage")
    assert found.estimate == single.estimate == pytest.approx(float(rows[0][2]))
    assert found.lower == pytest.approx(min(float(row[3]) for row in rows))
    assert found.upper == pytest.approx(max(float(row[4]) for row in rows))
    assert found.lower is not None
    assert single.lower is not None
    assert found.lower < single.lower
    gains = [float(row[2]) for row in rows]
    assert estimates(result)["gini_advantage_spread"] == pytest.approx(max(gains) - min(gains))
    assert estimates(alone)["gini_advantage_spread"] == 0.0
    assert [figure.ticks for figure in result.figures][1] == ("seed 5", "seed 6", "seed 7", "seed 8")


def test_losses_and_capital_follow_from_what_is_declared() -> None:
    result = run()
    figures = estimates(result)
    # 80 % of an exposure of 1,000 at a loss given default of one half.
    assert figures["expected_loss_saved_eur"] == pytest.approx(400 * figures["default_rate_saved"])
    assert figures["default_rate_saved"] > 0.0
    assert figures["rwa_saved_eur"] != 0.0
    assert ("ead_eur", "1000", "assumed") in rows_of(result, "assumptions")
    for name in ("expected_loss_saved_eur", "rwa_saved_share", "rwa_saved_eur"):
        assert "ASSUMED" in metric(result, name).method
    by_hand = challenger_values("first score against second", "expected loss saved")
    assert by_hand == [
        0.4 * 1000 * 0.5 * challenger_values("first score against second", "default rate saved at .4")[0]
    ]


def test_a_candidate_that_is_merely_optimistic_saves_no_capital() -> None:
    given = inputs()
    odds = np.log(given.array("test.scores") / (1.0 - given.array("test.scores")))

    def same(*, score_rows: Rows, **_asked: Any) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(1.5 - score_rows.whole() @ builders.WEIGHTS))

    meek = run(
        replace(given, arrays={**given.arrays, "test.scores": 1.0 / (1.0 + np.exp(1.0 - odds))}),
        fit=tool(same),
    )
    assert estimates(meek)["rwa_saved_share"] == pytest.approx(0.0, abs=1e-9)
    assert estimates(meek)["gini_advantage"] == pytest.approx(0.0)


ABSENT = {"expected_loss_saved_eur", "rwa_saved_share", "rwa_saved_eur"}


def test_without_a_portfolio_defaults_alone_are_compared() -> None:
    result = run(replace(inputs(), portfolio={}))
    assert result.verdict is Verdict.PASS
    assert not ABSENT & set(estimates(result))
    assert set(result.facts) == {"evidence.advantage_gini", "evidence.advantage_gini_lower"}
    assert any("no portfolio is declared" in note for note in result.notes)
    assert "assumptions" not in {table.id for table in result.tables}


@pytest.mark.parametrize(
    ("changed", "capital"),
    [
        ({"grade_edges": ()}, builders.capital),
        ({}, None),
        (
            {"arrays": {**inputs().arrays, "test.scores": 3.0 * inputs().array("test.scores")}},
            builders.capital,
        ),
        ({"arrays": {**inputs().arrays, "test.scores": -inputs().array("test.scores")}}, builders.capital),
    ],
    ids=["no grades", "no engine", "above one", "below zero"],
)
def test_without_grades_engine_or_probabilities_capital_is_not_compared(
    changed: dict[str, Any], capital: Any
) -> None:
    result = run(replace(inputs(), **changed), capital=capital)
    assert result.verdict is Verdict.PASS
    assert ABSENT & set(estimates(result)) == {"expected_loss_saved_eur"}
    assert any("capital is not compared" in note for note in result.notes)
    assert {row[6] for row in rows_of(result, "seeds")} == {"–"}


def test_what_cannot_be_compared_is_refused() -> None:
    given = inputs()
    assert run(params={"families": "ebm, neural"}).reason == "unknown_family"
    assert run(replace(given, portfolio={"ead_eur": "1000"})).reason == "malformed_portfolio"
    nothing = run(capital=lambda **_asked: {"rwa_irb": "0"})
    assert (nothing.verdict, nothing.reason) == (Verdict.ERROR, "degenerate_capital")
    for sample in ("train", "test"):
        name = f"{sample}.features"
        cut = {**given.arrays, name: given.arrays[name][1:]}
        assert run(replace(given, arrays=cut)).reason == "malformed_input"


def test_families_compete_in_one_order_whatever_the_plan_writes() -> None:
    result = run(params={"families": " monotone_gbm,scorecard,monotone_gbm"})
    assert [row[0] for row in rows_of(result, "families")] == [
        "monotone scorecard",
        "monotone shallow trees",
    ]
    assert len(rows_of(result, "settings")) == 6


def test_no_more_rows_are_fitted_on_than_the_plan_allows_and_which_hangs_on_what_they_hold() -> None:
    seen: list[tuple[int, float]] = []

    def watch(*, features: np.ndarray, labels: np.ndarray, **other: Any) -> np.ndarray:
        seen.append((len(features), float(features.sum() + labels.sum())))
        return by_column(**other)

    run(fit=tool(watch), params={"fit_rows": 1000, "tuning_rows": 500})
    finals = [one for one in seen if one[0] == 1000]
    assert max(rows for rows, _ in seen) == 1000
    # The best of each of three families, and the chosen one under three further seeds.
    assert len(finals) == 6
    assert len({round(total, 9) for _, total in finals}) == 1
