from dataclasses import replace
from datetime import date

import pytest

from registry.domain.errors import InvalidInput, NotPermitted
from registry.domain.tiering import TierChange, effective_tier, ensure_override, ensure_withdrawal, strictest
from registry.domain.vocab import RiskTier, Role

TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
ONE, TWO, THREE = RiskTier.TIER_1, RiskTier.TIER_2, RiskTier.TIER_3
MILDER = TierChange(computed=TWO, tier=THREE, role=Role.APPROVER, reason="Run-off book.", expires_on=TOMORROW)
STRICTER = TierChange(computed=TWO, tier=ONE, role=Role.DEVELOPER, reason="New market.", expires_on=None)


def test_the_strictest_of_none_is_the_strictest_there_is() -> None:
    assert strictest(tiers=[THREE, TWO]) is TWO
    assert strictest(tiers=[]) is ONE


def test_up_is_free_down_is_gated() -> None:
    ensure_override(change=STRICTER, on=TODAY)
    ensure_override(change=MILDER, on=TODAY)
    with pytest.raises(NotPermitted, match="TIE001"):
        ensure_override(change=replace(MILDER, role=Role.OWNER), on=TODAY)


@pytest.mark.parametrize("expires_on", [None, TODAY])
def test_a_milder_tier_needs_an_end_ahead(expires_on: date | None) -> None:
    with pytest.raises(InvalidInput, match="TIE003"):
        ensure_override(change=replace(MILDER, expires_on=expires_on), on=TODAY)


def test_every_override_needs_a_reason() -> None:
    with pytest.raises(InvalidInput, match="TIE002"):
        ensure_override(change=replace(STRICTER, reason=" "), on=TODAY)


def test_what_the_rules_compute_is_no_override() -> None:
    with pytest.raises(InvalidInput, match="TIE004"):
        ensure_override(change=replace(MILDER, tier=TWO), on=TODAY)


def test_a_stricter_tier_has_no_end() -> None:
    with pytest.raises(InvalidInput, match="TIE005"):
        ensure_override(change=replace(STRICTER, expires_on=TOMORROW), on=TODAY)


def test_going_back_to_a_milder_tier_is_gated_going_back_to_a_stricter_one_is_free() -> None:
    ensure_withdrawal(tier=THREE, computed=TWO, role=Role.DEVELOPER)
    ensure_withdrawal(tier=TWO, computed=THREE, role=Role.APPROVER)
    with pytest.raises(NotPermitted, match="TIE006"):
        ensure_withdrawal(tier=TWO, computed=THREE, role=Role.OWNER)


def test_a_milder_tier_holds_until_its_end_and_lapses_when_the_rules_grow_stricter() -> None:
    assert effective_tier(computed=TWO, change=None, on=TODAY) is TWO
    assert effective_tier(computed=TWO, change=MILDER, on=TODAY) is THREE
    assert effective_tier(computed=TWO, change=MILDER, on=TOMORROW) is TWO
    assert effective_tier(computed=ONE, change=MILDER, on=TODAY) is ONE
    assert effective_tier(computed=TWO, change=replace(MILDER, expires_on=None), on=TODAY) is TWO
    assert effective_tier(computed=THREE, change=STRICTER, on=TODAY) is ONE
