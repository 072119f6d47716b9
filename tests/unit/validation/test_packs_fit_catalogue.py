"""Every check that a shipped policy pack asks for exists, with these parameters and metrics."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mrm.pack_fit import fit, main, widest_plan
from registry.policy.pack import read_packs
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
    "calibration.segments",
    "stability.concentration",
    "stability.migrations",
    "drift.domain",
    "explain.effects",
    "explain.reasons",
}

PRICEY = 'metric: p_value, direction: at_least, inclusive: true, value: "0.02"'


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


def test_the_alarms_of_the_widest_house_plan_keep_the_level_and_leave_nothing() -> None:
    (house,) = (pack for pack in read_packs(folder=PACKS) if pack.ref == "house/2026-11")
    bound = fit(packs=[house])
    assert bound is not None
    assert {(alarm.check, str(alarm.spends)) for alarm in bound.alarms} == {
        ("calibration.jeffreys", "0.02"),
        ("calibration.hosmer_lemeshow", "0.01"),
        ("drift.data", "0.02"),
    }
    assert bound.spent == bound.level


def test_a_pack_that_asks_for_no_check_has_nothing_to_fit() -> None:
    (scope,) = (pack for pack in read_packs(folder=PACKS) if pack.ref == "us-sr-26-2/2026-04")
    assert widest_plan(packs=[scope]) == []
    assert fit(packs=[scope]) is None


def test_the_command_says_of_every_pack_how_it_fits() -> None:
    command = [sys.executable, "-m", "mrm.pack_fit"]
    done = subprocess.run(command, cwd=PACKS.parents[2], check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "basel/2023-01",
        "house-fairness/2026-11",
        "house/2026-11",
        "all packs that none supersedes",
    ]
    assert "no statistical alarm" in lines[1]
    assert "at most 5 % of runs" in lines[2]


def test_a_pack_that_spends_too_much_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (PACKS / "house/2026-11.yaml").read_text(encoding="utf-8")
    text = text.replace('metric: p_value, direction: at_least, inclusive: true, value: "0.01"', PRICEY)
    for path in PACKS.glob("*/*.yaml"):
        target = tmp_path / path.relative_to(PACKS)
        target.parent.mkdir(exist_ok=True)
        target.write_text(
            text if path.parent.name == "house" else path.read_text(encoding="utf-8"), encoding="utf-8"
        )
    assert main(arguments=["--folder", str(tmp_path)]) == 1
    assert "house/2026-11: CHK013 the statistical alarms of the plan spend 0.06" in capsys.readouterr().out
    (tmp_path / "house" / "2026-11.yaml").write_text("instrument: [", encoding="utf-8")
    assert main(arguments=["--folder", str(tmp_path)]) == 1
    assert "PAC" in capsys.readouterr().out
