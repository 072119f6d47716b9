"""Repeating a validation over HTTP: opened by a validator, read by whoever may see it."""

from registry.validations.models import ValidationRequest
from tests.builders.web_evidence import repeated, submissions
from tests.builders.web_world import World, record_run
from tests.db.rest.conftest import CallerFor


def test_a_validator_has_it_repeated_and_reads_whether_the_numbers_are_the_same(
    caller: CallerFor, world: World
) -> None:
    vera, original = caller("vera"), world.validated
    assert original is not None
    path = f"validation-requests/{original.uuid}/reperformances"
    assert caller("dana").post(path, {}).code == "PEO001"
    assert vera.get(f"validation-requests/{original.uuid}/reproduction").code == "VAL064"
    opened = vera.post(path, {})
    assert (opened.status, opened.body["outcome"], opened.body["checks"]) == (201, "pending", [])
    assert opened.body["reperforms"] == str(original.uuid)
    assert vera.post(path, {}).code == "VAL063"
    again = ValidationRequest.objects.get(uuid=opened.body["validation_request"])
    assert vera.get(f"validation-requests/{again.uuid}").body["reperforms"] == str(original.uuid)
    assert vera.get(f"validation-requests/{original.uuid}").body["reperforms"] is None

    results = submissions()
    first = results[0]["check"]
    record_run(again, [repeated(seed=99, notes=["other"])[0], *results[1:]])
    found = caller("dana").get(f"validation-requests/{again.uuid}/reproduction")
    assert (found.status, found.body["outcome"]) == (200, "explained")
    assert [check["check_id"] for check in found.body["checks"] if check["sameness"] != "same"] == [first]
    (cause,) = found.body["causes"]
    assert (cause["place"], cause["second"]) == ("seed", "99")
    listed = caller("dana").get(path).body
    assert listed == {"items": [found.body], "next": None}
    assert caller("nia").get(path).code == "VAL010"
    assert caller("nia").get(f"validation-requests/{again.uuid}/reproduction").code == "VAL010"
