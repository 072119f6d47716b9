"""Every check that a shipped policy pack asks for exists, with these parameters and metrics."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from validation.catalog import list_specs
from validation.domain.plan import parse_plan

PACKS = Path(__file__).parents[3] / "registry" / "policy" / "packs"
REQUESTS = [
    (f"{path.parent.name} {rule['id']}", rule["effect"]["require"])
    for path in sorted(PACKS.glob("*/*.yaml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    if isinstance(rule["effect"].get("require"), dict) and "check" in rule["effect"]["require"]
]
# They feed no fact: a bank adds them to a plan of its own.
ASKED_BY_NO_PACK = {
    "data.quality",
    "data.leakage",
    "data.representativeness",
    "discrimination.partial_auc",
    "discrimination.decline",
    "discrimination.segments",
    "calibration.low_default",
    "calibration.spiegelhalter",
    "calibration.monotone_grades",
    "stability.concentration",
    "stability.migrations",
    "robustness.inputs",
    "drift.domain",
    "explain.effects",
    "explain.reasons",
    "fairness.outcomes",
}


def test_packs_ask_for_every_check_that_feeds_a_fact() -> None:
    asked = {required["check"] for _, required in REQUESTS}
    assert asked == set(list_specs()) - ASKED_BY_NO_PACK
    assert not any(list_specs()[check].feeds for check in ASKED_BY_NO_PACK)


@pytest.mark.parametrize(("rule", "required"), REQUESTS, ids=[rule for rule, _ in REQUESTS])
def test_a_rule_asks_for_what_the_catalogue_offers(rule: str, required: dict[str, Any]) -> None:
    item = {"check": required["check"], "params": required.get("params", {})}
    item["thresholds"] = required.get("thresholds", [])
    (request,) = parse_plan(data=[item], specs=list_specs()).requests
    feeds = {feed.fact for feed in list_specs()[request.check].feeds}
    assert required["fact"] in feeds
