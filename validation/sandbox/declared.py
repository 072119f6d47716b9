"""What an artefact's declarative files say about it: family, size, shape. Read as data.

The XGBoost JSON or UBJSON and LightGBM's text are the booster itself. ``scorecard.json``
is a description beside the model, and skops' file may hold more than the arrays that are
read here: both count only after the model's scores were seen to agree with them.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.domain.artifact_shape import ArtifactShape, depth, family_of_trees
from registry.domain.booster import read_booster_shape
from registry.domain.lightgbm_text import read_lightgbm_shape
from registry.domain.vocab import ModelFamily
from validation.sandbox import lightgbm_text, skops_model

MAX_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Facts read from bytes. ``form`` is ``none``, or what ``validation.runs.prepare_child`` copies.

    ``booster``, ``lightgbm``, ``scorecard``, and of skops' file ``forest``, ``boosted`` and ``linear``.
    ``family`` holds a ``ModelFamily`` value; counts are None where nothing
    declarative was found.
    """

    form: str
    family: str
    trees: int | None = None
    max_depth: int | None = None
    parameters: int | None = None
    features: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Declaration":
        """Read what ``as_json`` wrote. Raises ``TypeError`` or ``KeyError`` on anything else."""
        counts = {key: data[key] for key in ("trees", "max_depth", "parameters")}
        if not all(count is None or isinstance(count, int) for count in counts.values()):
            raise TypeError("a count is no integer")
        return cls(
            form=str(data["form"]),
            family=str(data["family"]),
            features=tuple(str(name) for name in data["features"]),
            **counts,
        )


UNKNOWN = Declaration(form="none", family="opaque")


def read_booster(path: Path) -> Declaration:
    """Count trees, depth and nodes of an XGBoost file, JSON or UBJSON. Raises ``ValueError`` if it is none."""
    return _counted("booster", read_booster_shape(data=_read_bytes(path)))


def read_lightgbm(path: Path) -> Declaration:
    """Count trees, depth and nodes of LightGBM's text. Raises ``ValueError`` where it is not read here."""
    data = _read_bytes(path)
    lightgbm_text.read_model(data)
    return _counted("lightgbm", read_lightgbm_shape(data=data))


def read_skops(path: Path) -> Declaration:
    """Count a scikit-learn model in skops' file, whose columns have no names.

    Raises ``ValueError`` for one that is not read as data.
    """
    model = skops_model.read_skops(path)
    if not model.trees:
        return Declaration(form=model.form, family=ModelFamily.LINEAR.value, parameters=model.width + 1)
    return Declaration(
        form=model.form,
        family=family_of_trees(len(model.trees)).value,
        trees=len(model.trees),
        max_depth=max(
            depth(left=tree["children_left"].tolist(), right=tree["children_right"].tolist())
            for tree in model.trees
        ),
        parameters=sum(len(tree["feature"]) for tree in model.trees),
    )


def _counted(form: str, shape: ArtifactShape) -> Declaration:
    return Declaration(
        form=form,
        family=shape.family.value,
        trees=shape.trees,
        max_depth=shape.max_depth,
        parameters=shape.parameters,
        features=shape.features,
    )


def read_scorecard(path: Path) -> Declaration:
    """Count the bins of a ``scorecard.json``. Raises ``ValueError`` if it is none."""
    card = _read_json(path)
    try:
        if card["kind"] != "scorecard" or card["link"] != "logit":
            raise ValueError("not a logit scorecard")
        float(card["intercept"])
        for part in card["characteristics"]:
            _ensure_characteristic(part)
        names = tuple(str(part["name"]) for part in card["characteristics"])
        points = sum(len(part["points"]) for part in card["characteristics"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a scorecard") from error
    return Declaration(form="scorecard", family="scorecard", parameters=points + 1, features=names)


def score_scorecard(path: Path, *, columns: Mapping[str, Sequence[float]]) -> list[float]:
    """Return the probabilities that the scorecard's own bins and points give, row by row."""
    read_scorecard(path)
    card = _read_json(path)
    characteristics = card["characteristics"]
    totals = [float(card["intercept"])] * len(columns[characteristics[0]["name"]])
    for part in characteristics:
        edges, points = part["edges"], part["points"]
        for row, value in enumerate(columns[part["name"]]):
            totals[row] += points[bisect_right(edges, value)]
    return [1.0 / (1.0 + math.exp(-total)) for total in totals]


def _ensure_characteristic(part: Mapping[str, Any]) -> None:
    edges = [float(edge) for edge in part["edges"]]
    if sorted(edges) != edges or len(part["points"]) != len(edges) + 1:
        raise ValueError("bins and points of a characteristic do not fit")
    if not all(math.isfinite(float(number)) for number in (*edges, *part["points"])):
        raise ValueError("a characteristic holds no finite number")


def _read_bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("the file is too large to be read as data")
    return path.read_bytes()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004
    return document
