"""The steps of a proposal's work: reporting its impact, and comparing what was reported with what came of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from registry.actions.decide_policy import decide_policy
from registry.actions.pack_jobs import (
    MOST_ATTEMPTS,
    Claim,
    JobLostError,
    claim_job,
    clerk,
    end_job,
    let_go,
    open_job,
)
from registry.actions.propose_pack import AUTHORS, require_second_line
from registry.actions.stock_effects import stock_effects
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.proposal_selectors import (
    day_of_effect,
    get_pack_proposal,
    hashes_in_force,
    packs_with,
)
from registry.decisions.proposals import (
    EffectComparison,
    ImpactEffect,
    ImpactReport,
    PackApproval,
    PackJob,
)
from registry.decisions.reading import decision_of
from registry.decisions.stock import Stock, read_stock
from registry.domain.canonical import digest
from registry.domain.errors import InvalidTransition, MrmError
from registry.domain.vocab import PackJobKind, ProposalStatus, RunStatus, Stage
from registry.people.actors import Actor
from registry.policy.impact import Change, Effect, PackImpact, terms_digest

COMPARED_AT_ONCE = 20
WRITTEN_AT_ONCE = 500


def request_impact(*, actor: Actor, at: datetime, correlation_id: str, proposal_uuid: UUID) -> PackJob:
    """Ask for a report of what a draft or proposal would change over the whole inventory.

    Raises ``PKP001``, ``PKP003``, ``PKP012`` while one is being made, ``PKP013`` once the proposal has ended.
    """
    row = get_pack_proposal(actor=actor, uuid=proposal_uuid)
    require_second_line(actor, *AUTHORS, to="ask for a report of impact")
    if row.status not in (ProposalStatus.DRAFT, ProposalStatus.PROPOSED):
        raise InvalidTransition(
            "PKP013",
            f"the proposal is {row.status}: there is nothing to foresee any more",
            remedy="Read the last report.",
        )
    with transaction.atomic():
        job = open_job(
            actor=actor, at=at, correlation_id=correlation_id, proposal=row, kind=PackJobKind.IMPACT
        )
        record(
            action=AuditAction.IMPACT_REQUESTED,
            actor=actor,
            at=at,
            subject=subject_of(row),
            payload={"hash": row.content_sha256},
            correlation_id=correlation_id,
        )
    return job


def step_pack_job(*, job_uuid: UUID, at: datetime) -> bool:
    """Do one step of a job; return whether another may follow at once.

    A refusal ends the job, a crash leaves it to another attempt, up to three.
    """
    claim = claim_job(job_uuid=job_uuid, on=at.date())
    if claim is None:
        return False
    if claim.job.attempt > MOST_ATTEMPTS:
        end_job(
            claim=claim,
            at=at,
            status=RunStatus.FAILED,
            reason=f"{MOST_ATTEMPTS} attempts ended without a result",
        )
        return False
    try:
        return _STEPS[PackJobKind(claim.job.kind)](claim, at)
    except JobLostError:
        return False
    except MrmError as error:
        end_job(claim=claim, at=at, status=RunStatus.FAILED, reason=f"{error}. {error.remedy}")
        return False
    except Exception:
        claim.write(lease_until=None)
        raise


def _report(claim: Claim, at: datetime) -> bool:
    proposal = claim.job.proposal
    day = day_of_effect(proposal=proposal, on=at.date())
    before, after = packs_with(proposal=proposal)
    stock = read_stock(on_progress=lambda read: claim.progress(said="reading facts", done=read, planned=0))
    claim.progress(said="deciding", done=len(stock.pairs), planned=len(stock.pairs))
    impact = stock_effects(stock=stock, old_packs=before, new_packs=after, as_of=day)
    bound: dict[str, object] = {
        "proposal_sha256": proposal.content_sha256,
        "as_of_date": day,
        "packs_before": hashes_in_force(packs=before, on=day),
        "packs_after": hashes_in_force(packs=after, on=day),
        "facts_digest": stock.digest,
        "pairs": len(stock.pairs),
        "counts": {change.value: impact.counts[change] for change in Change},
    }
    with transaction.atomic():
        end_job(claim=claim, at=at, status=RunStatus.SUCCEEDED)
        report = ImpactReport.objects.create(
            job=claim.job,
            proposal=proposal,
            digest=digest({**bound, "effects": digest(impact.to_json()["effects"])}),
            reported_at=at,
            **bound,
        )
        _write_effects(report, impact, stock)
        record(
            action=AuditAction.IMPACT_ASSESSED,
            actor=clerk(),
            at=at,
            subject=subject_of(proposal),
            payload={"report": report.digest, **bound},
            correlation_id=claim.job.correlation_id,
        )
    return False


def _write_effects(report: ImpactReport, impact: PackImpact, stock: Stock) -> None:
    stages = {key: group.stage for group in stock.groups for key in group.keys}
    ImpactEffect.objects.bulk_create(
        (_effect_row(report, effect, stock, stages[effect.key]) for effect in impact.effects),
        batch_size=WRITTEN_AT_ONCE,
    )


def _effect_row(report: ImpactReport, effect: Effect, stock: Stock, stage: Stage) -> ImpactEffect:
    pair = stock.pairs[effect.key]
    return ImpactEffect(
        report=report,
        intended_use_id=pair.use_id,
        decision_id=pair.decision_id,
        stage=stage,
        change=effect.change,
        before=effect.before,
        after=effect.after,
        tier_before=effect.tier_before,
        tier_after=effect.tier_after,
        terms_after=effect.terms_after,
        rules=list(effect.rules),
    )


def _compare(claim: Claim, at: datetime) -> bool:
    """Decide some of the pairs again that the report says would change, and keep how it came out."""
    report = _approved_report(claim.job)
    waiting = report.effects.filter(comparison__isnull=True).select_related(
        "decision",
        "intended_use__version__registered_model__entity",
        "intended_use__use_case__entity",
        "intended_use__use_case__portfolio",
    )
    for effect in waiting.order_by("id")[:COMPARED_AT_ONCE]:
        _compare_one(claim, at, effect)
    if waiting.exists():
        let_go(claim=claim)
        return True
    compared = EffectComparison.objects.filter(job=claim.job)
    with transaction.atomic():
        end_job(claim=claim, at=at, status=RunStatus.SUCCEEDED)
        record(
            action=AuditAction.PACK_COMPARED,
            actor=clerk(),
            at=at,
            subject=subject_of(claim.job.proposal),
            payload={
                "report": report.digest,
                "compared": compared.count(),
                "otherwise": compared.filter(is_as_reported=False).count(),
            },
            correlation_id=claim.job.correlation_id,
        )
    return False


def _compare_one(claim: Claim, at: datetime, effect: ImpactEffect) -> None:
    with transaction.atomic():
        claim.write(done=F("done") + 1, progress="deciding again")
        row = decide_policy(
            actor=clerk(),
            at=at,
            correlation_id=claim.job.correlation_id,
            intended_use=effect.intended_use,
            stage=Stage(effect.stage),
        )
        found = (row.outcome, row.tier, terms_digest(decision=decision_of(row)))
        EffectComparison.objects.create(
            job=claim.job,
            effect=effect,
            decision=row,
            is_as_reported=found == (effect.after, effect.tier_after, effect.terms_after),
            same_facts=row.facts_digest == effect.decision.facts_digest,
        )


def _approved_report(job: PackJob) -> ImpactReport:
    approval = (
        PackApproval.objects.filter(proposal=job.proposal).select_related("report").order_by("id").last()
    )
    assert approval is not None  # a comparison is opened by the second approval
    return approval.report


_STEPS: Mapping[PackJobKind, Callable[[Claim, datetime], bool]] = {
    PackJobKind.IMPACT: _report,
    PackJobKind.COMPARISON: _compare,
}
