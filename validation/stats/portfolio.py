"""Reads what a portfolio declares, and what the capital tool makes of grades under it. Amounts are decimals."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import numpy as np

from validation.domain.inputs import FloatArray, UnusableInputError
from validation.domain.results import decimal_text
from validation.domain.tools import CapitalTool
from validation.stats.calibration import grade_index, grades

EXPOSURE = "ead_eur"
LOSS_SHARE = "loss_given_default_share"


def declared_number(*, portfolio: Mapping[str, str], name: str) -> Decimal:
    """Return a declared figure. Raises ``UnusableInputError`` ``malformed_portfolio`` where there is none."""
    try:
        value = Decimal(portfolio.get(name, ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UnusableInputError(
            reason="malformed_portfolio", detail=f"the portfolio declares no {name} as decimal text"
        )
    return value


def rwa_of_rows(
    *, scores: FloatArray, edges: tuple[float, ...], portfolio: Mapping[str, str], tool: CapitalTool
) -> FloatArray:
    """Return each row's risk-weighted assets in euros.

    Rows are graded by their scores, which are probabilities; a grade's PD is
    its mean; the declared exposure is spread evenly over the rows. Raises as
    ``declared_number`` does.
    """
    exposure = declared_number(portfolio=portfolio, name=EXPOSURE) / Decimal(len(scores))
    pds = grades(labels=np.zeros(len(scores)), scores=scores, edges=edges).pds
    weights = np.array(
        [
            float(tool(pds=[decimal_text(float(pd))], eads=[str(exposure)], portfolio=portfolio)["rwa_irb"])
            for pd in pds
        ]
    )
    _, position = np.unique(grade_index(scores=scores, edges=edges), return_inverse=True)
    return np.asarray(weights[position], dtype=np.float64)
