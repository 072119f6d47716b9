"""What a supervisor reads of the policy: packs, proposals, and what each would change."""

from uuid import UUID

from registry import api
from registry.portal.door import Download, Page, Visit, logged
from registry.portal.records import LIST_LENGTH, activity

FILTERS = ("change", "stage", "use_case")


@logged
def packs(visit: Visit) -> Page:
    """List the policy packs and the proposals to change them."""
    return Page(
        title="Policy",
        template="registry/packs.html",
        context={
            "standings": api.list_pack_standings(actor=visit.actor, on=visit.at.date()),
            "proposals": api.list_pack_proposals(actor=visit.actor)[:LIST_LENGTH],
        },
    )


@logged
def pack(visit: Visit, *, uuid: UUID) -> Page:
    """Show the rules of a pack."""
    view = api.view_pack(actor=visit.actor, uuid=uuid, on=visit.at.date())
    return Page(
        title=f"Policy pack {view.row}",
        template="registry/pack.html",
        context={"view": view, "pack": view.row},
    )


@logged
def proposal(visit: Visit, *, uuid: UUID) -> Page:
    """Show a proposal and what came of it."""
    view = api.view_proposal(actor=visit.actor, uuid=uuid, on=visit.at.date())
    return Page(
        title=f"Proposed pack {view.row}",
        template="registry/proposal.html",
        context={"view": view, "proposal": view.row, "events": activity(visit, view.row.uuid)},
    )


@logged
def impact(visit: Visit, *, uuid: UUID) -> Page:
    """Show what a proposal would change."""
    given = visit.request.GET
    after = given.get("after", "")
    query = api.EffectQuery(
        **{name: given.get(name, "")[:60] for name in FILTERS},
        after=int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else 0,
    )
    view = api.view_effects(actor=visit.actor, uuid=uuid, on=visit.at.date(), query=query)
    return Page(
        title=f"Impact of {view.row}",
        template="registry/impact.html",
        context={"view": view, "proposal": view.row, "query": query, "job": view.job},
    )


@logged
def impact_csv(visit: Visit, *, uuid: UUID) -> Download:
    """Download what a proposal would change."""
    row = api.get_pack_proposal(actor=visit.actor, uuid=uuid)
    return Download(
        title=f"Impact of {row} as CSV",
        name=f"impact-{row.instrument}-{row.version}.csv",
        content_type="text/csv; charset=utf-8",
        content=api.effects_csv(actor=visit.actor, uuid=uuid),
    )
