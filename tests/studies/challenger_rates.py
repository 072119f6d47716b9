"""How often ``challenger.advantage`` says that a complex model earns its place, where the truth is planted.

``python -m tests.studies.challenger_rates`` prints a table. Three worlds:

- ``additive``: the truth is a sum of curves, which the challengers can hold, and the candidate is a boosted
  model of depth four on the same training rows. Its complexity buys nothing.
- ``level``: the same truth; the candidate is the truth itself with as much noise as makes it no better than the
  fitted challenger. The hardest world in which nothing is gained.
- ``two_points``: interactions whose strength makes the boosted candidate two Gini points better than the fitted
  challenger.

The true gain is measured on a fresh sample of 200,000 rows, over fitted models. Tuning is reduced, so that a
replicate takes about a second; training and test rows are as stated.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from validation.adapters.interpretable import build_challenger
from validation.catalog import load_catalog
from validation.domain.challengers import FAMILIES
from validation.domain.inputs import CheckInputs, FloatArray
from validation.domain.results import Measurement
from validation.domain.rows import HeldRows
from validation.domain.tools import Tools
from validation.stats.discrimination import auc

NAMES = tuple(f"x{i}" for i in range(6))
REDUCED = {"settings": 2, "folds": 2, "tuning_rows": 3000, "reseeds": 2, "replicates": 100}
HOLDOUT = 200_000
MARGIN = 0.005
"""What the house pack asks of the lower end."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A planted truth: how strong its interactions and its bend are, and what the candidate is."""

    interaction: float = 0.0
    bend: float = 0.3
    """How strong the one curve is that neither rises nor falls."""
    noise: float | None = None
    """The noise of a candidate that knows the truth; None where the candidate is a boosted model that is fitted."""

    def odds(self, rows: FloatArray) -> FloatArray:
        curves = 0.9 * rows[:, 0] - 0.7 * rows[:, 1] + 0.8 * np.tanh(2 * rows[:, 2])
        curves += self.bend * rows[:, 3] ** 2
        together = rows[:, 4] * rows[:, 5] + rows[:, 0] * rows[:, 4]
        return np.asarray(curves + self.interaction * together - 2.0)


WORLDS = {
    "additive": World(),
    "level": World(noise=0.29),
    "two_points": World(interaction=0.356),
}


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One training and one test sample of a world, with the candidate's scores and its scorer for other rows."""

    train: FloatArray
    train_labels: FloatArray
    test: FloatArray
    test_labels: FloatArray
    test_scores: FloatArray
    holdout: FloatArray
    holdout_labels: FloatArray
    holdout_scores: FloatArray


def draw(world: World, *, train: int, test: int, seed: int, holdout: int = 2) -> Draw:
    """Draw the samples and fit, or make, the candidate."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(train + test + holdout, len(NAMES)))
    odds = world.odds(rows)
    labels = (rng.random(len(rows)) < 1.0 / (1.0 + np.exp(-odds))).astype(float)
    if world.noise is None:
        scores = boosted(rows[:train], labels[:train], rows, seed)
    else:
        scores = 1.0 / (1.0 + np.exp(-(odds + rng.normal(0.0, world.noise, len(rows)))))
    first, second = slice(train, train + test), slice(train + test, None)
    return Draw(
        train=rows[:train],
        train_labels=labels[:train],
        test=rows[first],
        test_labels=labels[first],
        test_scores=scores[first],
        holdout=rows[second],
        holdout_labels=labels[second],
        holdout_scores=scores[second],
    )


def boosted(rows: FloatArray, labels: FloatArray, others: FloatArray, seed: int) -> FloatArray:
    """Fit 150 trees of depth four and score other rows."""
    import xgboost

    model = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 4, "eta": 0.06, "subsample": 0.8}
        | {"min_child_weight": 10, "tree_method": "hist", "nthread": 1, "seed": seed},
        xgboost.DMatrix(rows, label=labels),
        150,
    )
    return np.asarray(model.predict(xgboost.DMatrix(others)), dtype=np.float64)


def measure(drawn: Draw, *, seed: int) -> Measurement:
    """Run the check itself, tuning reduced."""
    check = load_catalog()["challenger.advantage"]
    inputs = CheckInputs(
        feature_names=NAMES,
        arrays={
            "train.features": drawn.train,
            "train.labels": drawn.train_labels,
            "test.features": drawn.test,
            "test.labels": drawn.test_labels,
            "test.scores": drawn.test_scores,
        },
    )
    tools = Tools(seed=seed, challenger=build_challenger())
    return check.compute(inputs, check.spec.parse_params(given=REDUCED), tools)


def advantage(measured: Measurement) -> tuple[float, float]:
    """Return estimate and lower end of the advantage."""
    (metric,) = [one for one in measured.metrics if one.name == "gini_advantage"]
    assert metric.lower is not None
    return metric.estimate, metric.lower


def true_gain(drawn: Draw, *, seed: int) -> float:
    """Return the candidate's gain on the large sample over the family and setting that the check chose."""
    (table,) = [one for one in measure(drawn, seed=seed).tables if one.id == "families"]
    (chosen,) = [row for row in table.rows if row[7] == "yes"]
    family = next(family for family in FAMILIES.values() if family.title == chosen[0])
    words = (pair.rsplit(" ", 1) for pair in chosen[1].split(", "))
    fitted = build_challenger()(
        family=family.name,
        setting={name: float(value) for name, value in words},
        names=NAMES,
        features=drawn.train,
        labels=drawn.train_labels,
        score_rows=HeldRows(drawn.holdout),
        seed=seed,
    )
    ours, theirs = (
        auc(labels=drawn.holdout_labels, scores=scores).gini
        for scores in (drawn.holdout_scores, fitted.scores)
    )
    return ours - theirs


def lower_ends(world: World, *, train: int, test: int, replicates: int, first_seed: int) -> Iterator[float]:
    """Yield the lower end of the advantage in each replicate."""
    for seed in range(first_seed, first_seed + replicates):
        yield advantage(measure(draw(world, train=train, test=test, seed=seed), seed=seed))[1]


def main(arguments: list[str]) -> int:
    """Print true gain, rate above zero and rate at the margin for each world that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", default=list(WORLDS), metavar="WORLD", help=", ".join(WORLDS))
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument(
        "--calibrations", type=int, default=20, help="samples behind the true gain, at least 1"
    )
    parser.add_argument("--train", type=int, default=6000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args(arguments)
    sizes = {"train": given.train, "test": given.test}
    for name in given.worlds:
        world = WORLDS[name]
        gains = [
            true_gain(draw(world, **sizes, seed=seed, holdout=HOLDOUT), seed=seed)
            for seed in range(10_001, 10_001 + given.calibrations)
        ]
        ends = np.array(
            list(lower_ends(world, **sizes, replicates=given.replicates, first_seed=given.first_seed))
        )
        sys.stdout.write(
            f"{name}: true gain {np.mean(gains):.4f} (standard error {np.std(gains) / len(gains) ** 0.5:.4f}); "
            f"{len(ends)} replicates, {given.train} training and {given.test} test rows; "
            f"above 0: {int((ends > 0.0).sum())}; at least {MARGIN}: {int((ends >= MARGIN).sum())}; "
            f"mean lower end {ends.mean():.4f}\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
