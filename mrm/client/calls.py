"""The three lines that a data scientist writes, and the gate that a pipeline asks."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from mrm.client.answers import (
    Permission,
    Permissions,
    PredictionsValidation,
    Registration,
    read_permission,
)
from mrm.client.conditions import StatedUse
from mrm.client.connection import Connection, Settings
from mrm.client.errors import MrmApiError
from mrm.client.explanation import Explanation
from mrm.client.reproduction import Reproduction

REGISTRATION_READ_S = 330.0
"""The registry reads and hashes every byte of the artefact before it answers."""

POLL_S = 1.0


def connect() -> Connection:
    """Return a connection as the environment says. Raises ``CLI001``, ``CLI002``."""
    return Connection(Settings.from_environment())


def register(
    uri: str, use_cases: Sequence[str], *, connection: Connection | None = None, **details: str
) -> Registration:
    """Register a model version that MLflow holds, for the use cases it is meant for.

    ``uri`` is ``models:/NAME/NUMBER``. ``details`` complete what the version's
    ``mrm.*`` tags say (name, description, purpose, limitations, data_sources,
    origin, entity, jurisdictions, owner, validator). Registering the same bytes
    again changes nothing. Raises ``MrmApiError``.
    """
    if isinstance(use_cases, str):
        raise TypeError("use_cases is a list of keys, for example ['collections']")
    body: dict[str, object] = {"mlflow_uri": uri, "use_cases": list(use_cases)}
    if details:
        body["details"] = details
    via = connection or connect()
    return Registration.of(via.post("model-versions", body=body, read_s=REGISTRATION_READ_S), via=via)


def gate(
    uri: str,
    use_case: str,
    *,
    exposure_eur: str = "",
    segment: str = "",
    overlays: Sequence[str] = (),
    review_rate: str = "",
    share_of_benchmark: str = "",
    connection: Connection | None = None,
) -> Permission:
    """Ask whether a version may be used for a use case now. The answer is decided afresh and recorded.

    What is stated about the use is held against the conditions of the permit;
    amounts and shares are decimal text.
    """
    use = StatedUse(
        exposure_eur=exposure_eur,
        segment=segment,
        overlays=tuple(overlays),
        review_rate=review_rate,
        share_of_benchmark=share_of_benchmark,
    )
    via = connection or connect()
    return Permission.of(via.post("gate", body={"mlflow_uri": uri, "use_case": use_case, **use.body()}))


def permission_on(
    uri: str,
    use_case: str,
    on: date,
    *,
    use: StatedUse | None = None,
    connection: Connection | None = None,
) -> Permission:
    """Read the permission on a day: on record for a past one, projected for today and later. Nothing is stored."""
    return read_permission(uri, use_case, on=on, use=use or StatedUse(), via=connection or connect())


def explain(uri: str, use_case: str, *, connection: Connection | None = None) -> Explanation:
    """Read why the permission stands as it does: rules, citations, and the smallest changes that would flip it.

    Nothing is decided or recorded. Raises ``CLI010`` when the version is not
    registered for the use case, ``CLI012`` when nothing was decided on it yet.
    """
    via = connection or connect()
    decision = _permission_for(uri, use_case, via).document["decision"]
    if decision is None:
        raise MrmApiError(
            "CLI012",
            f"nothing was decided on {uri} for {use_case} yet",
            remedy="Ask the gate: mrm.gate(uri, use_case).",
        )
    return Explanation.of(via.get(f"decisions/{decision}"))


def permission(uri: str, *, connection: Connection | None = None) -> Permissions:
    """Read the permissions of a registered version as they stand. Raises ``CLI010`` when it is not registered."""
    via = connection or connect()
    found = via.get("model-versions", query={"mlflow_uri": uri})["items"]
    if not found:
        raise MrmApiError(
            "CLI010",
            f"{uri} is not registered, or you may not see it",
            remedy="Register it: mrm.register(uri, use_cases=[...]).",
        )
    version = via.get(f"model-versions/{found[0]['uuid']}")
    return Permissions(tuple(Permission.of(item) for item in version["permissions"]))


def submit_predictions(
    uri: str,
    use_case: str,
    file: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    connection: Connection | None = None,
) -> PredictionsValidation:
    """Send scores and outcomes of a registered version whose artefact cannot be run, and have them checked.

    ``file`` is CSV with a header, or Parquet; ``columns`` name its columns where they are not called
    score, outcome, sample, segment, vintage and score_before. No result counts towards a permission.
    Raises ``CLI010`` when the version is not registered for the use case, ``CLI005`` when the
    file cannot be read, and what the registry refuses.
    """
    via = connection or connect()
    path = f"intended-uses/{_permission_for(uri, use_case, via).document['intended_use']}/predictions"
    return PredictionsValidation.of(via.send_file(path, file=Path(file), fields=dict(columns or {})))


def _permission_for(uri: str, use_case: str, via: Connection) -> Permission:
    for item in permission(uri, connection=via):
        if item.use_case == use_case:
            return item
    raise MrmApiError(
        "CLI010",
        f"{uri} is not registered for {use_case}, or you may not see it",
        remedy="Register it: mrm.register(uri, use_cases=[...]).",
    )


def wait(
    registration: Registration,
    *,
    timeout_s: float = 900.0,
    connection: Connection | None = None,
    show: Callable[[str], object] | None = None,
) -> Permissions:
    """Wait until the open validations of a registered version have ended, and return its permissions.

    ``show`` gets one line whenever something moved (standard error by default).
    Raises ``CLI011`` when ``timeout_s`` seconds were not enough; the
    validations go on.
    """
    via = connection or connect()
    tell = show or _tell
    deadline = time.monotonic() + timeout_s
    told: dict[str, str] = {}
    while True:
        open_requests = [
            request
            for item in registration.permission
            for request in _requests(via, item.document["intended_use"])
            if request["status"] == "requested"
        ]
        for request in open_requests:
            line = f"{request['page']}: {_progress(via, request)}"
            if told.get(request["uuid"]) != line:
                tell(line)
                told[request["uuid"]] = line
        if not open_requests:
            return permission(registration.mlflow_uri, connection=via)
        if time.monotonic() > deadline:
            raise MrmApiError(
                "CLI011",
                f"{len(open_requests)} validations were still open after {timeout_s:g} s",
                remedy="Look at their pages; they go on. Check that a worker is running.",
            )
        time.sleep(POLL_S)


def reperform(
    validation: str,
    *,
    timeout_s: float = 900.0,
    connection: Connection | None = None,
    show: Callable[[str], object] | None = None,
) -> Reproduction:
    """Have a completed validation repeated as it was, wait for its end, and return how the numbers compare.

    ``validation`` is its identifier. Raises ``MrmApiError`` where the registry
    refuses: only an independent validator may. ``CLI013`` when ``timeout_s``
    seconds were not enough; the repetition goes on.
    """
    via = connection or connect()
    tell = show or _tell
    deadline = time.monotonic() + timeout_s
    found = Reproduction(via.post(f"validation-requests/{validation}/reperformances", body={}))
    again, told = str(found.document["validation_request"]), ""
    while found.is_open:
        line = f"{found.document['page']}: {_progress(via, {'uuid': again, 'checks_planned': 0})}"
        if line != told:
            tell(line)
            told = line
        if time.monotonic() > deadline:
            raise MrmApiError(
                "CLI013",
                f"the repetition {again} was still open after {timeout_s:g} s",
                remedy="Look at its page; it goes on. Check that a worker is running.",
            )
        time.sleep(POLL_S)
        found = Reproduction(via.get(f"validation-requests/{again}/reproduction"))
    return found


def _requests(via: Connection, intended_use: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = via.get("validation-requests", query={"intended_use": intended_use})[
        "items"
    ]
    return items


def _progress(via: Connection, request: dict[str, Any]) -> str:
    try:
        run = via.get(f"validation-requests/{request['uuid']}/run")
    except MrmApiError as error:
        if error.status != 404:
            raise
        return "waiting for a worker"
    planned = run["checks_planned"] or request["checks_planned"]
    return f"{run['status']}, {run['checks_recorded']} of {planned} checks done"


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
