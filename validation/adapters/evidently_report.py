"""Evidently's own report as one HTML file, for a person who asked for it. It costs seconds and megabytes."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from validation.adapters.evidently_adapter import run_report
from validation.domain.attached import MOST_BYTES, Attached
from validation.domain.inputs import FloatArray
from validation.domain.tools import ReporterTool

FILE = "evidently-drift.html"


def build_reporter(*, folder: Path) -> ReporterTool:
    """Return the tool; it writes into ``folder``. Evidently itself is imported on first use."""

    def report(
        *,
        names: Sequence[str],
        reference: FloatArray,
        current: FloatArray,
        method: str,
        threshold: float,
        categories: Collection[str] = (),
    ) -> Attached | None:
        found = run_report(
            names=names,
            reference=reference,
            current=current,
            method=method,
            threshold=threshold,
            categories=categories,
        )
        # Names of columns stand in it as they came, tags and all: whoever shows it must shut it in.
        content = found.get_html_str(as_iframe=False).encode()
        if len(content) > MOST_BYTES:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(content)
        return Attached(file=FILE, sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    return report
