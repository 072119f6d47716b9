"""Scope by regime: computed at registration and in the review, departed from by a validator, flagged when stale."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry import api
from registry.audit.models import AuditEvent
from registry.decisions.models import PackRelease, ScopeDetermination
from registry.domain.errors import MrmError
from registry.domain.vocab import ModelFamily
from registry.inventory.models import RegisteredModel
from registry.policy.pack_reader import read_pack
from tests.builders.registry import AT, OTHER_ENTITY, actor, by, make_model, make_use, make_version

pytestmark = pytest.mark.usefixtures("bank")
US, UK, CA = "us-sr-26-2", "uk-ss1-23", "ca-e-23"
TODAY = AT.date()
REVIEW = TODAY + timedelta(days=90)
OUTSIDE = {
    "regime": US, "answer": "outside", "reason": "It is a table of tariffs.",
    "cites": ["us-sr-26-2/2026-04#II"], "review_on": REVIEW,
}  # fmt: skip


def a_model(*jurisdictions: str, family: ModelFamily = ModelFamily.TREE_ENSEMBLE) -> RegisteredModel:
    model = make_model(jurisdictions=list(jurisdictions))
    make_use(make_version(model, family=family))
    return model


def determine(model: RegisteredModel, *, days: int = 0) -> list[ScopeDetermination]:
    at = AT + timedelta(days=days)
    return api.determine_scope(**by("dana", at=at), registered_model=model)


def standing(model: RegisteredModel, regime: str, *, on: date = TODAY) -> api.ScopeStanding:
    found = api.list_scope(actor=actor("rex"), registered_model=model, on=on)
    return next(one for one in found if one.computed.regime == regime)


def answers(model: RegisteredModel, *, days: int = 0) -> dict[str, str]:
    on = AT.date() + timedelta(days=days)
    found = api.list_scope(actor=actor("rex"), registered_model=model, on=on)
    return {one.computed.regime: one.holding.answer for one in found}


def judge(model: RegisteredModel, username: str = "vera", **changed: Any) -> ScopeDetermination:
    return api.record_scope(**by(username), registered_model_uuid=model.uuid, **{**OUTSIDE, **changed})


@pytest.mark.parametrize(
    ("jurisdictions", "family", "expected"),
    [
        (("US", "UK", "CA"), ModelFamily.GENERATIVE, ("outside", "inside", "inside")),
        (("US", "UK", "CA"), ModelFamily.SCORECARD, ("inside", "inside", "inside")),
        (("US", "GB"), ModelFamily.OPAQUE, ("undetermined", "inside", "not_reached")),
        (("EU",), ModelFamily.GENERATIVE, ("not_reached", "not_reached", "not_reached")),
    ],
)
def test_each_regime_is_determined_from_its_pack(
    jurisdictions: tuple[str, ...], family: ModelFamily, expected: tuple[str, ...]
) -> None:
    model = a_model(*jurisdictions, family=family)
    rows = determine(model)
    assert {row.regime: row.answer for row in rows} == dict(zip((US, UK, CA), expected, strict=True))
    assert answers(model) == {row.regime: row.answer for row in rows}
    levels = {row.regime: row.binding_level for row in rows}
    assert levels == {
        US: "non_enforceable_guidance",
        UK: "supervisory_expectation",
        CA: "supervisory_expectation",
    }
    assert {row.regime: row.in_force_from for row in rows}[CA] == date(2027, 5, 1)
    assert AuditEvent.objects.filter(action="scope.determined", subject_uuid=model.uuid).count() == 3


def test_the_same_facts_are_not_recorded_twice_and_changed_ones_are() -> None:
    model = a_model("US")
    determine(model)
    assert determine(model, days=1) == []
    make_use(make_version(model, 2))
    assert determine(model, days=2) == []
    make_use(make_version(model, 3, family=ModelFamily.GENERATIVE))
    assert {row.regime for row in determine(model, days=3)} == {US, UK, CA}
    assert answers(model, days=3)[US] == "inside", "one version that is not generative is enough"


def test_an_announced_regime_is_marked_until_it_is_in_force() -> None:
    model = a_model("CA")
    determine(model)
    assert standing(model, CA).is_announced
    assert not standing(model, CA, on=date(2027, 5, 1)).is_announced


def test_a_departure_holds_until_its_review() -> None:
    model = a_model("US")
    determine(model)
    row = judge(model)
    assert row.departs_from is not None
    assert (row.departs_from.answer, str(row.determined_by)) == ("inside", "Vera Doe")
    assert (answers(model)[US], answers(model, days=89)[US], answers(model, days=90)[US]) == (
        "outside",
        "outside",
        "inside",
    )
    late = standing(model, US, on=REVIEW)
    assert (late.departure, late.lapsed) == (None, row)
    event = AuditEvent.objects.filter(action="scope.determined").latest("id")
    assert event.actor_name == "Vera Doe"


def test_a_departure_ends_when_the_computed_determination_changes() -> None:
    model = a_model("US")
    determine(model)
    judge(model)
    make_use(make_version(model, 2, family=ModelFamily.OPAQUE))
    assert US in {row.regime for row in determine(model, days=1)}
    assert answers(model, days=1)[US] == "inside"


def test_whoever_departed_may_come_back_to_the_rules() -> None:
    model = a_model("US")
    determine(model)
    judge(model)
    judge(model, answer="inside")
    assert answers(model)[US] == "inside"
    one = standing(model, US)
    assert (one.departure, one.lapsed) == (None, None)
    assert refused(model, answer="inside") == "SCO002"


def refused(model: RegisteredModel, username: str = "vera", **changed: Any) -> str:
    before = (ScopeDetermination.objects.count(), AuditEvent.objects.count())
    with pytest.raises(MrmError) as refusal:
        judge(model, username, **changed)
    assert before == (ScopeDetermination.objects.count(), AuditEvent.objects.count())
    return refusal.value.code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"username": "dana"}, "PEO001"),
        ({"username": "ada"}, "PEO001"),
        ({"username": "rex"}, "PEO001"),
        ({"username": "nia"}, "INV010"),
        ({"username": "fred"}, "INV010"),
        ({"answer": "undetermined"}, "INV050"),
        ({"answer": "inside"}, "SCO002"),
        ({"regime": "house"}, "SCO001"),
        ({"cites": []}, "SCO003"),
        ({"cites": ["uk-ss1-23/2024-05#P1.1"]}, "SCO003"),
        ({"reason": " "}, "INP001"),
        ({"review_on": AT.date()}, "INP003"),
        ({"review_on": AT.date() + timedelta(days=367)}, "INP003"),
    ],
)
def test_what_may_not_be_recorded_changes_nothing(changed: dict[str, Any], code: str) -> None:
    model = a_model("US")
    determine(model)
    assert refused(model, **changed) == code
    judge(model)


def test_who_has_a_part_in_the_model_does_not_judge_its_scope() -> None:
    model = a_model("US")
    make_use(make_version(model, 2, developer="vera"), declared_by="vera")
    determine(model)
    assert refused(model) == "PEO004"


def test_no_token_puts_a_model_outside() -> None:
    model = a_model("US")
    determine(model)
    asked = {
        "username": "vera",
        "name": "ci",
        "scopes": list(api.Scope),
        "expires_at": AT + timedelta(days=1),
    }
    _, secret = api.issue_token(**by("vera"), **asked)
    bearer = {"actor": api.actor_for_token(secret=secret, at=AT), "at": AT, "correlation_id": "token"}
    with pytest.raises(MrmError, match="PEO006"):
        api.record_scope(**bearer, registered_model_uuid=model.uuid, **OUTSIDE)


def test_a_citation_of_the_rescinded_letter_is_flagged_stale() -> None:
    model = a_model("US")
    determine(model)
    clauses = {one.ref: one.is_stale for one in api.list_citable_clauses(regime=US, on=AT.date())}
    assert clauses["us-sr-11-7/2011-04#V"] is True
    assert clauses["us-sr-26-2/2026-04#II"] is False
    judge(model, cites=["us-sr-11-7/2011-04#V", "us-sr-26-2/2026-04#II"])
    one = standing(model, US)
    assert one.stale_cites == ("us-sr-11-7/2011-04#V",)


def test_the_daily_review_determines_what_no_pack_has_judged() -> None:
    first, second = a_model("US"), make_model("el-cards", entity=OTHER_ENTITY)
    assert api.renew_scope(at=AT, limit=1) == 1
    assert api.renew_scope(at=AT) == 1
    assert api.renew_scope(at=AT) == 0
    assert answers(first)[US] == "inside"
    assert answers(second) == {US: "undetermined", UK: "undetermined", CA: "undetermined"}
    by_whom = AuditEvent.objects.filter(action="scope.determined").values_list("actor_name", flat=True)
    assert set(by_whom) == {"daily review"}


def test_a_pack_that_replaces_another_is_judged_anew() -> None:
    model = a_model("US")
    determine(model)
    row = PackRelease.objects.get(instrument=US)
    older = "[us-sr-11-7/2011-04]"
    text = row.text.replace("Inside SR 26-2, which", "Inside the letter, which")
    text = text.replace("version: 2026-04", "version: 2026-05").replace(
        older, "[us-sr-11-7/2011-04, us-sr-26-2/2026-04]"
    )
    pack = read_pack(text=text, file="us-sr-26-2/2026-05.yaml")
    PackRelease.objects.create(
        instrument=US, version="2026-05", title=pack.title, binding_level=pack.binding_level,
        effective_from=pack.effective_from, content_sha256=pack.content_hash, text=text, released_at=AT,
    )  # fmt: skip
    assert api.renew_scope(at=AT) == 1
    found = standing(model, US).computed
    assert (found.pack_version, found.answer) == ("2026-05", "inside")
    assert found.reason.startswith("Inside the letter")


def test_what_a_stranger_may_not_see_is_not_there() -> None:
    model = a_model("US")
    determine(model)
    for username in ("nia", "fred"):
        assert api.list_scope(actor=actor(username), registered_model=model, on=AT.date()) == []
        assert api.list_determinations(actor=actor(username), registered_model=model) == []
    assert len(api.list_determinations(actor=actor("dana"), registered_model=model)) == 3
