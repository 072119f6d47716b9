"""What the API answers about re-performances, as types."""

from typing import TypedDict


class DifferenceShape(TypedDict):
    """One place where two runs differ, with both texts; ``absent`` where one has nothing there."""

    place: str
    first: str
    second: str


class CheckReproductionShape(TypedDict):
    """One check of both runs; ``causes`` is what else differs, not proof of what did it."""

    check_id: str
    sameness: str
    differences: list[DifferenceShape]
    causes: list[DifferenceShape]


class ReperformanceShape(TypedDict):
    """A repetition of a validation and what it shows; ``checks`` is empty until it has completed."""

    validation_request: str
    reperforms: str
    status: str
    outcome: str
    ended_reason: str
    causes: list[DifferenceShape]
    checks: list[CheckReproductionShape]
    page: str
