"""Intervals hold the truth, and plans alarm, as often as they say: short runs of the studies in tests/studies."""

import pytest
from scipy import stats

from registry.domain.false_alarms import FAMILY_LEVEL
from tests.studies.coverage import Case, Coverage, cases, cover
from tests.studies.plan_alarms import Portfolio, house_plan, tally

TRIALS = 300
HARDEST = [
    *{case.interval: case for case in reversed(cases())}.values(),
    *(case for case in cases() if "20 bins" in case.condition),
    *(case for case in cases() if "migration" in case.interval and case.condition.startswith("200 ")),
]


@pytest.mark.parametrize("case", HARDEST, ids=[f"{case.interval}: {case.condition}" for case in HARDEST])
def test_an_interval_holds_the_truth_as_often_as_asked(case: Case) -> None:
    found = cover(case=case, trials=TRIALS, seed=3)
    assert found.keeps(asked=case.asked), found


def test_an_interval_that_is_too_narrow_would_be_noticed() -> None:
    (case,) = (case for case in cases() if case.interval == "PSI" and "20 bins" in case.condition)
    narrow = Case(interval="", condition="", draw=lambda rng: halved(*case.draw(rng)), asked=case.asked)
    assert not cover(case=narrow, trials=TRIALS, seed=3).keeps(asked=case.asked)
    assert Coverage(trials=1000, held=950, above=25, below=25).keeps(asked=case.asked)
    assert not Coverage(trials=1000, held=850, above=125, below=25).keeps(asked=case.asked)


def halved(lower: float, upper: float, truth: float) -> tuple[float, float, float]:
    middle, quarter = (lower + upper) / 2.0, (upper - lower) / 8.0
    return middle - quarter, middle + quarter, truth


def test_the_house_plan_rarely_alarms_on_a_sound_model() -> None:
    found = tally(
        portfolio=Portfolio(rows=600, default_rate=0.08, columns=6, grades=5),
        plan=house_plan(),
        plans=60,
        seed=2,
    )
    assert found.tight <= stats.binom.ppf(0.995, found.plans, float(FAMILY_LEVEL))


@pytest.mark.parametrize(
    ("spoilt", "checks"),
    [
        (
            Portfolio(rows=2_000, default_rate=0.08, columns=6, odds_factor=1.6),
            ("calibration.jeffreys", "calibration.hosmer_lemeshow"),
        ),
        (Portfolio(rows=1_000, default_rate=0.08, columns=6, moved_columns=2), ("drift.data",)),
    ],
)
def test_the_house_plan_still_finds_what_is_spoilt(spoilt: Portfolio, checks: tuple[str, ...]) -> None:
    found = tally(portfolio=spoilt, plan=house_plan(), plans=12, seed=2)
    assert min(found.by_check[check] for check in checks) >= 10
