"""What people judge in place of the rules: the tier of a use, and the scope of a regime."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import judgement_shapes as shapes
from registry.rest import output
from registry.rest.bodies import ScopeJudgement, TierSetting, Withdrawal
from registry.rest.fields import read_body, read_query
from registry.rest.schema import described
from registry.rest.views import ApiView, idempotent, page_link, tagged, who


class TierDetail(ApiView):
    """The tier of an intended use."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.EVIDENCE}

    @described("Read the tier of an intended use", shapes.TierShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the computed tier, what people set in its place, and what the weighted sum says."""
        read_query(request)
        call = who(request)
        return tagged(request, _tier(call["actor"], uuid, call["at"]))

    @described("Set a stricter tier", shapes.TierShape, status=201, body=TierSetting, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Set the tier; policy decides again."""
        body = read_body(request, TierSetting)
        call = who(request)
        api.override_tier(
            **call,
            intended_use_uuid=uuid,
            tier=body["tier"],
            reason=body["reason"],
            expires_on=body.get("expires_on"),
        )
        return Response(_tier(call["actor"], uuid, call["at"]), status=201)


class TierWithdrawal(ApiView):
    """The end of a tier that a person set."""

    scopes: ClassVar = {"POST": api.Scope.EVIDENCE}

    @described("Withdraw the tier that was set", shapes.TierShape, status=201, body=Withdrawal, also=(422,))
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Let the computed tier hold again; policy decides again."""
        body = read_body(request, Withdrawal)
        call = who(request)
        api.withdraw_override(**call, intended_use_uuid=uuid, reason=body["reason"])
        return Response(_tier(call["actor"], uuid, call["at"]), status=201)


class ScopeDetail(ApiView):
    """The scope of a model by regime."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.EVIDENCE}

    @described("Read the scope of a model by regime", shapes.ScopeShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read which regimes take the model for a model, on which clauses, and every determination made."""
        read_query(request)
        call = who(request)
        return tagged(request, _scope(call["actor"], uuid, call["at"]))

    @described(
        "Depart from the rules of a regime", shapes.ScopeShape, status=201, body=ScopeJudgement, also=(422,)
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Record a determination with its reason, clauses and review date."""
        body = read_body(request, ScopeJudgement)
        call = who(request)
        api.record_scope(**call, registered_model_uuid=uuid, **body)
        return Response(_scope(call["actor"], uuid, call["at"]), status=201)


def _tier(actor: api.Actor, uuid: UUID, at: datetime) -> shapes.TierShape:
    use = api.get_intended_use(actor=actor, uuid=uuid)
    standing = api.get_tier_standing(actor=actor, intended_use=use, on=at.date())
    computed = standing.compute()
    return {
        "intended_use": str(use.uuid),
        "computed": None if computed is None else int(computed),
        "is_override_holding": standing.holds,
        "entries": [_entry(row) for row in api.list_tier_overrides(actor=actor, intended_use=use)],
        "method": _method(standing),
        "permission": output.permission(use, actor=actor),
        "page": page_link("web:intended-use", uuid=use.uuid),
    }


def _entry(row: api.TierOverride) -> shapes.TierEntryShape:
    return {
        "uuid": str(row.uuid),
        "tier": row.tier,
        "computed": row.computed,
        "reason": row.reason,
        "expires_on": output.when(row.expires_on),
        "set_by": row.set_by.username,
        "recorded_at": row.recorded_at.isoformat(),
    }


def _method(standing: api.TierStanding) -> shapes.TieringMethodShape | None:
    method = standing.method
    if method is None:
        return None
    return {
        "title": method.scorecard.title,
        "standing": method.scorecard.standing.value,
        "points": None if method.points is None else str(method.points),
        "tier": method.tier,
        "missing": list(method.missing),
        "falls_short": [
            {
                "jurisdictions": list(mark.jurisdictions),
                "text": mark.text,
                "cites": list(mark.cites),
                "applies": mark in method.applying,
            }
            for mark in method.scorecard.falls_short
        ],
    }


def _scope(actor: api.Actor, uuid: UUID, at: datetime) -> shapes.ScopeShape:
    model = api.get_model(actor=actor, uuid=uuid)
    standings = api.list_scope(actor=actor, registered_model=model, on=at.date())
    history = api.list_determinations(actor=actor, registered_model=model)
    return {
        "model": str(model.uuid),
        "regimes": [_regime(one, on=at.date()) for one in standings],
        "history": [_determination(row, on=at.date()) for row in history],
        "page": page_link("web:model", uuid=model.uuid),
    }


def _regime(one: api.ScopeStanding, *, on: date) -> shapes.RegimeScopeShape:
    return {
        "regime": one.computed.regime,
        "title": one.title,
        "answer": one.holding.answer,
        "computed": _determination(one.computed, on=on),
        "departure": None if one.departure is None else _determination(one.departure, on=on),
    }


def _determination(row: api.ScopeDetermination, *, on: date) -> shapes.ScopeDeterminationShape:
    return {
        "uuid": str(row.uuid),
        "regime": row.regime,
        "pack_version": row.pack_version,
        "in_force_from": row.in_force_from.isoformat(),
        "answer": row.answer,
        "reason": row.reason,
        "cites": row.cites,
        "stale_cites": list(api.list_stale_cites(row=row, on=on)),
        "binding_level": row.binding_level,
        "verification": row.verification,
        "facts": row.facts,
        "determined_by": None if row.determined_by is None else row.determined_by.username,
        "determined_at": row.determined_at.isoformat(),
        "review_on": output.when(row.review_on),
    }
