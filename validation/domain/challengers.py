"""The families of interpretable models that a complex one is set against, and the settings each may try.

A family is admissible when a reader can recompute every score from a table
and say, for each input, what it adds. Families stand from the simplest to the
least simple, and settings within a family likewise: ties go to the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Setting = Mapping[str, float]
"""The values of a family's tuning parameters, by name."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of interpretable model: why it is admitted, and the settings that cross-validation may choose from."""

    name: str
    title: str
    admissible: str
    settings: tuple[Setting, ...]


def _settings(*settings: dict[str, float]) -> tuple[Setting, ...]:
    return tuple(MappingProxyType(setting) for setting in settings)


SCORECARD = Family(
    name="scorecard",
    title="monotone scorecard",
    admissible="points per bin that add up; each input's points only rise or only fall",
    settings=_settings(
        {"bins": 5, "ridge": 1},
        {"bins": 10, "ridge": 1},
        {"bins": 20, "ridge": 1},
    ),
)
EBM = Family(
    name="ebm",
    title="explainable boosting",
    admissible="one curve per input, and the curves add up; no input changes what another does",
    settings=_settings({"bins": 16}, {"bins": 32}, {"bins": 64}),
)
MONOTONE_GBM = Family(
    name="monotone_gbm",
    title="monotone shallow trees",
    admissible="no tree reads more than two inputs, and no input's effect changes its direction",
    settings=_settings(
        {"rounds": 50, "rate": 0.1},
        {"rounds": 100, "rate": 0.1},
        {"rounds": 200, "rate": 0.1},
    ),
)
FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for family in (SCORECARD, EBM, MONOTONE_GBM)}
)
MOST_SETTINGS = 3


def setting_text(setting: Setting) -> str:
    """Return a setting in words, such as ``bins 10, ridge 1``."""
    return ", ".join(f"{name} {value:g}" for name, value in setting.items())
