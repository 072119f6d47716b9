"""Roles between two dates, and tokens that act for a person within scopes until a date."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import Role
from registry.people.models import Person, RoleAssignment
from tests.builders.registry import AT, ENTITY, OTHER_ENTITY, actor, build_bank, by, by_system, person

pytestmark = pytest.mark.usefixtures("bank")


@pytest.fixture
def bank(db: None) -> None:
    build_bank()


def issue(
    username: str = "dana", *, by_whom: dict[str, Any] | None = None, **changed: Any
) -> tuple[api.ApiToken, str]:
    asked = {
        "username": username,
        "name": "ci",
        "scopes": ["read"],
        "expires_at": AT + timedelta(days=1),
    } | changed
    return api.issue_token(**(by_whom or by(username)), **asked)


def refusal(act: Any, **asked: Any) -> str:
    before = (AuditEvent.objects.count(), api.ApiToken.objects.count(), RoleAssignment.objects.count())
    with pytest.raises(MrmError) as caught:
        act(**asked)
    assert (
        AuditEvent.objects.count(),
        api.ApiToken.objects.count(),
        RoleAssignment.objects.count(),
    ) == before
    return caught.value.code


def test_a_role_holds_from_its_first_to_its_last_day() -> None:
    row = RoleAssignment.objects.get(person=person("vera"))
    row.valid_to = AT.date() + timedelta(days=10)
    row.save()
    days = (-1, 0, 10, 11)
    held = [
        actor("vera", at=AT + timedelta(days=day)).holds(Role.VALIDATOR, entity_key=ENTITY) for day in days
    ]
    assert held == [False, True, True, False]


def test_whoever_left_holds_nothing_and_his_token_is_dead() -> None:
    _, secret = issue()
    Person.objects.filter(username="dana").update(is_active=False)
    assert actor("dana").grants == frozenset()
    assert refusal(api.actor_for_token, secret=secret, at=AT) == "PEO012"


def test_a_token_speaks_for_its_person_with_its_scopes_until_it_expires() -> None:
    token, secret = issue(scopes=["submit", "read", "read"])
    speaker = api.actor_for_token(secret=secret, at=AT)
    assert (speaker.username, speaker.scopes, speaker.grants) == (
        "dana",
        {"read", "submit"},
        actor("dana").grants,
    )
    assert secret not in str(vars(api.ApiToken.objects.get(pk=token.pk)))
    with pytest.raises(MrmError, match="PEO002"):
        speaker.require_scope("register")
    last = token.expires_at - timedelta(microseconds=1)
    assert api.actor_for_token(secret=secret, at=last).username == "dana"
    assert refusal(api.actor_for_token, secret=secret, at=token.expires_at) == "PEO012"
    assert refusal(api.actor_for_token, secret=secret[:-1], at=AT) == "PEO012"
    assert refusal(api.actor_for_token, secret="", at=AT) == "PEO012"


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("PEO010", {"scopes": ["approve"]}),
        ("PEO010", {"scopes": []}),
        ("PEO011", {"expires_at": AT}),
        ("PEO011", {"expires_at": AT + timedelta(days=90, seconds=1)}),
        ("PEO020", {"username": "nobody"}),
        ("PEO035", {"username": "vera"}),
        ("INP001", {"name": "n" * 81}),
    ],
)
def test_a_token_that_must_not_be_is_not_issued(code: str, asked: dict[str, Any]) -> None:
    assert refusal(issue, by_whom=by("dana"), **asked) == code
    assert issue()[0].pk


def test_no_administrator_speaks_for_another_but_set_up_hands_tokens_out() -> None:
    administrator = by("fred")
    assert administrator["actor"].holds(Role.ADMINISTRATOR)
    assert refusal(issue, username="vera", by_whom=administrator) == "PEO035"
    assert api.actor_for_token(secret=issue("vera", by_whom=by_system())[1], at=AT).username == "vera"


def test_no_token_issues_a_token_or_administers() -> None:
    make_administrator_of_all("rex")
    _, secret = issue("rex")
    bearer = by("rex") | {"actor": api.actor_for_token(secret=secret, at=AT)}
    asked = {"username": "nia", "role": Role.APPROVER}
    assert refusal(issue, username="rex", by_whom=bearer) == "PEO006"
    assert refusal(api.grant_role, **bearer, **asked) == "PEO006"
    assert refusal(api.release_packs, **bearer) == "PEO006"
    assert api.grant_role(**by("rex"), **asked).person == person("nia")


def make_administrator_of_all(username: str) -> None:
    RoleAssignment.objects.create(
        person=person(username), role=Role.ADMINISTRATOR, valid_from=AT.date(), granted_by_name="set-up"
    )


def test_a_revoked_token_is_dead_and_only_its_person_or_an_administrator_revokes_it() -> None:
    token, secret = issue()
    missing = api.ApiToken(uuid=person("dana").uuid)
    codes = [
        refusal(api.revoke_token, **by(name), token_uuid=row.uuid)
        for name in ("owen", "fred")
        for row in (token, missing)
    ]
    assert codes == ["PEO033"] * 4
    api.revoke_token(**by("dana"), token_uuid=token.uuid)
    assert refusal(api.actor_for_token, secret=secret, at=AT) == "PEO012"
    before = AuditEvent.objects.count()
    api.revoke_token(**by("dana"), token_uuid=token.uuid)
    assert AuditEvent.objects.count() == before
    make_administrator_of_all("rex")
    api.revoke_token(**by("rex"), token_uuid=issue()[0].uuid)
    assert AuditEvent.objects.filter(action="token.revoked").count() == 2


@pytest.mark.parametrize(
    ("code", "username", "asked"),
    [
        ("PEO008", "owen", {}),
        ("PEO008", "fred", {"entity_key": ENTITY}),
        ("PEO008", "fred", {"entity_key": ""}),
        ("PEO009", "fred", {"username": "fred"}),
        ("PEO020", "fred", {"username": "nobody"}),
        ("PEO032", "fred", {"role": Role.USER}),
        ("PEO034", "fred", {"role": Role.WORKER}),
        ("PEO034", "fred", {"role": Role.SYSTEM}),
    ],
)
def test_a_role_is_granted_by_an_administrator_of_that_entity_only(
    code: str, username: str, asked: dict[str, Any]
) -> None:
    RoleAssignment.objects.create(
        person=person("nia"),
        role=Role.USER,
        entity_key=OTHER_ENTITY,
        valid_from=AT.date(),
        granted_by_name="set-up",
    )
    wanted = {"username": "nia", "role": Role.AUDITOR, "entity_key": OTHER_ENTITY}
    assert refusal(api.grant_role, **by(username), **(wanted | asked)) == code
    api.grant_role(**by("fred"), **wanted)
    assert actor("nia").holds(Role.AUDITOR, entity_key=OTHER_ENTITY)
    assert not actor("nia").holds(Role.AUDITOR, entity_key=ENTITY)


def test_an_account_takes_a_free_name_and_a_strong_password() -> None:
    asked = {"full_name": "Nils Holm", "password": "a long enough passphrase 7"}
    for code, changed in (
        ("PEO030", {"username": "dana"}),
        ("PEO031", {"username": "nils", "password": "nils"}),
        ("INP001", {"username": "nils", "full_name": " "}),
        ("INP004", {"username": "nils holm"}),
        ("INP004", {"username": "n" * 61}),
    ):
        assert refusal(api.create_person, **by_system(), **(asked | changed)) == code
    assert api.create_person(**by_system(), username="nils", **asked).check_password(asked["password"])
    assert refusal(api.create_person, **by("owen"), username="nina", **asked) == "PEO008"


def test_an_administrator_sees_no_model_by_that_role() -> None:
    RoleAssignment.objects.filter(person=person("rex")).delete()
    make_administrator_of_all("rex")
    assert actor("rex").entity_keys() == frozenset()


def test_the_clock_of_a_token_is_read_in_any_zone() -> None:
    _, secret = issue(expires_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    assert (
        api.actor_for_token(secret=secret, at=datetime(2026, 11, 20, 11, 59, tzinfo=UTC)).username == "dana"
    )
