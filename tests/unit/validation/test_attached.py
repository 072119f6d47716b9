"""Files beside results: named by digest, taken only as named, and what Evidently writes."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from registry.domain.errors import IntegrityMismatch
from registry.domain.vocab import Verdict
from tests.unit.validation.builders import estimates, execute, inputs, plan, tools
from validation.adapters import evidently_report
from validation.adapters.evidently_report import FILE, build_reporter
from validation.catalog import load_catalog
from validation.domain.attached import MOST_BYTES, Attached, attached_to, table_of
from validation.domain.results import CheckResult, Table
from validation.engine.toolbox import Toolbox
from validation.runs.attachments import read_attachments

CONTENT = b"<p>report</p>"
DIGEST = sha256(CONTENT).hexdigest()
GOOD = Attached(file=FILE, sha256=DIGEST, size=len(CONTENT))


def result(*tables: Table) -> CheckResult:
    return CheckResult(
        check="drift.data", major=2, verdict=Verdict.PASS, reason="measured", detail="", tables=tables
    )


@pytest.mark.parametrize(
    ("file", "digest", "size"),
    [
        ("../secret.html", DIGEST, 5),
        ("Report.html", DIGEST, 5),
        ("report.exe", DIGEST, 5),
        (FILE, "a" * 63, 5),
        (FILE, DIGEST, 0),
        (FILE, DIGEST, MOST_BYTES + 1),
    ],
)
def test_what_is_no_attachment_is_refused(file: str, digest: str, size: int) -> None:
    with pytest.raises(ValueError, match="attachment"):
        Attached(file=file, sha256=digest, size=size)


def test_a_result_names_its_attachment_and_nothing_else_does() -> None:
    assert attached_to(result=result(table_of(attached=GOOD, what="a report"))) == (GOOD,)
    assert attached_to(result=result()) == ()
    short = Table(id="attachments", title="Attachments", columns=("file",), rows=((FILE,),))
    with pytest.raises(ValueError, match="not a table"):
        attached_to(result=result(short))


@pytest.mark.parametrize("left", [CONTENT, CONTENT[:-1], b"<p>repork</p>", None])
def test_only_the_bytes_that_the_result_names_are_taken(tmp_path: Path, left: bytes | None) -> None:
    (tmp_path / "attachments").mkdir()
    if left is not None:
        (tmp_path / "attachments" / FILE).write_bytes(left)
    named = result(table_of(attached=GOOD, what="a report"))
    if left == CONTENT:
        assert read_attachments(folder=tmp_path, result=named) == [(GOOD, CONTENT)]
        return
    with pytest.raises(IntegrityMismatch, match="RUN016"):
        read_attachments(folder=tmp_path, result=named)


def test_the_report_is_made_only_where_the_plan_asks_for_it_and_changes_no_figure() -> None:
    without = execute("drift.data")
    asked = execute("drift.data", params={"attach_report": "1", "opinion_rows": "700"})
    assert attached_to(result=without) == ()
    (named,) = attached_to(result=asked)
    content = str([(700, 3), (700, 3), 0.1]).encode()
    assert named == Attached(file=FILE, sha256=sha256(content).hexdigest(), size=len(content))
    (table,) = (one for one in asked.tables if one.id == "attachments")
    assert "700 of 1,200 rows of test and 700 of 1,000 of recent, drawn with seed" in table.rows[0][1]
    assert str(asked.seed) in table.rows[0][1]
    assert estimates(asked)["share_drifted"] == estimates(without)["share_drifted"]


def test_a_report_that_is_too_large_is_left_out_and_said_so() -> None:
    from dataclasses import replace

    from registry.domain.clock import SystemClock
    from validation.engine.core import execute_check

    (request,) = plan("drift.data", params={"attach_report": "1"}).requests
    found = execute_check(
        check=load_catalog()["drift.data"],
        request=request,
        inputs=inputs(),
        tools=lambda spec, seed: replace(tools(spec, seed), reporter=lambda **_given: None),
        seed=1,
        clock=SystemClock(),
    )
    assert attached_to(result=found) == ()
    assert any("larger than 16,777,216 bytes" in note for note in found.notes)


def test_evidently_s_report_holds_names_of_columns_as_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "</script><script>top.location='/'</script>"
    rows = np.random.default_rng(1).normal(size=(500, 2))
    write = build_reporter(folder=tmp_path / "attachments")
    given = {
        "names": (hostile, "plain"),
        "reference": rows,
        "current": rows + 1.0,
        "method": "psi",
        "threshold": 0.1,
    }
    attached = write(**given)  # type: ignore[arg-type]
    assert attached is not None
    content = (tmp_path / "attachments" / attached.file).read_bytes()
    assert (len(content), sha256(content).hexdigest()) == (attached.size, attached.sha256)
    # This is why it is served shut in. Should a release escape them, the walls stay.
    assert b"<html" in content.lower()
    assert hostile.encode() in content
    monkeypatch.setattr(evidently_report, "MOST_BYTES", 1000)
    assert write(**given) is None  # type: ignore[arg-type]


def test_the_toolbox_gives_the_folder_of_the_run(tmp_path: Path) -> None:
    check = load_catalog()["drift.data"]
    assert Toolbox(run_dir=tmp_path)(check.spec, 1).reporter is not None
    assert not (tmp_path / "attachments").exists()
