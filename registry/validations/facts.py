"""Facts that validation knows: what the checks measured, what was signed, which safeguards stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.domain.vocab import Provenance, RequestStatus, Safeguard, Verdict
from registry.inventory.models import IntendedUse
from registry.policy.facts import Fact, known, unknown
from registry.policy.timeline import DayCount
from registry.validations.models import (
    FEEDS_FACTS,
    EvidenceRecord,
    SafeguardEvidence,
    TradeOffStatement,
    ValidationReport,
    ValidationRequest,
)

AGE, TERM = "validation.age_days", "trade_off.expires_in_days"
CAPITAL_FACTS = "capital."
VALIDATION_BATCH = "recent"
"""The batch on which a version is validated; every other batch is monitoring."""


def find_decisive_request(*, intended_use: IntendedUse) -> ValidationRequest | None:
    """Return the newest completed validation of the artefact, whose evidence policy reads; never a re-performance."""
    return (
        ValidationRequest.objects.filter(
            FEEDS_FACTS,
            intended_use=intended_use,
            batch=VALIDATION_BATCH,
            status=RequestStatus.COMPLETED,
        )
        .order_by("-ended_at", "-id")
        .first()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationRecord:
    """What validation holds about a pair, read once. ``settled`` are the facts that no calendar moves."""

    settled: dict[str, Fact]
    report: ValidationReport | None
    safeguards: list[SafeguardEvidence]
    trade_off: TradeOffStatement | None


def read_validation(*, intended_use: IntendedUse) -> ValidationRecord:
    """Return what the decisive validation, the safeguards and the trade-off say about the pair."""
    request = find_decisive_request(intended_use=intended_use)
    report = None
    if request is None:
        settled = {
            "validation.completed": known(
                name="validation.completed",
                value=False,
                provenance=Provenance.DERIVED,
                source="no completed validation",
            )
        }
    else:
        report = ValidationReport.objects.filter(request=request).first()
        settled = {**_evidence_facts(request), **_report_facts(request, report)}
    return ValidationRecord(
        settled=settled,
        report=report,
        safeguards=list(SafeguardEvidence.objects.filter(intended_use=intended_use).order_by("id")),
        trade_off=TradeOffStatement.objects.filter(intended_use=intended_use).order_by("-id").first(),
    )


def facts_on(*, record: ValidationRecord, on: date) -> dict[str, Fact]:
    """Return every fact that validation can state about the pair on the date."""
    facts = {
        **record.settled,
        **_safeguard_facts(record.safeguards, on),
        **_trade_off_facts(record.trade_off, on),
    }
    if record.report is not None:
        facts[AGE] = known(
            name=AGE,
            value=_age(record.report).on(day=on),
            provenance=Provenance.DECLARED,
            source=f"report {record.report.uuid}",
        )
    return facts


def day_counts(*, record: ValidationRecord) -> dict[str, DayCount]:
    """Return the facts about the validation that move with the calendar."""
    counts = {}
    if record.report is not None:
        counts[AGE] = _age(record.report)
    if record.trade_off is not None:
        counts[TERM] = DayCount(zero_on=record.trade_off.expires_on, is_growing=False)
    return counts


def _age(report: ValidationReport) -> DayCount:
    return DayCount(zero_on=report.signed_at.date(), is_growing=True)


def monitoring_fact(*, intended_use: IntendedUse) -> Fact:
    """Return whether the newest result of some monitoring batch failed.

    A run or a check that broke down says nothing, so the answer is unknown then.
    A file of predictions is no monitoring: nothing ties its scores to the artefact.
    """
    name = "monitoring.breach_open"
    ended = ValidationRequest.objects.filter(
        FEEDS_FACTS,
        intended_use=intended_use,
        status__in=(RequestStatus.COMPLETED, RequestStatus.FAILED),
    ).exclude(batch=VALIDATION_BATCH)
    newest = list({request.batch: request for request in ended.order_by("ended_at", "id")}.values())
    records = EvidenceRecord.objects.filter(request__in=newest).order_by("id")
    if failed := [f"evidence {row.uuid}" for row in records if row.verdict == Verdict.FAIL]:
        return known(name=name, value=True, provenance=Provenance.MEASURED, source=", ".join(failed))
    broken = [f"validation {row.uuid}" for row in newest if row.status == RequestStatus.FAILED]
    broken += [f"evidence {row.uuid}" for row in records if row.verdict == Verdict.ERROR]
    if broken:
        return unknown(reason="a monitoring run or check broke down", source=", ".join(broken))
    return known(
        name=name, value=False, provenance=Provenance.MEASURED, source="no monitoring batch has failed"
    )


def _evidence_facts(request: ValidationRequest) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    records = list(request.evidence.all())
    portfolio = request.intended_use.use_case.portfolio
    for record in records:
        source = f"evidence {record.uuid}"
        if record.verdict not in (Verdict.ERROR, Verdict.NOT_APPLICABLE):
            for name, value in record.facts.items():
                # A figure of capital is no better known than the portfolio that it was computed on.
                is_capital = name.startswith(CAPITAL_FACTS)
                provenance = portfolio.provenance if portfolio and is_capital else Provenance.MEASURED
                facts[name] = known(name=name, value=value, provenance=Provenance(provenance), source=source)
        else:
            for name in record.facts:
                facts[name] = unknown(reason=f"{record.check_id}: {record.reason}", source=source)
    source = f"validation {request.uuid}"
    for name, verdict in (("checks.failed", Verdict.FAIL), ("checks.errored", Verdict.ERROR)):
        count = sum(record.verdict == verdict for record in records)
        facts[name] = known(name=name, value=count, provenance=Provenance.MEASURED, source=source)
    facts["validation.completed"] = known(
        name="validation.completed", value=True, provenance=Provenance.MEASURED, source=source
    )
    return facts


def _report_facts(request: ValidationRequest, report: ValidationReport | None) -> dict[str, Fact]:
    if report is None:
        return {
            "validation.report_signed": known(
                name="validation.report_signed",
                value=False,
                provenance=Provenance.DERIVED,
                source=f"validation {request.uuid}",
            )
        }
    values = {"validation.report_signed": True, "validation.opinion": report.opinion}
    return {
        name: known(name=name, value=value, provenance=Provenance.DECLARED, source=f"report {report.uuid}")
        for name, value in values.items()
    }


def _safeguard_facts(rows: Sequence[SafeguardEvidence], on: date) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for row in (row for row in rows if row.evidenced_on <= on):
        name, source = f"safeguard.{row.safeguard}", f"safeguard evidence {row.uuid}"
        if row.expires_on < on:
            facts[name] = unknown(reason=f"the evidence expired on {row.expires_on}", source=source)
        else:
            facts[name] = known(name=name, value=True, provenance=Provenance.DECLARED, source=source)
    for safeguard in Safeguard:
        name = f"safeguard.{safeguard.value}"
        facts.setdefault(name, unknown(reason="nobody has shown that it is in place"))
    return facts


def _trade_off_facts(row: TradeOffStatement | None, on: date) -> dict[str, Fact]:
    name = "trade_off.economic_statement"
    if row is None:
        return {
            name: unknown(reason="the owner has made no economic case"),
            TERM: unknown(reason="no statement"),
        }
    source = f"trade-off statement {row.uuid}"
    left = (row.expires_on - on).days
    return {
        name: known(name=name, value=left >= 0, provenance=Provenance.DECLARED, source=source),
        TERM: known(name=TERM, value=max(left, 0), provenance=Provenance.DERIVED, source=source),
    }
