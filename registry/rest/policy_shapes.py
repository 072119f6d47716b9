"""What the API answers about packs and proposals, as types."""

from typing import Any, TypedDict


class PackShape(TypedDict):
    """A released policy pack; ``state`` is today's."""

    uuid: str
    instrument: str
    version: str
    title: str
    binding_level: str
    effective_from: str
    content_sha256: str
    released_at: str
    state: str
    page: str


class PackRuleShape(TypedDict):
    """A rule in plain English; the counts are of pairs, and absent unless it rules today."""

    id: str
    stage: str
    text: str
    citations: list[dict[str, str]]
    informs_because: str
    in_effect: int | None
    silent: int | None


class PackDetailShape(PackShape):
    """A pack with its text, its rules, and its examples run now."""

    text: str
    withdrawn_from: str | None
    rules: list[PackRuleShape]
    examples: list[dict[str, Any]]
    previous: str | None
    changes: list[dict[str, Any]]


class PackJobShape(TypedDict):
    """Work in the background."""

    uuid: str
    kind: str
    status: str
    progress: str
    done: int
    planned: int
    ended_reason: str


class ImpactReportShape(TypedDict):
    """What a report of impact says and is bound to; ``stale`` is empty while it is current."""

    uuid: str
    digest: str
    stale: str
    counts: dict[str, int]
    unchanged: int | None
    as_of_date: str
    proposal_sha256: str
    facts_digest: str
    packs_before: dict[str, str]
    packs_after: dict[str, str]
    reported_at: str


class ImpactShape(TypedDict):
    """A page of the pairs that change; ``next`` is the cursor of the page that follows, or empty."""

    report: ImpactReportShape | None
    work: PackJobShape | None
    effects: list[dict[str, Any]]
    next: str


class ProposalShape(TypedDict):
    """A pack that somebody would release or withdraw."""

    uuid: str
    kind: str
    instrument: str
    version: str
    title: str
    effective_from: str
    content_sha256: str
    rationale: str
    author: str
    status: str
    drafted_at: str
    proposed_at: str | None
    ended_at: str | None
    ended_by: str | None
    ended_reason: str
    release: str | None
    row_version: int
    page: str


class ProposalDetailShape(ProposalShape):
    """A proposal with its text, defects, differences, report, approvals, and what came of it."""

    text: str
    defects: list[dict[str, Any]]
    compared_with: str | None
    changes: list[dict[str, Any]]
    report: ImpactReportShape | None
    work: PackJobShape | None
    approvals: list[dict[str, Any]]
    comparison: dict[str, Any] | None
