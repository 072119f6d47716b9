"""Reading proposals, their reports and approvals. Whoever has a role may read them; effects are read by entity."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from registry.decisions.models import PackRelease
from registry.decisions.packs import released_packs
from registry.decisions.proposals import ImpactEffect, ImpactReport, PackApproval, PackJob, PackProposal
from registry.decisions.stock import stock_digest
from registry.domain.canonical import Json
from registry.domain.errors import NotFound
from registry.domain.vocab import PackJobKind
from registry.inventory.visibility import visible_to
from registry.people.actors import Actor
from registry.policy.diff_text import EntryChange, explain_diff
from registry.policy.engine import packs_in_force
from registry.policy.pack_faults import Fault, lint_faults, read_with_faults
from registry.policy.pack_reader import read_pack
from registry.policy.proposed import packs_after
from registry.policy.rules import Pack

PROPOSAL_FILE = "pack.yaml"
"""What messages call the text of a proposal."""


def list_pack_proposals(*, actor: Actor) -> QuerySet[PackProposal]:
    """Return the proposals, newest first; nothing for somebody without a role."""
    rows = PackProposal.objects.select_related("author", "ended_by", "release").order_by("-id")
    return rows if actor.grants else rows.none()


def get_pack_proposal(*, actor: Actor, uuid: UUID) -> PackProposal:
    """Return one proposal. Raises ``PKP003``."""
    row = list_pack_proposals(actor=actor).filter(uuid=uuid).first()
    if row is None:
        raise NotFound(
            "PKP003", f"there is no pack proposal {uuid}", remedy="Choose one from the policy page."
        )
    return row


def find_report(*, proposal: PackProposal) -> ImpactReport | None:
    """Return the newest report of the proposal's impact."""
    return ImpactReport.objects.filter(proposal=proposal).order_by("-id").first()


def find_job(*, proposal: PackProposal, kind: PackJobKind) -> PackJob | None:
    """Return the newest job of that kind."""
    return PackJob.objects.filter(proposal=proposal, kind=kind).order_by("-id").first()


def list_pack_approvals(*, proposal: PackProposal) -> list[PackApproval]:
    """Return the approvals, oldest first; those on an earlier report count no more."""
    return list(
        PackApproval.objects.filter(proposal=proposal).select_related("person", "report").order_by("id")
    )


def list_effects(*, actor: Actor, report: ImpactReport) -> QuerySet[ImpactEffect]:
    """Return the effects on pairs that the actor may see."""
    rows = ImpactEffect.objects.filter(report=report).select_related(
        "intended_use__version__registered_model",
        "intended_use__use_case__entity",
        "decision",
        "comparison__decision",
    )
    return visible_to(actor, rows, entity_path="intended_use__use_case__entity__key").order_by("id")


def count_effects(*, actor: Actor, report: ImpactReport) -> dict[str, int]:
    """Return how many effects of each change the actor may see."""
    rows = list_effects(actor=actor, report=report).order_by()
    return dict(rows.values_list("change").annotate(Count("id")).order_by("change"))


def proposed_pack(*, proposal: PackProposal) -> Pack:
    """Return the pack that the proposal holds, or that it would withdraw."""
    return read_pack(text=proposal.text, file=PROPOSAL_FILE)


def day_of_effect(*, proposal: PackProposal, on: date) -> date:
    """Return the first day on which the proposal would make a difference, if it were activated on the date."""
    return max(on, proposal.effective_from)


def packs_with(*, proposal: PackProposal) -> tuple[tuple[Pack, ...], tuple[Pack, ...]]:
    """Return the released packs, and what they would be with the proposal."""
    released = released_packs()
    withdrawn_from = proposal.effective_from if proposal.is_withdrawal else None
    pack = proposed_pack(proposal=proposal)
    return released, packs_after(released=released, pack=pack, withdrawn_from=withdrawn_from)


def hashes_in_force(*, packs: tuple[Pack, ...], on: date) -> dict[str, Json]:
    """Return the packs that rule on the date, by reference, with their hashes."""
    return {pack.ref: pack.content_hash for pack in packs_in_force(packs=packs, as_of=on)}


def staleness(*, report: ImpactReport, proposal: PackProposal, on: date) -> str:
    """Say why a report is no longer current; empty while it is."""
    if report.proposal_sha256 != proposal.content_sha256:
        return "the text has changed since the report"
    day = day_of_effect(proposal=proposal, on=on)
    before, after = packs_with(proposal=proposal)
    if report.packs_before != hashes_in_force(packs=before, on=day):
        return "other packs are in force than those of the report"
    if report.packs_after != hashes_in_force(packs=after, on=day):
        return "other packs would be in force than those of the report"
    if report.facts_digest != stock_digest():
        return "facts have changed since the report"
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextView:
    """A text as a pack: what is wrong with it, and what it changes against ``base``."""

    faults: tuple[Fault, ...]
    defects: tuple[Fault, ...]
    base: Pack | None
    changes: tuple[EntryChange, ...]
    pack: Pack | None


def view_text(*, text: str, is_linted: bool = False) -> TextView:
    """Read a text, lint it unless that was done, and compare it with what it supersedes.

    Where it supersedes nothing, the newest earlier release of its instrument stands in.
    """
    pack, faults = read_with_faults(text=text, file=PROPOSAL_FILE)
    if pack is None:
        return TextView(faults=faults, defects=(), base=None, changes=(), pack=None)
    others = {other.ref: other for other in released_packs() if other.ref != pack.ref}
    base = _base(pack, others)
    return TextView(
        faults=(),
        defects=() if is_linted else lint_faults(pack=pack, text=text, file=PROPOSAL_FILE, others=others),
        base=base,
        changes=explain_diff(old=base, new=pack) if base is not None else (),
        pack=pack,
    )


def list_releases(*, instrument: str) -> list[PackRelease]:
    """Return the releases of an instrument, newest first."""
    rows = PackRelease.objects.filter(instrument=instrument).select_related("withdrawal")
    return list(rows.order_by("-effective_from", "-id"))


def previous_pack(*, pack: Pack) -> Pack | None:
    """Return the release that a pack supersedes, or else the newest earlier one of its instrument."""
    return _base(pack, {other.ref: other for other in released_packs() if other.ref != pack.ref})


def _base(pack: Pack, others: dict[str, Pack]) -> Pack | None:
    superseded = [others[ref] for ref in pack.supersedes if ref in others]
    same = [other for other in others.values() if other.instrument == pack.instrument]
    earlier = [other for other in same if other.effective_from <= pack.effective_from]
    return max(superseded or earlier, key=lambda other: (other.effective_from, other.version), default=None)
