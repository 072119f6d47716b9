"""CRE31 written again with the standard library only. Imports nothing of the program."""

import csv
import math
from pathlib import Path
from statistics import NormalDist

HERE = Path(__file__).parent
NORMAL = NormalDist()


def rows(name: str) -> list[dict[str, str]]:
    """Read an oracle file."""
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def correlation(asset_class: str, pd: float, turnover: float | None = None, factor: float = 1) -> float:
    """R of CRE31.5, 31.7, 31.8, 31.11 and of the three retail curves."""
    if asset_class == "residential_mortgage":
        return 0.15
    if asset_class == "qrre":
        return 0.04
    if asset_class == "other_retail":
        v = (1 - math.exp(-35 * pd)) / (1 - math.exp(-35))
        return 0.03 * v + 0.16 * (1 - v)
    w = (1 - math.exp(-50 * pd)) / (1 - math.exp(-50))
    r = factor * (0.12 * w + (0.30 if asset_class == "hvcre" else 0.24) * (1 - w))
    if turnover is not None:
        r -= 0.04 * (1 - (min(max(turnover, 5), 50) - 5) / 45)
    return r


def capital(
    asset_class: str,
    pd: float,
    lgd: float,
    *,
    maturity: float | None = None,
    turnover: float | None = None,
    factor: float = 1,
) -> float:
    """K: with the maturity term where a maturity is given."""
    r = correlation(asset_class, pd, turnover, factor)
    stressed = NORMAL.cdf(
        NORMAL.inv_cdf(pd) / math.sqrt(1 - r) + math.sqrt(r / (1 - r)) * NORMAL.inv_cdf(0.999)
    )
    k = lgd * stressed - pd * lgd
    if maturity is None:
        return k
    b = (0.11852 - 0.05478 * math.log(pd)) ** 2
    return k * (1 + (maturity - 2.5) * b) / (1 - 1.5 * b)


def risk_weight_pct(
    asset_class: str,
    pd: float,
    lgd: float,
    *,
    maturity: float | None = None,
    turnover: float | None = None,
    factor: float = 1,
) -> float:
    """12.5 K in per cent."""
    return 1250 * capital(asset_class, pd, lgd, maturity=maturity, turnover=turnover, factor=factor)
