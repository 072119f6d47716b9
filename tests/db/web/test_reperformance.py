"""Repeating a validation on the pages: who is offered it, what the answer says, and that the portal reads it."""

import csv
import io

import pytest

from registry.domain.canonical import Json
from registry.validations.models import ValidationRequest
from tests.builders.web_evidence import repeated
from tests.builders.web_world import World, record_run
from tests.db.web.conftest import Door
from tests.db.web.reading import Document


@pytest.fixture
def original(world: World, db: None) -> ValidationRequest:
    assert world.validated is not None
    return world.validated


def reperform(door: Door, original: ValidationRequest) -> ValidationRequest:
    answer = door("vera").post(f"/validations/{original.uuid}/reperformances/")
    again = ValidationRequest.objects.get(reperforms=original)
    assert answer["Location"] == f"/runs/{again.uuid}/"
    return again


def end(again: ValidationRequest, **changed: Json) -> None:
    """Hand in what the original gave; ``changed`` replaces parts of every result."""
    record_run(again, repeated(**changed))


def text(door: Door, username: str, address: str) -> str:
    answer = door(username).get(address)
    assert answer.status_code == 200
    return Document(answer.content.decode()).text


def figures_taken_out(door: Door, run: ValidationRequest) -> list[dict[str, str]]:
    answer = door("vera").get(f"/validations/{run.uuid}/validation.csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_only_an_independent_validator_is_offered_it(door: Door, original: ValidationRequest) -> None:
    page = f"/runs/{original.uuid}/"
    offered = {name: "Re-perform it" in text(door, name, page) for name in ("vera", "dana", "owen", "ada")}
    assert offered == {"vera": True, "dana": False, "owen": False, "ada": False}
    refused = door("dana").post(f"/validations/{original.uuid}/reperformances/")
    assert (refused.status_code, b"PEO001" in refused.content) == (403, True)
    assert not ValidationRequest.objects.filter(reperforms=original).exists()


def test_the_same_numbers_are_said_on_both_pages_and_in_the_portal(
    door: Door, original: ValidationRequest
) -> None:
    again = reperform(door, original)
    assert "It has not ended yet" in text(door, "vera", f"/runs/{original.uuid}/")
    end(again)
    for username, start in (("vera", "/runs"), ("rex", "/portal/validations")):
        assert "Every check gives the same numbers" in text(door, username, f"{start}/{original.uuid}/")
        repetition = text(door, username, f"{start}/{again.uuid}/")
        assert "A re-performance" in repetition
        assert "Sign the report" not in repetition
        assert "Effective challenge" not in repetition
    assert "Findings raised by it" in text(door, "rex", f"/portal/validations/{original.uuid}/")
    assert "Findings raised by it" not in text(door, "rex", f"/portal/validations/{again.uuid}/")
    taken = {run: text(door, "vera", f"/validations/{run.uuid}/validation.html") for run in (original, again)}
    assert f"Repeats validation {original.uuid}" in taken[again]
    assert "Repeats validation" not in taken[original]
    lines = {run: figures_taken_out(door, run) for run in (original, again)}
    assert {line["reperforms"] for line in lines[again]} == {str(original.uuid)}
    assert {line["reperforms"] for line in lines[original]} == {""}
    for start in ("/validations", "/portal/validations"):
        username = "rex" if "portal" in start else "vera"
        found = text(door, username, f"{start}/{again.uuid}/comparison/?with={original.uuid}")
        assert "The same numbers?" in found
        assert "Every check gives the same numbers and words again." in found
        assert "are the same in both" in found


def test_other_numbers_stand_with_what_else_differs_or_without_a_known_cause(
    door: Door, original: ValidationRequest
) -> None:
    again = reperform(door, original)
    end(again, notes=["another note"])
    address = f"/validations/{again.uuid}/comparison/?with={original.uuid}"
    found = text(door, "vera", address)
    assert "Other numbers, no known cause" in found
    assert "another note" in found
    assert "No known cause." in found
    # The other way round reads the same: the original stands first.
    back = text(door, "vera", f"/validations/{original.uuid}/comparison/?with={again.uuid}")
    assert "absent became another note" in back


def test_a_known_difference_is_named(door: Door, original: ValidationRequest) -> None:
    again = reperform(door, original)
    end(again, notes=["another note"], versions={"numpy": "9.9.9"})
    found = text(door, "rex", f"/portal/validations/{again.uuid}/comparison/?with={original.uuid}")
    assert "Other numbers, known difference" in found
    assert "9.9.9" in found
    assert "No known cause." not in found


def test_a_repetition_waits_for_no_report(door: Door, original: ValidationRequest) -> None:
    end(reperform(door, original))
    home = text(door, "vera", "/")
    assert "No completed run waits for a report." in home
    assert "a re-performance" in text(door, "vera", "/validations/")


def test_a_repetition_is_no_step_to_the_permit(door: Door, original: ValidationRequest) -> None:
    use = original.intended_use
    reperform(door, original)
    for username, start in (("vera", ""), ("rex", "/portal")):
        page = text(door, username, f"{start}/intended-uses/{use.uuid}/")
        assert "checks were run." in page
        assert "The worker runs the plan." not in page


def test_a_version_shows_the_inspection_of_a_validation_never_of_a_repetition(
    door: Door, world: World, original: ValidationRequest
) -> None:
    inspected = [{**repeated()[0], "check": "integrity.artifact"}]
    assert world.running is not None
    record_run(world.running, inspected)
    again = reperform(door, original)
    record_run(again, inspected)
    for username, start in (("vera", ""), ("rex", "/portal")):
        address = f"{start}/versions/{original.intended_use.version.uuid}/"
        page = door(username).get(address).content.decode()
        assert str(world.running.evidence.get().uuid) in page
        assert str(again.evidence.get().uuid) not in page


def test_policy_reads_the_evidence_of_a_validation_and_not_of_its_repetition(
    door: Door, original: ValidationRequest
) -> None:
    again = reperform(door, original)
    end(again)
    for username, start in (("vera", "/evidence"), ("rex", "/portal/evidence")):
        told = [text(door, username, f"{start}/{run.evidence.all()[0].uuid}/") for run in (original, again)]
        assert ["policy reads this and nothing else" in page for page in told] == [True, False]
        assert ["of a re-performance: policy does not read it" in page for page in told] == [False, True]
