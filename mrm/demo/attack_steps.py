"""Step 9: a hostile model is registered like any other, and nothing outside its box changes."""

import hashlib
import os
import selectors
import signal
import socket
from decimal import Decimal
from types import FrameType

from mrm.demo.journal import expect
from mrm.demo.story import HOSTILE, Story

USE_CASE = "collections"
CHANCE = (Decimal("0.46"), Decimal("0.54"))
CLAIMED = Decimal("0.93")


class Trap:
    """What the hostile model tries to reach: a listener, a folder, a process that counts signals."""

    def __init__(self, story: Story) -> None:
        self.folder = story.places.folder / "out-of-bounds"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.signals = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        signal.signal(signal.SIGWINCH, self._count)

    @property
    def environment(self) -> dict[str, str]:
        """What the model is told about its victims."""
        return {
            "MRM_HOSTILE_PORT": str(self._listener.getsockname()[1]),
            "MRM_HOSTILE_FOLDER": str(self.folder),
            "MRM_HOSTILE_VICTIM": str(os.getpid()),
        }

    def sprung(self) -> list[str]:
        """Return what the model reached."""
        reached = [f"wrote {path.name}" for path in sorted(self.folder.iterdir())]
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            if selector.select(timeout=0):
                reached.append("connected to the listener")
        if self.signals:
            reached.append(f"sent {self.signals} signals")
        return reached

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1


def log_hostile_model(story: Story) -> None:
    """Dana logs and registers a model that attacks whoever opens it."""
    with story.journal.step("9 A hostile model is logged and registered like any other") as step:
        trap = Trap(story)
        story.kept["trap"] = trap
        story.kept["passwd"] = _digest_of_passwd()
        story.script("examples/hostile_model.py", extra=trap.environment)
        expect(not trap.sprung(), f"the trap was sprung while it was logged: {trap.sprung()}")
        story.script("examples/register_models.py", HOSTILE, USE_CASE)
        permission = story.permission(HOSTILE, USE_CASE)
        step.facts["permission"] = permission["state"]
        story.say(permission["sentence"])


def look_at_the_damage(story: Story) -> None:
    """Its run ends with its true figures, or failed; the trap was not sprung."""
    with story.journal.step(
        "9 The hostile model's run ends with its true figure; nothing was reached"
    ) as step:
        validation = story.validation(HOSTILE, USE_CASE)
        run = story.rest("vera").get(f"validation-requests/{validation['uuid']}/run")
        trap: Trap = story.kept["trap"]
        expect(not trap.sprung(), f"the hostile model {trap.sprung()}")
        expect(_digest_of_passwd() == story.kept["passwd"], "/etc/passwd changed")
        story.troupe.ensure_alive()
        if validation["status"] == "completed":
            auc = _estimate(validation, "discrimination.auc", "auc")
            expect(CHANCE[0] < auc < CHANCE[1], f"its area under the curve is said to be {auc}")
            gap = _estimate(validation, "integrity.self_report", "self_report_gap")
            story.say(f"it claimed {CLAIMED}; measured {auc}, gap {gap}")
            step.facts = {"auc": str(auc), "gap": str(gap)}
        else:
            expect(validation["status"] == "failed", f"its run ended {validation['status']}")
            expect(validation["ended_reason"], "its run failed without a reason")
            story.say(validation["ended_reason"])
            step.facts = {"failed": validation["ended_reason"]}
        layers = run["processes"].get("model_box", {}).get("layers", [])
        step.facts |= {"status": validation["status"], "layers": layers, "reached": trap.sprung()}
        trap.close()
        story.say(f"layers of its box: {', '.join(layers) or 'refused, not run'}; {validation['page']}")


def _estimate(validation: dict[str, object], check: str, metric: str) -> Decimal:
    evidence = validation["evidence"]
    assert isinstance(evidence, list)
    (record,) = [row for row in evidence if row["check_id"] == check]
    (figure,) = [row for row in record["metrics"] if row["name"] == metric]
    return Decimal(figure["estimate"])


def _digest_of_passwd() -> str:
    with open("/etc/passwd", "rb") as file:  # noqa: PTH123 - the attacker names it so
        return hashlib.sha256(file.read()).hexdigest()
