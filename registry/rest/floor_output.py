"""What the API answers about the output floor."""

from decimal import Decimal

from registry import api
from registry.domain.errors import MrmError
from registry.rest import floor_shapes as shapes
from registry.rest.views import page_link


def entity_floor(view: api.EntityFloorView) -> shapes.EntityUnderFloorShape:
    """Return an entity under the floor."""
    return {
        "entity": view.entity.key,
        "as_of": view.on.isoformat(),
        "sentence": view.sentence,
        "portfolios": [_portfolio(stand) for stand in view.stands],
        "report": None if view.report is None else _report(view.report),
        "page": page_link("web:entity", key=view.entity.key),
    }


def use_floor(view: api.UseFloorView) -> shapes.UseFloorShape:
    """Return what a pair does to its entity."""
    report = view.report
    effect = None if report is None else report.effect
    return {
        "intended_use": str(view.intended_use.uuid),
        "entity": view.entity.key,
        "as_of": view.on.isoformat(),
        "decision": None if view.decision_uuid is None else str(view.decision_uuid),
        "sentence": view.sentence,
        "notes": view.notes,
        "without": view.instead,
        "rwa_without_eur": _amount(view.rwa_without_eur),
        "portfolios": [_portfolio(stand) for stand in view.stands],
        "effect": None
        if effect is None
        else {
            "pre_floor_saving_eur": format(effect.pre_floor_saving_eur, "f"),
            "floored_saving_eur": format(effect.floored_saving_eur, "f"),
            "lost_to_floor_eur": format(effect.lost_to_floor_eur, "f"),
            "is_neutralised": effect.is_neutralised,
        },
        "with_model": None if report is None else _report(report.with_model),
        "without_model": None if report is None else _report(report.without_model),
        "model_level": None if view.model_level is None else _model_level(view.model_level),
        "page": page_link("web:intended-use", uuid=view.intended_use.uuid),
    }


def _model_level(level: api.ModelLevel) -> shapes.ModelFloorShape:
    floor = level.floor
    return {
        "share_of_benchmark": format(floor.share_of_benchmark, "f"),
        "required_share": _amount(level.required_share),
        "is_binding": level.is_binding,
        "model_rwa_eur": format(floor.model_rwa_eur, "f"),
        "benchmark_rwa_eur": format(floor.benchmark_rwa_eur, "f"),
        "shortfall_eur": format(floor.shortfall_eur, "f"),
        "provenance": floor.provenance.value,
        "evidence": str(level.evidence_uuid),
    }


def _portfolio(stand: api.PortfolioStand) -> shapes.FloorPortfolioShape:
    measured = stand.measured
    return {
        "key": stand.row.key,
        "name": stand.row.name,
        "pre_floor_rwa_eur": format(stand.figures.pre_floor_rwa_eur, "f"),
        "standardised_rwa_eur": format(stand.figures.standardised_rwa_eur, "f"),
        "provenance": stand.figures.provenance.value,
        "evidence": None if measured is None else str(measured.evidence.uuid),
        "model_version": None if measured is None else str(measured.version.uuid),
    }


def _report(report: api.FloorReport) -> shapes.FloorReportShape:
    binding = report.binding
    return {
        "jurisdiction": report.jurisdiction,
        "today": None if report.today is None else _day(report.today),
        "binds_from": None
        if binding is None or binding.binds_from is None
        else binding.binds_from.isoformat(),
        "already_binds": binding is not None and binding.already_binds,
        "path": [_day(step) for step in report.path],
        "allocations": [
            {
                "method": one.method.value,
                "add_on_eur": format(one.add_on_eur, "f"),
                "shares": [
                    {"portfolio": key, "share_eur": format(share, "f")} for key, share in one.shares_eur
                ],
                "entity_level_eur": format(one.entity_level_eur, "f"),
            }
            for one in report.allocations
        ],
        "provenance": report.entity.provenance.value,
        "refusal": None if report.refusal is None else _refusal(report.refusal),
        "left_out": [_refusal(refusal) for refusal in report.left_out],
        "citations": [
            {
                "table": one.table,
                "line": one.line,
                "source": one.source,
                "verification": one.verification.value,
                "note": one.note,
            }
            for one in report.citations
        ],
    }


def _day(step: api.FloorStep) -> shapes.FloorDayShape:
    floor, result = step.floor, step.floor.result
    verification = floor.position.verification
    return {
        "on": floor.position.as_of.isoformat(),
        "multiplier": format(result.terms.multiplier, "f"),
        "verification": "" if verification is None else verification.value,
        "may_gate": floor.may_gate,
        "pre_floor_rwa_eur": format(result.pre_floor_rwa_eur, "f"),
        "standardised_rwa_eur": format(result.standardised_rwa_eur, "f"),
        "pre_floor_share_of_standardised": _amount(result.pre_floor_share_of_standardised),
        "floor_eur": format(result.floor_eur, "f"),
        "distance_eur": format(result.distance_eur, "f"),
        "floored_rwa_eur": format(result.floored_rwa_eur, "f"),
        "add_on_eur": format(result.add_on_eur, "f"),
        "is_binding": result.is_binding,
        "capped_rwa_eur": None if step.capped is None else format(step.capped.result.floored_rwa_eur, "f"),
    }


def _refusal(refusal: MrmError) -> shapes.FloorRefusalShape:
    return {"code": refusal.code, "detail": refusal.message, "remedy": refusal.remedy}


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
