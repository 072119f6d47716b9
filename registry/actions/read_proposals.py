"""A proposal with everything that somebody needs who revises, approves or rejects it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from registry.actions.approve_pack import PEOPLE_NEEDED, SIGNATORIES
from registry.actions.pack_jobs import OPEN
from registry.actions.read_inventory import safe_cell
from registry.decisions.proposal_selectors import (
    TextView,
    count_effects,
    day_of_effect,
    find_job,
    find_report,
    get_pack_proposal,
    list_effects,
    list_pack_approvals,
    staleness,
    view_text,
)
from registry.decisions.proposals import (
    EffectComparison,
    ImpactEffect,
    ImpactReport,
    PackApproval,
    PackJob,
    PackProposal,
)
from registry.domain.vocab import PackJobKind, ProposalStatus, RunStatus
from registry.inventory.listing import Facet, FacetOption
from registry.people.actors import Actor
from registry.policy.impact import Change

PAGE_LENGTH = 100
_FACETS = {"change": "change", "stage": "stage", "use_case": "intended_use__use_case__key"}
CHANGES = tuple(change.value for change in Change if change is not Change.UNCHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImpactSummary:
    """The newest report as the reader may see it. ``stale`` says why it is no longer current; empty while it is.

    ``unchanged`` is none for somebody who does not see every entity.
    """

    report: ImpactReport
    stale: str
    counts: Mapping[str, int]
    unchanged: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonSummary:
    """How the decisions after activation came out beside the report, as far as the reader may see them."""

    job: PackJob
    as_reported: int
    otherwise: int
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalPage:
    """Everything on a proposal's page. ``blocked`` says why the reader may not approve; empty where he may."""

    row: PackProposal
    text: TextView
    day: date
    impact: ImpactSummary | None
    impact_job: PackJob | None
    approvals: Sequence[PackApproval]
    counted: Sequence[PackApproval]
    people_needed: int
    blocked: str
    comparison: ComparisonSummary | None

    @property
    def is_live(self) -> bool:
        """Whether a worker is about to do something on it today."""
        jobs = [self.impact_job, self.comparison.job if self.comparison is not None else None]
        return any(
            job is not None and job.status in OPEN and not (job.not_before and job.status == RunStatus.QUEUED)
            for job in jobs
        )


def view_proposal(*, actor: Actor, uuid: UUID, on: date) -> ProposalPage:
    """Return a proposal with defects, differences, impact, approvals and what came of it. Raises ``PKP003``."""
    row = get_pack_proposal(actor=actor, uuid=uuid)
    impact = _impact(actor, row, on)
    approvals = list_pack_approvals(proposal=row)
    counted = [item for item in approvals if impact is not None and item.report.pk == impact.report.pk]
    return ProposalPage(
        row=row,
        text=view_text(text=row.text, is_linted=row.status != ProposalStatus.DRAFT),
        day=day_of_effect(proposal=row, on=on),
        impact=impact,
        impact_job=find_job(proposal=row, kind=PackJobKind.IMPACT),
        approvals=approvals,
        counted=counted,
        people_needed=PEOPLE_NEEDED,
        blocked=_blocked(actor, row, impact, counted),
        comparison=_comparison(actor, row),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectQuery:
    """What to show of a report; empty text does not narrow. ``after`` is the number of the last row seen."""

    change: str = ""
    stage: str = ""
    use_case: str = ""
    after: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectsPage:
    """A page of a report, with how many effects each facet's value has. ``next_after`` is 0 on the last."""

    row: PackProposal
    impact: ImpactSummary | None
    job: PackJob | None
    effects: Sequence[ImpactEffect]
    facets: Sequence[Facet]
    next_after: int


def view_effects(*, actor: Actor, uuid: UUID, on: date, query: EffectQuery) -> EffectsPage:
    """Return a page of the newest report. Raises ``PKP003``."""
    row = get_pack_proposal(actor=actor, uuid=uuid)
    impact, job = _impact(actor, row, on), find_job(proposal=row, kind=PackJobKind.IMPACT)
    if impact is None:
        return EffectsPage(row=row, impact=None, job=job, effects=(), facets=(), next_after=0)
    rows = list_effects(actor=actor, report=impact.report)
    chosen = {column: value for field, column in _FACETS.items() if (value := getattr(query, field))}
    found = list(rows.filter(**chosen, pk__gt=query.after)[: PAGE_LENGTH + 1])
    return EffectsPage(
        row=row,
        impact=impact,
        job=job,
        effects=found[:PAGE_LENGTH],
        facets=[_facet(rows.order_by(), field, getattr(query, field)) for field in _FACETS],
        next_after=found[PAGE_LENGTH - 1].pk if len(found) > PAGE_LENGTH else 0,
    )


def _facet(rows: QuerySet[ImpactEffect], field: str, chosen: str) -> Facet:
    column = _FACETS[field]
    counted = rows.values_list(column).annotate(Count("id")).order_by(column)
    return Facet(
        field=field,
        label=field.replace("_", " ").capitalize(),
        options=[
            FacetOption(value=value, label=value, count=count, is_selected=value == chosen)
            for value, count in counted
        ],
    )


def effects_csv(*, actor: Actor, uuid: UUID) -> Iterator[str]:
    """Yield the effects of the newest report as CSV lines that no spreadsheet takes for a formula."""
    row = get_pack_proposal(actor=actor, uuid=uuid)
    header = (
        "model",
        "version",
        "use_case",
        "stage",
        "change",
        "before",
        "after",
        "tier_before",
        "tier_after",
    )
    yield _line((*header, "rules", "decision", "actual", "as_reported"))
    report = find_report(proposal=row)
    if report is None:
        return
    for effect in list_effects(actor=actor, report=report).iterator(chunk_size=500):
        use, actual = effect.intended_use, _actual(effect)
        yield _line(
            (
                use.version.registered_model.key,
                str(use.version.number),
                use.use_case.key,
                effect.stage,
                effect.change,
                effect.before,
                effect.after,
                "" if effect.tier_before is None else str(effect.tier_before),
                "" if effect.tier_after is None else str(effect.tier_after),
                "; ".join(effect.rules),
                str(effect.decision.uuid),
                "" if actual is None else actual.decision.outcome,
                "" if actual is None else ("yes" if actual.is_as_reported else "no"),
            )
        )


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()


def _actual(effect: object) -> EffectComparison | None:
    found: EffectComparison | None = getattr(effect, "comparison", None)
    return found


def _impact(actor: Actor, row: PackProposal, on: date) -> ImpactSummary | None:
    report = find_report(proposal=row)
    if report is None:
        return None
    has_ended = row.status in (ProposalStatus.ACTIVATED, ProposalStatus.REJECTED)
    found = count_effects(actor=actor, report=report)
    return ImpactSummary(
        report=report,
        stale="" if has_ended else staleness(report=report, proposal=row, on=on),
        counts={change: found.get(change, 0) for change in CHANGES},
        unchanged=report.counts[Change.UNCHANGED.value] if actor.entity_keys() is None else None,
    )


def _blocked(
    actor: Actor, row: PackProposal, impact: ImpactSummary | None, counted: Sequence[PackApproval]
) -> str:
    if not any(actor.holds(role, entity_key="") for role in SIGNATORIES):
        return "it takes the role of approver for every legal entity"
    if row.author.uuid == actor.person_uuid:
        return "you wrote it"
    if row.status != ProposalStatus.PROPOSED:
        return f"it is {row.status}"
    if any(item.person.uuid == actor.person_uuid for item in counted):
        return "you have approved it already"
    if impact is None:
        return "nobody has had its impact reported"
    return impact.stale


def _comparison(actor: Actor, row: PackProposal) -> ComparisonSummary | None:
    job, report = find_job(proposal=row, kind=PackJobKind.COMPARISON), find_report(proposal=row)
    if job is None or report is None:
        return None
    effects = list_effects(actor=actor, report=report).order_by()
    found = dict(effects.values_list("comparison__is_as_reported").annotate(Count("id")))
    return ComparisonSummary(
        job=job,
        as_reported=found.get(True, 0),
        otherwise=found.get(False, 0),
        waiting=found.get(None, 0),
    )
