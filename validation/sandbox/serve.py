"""What runs inside: confine first, then read what came from outside, then answer.

Everything of ours that is needed is imported before the confinement; only the
libraries that a flavour needs are imported after it.
"""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from validation.sandbox import confine, data_task, model_task, predictions_task, protocol
from validation.sandbox.answers import Answers, RefusedError
from validation.sandbox.layers import Layer
from validation.sandbox.limits import BoxLimits

TASKS = {"model": model_task.run, "data": data_task.run, "predictions": predictions_task.run}
EXIT_REFUSED = 3
EXIT_NOT_CONFINED = 4


def run(
    *,
    config: Mapping[str, object],
    requests: int,
    answers: int,
    outer_layers: list[Layer],
    uid_seed: int,
) -> NoReturn:
    """Confine this process, run the task that the configuration names, and exit."""
    channel = Answers(requests=requests, answers=answers)
    try:
        limits = BoxLimits.from_json(config["limits"])  # type: ignore[arg-type]
        room = confine.Room(
            readable=tuple(str(path) for path in _items(config, "readable")),
            folder=str(config["folder"]),
            limits=limits,
            uid_seed=uid_seed,
        )
        layers = [*confine.confine(room), *outer_layers]
    except BaseException as error:
        channel.fail("BOX007", f"the box could not be closed ({type(error).__name__}: {error})")
        os._exit(EXIT_NOT_CONFINED)
    channel.send({"event": "confined", "layers": sorted(layers), "pid": os.getpid()})
    sys.path[:] = [path for path in sys.path if path != str(config["code"])]
    sys.path.extend(str(path) for path in _items(config, "site_packages"))
    try:
        TASKS[str(config["task"])](config, channel, layers, limits)
    except RefusedError as refusal:
        channel.fail(refusal.code, refusal.reason)
        os._exit(EXIT_REFUSED)
    except protocol.EndOfStreamError:
        os._exit(0)
    os._exit(0)


def _items(config: Mapping[str, object], key: str) -> list[object]:
    value = config[key]
    return value if isinstance(value, list) else []
