"""Opening a model inside the box, by flavour, with as few imports as the flavour allows."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.sandbox import declared, lightgbm_text
from validation.sandbox.answers import RefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_MLMODEL = 2**20
XGBOOST_DATA_FORMATS = frozenset({"json", "ubj"})
SKOPS = "skops"
LIGHTGBM_TEXTS = (".lgb", ".txt")
NUMPY_TYPES = {"long": "int64", "integer": "int32", "float": "float32", "boolean": "bool"}
INTEGER_TYPES = frozenset({"int64", "int32", "bool"})
SCORECARD_FILES = ("scorecard.json", "extra_files/scorecard.json")

Columns = Mapping[str, Any]
Predict = Callable[[Columns], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a model will be opened: by which flavour, and whether that runs code from the artefact."""

    flavour: str
    runs_code: bool
    options: Mapping[str, Any]
    features: tuple[str, ...]
    types: Mapping[str, str]
    folder: Path


def choose(folder: Path) -> Opening:
    """Read ``MLmodel`` and choose: data before pickles, pickles before MLflow's general loader.

    LightGBM's text is data where it is read here; any other LightGBM model is left to MLflow's
    loader and to the library, where that is installed.
    """
    mlmodel = _read_mlmodel(folder)
    flavours = mlmodel.get("flavors")
    if not isinstance(flavours, dict):
        raise RefusedError("BOX002", "the MLmodel file names no flavour")
    types = _signature_types(mlmodel.get("signature"))
    for name in ("xgboost", "lightgbm", "sklearn", "python_function"):
        options = flavours.get(name)
        if isinstance(options, dict):
            data_only = _is_data(name, options, folder)
            if name in ("xgboost", "lightgbm") and not data_only:
                continue
            return Opening(
                flavour=name,
                runs_code=not data_only,
                options={**flavours.get("python_function", {}), **options},
                features=tuple(types),
                types=types,
                folder=folder,
            )
    raise RefusedError("BOX002", f"no flavour that can be opened: {', '.join(map(str, flavours))[:200]}")


def _is_data(name: str, options: Mapping[str, Any], folder: Path) -> bool:
    if name == "xgboost":
        return options.get("model_format") in XGBOOST_DATA_FORMATS
    if name != "lightgbm" or not str(options.get("data")).endswith(LIGHTGBM_TEXTS):
        return False
    try:
        declared.read_lightgbm(_inside(folder, options.get("data")))
    except ValueError:
        return False
    return True


def data_file(folder: Path) -> Path:
    """Return the file that holds the model by its flavour. Raises ``RefusedError`` where it is not in the artefact."""
    options = choose(folder).options
    return _inside(folder, options.get("pickled_model") or options.get("data"))


def inspect(opening: Opening) -> declared.Declaration:
    """Read the declarative files, if there are any, without opening the model."""
    try:
        if opening.flavour == "xgboost" and opening.options.get("model_format") in XGBOOST_DATA_FORMATS:
            return declared.read_booster(_inside(opening.folder, opening.options.get("data")))
        if opening.flavour == "lightgbm":
            return declared.read_lightgbm(_inside(opening.folder, opening.options.get("data")))
        for name in SCORECARD_FILES:
            if (opening.folder / name).is_file():
                return declared.read_scorecard(opening.folder / name)
    except ValueError as error:
        raise RefusedError("BOX002", f"a declarative file of the model is malformed: {error}") from error
    return _inspect_skops(opening)


def _inspect_skops(opening: Opening) -> declared.Declaration:
    """Read what skops' file holds as data; whatever else it holds is asked for scores only."""
    if opening.flavour != "sklearn" or opening.options.get("serialization_format") != SKOPS:
        return declared.UNKNOWN
    try:
        return declared.read_skops(_inside(opening.folder, opening.options.get("pickled_model")))
    except ValueError:
        return declared.UNKNOWN


def open_model(opening: Opening) -> Predict:
    """Load the model and return its prediction as a function of columns."""
    loaders = {
        "xgboost": _open_xgboost,
        "lightgbm": _open_lightgbm,
        "sklearn": _open_sklearn,
        "python_function": _open_pyfunc,
    }
    try:
        return loaders[opening.flavour](opening)
    except RefusedError:
        raise
    except BaseException as error:
        raise RefusedError("BOX002", f"the model could not be loaded: {_name(error)}") from error


def _open_xgboost(opening: Opening) -> Predict:
    # Both are optional for xgboost and cost a second and a half to import.
    for optional in ("sklearn", "pandas"):
        sys.modules[optional] = None  # type: ignore[assignment]
    import numpy as np
    import xgboost

    booster = xgboost.Booster(
        {"nthread": 1}, model_file=str(_inside(opening.folder, opening.options["data"]))
    )
    names = list(booster.feature_names or opening.features)

    def predict(columns: Columns) -> object:
        matrix = np.column_stack([columns[name] for name in names])
        return booster.predict(xgboost.DMatrix(matrix, feature_names=booster.feature_names, nthread=1))

    return predict


def _open_lightgbm(opening: Opening) -> Predict:
    data = _inside(opening.folder, opening.options["data"]).read_bytes()
    return lightgbm_text.scorer(lightgbm_text.read_model(data))


def _open_sklearn(opening: Opening) -> Predict:
    import pandas as pd

    model = _unpickle(opening)
    score = model.predict_proba if hasattr(model, "predict_proba") else model.predict

    def predict(columns: Columns) -> object:
        names = opening.features or tuple(columns)
        return score(pd.DataFrame({name: columns[name] for name in names}))

    return predict


def _unpickle(opening: Opening) -> Any:  # noqa: ANN401  whatever the artefact holds
    path, form = (
        _inside(opening.folder, opening.options.get("pickled_model")),
        opening.options.get("serialization_format"),
    )
    if form == SKOPS:
        from skops import io

        # The box is the boundary, not skops' list of types: what it would refuse is a pickle's worth of trust.
        return io.load(path, trusted=io.get_untrusted_types(file=path))
    if form not in ("pickle", "cloudpickle"):
        raise RefusedError("BOX002", "the scikit-learn model is saved in a format that is not supported")
    import pickle

    with path.open("rb") as file:
        return pickle.load(file)


def _open_pyfunc(opening: Opening) -> Predict:
    import pandas as pd
    from mlflow.pyfunc import load_model

    model = load_model(str(opening.folder))

    def predict(columns: Columns) -> object:
        names = opening.features or tuple(columns)
        return model.predict(pd.DataFrame({name: _cast(columns[name], opening, name) for name in names}))

    return predict


def _read_mlmodel(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / "MLmodel"
    try:
        if path.stat().st_size > MAX_MLMODEL:
            raise RefusedError("BOX002", "the MLmodel file is too large")
        document = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise RefusedError("BOX002", f"the MLmodel file cannot be read: {_name(error)}") from error
    if not isinstance(document, dict):
        raise RefusedError("BOX002", "the MLmodel file is no mapping")
    return document


def _cast(values: "NDArray[Any]", opening: Opening, name: str) -> object:
    """Return the values in the type that the signature names: MLflow refuses any other.

    What is missing or no whole number stays as it is, for the model to refuse:
    cast to an integer it would become a number that nobody gave.
    """
    kind = NUMPY_TYPES.get(opening.types.get(name, ""))
    if kind is None or (kind in INTEGER_TYPES and not _is_whole(values, kind)):
        return values
    return values.astype(kind)


def _is_whole(values: "NDArray[Any]", kind: str) -> bool:
    import numpy as np

    with np.errstate(invalid="ignore"):
        return bool((values.astype(kind) == values).all())


def _signature_types(signature: object) -> dict[str, str]:
    if not isinstance(signature, dict) or not isinstance(signature.get("inputs"), str):
        return {}
    try:
        columns = json.loads(signature["inputs"])
        return {str(column["name"]): str(column.get("type")) for column in columns if "name" in column}
    except (ValueError, TypeError, RecursionError) as error:
        raise RefusedError("BOX002", "the signature of the model is malformed") from error


def _inside(folder: Path, name: object) -> Path:
    path = (folder / str(name)).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise RefusedError("BOX002", "the MLmodel file names a file that is not in the artefact")
    return path


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
