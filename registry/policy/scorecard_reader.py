"""Read a pack's scorecard from strict YAML nodes. Codes: those of ``rule_reader``."""

from decimal import Decimal

from registry.domain.vocab import RiskTier, Stage
from registry.policy.rule_reader import read_cites, read_decimal, read_spec, read_whole, read_word
from registry.policy.scorecard import Band, Part, Scorecard, Shortfall, Standing
from registry.policy.strict_yaml import Node
from registry.policy.vocabulary import FactType


def read_scorecard(*, node: Node, clauses: dict[str, str]) -> Scorecard:
    """Return a scorecard. ``clauses`` maps the pack's own clause ids to full references."""
    parts = node.mapping(required=("title", "standing", "parts", "bands", "falls_short", "cites"))
    return Scorecard(
        title=parts["title"].text(),
        standing=read_word(node=parts["standing"], words=Standing),
        parts=tuple(_read_part(item) for item in parts["parts"].items()),
        bands=tuple(_read_band(item) for item in parts["bands"].items()),
        falls_short=tuple(_read_shortfall(item, clauses) for item in parts["falls_short"].items()),
        cites=read_cites(node=parts["cites"], clauses=clauses),
    )


def _read_part(node: Node) -> Part:
    parts = node.mapping(required=("fact", "weight", "points"))
    spec = read_spec(node=parts["fact"])
    if spec.stage is not Stage.TIERING or spec.type not in (FactType.BOOL, FactType.ENUM):
        raise parts["fact"].error(
            "PAC012",
            f"`{spec.name}` cannot be weighed",
            remedy="Weigh facts of the tiering stage that are true or false, or one of a list.",
        )
    return Part(
        fact=spec.name,
        weight=read_decimal(node=parts["weight"]),
        points=_read_points(parts["points"]),
    )


def _read_points(node: Node) -> dict[str, Decimal]:
    return {value: read_decimal(node=item) for value, item in node.mapping(is_open=True).items()}


def _read_band(node: Node) -> Band:
    parts = node.mapping(required=("tier", "at_least"))
    return Band(
        tier=read_whole(node=parts["tier"], low=min(RiskTier), high=max(RiskTier)),
        at_least=read_decimal(node=parts["at_least"]),
    )


def _read_shortfall(node: Node, clauses: dict[str, str]) -> Shortfall:
    parts = node.mapping(required=("jurisdictions", "text", "cites"))
    return Shortfall(
        jurisdictions=tuple(item.text() for item in parts["jurisdictions"].items()),
        text=parts["text"].text(),
        cites=read_cites(node=parts["cites"], clauses=clauses),
    )
