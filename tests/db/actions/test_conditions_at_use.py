"""A permit's conditions at the gate: what is stated, what the register holds, and what nobody knows."""

import json
from datetime import timedelta
from typing import Any

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PolicyDecision
from registry.domain.errors import MrmError
from tests.builders.condition_cases import CAP, CARDS, FLOOR, MARGIN, REVIEW
from tests.builders.permits import impose
from tests.builders.registry import AT, Story, a_story, actor, by

pytestmark = pytest.mark.usefixtures("bank")


def condition(kind: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "params": params, "text": f"Condition {kind}.", "cites": []}


def ask(story: Story, **stated: Any) -> api.Permission:
    return api.check_permission(
        **by("dana"),
        mlflow_uri=story.use.version.mlflow_uri,
        use_case_key=story.use.use_case.key,
        statement=api.UseStatement(**stated),
    )


@pytest.fixture
def story() -> Story:
    return a_story().permitted()


@pytest.mark.parametrize(
    ("kind", "params", "stated", "expected"),
    [
        ("exposure_cap", CAP, {"exposure_eur": "1000000"}, ("held", "allow_with_conditions")),
        ("exposure_cap", CAP, {"exposure_eur": "1000000.01"}, ("exceeded", "deny")),
        ("exposure_cap", CAP, {}, ("exceeded", "deny")),
        ("segment", CARDS, {"segment": "consumer"}, ("held", "allow_with_conditions")),
        ("segment", CARDS, {"segment": "corporate"}, ("exceeded", "deny")),
        ("segment", CARDS, {}, ("unknown", "refer")),
        ("overlay", MARGIN, {"overlays": ("margin of conservatism",)}, ("held", "allow_with_conditions")),
        ("overlay", MARGIN, {"overlays": ("stress",)}, ("exceeded", "deny")),
        ("overlay", MARGIN, {}, ("unknown", "refer")),
        ("human_review_rate", REVIEW, {"review_rate": "0.05"}, ("held", "allow_with_conditions")),
        ("human_review_rate", REVIEW, {"review_rate": "0.04"}, ("exceeded", "deny")),
        ("human_review_rate", REVIEW, {}, ("obligation", "allow_with_conditions")),
        ("model_output_floor", FLOOR, {"share_of_benchmark": "0.80"}, ("held", "allow_with_conditions")),
        ("model_output_floor", FLOOR, {"share_of_benchmark": "0.79"}, ("exceeded", "deny")),
        ("model_output_floor", FLOOR, {}, ("obligation", "allow_with_conditions")),
        ("monitoring", {"every": "month"}, {}, ("obligation", "allow_with_conditions")),
        ("expiry", {}, {}, ("held", "allow_with_conditions")),
        ("exposure_cap", {"cap": "?"}, {"exposure_eur": "1"}, ("unknown", "refer")),
    ],
)
def test_the_gate_enforces_each_condition(
    story: Story, kind: str, params: dict[str, Any], stated: dict[str, Any], expected: tuple[str, str]
) -> None:
    status, state = expected
    impose(story, condition(kind, params))
    answer = ask(story, **stated)
    assert [(check.kind, check.status) for check in answer.checks] == [(kind, status)]
    assert answer.state == state
    assert answer.decision is not None
    assert api.replay_decision(actor=actor("rex"), uuid=answer.decision.uuid) == answer.decision.body_digest
    if stated and status != "unknown":
        assert answer.checks[0].source == "stated by Dana Doe"


def test_an_excess_is_in_the_facts_the_reasons_the_trace_and_what_would_flip_it(story: Story) -> None:
    impose(story, condition("exposure_cap", CAP))
    answer = ask(story, exposure_eur="2000000")
    assert "the use exceeds a condition of the permit (House policy, Conditions of use)" in answer.sentence
    assert answer.decision is not None
    view = api.get_decision(actor=actor("vera"), uuid=answer.decision.uuid)
    facts = {fact.name: fact for fact in view.facts}
    assert facts["conditions.exceeded"].value == "1"
    assert "Observed: 2000000; limit: at most EUR 1000000" in facts["conditions.exceeded"].source
    flips = [[(change["fact"], change["then"]) for change in flip.changes] for flip in view.flips]
    assert [("conditions.exceeded", "0")] in flips
    assert any(node["rule"].endswith("#within-conditions") and node["truth"] == "true" for node in view.tree)


def test_a_stated_use_is_kept_with_its_decision_and_leaves_the_pair_alone(story: Story) -> None:
    impose(story, condition("human_review_rate", REVIEW))
    before = story.check()
    denied = ask(story, review_rate="0.01")
    assert (denied.state, story.state()) == ("deny", "allow_with_conditions")
    story.use.refresh_from_db()
    assert before.decision is not None
    assert story.use.permission_decision_uuid == before.decision.uuid
    assert denied.decision is not None
    stored = PolicyDecision.objects.get(uuid=denied.decision.uuid)
    assert (stored.stated, stored.permission_state) == ({"review_rate": "0.01"}, "deny")
    event = json.loads(bytes(AuditEvent.objects.latest("id").entry))["payload"]
    assert (event["stated"], event["permission"]) == ({"review_rate": "0.01"}, "deny")
    assert "stated" not in json.loads(bytes(AuditEvent.objects.order_by("-id")[1].entry))["payload"]
    on_record = api.get_permission_on(
        actor=actor("rex"),
        at=AT + timedelta(days=2),
        intended_use_uuid=story.use.uuid,
        on=AT.date(),
    )
    assert on_record.permission.state == "allow_with_conditions"


def test_conditions_of_a_permit_that_was_changed_underneath_are_not_taken_for_kept(story: Story) -> None:
    api.Permit.objects.filter(pk=story.permit.pk).update(conditions=[])
    answer = ask(story)
    assert (answer.state, answer.checks) == ("deny", ())
    assert "conditions.exceeded" in answer.missing


def test_without_a_permit_no_condition_is_checked() -> None:
    answer = ask(a_story("underwriting").validated().safeguarded().argued(), exposure_eur="1")
    assert (answer.state, answer.checks) == ("refer", ())


@pytest.mark.parametrize(
    ("code", "stated"),
    [
        ("INP006", {"exposure_eur": "a lot"}),
        ("INP006", {"exposure_eur": "-1"}),
        ("INP006", {"exposure_eur": "1e400"}),
        ("INP006", {"review_rate": "NaN"}),
        ("FAC002", {"review_rate": "1.1"}),
        ("INP001", {"segment": "\x07"}),
        ("INP001", {"segment": "x" * 61}),
        ("INP007", {"overlays": ("a, b",)}),
    ],
)
def test_a_statement_that_cannot_be_compared_changes_nothing(
    story: Story, code: str, stated: dict[str, Any]
) -> None:
    before = (AuditEvent.objects.count(), PolicyDecision.objects.count())
    with pytest.raises(MrmError) as caught:
        ask(story, **stated)
    assert caught.value.code == code
    assert (AuditEvent.objects.count(), PolicyDecision.objects.count()) == before
