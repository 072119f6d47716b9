"""Are two results of one check the same numbers, and if not, what else differs between the two runs?

A result is compared as it is stored, text by text: figures leave the engine
with ten significant digits, and every digit counts. What a run was asked
(parameters, seed, thresholds) and where it ran (program, libraries, platform)
is no result: it is what may explain a difference. It explains nothing by
itself: that two runs differ in a version does not prove that the version did it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from registry.domain.canonical import Json, canonical_bytes

ASKED = ("major", "params", "thresholds", "seed")
WHERE = "versions"
UNCOMPARED = frozenset({*ASKED, WHERE, "elapsed_s"})
NOTHING = "absent"
_LABELS = ("name", "id", "metric", "role", "key")


class Sameness(StrEnum):
    """How the second result of a check stands to the first."""

    SAME = "same"
    OTHER = "other"
    NOT_RUN_AGAIN = "not_run_again"
    NOT_RUN_BEFORE = "not_run_before"


class ReproductionOutcome(StrEnum):
    """What a re-performance shows; ``explained`` and ``unexplained``: other numbers, with and without a known cause."""

    PENDING = "pending"
    FAILED = "failed"
    SAME = "same"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One place where the two differ, such as ``metrics.gini.estimate``, with both texts."""

    place: str
    first: str
    second: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReproduction:
    """One check of both runs: what differs in its result, and what else differs that may be the cause."""

    check_id: str
    sameness: Sameness
    differences: tuple[Difference, ...]
    causes: tuple[Difference, ...]

    @property
    def is_same(self) -> bool:
        """Whether every number and every word is the same."""
        return self.sameness is Sameness.SAME


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """Two runs of one validation: the checks in the order of the plan, and what differs in what both were given."""

    checks: tuple[CheckReproduction, ...]
    inputs: tuple[Difference, ...]

    @property
    def outcome(self) -> ReproductionOutcome:
        """Whether the numbers are the same, and if not whether every difference has a known cause beside it."""
        others = [check for check in self.checks if not check.is_same]
        if self.checks and not others:
            return ReproductionOutcome.SAME
        if others and (self.inputs or all(check.causes for check in others)):
            return ReproductionOutcome.EXPLAINED
        return ReproductionOutcome.UNEXPLAINED

    @property
    def causes(self) -> tuple[Difference, ...]:
        """Return each known difference of the runs once: of what they were given, then of the checks."""
        found = [*self.inputs, *(cause for check in self.checks for cause in check.causes)]
        return tuple(dict.fromkeys(found))


def compare_runs(
    *,
    first: Mapping[str, Mapping[str, Json]],
    second: Mapping[str, Mapping[str, Json]],
    given_first: Mapping[str, Json],
    given_second: Mapping[str, Json],
) -> Reproduction:
    """Return how the results of ``second`` stand to those of ``first``, by check.

    ``given_first`` and ``given_second`` are what the runs were given: data,
    artefact, portfolio, claims. Places differ where either text is another or is not there.
    """
    return Reproduction(
        checks=tuple(
            _compare_check(check, first.get(check), second.get(check))
            for check in dict.fromkeys([*first, *second])
        ),
        inputs=tuple(_differences(given_first, given_second)),
    )


def _compare_check(
    check: str, first: Mapping[str, Json] | None, second: Mapping[str, Json] | None
) -> CheckReproduction:
    if first is None or second is None:
        sameness = Sameness.NOT_RUN_BEFORE if first is None else Sameness.NOT_RUN_AGAIN
        return CheckReproduction(check_id=check, sameness=sameness, differences=(), causes=())
    differences = tuple(_differences(_result(first), _result(second)))
    causes = [*_differences(_pick(first, ASKED), _pick(second, ASKED))]
    causes += _differences(_where(first), _where(second))
    return CheckReproduction(
        check_id=check,
        sameness=Sameness.OTHER if differences else Sameness.SAME,
        differences=differences,
        causes=tuple(causes),
    )


def _result(body: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in body.items() if name not in UNCOMPARED}


def _pick(body: Mapping[str, Json], names: Sequence[str]) -> dict[str, Json]:
    return {name: body[name] for name in names if name in body}


def _where(body: Mapping[str, Json]) -> Mapping[str, Json]:
    found = body.get(WHERE)
    return found if isinstance(found, Mapping) else {}


def _differences(first: Mapping[str, Json], second: Mapping[str, Json]) -> Iterator[Difference]:
    """Yield the places whose texts differ, in the order in which the first holds them."""
    one, other = dict(_leaves(dict(first), "")), dict(_leaves(dict(second), ""))
    for place in dict.fromkeys([*one, *other]):
        texts = one.get(place, NOTHING), other.get(place, NOTHING)
        if texts[0] != texts[1]:
            yield Difference(place=place, first=texts[0], second=texts[1])


def _leaves(value: Json, place: str) -> Iterator[tuple[str, str]]:
    """Yield every leaf with its place; items of a list stand under their name where each has one of its own."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{place}.{name}" if place else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for name, item in zip(_labels(value), value, strict=True):
            yield from _leaves(item, f"{place}.{name}")
    else:
        yield place, value if isinstance(value, str) else canonical_bytes(value).decode()


def _labels(items: Sequence[Json]) -> list[str]:
    for key in _LABELS:
        named = [str(item[key]) for item in items if isinstance(item, Mapping) and key in item]
        if len(set(named)) == len(items):
            return named
    return [str(number) for number in range(1, len(items) + 1)]
