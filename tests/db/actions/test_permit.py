"""A permit: signed, dated, and worth nothing once a date, a hand or a monitoring batch speaks against it."""

import base64
import json
from datetime import date, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.canonical import canonical_bytes, sha256_hex
from registry.domain.errors import MrmError
from registry.domain.vocab import Verdict
from registry.inventory.models import RegisteredModel
from registry.outbox.models import OutboxMessage
from tests.builders.fake_mlflow import FakeMlflow
from tests.builders.registry import AT, ENTITY, Story, a_story, actor, by, submission

pytestmark = pytest.mark.usefixtures("bank")
BREACH = submission("drift.data", Verdict.FAIL, facts={"evidence.data_drift_share": "0.6"})
TERM_TIER_2 = 182
"""Days: half a year, for a model in underwriting that explains less than its use needs (house pack, H9)."""


@pytest.fixture
def story() -> Story:
    return a_story("underwriting").permitted()


def test_the_statement_names_what_is_permitted_and_anybody_can_check_it(story: Story) -> None:
    permit = story.permit
    stated = json.loads(permit.statement)
    key = load_pem_public_key(api.public_key_pem().encode())
    key.verify(base64.b64decode(permit.signature), permit.statement.encode())
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(permit.signature), permit.statement.replace("2027", "2037").encode())
    assert (stated["mlflow_uri"], stated["use_case"], stated["entity"]) == (
        "models:/pd-cards/1",
        "underwriting",
        ENTITY,
    )
    assert stated["artifact_digest"] == story.use.version.artifact_digest
    assert date.fromisoformat(stated["expires_on"]) == AT.date() + timedelta(days=TERM_TIER_2)
    assert {row["kind"] for row in stated["conditions"]} >= {"expiry", "human_review_rate"}
    event = json.loads(bytes(AuditEvent.objects.get(action="permit.issued").entry))["payload"]
    assert event["statement_digest"] == sha256_hex(permit.statement.encode())


def test_it_moves_champion_state_permission_and_promises_the_mirror(story: Story, mlflow: FakeMlflow) -> None:
    assert story.state() == "allow_with_conditions"
    assert api.get_use_case(actor=actor("dana"), key="underwriting").champion == story.use.version
    assert RegisteredModel.objects.get().lifecycle_state == "approved"
    mlflow.add("pd-cards")
    assert api.deliver_outbox(at=story.at).delivered == 1
    tags = {body["key"]: body["value"] for path, body in mlflow.posted if path.endswith("set-tag")}
    assert tags["mrm.permit.underwriting"] == str(story.permit.uuid)
    assert tags["mrm.permission.underwriting"] == "allow_with_conditions"
    assert mlflow.posted[-1][1] == {"name": "pd-cards", "alias": "champion-underwriting", "version": "1"}
    assert api.deliver_outbox(at=story.at).delivered == 0


def test_its_events_in_their_order(story: Story) -> None:
    granted = AuditEvent.objects.filter(action="approval.granted").get()
    later = AuditEvent.objects.filter(pk__gte=granted.pk).order_by("pk").values_list("action", flat=True)
    assert list(later) == ["approval.granted", "policy.decided", "permit.issued", "policy.decided"]


def test_it_ends_by_itself(story: Story) -> None:
    last = AT + timedelta(days=TERM_TIER_2 - 1)
    assert story.check(at=last).state == "allow_with_conditions"
    after = story.check(at=last + timedelta(days=1))
    assert (after.state, after.until) == ("deny", None)
    assert "has expired" in after.sentence


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("expires_on", date(2099, 1, 1)),
        ("version_digest", "0" * 64),
        ("conditions", []),
        ("signature", "no base64"),
        ("statement", '{"version":1}'),
    ],
)
def test_a_permit_that_was_changed_underneath_permits_nothing(
    story: Story, column: str, value: object
) -> None:
    api.Permit.objects.filter(pk=story.permit.pk).update(**{column: value})
    answer = story.check()
    assert answer.state == "deny"
    assert "The permit names other bytes" in {reason["text"].rstrip(".") for reason in answer.reasons}


def test_a_statement_that_somebody_else_signed_permits_nothing(story: Story) -> None:
    forged = json.loads(story.permit.statement) | {"expires_on": "2099-01-01"}
    api.Permit.objects.update(statement=canonical_bytes(forged).decode(), expires_on=date(2099, 1, 1))
    assert not api.is_genuine(story.permit)
    assert story.check().state == "deny"


def test_suspended_it_stops_at_once_and_mlflow_is_told(story: Story, mlflow: FakeMlflow) -> None:
    OutboxMessage.objects.all().delete()
    api.suspend_permit(**by("vera"), permit_uuid=story.permit.uuid, reason="drift in the youngest segment")
    assert story.state() == "deny"
    assert story.check().state == "deny"
    assert api.deliver_outbox(at=AT).delivered == 1
    assert [body["value"] for path, body in mlflow.posted if "permission" in str(body.get("key"))] == ["deny"]
    assert not [path for path, _ in mlflow.posted if path.endswith("alias")]
    with pytest.raises(MrmError, match="LIF001"):
        api.suspend_permit(**by("vera"), permit_uuid=story.permit.uuid, reason="again")
    before = list(AuditEvent.objects.values_list("action", flat=True))
    assert before.count("permit.suspended") == 1


def test_a_new_approval_revokes_the_older_permit_and_lifts_a_suspension(story: Story) -> None:
    older = story.permit
    api.suspend_permit(**by("vera"), permit_uuid=older.uuid, reason="drift")
    story.submitted().decided()
    older.refresh_from_db()
    assert (older.status, older.status_reason) == ("revoked", "replaced by a newer permit")
    assert story.permit != older
    assert story.state() == "allow_with_conditions"
    assert AuditEvent.objects.filter(action="permit.revoked", subject_uuid=older.uuid).count() == 1


def test_the_next_version_takes_over_as_champion_and_each_keeps_its_own_permit(story: Story) -> None:
    newer = a_story("underwriting", number=2).permitted()
    assert api.get_use_case(actor=actor("dana"), key="underwriting").champion == newer.use.version
    assert (story.state(), newer.state()) == ("allow_with_conditions",) * 2


def test_a_failing_batch_opens_a_breach_that_no_request_closes_over(story: Story) -> None:
    story.requested("shifted").run(BREACH)
    assert story.state() == "refer"
    assert story.use.findings.get().title == "drift.data fails on the shifted batch"
    answer = story.check()
    assert "A monitoring breach is open" in {reason["text"].rstrip(".") for reason in answer.reasons}
    story.requested("recent")
    assert story.state() == "refer"
    story.requested("shifted").run()
    assert story.state() == "allow_with_conditions"


def test_a_monitoring_run_that_broke_down_is_no_good_news(story: Story) -> None:
    story.requested("shifted").run(submission("drift.data", Verdict.ERROR, facts={}))
    assert (story.state(), story.check().missing) == ("refer", ["monitoring.breach_open"])
    story.requested("shifted").run()
    assert story.state() == "allow_with_conditions"


def test_without_a_permit_it_is_never_allowed() -> None:
    story = a_story("underwriting").validated().safeguarded().argued()
    assert story.state() == "may_be_validated"
    answer = story.check()
    assert (answer.state, answer.permit) == ("refer", None)
    assert "No permit was issued" in {reason["text"].rstrip(".") for reason in answer.reasons}


def test_a_use_that_was_not_registered_is_refused(story: Story) -> None:
    with pytest.raises(MrmError, match="INV015"):
        api.check_permission(**by("dana"), mlflow_uri="models:/pd-cards/1", use_case_key="collections")


def test_a_permission_that_time_has_ended_is_shown_so_the_next_day(story: Story) -> None:
    assert api.renew_decisions(at=story.at) == 0
    before = api.list_decisions(actor=actor("vera"), intended_use=story.use)
    assert api.renew_decisions(at=story.at + timedelta(days=1)) == 1
    assert story.state() == "allow_with_conditions"
    assert api.renew_decisions(at=story.at + timedelta(days=1)) == 0
    assert len(api.list_decisions(actor=actor("vera"), intended_use=story.use)) == len(before) + 1
    api.renew_decisions(at=story.at + timedelta(days=TERM_TIER_2 + 1))
    assert story.state() == "deny"
