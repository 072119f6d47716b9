"""Who may do what: by role, by part in the model, and never with a token."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from registry import api
from registry.domain.errors import MrmError
from registry.domain.vocab import Role, Safeguard, Verdict
from registry.people.models import RoleAssignment
from tests.builders.registry import (
    AT,
    ENTITY,
    Story,
    a_story,
    actor,
    by,
    make_version,
    person,
    show_safeguard,
    submission,
)

pytestmark = pytest.mark.usefixtures("bank")

FAILING = submission("stability.psi", Verdict.FAIL, facts={"evidence.psi": "0.12"})
Verb = Callable[[Story, dict[str, Any]], object]


def challenge(story: Story, call: dict[str, Any]) -> object:
    return api.note_challenge(
        **call, request_uuid=story.request.uuid, question="q", answer="a", disposition="d"
    )


def sign(story: Story, call: dict[str, Any]) -> object:
    return api.sign_report(
        **call, request_uuid=story.request.uuid, opinion="fit_with_conditions", summary="s"
    )


def close(story: Story, call: dict[str, Any]) -> object:
    finding = story.use.findings.get()
    return api.close_finding(
        **call, finding_uuid=finding.uuid, reason="mended", row_version=finding.row_version
    )


def remediate(story: Story, call: dict[str, Any]) -> object:
    finding = story.use.findings.get()
    return api.propose_remediation(
        **call, finding_uuid=finding.uuid, actions="mend", due_date=finding.due_date
    )


def safeguard(story: Story, call: dict[str, Any]) -> object:
    return api.evidence_safeguard(
        **call, intended_use_uuid=story.use.uuid, safeguard=Safeguard.MONITORING, statement="s", source="minutes",
        evidenced_on=AT.date(), expires_on=AT.date() + timedelta(days=10),
    )  # fmt: skip


def argue(story: Story, call: dict[str, Any]) -> object:
    return api.state_trade_off(
        **call, intended_use_uuid=story.use.uuid, statement="s", benefit_eur="1", expires_on=date(2027, 1, 1)
    )


def request(story: Story, call: dict[str, Any]) -> object:
    return api.request_validation(**call, intended_use_uuid=story.use.uuid)


def submit(story: Story, call: dict[str, Any]) -> object:
    return api.request_approval(**call, intended_use_uuid=story.use.uuid)


def approve(story: Story, call: dict[str, Any]) -> object:
    return api.decide_approval(
        **call,
        approval_uuid=story.approval.uuid,
        is_granted=True,
        comment="c",
        row_version=story.approval.row_version,
    )


def suspend(story: Story, call: dict[str, Any]) -> object:
    return api.suspend_permit(**call, permit_uuid=story.permit.uuid, reason="drift")


def ran(story: Story) -> Story:
    return story.requested().run(FAILING)


def challenged(story: Story) -> Story:
    return ran(story).challenged()


def signed(story: Story) -> Story:
    return challenged(story).signed(opinion="fit_with_conditions")


def submitted(story: Story) -> Story:
    return signed(story).submitted()


def permitted(story: Story) -> Story:
    return submitted(story).decided()


def as_it_is(story: Story) -> Story:
    return story


OWNERS, FIRST_LINE = ("owen", "olga"), ("dana", "dora", "owen", "olga")
BY_ROLE = [
    (challenge, ran, ("vera",), "PEO001", "VAL010"),
    (sign, challenged, ("vera",), "PEO001", "VAL010"),
    (close, ran, ("vera",), "PEO001", "FND001"),
    (remediate, ran, ("owen",), "PEO007", "FND001"),
    (safeguard, as_it_is, OWNERS, "PEO001", "INV013"),
    (argue, as_it_is, OWNERS, "PEO001", "INV013"),
    (request, as_it_is, (*FIRST_LINE, "vera"), "PEO003", "INV013"),
    (submit, signed, FIRST_LINE, "PEO005", "INV013"),
    (approve, submitted, ("ada",), "PEO001", "APR001"),
    (suspend, permitted, ("vera",), "PEO001", "DEC030"),
]


@contextmanager
def undone() -> Iterator[None]:
    """Do something and take it back, so that the next one meets the same state."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def code_of(verb: Verb, story: Story, call: dict[str, Any]) -> str:
    with undone():
        try:
            verb(story, call)
        except MrmError as error:
            return error.code
    return ""


@pytest.mark.parametrize(
    ("verb", "until", "allowed", "refusal", "unseen"), BY_ROLE, ids=[case[0].__name__ for case in BY_ROLE]
)
def test_each_act_takes_its_role_and_the_unseen_does_not_exist(
    verb: Verb, until: Callable[[Story], Story], allowed: tuple[str, ...], refusal: str, unseen: str
) -> None:
    story = until(a_story())
    seen = ("dana", "dora", "owen", "olga", "vera", "ada", "rex")
    expected = {name: "" if name in allowed else refusal for name in seen} | {"nia": unseen, "fred": unseen}
    assert {name: code_of(verb, story, by(name)) for name in expected} == expected


JUDGING = (challenge, sign, close, approve)
PARTS = {
    "dana": (JUDGING, "developed this version"),
    "dora": (JUDGING, "developed version 2"),
    "owen": (JUDGING, "owns the model"),
    "olga": (JUDGING, "showed one of its safeguards"),
    "vera": ((approve,), "is the model's validator"),
    "rex": ((approve,), "closed one of its findings"),
    "ada": ((), ""),
}


def let_everybody_do_everything() -> None:
    """Give all roles to all, so that only their part in the model can stand in the way."""
    for name in PARTS:
        for role in (Role.DEVELOPER, Role.OWNER, Role.VALIDATOR, Role.APPROVER):
            RoleAssignment.objects.get_or_create(
                person=person(name),
                role=role,
                entity_key=ENTITY,
                valid_from=AT.date(),
                granted_by_name="set-up",
            )


def a_story_of_many() -> Story:
    let_everybody_do_everything()
    story = a_story()
    make_version(story.use.version.registered_model, 2, developer="dora")
    api.evidence_safeguard(
        **by("olga"), intended_use_uuid=story.use.uuid, safeguard=Safeguard.MONITORING, statement="s", source="minutes",
        evidenced_on=AT.date(), expires_on=AT.date() + timedelta(days=10),
    )  # fmt: skip
    return story


@pytest.mark.parametrize(("verb", "until"), [case[:2] for case in BY_ROLE if case[0] in JUDGING])
def test_whoever_had_a_part_may_not_judge_whatever_the_role(
    verb: Verb, until: Callable[[Story], Story]
) -> None:
    story = until(a_story_of_many())
    if verb is approve:
        close(story, by("rex"))
    refused = {name: "PEO004" if verb in verbs else "" for name, (verbs, _) in PARTS.items()}
    assert {name: code_of(verb, story, by(name)) for name in PARTS} == refused


def test_the_reasons_are_said_in_words() -> None:
    story = submitted(a_story_of_many())
    close(story, by("rex"))
    for name, (_, words) in PARTS.items():
        found = api.conflicts_of_approver(intended_use=story.use, person_uuid=person(name).uuid)
        assert (words in found) if words else (found == [])


def test_no_granted_approval_was_decided_by_a_contributor() -> None:
    """Every signer, submitter and decider that the rules let through; contributors are counted here, not asked for."""
    story = a_story_of_many().requested().run(FAILING).challenged("vera")
    signers, submitters, granted = [], ("dana", "ada", "rex"), set()
    for signer in PARTS:
        if code_of(sign, story, by(signer)):
            continue
        signers.append(signer)
        for submitter in submitters:
            with undone():
                sign(story, by(signer))
                story.submitted(submitter)
                deciders = {name for name in PARTS if not code_of(approve, story, by(name))}
                assert not deciders & {"dana", "dora", "owen", "olga", "vera", signer, submitter}
                granted |= {(signer, submitter, decider) for decider in deciders}
    independent = {"ada", "rex"}
    assert signers == ["vera", "rex", "ada"]
    assert granted == {(s, b, d) for s, b in product(signers, submitters) for d in independent - {s, b}}


@pytest.mark.parametrize(
    ("verb", "until", "username"), [(sign, challenged, "vera"), (approve, submitted, "ada")]
)
def test_no_token_signs_or_approves(verb: Verb, until: Callable[[Story], Story], username: str) -> None:
    story = until(a_story())
    _, secret = api.issue_token(
        **by(username),
        username=username,
        name="ci",
        scopes=list(api.Scope),
        expires_at=AT + timedelta(days=1),
    )
    bearer = api.actor_for_token(secret=secret, at=AT)
    assert code_of(verb, story, by(username) | {"actor": bearer}) == "PEO006"
    assert code_of(verb, story, by(username)) == ""


def test_a_finding_is_not_closed_by_its_owner_even_in_the_database() -> None:
    story = ran(a_story())
    story.use.findings.update(owner=person("vera"))
    assert code_of(close, story, by("vera")) == "PEO004"


def test_roles_of_another_entity_count_for_nothing_here() -> None:
    story = submitted(a_story())
    grants = actor("ada").grants | actor("fred").grants
    visitor = replace(
        actor("fred"), grants=frozenset(grant for grant in grants if grant.entity_key != ENTITY)
    )
    assert code_of(approve, story, by("fred") | {"actor": visitor}) == "APR001"


def test_showing_a_safeguard_takes_away_the_right_to_judge() -> None:
    story = challenged(a_story())
    assert code_of(sign, story, by("vera")) == ""
    RoleAssignment.objects.create(
        person=person("vera"),
        role=Role.OWNER,
        entity_key=ENTITY,
        valid_from=AT.date(),
        granted_by_name="set-up",
    )
    show_safeguard(story.use, Safeguard.VALIDATION, by_whom="vera")
    assert code_of(sign, story, by("vera")) == "PEO004"
