"""Why a decision came out as it did: reasons, rules in effect with what they saw, citations, and what would flip it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mrm.client.errors import understood


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A stored decision. ``flips`` are the smallest sets of changes, each verified; ``document`` is all of it."""

    sentence: str
    stage: str
    outcome: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    citations: tuple[str, ...]
    flips: tuple[str, ...]
    statement: str
    url: str
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Explanation":
        """Read the registry's answer. Raises ``CLI004`` when it is not one."""
        with understood():
            target = str(document["counterfactual_target"]).replace("_", " ")
            return cls(
                sentence=document["sentence"],
                stage=document["stage"],
                outcome=document["outcome"],
                reasons=tuple(_reason(item) for item in document["reasons"]),
                rules=tuple(
                    line
                    for node in document["tree"]
                    if node["truth"] != "false"
                    for line in _rule(node, depth=0)
                ),
                citations=tuple(
                    f"{item['citation']} ({item['verification']}): {item['text']}"
                    for _, item in sorted(document["citations"].items())
                ),
                flips=tuple(_flip(item) for item in document["counterfactuals"]),
                statement=f"Smallest sets of changes that lead to {target}: "
                f"{document['counterfactual_statement']}.",
                url=document["page"],
                document=dict(document),
            )

    def __str__(self) -> str:
        parts = (
            ("Reasons", self.reasons),
            ("What would change it", (*self.flips, self.statement)),
            ("Rules in effect, and what each saw", self.rules),
            ("Citations", self.citations),
        )
        blocks = [f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in parts if lines]
        return "\n\n".join([self.sentence, *blocks, self.url])


def _reason(item: Mapping[str, Any]) -> str:
    remedy = f" To do: {item['remedy']}" if item["remedy"] else ""
    cites = f" [{', '.join(item['citations'])}]" if item["citations"] else ""
    return f"{item['outcome'].replace('_', ' ')}: {item['text']}.{remedy}{cites}"


def _rule(node: Mapping[str, Any], *, depth: int) -> list[str]:
    seen = "".join(f" ({item['fact']} = {item['value']})" for item in node["observed"])
    lines = [f"{'  ' * depth}{node['truth']}: {node['text']}{seen}"]
    for child in node["children"]:
        lines += _rule(child, depth=depth + 1)
    return lines


def _flip(item: Mapping[str, Any]) -> str:
    changes = "; ".join(
        f"{change['label']}: {change['then']} instead of {change['now']}" for change in item["changes"]
    )
    return f"{changes} gives {item['outcome'].replace('_', ' ')}"
