"""Permits with conditions of one's choosing, and packs that come into force ahead."""

from datetime import date
from typing import Any

from registry import api
from registry.decisions.models import Permit
from registry.decisions.permits import sign_statement
from registry.domain.canonical import to_json
from registry.policy.pack_reader import read_pack
from tests.builders.registry import AT, Story

PACK = """\
instrument: later
version: "{version}"
title: What comes later
binding_level: house
effective_from: "{effective_from}"
supersedes: [{supersedes}]
clauses:
  - {{id: L1, citation: "Later {version}", text: Stop., url: "https://later.test", verification: VERIFIED}}
rules:
  - id: later
    stage: {stage}
    title: The pack that comes later says so
    when: {when}
    effect: {effect}
    cites: [L1]
examples: []
"""


def impose(story: Story, *conditions: dict[str, Any]) -> Permit:
    """Give the pair's permit these conditions, properly signed: as if the pack had imposed them at approval."""
    permit = story.permit
    text, signature, key_id = sign_statement(
        {
            "version": 1,
            "mlflow_uri": story.use.version.mlflow_uri,
            "artifact_digest": permit.version_digest,
            "use_case": story.use.use_case.key,
            "entity": story.use.use_case.entity.key,
            "conditions": to_json(list(conditions)),
            "issued_at": permit.issued_at,
            "expires_on": permit.expires_on,
            "approval": permit.approval_uuid,
            "decision_digest": permit.decision.body_digest,
        }
    )
    Permit.objects.filter(pk=permit.pk).update(
        conditions=list(conditions), statement=text, signature=signature, key_id=key_id
    )
    return story.permit


def release_later_pack(
    *,
    on: date,
    version: str = "1",
    supersedes: str = "",
    stage: str = "gate:use",
    when: str = "always",
    effect: str = "{block: Stop.}",
) -> None:
    """Release a house pack of one rule, in force from a day on."""
    text = PACK.format(
        version=version,
        effective_from=on.isoformat(),
        supersedes=supersedes,
        stage=stage,
        when=when,
        effect=effect,
    )
    pack = read_pack(text=text, file=f"later/{version}.yaml")
    api.PackRelease.objects.create(
        instrument=pack.instrument,
        version=pack.version,
        title=pack.title,
        binding_level=pack.binding_level,
        effective_from=pack.effective_from,
        content_sha256=pack.content_hash,
        text=text,
        released_at=AT,
    )
