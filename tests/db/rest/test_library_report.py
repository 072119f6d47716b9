"""A library's own report over REST: asked for once, read by whoever may see the evidence."""

from registry.audit.models import AuditEvent
from registry.validations.models import ValidationRequest
from tests.builders.attached import FILE, files_table
from tests.builders.web_evidence import submissions
from tests.builders.web_world import World, record_run
from tests.db.rest.conftest import CallerFor


def test_a_developer_asks_and_reads_what_came_of_it(caller: CallerFor, world: World) -> None:
    assert world.validated is not None
    record = world.validated.evidence.get(check_id="drift.data")
    path, dana = f"evidence/{record.uuid}/library-report", caller("dana")
    before = dana.get(path)
    assert (before.status, before.body["state"], before.body["may_ask"]) == (200, "not_asked", True)
    assert before.body["page"].endswith(f"/evidence/{record.uuid}/")
    assert caller("dana", "read").post(path, {}).status == 403
    assert caller("ada").post(path, {}).code == "PEO003"
    assert caller("nia").get(path).code == "VAL012"

    opened = dana.post(path, {}, Idempotency_Key="ask-for-the-page")
    assert (opened.status, opened.body["state"], opened.body["requested_by"]) == (201, "pending", "dana")
    assert (opened.body["evidence_digest"], opened.body["figures"]) == (record.digest, "")
    repeated = dana.post(path, {}, Idempotency_Key="ask-for-the-page")
    assert (repeated.status, repeated.body) == (201, opened.body)
    second = caller("vera").post(path, {})
    assert (second.status, second.body["validation_request"]) == (200, opened.body["validation_request"])
    request = ValidationRequest.objects.get(uuid=opened.body["validation_request"])
    assert dana.get(f"validation-requests/{request.uuid}").body["reports_on"] == str(record.uuid)
    assert dana.get(f"validation-requests/{world.validated.uuid}").body["reports_on"] is None

    (item,) = (one for one in submissions() if one["check"] == "drift.data")
    body = {**record.body, "tables": [*record.body["tables"], files_table(b"<p>page</p>")]}
    record_run(request, [item | {"body": body}])
    found = caller("rex").get(path)
    assert (found.body["state"], found.body["figures"], found.body["may_ask"]) == ("made", "same", False)
    assert (found.body["file"], found.body["size_bytes"]) == (FILE, 11)
    assert found.body["page"].endswith(f"/runs/{request.uuid}/checks/drift.data/{FILE}/")
    assert dana.post(path, {}).status == 200
    assert AuditEvent.objects.filter(action="evidence.attached").count() == 1


def test_a_check_without_one_has_no_such_address(caller: CallerFor, world: World) -> None:
    assert world.validated is not None
    other = world.validated.evidence.get(check_id="discrimination.auc")
    path = f"evidence/{other.uuid}/library-report"
    assert (caller("vera").get(path).status, caller("vera").post(path, {}).code) == (404, "VAL070")
