"""Conditions, what somebody states about his use, and what must come of it: worked by hand, for every checker alike."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """One condition against one statement. ``recorded`` are facts of the register, which no offline checker sees."""

    title: str
    kind: str
    params: dict[str, Any]
    status: str
    stated: dict[str, Any] = field(default_factory=dict)
    recorded: dict[str, Any] = field(default_factory=dict)

    @property
    def condition(self) -> dict[str, Any]:
        """The condition as a permit carries it."""
        return {"kind": self.kind, "params": self.params, "text": f"Keep to {self.title}.", "cites": []}


CAP = {"maximum_eur": "1000000"}
CARDS = {"segments": "consumer, small business"}
CLASSES = {"segments": "retail_other", "of": "exposure_class"}
MARGIN = {"overlay": "margin of conservatism"}
FLOOR = {"minimum_share_of_benchmark": "0.80", "unstated": "obligation"}
REVIEW = {"minimum_rate": "0.05", "unstated": "obligation"}

STATED = (
    Case(
        title="below the cap",
        kind="exposure_cap",
        params=CAP,
        stated={"exposure_eur": "999999.99"},
        status="held",
    ),
    Case(
        title="at the cap",
        kind="exposure_cap",
        params=CAP,
        stated={"exposure_eur": "1000000.00"},
        status="held",
    ),
    Case(
        title="a cent above",
        kind="exposure_cap",
        params=CAP,
        stated={"exposure_eur": "1000000.01"},
        status="exceeded",
    ),
    Case(
        title="a segment", kind="segment", params=CARDS, stated={"segment": "small business"}, status="held"
    ),
    Case(title="another", kind="segment", params=CARDS, stated={"segment": "corporate"}, status="exceeded"),
    Case(title="no segment", kind="segment", params=CARDS, status="unknown"),
    Case(
        title="an overlay",
        kind="overlay",
        params=MARGIN,
        stated={"overlays": ("stress", "margin of conservatism")},
        status="held",
    ),
    Case(
        title="another overlay",
        kind="overlay",
        params=MARGIN,
        stated={"overlays": ("stress",)},
        status="exceeded",
    ),
    Case(title="no overlay stated", kind="overlay", params=MARGIN, status="unknown"),
    Case(
        title="reviewing enough",
        kind="human_review_rate",
        params=REVIEW,
        stated={"review_rate": "0.12"},
        status="held",
    ),
    Case(
        title="just enough",
        kind="human_review_rate",
        params=REVIEW,
        stated={"review_rate": "0.05"},
        status="held",
    ),
    Case(
        title="too little",
        kind="human_review_rate",
        params=REVIEW,
        stated={"review_rate": "0.0499"},
        status="exceeded",
    ),
    Case(title="an unstated rate", kind="human_review_rate", params=REVIEW, status="obligation"),
    Case(
        title="an unstated rate that refers",
        kind="human_review_rate",
        params={"minimum_rate": "0.05"},
        status="unknown",
    ),
    Case(
        title="above the floor",
        kind="model_output_floor",
        params=FLOOR,
        stated={"share_of_benchmark": "0.81"},
        status="held",
    ),
    Case(
        title="at the floor",
        kind="model_output_floor",
        params=FLOOR,
        stated={"share_of_benchmark": "0.8"},
        status="held",
    ),
    Case(
        title="below the floor",
        kind="model_output_floor",
        params=FLOOR,
        stated={"share_of_benchmark": "0.7999"},
        status="exceeded",
    ),
    Case(title="an unstated share", kind="model_output_floor", params=FLOOR, status="obligation"),
    Case(
        title="monitoring",
        kind="monitoring",
        params={"every": "month"},
        stated={"review_rate": "1"},
        status="obligation",
    ),
    Case(
        title="a cap without figure",
        kind="exposure_cap",
        params={},
        stated={"exposure_eur": "1"},
        status="unknown",
    ),
    Case(
        title="a cap in words",
        kind="exposure_cap",
        params={"maximum_eur": "a lot"},
        stated={"exposure_eur": "1"},
        status="unknown",
    ),
    Case(
        title="a cap that is no number",
        kind="exposure_cap",
        params={"maximum_eur": "NaN"},
        stated={"exposure_eur": "1"},
        status="unknown",
    ),
    Case(
        title="an empty list",
        kind="segment",
        params={"segments": " , "},
        stated={"segment": "x"},
        status="unknown",
    ),
    Case(title="a kind of the future", kind="moon_phase", params={}, status="unknown"),
)
"""What can be said without the register."""

RECORDED = (
    Case(
        title="a recorded exposure",
        kind="exposure_cap",
        params=CAP,
        recorded={"use.exposure_eur": "1000000"},
        status="held",
    ),
    Case(
        title="a recorded excess",
        kind="exposure_cap",
        params=CAP,
        recorded={"use.exposure_eur": "2000000"},
        status="exceeded",
    ),
    Case(
        title="a part of a large use",
        kind="exposure_cap",
        params=CAP,
        stated={"exposure_eur": "1"},
        recorded={"use.exposure_eur": "2000000"},
        status="held",
    ),
    Case(title="no exposure at all", kind="exposure_cap", params=CAP, status="unknown"),
    Case(
        title="a recorded class",
        kind="segment",
        params=CLASSES,
        recorded={"capital.exposure_class": "retail_other"},
        status="held",
    ),
    Case(
        title="another class",
        kind="segment",
        params=CLASSES,
        recorded={"capital.exposure_class": "corporate"},
        status="exceeded",
    ),
    Case(
        title="a class is no segment",
        kind="segment",
        params=CARDS,
        recorded={"capital.exposure_class": "corporate"},
        status="unknown",
    ),
    Case(
        title="a floor that does not bind",
        kind="model_output_floor",
        params=FLOOR,
        recorded={"capital.model_share_of_benchmark": "0.80"},
        status="held",
    ),
    Case(
        title="a floor that binds",
        kind="model_output_floor",
        params=FLOOR,
        recorded={"capital.model_share_of_benchmark": "0.7999"},
        status="obligation",
    ),
    Case(
        title="a floor that binds and is kept",
        kind="model_output_floor",
        params=FLOOR,
        stated={"share_of_benchmark": "0.80"},
        recorded={"capital.model_share_of_benchmark": "0.60"},
        status="held",
    ),
    Case(
        title="a permit with a day left",
        kind="expiry",
        params={},
        recorded={"permit.days_left": 1},
        status="held",
    ),
    Case(
        title="a permit that ends today",
        kind="expiry",
        params={},
        recorded={"permit.days_left": 0},
        status="exceeded",
    ),
    Case(title="a permit of unknown length", kind="expiry", params={}, status="unknown"),
)
"""What the register adds."""
