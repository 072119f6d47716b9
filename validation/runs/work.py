"""The work of a run: fetch, prepare, check. All computing happens in children that can be killed."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from registry import api as registry_api
from registry.domain.canonical import Json, canonical_bytes
from validation.domain.results import CheckResult
from validation.domain.share import Share
from validation.engine.supervise import Listener, Slot, read_slots, supervise
from validation.runs import claims
from validation.runs.attachments import ensure_attached, read_attachments
from validation.runs.claims import Claim
from validation.runs.heart import Heart
from validation.runs.prepared import ORDER_FILE, WITHHELD, prepare_folder

FETCH_S = 300.0
PREPARE_STEP_S = 180.0
START_S = 120.0
GRACE_S = 60.0

SAMPLES = ("train", "test")
BATCH_SAMPLE = "recent"
PREDICTIONS_FILE = "data/predictions"


def run_plan(claim: Claim, heart: Heart, folder: Path) -> str:
    """Run the plan of the claimed run and return how it went. Raises coded errors, and ``FencedError``."""
    order = registry_api.get_run_order(request_uuid=claim.request_uuid)
    tracker = _Tracker(claim, heart, folder)
    (folder / "data").mkdir()
    fetch = _fetch_artifact if order.predictions is None else _fetch_predictions
    brief = {**_common_brief(order), **fetch(order, heart, folder)}
    (folder / ORDER_FILE).write_bytes(canonical_bytes(brief))
    heart.step("preparing", limit_s=PREPARE_STEP_S)
    prepare_folder(run_dir=folder, on_event=tracker.note, ensure_going=heart.ensure_beating)
    outcome = supervise(
        run_dir=folder,
        listener=Listener(on_start=tracker.begin, on_advance=tracker.advance, on_result=tracker.flush),
        should_stop=heart.has_stopped,
        done=tracker.plan(read_slots(run_dir=folder)),
        lanes=settings.MRM_CHECK_LANES or None,
    )
    heart.ensure_beating()
    tracker.note({"event": "process", "name": "engine", "pid": list(outcome.children)})
    if order.is_for_report:
        ensure_attached(claim=claim)
    return f"{len(tracker.titles)} checks recorded"


class _Tracker:
    """Writes what the children report: processes, progress, results."""

    def __init__(self, claim: Claim, heart: Heart, folder: Path) -> None:
        self._claim = claim
        self._heart = heart
        self._folder = folder
        self._processes: dict[str, Json] = {
            "host": socket.gethostname(),
            "attempt": claim.attempt,
            "worker": {"pid": os.getpid()},
        }
        self._positions: dict[str, int] = {}
        self._deadlines: dict[str, float] = {}
        self._ends: dict[str, float] = {}
        self.titles: dict[str, str] = {}

    def note(self, event: Mapping[str, Any]) -> None:
        """Take an event of the preparation."""
        match event:
            case {"event": "plan", "titles": titles}:
                self.titles = dict(titles)
                claims.note_plan(claim=self._claim, checks_planned=len(self.titles))
            case {"event": "step", "text": text, **more}:
                self._heart.step(text, limit_s=PREPARE_STEP_S + more.get("more_s", 0))
            case {"event": "share", "done": int(done), "total": int(total), "of": str(of)}:
                self._heart.advance(Share(done=done, total=total, of=of))
            case {"event": "process", "name": name, "pid": pid}:
                self._processes[name] = {"pid": pid, "layers": list(event.get("layers", ()))}
                claims.note_processes(claim=self._claim, processes=self._processes)

    def plan(self, slots: Sequence[Slot]) -> tuple[str, ...]:
        """Take the plan's slots and return the checks that need not be run again."""
        self._positions = {slot.check: position for position, slot in enumerate(slots)}
        self._deadlines = {slot.check: slot.deadline_s for slot in slots}
        self._heart.step("starting the checks", limit_s=START_S)
        return claims.recorded_checks(claim=self._claim)

    def begin(self, check: str) -> None:
        """A check starts."""
        self._ends[check] = time.monotonic() + self._deadlines[check] + GRACE_S
        self._say()

    def advance(self, check: str, share: Share) -> None:
        """A check has come so far; where several run, the share says whose it is."""
        self._heart.advance(share if len(self._ends) < 2 else share.named(title=self.titles[check]))

    def flush(self, result: CheckResult) -> None:
        """A check has finished; its record is written at once."""
        claims.flush_check(
            claim=self._claim,
            position=self._positions[result.check],
            title=self.titles[result.check],
            result=result,
            attachments=read_attachments(folder=self._folder, result=result),
        )
        self._ends.pop(result.check, None)
        self._say(f"after {self.titles[result.check]}")

    def _say(self, between: str = "") -> None:
        """Name the checks that run; the step may take as long as the last of them."""
        if not self._ends:
            self._heart.step(between, limit_s=START_S)
            return
        running = sorted(self._ends, key=self._positions.__getitem__)
        places = " and ".join(str(self._positions[check] + 1) for check in running)
        noun = "check" if len(running) == 1 else "checks"
        titles = "; ".join(self.titles[check] for check in running)
        left = max(self._ends.values()) - time.monotonic()
        self._heart.step(f"{noun} {places} of {len(self._positions)}: {titles}", limit_s=max(left, START_S))


def _fetch_artifact(order: registry_api.RunOrder, heart: Heart, folder: Path) -> dict[str, object]:
    """Fetch artefact and data sets, and say where they are. The artefact's bytes are checked while they come in."""
    heart.step("fetching the artefact", limit_s=FETCH_S)
    registry_api.fetch_artifact(order=order, folder=folder / "artifact")
    return {
        "samples": _fetch_datasets(order, heart, folder),
        "artifact": {
            "digest_recorded": order.artifact_digest,
            "digest_seen": order.artifact_digest,
            "family": order.family,
        },
    }


def _fetch_datasets(order: registry_api.RunOrder, heart: Heart, folder: Path) -> dict[str, dict[str, str]]:
    """Fetch training and test data and the batch; checks know the batch as ``recent``."""
    samples = {}
    for sample, role in (*((name, name) for name in SAMPLES), (BATCH_SAMPLE, order.batch)):
        heart.step(f"fetching the data set {role}", limit_s=FETCH_S)
        entry = order.dataset(role)
        file = f"data/{sample}.parquet"
        registry_api.fetch_dataset(order=order, role=role, path=folder / file)
        samples[sample] = {
            "file": file,
            "sha256": str(entry["sha256"]),
            **{key: str(entry.get(key, "")) for key in WITHHELD},
        }
    return samples


def _fetch_predictions(order: registry_api.RunOrder, heart: Heart, folder: Path) -> dict[str, object]:
    """Fetch the file of predictions from the register and say where it is; nothing else is fetched."""
    assert order.predictions is not None
    heart.step("fetching the file of predictions", limit_s=FETCH_S)
    registry_api.fetch_predictions(order=order, path=folder / PREDICTIONS_FILE)
    return {
        "predictions": {
            "file": PREDICTIONS_FILE,
            "sha256": order.predictions.sha256,
            "columns": order.predictions.columns,
        }
    }


def _common_brief(order: registry_api.RunOrder) -> dict[str, object]:
    """Return what the preparation reads of any order."""
    return {
        "plan": {"checks": order.plan, "seed": order.seed},
        "portfolio": order.assumptions,
        "claims": order.claimed_metrics,
        "tools": {"capital": _capital_tool(order)} if order.assumptions else {},
    }


def _capital_tool(order: registry_api.RunOrder) -> dict[str, object]:
    arguments = {
        "entity_portfolios": order.entity_portfolios,
        "jurisdiction": order.jurisdiction,
        "as_of": order.as_of,
    }
    return {"factory": "validation.runs.capital:build_capital", "arguments": arguments}
