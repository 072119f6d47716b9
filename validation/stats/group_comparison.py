"""Groups of a sample side by side: who is the control, who is compared with it, who is too few to be compared.

The control group is named, or is the group approved most often, as in 29 CFR
1607.4(D). Every other group that is large enough is protected.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from validation.domain.inputs import CheckInputs, FloatArray, NotApplicableError, UnusableInputError
from validation.stats.fairness import Approvals, Impact, count_comparisons
from validation.stats.outcomes import Outcomes


@dataclass(frozen=True, kw_only=True)
class Group:
    """Scores, labels and denials of one group."""

    title: str
    scores: FloatArray
    labels: FloatArray
    denied: NDArray[np.bool_]

    @property
    def approvals(self) -> Approvals:
        """How many of the group are approved."""
        return Approvals(approved=int((~self.denied).sum()), n=len(self.denied))

    @property
    def rarest(self) -> int:
        """How many rows the smaller of its two classes holds."""
        return int(min(self.labels.sum(), len(self.labels) - self.labels.sum()))

    def denials(self, *, label: float) -> tuple[int, int]:
        """Return how many of the rows with this label are denied, and how many there are."""
        among = self.denied[self.labels == label]
        return int(among.sum()), len(among)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The protected groups, the control group, those too small to compare, and how many comparisons share the level."""

    protected: tuple[Group, ...]
    control: Group
    too_small: tuple[Group, ...]
    shared_by: int

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """Each protected group's approvals beside the control's."""
        return tuple(
            Impact(protected=group.approvals, control=self.control.approvals) for group in self.protected
        )

    def confidence(self, *, together: float, figures: int = 1) -> float:
        """Return the confidence of each interval, of so many figures a comparison, so that all hold ``together``."""
        return 1.0 - (1.0 - together) / (self.shared_by * figures)

    def says(self, *, place: int) -> str:
        """Say which group a worst figure is of."""
        of = f", the worst of {len(self.protected)}" if len(self.protected) > 1 else ""
        shared = f"; Bonferroni over {self.shared_by}" if self.shared_by > 1 else ""
        return f"{self.protected[place].title} beside {self.control.title}{of}{shared}"


def read_groups(*, inputs: CheckInputs, sample: str, outcomes: Outcomes, cutoff: float) -> tuple[Group, ...]:
    """Return the groups in the order of their values; rows without one are the last.

    Raises ``NotApplicableError`` where the data state no segment, and
    ``UnusableInputError`` where lengths differ.
    """
    segments = inputs.array(f"{sample}.segments")
    if segments.shape != outcomes.labels.shape:
        raise UnusableInputError(reason="malformed_input", detail="segments and labels differ in length")
    is_stated, denied = ~np.isnan(segments), outcomes.scores > cutoff
    places = [
        (inputs.segment_name(float(value)), segments == value) for value in np.unique(segments[is_stated])
    ]
    if not is_stated.all():
        places.append(("no segment stated", ~is_stated))
    return tuple(
        Group(title=title, scores=outcomes.scores[rows], labels=outcomes.labels[rows], denied=denied[rows])
        for title, rows in places
    )


def compare_groups(*, groups: tuple[Group, ...], named: str, needed: int) -> Comparison:
    """Return which group stands beside which: beside the one ``named``, else the one approved most often.

    Compared are groups with at least ``needed`` defaults and as many others.

    Raises ``NotApplicableError`` for a single group, for fewer than two that
    are large enough, and where nobody of the control is approved;
    ``UnusableInputError`` for a control that is no group.
    """
    if len(groups) == 1:
        raise NotApplicableError(
            reason="single_group", detail=f"every row is of group {groups[0].title}: nothing to compare"
        )
    if named and named not in [group.title for group in groups]:
        raise UnusableInputError(
            reason="malformed_input",
            detail=f"no group is called {named}; they are {', '.join(group.title for group in groups)}",
        )
    large = [group for group in groups if group.rarest >= needed]
    if len(large) < 2 or (named and named not in [group.title for group in large]):
        raise _too_small(groups, needed, named)
    control = max(large, key=lambda group: group.title == named if named else group.approvals.rate)
    if not control.approvals.approved:
        raise NotApplicableError(
            reason="nobody_approved", detail="nobody in the control group scores up to the cut-off"
        )
    return Comparison(
        protected=tuple(group for group in large if group is not control),
        control=control,
        too_small=tuple(group for group in groups if group.rarest < needed),
        shared_by=count_comparisons(groups=len(large), is_control_named=bool(named)),
    )


def _too_small(groups: tuple[Group, ...], needed: int, named: str) -> NotApplicableError:
    """Return the error that names the group that must grow: the control, else the second largest."""
    by_size = sorted(groups, key=lambda group: (group.title == named, group.rarest), reverse=True)
    short = by_size[0] if by_size[0].rarest < needed else by_size[1]
    rows = sum(len(group.labels) for group in groups)
    return NotApplicableError(
        reason="insufficient_data",
        detail=f"group {short.title} holds {short.rarest} rows of one class; {needed} are needed",
        n_needed=ceil(needed * rows / max(short.rarest, 1)),
    )
