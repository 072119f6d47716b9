"""From a result to what the registry stores as evidence."""

from registry.domain.canonical import Json, digest
from registry.domain.vocab import Verdict
from validation.domain.results import CheckResult, is_finite

FEEDING = frozenset({Verdict.PASS, Verdict.WARN, Verdict.FAIL})


def to_evidence(*, result: CheckResult) -> dict[str, Json]:
    """Return the submission for the registry: verdict, figures, facts and the result's digest.

    A check that erred or was not applicable feeds no fact: the facts it would
    have fed stay unknown. Figures that are not finite are left out.
    """
    return {
        "check": result.check,
        "major": result.major,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "detail": result.detail,
        "metrics": [metric.to_json() for metric in result.metrics if is_finite(metric.estimate)],
        "facts": dict(result.facts) if result.verdict in FEEDING else {},
        "digest": digest(result.to_json()),
    }
