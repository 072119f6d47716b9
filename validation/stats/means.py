"""A mean with Student's interval."""

from scipy.special import stdtrit

from validation.domain.inputs import FloatArray
from validation.domain.results import Metric

_CONFIDENCE = 0.95


def mean_metric(name: str, values: FloatArray, method: str) -> Metric:
    """Return the mean of two or more values with Student's interval at 95 %."""
    n, mean = len(values), float(values.mean())
    quantile = -float(stdtrit(n - 1, (1.0 - _CONFIDENCE) / 2.0))
    reach = quantile * float(values.std(ddof=1)) / n**0.5
    return Metric(
        name=name,
        estimate=mean,
        lower=mean - reach,
        upper=mean + reach,
        confidence=_CONFIDENCE,
        n=n,
        method=method,
    )
