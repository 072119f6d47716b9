from dataclasses import replace
from datetime import date

import pytest

from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.tiering import TierOverride, effective_tier, ensure_override, strictest
from registry.domain.vocab import RiskTier, Role

TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
ONE, TWO, THREE = RiskTier.TIER_1, RiskTier.TIER_2, RiskTier.TIER_3
MILDER = TierOverride(
    computed=TWO, tier=THREE, role=Role.APPROVER, reason="Run-off book.", expires_on=TOMORROW
)
STRICTER = TierOverride(computed=TWO, tier=ONE, role=Role.DEVELOPER, reason="New market.", expires_on=None)


def test_the_strictest_of_none_is_the_strictest_there_is() -> None:
    assert strictest(tiers=[THREE, TWO]) is TWO
    assert strictest(tiers=[]) is ONE


def test_up_is_free_down_is_gated() -> None:
    ensure_override(override=STRICTER, on=TODAY)
    ensure_override(override=MILDER, on=TODAY)
    with pytest.raises(NotPermitted, match="TIE001"):
        ensure_override(override=replace(MILDER, role=Role.OWNER), on=TODAY)


@pytest.mark.parametrize("expires_on", [None, TODAY])
def test_a_milder_tier_needs_an_end_ahead(expires_on: date | None) -> None:
    with pytest.raises(InvalidInput, match="TIE003"):
        ensure_override(override=replace(MILDER, expires_on=expires_on), on=TODAY)


def test_every_override_needs_a_reason() -> None:
    with pytest.raises(InvalidInput, match="TIE002"):
        ensure_override(override=replace(STRICTER, reason=" "), on=TODAY)


def test_a_milder_tier_holds_until_its_end_and_lapses_when_the_rules_grow_stricter() -> None:
    assert effective_tier(computed=TWO, override=None, on=TODAY) is TWO
    assert effective_tier(computed=TWO, override=MILDER, on=TODAY) is THREE
    assert effective_tier(computed=TWO, override=MILDER, on=TOMORROW) is TWO
    assert effective_tier(computed=ONE, override=MILDER, on=TODAY) is ONE
    assert effective_tier(computed=TWO, override=replace(MILDER, expires_on=None), on=TODAY) is TWO
    assert effective_tier(computed=THREE, override=STRICTER, on=TODAY) is ONE
