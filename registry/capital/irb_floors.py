"""Input floors of the internal-ratings formulas: PD, LGD with collateral, exposure at default."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from registry.capital.cited_tables import Row, table_rows
from registry.capital.figures import Citation, Step, ensure_amount, step
from registry.domain.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFloors:
    """The least PD and LGD that may enter the formula, with their clauses."""

    pd_12m: float
    lgd_share: float
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collateral:
    """One item of collateral. ``haircut_share`` is needed where the table leaves the haircut to the caller."""

    kind: str
    value_eur: Decimal
    haircut_share: Decimal | None = None
    currency_haircut_share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendedLgd:
    """LGD weighted by what is secured and what is not; both parts are of the exposure after its haircut."""

    lgd_share: Decimal
    secured_eur: Decimal
    unsecured_eur: Decimal
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EadFloor:
    """The least exposure at default under own estimates."""

    ead_eur: Decimal
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]


def input_floors(*, jurisdiction: str, exposure_class: str, own_lgd: bool = True) -> InputFloors:
    """Return the floors of an exposure class for an unsecured exposure.

    With ``own_lgd`` false the LGD is the supervisor's and has no floor. Refuses a class without floors (``CAP040``)
    and own LGD where the class does not admit it (``CAP045``).
    """
    rows = _class_floors(jurisdiction, exposure_class)
    if not own_lgd:
        pd_row = rows["pd_12m"]
        return InputFloors(pd_12m=float(pd_row.decimal("value")), lgd_share=0.0, citations=(pd_row.citation,))
    lgd_row = _lgd_row(jurisdiction, exposure_class, rows)
    return InputFloors(
        pd_12m=float(rows["pd_12m"].decimal("value")),
        lgd_share=float(lgd_row.decimal("value")),
        citations=(rows["pd_12m"].citation, lgd_row.citation),
    )


def own_lgd_floor(
    *,
    jurisdiction: str,
    exposure_class: str,
    exposure_eur: Decimal,
    collateral: Sequence[Collateral],
    exposure_haircut_share: Decimal = Decimal(0),
) -> BlendedLgd:
    """Return the floor on own LGD of a secured exposure; a class with a fixed floor takes no weighting.

    ``exposure_haircut_share`` raises the exposure where what was lent is itself volatile, as a security is.
    """
    rows = _class_floors(jurisdiction, exposure_class)
    lgd_row = _lgd_row(jurisdiction, exposure_class, rows)
    return _blend(
        jurisdiction=jurisdiction,
        use="own_floor",
        exposure_eur=exposure_eur,
        exposure_haircut_share=exposure_haircut_share,
        collateral=() if "lgd_fixed" in rows else collateral,
        unsecured=lgd_row.decimal("value"),
        citation=lgd_row.citation,
    )


def supervisory_lgd(
    *,
    jurisdiction: str,
    exposure_class: str,
    exposure_eur: Decimal,
    is_subordinated: bool = False,
    collateral: Sequence[Collateral] = (),
    exposure_haircut_share: Decimal = Decimal(0),
) -> BlendedLgd:
    """Return the supervisor's LGD for the foundation approach; refuses an unknown class with ``CAP040``."""
    seniority = "subordinated" if is_subordinated else "senior"
    wanted = (jurisdiction, exposure_class, seniority)
    for row in table_rows("supervisory_lgd", "jurisdiction", "exposure_class", "seniority"):
        if (row.text("jurisdiction"), row.text("exposure_class"), row.text("seniority")) == wanted:
            return _blend(
                jurisdiction=jurisdiction,
                use="supervisory",
                exposure_eur=exposure_eur,
                exposure_haircut_share=exposure_haircut_share,
                collateral=collateral,
                unsecured=row.decimal("lgd"),
                citation=row.citation,
            )
    raise _no_floors(jurisdiction, exposure_class)


def ead_floor(
    *, on_balance_eur: Decimal, off_balance_eur: Decimal, conversion_factor_share: Decimal
) -> EadFloor:
    """Return the floor on own EAD: the drawn part plus a share of what the standardised factor would convert."""
    row = irb_parameter(name="ead_floor_ccf_share")
    share = row.decimal("value")
    ensure_amount(name="on_balance_eur", amount_eur=on_balance_eur)
    ensure_amount(name="off_balance_eur", amount_eur=off_balance_eur)
    ensure_amount(name="conversion_factor_share", amount_eur=conversion_factor_share)
    converted = conversion_factor_share * off_balance_eur
    ead = on_balance_eur + share * converted
    return EadFloor(
        ead_eur=ead,
        steps=(
            step(quantity="converted", formula="standardised conversion factor x undrawn", value=converted),
            step(quantity="EAD floor", formula=f"drawn + {share:f} x converted", value=ead),
        ),
        citations=(row.citation,),
    )


def irb_parameter(*, name: str) -> Row:
    """Return the row of one coefficient of the formulas."""
    for row in table_rows("irb_parameters", "parameter"):
        if row.text("parameter") == name:
            return row
    raise NotFound("CAP041", f"no coefficient {name!r}", remedy="Use a coefficient of the table.")


def _blend(
    *,
    jurisdiction: str,
    use: str,
    exposure_eur: Decimal,
    exposure_haircut_share: Decimal,
    collateral: Sequence[Collateral],
    unsecured: Decimal,
    citation: Citation,
) -> BlendedLgd:
    if not ensure_amount(name="exposure_eur", amount_eur=exposure_eur):
        raise InvalidInput(
            "CAP046", "an exposure of zero has no blended LGD", remedy="Leave it out of the calculation."
        )
    gross = exposure_eur * (
        1 + ensure_amount(name="exposure_haircut_share", amount_eur=exposure_haircut_share)
    )
    open_part = gross
    loss = Decimal(0)
    steps = [
        step(
            quantity="exposure after its haircut",
            formula=f"{exposure_eur:f} x (1 + {exposure_haircut_share:f})",
            value=gross,
        )
    ]
    citations = [citation]
    parts = []
    for item in collateral:
        row = _collateral_row(jurisdiction, use, item.kind)
        haircut = _haircut(row=row, item=item)
        after = ensure_amount(name="value_eur", amount_eur=item.value_eur) * (
            1 - haircut - item.currency_haircut_share
        )
        secured = min(max(after, Decimal(0)), open_part)
        open_part -= secured
        loss += row.decimal("lgd") * secured
        citations.append(row.citation)
        parts.append(f"{row.decimal('lgd'):f} x {secured:f}")
        steps.append(
            step(
                quantity=f"secured by {item.kind}",
                formula=f"{item.value_eur:f} x (1 - {haircut:f} - {item.currency_haircut_share:f}), "
                "zero or more, at most what is still unsecured",
                value=secured,
            )
        )
    lgd = (loss + unsecured * open_part) / gross
    parts.append(f"{unsecured:f} x {open_part:f}")
    steps += [
        step(quantity="unsecured", formula="exposure after its haircut - secured", value=open_part),
        step(quantity="LGD", formula=f"({' + '.join(parts)}) / {gross:f}", value=lgd),
    ]
    return BlendedLgd(
        lgd_share=lgd,
        secured_eur=gross - open_part,
        unsecured_eur=open_part,
        steps=tuple(steps),
        citations=tuple(citations),
    )


def _haircut(*, row: Row, item: Collateral) -> Decimal:
    listed = row.optional_decimal("haircut")
    haircut = item.haircut_share if listed is None else listed
    if haircut is None or (listed is not None and item.haircut_share is not None):
        raise InvalidInput(
            "CAP047",
            f"the haircut of {item.kind} collateral comes from {'the table' if listed else 'the caller'}",
            remedy="Give a haircut exactly where the table has none.",
            kind=item.kind,
        )
    ensure_amount(name="currency_haircut_share", amount_eur=item.currency_haircut_share)
    return ensure_amount(name="haircut_share", amount_eur=haircut)


def _collateral_row(jurisdiction: str, use: str, kind: str) -> Row:
    for row in table_rows("irb_collateral", "jurisdiction", "use", "kind"):
        if (row.text("jurisdiction"), row.text("use"), row.text("kind")) == (jurisdiction, use, kind):
            return row
    raise NotFound(
        "CAP048",
        f"no {kind!r} collateral for {jurisdiction!r}",
        remedy="Use a kind of collateral of the table.",
        kind=kind,
    )


def _class_floors(jurisdiction: str, exposure_class: str) -> dict[str, Row]:
    rows = {
        row.text("parameter"): row
        for row in table_rows("irb_floors", "jurisdiction", "exposure_class", "parameter")
        if (row.text("jurisdiction"), row.text("exposure_class")) == (jurisdiction, exposure_class)
    }
    if not rows:
        raise _no_floors(jurisdiction, exposure_class)
    return rows


def _lgd_row(jurisdiction: str, exposure_class: str, rows: dict[str, Row]) -> Row:
    row = rows.get("lgd_fixed", rows.get("lgd_unsecured"))
    if row is None:
        raise InvalidInput(
            "CAP045",
            f"{exposure_class!r} does not admit own LGD in {jurisdiction!r} ({rows['pd_12m'].citation.source})",
            remedy="Use the supervisor's LGD (own_lgd false).",
            exposure_class=exposure_class,
        )
    return row


def _no_floors(jurisdiction: str, exposure_class: str) -> NotFound:
    return NotFound(
        "CAP040",
        f"the tables hold no internal-ratings parameters for {exposure_class!r} in {jurisdiction!r}",
        remedy="Use a jurisdiction and an exposure class of the table; equity and securitisation have none.",
        jurisdiction=jurisdiction,
        exposure_class=exposure_class,
    )
