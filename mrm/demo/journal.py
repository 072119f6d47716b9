"""What the demonstration did: lines for the newcomer, and a summary for machines."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ExpectationError(AssertionError):
    """The program did not do what the main job says it does."""


@dataclass
class Step:
    """One step of the job."""

    name: str
    is_ok: bool = False
    elapsed_s: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass
class Journal:
    """The steps so far. ``say`` prints a line with the seconds since the start."""

    started: float = field(default_factory=time.monotonic)
    steps: list[Step] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def say(self, text: str) -> None:
        """Print one line of progress."""
        self.line(f"[{self.elapsed_s():6.1f} s] {text}")

    def line(self, text: str) -> None:
        """Print one line as it stands."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def mark(self, name: str) -> None:
        """Remember when something happened first."""
        self.marks.setdefault(name, round(self.elapsed_s(), 1))

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Run one step; what is raised inside is kept and raised again."""
        step, begun = Step(name), time.monotonic()
        self.steps.append(step)
        self.say(f"== {name}")
        try:
            yield step
            step.is_ok = True
        except BaseException as error:
            step.problem = f"{type(error).__name__}: {error}"
            raise
        finally:
            step.elapsed_s = round(time.monotonic() - begun, 1)

    def write(self, path: Path, *, is_ok: bool, problem: str = "") -> None:
        """Write the summary."""
        summary = {
            "ok": is_ok,
            "problem": problem,
            "total_s": round(self.elapsed_s(), 1),
            "marks_s": self.marks,
            "steps": [
                {
                    "name": step.name,
                    "ok": step.is_ok,
                    "seconds": step.elapsed_s,
                    "facts": step.facts,
                    "problem": step.problem,
                }
                for step in self.steps
            ],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def expect(is_so: object, what: str) -> None:
    """Raise ``ExpectationError`` unless it is so."""
    if not is_so:
        raise ExpectationError(what)
