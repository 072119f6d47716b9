"""Builds the tools of a run when a check first asks for them: a heavy import is paid by its user only.

``RUNDIR/tools.json`` may name a ``predictor`` (rows to outputs, through the
box) and a ``capital`` tool as ``{"factory": "package.module:function",
"arguments": {...}}``. Factories are taken from our own packages only.
"""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from registry.domain.errors import InvalidInput
from validation.domain.check import CheckSpec
from validation.domain.share import Advance, no_advance
from validation.domain.tools import Tools
from validation.engine.inputs import read_inputs

_ADAPTERS = {
    "explainer": "validation.adapters.shap_adapter:build_explainer",
    "drift": "validation.adapters.evidently_adapter:build_drift",
    "reporter": "validation.adapters.evidently_report:build_reporter",
    "separator": "validation.adapters.separator:build_separator",
    "challenger": "validation.adapters.interpretable:build_challenger",
    "predict": "validation.adapters.asking:build_asking",
}
_OUR_PACKAGES = ("validation.", "registry.")


class Toolbox:
    """The tools of one run folder, each built once."""

    def __init__(self, *, run_dir: Path, advance: Advance = no_advance) -> None:
        self._run_dir, self._advance = run_dir, advance
        self._built: dict[str, object] = {}
        path = run_dir / "tools.json"
        self._given: Mapping[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}

    def __call__(self, spec: CheckSpec, seed: int) -> Tools:
        """Return the tools that the check declares, and no other."""
        chosen = {name: self._tool(name) for name in (*spec.tools, *spec.may_use)}
        return Tools(seed=seed, **cast("dict[str, Any]", chosen))

    def _tool(self, name: str) -> object:
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def _build(self, name: str) -> object:
        if name not in _ADAPTERS:
            return self._from_factory(name)
        build = load_factory(path=_ADAPTERS[name])
        if name == "reporter":
            return cast("object", build(folder=self._run_dir / "attachments"))
        if name == "predict":
            return cast("object", build(predict=self._tool("predictor")))
        if name != "explainer":
            return cast("object", build())
        return cast(
            "object",
            build(
                model_dir=self._run_dir / "model",
                names=read_inputs(run_dir=self._run_dir).feature_names,
                predict=self._tool("predictor"),
                advance=self._advance,
            ),
        )

    def _from_factory(self, name: str) -> object:
        given = self._given.get(name)
        if given is None:
            return None
        return cast("object", load_factory(path=given["factory"])(**given.get("arguments", {})))


def load_factory(*, path: str) -> Callable[..., Any]:
    """Return the function named ``package.module:function``.

    Raises ``InvalidInput`` ``CHK012`` for a path outside our own packages.
    """
    module, _, function = path.partition(":")
    if not module.startswith(_OUR_PACKAGES) or not function.isidentifier():
        raise InvalidInput(
            "CHK012",
            f"`{path}` is not a tool of this program",
            remedy="Name a function of validation or registry as package.module:function.",
        )
    factory: Callable[..., Any] = getattr(import_module(module), function)
    return factory
