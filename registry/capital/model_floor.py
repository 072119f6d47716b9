"""The model-level floor: RWA on a model's estimates against a share of RWA on the benchmark's."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from registry.capital.figures import Step, ensure_amount, step, weakest_provenance
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligorRwa:
    """RWA of one obligor under the model's estimates and under the benchmark's."""

    key: str
    model_rwa_eur: Decimal
    benchmark_rwa_eur: Decimal
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFloor:
    """The comparison. ``drivers`` are the obligors with the largest cut against the benchmark, largest first."""

    model_rwa_eur: Decimal
    benchmark_rwa_eur: Decimal
    share_of_benchmark: Decimal
    required_share: Decimal
    floor_eur: Decimal
    floored_rwa_eur: Decimal
    shortfall_eur: Decimal
    is_binding: bool
    drivers: tuple[ObligorRwa, ...]
    provenance: Provenance
    steps: tuple[Step, ...]


def model_floor(*, obligors: Sequence[ObligorRwa], required_share: Decimal, drivers: int) -> ModelFloor:
    """Compare the two totals over the validation sample; ``drivers`` says how many obligors to name.

    Refuses amounts that are not finite or below zero (``CAP020``) and a benchmark total of zero (``CAP080``).
    """
    for obligor in obligors:
        ensure_amount(name=f"{obligor.key}: model_rwa_eur", amount_eur=obligor.model_rwa_eur)
        ensure_amount(name=f"{obligor.key}: benchmark_rwa_eur", amount_eur=obligor.benchmark_rwa_eur)
    required = ensure_amount(name="required_share", amount_eur=required_share)
    model_rwa = sum((obligor.model_rwa_eur for obligor in obligors), Decimal(0))
    benchmark = sum((obligor.benchmark_rwa_eur for obligor in obligors), Decimal(0))
    if not benchmark:
        raise InvalidInput(
            "CAP080",
            "the benchmark carries no RWA, so no share of it can be formed",
            remedy="Compute the benchmark on a sample with exposure.",
        )
    share = model_rwa / benchmark
    floor = required * benchmark
    shortfall = max(floor - model_rwa, Decimal(0))
    ranked = sorted(obligors, key=lambda o: (o.model_rwa_eur - o.benchmark_rwa_eur, o.key))
    return ModelFloor(
        model_rwa_eur=model_rwa,
        benchmark_rwa_eur=benchmark,
        share_of_benchmark=share,
        required_share=required,
        floor_eur=floor,
        floored_rwa_eur=model_rwa + shortfall,
        shortfall_eur=shortfall,
        is_binding=shortfall > 0,
        drivers=tuple(ranked[:drivers]),
        provenance=weakest_provenance(provenances=[obligor.provenance for obligor in obligors]),
        steps=(
            step(quantity="RWA on the model", formula="sum over obligors", value=model_rwa),
            step(quantity="RWA on the benchmark", formula="sum over obligors", value=benchmark),
            step(
                quantity="share of benchmark", formula="RWA on the model / RWA on the benchmark", value=share
            ),
            step(quantity="floor", formula=f"{required:f} x RWA on the benchmark", value=floor),
        ),
    )
