"""A mean with its normal interval."""

from validation.domain.inputs import FloatArray
from validation.domain.results import Metric

_Z95 = 1.959963984540054


def mean_metric(name: str, values: FloatArray, method: str) -> Metric:
    """Return the mean of two or more values with its normal interval at 95 %."""
    mean, reach = float(values.mean()), _Z95 * float(values.std(ddof=1)) / len(values) ** 0.5
    return Metric(
        name=name,
        estimate=mean,
        lower=mean - reach,
        upper=mean + reach,
        confidence=0.95,
        n=len(values),
        method=method,
    )
