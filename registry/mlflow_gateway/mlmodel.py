"""Reading an ``MLmodel`` file as data: capped, without anchors, checked against a schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from registry.domain.errors import InvalidInput

MAX_BYTES = 2**20
MAX_DEPTH = 16
PATH_FIELDS = frozenset(
    {"data", "model_path", "pickled_model", "python_model", "code", "model_code_path", "model_config", "path"}
)


@dataclass(frozen=True, slots=True)
class MlModel:
    """What an ``MLmodel`` file says. Claims of whoever logged it, nothing more.

    ``signature`` is JSON text of ``{"inputs": [...], "outputs": [...]}`` or None.
    ``input_names`` are the named columns of the signature, in order.
    """

    flavours: Mapping[str, Mapping[str, object]]
    signature: str | None
    input_names: tuple[str, ...]
    run_id: str
    mlflow_version: str


def parse_mlmodel(data: bytes) -> MlModel:
    """Parse the bytes of an ``MLmodel``. Raises ``InvalidInput`` ``MLF040`` naming what is wrong."""
    if len(data) > MAX_BYTES:
        raise _refused(f"it has more than {MAX_BYTES:,} bytes")
    document = _load(data)
    if not isinstance(document, dict):
        raise _refused("it is not a mapping")
    flavours = _flavours(document.get("flavors"))
    _ensure_inner_paths(flavours, field="flavors")
    signature = _signature(document.get("signature"))
    return MlModel(
        flavours=flavours,
        signature=None if signature is None else json.dumps(signature, sort_keys=True),
        input_names=_input_names(signature),
        run_id=_text(document, "run_id"),
        mlflow_version=_text(document, "mlflow_version"),
    )


def _load(data: bytes) -> object:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = data.decode("utf-8")
        _ensure_no_sharing(text, loader)
        # A subclass of SafeLoader either way: it builds plain values only.
        return yaml.load(text, Loader=loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused(f"it is not plain YAML ({type(error).__name__})") from error


def _ensure_no_sharing(text: str, loader: type[yaml.SafeLoader]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refused("it uses an anchor or an alias")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _refused(f"it is nested more than {MAX_DEPTH} deep")


def _flavours(value: object) -> dict[str, dict[str, object]]:
    if not isinstance(value, dict) or not value:
        raise _refused("it names no flavour")
    for name, options in value.items():
        if not isinstance(name, str) or not isinstance(options, dict):
            raise _refused("a flavour is not a mapping")
    return value


def _ensure_inner_paths(value: object, *, field: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _ensure_inner_paths(inner, field=str(key))
    elif isinstance(value, list):
        for inner in value:
            _ensure_inner_paths(inner, field=field)
    elif field in PATH_FIELDS and isinstance(value, str):
        parts = value.replace("\\", "/").split("/")
        if value.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0]:
            raise _refused(f"the field {field!r} points outside the artefact")


def _signature(value: object) -> dict[str, list[object]] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refused("its signature is not a mapping")
    return {side: _columns(value.get(side), side) for side in ("inputs", "outputs")}


def _columns(value: object, side: str) -> list[object]:
    if value is None:
        return []
    try:
        columns = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        columns = None
    if not isinstance(columns, list) or not all(isinstance(c, dict) for c in columns):
        raise _refused(f"the {side} of its signature are not a JSON list of columns")
    return columns


def _input_names(signature: Mapping[str, list[object]] | None) -> tuple[str, ...]:
    if signature is None:
        return ()
    names = [c.get("name") for c in signature["inputs"] if isinstance(c, dict)]
    return tuple(name for name in names if isinstance(name, str))


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _refused(why: str) -> InvalidInput:
    return InvalidInput(
        "MLF040",
        f"the MLmodel file is refused: {why}",
        remedy="Log the model again with MLflow's own log_model and leave the MLmodel file as it writes it.",
    )
