"""Proposals to change the policy of the built bank, and the second line that decides on them."""

from datetime import datetime, timedelta
from typing import Any

from registry import api
from registry.decisions.proposals import PackJob
from registry.domain.vocab import PackJobKind, Role, RunStatus
from registry.people.models import Person, RoleAssignment
from tests.builders.registry import AT, a_story, by

LATER = AT + timedelta(days=1)
SECOND_LINE = {"vito": Role.VALIDATOR, "alma": Role.APPROVER, "amir": Role.APPROVER, "anna": Role.APPROVER}
"""People with a role for every legal entity. Vito writes; Alma, Amir and Anna approve."""

DESK = """\
instrument: desk
version: 2026-12
title: Desk rules on collections
binding_level: house
effective_from: "2026-11-01"
clauses:
  - {id: D1, citation: "Desk rules, Collections", text: In our own words., url: docs/packs.md, verification: VERIFIED}
rules:
  - id: no-boosting
    stage: gate:register
    title: A tree ensemble orders the calls of collections
    when:
      all:
        - {fact: model.family, op: eq, value: tree_ensemble}
        - {fact: use.archetype, op: eq, value: collections}
    effect: {block: Use a scorecard.}
    cites: [D1]
examples:
  - title: Boosted
    stage: gate:register
    facts: {model.family: tree_ensemble, use.archetype: collections}
    fires: [no-boosting]
  - title: A scorecard
    stage: gate:register
    facts: {model.family: scorecard, use.archetype: collections}
    silent: [no-boosting]
"""
"""A pack that takes boosted models out of collections, and leaves everything else alone."""


def hire_second_line() -> None:
    """Give four people a role for every entity."""
    for username, role in SECOND_LINE.items():
        person = Person.objects.create(username=username, full_name=f"{username.title()} Doe")
        RoleAssignment.objects.create(
            person=person, role=role, entity_key="", valid_from=AT.date(), granted_by_name="set-up"
        )


def fill_inventory() -> dict[str, api.IntendedUse]:
    """Put pairs into the register whose newest decisions stand at several stages."""
    stories = {
        "permitted": a_story("collections", key="pd-a").permitted(),
        "validated": a_story("collections", key="pd-b").validated(),
        "underwriting": a_story("underwriting", key="pd-c").permitted(),
        "requested": a_story("fraud", key="pd-d").requested(),
    }
    return {name: story.use for name, story in stories.items()}


def drafted(text: str = DESK, *, username: str = "vito", at: datetime = LATER) -> api.PackProposal:
    """Draft a pack."""
    return api.draft_pack(**by(username, at=at), text=text, rationale="Calls must be explained.")


def proposed(text: str = DESK, *, username: str = "vito", at: datetime = LATER) -> api.PackProposal:
    """Draft and propose a pack."""
    row = drafted(text, username=username, at=at)
    return api.propose_pack(**by(username, at=at), proposal_uuid=row.uuid, row_version=row.row_version)


def work(*, at: datetime = LATER) -> None:
    """Do all work on proposals that is due."""
    for uuid in api.list_pack_jobs_to_run(on=at.date(), limit=10):
        while api.step_pack_job(job_uuid=uuid, at=at):
            pass


def reported(row: api.PackProposal, *, username: str = "vito", at: datetime = LATER) -> api.ImpactReport:
    """Have the impact of a proposal reported."""
    api.request_impact(**by(username, at=at), proposal_uuid=row.uuid)
    work(at=at)
    job = PackJob.objects.filter(proposal=row, kind=PackJobKind.IMPACT).latest("id")
    assert job.status == RunStatus.SUCCEEDED, job.ended_reason
    found = api.find_impact_report(proposal=row)
    assert found is not None
    return found


def approval(row: api.PackProposal, report: api.ImpactReport, **changed: Any) -> dict[str, Any]:
    """Return what somebody approves who has read the proposal and its report."""
    row.refresh_from_db()
    return {
        "proposal_uuid": row.uuid,
        "content_sha256": row.content_sha256,
        "report_digest": report.digest,
        "comment": "Within appetite.",
        "row_version": row.row_version,
        **changed,
    }


def approve(row: api.PackProposal, report: api.ImpactReport, username: str, *, at: datetime = LATER) -> None:
    """Approve as one of the second line."""
    api.approve_pack(**by(username, at=at), **approval(row, report))
    row.refresh_from_db()


def activated(text: str = DESK, *, at: datetime = LATER) -> api.PackProposal:
    """Bring a pack from nothing into force."""
    row = proposed(text, at=at)
    report = reported(row, at=at)
    approve(row, report, "alma", at=at)
    approve(row, report, "amir", at=at)
    return row
