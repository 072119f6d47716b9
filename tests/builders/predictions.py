"""Files of predictions: ten obligors whose figures are known by hand, as often as a check needs them."""

import io

TEN = (
    *((0.05, 0), (0.10, 0), (0.20, 1), (0.25, 0), (0.30, 0)),
    *((0.40, 1), (0.45, 0), (0.60, 1), (0.70, 1), (0.90, 1)),
)
"""Score and outcome. Of 25 pairs of a default and a survivor 2 + 4 + 5 + 5 + 5 = 21 are in order: AUC 21/25.

KS: at 0.60 three of five defaults and no survivor lie above, at 0.40 four and one: 3/5. Squared errors sum to
1.6275, so that the Brier score is 0.16275. Repeating all ten changes none of the three.
"""
AUC, KS, BRIER = 0.84, 0.6, 0.16275
TIMES = 10


def csv_text(*, times: int = TIMES, header: str = "score,outcome") -> str:
    """Return the ten rows ``times`` times as CSV."""
    return header + "\n" + "".join(f"{score},{outcome}\n" for score, outcome in TEN) * times


def csv_file(text: str | bytes | None = None) -> io.BytesIO:
    """Return CSV as a file that can be read twice."""
    content = csv_text() if text is None else text
    return io.BytesIO(content.encode() if isinstance(content, str) else content)
