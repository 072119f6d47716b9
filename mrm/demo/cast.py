"""Who works at the bank of the demonstration, what it owns, and for what it wants models. Plain data."""

from dataclasses import dataclass
from decimal import Decimal

from registry.domain.vocab import Role

ENTITY = "northbridge-eu"
ENTITY_NAME = "Northbridge Bank Europe"
JURISDICTION = "EU"


@dataclass(frozen=True, kw_only=True)
class Player:
    """A person: account, role, and the scopes of his token (none: he uses the pages only)."""

    username: str
    full_name: str
    role: Role
    does: str
    scopes: tuple[str, ...] = ()
    is_group_wide: bool = False


CAST = (
    Player(
        username="dana",
        full_name="Dana Developer",
        role=Role.DEVELOPER,
        does="develops and registers models",
        scopes=("read", "register", "submit"),
    ),
    Player(
        username="owen",
        full_name="Owen Owner",
        role=Role.OWNER,
        does="owns the use cases, shows safeguards",
        scopes=("read", "submit", "evidence"),
    ),
    Player(
        username="vera",
        full_name="Vera Validator",
        role=Role.VALIDATOR,
        does="challenges and signs",
        scopes=("read",),
    ),
    Player(username="ada", full_name="Ada Approver", role=Role.APPROVER, does="approves", scopes=("read",)),
    Player(
        username="rex",
        full_name="Rex Regulator",
        role=Role.REGULATOR,
        does="reads everything, changes nothing",
        is_group_wide=True,
    ),
)
STRANGER = Player(username="nia", full_name="Nia Newcomer", role=Role.USER, does="has no role: sees nothing")

ASSUMED = (
    "House assumption for the demonstration: the data hold no {what}. "
    "Chosen by us, observed nowhere; not a figure of any bank."
)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A portfolio of the bank. Every figure is assumed, in euros, and marked so."""

    key: str
    name: str
    exposure_class: str
    approach: str
    exposure_eur: str
    rwa_pre_floor_eur: str
    rwa_standardised_eur: str
    loss_given_default_share: Decimal | None = None
    credit_conversion_share: Decimal | None = None


HOLDINGS = (
    Holding(
        key="cards-eu",
        name="Credit cards, revolvers",
        exposure_class="retail_qrre_revolver",
        approach="A-IRB",
        exposure_eur="500000000.00",
        rwa_pre_floor_eur="700000000.00",
        rwa_standardised_eur="375000000.00",
        loss_given_default_share=Decimal("0.75"),
        credit_conversion_share=Decimal("0.40"),
    ),
    Holding(
        key="mortgages-eu",
        name="Residential mortgages",
        exposure_class="retail_mortgage",
        approach="A-IRB",
        exposure_eur="9000000000.00",
        rwa_pre_floor_eur="1400000000.00",
        rwa_standardised_eur="3150000000.00",
        loss_given_default_share=Decimal("0.15"),
    ),
    Holding(
        key="large-corporates-eu",
        name="Large corporates",
        exposure_class="corporate_large",
        approach="F-IRB",
        exposure_eur="2000000000.00",
        rwa_pre_floor_eur="1300000000.00",
        rwa_standardised_eur="2000000000.00",
    ),
    Holding(
        key="equity-eu",
        name="Equity holdings",
        exposure_class="equity",
        approach="SA",
        exposure_eur="100000000.00",
        rwa_pre_floor_eur="250000000.00",
        rwa_standardised_eur="250000000.00",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """A use case of the bank."""

    key: str
    name: str
    description: str
    archetype: str
    materiality: str
    exposure_eur: str
    is_customer_facing: bool = False
    decides_on_individuals: bool = False
    risk_category: str = "none"
    exposure_class: str = "none"
    approach: str = "none"
    parameter: str = "none"
    portfolio: str = ""


PURPOSES = (
    Purpose(
        key="pd-capital-qrre",
        name="PD of credit cards for regulatory capital",
        description="Probability of default of revolving retail exposures, advanced internal-ratings approach.",
        archetype="regulatory_capital",
        materiality="high",
        exposure_eur="500000000.00",
        risk_category="credit",
        exposure_class="retail_qrre_revolver",
        approach="A-IRB",
        parameter="PD",
        portfolio="cards-eu",
    ),
    Purpose(
        key="card-underwriting",
        name="Credit card underwriting",
        description="Accept or decline applications for a card; every declined customer is told why.",
        archetype="credit_underwriting",
        materiality="high",
        exposure_eur="500000000.00",
        is_customer_facing=True,
        decides_on_individuals=True,
    ),
    Purpose(
        key="limit-increases",
        name="Credit limit increases",
        description="Grant or decline a higher limit that a customer asks for; who is declined is told why.",
        archetype="credit_underwriting",
        materiality="medium",
        exposure_eur="80000000.00",
        is_customer_facing=True,
        decides_on_individuals=True,
    ),
    Purpose(
        key="collections",
        name="Collections prioritisation",
        description="The order in which overdue customers are called. No customer sees or feels the score itself.",
        archetype="collections",
        materiality="low",
        exposure_eur="20000000.00",
    ),
    Purpose(
        key="pd-large-corporate",
        name="PD of large corporates for regulatory capital",
        description="Probability of default of corporates with group revenue above EUR 500 million, advanced approach.",
        archetype="regulatory_capital",
        materiality="high",
        exposure_eur="2000000000.00",
        risk_category="credit",
        exposure_class="corporate_large",
        approach="A-IRB",
        parameter="PD",
        portfolio="large-corporates-eu",
    ),
    Purpose(
        key="equity",
        name="PD of equity holdings for regulatory capital",
        description="An internal model for the capital of equity holdings.",
        archetype="regulatory_capital",
        materiality="medium",
        exposure_eur="100000000.00",
        risk_category="credit",
        exposure_class="equity",
        approach="A-IRB",
        parameter="PD",
        portfolio="equity-eu",
    ),
)
