"""Tree ensembles as MLflow stores them: LightGBM's text, and scikit-learn forests by skops or as a pickle."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from tests.builders.run_folder import FEATURES, LABEL, SIGNATURE, credit_rows

# Grown and saved by LightGBM 4.7.0 (MIT licence) through MLflow 3.17.2 on rows of `credit_rows`, every seventh
# limit left out, so that one column's missing values are NaN and the other's count as zero. Of the
# parameters at the end of the text, which nothing reads, two are left.
LIGHTGBM_TEXT = Path(__file__).with_name("lightgbm_model.lgb")
LIGHTGBM_ROWS = {
    "limit_bal": np.array([1e5, np.nan, 3e5, 4.5e5, 2e4, 0.0]),
    "pay_0": np.array([-1.0, 2.0, 0.0, 5.0, np.nan, 3.0]),
}
# What `lightgbm.Booster.predict` said of these rows.
LIGHTGBM_SCORES = (
    *(0.22298135661050061, 0.5591580087739898, 0.22298135661050061),
    *(0.6900296085365737, 0.22298135661050061, 0.6139704928399993),
)
LIGHTGBM_MLMODEL = f"""
flavors:
  lightgbm:
    code: null
    data: model.lgb
    lgb_version: 4.7.0
    model_class: lightgbm.basic.Booster
    serialization_format: skops
  python_function: {{data: model.lgb, loader_module: mlflow.lightgbm}}
signature:
  inputs: '{SIGNATURE}'
  outputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "float64", "shape": [-1]}}}}]'
"""
FOREST_MLMODEL = """
flavors:
  python_function: {{loader_module: mlflow.sklearn, model_path: {file}, predict_fn: predict}}
  sklearn: {{code: null, pickled_model: {file}, serialization_format: {form}, sklearn_version: 1.9.1}}
signature:
  inputs: '{signature}'
"""
FORESTS = (RandomForestClassifier, ExtraTreesClassifier)


def write_lightgbm(folder: Path, *, text: str | None = None) -> Path:
    """Write an MLflow folder with LightGBM's text, or with ``text`` in its place."""
    folder.mkdir(parents=True)
    shutil.copyfile(LIGHTGBM_TEXT, folder / "model.lgb")
    if text is not None:
        (folder / "model.lgb").write_text(text)
    (folder / "MLmodel").write_text(LIGHTGBM_MLMODEL)
    return folder


def grow(kind: type[Any] = RandomForestClassifier, **parameters: Any) -> Any:
    """Return small trees of the kind, or one tree, over the credit rows."""
    size = {DecisionTreeClassifier: {}, HistGradientBoostingClassifier: {"max_iter": 5}}
    own = size.get(kind, {"n_estimators": 5})
    return fitted(kind(**{**own, "max_depth": 3, "random_state": 1, **parameters}))


def fitted(model: Any) -> Any:
    """Return the model fitted to the credit rows."""
    data = credit_rows(seed=1, rows=400)
    return model.fit(data[list(FEATURES)], data[LABEL])


def write_model(folder: Path, *, model: Any, form: str = "skops") -> Path:
    """Write an MLflow folder with a scikit-learn model, by skops or as a pickle."""
    import cloudpickle
    from skops import io

    folder.mkdir(parents=True)
    file = "model.skops" if form == "skops" else "model.pkl"
    if form == "skops":
        io.dump(model, folder / file)
    else:
        (folder / file).write_bytes(cloudpickle.dumps(model))
    (folder / "MLmodel").write_text(
        FOREST_MLMODEL.format(file=file, form=form, signature=json.dumps(json.loads(SIGNATURE)))
    )
    return folder
