"""Risk weights of 30,000 obligors in decimals, against the bare formula in doubles."""

from decimal import Decimal

from registry.capital.irb import irb_portfolio
from registry.capital.irb_floors import InputFloors
from registry.domain.vocab import Provenance
from tests.benchmarks.harness import Entry, Result, in_process, measure
from tests.oracle.capital.formulas import capital

OBLIGORS = 30_000
LGD, MATURITY, BANK_FACTOR, PER_CAPITAL = 0.45, 2.5, 1.25, 12.5
NO_FLOORS = InputFloors(pd_12m=0.0, lgd_share=0.0, citations=())


def results() -> list[Result]:
    """Measure one portfolio of one class."""
    pds = [(place + 1) / (OBLIGORS + 2) for place in range(OBLIGORS)]
    eads = [Decimal("1234.56")] * OBLIGORS

    def ours() -> list[float]:
        found = irb_portfolio(
            exposure_class="bank", pd_12m=pds, lgd_share=[LGD] * OBLIGORS, ead_eur=eads, floors=NO_FLOORS,
            provenance=Provenance.ASSUMED, maturity_years=[MATURITY] * OBLIGORS, is_large_financial=True,
        )  # fmt: skip
        return [float(weight) for weight in found.risk_weights]

    def formula() -> list[float]:
        return [PER_CAPITAL * capital("bank", pd, LGD, maturity=MATURITY, factor=BANK_FACTOR) for pd in pds]

    def is_equal(weights: list[float], others: list[float]) -> bool:
        return len(weights) == OBLIGORS and all(
            abs(one - other) < 1e-9 for one, other in zip(weights, others, strict=True)
        )

    return [
        measure(
            Entry(
                name="risk weights of a portfolio",
                work=f"risk weights, RWA and expected loss of {OBLIGORS:,} obligors",
                ours=in_process("registry.capital.irb.irb_portfolio", ours),
                peer=in_process("the formula of CRE31 in doubles, obligor by obligor, weights only", formula),
                is_equal=is_equal,
                runs=5,
                warm_up=1,
                sizes={"obligors": OBLIGORS},
                note="below 1 we cost more: ours checks every input, applies floors and adds in decimals",
            )
        )
    ]
