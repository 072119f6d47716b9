"""Whether a validation gave the same numbers when it was repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SENTENCES = {
    "pending": "it has not ended yet",
    "failed": "it did not come to an end, so it shows nothing",
    "same": "every check gives the same numbers",
    "explained": "some numbers are other ones; what else differs is listed",
    "unexplained": "some numbers are other ones, and nothing that is known explains it",
}


@dataclass(frozen=True)
class Reproduction:
    """A repetition as the registry answers it. ``outcome``: pending, failed, same, explained or unexplained."""

    document: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        """Return what it shows."""
        return str(self.document["outcome"])

    @property
    def is_open(self) -> bool:
        """Whether its run has not ended yet."""
        return self.outcome == "pending"

    @property
    def is_same(self) -> bool:
        """Whether every number and every word came out the same."""
        return self.outcome == "same"

    @property
    def is_other(self) -> bool:
        """Whether some numbers came out otherwise."""
        return self.outcome in ("explained", "unexplained")

    def __str__(self) -> str:
        """Return outcome, checks that differ, and what else differs, one a line."""
        said = _SENTENCES.get(self.outcome, self.outcome)
        lines = [f"{self.document['validation_request']} repeats {self.document['reperforms']}: {said}."]
        if self.outcome == "failed":
            lines.append(f"- {self.document['ended_reason']}")
        lines += [
            f"- {check['check_id']}: {check['sameness'].replace('_', ' ')}, {len(check['differences'])} places"
            for check in self.document["checks"]
            if check["sameness"] != "same"
        ]
        lines += [
            f"- {one['place']}: {one['first']} became {one['second']}" for one in self.document["causes"]
        ]
        return "\n".join([*lines, str(self.document["page"])])
