"""Check ``explain.effects``: what does each input do to the output, and does it go the way it should?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from validation.domain.check import CheckKind, CheckSpec, FiveParts, ParamKind, Params, ParamSpec
from validation.domain.inputs import CheckInputs, FloatArray, UnusableInputError
from validation.domain.results import Figure, Measurement, Metric, Series, Table, decimal_text
from validation.domain.tools import ExplainerTool, Tools
from validation.stats.effects import Effect, Violations, feature_effect, quantile_grid, sign_violations
from validation.stats.outcomes import ensure_rows
from validation.stats.sampling import sample_rows

_SIGNS = {"rising": 1, "falling": -1}
_NO_INTERVAL = "no interval: a property of the model over the rows asked about"


def _names(name: str, meaning: str) -> ParamSpec:
    return ParamSpec(name=name, kind=ParamKind.TEXT, default="", meaning=meaning)


SPEC = CheckSpec(
    id="explain.effects",
    major=1,
    title="Effects of single inputs, and the sign that each should have",
    kind=CheckKind.EXPLANATION,
    needs=("test.features",),
    tools=("explainer",),
    deadline_s=300,
    params=(
        ParamSpec.whole("intervals", "20", "intervals of an input's grid, cut at quantiles", 2, 200),
        ParamSpec.whole("rows", "2000", "test rows behind the accumulated effects", 20, 100000),
        ParamSpec.whole("background", "200", "test rows behind the partial dependence", 10, 5000),
        ParamSpec.whole("black_box_rows", "400", "`rows` when only predictions are at hand", 20, 100000),
        ParamSpec.whole(
            "black_box_background", "50", "`background` when only predictions are at hand", 10, 5000
        ),
        ParamSpec.whole("shown", "4", "inputs of the furthest reach that are drawn", 1, 20),
        _names("rising", "inputs whose effect on risk must never fall, names separated by commas"),
        _names("falling", "inputs whose effect on risk must never rise, names separated by commas"),
    ),
    metrics=("ale_pdp_gap", "inputs_with_sign", "violating_steps", "violating_mass"),
    feeds=(),
    doc=FiveParts(
        purpose="Shows the shape of each input's effect on the model's output, warns where the usual picture of "
        "it is not to be trusted, and measures steps against a sign that the bank states, such as arrears "
        "that lower the risk.",
        mechanism="Partial dependence sets an input to each point of its quantile grid in every background row "
        "and takes the mean output. Accumulated local effects (Apley and Zhu 2020) move each row only to the "
        "ends of its own interval and add up the mean differences. Both are centred over the rows; the gap is "
        "their largest distance, in standard deviations of the output, for the input where it is largest. "
        "Violations are the steps of a curve against the stated sign, as a share of all steps and of all "
        "movement, the worse of the two curves, for the input where they are worst. They are measured only "
        "where a sign is stated: a threshold on them without one is an error, not a pass.",
        signs_of_high_risk="A fall where policy states a rise; a large gap, which means that inputs move together "
        "and that partial dependence speaks of customers who do not exist: trust the accumulated effect.",
        strengths="Needs predictions alone; looks at the whole range of an input; tells an effect from what "
        "correlated inputs lend it.",
        limitations="A mean over rows hides effects that differ between customers, so no violation on average is no "
        "proof that every customer's output is monotone. Inputs whose values are codes have no order. The "
        "model's own constraints may be stricter than a grid can see. No regulator publishes a bound.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """One input: its curves, the sign that was stated (0 for none), and the worse violations of the two curves."""

    name: str
    effect: Effect
    sign: int
    violations: Violations | None


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure the effects, the gap of the two pictures and the steps against a stated sign."""
    explainer = tools.explainer
    assert explainer is not None
    test, names = inputs.array("test.features"), inputs.feature_names
    if test.shape[1:] != (len(names),):
        raise UnusableInputError(
            reason="malformed_input", detail="columns and feature names differ in number"
        )
    ensure_rows(values=test, sample="test", needed=2 * params.integer("intervals"))
    signs = _signs(params, names)
    prefix = "black_box_" if explainer.route == "black_box" else ""
    rows, background = (
        sample_rows(rows=test, size=params.integer(prefix + size), seed=tools.seed)
        for size in ("rows", "background")
    )
    effects = _effects(explainer, rows, background, params.integer("intervals"))
    judged = [_judge(name, effect, signs.get(name, 0)) for name, effect in zip(names, effects, strict=True)]
    judged.sort(key=lambda one: -one.effect.reach)
    spread = float(explainer.outputs(rows=rows).std())
    return Measurement(
        metrics=_metrics(judged, spread, len(rows)),
        tables=(_table(judged, spread),),
        figures=tuple(
            _figure(place, one, explainer.space)
            for place, one in enumerate(judged[: params.integer("shown")], start=1)
        ),
        notes=(
            f"route {explainer.route}, effects in {explainer.space}",
            f"accumulated effects of {len(rows)} rows, partial dependence over {len(background)}",
        ),
    )


def _signs(params: Params, names: Sequence[str]) -> dict[str, int]:
    """Return the stated signs by input. Raises ``UnusableInputError`` for an unknown name and for two signs."""
    found: dict[str, int] = {}
    for word, sign in _SIGNS.items():
        for name in filter(None, (part.strip() for part in params.text(word).split(","))):
            if name not in names:
                raise UnusableInputError(reason="unknown_column", detail=f"no column is called {name}")
            if found.setdefault(name, sign) != sign:
                raise UnusableInputError(
                    reason="contradictory_sign", detail=f"{name} is stated to rise and to fall"
                )
    return found


def _effects(
    explainer: ExplainerTool, rows: FloatArray, background: FloatArray, intervals: int
) -> list[Effect]:
    return [
        feature_effect(
            predict=lambda given: explainer.outputs(rows=given),
            rows=rows,
            background=background,
            feature=i,
            grid=quantile_grid(values=rows[:, i], intervals=intervals),
        )
        for i in range(rows.shape[1])
    ]


def _judge(name: str, effect: Effect, sign: int) -> _Judged:
    if not sign:
        return _Judged(name=name, effect=effect, sign=0, violations=None)
    both = [sign_violations(curve=curve, sign=sign) for curve in (effect.partial, effect.accumulated)]
    worse = Violations(steps=max(one.steps for one in both), mass=max(one.mass for one in both))
    return _Judged(name=name, effect=effect, sign=sign, violations=worse)


def _metrics(judged: Sequence[_Judged], spread: float, rows: int) -> tuple[Metric, ...]:
    gap = max(one.effect.gap for one in judged)
    found = [one.violations for one in judged if one.violations is not None]
    metrics = [
        Metric(
            name="ale_pdp_gap",
            estimate=gap / (spread or 1.0),
            n=rows,
            method=f"largest centred distance of the two curves, in standard deviations of the output; {_NO_INTERVAL}",
        ),
        Metric(
            name="inputs_with_sign",
            estimate=float(len(found)),
            n=rows,
            method="inputs for which the plan states a sign",
        ),
    ]
    if found:
        method = f"worst of {len(found)} inputs and of both curves; {_NO_INTERVAL}"
        worst: Mapping[str, float] = {
            "violating_steps": max(one.steps for one in found),
            "violating_mass": max(one.mass for one in found),
        }
        metrics += [Metric(name=name, estimate=value, n=rows, method=method) for name, value in worst.items()]
    return tuple(metrics)


def _table(judged: Sequence[_Judged], spread: float) -> Table:
    words = {sign: word for word, sign in _SIGNS.items()} | {0: "none stated"}
    return Table(
        id="effects",
        title="Effects by input, furthest reach first",
        columns=(
            "input",
            "reach of the accumulated effect",
            "gap to partial dependence",
            "gap in spreads of the output",
            "sign",
            "steps against",
            "mass against",
        ),
        rows=tuple(
            (
                one.name,
                *(
                    decimal_text(figure)
                    for figure in (one.effect.reach, one.effect.gap, one.effect.gap / (spread or 1.0))
                ),
                words[one.sign],
                "" if one.violations is None else decimal_text(one.violations.steps),
                "" if one.violations is None else decimal_text(one.violations.mass),
            )
            for one in judged
        ),
    )


def _figure(place: int, one: _Judged, space: str) -> Figure:
    effect = one.effect
    return Figure(
        id=f"effect_{place}",
        title=f"Effect of {one.name}",
        kind="line",
        x_label=one.name,
        y_label=f"centred effect, {space.replace('_', ' ')}",
        series=tuple(
            Series(name=name, points=tuple(zip(effect.grid.tolist(), curve.tolist(), strict=True)))
            for name, curve in (
                ("accumulated local effect", effect.accumulated),
                ("partial dependence", effect.partial),
            )
        ),
    )
