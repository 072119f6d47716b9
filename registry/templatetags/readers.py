"""Stored documents, arranged for reading: rules by stage, facts by name, signatures, the way to a permit."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from registry import api
from registry.domain.attachments import NamedFile, named_files
from registry.domain.reproduction import ReproductionOutcome
from registry.domain.vocab import ApprovalStatus, Opinion, PermitStatus, RequestStatus, Stage, Verdict
from registry.templatetags.display import decision_state, page_url, words

register = template.Library()

_REPRODUCTION = {
    ReproductionOutcome.PENDING: "It has not ended yet.",
    ReproductionOutcome.FAILED: "It did not come to an end, so it shows nothing.",
    ReproductionOutcome.SAME: "Every check gives the same numbers and words again.",
    ReproductionOutcome.EXPLAINED: "Some numbers are other ones; what else differs between the runs is listed.",
    ReproductionOutcome.UNEXPLAINED: "Some numbers are other ones, and nothing that is known explains it.",
}
_EVIDENCE = re.compile(r"evidence ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True, kw_only=True)
class StageRules:
    """The rules of one stage: those that take effect, and those that do not."""

    name: str
    active: list[Mapping[str, Any]]
    inactive: list[Mapping[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether the reader should see them without asking."""
        return bool(self.active) and self.name.startswith("gate")


@register.filter
def by_stage(nodes: Iterable[Mapping[str, Any]]) -> list[StageRules]:
    """Group the rule nodes of a decision by stage, and by whether they take effect."""
    listed = list(nodes)
    grouped = [
        StageRules(
            name=stage.value,
            active=[node for node in listed if node["stage"] == stage.value and node["truth"] != "false"],
            inactive=[node for node in listed if node["stage"] == stage.value and node["truth"] == "false"],
        )
        for stage in Stage
    ]
    return [group for group in grouped if group.active or group.inactive]


@register.filter
def rules_by_stage(rules: Iterable[api.RuleView]) -> list[dict[str, Any]]:
    """Group the rules of a pack by stage."""
    listed = list(rules)
    grouped = [
        {"name": stage.value, "rules": [rule for rule in listed if rule.stage == stage.value]}
        for stage in Stage
    ]
    return [group for group in grouped if group["rules"]]


@register.filter
def reproduction_words(outcome: ReproductionOutcome) -> str:
    """Return what a re-performance shows, in a sentence."""
    return _REPRODUCTION[outcome]


@register.filter
def files_of(record: api.EvidenceRecord) -> tuple[NamedFile, ...]:
    """Return the files that a check's result names."""
    return named_files(body=record.body)


@register.filter
def evidence_uuid(source: object) -> str:
    """Return the identifier of the one evidence record that a fact's source names, or nothing."""
    found = _EVIDENCE.findall(str(source))
    return found[0] if len(found) == 1 else ""


@register.filter
def clauses(
    citations: Mapping[str, Mapping[str, Any]], packs: Iterable[api.PackRelease]
) -> list[dict[str, Any]]:
    """Return the citations of a decision as rows, each with how strongly its instrument binds."""
    levels = {f"{pack.instrument}/{pack.version}": pack.binding_level for pack in packs}
    return [
        {"ref": ref, **citations[ref], "binding_level": levels.get(ref.partition("#")[0], "")}
        for ref in sorted(citations)
    ]


@register.filter
def signature_parts(signature: object) -> list[dict[str, Any]]:
    """Return an MLflow signature as its inputs and outputs, each with columns of name, type and need."""
    if not isinstance(signature, Mapping):
        return []
    parts = []
    for title in ("inputs", "outputs"):
        columns = signature.get(title)
        if isinstance(columns, str):
            columns = json.loads(columns)
        if isinstance(columns, list):
            parts.append({"title": title.capitalize(), "columns": [_column(column) for column in columns]})
    return parts


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    tensor = column.get("tensor-spec")
    described = (
        f"tensor of {tensor.get('dtype')}" if isinstance(tensor, Mapping) else str(column.get("type", ""))
    )
    return {
        "name": column.get("name", ""),
        "type": described,
        "required": column.get("required", not column.get("optional", False)),
    }


@register.filter
def pretty_json(value: object) -> str:
    """Return a document as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)


@register.filter
def hexadecimal(value: bytes) -> str:
    """Return bytes as lower-case hex digits."""
    return bytes(value).hex()


@register.simple_tag(takes_context=True)
def linked(context: template.Context, name: str, label: object, *args: object) -> SafeString:
    """Link to a page of the surface where it has one; the label alone where it has not."""
    try:
        url = page_url(context, name, *args)
    except NoReverseMatch:
        return conditional_escape(str(label))
    return format_html('<a href="{}">{}</a>', url, label)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step on the way to a permit: ``done``, ``current``, ``ahead`` or ``stopped``."""

    title: str
    state: str
    text: str
    at: object = None
    links: Sequence[tuple[str, str, tuple[object, ...]]] = ()


@register.filter
def from_predictions(validations: Sequence[api.ValidationRequest]) -> list[api.ValidationRequest]:
    """Return the validations that read a file of predictions in place of an artefact."""
    return [row for row in validations if row.is_from_predictions]


@register.filter
def not_checked(records: Sequence[Any]) -> list[Any]:
    """Return the finished checks that could not say anything; each carries its reason and a sentence."""
    return [record for record in records if record.verdict == Verdict.NOT_APPLICABLE]


@register.simple_tag
def way_to_permit(
    use: api.IntendedUse,
    decisions: Sequence[api.PolicyDecision],
    validations: Sequence[api.ValidationRequest],
    approvals: Sequence[api.ApprovalRequest],
    permit: api.Permit | None,
) -> list[Step]:
    """Return the steps from registration to permit as far as they have been taken, and who is next.

    A validation on a file of predictions, or a re-performance, is no step: policy does not read it.
    """
    validations = [row for row in validations if row.feeds_facts]
    taken = (
        _registered(use),
        _decided(decisions),
        _validated(validations),
        _reported(validations),
        _approved(approvals),
        _permitted(permit),
    )
    steps: list[Step] = []
    is_open = True
    for step in taken:
        steps.append(replace(step, state="current") if step.state == "ahead" and is_open else step)
        is_open = is_open and step.state == "done"
    return steps


def _registered(use: api.IntendedUse) -> Step:
    return Step(
        title="Registered",
        state="done",
        text=f"{use.declared_by} offered the version for this use.",
        at=use.declared_at,
    )


def _decided(decisions: Sequence[api.PolicyDecision]) -> Step:
    first = [row for row in decisions if row.stage == Stage.GATE_REGISTER.value]
    if not first:
        return Step(title="Decided at registration", state="ahead", text="The program decides by itself.")
    row = first[-1]
    return Step(
        title="Decided at registration",
        state="stopped" if row.outcome == "deny" else "done",
        text=f"Policy answered: {words(decision_state(row))}.",
        at=row.decided_at,
        links=[("decision", "The decision", (row.uuid,))],
    )


def _validated(validations: Sequence[api.ValidationRequest]) -> Step:
    if not validations:
        return Step(
            title="Validated",
            state="ahead",
            text="No validation has been asked for. A developer, owner or validator may ask.",
        )
    row = validations[0]
    link = [("validation", "The run and its evidence", (row.uuid,))]
    if row.status == RequestStatus.COMPLETED.value:
        return Step(
            title="Validated",
            state="done",
            text=f"{len(row.plan)} checks were run.",
            at=row.ended_at,
            links=link,
        )
    if row.status == RequestStatus.REQUESTED.value:
        return Step(
            title="Validated",
            state="ahead",
            text="The worker runs the plan.",
            at=row.requested_at,
            links=link,
        )
    return Step(
        title="Validated",
        state="stopped",
        text=f"The run {words(row.status)}: {row.ended_reason}",
        at=row.ended_at,
        links=link,
    )


def _reported(validations: Sequence[api.ValidationRequest]) -> Step:
    for row in validations:
        report = getattr(row, "report", None)
        if report is not None:
            return Step(
                title="Report signed",
                state="stopped" if report.opinion == Opinion.NOT_FIT.value else "done",
                text=f"{report.signed_by} concluded: {words(report.opinion)}.",
                at=report.signed_at,
                links=[("validation", "The report", (row.uuid,))],
            )
    return Step(
        title="Report signed",
        state="ahead",
        text="An independent validator challenges the evidence and signs.",
    )


def _approved(approvals: Sequence[api.ApprovalRequest]) -> Step:
    if not approvals:
        return Step(
            title="Approved", state="ahead", text="The owner submits it; an independent approver decides."
        )
    row = approvals[0]
    link = [("approval", "The request", (row.uuid,))]
    if row.status == ApprovalStatus.PENDING.value:
        return Step(
            title="Approved",
            state="ahead",
            text=f"Submitted by {row.submitted_by}; an approver decides.",
            at=row.submitted_at,
            links=link,
        )
    granted = row.status == ApprovalStatus.GRANTED.value
    return Step(
        title="Approved",
        state="done" if granted else "stopped",
        text=f"{row.decided_by} {'granted' if granted else 'refused'} it. {row.comment}",
        at=row.decided_at,
        links=link,
    )


def _permitted(permit: api.Permit | None) -> Step:
    if permit is None:
        return Step(
            title="Permit issued", state="ahead", text="Signed and dated when the approval is granted."
        )
    issued = permit.status == PermitStatus.ISSUED.value
    text = (
        f"Holds until {permit.expires_on}."
        if issued
        else f"{words(permit.status).capitalize()}: {permit.status_reason}"
    )
    return Step(title="Permit issued", state="done" if issued else "stopped", text=text, at=permit.issued_at)
