"""A proposal to change the policy of the web world, with a report of its impact."""

from datetime import datetime, timedelta

from registry import api
from registry.domain.vocab import Role
from tests.builders.policy import DESK, work
from tests.builders.web_world import AT, PASSWORD, SYSTEM, World

PROPOSED_AT = AT + timedelta(hours=3)


def propose_policy(world: World, *, at: datetime = PROPOSED_AT) -> api.PackProposal:
    """Let Vera propose a pack and have its impact reported; Alma joins as a second approver."""
    call = {"actor": SYSTEM, "at": at, "correlation_id": "set-up"}
    world.people["alma"] = api.create_person(
        **call, username="alma", full_name="Alma Reyes", password=PASSWORD
    )
    api.grant_role(**call, username="alma", role=Role.APPROVER)
    vera = {"actor": world.actor("vera"), "at": at, "correlation_id": "policy"}
    row = api.draft_pack(**vera, text=DESK, rationale="Calls must be explained to customers.")
    api.propose_pack(**vera, proposal_uuid=row.uuid, row_version=1)
    api.request_impact(**vera, proposal_uuid=row.uuid)
    work(at=at)
    row.refresh_from_db()
    return row
