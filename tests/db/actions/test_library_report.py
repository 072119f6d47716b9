"""A library's own report on a check that has ended: who may ask, once, and that nothing follows from it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from registry import api
from registry.actions import request_library_report as action
from registry.audit.models import AuditEvent
from registry.audit.triggers import drop_statements
from registry.domain.canonical import Json
from registry.domain.errors import MrmError
from registry.domain.vocab import RequestStatus, Verdict
from registry.findings.models import Finding
from registry.validations.facts import find_decisive_request, monitoring_fact
from registry.validations.models import EvidenceRecord, ValidationBasis, ValidationRequest
from tests.builders.attached import files_table
from tests.builders.registry import AT, Story, a_story, actor, by, submission

pytestmark = pytest.mark.usefixtures("bank")

LATER = AT + timedelta(days=40)
CHECK = "drift.data"
NOT_ASKED, PENDING, MADE, FAILED = "not_asked", "pending", "made", "failed"


def drift(*, with_file: bool = False, **changed: Json) -> dict[str, Json]:
    """The result of the drift check, with or without the report."""
    whole: dict[str, Json] = {
        "verdict": "pass",
        "metrics": [{"name": "share_drifted", "estimate": "0", "n": 9}],
        "tables": [files_table(b"a page")] if with_file else [],
        "params": {"attach_report": "1"} if with_file else {},
        "seed": 7,
        "versions": {"evidently": "0.7"},
        "elapsed_s": "0.1",
    }
    return submission(CHECK) | {"body": {**whole, **changed}}


@pytest.fixture
def validated(bank: None) -> Story:
    return a_story().requested().run(drift())


def record_of(story: Story, check: str = CHECK) -> EvidenceRecord:
    return EvidenceRecord.objects.get(request=story.request, check_id=check)


def ask(story: Story, username: str = "vera") -> Story:
    """The run that makes the report, opened by somebody."""
    found = api.request_library_report(**by(username, at=LATER), evidence_uuid=record_of(story).uuid)
    return replace(story, request=found.request, at=LATER)


def stands(story: Story, username: str = "rex") -> api.LibraryReport:
    return api.get_library_report(actor=actor(username), evidence_uuid=record_of(story).uuid)


def refusal(story: Story, username: str = "vera", check: str = CHECK) -> str:
    with pytest.raises(MrmError) as caught:
        api.request_library_report(**by(username, at=LATER), evidence_uuid=record_of(story, check).uuid)
    return caught.value.code


def payload_of(event: AuditEvent) -> dict[str, Json]:
    return dict(json.loads(bytes(event.entry))["payload"])


def test_the_run_redoes_the_one_check_on_what_it_was_built_on(validated: Story) -> None:
    assert (stands(validated).state, stands(validated).may_ask) == (NOT_ASKED, False)
    request = ask(validated).request
    original, record = validated.request, record_of(validated)
    (entry,) = (one for one in original.plan if one["check"] == CHECK)
    params = {**entry.get("params", {}), "attach_report": "1"}
    assert request.plan == [{**entry, "params": params}]
    assert (request.reports_on, request.reperforms) == (record, None)
    assert (request.batch, request.decision) == (original.batch, original.decision)
    bases = [ValidationBasis.objects.get(request=row) for row in (original, request)]
    assert bases[0].content == bases[1].content
    order = api.get_run_order(request_uuid=request.uuid)
    assert order.is_for_report
    assert not api.get_run_order(request_uuid=original.uuid).is_for_report
    payload = payload_of(AuditEvent.objects.get(subject_uuid=request.uuid))
    assert payload["reports_on"] == str(record.uuid)
    assert payload["evidence_digest"] == record.digest


def test_it_is_attached_to_the_record_and_nothing_else_follows(validated: Story) -> None:
    validated.challenged().signed()
    record = record_of(validated)
    permission, decided = validated.state(), AuditEvent.objects.filter(action="policy.decided").count()
    made = ask(validated)
    assert (stands(validated).state, stands(validated).request) == (PENDING, made.request)
    bad = drift(with_file=True, verdict="fail") | {"verdict": Verdict.FAIL.value}
    made.run(bad)
    found = stands(validated)
    assert (found.state, found.is_from_its_run) == (MADE, False)
    assert found.source is not None
    assert (found.source.request, found.record) == (made.request, record)
    event = AuditEvent.objects.get(action="evidence.attached")
    assert event.subject_uuid == validated.request.uuid
    payload = payload_of(event)
    assert found.file is not None
    assert (payload["sha256"], payload["size"]) == (found.file.sha256, found.file.size)
    assert (payload["asked_by"], payload["made_by"]) == ("vera", str(made.request.uuid))
    kept = record_of(validated)
    assert (kept.digest, kept.body) == (record.digest, record.body)
    assert Finding.objects.count() == 0
    assert AuditEvent.objects.filter(action="policy.decided").count() == decided
    assert validated.state() == permission
    assert find_decisive_request(intended_use=validated.use) == validated.request
    for act in (made.challenged, made.signed):
        with pytest.raises(MrmError, match="VAL065"):
            act()


def test_a_report_on_a_monitoring_batch_breaches_nothing(validated: Story) -> None:
    validated.requested("shifted").run(drift())
    made = ask(validated)
    made.run(drift(with_file=True) | {"verdict": Verdict.FAIL.value})
    assert monitoring_fact(intended_use=validated.use).value is False


@pytest.mark.parametrize(
    ("changed", "sameness", "causes"),
    [
        ({}, "same", []),
        ({"versions": {"evidently": "0.8"}, "elapsed_s": "9"}, "same", ["versions"]),
        ({"metrics": [{"name": "share_drifted", "estimate": "0.5", "n": 9}]}, "other", []),
    ],
    ids=["same", "another library", "other figures"],
)
def test_it_is_said_whether_the_figures_came_out_the_same(
    validated: Story, changed: dict[str, Json], sameness: str, causes: list[str]
) -> None:
    ask(validated).run(drift(with_file=True, **changed))
    figures = stands(validated).figures
    assert figures is not None
    assert figures.sameness == sameness
    assert len(figures.causes) == len(causes)
    assert payload_of(AuditEvent.objects.get(action="evidence.attached"))["figures"] == sameness


def test_asking_twice_returns_the_run_that_is_open_and_the_report_that_is_there(validated: Story) -> None:
    first = ask(validated)
    assert ask(validated, "dana").request == first.request
    first.run(drift(with_file=True))
    again = api.request_library_report(**by("dana", at=LATER), evidence_uuid=record_of(validated).uuid)
    assert (again.request, again.is_new, again.state) == (first.request, False, MADE)
    assert ValidationRequest.objects.exclude(reports_on=None).count() == 1


def test_who_asks_at_the_same_moment_gets_the_run_of_the_other(
    validated: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, look = ask(validated), action._report_on
    unasked = replace(stands(validated, "dana"), request=None)
    answers = [unasked]

    def look_before_the_other(who: api.Actor, row: EvidenceRecord, **rest: bool) -> api.LibraryReport:
        return answers.pop() if answers else look(who, row, **rest)

    monkeypatch.setattr(action, "_report_on", look_before_the_other)
    found = api.request_library_report(**by("dana", at=LATER), evidence_uuid=record_of(validated).uuid)
    assert (found.request, found.is_new, found.state) == (first.request, False, PENDING)


@pytest.mark.parametrize("status", [RequestStatus.FAILED, RequestStatus.CANCELLED])
def test_a_run_that_breaks_down_leaves_the_way_free(validated: Story, status: RequestStatus) -> None:
    first = ask(validated)
    first.run(drift(), status=status)
    assert stands(validated).state == FAILED
    assert not AuditEvent.objects.filter(action="evidence.attached").exists()
    second = ask(validated)
    assert second.request != first.request
    second.run(drift(with_file=True))
    assert stands(validated).state == MADE


def test_a_run_that_attached_nothing_does_not_count_as_done(validated: Story) -> None:
    made = ask(validated)
    with pytest.raises(MrmError, match="VAL075"):
        made.run(drift())
    assert stands(validated).state == PENDING


def test_a_report_that_the_check_left_itself_is_not_made_again(bank: None) -> None:
    story = a_story().requested().run(drift(with_file=True))
    found = api.request_library_report(**by("vera", at=LATER), evidence_uuid=record_of(story).uuid)
    assert (found.state, found.is_from_its_run, found.request, found.figures) == (MADE, True, None, None)
    assert ValidationRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("username", "code"),
    [("ada", "PEO003"), ("rex", "PEO003"), ("nia", "VAL012"), ("fred", "VAL012")],
)
def test_who_may_not_ask_for_a_validation_asks_for_no_report(
    validated: Story, username: str, code: str
) -> None:
    assert refusal(validated, username) == code
    assert ValidationRequest.objects.count() == 1


@pytest.mark.parametrize("username", ["dana", "owen", "vera"])
def test_developer_owner_and_validator_may_ask(validated: Story, username: str) -> None:
    assert stands(validated, username).may_ask
    assert ask(validated, username).request.requested_by.username == username


def test_what_has_no_such_report(validated: Story) -> None:
    assert refusal(validated, check="discrimination.auc") == "VAL070"
    failed = a_story(number=2).requested()
    failed.run(drift(), status=RequestStatus.FAILED)
    assert refusal(failed) == "VAL071"
    empty = a_story(number=3).requested()
    empty.run(drift() | {"verdict": Verdict.NOT_APPLICABLE.value, "reason": "too few rows"})
    assert refusal(empty) == "VAL073"
    made = ask(validated)
    made.run(drift(with_file=True))
    assert refusal(made) == "VAL072"
    found = api.list_library_reports(actor=actor("vera"), request=validated.request)
    assert [one.record for one in found] == [record_of(validated)]
    for story in (failed, empty, made):
        assert api.list_library_reports(actor=actor("vera"), request=story.request) == []


def test_without_what_it_was_built_on_there_is_no_report(validated: Story) -> None:
    for statement in drop_statements(connection.vendor, tables=["registry_validation_basis"]):
        connection.cursor().execute(statement)
    ValidationBasis.objects.all().delete()
    assert refusal(validated) == "VAL074"


def test_a_run_for_a_report_is_not_repeated_and_stands_beside_no_validation(validated: Story) -> None:
    made = ask(validated)
    made.run(drift(with_file=True))
    with pytest.raises(MrmError, match="VAL067"):
        api.reperform_validation(**by("vera", at=LATER), request_uuid=made.request.uuid)
    candidates = api.list_comparable(actor=actor("vera"), request=validated.request)
    assert made.request not in candidates


def test_a_new_validation_may_be_asked_for_while_a_report_is_made(validated: Story) -> None:
    ask(validated)
    assert validated.requested().request.reports_on is None


def test_an_export_says_what_the_run_reports_on(validated: Story) -> None:
    made = ask(validated)
    made.run(drift(with_file=True))
    documents = [
        api.export_validation(**by("rex"), request_uuid=story.request.uuid, form="json").to_json()
        for story in (validated, made)
    ]
    assert [row["reports_on"] for row in documents] == [None, str(record_of(validated).uuid)]
    dossier = api.export_validation(**by("rex"), request_uuid=made.request.uuid, form="csv")
    head, *lines = "".join(dossier.to_csv()).splitlines()
    assert head.endswith(",reports_on")
    assert lines
    assert all(line.endswith(f",,{record_of(validated).uuid}") for line in lines)
