"""What people do through forms: allowed to one, refused to another, with the same page before them."""

import csv
import io
import json
from datetime import timedelta

import pytest

from registry import api
from registry.approvals.models import ApprovalRequest
from registry.audit.models import AuditEvent
from registry.domain.canonical import digest
from registry.domain.clock import SystemClock
from registry.domain.errors import MrmError
from registry.findings.models import Finding
from registry.people.models import RoleAssignment
from registry.validations.models import ChallengeNote, EvidenceRecord, ValidationReport
from tests.builders.web_evidence import submissions
from tests.builders.web_world import World, record_run
from tests.db.web.conftest import Door
from tests.db.web.reading import Document

CHALLENGE = {"question": "Why this sample?", "answer": "It is the newest.", "disposition": "accepted"}
REPORT = {"opinion": "fit", "summary": "Sound."}


def tomorrow(days: int = 30) -> str:
    return (SystemClock().now().date() + timedelta(days=days)).isoformat()


@pytest.fixture
def unsigned(world: World, db: None) -> str:
    """Complete the second run and return the identifier of its request."""
    assert world.running is not None
    record_run(world.running, submissions())
    return str(world.running.uuid)


def test_vera_challenges_and_signs_what_dana_may_not(door: Door, unsigned: str) -> None:
    notes, reports = ChallengeNote.objects.count(), ValidationReport.objects.count()
    for address, data in (
        (f"/validations/{unsigned}/challenges/new/", CHALLENGE),
        (f"/validations/{unsigned}/report/new/", REPORT),
    ):
        refused = door("dana").post(address, data)
        assert refused.status_code == 403
        assert b"PEO001" in refused.content
        assert b"You may not do this" in door("owen").get(address).content
    assert (ChallengeNote.objects.count(), ValidationReport.objects.count()) == (notes, reports)
    for address, data in (
        (f"/validations/{unsigned}/challenges/new/", CHALLENGE),
        (f"/validations/{unsigned}/report/new/", REPORT),
    ):
        assert door("vera").post(address, data)["Location"] == f"/runs/{unsigned}/"
    assert (ChallengeNote.objects.count(), ValidationReport.objects.count()) == (notes + 1, reports + 1)


def test_a_form_that_is_not_complete_says_so_and_records_nothing(door: Door, unsigned: str) -> None:
    before = AuditEvent.objects.count()
    response = door("vera").post(f"/validations/{unsigned}/challenges/new/", {"question": "Why?"})
    document = Document(response.content.decode())
    assert response.status_code == 400
    assert "Nothing was recorded" in document.text
    assert "#id_answer" in document.links
    assert document.problems() == []
    assert AuditEvent.objects.count() == before


def test_signing_before_a_challenge_is_refused_as_a_step(door: Door, unsigned: str) -> None:
    response = door("vera").post(f"/validations/{unsigned}/report/new/", REPORT)
    assert response.status_code == 409
    assert b"VAL023" in response.content


def test_owen_shows_a_safeguard_and_makes_the_case(door: Door, world: World) -> None:
    use = world.uses["card-underwriting"]
    today = SystemClock().now().date().isoformat()
    shown = door("owen").post(
        f"/intended-uses/{use.uuid}/safeguards/new/",
        {
            "safeguard": "human_oversight",
            "statement": "Two officers review each refusal.",
            "source": "Credit manual 4.2",
            "evidenced_on": today,
            "expires_on": tomorrow(),
        },
    )
    stated = door("owen").post(
        f"/intended-uses/{use.uuid}/trade-offs/new/",
        {"statement": "Fewer losses.", "benefit_eur": "1250000.00", "expires_on": tomorrow()},
    )
    assert shown["Location"] == stated["Location"] == f"/intended-uses/{use.uuid}/"
    text = Document(door("owen").get(shown["Location"]).content.decode()).text
    assert "Two officers review each refusal." in text
    assert "EUR 1,250,000" in text


def test_what_an_action_cannot_accept_stands_beside_its_field(door: Door, world: World) -> None:
    use = world.uses["card-underwriting"]
    response = door("owen").post(
        f"/intended-uses/{use.uuid}/trade-offs/new/",
        {"statement": "Fewer losses.", "benefit_eur": "a lot", "expires_on": tomorrow()},
    )
    document = Document(response.content.decode())
    assert response.status_code == 400
    assert "INP002" in document.text
    assert "#id_benefit_eur" in document.links


def test_ada_sees_conflicts_before_the_button_and_decides_once(door: Door, world: World) -> None:
    approval = ApprovalRequest.objects.get()
    address = f"/approvals/{approval.uuid}/"
    data = {"decision": "reject", "comment": "Grade 5 first.", "row_version": approval.row_version}
    page = door("owen").get(address).content.decode()
    assert page.index("You may not decide this") < page.index('value="grant"')
    assert "disabled" in page[page.index('value="grant"') :][:40]
    assert door("owen").post(address, data).status_code == 403
    stale = door("ada").post(address, data | {"row_version": "7"})
    assert stale.status_code == 409
    assert b"APR004" in stale.content
    assert ApprovalRequest.objects.get().status == "pending"
    assert door("ada").post(address, data)["Location"] == address
    assert ApprovalRequest.objects.get().status == "rejected"
    assert "Grade 5 first." in Document(door("ada").get(address).content.decode()).text


def test_granting_what_policy_does_not_allow_changes_nothing(door: Door, world: World) -> None:
    approval = ApprovalRequest.objects.get()
    response = door("ada").post(
        f"/approvals/{approval.uuid}/",
        {"decision": "grant", "comment": "Fine.", "row_version": approval.row_version},
    )
    assert response.status_code == 409
    assert b"APR006" in response.content
    assert ApprovalRequest.objects.get().status == "pending"


def test_the_owner_proposes_and_the_validator_closes_a_finding(door: Door, world: World) -> None:
    finding = Finding.objects.get()
    address = f"/findings/{finding.uuid}/"
    remedy = {"actions": "Recalibrate grade 5.", "due_date": tomorrow(10)}
    assert door("vera").post(f"{address}remediation/", remedy).status_code == 403
    assert door("owen").post(f"{address}remediation/", remedy)["Location"] == address
    closing = {"reason": "The new run passes.", "row_version": Finding.objects.get().row_version}
    assert door("owen").post(f"{address}closure/", closing).status_code == 403
    assert door("vera").post(f"{address}closure/", closing | {"row_version": 1}).status_code == 409
    assert door("vera").post(f"{address}closure/", closing)["Location"] == address
    text = Document(door("vera").get(address).content.decode()).text
    assert "Recalibrate grade 5." in text
    assert "The new run passes." in text


def test_a_run_can_be_asked_for_and_cancelled(door: Door, world: World) -> None:
    use = world.uses["card-underwriting"]
    asked = door("dana").post(f"/intended-uses/{use.uuid}/validations/", {"batch": "shifted"})
    assert asked["Location"].startswith("/runs/")
    assert door("dana").post(f"/intended-uses/{use.uuid}/validations/", {"batch": "moon"}).status_code == 400
    assert door("ada").post(f"{asked['Location']}cancellation/").status_code == 403
    assert door("dana").post(f"{asked['Location']}cancellation/").status_code == 302


def test_acts_take_a_post(door: Door, world: World) -> None:
    use = world.uses["collections"]
    for address in (f"/intended-uses/{use.uuid}/approvals/", f"/intended-uses/{use.uuid}/validations/"):
        assert door("owen").get(address).status_code == 405


def test_ada_accepts_the_risk_of_a_finding_that_owen_owns(door: Door, world: World) -> None:
    finding = Finding.objects.get()
    address = f"/findings/{finding.uuid}/"
    data = {"reason": "Small and watched.", "accepted_until": tomorrow(), "row_version": finding.row_version}
    assert door("owen").post(f"{address}acceptance/", data).status_code == 403
    late = door("ada").post(f"{address}acceptance/", data | {"accepted_until": tomorrow(400)})
    assert (late.status_code, b"INP003" in late.content) == (400, True)
    assert Document(late.content.decode()).problems() == []
    assert door("ada").post(f"{address}acceptance/", data)["Location"] == address
    text = Document(door("vera").get(address).content.decode()).text
    assert "Small and watched." in text
    assert "counts as open again" in text


def test_a_token_is_shown_once_and_revoked_by_its_owner(door: Door, world: World) -> None:
    form = {"name": "nightly gate", "scopes": ["read"], "days": "30"}
    refused = door("dana").post("/account/tokens/", form | {"days": "91"})
    assert (refused.status_code, b"mrm_" in refused.content) == (400, False)
    issued = door("dana").post("/account/tokens/", form)
    document = Document(issued.content.decode())
    secret = next(word for word in document.text.split() if word.startswith("mrm_") and len(word) > 20)
    assert issued.status_code == 201
    assert api.actor_for_token(secret=secret, at=SystemClock().now()).username == "dana"
    assert secret not in door("dana").get("/account/").content.decode()
    token = api.ApiToken.objects.get(name="nightly gate")
    assert door("vera").post(f"/account/tokens/{token.uuid}/revocation/").status_code == 404
    assert door("dana").post(f"/account/tokens/{token.uuid}/revocation/")["Location"] == "/account/"
    with pytest.raises(MrmError, match="revoked"):
        api.actor_for_token(secret=secret, at=SystemClock().now())


def test_an_administrator_opens_an_account_grants_a_role_and_ends_it(door: Door, world: World) -> None:
    api.Person.objects.filter(username="nia").update(is_active=True)
    grant_to(world, "nia")
    account = {"username": "ines", "full_name": "Ines Prat", "password": "a-long-enough-phrase-42"}
    assert door("vera").post("/people/", account).status_code == 403
    weak = door("nia").post("/people/", account | {"password": "short"})
    assert (weak.status_code, b"PEO031" in weak.content) == (400, True)
    assert door("nia").post("/people/", account)["Location"] == "/people/ines/"
    role = {"role": "validator", "entity_key": ""}
    assert door("vera").post("/people/ines/roles/", role).status_code == 403
    assert door("nia").post("/people/ines/roles/", role)["Location"] == "/people/ines/"
    page = Document(door("nia").get("/people/ines/").content.decode())
    assert ("Validator" in page.text, page.problems()) == (True, [])
    held = RoleAssignment.objects.get(person__username="ines")
    missing = door("nia").post("/people/ines/roles/ended/", {"role": str(held.uuid)})
    assert (missing.status_code, b"Nothing was recorded" in missing.content) == (400, True)
    ended = door("nia").post("/people/ines/roles/ended/", {"role": str(held.uuid), "reason": "moved"})
    assert ended["Location"] == "/people/ines/"
    assert "Roles that ended" in Document(door("nia").get("/people/ines/").content.decode()).text
    assert door("nia").post("/people/ines/closure/", {"reason": "left"})["Location"] == "/people/ines/"
    assert "closed" in Document(door("nia").get("/people/").content.decode()).text
    assert door("nia").get("/people/nobody/").status_code == 404


def grant_to(world: World, username: str) -> None:
    """Make somebody administrator of every entity."""
    RoleAssignment.objects.create(
        person=world.people[username],
        role="administrator",
        entity_key="",
        valid_from=SystemClock().now().date(),
        granted_by_name="set-up",
    )


def test_a_validation_is_taken_out_as_json_csv_and_a_page_and_each_time_recorded(
    door: Door, world: World
) -> None:
    assert world.validated is not None
    address = f"/validations/{world.validated.uuid}/validation"
    before = AuditEvent.objects.filter(action="evidence.read").count()
    document = json.loads(door("vera").get(f"{address}.json").content)
    rows = EvidenceRecord.objects.filter(request=world.validated).order_by("position")
    assert [row["digest"] for row in document["evidence"]] == [row.digest for row in rows]
    assert document["evidence_digest"] == digest([row.digest for row in rows])
    lines = list(csv.DictReader(io.StringIO(door("vera").get(f"{address}.csv").content.decode())))
    assert {line["check"] for line in lines} == {row.check_id for row in rows}
    assert sum(bool(line["estimate"]) for line in lines) == sum(len(row.metrics) for row in rows)
    page = door("vera").get(f"{address}.html")
    text = page.content.decode()
    assert page["Content-Disposition"].startswith("attachment")
    assert ("<script" in text, 'href="/' in text, "src=" in text) == (False, False, False)
    assert document["evidence_digest"] in text
    assert AuditEvent.objects.filter(action="evidence.read").count() == before + 3
    assert door("vera").get(f"{address}.exe").status_code == 400
    assert door("nia").get(f"{address}.json").status_code == 404
    assert door("rex").get(f"/portal{address}.csv").status_code == 200


def test_the_inventory_does_not_leave_unrecorded(door: Door, world: World) -> None:
    b"".join(door("vera").get("/models/export.csv?tier=1"))  # type: ignore[arg-type]
    event = AuditEvent.objects.filter(action="inventory.exported").latest("id")
    assert (event.actor_name, event.subject_label) == ("Vera Castellanos", "tier=1")


def test_two_validations_stand_side_by_side(door: Door, world: World, unsigned: str) -> None:
    assert world.validated is not None
    address = f"/validations/{unsigned}/comparison/"
    page = Document(door("vera").get(address).content.decode())
    assert (page.problems(), "Change" in page.text) == ([], False)
    both = Document(door("vera").get(f"{address}?with={world.validated.uuid}").content.decode())
    assert (both.problems(), "discrimination.auc" in both.text) == ([], True)
    assert door("vera").get(f"{address}?with={unsigned}").status_code == 400
    assert door("vera").get(f"{address}?with=nonsense").status_code == 400
    assert door("nia").get(address).status_code == 404
    assert door("rex").get(f"/portal{address}?with={world.validated.uuid}").status_code == 200
