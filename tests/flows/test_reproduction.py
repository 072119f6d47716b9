"""Every check of the catalogue, run twice by real processes on the same bytes: the same numbers, bit for bit."""

import json
from pathlib import Path

import numpy as np
import pytest

from registry.domain.canonical import Json
from registry.domain.reproduction import ReproductionOutcome, compare_runs
from tests.builders.run_folder import write_artifact, write_order, write_samples
from validation.catalog import list_specs
from validation.domain.results import CheckResult
from validation.engine.inputs import read_inputs, write_array
from validation.engine.supervise import Listener, supervise
from validation.runs.prepared import prepare_folder

pytestmark = pytest.mark.flow

ROWS = 3000
PORTFOLIO = {
    "key": "cards",
    "exposure_class": "retail_qrre_revolver",
    "approach": "A-IRB",
    "ead_eur": "250000000",
    "loss_given_default_share": "0.65",
    "provenance": "assumed",
    "source": "house assumption",
    "grade_edges": "0.1,0.3,0.5",
}


def run_all(folder: Path) -> dict[str, dict[str, Json]]:
    """Prepare the folder and run every check; return the results as they are stored."""
    folder.mkdir()
    write_artifact(folder / "artifact")
    checks = tuple(list_specs())
    order = write_order(folder, checks=checks, samples=write_samples(folder, rows=ROWS))
    capital = {"entity_portfolios": [], "jurisdiction": "EU", "as_of": "2027-01-01"}
    tools = {"capital": {"factory": "validation.runs.capital:build_capital", "arguments": capital}}
    (folder / "order.json").write_text(json.dumps({**order, "portfolio": PORTFOLIO, "tools": tools}))
    prepare_folder(run_dir=folder, on_event=lambda _event: None, ensure_going=lambda: None)
    scores = read_inputs(run_dir=folder).array("test.scores")
    random = np.random.default_rng(4)
    write_array(run_dir=folder, sample="test", part="segments", values=(random.random(len(scores)) < 0.4) * 1)
    write_array(
        run_dir=folder,
        sample="test",
        part="scores_before",
        values=np.clip(scores * random.uniform(0.8, 1.2, len(scores)), 0.001, 0.999),
    )
    results: list[CheckResult] = []
    supervise(run_dir=folder, listener=Listener(on_result=results.append))
    # Checks that compute side by side end in any order.
    assert sorted(result.check for result in results) == sorted(checks)
    return {result.check: result.to_json() for result in results}


def test_every_check_gives_the_same_numbers_again_bit_for_bit(tmp_path: Path) -> None:
    first, second = (run_all(tmp_path / name) for name in ("first", "second"))
    found = compare_runs(first=first, second=second, given_first={}, given_second={})
    assert [check for check in found.checks if not check.is_same] == []
    assert (found.outcome, found.causes) == (ReproductionOutcome.SAME, ())
    assert [check for check, result in first.items() if not result["metrics"]] == []
