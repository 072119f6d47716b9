"""Repeating a validation: who may, what is pinned, what it shows, and that nothing else follows from it."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from registry import api
from registry.actions.portfolio_stands import find_measured
from registry.audit.models import AuditEvent
from registry.audit.triggers import drop_statements
from registry.domain.canonical import Json, digest
from registry.domain.errors import MrmError
from registry.domain.reproduction import ReproductionOutcome
from registry.domain.vocab import RequestStatus, Verdict
from registry.findings.models import Finding
from registry.inventory.models import Portfolio
from registry.validations.facts import find_decisive_request, monitoring_fact
from registry.validations.models import ValidationBasis, ValidationRequest
from tests.builders.registry import AT, ENTITY, Story, a_story, actor, by, submission

pytestmark = pytest.mark.usefixtures("bank")

LATER = AT + timedelta(days=40)


def body(check: str, **changed: Json) -> dict[str, Json]:
    """A whole result of a check as a worker submits it."""
    whole: dict[str, Json] = {
        "verdict": "pass",
        "metrics": [{"name": "figure", "estimate": "0.5", "n": 100}],
        "params": {},
        "seed": 7,
        "versions": {"numpy": "2.0.0", "program": "aaaa"},
        "elapsed_s": "0.100",
    }
    return submission(check) | {"body": {**whole, **changed}}


def whole(story: Story, **changed: Json) -> list[dict[str, Json]]:
    return [body(row["check"], **changed) for row in story.request.plan]


def declare_portfolio() -> Portfolio:
    return Portfolio.objects.create(
        key="cards",
        name="Cards",
        entity=api.LegalEntity.objects.get(key=ENTITY),
        exposure_class="retail_qrre_revolver",
        approach="A-IRB",
        exposure_eur=Decimal("1000.00"),
        rwa_pre_floor_eur=Decimal("400.00"),
        rwa_standardised_eur=Decimal("750.00"),
        provenance="declared",
        source="finance",
        as_of_date=AT.date(),
    )


@pytest.fixture
def validated(bank: None) -> Story:
    story = a_story().requested()
    return story.run(*whole(story))


def again(story: Story, username: str = "vera") -> Story:
    """The repetition of the story's validation, opened by a validator."""
    request = api.reperform_validation(**by(username, at=LATER), request_uuid=story.request.uuid)
    return replace(story, request=request, at=LATER)


def payload_of(event: AuditEvent) -> dict[str, Json]:
    return dict(json.loads(bytes(event.entry))["payload"])


def outcome(story: Story) -> ReproductionOutcome:
    return api.get_reperformance(actor=actor("vera"), request_uuid=story.request.uuid).outcome


def refusal(story: Story, username: str = "vera") -> str:
    with pytest.raises(MrmError) as caught:
        again(story, username)
    return caught.value.code


def test_a_repetition_is_pinned_to_the_plan_and_to_what_stood_then(validated: Story) -> None:
    original = validated.request
    repetition = again(validated).request
    assert repetition.reperforms == original
    assert (repetition.plan, repetition.plan_digest) == (original.plan, original.plan_digest)
    assert (repetition.batch, repetition.decision) == (original.batch, original.decision)
    bases = [ValidationBasis.objects.get(request=row) for row in (original, repetition)]
    assert bases[0].content == bases[1].content
    assert bases[0].digest == bases[1].digest == digest(bases[0].content)
    event = AuditEvent.objects.filter(subject_uuid=repetition.uuid).get()
    assert event.action == "validation.requested"
    payload = payload_of(event)
    assert payload["reperforms"] == str(original.uuid)
    assert payload["basis_digest"] == bases[0].digest


def test_a_worker_gets_the_figures_of_then_and_not_of_today(bank: None) -> None:
    portfolio = declare_portfolio()
    api.UseCase.objects.filter(key="collections").update(portfolio=portfolio)
    story = a_story().requested()
    first = api.get_run_order(request_uuid=story.request.uuid)
    Portfolio.objects.update(exposure_eur=Decimal("9999.00"), key="renamed")
    story.run(*whole(story))
    second = api.get_run_order(request_uuid=again(story).request.uuid)
    assert first.assumptions["ead_eur"] == second.assumptions["ead_eur"] == "1000.00"
    assert [row["key"] for row in second.entity_portfolios] == ["cards"]
    assert replace(second, request_uuid=first.request_uuid) == first
    assert (second.as_of, second.seed) == (AT.date(), 20250101)


def test_a_request_from_before_bases_were_kept_runs_on_what_stands_and_cannot_be_repeated(bank: None) -> None:
    story = a_story().requested()
    kept = api.get_run_order(request_uuid=story.request.uuid)
    for statement in drop_statements(connection.vendor, tables=["registry_validation_basis"]):
        connection.cursor().execute(statement)
    ValidationBasis.objects.all().delete()
    assert api.get_run_order(request_uuid=story.request.uuid) == kept
    assert refusal(story.run(*whole(story))) == "VAL062"


def test_a_basis_is_never_changed(validated: Story) -> None:
    for act in (
        lambda: ValidationBasis.objects.update(digest="0"),
        lambda: ValidationBasis.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_the_same_numbers_are_seen_and_nothing_else_follows(validated: Story) -> None:
    validated.challenged().signed()
    permission, findings = validated.state(), Finding.objects.count()
    decided = AuditEvent.objects.filter(action="policy.decided").count()
    repetition = again(validated)
    assert outcome(repetition) is ReproductionOutcome.PENDING
    repetition.run(*whole(repetition, elapsed_s="7.000"))
    assert outcome(repetition) is ReproductionOutcome.SAME
    assert AuditEvent.objects.filter(action="policy.decided").count() == decided
    assert (validated.state(), Finding.objects.count()) == (permission, findings)
    assert find_decisive_request(intended_use=validated.use) == validated.request
    event = AuditEvent.objects.get(action="validation.reperformed")
    assert event.subject_uuid == validated.request.uuid
    payload = payload_of(event)
    assert payload["outcome"] == "same"
    assert payload["checks"] == {row["check"]: "same" for row in repetition.request.plan}
    assert payload["causes"] == []


def test_a_failing_check_of_a_repetition_raises_no_finding_and_feeds_no_fact(validated: Story) -> None:
    repetition = again(validated)
    bad = [item | {"verdict": Verdict.FAIL.value} for item in whole(repetition, verdict="fail")]
    repetition.run(*bad)
    assert Finding.objects.count() == 0
    assert find_decisive_request(intended_use=validated.use) == validated.request
    assert outcome(repetition) is ReproductionOutcome.UNEXPLAINED


def test_capital_stands_on_the_original_and_not_on_its_repetition(bank: None) -> None:
    declare_portfolio()
    api.UseCase.objects.filter(key="capital-qrre").update(portfolio=Portfolio.objects.get())
    story = a_story("capital-qrre").requested()

    def measuring(rwa: str) -> list[dict[str, Json]]:
        names = ("rwa_model", "rwa_benchmark", "rwa_standardised")
        figures: list[Json] = [{"name": name, "estimate": rwa} for name in names]
        return [item | {"metrics": figures} for item in whole(story)]

    story.run(*measuring("400"))
    repetition = again(story)
    repetition.run(*measuring("999"))
    measured = find_measured(intended_use=story.use, at=LATER)
    assert measured is not None
    assert measured.model_eur == Decimal(400)


def test_a_repetition_is_no_monitoring(bank: None) -> None:
    story = a_story().requested("shifted")
    story.run(*whole(story))
    model = story.use.version.registered_model
    before = api.e23_fields(actor=actor("vera"), registered_model=model, on=AT.date())
    repetition = again(story)
    repetition.run(*whole(repetition))
    assert api.e23_fields(actor=actor("vera"), registered_model=model, on=AT.date()) == before
    assert any("1 monitoring batches run" in str(field) for field in before)


def test_a_repeated_monitoring_batch_breaches_nothing(bank: None) -> None:
    story = a_story().requested()
    story.run(*whole(story)).requested("shifted")
    story.run(*whole(story))
    repetition = again(story)
    repetition.run(*[item | {"verdict": "fail"} for item in whole(repetition, verdict="fail")])
    assert monitoring_fact(intended_use=story.use).value is False


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"versions": {"numpy": "2.1.0", "program": "aaaa"}}, "numpy: 2.0.0 became 2.1.0"),
        ({"versions": {"numpy": "2.0.0", "program": "bbbb"}}, "program: aaaa became bbbb"),
        ({"seed": 8}, "seed: 7 became 8"),
        ({"params": {"bins": "20"}}, "params.bins: absent became 20"),
    ],
    ids=["library", "program", "seed", "parameter"],
)
def test_a_difference_is_named_with_what_may_explain_it(
    validated: Story, changed: dict[str, Json], place: str
) -> None:
    repetition = again(validated)
    repetition.run(*whole(repetition, **changed, metrics=[{"name": "figure", "estimate": "0.6", "n": 100}]))
    assert outcome(repetition) is ReproductionOutcome.EXPLAINED
    event = AuditEvent.objects.get(action="validation.reperformed")
    payload = payload_of(event)
    assert payload["causes"] == [place]
    assert payload["checks"] == {row["check"]: "other" for row in repetition.request.plan}


def test_a_difference_without_a_cause_says_so(validated: Story) -> None:
    repetition = again(validated)
    repetition.run(*whole(repetition, metrics=[{"name": "figure", "estimate": "0.6", "n": 100}]))
    found = api.get_reperformance(actor=actor("rex"), request_uuid=repetition.request.uuid)
    assert found.outcome is ReproductionOutcome.UNEXPLAINED
    assert found.reproduction is not None
    assert found.reproduction.causes == ()
    assert {one.place for check in found.reproduction.checks for one in check.differences} == {
        "metrics.figure.estimate"
    }


@pytest.mark.parametrize("status", [RequestStatus.FAILED, RequestStatus.CANCELLED])
def test_a_repetition_that_breaks_down_shows_nothing(validated: Story, status: RequestStatus) -> None:
    repetition = again(validated).run(status=status)
    assert outcome(repetition) is ReproductionOutcome.FAILED
    assert not AuditEvent.objects.filter(action="validation.reperformed").exists()
    # The next one is open to anybody again.
    assert outcome(again(validated)) is ReproductionOutcome.PENDING


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("dana", "PEO001"),
        ("owen", "PEO001"),
        ("ada", "PEO001"),
        ("rex", "PEO001"),
        ("nia", "VAL010"),
        ("fred", "VAL010"),
    ],
)
def test_only_a_validator_of_the_entity_repeats(validated: Story, username: str, code: str) -> None:
    assert refusal(validated, username) == code
    assert ValidationRequest.objects.count() == 1


def test_a_validator_who_has_a_part_in_the_model_does_not_repeat(validated: Story) -> None:
    model = validated.use.version.registered_model
    model.owner = api.Person.objects.get(username="vera")
    model.save()
    assert refusal(validated) == "PEO004"


def test_what_cannot_be_repeated(validated: Story) -> None:
    waiting = a_story(number=2).requested()
    assert refusal(waiting) == "VAL060"
    repetition = again(validated)
    assert refusal(validated) == "VAL063"
    repetition.run(*whole(repetition))
    assert refusal(repetition) == "VAL061"
    with pytest.raises(MrmError) as caught:
        api.get_reperformance(actor=actor("vera"), request_uuid=validated.request.uuid)
    assert caught.value.code == "VAL064"


def test_a_new_validation_may_be_asked_for_while_a_repetition_is_open(validated: Story) -> None:
    again(validated)
    assert validated.requested().request.reperforms is None


def test_a_repetition_is_neither_challenged_nor_signed(validated: Story) -> None:
    repetition = again(validated)
    repetition.run(*whole(repetition))
    for act in (repetition.challenged, repetition.signed):
        with pytest.raises(MrmError) as caught:
            act()
        assert caught.value.code == "VAL065"


def test_a_comparison_puts_the_original_first_and_says_whether_the_numbers_are_the_same(
    validated: Story,
) -> None:
    repetition = again(validated)
    repetition.run(*whole(repetition))
    uuids = validated.request.uuid, repetition.request.uuid
    for first, second in (uuids, uuids[::-1]):
        found = api.compare_validations(actor=actor("vera"), first_uuid=first, second_uuid=second)
        assert (found.first.uuid, found.second.uuid) == uuids
        assert found.reproduction is not None
        assert found.reproduction.outcome is ReproductionOutcome.SAME
    other = a_story(number=2).requested()
    other.run(*whole(other))
    unrelated = api.compare_validations(
        actor=actor("vera"), first_uuid=validated.request.uuid, second_uuid=other.request.uuid
    )
    assert unrelated.reproduction is None


def test_repetitions_are_listed_newest_first_to_those_who_see_the_original(validated: Story) -> None:
    first = again(validated)
    first.run(*whole(first))
    second = again(validated)
    found = api.list_reperformances(actor=actor("rex"), original=validated.request)
    assert [(one.request, one.outcome) for one in found] == [
        (second.request, ReproductionOutcome.PENDING),
        (first.request, ReproductionOutcome.SAME),
    ]
    assert api.list_reperformances(actor=actor("nia"), original=validated.request) == []


def test_an_export_holds_what_the_validation_was_built_on(validated: Story) -> None:
    repetition = again(validated)
    documents = [
        api.export_validation(**by("rex"), request_uuid=story.request.uuid, form="json").to_json()
        for story in (validated, repetition)
    ]
    basis = ValidationBasis.objects.get(request=validated.request)
    assert [row["basis"] for row in documents] == [basis.content] * 2
    assert [row["basis_digest"] for row in documents] == [basis.digest] * 2
    assert [row["reperforms"] for row in documents] == [None, str(validated.request.uuid)]
