"""Use cases, entities and portfolios: who creates them, from which values, and that a refusal leaves nothing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import Provenance
from tests.builders.registry import ENTITY, OTHER_ENTITY, build_bank, by, by_system, use_case_details

pytestmark = pytest.mark.usefixtures("bank")


@pytest.fixture
def bank(db: None) -> None:
    build_bank()


def refusal(act: Any, **asked: Any) -> str:
    def state() -> tuple[int, ...]:
        tables = (api.UseCase, api.LegalEntity, api.Portfolio)
        return (AuditEvent.objects.count(), *(table.objects.count() for table in tables))

    before = state()
    with pytest.raises(MrmError) as caught:
        act(**asked)
    assert state() == before
    return caught.value.code


@pytest.mark.parametrize(
    ("code", "username", "changed"),
    [
        ("PEO001", "dana", {}),
        ("PEO001", "rex", {}),
        ("INV014", "nia", {}),
        ("INV014", "fred", {}),
        ("INV014", "owen", {"entity": OTHER_ENTITY}),
        ("INV050", "owen", {"archetype": "gambling"}),
        ("INV050", "owen", {"exposure_class": "gold"}),
        ("INV051", "owen", {"key": "collections"}),
        ("INV051", "owen", {"key": "fjord-collections"}),
        ("INV052", "owen", {"portfolio": "no-such-portfolio"}),
        ("INP002", "owen", {"exposure_eur": "Infinity"}),
        ("INP004", "owen", {"key": "../secret"}),
        ("INP004", "owen", {"key": "k" * 61}),
        ("INP004", "owen", {"jurisdiction": "the whole of Europe"}),
        ("PEO020", "owen", {"owner": "nobody"}),
    ],
)
def test_a_use_case_is_created_by_an_owner_from_values_that_can_be(
    code: str, username: str, changed: dict[str, Any]
) -> None:
    details = {"like": "collections"} | changed
    key = details.pop("key", "new-use")
    assert refusal(api.create_use_case, **by(username), details=use_case_details(key, **details)) == code
    row = api.create_use_case(**by("owen"), details=use_case_details("new-use", like="collections"))
    assert (
        AuditEvent.objects.filter(subject_uuid=row.uuid).values_list("action", flat=True).get()
        == "use_case.created"
    )


PORTFOLIO = {
    "key": "cards",
    "name": "Credit cards",
    "entity": ENTITY,
    "exposure_class": "retail_qrre_revolver",
    "approach": "A-IRB",
    "exposure_eur": "2400000000",
    "rwa_pre_floor_eur": "1180000000.50",
    "rwa_standardised_eur": "1800000000",
    "as_of_date": date(2026, 9, 30),
    "provenance": Provenance.ASSUMED,
    "source": "house assumption",
    "loss_given_default_share": Decimal("0.75"),
}


@pytest.mark.parametrize(
    ("code", "username", "changed"),
    [
        ("PEO001", "dana", {}),
        ("INV014", "fred", {}),
        ("INP002", "owen", {"rwa_pre_floor_eur": "-1"}),
        ("INP002", "owen", {"exposure_eur": "much"}),
        ("INV050", "owen", {"approach": "guess"}),
        ("INP001", "owen", {"source": " "}),
        ("INP005", "owen", {"loss_given_default_share": Decimal("1.01")}),
        ("INP005", "owen", {"credit_conversion_share": Decimal("NaN")}),
    ],
)
def test_a_portfolio_is_declared_by_an_owner_with_its_source(
    code: str, username: str, changed: dict[str, Any]
) -> None:
    details = api.PortfolioDetails(**(PORTFOLIO | changed))
    assert refusal(api.declare_portfolio, **by(username), details=details) == code
    row = api.declare_portfolio(**by("owen"), details=api.PortfolioDetails(**PORTFOLIO))
    assert row.rwa_pre_floor_eur == Decimal("1180000000.50")
    assert refusal(api.declare_portfolio, **by("owen"), details=api.PortfolioDetails(**PORTFOLIO)) == "INV054"
    used = api.create_use_case(
        **by("owen"), details=use_case_details("cards-use", like="collections", portfolio="cards")
    )
    assert used.portfolio == row


def test_an_entity_is_created_once_by_an_administrator_of_all() -> None:
    asked = {"key": "north", "name": "North", "jurisdiction": "EU"}
    assert refusal(api.create_entity, **by("owen"), **asked) == "PEO008"
    assert refusal(api.create_entity, **by("fred"), **asked) == "PEO008"
    assert api.create_entity(**by_system(), **asked).key == "north"
    assert refusal(api.create_entity, **by_system(), **asked) == "INV053"
    assert refusal(api.create_entity, **by_system(), **asked | {"key": "a/b"}) == "INP004"


def test_packs_are_released_once() -> None:
    assert api.release_packs(**by_system()) == []
    assert refusal(api.release_packs, **by("owen")) == "PEO008"
