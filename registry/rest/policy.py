"""Policy packs, and proposals to change them. Approving is not offered: it takes a person who is signed in."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import policy_shapes as shapes
from registry.rest.bodies import NoFields, PackDraft, PackRejection, PackRevision, PackWithdrawal
from registry.rest.fields import read_body, read_number, read_query
from registry.rest.output import when
from registry.rest.paging import page_of
from registry.rest.schema import MATCH_HEADER, described
from registry.rest.views import (
    ApiView,
    Who,
    actor_of,
    idempotent,
    page_link,
    required_row_version,
    tagged,
    who,
)


class PackList(ApiView):
    """Released packs."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described(
        "List the released packs with where they stand",
        shapes.PackShape,
        is_list=True,
        query=("after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the packs; ``state`` is today's: rules, informs, ahead, superseded, ended or withdrawn."""
        query = read_query(request, "after", "limit")
        call = who(request)
        states = {
            item.row.pk: item.state
            for item in api.list_pack_standings(actor=call["actor"], on=call["at"].date())
        }
        rows = api.PackRelease.objects.filter(pk__in=states)
        page = page_of(rows, query, order=("instrument", "version"))
        items = [_pack(row, states[row.pk]) for row in page.rows]
        return Response({"items": items, "next": page.next_cursor})


class PackDetail(ApiView):
    """One released pack."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a pack with its rules in plain English", shapes.PackDetailShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the pack's text and rules, its examples run now, and what each rule does to the inventory."""
        read_query(request)
        call = who(request)
        view = api.view_pack(actor=call["actor"], uuid=uuid, on=call["at"].date())
        states = api.list_pack_standings(actor=call["actor"], on=call["at"].date())
        state = next(item.state for item in states if item.row.pk == view.row.pk)
        answer: shapes.PackDetailShape = {
            **_pack(view.row, state),
            "text": view.row.text,
            "withdrawn_from": when(view.withdrawn_from),
            "rules": [_rule(rule) for rule in view.rules],
            "examples": [
                {"title": item.title, "stage": item.stage, "differences": list(item.differences)}
                for item in view.examples
            ],
            "previous": view.previous.ref if view.previous is not None else None,
            "changes": [change.to_json() for change in view.changes],
        }
        return tagged(request, answer)


class PackWithdrawals(ApiView):
    """Proposing to withdraw a release."""

    scopes: ClassVar = {"POST": api.Scope.SUBMIT}

    @described(
        "Draft the withdrawal of a pack", shapes.ProposalShape, status=201, body=PackWithdrawal, also=(422,)
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Keep a draft that would end the release on a day ahead."""
        body = read_body(request, PackWithdrawal)
        row = api.draft_withdrawal(**who(request), release_uuid=uuid, **body)
        return Response(_proposal(row), status=201)


class ProposalList(ApiView):
    """Proposals."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described(
        "List the pack proposals, newest first",
        shapes.ProposalShape,
        is_list=True,
        query=("status", "after", "limit"),
    )
    def get(self, request: Request) -> Response:
        """List the proposals, with one status where named."""
        query = read_query(request, "status", "after", "limit")
        rows = api.list_pack_proposals(actor=actor_of(request))
        if "status" in query:
            rows = rows.filter(status=query["status"])
        page = page_of(rows, query, order=("-id",))
        return Response({"items": [_proposal(row) for row in page.rows], "next": page.next_cursor})

    @described("Draft a pack", shapes.ProposalShape, status=201, body=PackDraft, also=(422,))
    @idempotent()
    def post(self, request: Request) -> Response:
        """Keep a new pack as a draft; every fault of its text is in the problem's context."""
        row = api.draft_pack(**who(request), **read_body(request, PackDraft))
        return Response(_proposal(row), status=201)


class ProposalDetail(ApiView):
    """One proposal."""

    scopes: ClassVar = {"GET": api.Scope.READ}

    @described("Read a pack proposal", shapes.ProposalDetailShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the proposal with defects, differences, approvals, its newest report and what came of it."""
        read_query(request)
        return tagged(request, _detail(request, uuid))


class ProposalText(ApiView):
    """The text of a draft."""

    scopes: ClassVar = {"POST": api.Scope.SUBMIT}

    @described(
        "Revise a drafted pack",
        shapes.ProposalShape,
        body=PackRevision,
        query=(MATCH_HEADER,),
        also=(412, 422, 428),
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Write the draft anew, as its author: If-Match carries the version you read, in quotes."""
        call, version = _asked(request, uuid)
        body = read_body(request, PackRevision)
        row = api.revise_pack(**call, proposal_uuid=uuid, row_version=version, **body)
        return Response(_proposal(row))


class ProposalSubmission(ApiView):
    """Offering a draft for approval."""

    scopes: ClassVar = {"POST": api.Scope.SUBMIT}

    @described(
        "Propose a drafted pack",
        shapes.ProposalShape,
        body=NoFields,
        query=(MATCH_HEADER,),
        also=(412, 422, 428),
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Freeze the draft, as its author; it must be free of defects."""
        call, version = _asked(request, uuid)
        read_body(request, NoFields)
        return Response(_proposal(api.propose_pack(**call, proposal_uuid=uuid, row_version=version)))


class ProposalImpact(ApiView):
    """The report of what a proposal changes."""

    scopes: ClassVar = {"GET": api.Scope.READ, "POST": api.Scope.SUBMIT}

    @described(
        "Read what a pack proposal changes",
        shapes.ImpactShape,
        query=("change", "stage", "use_case", "after"),
    )
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the newest report: counts, and a page of the pairs that change with the rules responsible."""
        query = read_query(request, "change", "stage", "use_case", "after")
        after = read_number(query, "after", default=1, highest=10**15) if "after" in query else 0
        asked = api.EffectQuery(
            **{name: query[name] for name in ("change", "stage", "use_case") if name in query}, after=after
        )
        call = who(request)
        view = api.view_effects(actor=call["actor"], uuid=uuid, on=call["at"].date(), query=asked)
        return tagged(request, _impact(view))

    @described(
        "Ask what a pack proposal changes", shapes.PackJobShape, status=202, body=NoFields, also=(422,)
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """Have the impact reported in the background; read it at the same address."""
        read_body(request, NoFields)
        return Response(_job(api.request_impact(**who(request), proposal_uuid=uuid)), status=202)


class ProposalRejection(ApiView):
    """Ending a proposal without effect."""

    scopes: ClassVar = {"POST": api.Scope.SUBMIT}

    @described(
        "Reject a pack proposal",
        shapes.ProposalShape,
        body=PackRejection,
        query=(MATCH_HEADER,),
        also=(412, 422, 428),
    )
    @idempotent()
    def post(self, request: Request, uuid: UUID) -> Response:
        """End the proposal that you read, with a reason."""
        call, version = _asked(request, uuid)
        body = read_body(request, PackRejection)
        row = api.reject_pack(**call, proposal_uuid=uuid, reason=body["reason"], row_version=version)
        return Response(_proposal(row))


def _asked(request: Request, uuid: UUID) -> tuple[Who, int]:
    """Return who asks and the version read; a proposal out of sight is not found, whatever the header says."""
    call = who(request)
    api.get_pack_proposal(actor=call["actor"], uuid=uuid)
    return call, required_row_version(request)


def _pack(row: api.PackRelease, state: str) -> shapes.PackShape:
    return {
        "uuid": str(row.uuid),
        "instrument": row.instrument,
        "version": row.version,
        "title": row.title,
        "binding_level": row.binding_level,
        "effective_from": row.effective_from.isoformat(),
        "content_sha256": row.content_sha256,
        "released_at": row.released_at.isoformat(),
        "state": state,
        "page": page_link("web:pack", uuid=row.uuid),
    }


def _rule(rule: api.RuleView) -> shapes.PackRuleShape:
    return {
        "id": rule.id,
        "stage": rule.stage,
        "text": rule.text,
        "citations": [
            {"citation": clause.citation, "url": clause.url, "verification": clause.verification.value}
            for clause in rule.citations
        ],
        "informs_because": rule.informs_because,
        "in_effect": rule.hits.in_effect if rule.hits is not None else None,
        "silent": rule.hits.silent if rule.hits is not None else None,
    }


def _proposal(row: api.PackProposal) -> shapes.ProposalShape:
    return {
        "uuid": str(row.uuid),
        "kind": row.kind,
        "instrument": row.instrument,
        "version": row.version,
        "title": row.title,
        "effective_from": row.effective_from.isoformat(),
        "content_sha256": row.content_sha256,
        "rationale": row.rationale,
        "author": row.author.username,
        "status": row.status,
        "drafted_at": row.drafted_at.isoformat(),
        "proposed_at": when(row.proposed_at),
        "ended_at": when(row.ended_at),
        "ended_by": row.ended_by.username if row.ended_by is not None else None,
        "ended_reason": row.ended_reason,
        "release": str(row.release.uuid) if row.release is not None else None,
        "row_version": row.row_version,
        "page": page_link("web:proposal", uuid=row.uuid),
    }


def _detail(request: Request, uuid: UUID) -> shapes.ProposalDetailShape:
    call = who(request)
    view = api.view_proposal(actor=call["actor"], uuid=uuid, on=call["at"].date())
    return {
        **_proposal(view.row),
        "text": view.row.text,
        "defects": [fault.to_json() for fault in view.text.defects],
        "compared_with": view.text.base.ref if view.text.base is not None else None,
        "changes": [change.to_json() for change in view.text.changes],
        "report": _report(view.impact),
        "work": _job(view.impact_job) if view.impact_job is not None else None,
        "approvals": [
            {
                "by": item.person.username,
                "approved_at": item.approved_at.isoformat(),
                "comment": item.comment,
                "proposal_sha256": item.proposal_sha256,
                "report_digest": item.report_digest,
                "counts": item in view.counted,
            }
            for item in view.approvals
        ],
        "comparison": {
            "status": view.comparison.job.status,
            "as_reported": view.comparison.as_reported,
            "otherwise": view.comparison.otherwise,
            "waiting": view.comparison.waiting,
        }
        if view.comparison is not None
        else None,
    }


def _impact(view: api.EffectsPage) -> shapes.ImpactShape:
    return {
        "report": _report(view.impact),
        "work": _job(view.job) if view.job is not None else None,
        "effects": [
            {
                "intended_use": str(effect.intended_use.uuid),
                "decision": str(effect.decision.uuid),
                "stage": effect.stage,
                "change": effect.change,
                "before": effect.before,
                "after": effect.after,
                "tier_before": effect.tier_before,
                "tier_after": effect.tier_after,
                "rules": effect.rules,
            }
            for effect in view.effects
        ],
        "next": str(view.next_after) if view.next_after else "",
    }


def _report(summary: api.ImpactSummary | None) -> shapes.ImpactReportShape | None:
    if summary is None:
        return None
    report = summary.report
    return {
        "uuid": str(report.uuid),
        "digest": report.digest,
        "stale": summary.stale,
        "counts": dict(summary.counts),
        "unchanged": summary.unchanged,
        "as_of_date": report.as_of_date.isoformat(),
        "proposal_sha256": report.proposal_sha256,
        "facts_digest": report.facts_digest,
        "packs_before": report.packs_before,
        "packs_after": report.packs_after,
        "reported_at": report.reported_at.isoformat(),
    }


def _job(row: api.PackJob) -> shapes.PackJobShape:
    return {
        "uuid": str(row.uuid),
        "kind": row.kind,
        "status": row.status,
        "progress": row.progress,
        "done": row.done,
        "planned": row.planned,
        "ended_reason": row.ended_reason,
    }
