"""Inputs, plans and stand-in tools for tests of the validation core."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from registry.domain.canonical import Json
from registry.domain.clock import SystemClock
from validation.catalog import list_specs, load_catalog
from validation.domain.attached import Attached
from validation.domain.challengers import Setting
from validation.domain.check import CheckSpec
from validation.domain.inputs import ArtifactEvidence, CheckInputs, FloatArray
from validation.domain.plan import ValidationPlan, parse_plan
from validation.domain.results import CheckResult
from validation.domain.rows import Rows
from validation.domain.tools import (
    Answer,
    Attribution,
    Challenger,
    ColumnDrift,
    Overview,
    Reply,
    SecondOpinion,
    Tools,
)
from validation.engine.core import execute_check

NAMES = ("income", "debt", "age")
WEIGHTS = np.array([1.0, -0.8, 0.4])
EDGES = (0.1, 0.2, 0.4)
# What a plan must state before a check yields everything that it offers.
STATED = {"explain.effects": {"rising": "income", "falling": "debt"}}


class LinearExplainer:
    """Exact attributions of the model that made the scores."""

    route, space = "additive", "log_odds"

    def outputs(self, *, rows: FloatArray) -> FloatArray:
        return np.asarray(rows @ WEIGHTS - 1.5)

    def attribute(self, *, rows: FloatArray, background: FloatArray, seed: int) -> Attribution:
        mean = background.mean(axis=0)
        return Attribution(
            values=(rows - mean) * WEIGHTS, base=float(mean @ WEIGHTS - 1.5), background=len(background)
        )

    def overview(self, *, rows: Rows, background: Rows) -> Overview | None:
        found = self.attribute(rows=rows.whole(), background=background.whole(), seed=0)
        return Overview(parts=[found.values], method="", background=len(background))

    def second_opinion(self, *, rows: FloatArray, background: FloatArray) -> SecondOpinion | None:
        return None


def drift(
    *,
    names: Sequence[str],
    reference: FloatArray,
    current: FloatArray,
    method: str,
    threshold: float,
    categories: Collection[str] = (),
) -> tuple[ColumnDrift, ...]:
    middle, now = np.nanmean(reference, axis=0), np.nanmean(current, axis=0)
    gaps = np.abs(middle - now) / (np.nanstd(reference, axis=0) + 1e-12)
    return tuple(
        ColumnDrift(
            column=n, method=method, value=float(g), threshold=threshold, drifted=bool(g >= threshold)
        )
        for n, g in zip(names, gaps, strict=True)
    )


def reporter(**given: Any) -> Attached:
    """Name a report that holds the shapes of what it was given."""
    content = str([given["reference"].shape, given["current"].shape, given["threshold"]]).encode()
    return Attached(file="evidently-drift.html", sha256=sha256(content).hexdigest(), size=len(content))


def separator(*, features: FloatArray, labels: FloatArray, seed: int) -> Callable[[FloatArray], FloatArray]:
    """Tell rows apart by the difference of means."""
    gap = features[labels == 1.0].mean(axis=0) - features[labels == 0.0].mean(axis=0)
    return lambda rows: np.asarray(rows @ gap)


def challenger(
    *,
    family: str,
    setting: Setting,
    names: Sequence[str],
    features: FloatArray,
    labels: FloatArray,
    score_rows: Rows,
    seed: int,
) -> Challenger:
    """Income alone, whatever it is asked to fit."""
    scores = 1.0 / (1.0 + np.exp(-(score_rows.column(0) - 1.5)))
    return Challenger(title="income alone", scores=scores, columns=("feature",), rows=(("income",),))


def capital(*, pds: Sequence[str], eads: Sequence[str], portfolio: Mapping[str, str]) -> Mapping[str, str]:
    exposure = sum(float(ead) for ead in eads)
    weighted = sum(float(pd) * float(ead) for pd, ead in zip(pds, eads, strict=True))
    return {
        "rwa_irb": str(weighted * 5),
        "rwa_standardised": str(exposure * 0.75),
        "entity_rwa_before_floor": "900",
        "entity_rwa_floored": "950",
        "floor_binding": "true",
    }


def predict(*, rows: FloatArray) -> Answer:
    """The model that made the scores; it refuses what is missing."""
    if np.isnan(rows).any():
        return Answer(reply=Reply.REFUSED, detail="a value is missing")
    with np.errstate(over="ignore"):
        return Answer(reply=Reply.ANSWERED, scores=1.0 / (1.0 + np.exp(-(rows @ WEIGHTS - 1.5))))


def tools(spec: CheckSpec, seed: int) -> Tools:
    """Every tool, as fast stand-ins."""
    return Tools(
        seed=seed,
        explainer=LinearExplainer(),
        drift=drift,
        reporter=reporter,
        separator=separator,
        challenger=challenger,
        capital=capital,
        predict=predict,
    )


def sample(rows: int, seed: int) -> dict[str, Any]:
    """Features, labels drawn from the model's own probabilities, these as scores, and a group that differs in none."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 3))
    scores = 1.0 / (1.0 + np.exp(-(features @ WEIGHTS - 1.5)))
    labels = (rng.random(rows) < scores).astype(np.int8)
    segments = (rng.random(rows) < 0.4).astype(np.int8)
    return {"features": features, "labels": labels, "scores": scores, "segments": segments}


def earlier(scores: FloatArray, seed: int) -> FloatArray:
    """Scores of the same obligors a year before: the same log-odds, moved by chance."""
    moved = np.log(scores / (1.0 - scores)) + np.random.default_rng(seed).normal(0.0, 0.3, len(scores))
    return np.asarray(1.0 / (1.0 + np.exp(-moved)))


def inputs(**changed: Any) -> CheckInputs:
    """A calibrated model on three samples; keyword ``test_scores=...`` replaces ``test.scores``."""
    arrays = {
        f"{name}.{part}": values
        for name, rows, seed in (("train", 2400, 1), ("test", 1200, 2), ("recent", 1000, 3))
        for part, values in sample(rows, seed).items()
    }
    arrays["test.scores_repeat"] = arrays["test.scores"].copy()
    arrays["test.scores_before"] = earlier(arrays["test.scores"], 4)
    arrays |= {name.replace("_", ".", 1): values for name, values in changed.items()}
    return CheckInputs(
        feature_names=NAMES,
        arrays={name: values for name, values in arrays.items() if values is not None},
        grade_edges=EDGES,
        portfolio={"ead_eur": "1000", "loss_given_default_share": "0.5"},
        claims={"auc": "0.75"},
        artifact=ArtifactEvidence(
            digest_recorded="a" * 64, digest_seen="a" * 64, family="linear", layers=("landlock",)
        ),
    )


def plan(*checks: str, **fields: Any) -> ValidationPlan:
    """A plan of the named checks; the same fields go into each request, in place of what they must state."""
    items = [{"check": check, "params": STATED.get(check, {}), **fields} for check in checks]
    return parse_plan(data=items, specs=list_specs())


def execute(check: str, given: CheckInputs | None = None, **fields: Any) -> CheckResult:
    """Run one check on the given inputs."""
    (request,) = plan(check, **fields).requests
    return execute_check(
        check=load_catalog()[check],
        request=request,
        inputs=inputs() if given is None else given,
        tools=tools,
        seed=5,
        clock=SystemClock(),
    )


def at_least(metric: str, value: str, **changed: Json) -> dict[str, Json]:
    """A threshold that fails below ``value``."""
    return {
        "metric": metric,
        "direction": "at_least",
        "inclusive": True,
        "value": value,
        "verdict": "fail",
        "cites": ["house"],
        **changed,
    }


def estimates(result: CheckResult) -> dict[str, float]:
    """Estimates by metric name."""
    return {metric.name: metric.estimate for metric in result.metrics}


def permuted(given: CheckInputs, seed: int = 9) -> CheckInputs:
    """The same inputs with the rows of every sample in another order."""
    rng, orders = np.random.default_rng(seed), {}
    for name, values in given.arrays.items():
        orders.setdefault(name.split(".")[0], rng.permutation(len(values)))
    return replace(
        given, arrays={name: values[orders[name.split(".")[0]]] for name, values in given.arrays.items()}
    )
