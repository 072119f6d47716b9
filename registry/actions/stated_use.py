"""What a caller says about the very use he asks about. It is kept with the decision that it led to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from registry.actions.clean import clean_text
from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import Provenance
from registry.people.actors import Actor
from registry.policy.facts import Fact, known

FIGURE = re.compile(r"[0-9]{1,17}(\.[0-9]{1,6})?")
LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class UseStatement:
    """The facts of one use: amounts and shares as decimal text; empty where nothing is stated.

    ``share_of_benchmark`` is the share of the benchmark's risk-weighted assets
    at which those of the model are counted, after any floor.
    """

    exposure_eur: str = ""
    segment: str = ""
    overlays: tuple[str, ...] = ()
    review_rate: str = ""
    share_of_benchmark: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "UseStatement":
        """Return what the parameters of an address state; overlays are separated by commas."""
        texts = {name: query.get(name, "").strip() for name in STATED}
        overlays = tuple(name for name in texts.pop("overlays").split(",") if name.strip())
        return cls(overlays=overlays, **texts)


STATED = tuple(item.name for item in fields(UseStatement))


def facts_of_statement(*, statement: UseStatement, actor: Actor) -> dict[str, Fact]:
    """Return what was stated as facts.

    Raises ``INP006`` for a figure that is not plain decimal text, ``INP007``
    for an overlay with a comma, ``INP001`` for a name that nobody could read,
    ``FAC002`` for a figure out of its range.
    """
    figures = {
        "exposure_eur": statement.exposure_eur,
        "review_rate": statement.review_rate,
        "share_of_benchmark": statement.share_of_benchmark,
    }
    stated = {name: _figure(text, name) for name, text in figures.items() if text}
    if statement.segment:
        stated["segment"] = clean_text(statement.segment, name="segment", limit=LONGEST_NAME)
    if statement.overlays:
        stated["overlays"] = ", ".join(sorted({_overlay(name) for name in statement.overlays}))
    source = f"stated by {actor.name}"
    return {
        f"use.stated_{name}": known(
            name=f"use.stated_{name}", value=value, provenance=Provenance.DECLARED, source=source
        )
        for name, value in stated.items()
    }


def statement_json(*, facts: Mapping[str, Fact]) -> dict[str, Json]:
    """Return what was stated as it is kept with the decision: plain text by name."""
    return {name.removeprefix("use.stated_"): str(fact.value) for name, fact in sorted(facts.items())}


def _figure(text: str, name: str) -> str:
    if FIGURE.fullmatch(text) is None:
        raise InvalidInput(
            "INP006",
            f"{name} is not a plain decimal number",
            remedy="Write digits with a decimal point, for example 1000000 or 0.12.",
            field=name,
        )
    return text


def _overlay(text: str) -> str:
    name = clean_text(text, name="overlays", limit=LONGEST_NAME)
    if "," in name:
        raise InvalidInput(
            "INP007",
            "the name of an overlay holds a comma",
            remedy="State each overlay by itself, under the name that the permit gives it.",
            field="overlays",
        )
    return name
