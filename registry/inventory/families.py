"""What kind of artefact a version is, from its flavours and from bytes that are read as data."""

from collections.abc import Collection
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

_COMPLEXITY = MappingProxyType(
    {
        ModelFamily.LINEAR: Complexity.LOW,
        ModelFamily.SCORECARD: Complexity.LOW,
        ModelFamily.TREE: Complexity.LOW,
        ModelFamily.ADDITIVE: Complexity.MEDIUM,
        ModelFamily.TREE_ENSEMBLE: Complexity.HIGH,
        ModelFamily.NEURAL: Complexity.HIGH,
        ModelFamily.GENERATIVE: Complexity.HIGH,
        ModelFamily.OPAQUE: Complexity.UNKNOWN,
    }
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


def complexity_of(*, family: ModelFamily) -> Complexity:
    """Return the complexity that a family implies."""
    return _COMPLEXITY[family]
