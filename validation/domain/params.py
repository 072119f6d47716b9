"""The parameters that many checks take: for each one meaning, one default, one set of limits."""

from decimal import Decimal

from validation.domain.check import ParamKind, ParamSpec
from validation.domain.inputs import SAMPLES

SAMPLE = ParamSpec(
    name="sample", kind=ParamKind.TEXT, default="test", meaning="the sample measured", choices=SAMPLES
)
REFERENCE = ParamSpec(
    name="reference",
    kind=ParamKind.TEXT,
    default="test",
    meaning="the sample compared with",
    choices=SAMPLES,
)
CURRENT = ParamSpec(
    name="current", kind=ParamKind.TEXT, default="recent", meaning="the batch judged", choices=SAMPLES
)
CONFIDENCE = ParamSpec(
    name="confidence",
    kind=ParamKind.DECIMAL,
    default="0.95",
    meaning="confidence of the interval",
    minimum=Decimal("0.5"),
    maximum=Decimal("0.999"),
)
MIN_DEFAULTS = ParamSpec.whole("min_defaults", "20", "fewest rows of either class", 2)
SEGMENT_COLUMN = ParamSpec(
    name="column",
    kind=ParamKind.TEXT,
    default="",
    meaning="the input whose values are the segments; empty: those that the data set or the file of "
    "predictions states, and where none are stated the first input",
)
SEGMENT_BINS = ParamSpec.whole("bins", "5", "quantile bins of a column that holds more than 20 values", 2, 50)
