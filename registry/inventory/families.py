"""What kind of artefact a version is, from its flavours and from bytes that are read as data."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from registry.domain.vocab import Complexity, ModelFamily

DECLARATIVE_SCORECARD = "scorecard.json"
"""A scorecard's bins and points as data; the box compares its scores with the model's."""

_BY_FLAVOUR = MappingProxyType(
    {
        "xgboost": ModelFamily.TREE_ENSEMBLE,
        "lightgbm": ModelFamily.TREE_ENSEMBLE,
        "catboost": ModelFamily.TREE_ENSEMBLE,
        "keras": ModelFamily.NEURAL,
        "tensorflow": ModelFamily.NEURAL,
        "pytorch": ModelFamily.NEURAL,
        "transformers": ModelFamily.GENERATIVE,
        "openai": ModelFamily.GENERATIVE,
        "langchain": ModelFamily.GENERATIVE,
    }
)

COMPLEXITY_TABLE = Path(__file__).with_name("complexity.csv")
ESTIMATOR_TABLE = Path(__file__).with_name("estimators.csv")
_BOUNDS = ("trees", "max_depth", "parameters")


@dataclass(frozen=True, slots=True)
class ComplexityRow:
    """One line of the table: a family, upper bounds on counts (none for no bound), the complexity and why."""

    family: ModelFamily
    bounds: tuple[int | None, int | None, int | None]
    complexity: Complexity
    reason: str

    def holds(self, family: ModelFamily, shape: Mapping[str, object]) -> bool:
        """Whether the line is about the artefact: a count that is not known satisfies no bound."""
        if family is not self.family:
            return False
        counts = [shape.get(name) for name in _BOUNDS]
        return all(
            bound is None or (isinstance(count, int) and count <= bound)
            for bound, count in zip(self.bounds, counts, strict=True)
        )


def family_of(*, flavours: Collection[str], file_names: Collection[str]) -> tuple[ModelFamily, str]:
    """Return the family and the words for where it was read.

    A flavour that can hold anything (a pickle) gives ``OPAQUE``, which counts
    as the most complex, unless the artefact also declares itself as data.
    """
    for flavour in sorted(flavours):
        if flavour in _BY_FLAVOUR:
            return _BY_FLAVOUR[flavour], f"flavour {flavour}"
    if any(name.rsplit("/", 1)[-1] == DECLARATIVE_SCORECARD for name in file_names):
        return ModelFamily.SCORECARD, f"file {DECLARATIVE_SCORECARD}"
    return ModelFamily.OPAQUE, f"flavours {', '.join(sorted(flavours)) or 'none'} can hold anything"


def complexity_of(*, family: ModelFamily, shape: Mapping[str, object]) -> tuple[Complexity, str]:
    """Return the complexity that the table gives for the family and the counts, and why; unknown without a line."""
    for row in _table():
        if row.holds(family, shape):
            return row.complexity, row.reason
    return Complexity.UNKNOWN, "the table has no line for it"


@cache
def estimator_families() -> Mapping[str, ModelFamily | None]:
    """Return scikit-learn's classes that are known here: the family of an estimator, ``None`` for a part.

    A part works on one column at a time, or only carries others. What mixes columns
    (products of features, votes of several estimators) is left out, hence unknown.
    """
    with ESTIMATOR_TABLE.open(encoding="utf-8", newline="") as file:
        rows = ((line["class"], line["family"]) for line in csv.DictReader(file))
        return MappingProxyType({name: ModelFamily(family) if family else None for name, family in rows})


@cache
def _table() -> tuple[ComplexityRow, ...]:
    with COMPLEXITY_TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(line) for line in csv.DictReader(file))


def _row(line: Mapping[str, str]) -> ComplexityRow:
    trees, depth, parameters = (
        int(line[name]) if line[name] else None
        for name in ("trees_at_most", "depth_at_most", "parameters_at_most")
    )
    return ComplexityRow(
        family=ModelFamily(line["family"]),
        bounds=(trees, depth, parameters),
        complexity=Complexity(line["complexity"]),
        reason=line["reason"],
    )
