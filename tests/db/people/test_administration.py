"""Ending a role, closing an account, and the last administrator; sessions in the log and the lock on guessing."""

from datetime import timedelta

import pytest
from django.test import Client

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import Role
from registry.people.models import ApiToken, Person, RoleAssignment
from tests.builders.registry import AT, ENTITY, OTHER_ENTITY, actor, build_bank, by, person

pytestmark = pytest.mark.usefixtures("bank")
PASSWORD = "a-long-enough-phrase-42"


@pytest.fixture
def bank(db: None) -> None:
    build_bank()


@pytest.fixture
def iris(bank: None) -> Person:
    """Iris administers every entity, and so does nobody else."""
    row = Person.objects.create(username="iris", full_name="Iris Doe")
    _grant(row, Role.ADMINISTRATOR, "")
    return row


def _grant(row: Person, role: Role, entity_key: str) -> RoleAssignment:
    return RoleAssignment.objects.create(
        person=row, role=role, entity_key=entity_key, valid_from=AT.date(), granted_by_name="set-up"
    )


def held(username: str) -> RoleAssignment:
    return RoleAssignment.objects.get(person__username=username)


def refusal(call: object) -> str:
    before = AuditEvent.objects.count()
    with pytest.raises(MrmError) as caught:
        call()  # type: ignore[operator]
    assert AuditEvent.objects.count() == before
    return caught.value.code


def test_a_role_that_ends_ends_at_once_and_stays_in_the_record(iris: Person) -> None:
    row = held("vera")
    assert actor("vera").holds(Role.VALIDATOR)
    api.end_role(**by("iris"), assignment_uuid=row.uuid, reason="moved to audit")
    assert not actor("vera").grants
    assert actor("vera", at=AT - timedelta(days=1)).grants == frozenset()
    event = AuditEvent.objects.get(action="role.revoked")
    assert (event.actor_name, event.subject_label) == ("Iris Doe", "Vera Doe")
    assert b"moved to audit" in bytes(event.entry)
    assert held("vera").valid_to == AT.date() - timedelta(days=1)
    assert refusal(lambda: api.end_role(**by("iris"), assignment_uuid=row.uuid, reason="twice")) == "PEO037"


def test_only_an_administrator_of_the_entity_ends_a_role(iris: Person) -> None:
    row = held("vera")
    for username in ("vera", "ada", "rex", "nia", "fred"):
        code = refusal(lambda who=username: api.end_role(**by(who), assignment_uuid=row.uuid, reason="no"))
        assert code == "PEO008"
    theirs = RoleAssignment.objects.filter(person__username="fred", role=Role.VALIDATOR).get()
    api.end_role(**by("fred"), assignment_uuid=theirs.uuid, reason="of my own entity")
    assert not actor("fred").holds(Role.VALIDATOR)
    assert refusal(lambda: api.end_role(**by("iris"), assignment_uuid=iris.uuid, reason="r")) == "PEO038"
    assert refusal(lambda: api.end_role(**by("iris"), assignment_uuid=row.uuid, reason="  ")) == "INP001"
    assert held("vera").valid_to is None


def test_somebody_administers_always(iris: Person) -> None:
    row = held("iris")
    assert refusal(lambda: api.end_role(**by("iris"), assignment_uuid=row.uuid, reason="r")) == "PEO036"
    ivan = Person.objects.create(username="ivan", full_name="Ivan Doe")
    _grant(ivan, Role.ADMINISTRATOR, "")
    api.end_role(**by("ivan"), assignment_uuid=row.uuid, reason="there are two")
    assert (
        refusal(lambda: api.end_role(**by("ivan"), assignment_uuid=held("ivan").uuid, reason="r")) == "PEO036"
    )
    assert refusal(lambda: api.deactivate_person(**by("ivan"), username="ivan", reason="r")) == "PEO039"


def test_a_closed_account_acts_no_more_by_page_or_token(iris: Person) -> None:
    dana = person("dana")
    _, secret = api.issue_token(
        **by("dana"), username="dana", name="gate", scopes=["read"], expires_at=AT + timedelta(days=9)
    )
    session = Client()
    session.force_login(dana)
    assert session.get("/account/").status_code == 200
    assert api.actor_for_token(secret=secret, at=AT).username == "dana"
    api.deactivate_person(**by("iris"), username="dana", reason="left the bank")
    assert session.get("/account/").status_code == 302
    with pytest.raises(MrmError, match="revoked"):
        api.actor_for_token(secret=secret, at=AT)
    assert ApiToken.objects.get(person=dana).revoked_at == AT
    assert b"left the bank" in bytes(AuditEvent.objects.get(action="actor.deactivated").entry)
    again = refusal(lambda: api.deactivate_person(**by("iris"), username="dana", reason="r"))
    assert (again, refusal(lambda: api.deactivate_person(**by("fred"), username="owen", reason="r"))) == (
        "PEO020",
        "PEO008",
    )


def test_an_administrator_of_one_entity_sees_the_roles_of_that_entity(iris: Person) -> None:
    on = AT.date()
    seen = {row.entity_key for record in api.list_people(actor=actor("fred"), on=on) for row in record.held}
    assert seen == {OTHER_ENTITY, ""}
    whole = {row.entity_key for record in api.list_people(actor=actor("iris"), on=on) for row in record.held}
    assert whole == {ENTITY, OTHER_ENTITY, ""}
    for username in ("dana", "vera", "ada", "rex", "nia"):
        with pytest.raises(MrmError, match="may not see who holds which role"):
            api.list_people(actor=actor(username), on=on)
    assert dict(api.list_administered_entities(actor=actor("fred"))).keys() == {OTHER_ENTITY}
    assert dict(api.list_administered_entities(actor=actor("iris"))).keys() == {ENTITY, OTHER_ENTITY, ""}


def test_sessions_enter_the_log_and_an_unknown_name_is_not_kept(iris: Person) -> None:
    vera = person("vera")
    vera.set_password(PASSWORD)
    vera.save()
    client = Client()
    client.post("/sign-in/", {"username": "vera", "password": "wrong"})
    client.post("/sign-in/", {"username": "hunter2-typed-here", "password": "wrong"})
    client.post("/sign-in/", {"username": "", "password": ""})
    client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    client.post("/sign-out/")
    client.post("/sign-out/")
    found = list(AuditEvent.objects.order_by("id").values_list("action", "actor_name", "subject_label"))
    assert found[-4:] == [
        ("actor.sign_in_refused", "sign-in", "Vera Doe"),
        ("actor.sign_in_refused", "sign-in", "a name that nobody has"),
        ("actor.signed_in", "Vera Doe", "Vera Doe"),
        ("actor.signed_out", "Vera Doe", "Vera Doe"),
    ]
    assert not AuditEvent.objects.filter(subject_label__contains="hunter2").exists()


def test_after_many_refusals_no_password_is_looked_at_for_a_while(iris: Person) -> None:
    vera = person("vera")
    vera.set_password(PASSWORD)
    vera.save()
    client = Client()
    for _ in range(9):
        assert client.post("/sign-in/", {"username": "vera", "password": "wrong"}).status_code == 200
    assert not api.is_sign_in_locked(username="vera", at=AuditEvent.objects.latest("id").at)
    assert client.post("/sign-in/", {"username": "vera", "password": "wrong"}).status_code == 200
    locked = client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    assert (locked.status_code, b"WEB429" in locked.content) == (429, True)
    assert AuditEvent.objects.filter(action="actor.sign_in_refused").count() == 10
    last = AuditEvent.objects.latest("id").at
    assert not api.is_sign_in_locked(username="vera", at=last + timedelta(minutes=15, seconds=1))
    assert not api.is_sign_in_locked(username="nobody-at-all", at=last)
