"""The layers of confinement, and which of them must hold before a pickle is opened."""

from collections.abc import Collection
from enum import StrEnum


class Layer(StrEnum):
    """One independent reason why what runs inside cannot reach what is outside."""

    EMPTY_ENVIRONMENT = "empty_environment"
    RESOURCE_LIMITS = "resource_limits"
    PRIVATE_ROOT = "private_root"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    NETWORK_NAMESPACE = "network_namespace"
    PROCESS_NAMESPACE = "process_namespace"
    OTHER_USER = "other_user"
    NO_CAPABILITIES = "no_capabilities"
    NO_NEW_PRIVILEGES = "no_new_privileges"


FILE_LAYERS = frozenset({Layer.PRIVATE_ROOT, Layer.LANDLOCK})
NETWORK_LAYERS = frozenset({Layer.SECCOMP, Layer.NETWORK_NAMESPACE})


def missing_for_code(layers: Collection[str]) -> tuple[str, ...]:
    """Return what is missing before code from outside may run: ``network``, ``file``, or nothing."""
    missing = []
    if not NETWORK_LAYERS.intersection(layers):
        missing.append("network")
    if not FILE_LAYERS.intersection(layers):
        missing.append("file")
    return tuple(missing)
