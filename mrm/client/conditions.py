"""The conditions of a permit against a use, checked where the registry cannot be reached.

Written apart from the registry's own checker, against the same worked cases.
Only what the caller states is known here, so a limit that the registry would
compare with its records is unknown until it is stated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

HELD, EXCEEDED, UNKNOWN, OBLIGATION = "held", "exceeded", "unknown", "obligation"

_AT_MOST = {"exposure_cap": ("maximum_eur", "exposure_eur")}
_AT_LEAST = {
    "human_review_rate": ("minimum_rate", "review_rate"),
    "model_output_floor": ("minimum_share_of_benchmark", "share_of_benchmark"),
}
_NAMES = {"segment": ("segments", "segment"), "overlay": ("overlay", "overlays")}


@dataclass(frozen=True, kw_only=True)
class StatedUse:
    """The facts of one use: amounts and shares as decimal text; empty where nothing is stated."""

    exposure_eur: str = ""
    segment: str = ""
    overlays: tuple[str, ...] = ()
    review_rate: str = ""
    share_of_benchmark: str = ""

    def body(self) -> dict[str, object]:
        """Return what is stated, as the registry reads it."""
        stated: dict[str, object] = {name: value for name, value in vars(self).items() if value}
        return stated | ({"overlays": list(self.overlays)} if self.overlays else {})

    def query(self) -> dict[str, str]:
        """Return what is stated, as an address holds it."""
        return {name: ",".join(value) if isinstance(value, list) else str(value)
                for name, value in self.body().items()}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OfflineCheck:
    """One condition against the use."""

    text: str
    status: str


def check_offline(*, conditions: Sequence[Any], use: StatedUse) -> tuple[OfflineCheck, ...]:
    """Return one check per condition. The term is left out: the permit's last day says it."""
    rows = [item if isinstance(item, Mapping) else {} for item in conditions]
    return tuple(
        OfflineCheck(text=str(row.get("text", "")), status=_status(row, use))
        for row in rows
        if row.get("kind") != "expiry"
    )


def _status(condition: Mapping[str, Any], use: StatedUse) -> str:
    kind, params = str(condition.get("kind")), condition.get("params")
    given = params if isinstance(params, Mapping) else {}
    if kind == "monitoring":
        return OBLIGATION
    if kind in _NAMES:
        is_kept = _keeps_names(kind, given, use)
    elif kind in _AT_MOST or kind in _AT_LEAST:
        is_kept = _keeps_figure(kind, given, use)
    else:
        return UNKNOWN
    if is_kept is None:
        return OBLIGATION if _is_readable(kind, given) and given.get("unstated") == OBLIGATION else UNKNOWN
    return HELD if is_kept else EXCEEDED


def _keeps_names(kind: str, params: Mapping[str, Any], use: StatedUse) -> bool | None:
    param, name = _NAMES[kind]
    allowed, stated = _split(str(params.get(param, ""))), getattr(use, name)
    if not allowed or not stated:
        return None
    return stated in allowed if kind == "segment" else allowed <= set(stated)


def _keeps_figure(kind: str, params: Mapping[str, Any], use: StatedUse) -> bool | None:
    param, name = (_AT_MOST | _AT_LEAST)[kind]
    limit, stated = _figure(str(params.get(param, ""))), _figure(getattr(use, name))
    if limit is None or stated is None:
        return None
    return stated <= limit if kind in _AT_MOST else stated >= limit


def _is_readable(kind: str, params: Mapping[str, Any]) -> bool:
    text = str(params.get({**_AT_MOST, **_AT_LEAST, **_NAMES}[kind][0], ""))
    return bool(_split(text)) if kind in _NAMES else _figure(text) is not None


def _split(text: str) -> set[str]:
    return {part.strip() for part in text.split(",") if part.strip()}


def _figure(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None
