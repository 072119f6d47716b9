"""What an actor may not see does not exist: the same answer, letter for letter, as for what was never there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError, NotFound
from registry.domain.vocab import Verdict
from registry.people.models import RoleAssignment
from tests.builders.registry import AT, Story, a_story, actor, by, by_system, person, submission

pytestmark = pytest.mark.usefixtures("bank")

STRANGERS = ("nia", "fred")
WHOLE_LIST = api.InventoryQuery()


@pytest.fixture
def story() -> Story:
    failing = submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "0.12"})
    story = a_story().requested().run(failing).challenged().signed(opinion="fit_with_conditions")
    return story.submitted().decided()


LISTS: dict[str, Callable[[api.Actor, Story], Any]] = {
    "models": lambda who, story: api.list_models(actor=who, query=WHOLE_LIST).rows,
    "facets": lambda who, story: [
        o for f in api.list_models(actor=who, query=WHOLE_LIST).facets for o in f.options
    ],
    "lean": lambda who, story: api.list_models_lean(actor=who, query=WHOLE_LIST).rows,
    "csv": lambda who, story: list(api.inventory_csv(actor=who, query=WHOLE_LIST))[1:],
    "versions": lambda who, story: api.list_versions(actor=who),
    "use cases": lambda who, story: api.list_use_cases(actor=who).exclude(key="fjord-collections"),
    "intended uses": lambda who, story: api.list_intended_uses(actor=who),
    "version by address": lambda who, story: api.find_version_by_uri(
        actor=who, mlflow_uri="models:/pd-cards/1"
    ),
    "use by address": lambda who, story: api.find_intended_use(
        actor=who, mlflow_uri="models:/pd-cards/1", use_case_key="collections"
    ),
    "decisions": lambda who, story: api.list_decisions(actor=who, intended_use=story.use),
    "permissions of a day": lambda who, story: [
        use for use, _ in api.list_permissions_on(actor=who, at=AT, on=AT.date()).rows if use == story.use
    ],
    "validations": lambda who, story: api.list_validation_requests(actor=who),
    "evidence": lambda who, story: api.list_evidence(actor=who, request=story.request),
    "findings": lambda who, story: api.list_findings(actor=who),
    "findings of a use": lambda who, story: api.list_findings(actor=who, intended_use=story.use),
    "approvals": lambda who, story: api.list_approvals(actor=who),
    "events of a use": lambda who, story: (
        api.list_audit_events(actor=who, subject_uuid=story.use.uuid).events
    ),
    "all events": lambda who, story: [
        event for event in api.list_audit_events(actor=who).events if event.actor_name != who.name
    ],
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_nothing_for_a_stranger(story: Story, name: str) -> None:
    look = LISTS[name]
    assert look(actor("rex"), story), "there is something to be seen"
    for stranger in STRANGERS:
        assert not look(actor(stranger), story)


def timeline_of(*, actor: api.Actor, uuid: UUID) -> api.Timeline:
    return api.get_timeline(actor=actor, at=AT, intended_use_uuid=uuid)


def permission_of(*, actor: api.Actor, uuid: UUID) -> api.PermissionOn:
    return api.get_permission_on(actor=actor, at=AT, intended_use_uuid=uuid, on=AT.date())


GETS: dict[str, tuple[Callable[..., Any], Callable[[Story], UUID]]] = {
    "model": (api.get_model, lambda story: story.use.version.registered_model.uuid),
    "version": (api.get_version, lambda story: story.use.version.uuid),
    "intended use": (api.get_intended_use, lambda story: story.use.uuid),
    "timeline": (timeline_of, lambda story: story.use.uuid),
    "permission of a day": (permission_of, lambda story: story.use.uuid),
    "decision": (api.get_decision, lambda story: story.use.decisions.first().uuid),
    "decision row": (api.get_decision_row, lambda story: story.use.decisions.first().uuid),
    "replay": (api.replay_decision, lambda story: story.use.decisions.first().uuid),
    "validation": (api.get_validation_request, lambda story: story.request.uuid),
    "evidence": (api.get_evidence, lambda story: story.request.evidence.first().uuid),
    "finding": (api.get_finding, lambda story: story.use.findings.get().uuid),
    "approval": (api.get_approval, lambda story: story.approval.uuid),
    "event": (api.get_audit_event, lambda story: AuditEvent.objects.get(action="permit.issued").uuid),
    "token": (api.get_own_token, lambda story: a_token_of("rex").uuid),
}


def a_token_of(username: str) -> api.ApiToken:
    asked = {"username": username, "name": "ci", "scopes": ["read"], "expires_at": AT.replace(day=25)}
    return api.issue_token(**by_system(), **asked)[0]


@pytest.mark.parametrize("name", GETS)
def test_a_stranger_gets_the_answer_for_what_is_not_there(story: Story, name: str) -> None:
    get, uuid_of = GETS[name]
    uuid, missing = uuid_of(story), uuid4()
    assert get(actor=actor("rex"), uuid=uuid)
    for stranger in STRANGERS:
        assert answer(get, stranger, uuid).replace(str(uuid), "?") == answer(get, stranger, missing).replace(
            str(missing), "?"
        )


def answer(get: Callable[..., Any], username: str, uuid: UUID) -> str:
    with pytest.raises(NotFound) as caught:
        get(actor=actor(username), uuid=uuid)
    error = caught.value
    return repr((error.code, error.message, error.remedy, error.context))


def test_a_use_case_is_named_only_to_whom_it_shows(story: Story) -> None:
    def ask(username: str, key: str) -> str:
        with pytest.raises(MrmError) as caught:
            api.get_use_case(actor=actor(username), key=key)
        return repr((caught.value.code, caught.value.message.replace(repr(key), "?"), caught.value.remedy))

    assert api.get_use_case(actor=actor("rex"), key="collections")
    for stranger in STRANGERS:
        assert ask(stranger, "collections") == ask(stranger, "no-such-use")
        assert "collections" not in ask(stranger, "underwriting").replace("fjord-collections", "")


def test_packs_are_read_by_whoever_has_a_role_and_by_nobody_else() -> None:
    assert {row.instrument for row in api.list_packs(actor=actor("fred"))} >= {"basel", "bis-fsi-24", "house"}
    pack = api.list_packs(actor=actor("fred"))[0]
    assert api.get_pack(actor=actor("fred"), uuid=pack.uuid).rules
    assert api.list_packs(actor=actor("nia")) == []
    missing = uuid4()
    assert answer(api.get_pack, "nia", pack.uuid).replace(str(pack.uuid), "?") == answer(
        api.get_pack, "nia", missing
    ).replace(str(missing), "?")


def test_dependencies_show_where_both_ends_do(story: Story) -> None:
    model = story.use.version.registered_model
    other = a_story(key="el-cards").use.version.registered_model
    model.feeds.create(downstream=other, description="stated")
    assert len(api.list_dependencies(actor=actor("dana"), registered_model=model)) == 1
    for stranger in STRANGERS:
        assert api.list_dependencies(actor=actor(stranger), registered_model=model) == []


def test_a_role_that_ended_shows_nothing_any_more(story: Story) -> None:
    RoleAssignment.objects.filter(person=person("dana")).update(valid_to=AT.date())
    assert api.list_versions(actor=actor("dana")).count() == 1
    assert api.list_versions(actor=by("dana", at=AT.replace(day=21))["actor"]).count() == 0


@pytest.mark.parametrize(
    ("subject_of", "action"),
    [
        (lambda story: story.request, "validation.signed"),
        (lambda story: story.use.findings.get(), "finding.raised"),
        (lambda story: story.approval, "approval.granted"),
        (lambda story: story.permit, "permit.issued"),
    ],
    ids=["validation", "finding", "approval", "permit"],
)
def test_a_validator_of_one_entity_reads_the_events_of_what_she_sees(
    story: Story, subject_of: Callable[[Story], Any], action: str
) -> None:
    subject = subject_of(story)
    events = api.list_audit_events(actor=actor("vera"), subject_uuid=subject.uuid).events
    assert action in {event.action.value for event in events}
    assert {event.subject_uuid for event in events} == {subject.uuid}
