"""Check ``integrity.artifact``: are these the registered bytes, and do they answer alike twice?"""

from decimal import Decimal

import numpy as np

from registry.domain.vocab import Verdict
from validation.domain.check import (
    CheckKind,
    CheckSpec,
    FactKind,
    Feed,
    FiveParts,
    ParamKind,
    Params,
    ParamSpec,
)
from validation.domain.inputs import CheckInputs
from validation.domain.results import Measurement, Metric, Table
from validation.domain.thresholds import Direction, Threshold
from validation.domain.tools import Tools

_HOUSE = ("a figure about other bytes, or that does not repeat, is no evidence",)


def _must_hold(metric: str) -> Threshold:
    return Threshold(
        metric=metric,
        direction=Direction.AT_LEAST,
        inclusive=True,
        value=Decimal(1),
        verdict=Verdict.FAIL,
        cites=_HOUSE,
    )


SPEC = CheckSpec(
    id="integrity.artifact",
    major=1,
    title="Integrity of the artefact",
    kind=CheckKind.INTEGRITY,
    needs=("artifact", "test.scores", "test.scores_repeat"),
    params=(
        ParamSpec(
            name="tolerance",
            kind=ParamKind.DECIMAL,
            default="0",
            meaning="greatest difference between two predictions of the same row",
            minimum=Decimal(0),
            maximum=Decimal("0.001"),
        ),
    ),
    metrics=(
        *("digest_matches", "predictions_reproducible", "largest_difference"),
        *("layers_in_force", "artifact_verified"),
    ),
    feeds=(Feed(metric="artifact_verified", fact="evidence.artifact_verified", kind=FactKind.BOOLEAN),),
    inherent=(_must_hold("digest_matches"), _must_hold("predictions_reproducible")),
    doc=FiveParts(
        purpose="Makes sure that every other figure of the run is about the registered version.",
        mechanism="The digest of the bytes that the box loaded is compared with the registered one. The test "
        "sample is predicted twice in separate starts of the box and compared row by row. The layers of "
        "isolation that were in force are listed.",
        signs_of_high_risk="Another digest; predictions that differ between starts; few layers in force.",
        strengths="Rests on bytes and outputs only; nothing that the model says about itself is used.",
        limitations="Two equal predictions do not prove that a model is deterministic. A matching digest says "
        "that nothing changed since registration, not that the artefact is benign.",
    ),
)


def compute(inputs: CheckInputs, params: Params, tools: Tools) -> Measurement:
    """Measure whether the digest matches and predictions repeat."""
    del tools
    artifact = inputs.artifact
    assert artifact is not None
    first, second = inputs.array("test.scores"), inputs.array("test.scores_repeat")
    same_length = first.shape == second.shape
    difference = float(np.abs(first - second).max()) if same_length else float("inf")
    matches = bool(artifact.digest_recorded) and artifact.digest_recorded == artifact.digest_seen
    repeats = same_length and difference <= params.number("tolerance")
    n = len(first)

    def flag(name: str, value: bool, method: str) -> Metric:  # noqa: FBT001  the value of the flag itself
        return Metric(name=name, estimate=float(value), n=n, method=method)

    metrics = (
        flag("digest_matches", matches, "SHA-256 of the bytes loaded against the registered one; 1 is yes"),
        flag("predictions_reproducible", repeats, f"two starts of the box, tolerance {params['tolerance']}"),
        flag("artifact_verified", matches and repeats, "both of the above"),
        Metric(
            name="layers_in_force", estimate=float(len(artifact.layers)), n=n, method="reported by the box"
        ),
        *(
            [Metric(name="largest_difference", estimate=difference, n=n, method="row by row")]
            if same_length
            else []
        ),
    )
    return Measurement(
        metrics=metrics,
        tables=(
            Table(
                id="artifact",
                title="Artefact",
                columns=("item", "value"),
                rows=(
                    ("registered digest", artifact.digest_recorded),
                    ("digest seen", artifact.digest_seen),
                    ("family", artifact.family),
                    ("declarative form", artifact.declarative),
                    ("layers in force", ", ".join(artifact.layers) or "none"),
                ),
            ),
        ),
    )
