"""What the steps of the main job share: the house, the people, the pairs, the journal."""

import sys
from dataclasses import dataclass, field
from typing import Any

from mrm.demo import opening
from mrm.demo.doors import People, RestDoor
from mrm.demo.journal import Journal, expect
from mrm.demo.places import Places
from mrm.demo.processes import Troupe

CARDS = "models:/pd-cards/1"
SCORECARD = "models:/pd-scorecard/1"
HOSTILE = "models:/pd-hostile/1"

ALLOWED = "allow_with_conditions"
DENIED = "deny"
REFERRED = "refer"
MAY_BE_VALIDATED = "may_be_validated"

TRAINING_S = 240.0
Json = dict[str, Any]


@dataclass
class Story:
    """One performance of the main job."""

    troupe: Troupe
    journal: Journal
    people: People
    kept: Json = field(default_factory=dict)

    @property
    def places(self) -> Places:
        """Where everything is."""
        return self.troupe.places

    def say(self, text: str) -> None:
        """Print a line of progress."""
        self.journal.say(text)

    def rest(self, username: str) -> RestDoor:
        """Return a person at the REST API."""
        return self.people.at_rest(username)

    def permissions(self, uri: str) -> dict[str, Json]:
        """Return the permissions of a version as they stand, by use case."""
        dana = self.rest("dana")
        (version,) = dana.items("model-versions", mlflow_uri=uri)
        detail = dana.get(f"model-versions/{version['uuid']}")
        return {item["use_case"]: item for item in detail["permissions"]}

    def permission(self, uri: str, use_case: str) -> Json:
        """Return the permission of one pair as it stands."""
        return self.permissions(uri)[use_case]

    def intended_use(self, uri: str, use_case: str) -> str:
        """Return the identifier of a pair."""
        return str(self.permission(uri, use_case)["intended_use"])

    def decision(self, uri: str, use_case: str) -> Json:
        """Return the newest decision on a pair."""
        uuid = self.permission(uri, use_case)["decision"]
        answer: Json = self.rest("dana").get(f"decisions/{uuid}")
        return answer

    def validation(self, uri: str, use_case: str, *, batch: str = "recent") -> Json:
        """Return the newest validation of a pair on a batch, with its evidence."""
        pair, vera = self.intended_use(uri, use_case), self.rest("vera")
        rows = [row for row in vera.items("validation-requests") if row["intended_use"] == pair]
        newest = next(row for row in rows if row["batch"] == batch)
        answer: Json = vera.get(f"validation-requests/{newest['uuid']}")
        return answer

    def as_dana(self) -> dict[str, str]:
        """Return what Dana's shell knows of the registry."""
        return {"MRM_URL": self.places.web_url, "MRM_TOKEN": self.people.token("dana")}

    def script(self, *arguments: str, extra: dict[str, str] | None = None) -> str:
        """Run one of the examples as Dana and return what it printed."""
        return opening.run(
            self.places,
            [sys.executable, *arguments],
            within_s=TRAINING_S,
            extra=self.as_dana() | (extra or {}),
        )

    def expect_state(self, uri: str, use_case: str, state: str) -> Json:
        """Return the pair's permission. Raises ``ExpectationError`` unless it stands as expected."""
        found = self.permission(uri, use_case)
        expect(
            found["state"] == state,
            f"{use_case} stands at {found['state']}, not {state}: {found['sentence']}",
        )
        return found
