"""The parent's side of the preparation: starts the child, follows its events, kills it when it must."""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.domain.errors import MrmError
from validation.engine.supervise import clean_environment

ORDER_FILE = "order.json"
WITHHELD = {
    "label": "the label",
    "segment": "the segment",
    "vintage": "the vintage",
    "score_before": "the score before",
}
"""Columns that a manifest names for checks; the model's box gets none of them."""
POLL_S = 0.5
ERROR_TAIL = 300
MAX_LINE = 1 << 20


class PreparationError(MrmError):
    """Data or model could not be made ready; the code says whose fault it was."""

    kind = "preparation_failed"


def prepare_folder(
    *, run_dir: Path, on_event: Callable[[Mapping[str, Any]], None], ensure_going: Callable[[], None]
) -> None:
    """Run the preparation child over the folder and hand over each event as it arrives.

    ``ensure_going`` is called twice a second and raises to stop. Raises
    ``PreparationError`` with the child's own code, or ``RUN011`` when it died.
    """
    scratch = run_dir / "scratch"
    scratch.mkdir(exist_ok=True)
    log = run_dir / "prepare.stderr.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-m", "validation.runs.prepare_child", str(run_dir), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
            env=clean_environment(scratch=scratch, extra={}),
        )
    on_event({"event": "process", "name": "preparation", "pid": process.pid})
    is_done = False
    try:
        for line in _lines(process, ensure_going):
            event = json.loads(line)
            if event["event"] == "failed":
                raise PreparationError(event["code"], event["message"], remedy=event["remedy"])
            is_done = is_done or event["event"] == "done"
            on_event(event)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    if not is_done:
        said = log.read_bytes()[-ERROR_TAIL:].decode("utf-8", "replace").split("\n")
        last = next((line for line in reversed(said) if line.strip()), "")
        raise PreparationError(
            "RUN011",
            f"the process that prepares data and scores died; its last words: {last or 'none'}",
            remedy="Look at the worker's log, then request the validation again.",
        )


def _lines(process: subprocess.Popen[bytes], ensure_going: Callable[[], None]) -> Iterator[bytes]:
    assert process.stdout is not None
    descriptor, buffer = process.stdout.fileno(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while len(buffer) < MAX_LINE:
            ensure_going()
            if not selector.select(timeout=POLL_S):
                continue
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            yield from lines
