"""The plan in a run folder: what is computed, and which tools each check asks for."""

import json
from collections.abc import Mapping
from pathlib import Path

from registry.domain.canonical import canonical_bytes
from validation.catalog import list_specs
from validation.domain.check import CheckSpec
from validation.domain.plan import ValidationPlan, parse_plan
from validation.engine.supervise import NEEDS_FILE


def write_plan(*, run_dir: Path, plan: ValidationPlan, specs: Mapping[str, CheckSpec]) -> None:
    """Write the plan, and beside it what the supervisor groups checks by: it knows no catalogue."""
    (run_dir / "plan.json").write_bytes(canonical_bytes(plan.to_json()))
    needs = {request.check: list(specs[request.check].tools) for request in plan.requests}
    (run_dir / NEEDS_FILE).write_bytes(canonical_bytes(needs))


def read_plan(*, run_dir: Path) -> ValidationPlan:
    """Return the plan of a run folder. Raises as ``parse_plan`` does."""
    return parse_plan(data=json.loads((run_dir / "plan.json").read_bytes()), specs=list_specs())
