"""Check ``explain.shap``: what global importances rest on, which ranks are settled, and the second opinion."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.validation.builders import NAMES, LinearExplainer, inputs
from tests.unit.validation.test_adapters import CARD, TEST, TRAIN, booster, build, chance, explain
from tests.unit.validation.test_tree_formats import LIGHTGBM
from validation.adapters import tree_route
from validation.adapters.tree_route import TreeRoute
from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.results import CheckResult
from validation.domain.rows import HeldRows
from validation.domain.tools import SecondOpinion
from validation.stats import tree_shap
from validation.stats.attribution import rank_importance


def method(result: CheckResult) -> dict[str, str]:
    return {row[0]: row[1] for row in next(table for table in result.tables if table.id == "method").rows}


def ranks(result: CheckResult) -> list[tuple[str, str]]:
    return [(row[0], row[5]) for row in result.tables[0].rows]


def trees(path: Path) -> TreeRoute:
    booster(path)
    explainer = build(path)
    assert isinstance(explainer, TreeRoute)
    return explainer


def test_all_rows_are_explained_against_all_training_rows_and_shap_agrees(tmp_path: Path) -> None:
    explainer = trees(tmp_path)
    given = inputs(test_scores=chance(explainer.outputs(rows=TEST["features"])))
    how = method(explain(explainer, given))
    assert how["route"] == "tree"
    assert how["algorithm"] == "interventional, exact, from tables of patterns, on NumPy"
    assert how["rows explained"] == "1200 rows of the test sample"
    assert how["background"] == "2400 rows of the training sample"
    assert how["second opinion"].startswith("shap.TreeExplainer: 8 rows against 100, largest difference ")
    assert float(how["second opinion"].rpartition(" ")[2]) < 1e-5
    assert "1000 rows" in method(explain(explainer, given, overview_rows=1000))["rows explained"]


def test_a_large_task_is_compiled_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explainer = trees(tmp_path)
    rows, background = HeldRows(TEST["features"]), HeldRows(TRAIN["features"])
    small, walked = explainer.overview(rows=rows, background=background), explainer.outputs(rows=rows.whole())
    assert small is not None
    before = np.concatenate(list(small.parts))
    monkeypatch.setattr(tree_route, "_READING_S", 0.0)
    large = explainer.overview(rows=rows, background=background)
    assert large is not None
    assert large.method.endswith("compiled")
    assert np.abs(before - np.concatenate(list(large.parts))).max() < 1e-6
    assert np.array_equal(walked, explainer.outputs(rows=rows.whole()))


def test_trees_too_deep_for_tables_are_explained_by_shap_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = trees(tmp_path)
    monkeypatch.setattr(tree_shap, "NO_CODE", 3)
    explainer = build(tmp_path)
    assert explainer is not None
    rows, background = TEST["features"][:20], TRAIN["features"][:150]
    first, other = (one.attribute(rows=rows, background=background, seed=0) for one in (exact, explainer))
    # SHAP would draw 100 of the 150 rows if it were let.
    assert tree_route.largest_difference(first, other) < 1e-5
    assert other.method == "interventional, exact, by SHAP"
    how = method(explain(explainer, inputs(test_scores=chance(exact.outputs(rows=TEST["features"])))))
    assert how["background"] == "100 rows of the training sample"
    assert how["second opinion"].startswith("none")


def test_a_scorecard_has_a_second_opinion_too(tmp_path: Path) -> None:

    (tmp_path / "scorecard.json").write_text(json.dumps(CARD))
    explainer = build(tmp_path)
    assert explainer is not None
    how = method(explain(explainer, inputs(test_scores=chance(explainer.outputs(rows=TEST["features"])))))
    assert how["algorithm"] == "points less the background's mean points"
    assert how["second opinion"].startswith("shap.LinearExplainer: 8 rows against 100")


def test_lightgbm_s_trees_are_read_and_a_second_opinion_needs_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    (tmp_path / "booster.txt").write_text(LIGHTGBM)
    explainer = build(tmp_path)
    assert explainer is not None
    rows = np.array([[0.0, 9.0, 9.0], [1.0, 9.0, 9.0]])
    assert explainer.outputs(rows=rows).tolist() == pytest.approx([0.4, 0.5])
    second = explainer.second_opinion(rows=rows, background=rows)
    assert second is not None
    assert (second.by, second.rows, second.gap) == ("shap.TreeExplainer", 2, pytest.approx(0.0, abs=1e-12))
    found = explainer.attribute(rows=rows, background=rows, seed=0)
    assert found.values.tolist() == [pytest.approx([v, 0.0, 0.0]) for v in (-0.05, 0.05)]


def test_columns_that_do_not_fit_the_trees_are_refused(tmp_path: Path) -> None:
    for text, detail in (
        (LIGHTGBM.replace("income debt", "income height"), "wants the column height"),
        (LIGHTGBM.replace("income debt", "income"), "over 2 columns, and 1 are named"),
    ):
        (tmp_path / "booster.txt").write_text(text)
        with pytest.raises(UnusableInputError, match=detail):
            build(tmp_path)


class Contradicted(LinearExplainer):
    """Another implementation says something else by ``gap``."""

    def __init__(self, gap: float) -> None:
        self.gap = gap

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        return SecondOpinion(by="another", rows=len(rows), background=len(background), gap=self.gap)


def test_where_two_implementations_disagree_there_is_no_result() -> None:
    agreed = explain(Contradicted(0.0001), inputs())
    assert method(agreed)["second opinion"] == "another: 8 rows against 100, largest difference 0.0001"
    for gap in (0.00011, float("nan")):
        result = explain(Contradicted(gap), inputs())
        assert (result.reason, result.facts) == ("explanations_disagree", {})
        assert "another gives other contributions" in result.detail
    assert explain(Contradicted(0.5), inputs(), second_opinion_tolerance="0.6").facts


def test_ranks_are_printed_and_ties_as_ties() -> None:
    assert ranks(explain(LinearExplainer(), inputs())) == [(name, str(i + 1)) for i, name in enumerate(NAMES)]
    same = inputs().array("test.features").copy()
    same[:, 1] = same[:, 0] * (0.8 + 0.45)
    scores = chance(LinearExplainer().outputs(rows=same))
    result = explain(LinearExplainer(), inputs(test_features=same, test_scores=scores))
    assert ranks(result)[0][1] == ranks(result)[1][1] == "1 to 2, tied"
    assert ranks(result)[2] == ("age", "3")


def test_a_ranking_by_hand() -> None:
    # |values| of the first: 1, 3; of the second: 1, 1; the third contributes nothing.
    values = np.array([[1.0, -1.0, 0.0], [-3.0, 1.0, 0.0]])
    found = rank_importance(parts=[values], confidence=0.95)
    assert found.mean.tolist() == [2.0, 1.0, 0.0]
    # Standard error 1 for the first; its gap to the second has mean 1 and standard error 1 as well.
    assert found.upper.tolist() == pytest.approx([2.0 + 1.959964, 1.0, 0.0])
    assert found.lower.tolist() == pytest.approx([2.0 - 1.959964, 1.0, 0.0])
    assert (found.first.tolist(), found.last.tolist()) == ([1, 1, 3], [2, 2, 3])
    alone = rank_importance(parts=[values[:, :1]], confidence=0.95)
    assert (alone.first.tolist(), alone.last.tolist()) == ([1], [1])


def test_settled_ranks_are_right_and_equal_features_are_not_torn_apart() -> None:
    rng, kept, torn = np.random.default_rng(3), 0, 0
    for _ in range(300):
        values = rng.normal(size=(400, 3)) * np.array([1.0, 1.0, 0.5])
        found = rank_importance(parts=[values], confidence=0.95)
        kept += found.first[2] == 3
        torn += found.first[0] != found.first[1]
    assert kept == 300
    # Two neighbours share 5 %, and chance decides which of two equals comes first: about 2.5 % are torn.
    assert torn <= 18
