"""The catalogue of checks: a literal tuple of built-ins, and what the entry point ``mrm.checks`` adds.

Checks are named by dotted path, so that knowing the catalogue does not mean
depending on its members.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from registry.domain.errors import InvalidInput
from validation.domain.check import CheckSpec, Params
from validation.domain.inputs import CheckInputs
from validation.domain.results import Measurement
from validation.domain.tools import Tools

BUILT_INS = (
    "validation.checks.data_quality",
    "validation.checks.data_leakage",
    "validation.checks.data_representativeness",
    "validation.checks.discrimination_auc",
    "validation.checks.discrimination_ks",
    "validation.checks.discrimination_partial",
    "validation.checks.discrimination_decline",
    "validation.checks.discrimination_segments",
    "validation.checks.calibration_jeffreys",
    "validation.checks.calibration_hosmer_lemeshow",
    "validation.checks.calibration_brier",
    "validation.checks.calibration_low_default",
    "validation.checks.calibration_spiegelhalter",
    "validation.checks.calibration_monotone_grades",
    "validation.checks.calibration_segments",
    "validation.checks.stability_psi",
    "validation.checks.stability_concentration",
    "validation.checks.stability_migrations",
    "validation.checks.robustness_inputs",
    "validation.checks.drift_data",
    "validation.checks.drift_domain",
    "validation.checks.drift_score",
    "validation.checks.explain_shap",
    "validation.checks.explain_certificate",
    "validation.checks.explain_effects",
    "validation.checks.explain_reasons",
    "validation.checks.fairness_outcomes",
    "validation.checks.challenger_advantage",
    "validation.checks.capital_rwa_effect",
    "validation.checks.integrity_artifact",
    "validation.checks.integrity_self_report",
)
ENTRY_POINT_GROUP = "mrm.checks"

Compute = Callable[[CheckInputs, Params, Tools], Measurement]


@dataclass(frozen=True, kw_only=True)
class Check:
    """A specification and the pure function that measures."""

    spec: CheckSpec
    compute: Compute


Catalog = Mapping[str, Check]


@cache
def load_catalog() -> Catalog:
    """Return every check by id: built-ins, then installed entry points.

    Raises ``InvalidInput`` ``CHK011`` when two checks share an id or a module is not a check.
    """
    return build_catalog(entries=entry_points(group=ENTRY_POINT_GROUP))


def build_catalog(*, entries: Iterable[EntryPoint]) -> Catalog:
    """Return the built-ins joined with the given entry points. Raises as ``load_catalog`` does."""
    modules = [import_module(path) for path in BUILT_INS]
    modules += [entry.load() for entry in sorted(entries, key=lambda entry: entry.name)]
    catalog: dict[str, Check] = {}
    for module in modules:
        check = _read_check(module)
        if check.spec.id in catalog:
            raise _refused(f"two checks have the id `{check.spec.id}`")
        catalog[check.spec.id] = check
    return catalog


def list_specs() -> Mapping[str, CheckSpec]:
    """Return the specification of every check by id."""
    return {check_id: check.spec for check_id, check in load_catalog().items()}


def _read_check(module: ModuleType) -> Check:
    spec, compute = getattr(module, "SPEC", None), getattr(module, "compute", None)
    if not isinstance(spec, CheckSpec) or not callable(compute):
        raise _refused(f"`{getattr(module, '__name__', module)}` offers no SPEC and compute")
    _ensure_alarms(spec)
    return Check(spec=spec, compute=compute)


def _ensure_alarms(spec: CheckSpec) -> None:
    params = {param.name for param in spec.params}
    for alarm in spec.alarms:
        is_leveled = not alarm.counts or alarm.level in params
        if not {alarm.p_value, *alarm.counts} <= set(spec.metrics) or not is_leveled:
            raise _refused(
                f"an alarm of `{spec.id}` names a metric or a parameter that the check does not have"
            )
        if alarm.level_over and alarm.level_over not in params:
            raise _refused(
                f"an alarm of `{spec.id}` shares its level over a parameter that the check does not have"
            )


def _refused(message: str) -> InvalidInput:
    return InvalidInput(
        "CHK011",
        message,
        remedy="A check is a module with SPEC (a CheckSpec of its own id) and compute(inputs, params, tools).",
    )
