"""Facts that the inventory knows: the artefact's kind, the use, and the capital setting."""

from dataclasses import replace
from decimal import Decimal

from registry.domain.vocab import Complexity, ModelFamily, Origin, Provenance
from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel, UseCase
from registry.policy.facts import Fact, known, unknown

INTERPRETABLE = frozenset({ModelFamily.LINEAR, ModelFamily.SCORECARD, ModelFamily.ADDITIVE, ModelFamily.TREE})


def facts_for(*, intended_use: IntendedUse) -> dict[str, Fact]:
    """Return every fact that the inventory can state about the pair."""
    version, use_case = intended_use.version, intended_use.use_case
    return {**_model_facts(version), **_use_facts(use_case)}


def scope_cases(*, registered_model: RegisteredModel) -> list[dict[str, Fact]]:
    """Return the facts of each version in each jurisdiction: of its uses, of the model, of its legal entity."""
    declared = {*registered_model.jurisdictions, registered_model.entity.jurisdiction}
    cases = []
    for version in registered_model.versions.select_related("registered_model").order_by("number"):
        used = version.intended_uses.values_list("use_case__jurisdiction", flat=True)
        for jurisdiction in sorted(declared | set(used)):
            where = known(
                name="use.jurisdiction", value=jurisdiction, source=f"model {registered_model.uuid}"
            )
            cases.append({**_model_facts(version), "use.jurisdiction": where})
    return cases


def _model_facts(version: ModelVersion) -> dict[str, Fact]:
    source = f"model version {version.uuid}"
    counted = str((version.shape or {}).get("source", ""))
    facts: dict[str, Fact] = {}

    def put(name: str, value: object, provenance: Provenance) -> None:
        facts[name] = known(name=name, value=value, provenance=provenance, source=source)

    put("model.family", version.family, Provenance.DERIVED)
    put("model.complexity", version.complexity, Provenance.DERIVED)
    if counted:
        facts["model.complexity"] = replace(facts["model.complexity"], source=f"{source}, {counted}")
    put("model.is_vendor", version.registered_model.origin == Origin.VENDOR, Provenance.DECLARED)
    put("version.artifact_hashed", bool(version.artifact_digest), Provenance.MEASURED)
    put("version.has_signature", bool(version.signature), Provenance.MEASURED)
    put("version.has_data_lineage", bool(version.datasets), Provenance.MEASURED)
    if version.family == ModelFamily.OPAQUE:
        unread = unknown(reason="the artefact's kind could not be read from its bytes", source=source)
        facts |= {"version.is_interpretable": unread, "model.is_generative": unread}
    else:
        put("model.is_generative", version.family == ModelFamily.GENERATIVE, Provenance.DERIVED)
        is_small = version.complexity in (Complexity.LOW, Complexity.MEDIUM)
        put("version.is_interpretable", version.family in INTERPRETABLE and is_small, Provenance.DERIVED)
    return facts


def _use_facts(use_case: UseCase) -> dict[str, Fact]:
    source = f"use case {use_case.uuid}"
    declared = {
        "use.archetype": use_case.archetype,
        "use.customer_facing": use_case.is_customer_facing,
        "use.decides_on_individuals": use_case.decides_on_individuals,
        "use.regulatory_capital": use_case.is_regulatory_capital,
        "use.jurisdiction": use_case.jurisdiction,
        "use.exposure_eur": Decimal(use_case.exposure_eur),
        "use.materiality": use_case.materiality,
        "capital.risk_category": use_case.risk_category,
        "capital.exposure_class": use_case.exposure_class,
        "capital.approach": use_case.approach,
        "capital.parameter": use_case.parameter,
    }
    return {
        name: known(name=name, value=value, provenance=Provenance.DECLARED, source=source)
        for name, value in declared.items()
    }
