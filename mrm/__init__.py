"""The project and, for data scientists, the client: ``import mrm`` loads nothing else until it is used."""

from importlib import import_module

__all__ = [
    "Explanation",
    "MrmApiError",
    "Permission",
    "Permissions",
    "PredictionsValidation",
    "Registration",
    "Reproduction",
    "StatedUse",
    "explain",
    "gate",
    "permission",
    "permission_on",
    "register",
    "reperform",
    "submit_predictions",
    "wait",
]


def __getattr__(name: str) -> object:
    """Load the client on first use (PEP 562), so that ``import mrm`` stays free of Django and of us."""
    if name in __all__:
        return getattr(import_module("mrm.client"), name)
    raise AttributeError(f"module 'mrm' has no attribute {name!r}")
