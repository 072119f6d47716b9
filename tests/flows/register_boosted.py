"""``python -m tests.flows.register_boosted URI`` registers the version and prints its open request."""

import sys

import django

django.setup()

from registry import api as registry_api  # noqa: E402
from tests.builders import bank  # noqa: E402

bank.set_up_bank()
result = registry_api.register_version(
    actor=bank.actor("dana"),
    at=bank.AT,
    correlation_id="register",
    mlflow_uri=sys.argv[1],
    use_case_keys=[bank.USE_CASE],
    details={
        "name": "PD of cards",
        "description": "Twelve-month PD",
        "purpose": "Ordering of calls",
        "limitations": "None known",
        "data_sources": "Card accounts",
        "origin": "internal",
        "entity": bank.ENTITY,
        "jurisdictions": "EU",
        "owner": "owen",
        "validator": "vera",
    },
)
(request,) = registry_api.list_validation_requests(actor=bank.actor("vera"))
assert result.is_new
sys.stdout.write(str(request.uuid))
