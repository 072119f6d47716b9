"""What a data scientist installs: register, ask for permission, gate a pipeline.

Reads MRM_URL and MRM_TOKEN (or the file that MRM_TOKEN_FILE names) from the environment.
"""

from mrm.client.answers import Permission, Permissions, PredictionsValidation, Registration
from mrm.client.calls import (
    explain,
    gate,
    permission,
    permission_on,
    register,
    reperform,
    submit_predictions,
    wait,
)
from mrm.client.conditions import StatedUse
from mrm.client.errors import MrmApiError
from mrm.client.explanation import Explanation
from mrm.client.reproduction import Reproduction

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
