"""What a check is, as data: its parameters, its metrics, the facts it feeds and its documentation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from registry.domain.errors import InvalidInput
from validation.domain.thresholds import Threshold

ParamValue = bool | int | Decimal | str

_CONFIDENCE = Decimal("0.95")


class CheckKind(StrEnum):
    """The family a check belongs to; pages group by it."""

    DISCRIMINATION = "discrimination"
    CALIBRATION = "calibration"
    STABILITY = "stability"
    ROBUSTNESS = "robustness"
    DRIFT = "drift"
    EXPLANATION = "explanation"
    FAIRNESS = "fairness"
    BENCHMARK = "benchmark"
    CAPITAL = "capital"
    INTEGRITY = "integrity"
    DATA = "data"


class ParamKind(StrEnum):
    """The type of a parameter. Decimals travel as text."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class ParamSpec:
    """One parameter: its type, its default, its limits and what it means."""

    name: str
    kind: ParamKind
    default: str
    meaning: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()

    @classmethod
    def whole(cls, name: str, default: str, meaning: str, least: int, most: int | None = None) -> "ParamSpec":
        """Return a whole number with its least and its greatest value, if it has one."""
        return cls(
            name=name,
            kind=ParamKind.INTEGER,
            default=default,
            meaning=meaning,
            minimum=Decimal(least),
            maximum=None if most is None else Decimal(most),
        )

    @classmethod
    def share(cls, name: str, default: str, meaning: str) -> "ParamSpec":
        """Return a share: a decimal between 0 and 1."""
        return cls(
            name=name,
            kind=ParamKind.DECIMAL,
            default=default,
            meaning=meaning,
            minimum=Decimal(0),
            maximum=Decimal(1),
        )

    def parse(self, *, value: object, check: str) -> ParamValue:
        """Return ``value`` in the declared type.

        Raises ``InvalidInput`` ``CHK003`` for a wrong type, ``CHK004`` for a
        value outside the limits or the choices.
        """
        if self.kind is ParamKind.TEXT:
            return self._parse_text(value, check)
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise self._wrong_type(value, check)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self._wrong_type(value, check) from None
        whole = self.kind is ParamKind.INTEGER
        if not number.is_finite() or (whole and number != number.to_integral_value()):
            raise self._wrong_type(value, check)
        if (self.minimum is not None and number < self.minimum) or (
            self.maximum is not None and number > self.maximum
        ):
            raise self._outside(f"between {self.minimum} and {self.maximum}", value, check)
        return int(number) if whole else number

    def _parse_text(self, value: object, check: str) -> str:
        if not isinstance(value, str):
            raise self._wrong_type(value, check)
        if self.choices and value not in self.choices:
            raise self._outside("one of " + ", ".join(self.choices), value, check)
        return value

    def _wrong_type(self, value: object, check: str) -> InvalidInput:
        return InvalidInput(
            "CHK003",
            f"parameter `{self.name}` of `{check}` must be {self.kind.value}, not `{value}`",
            remedy="Write numbers as integers or decimal text, choices as text.",
            check=check,
            param=self.name,
        )

    def _outside(self, limits: str, value: object, check: str) -> InvalidInput:
        return InvalidInput(
            "CHK004",
            f"parameter `{self.name}` of `{check}` must be {limits}, not `{value}`",
            remedy="Choose a value within the limits that the catalogue states.",
            check=check,
            param=self.name,
        )


class Params(Mapping[str, ParamValue]):
    """The complete, typed parameters of one check: defaults filled in, nothing unknown."""

    def __init__(self, values: Mapping[str, ParamValue]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> ParamValue:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def integer(self, name: str) -> int:
        """Return a whole number."""
        return int(self._values[name])

    def number(self, name: str) -> float:
        """Return a decimal as a float, for computing."""
        return float(self._values[name])

    def text(self, name: str) -> str:
        """Return a text."""
        return str(self._values[name])

    def as_text(self) -> dict[str, str]:
        """Return every parameter as text, as results record them."""
        return {name: str(value) for name, value in self._values.items()}


class FactKind(StrEnum):
    """The type in which the policy engine reads a fact."""

    DECIMAL = "decimal"
    INTEGER = "integer"
    BOOLEAN = "boolean"


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A metric, or one end of its interval (``gini.lower``), feeds a fact."""

    metric: str
    fact: str
    kind: FactKind = FactKind.DECIMAL


@dataclass(frozen=True, kw_only=True)
class StatisticalAlarm:
    """A p-value of a check: what a sound model means to it, and which other metrics speak for it.

    ``p_value`` is adjusted for everything that the check looks at. While
    ``null`` holds it falls to a limit or below no more often than the limit
    says, save for what ``caveat`` admits. ``counts`` are metrics that are above
    zero only where it is at or below a level: the parameter ``level``, shared
    out over the parameter ``level_over``.
    """

    p_value: str
    null: str
    counts: tuple[str, ...] = ()
    level: str = ""
    level_over: str = ""
    caveat: str = ""


@dataclass(frozen=True, kw_only=True)
class FiveParts:
    """The documentation that a validator would have to write anyway."""

    purpose: str
    mechanism: str
    signs_of_high_risk: str
    strengths: str
    limitations: str


@dataclass(frozen=True, kw_only=True)
class CheckSpec:
    """A check as data. ``needs`` names inputs such as ``test.labels``.

    A need may refer to a parameter, ``{current}.scores``: the sample's name is
    then the value of that parameter. ``alarms`` are its p-values. ``inherent``
    thresholds hold whatever the plan says. A check that ``reads_missing`` counts
    NaN in features, or in the scores before, as a missing value; to any other
    check NaN is an error. Without one of its ``tools`` a check is an error;
    without one that it ``may_use`` it measures less.
    """

    id: str
    major: int
    title: str
    kind: CheckKind
    needs: tuple[str, ...]
    params: tuple[ParamSpec, ...]
    metrics: tuple[str, ...]
    feeds: tuple[Feed, ...]
    doc: FiveParts
    alarms: tuple[StatisticalAlarm, ...] = ()
    inherent: tuple[Threshold, ...] = ()
    tools: tuple[str, ...] = ()
    may_use: tuple[str, ...] = ()
    reads_missing: bool = False
    deadline_s: int = 120

    def parse_params(self, *, given: Mapping[str, object]) -> Params:
        """Return complete parameters.

        Raises ``InvalidInput`` ``CHK002`` naming the allowed ones when a name
        is unknown, ``CHK003`` or ``CHK004`` when a value does not fit.
        """
        allowed = {param.name: param for param in self.params}
        unknown = sorted(set(given) - set(allowed))
        if unknown:
            raise InvalidInput(
                "CHK002",
                f"`{self.id}` has no parameter `{unknown[0]}`; allowed: {', '.join(allowed) or 'none'}",
                remedy="Correct the name; a misspelt parameter never falls back to its default.",
                check=self.id,
                unknown=unknown,
                allowed=list(allowed),
            )
        return Params(
            {
                name: param.parse(value=given.get(name, param.default), check=self.id)
                for name, param in allowed.items()
            }
        )

    def needed_inputs(self, *, params: Params) -> tuple[str, ...]:
        """Return the names of the inputs that this check reads under these parameters."""
        return tuple(need.format_map(params.as_text()) for need in self.needs)

    def interval_confidence(self, *, params: Params) -> Decimal:
        """Return the confidence of the intervals: the parameter of that name, else 95 %."""
        return Decimal(str(params.get("confidence", _CONFIDENCE)))
