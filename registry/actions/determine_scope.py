"""Determine, per regime, whether a registered model is a model in its scope; let a person depart from the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from registry.actions.clean import clean_future, clean_member, clean_text
from registry.actions.subjects import subject_of
from registry.audit.api import AuditAction, record
from registry.decisions.models import ScopeDetermination
from registry.decisions.packs import released_packs
from registry.decisions.scope import ScopeStanding, list_scope, newest_computed
from registry.domain.errors import InvalidInput, NotFound
from registry.domain.vocab import Role, ScopeAnswer
from registry.inventory.facts import scope_cases
from registry.inventory.models import IntendedUse, RegisteredModel
from registry.inventory.selectors import get_model
from registry.people.actors import Actor, service_actor
from registry.people.models import Person
from registry.policy.rules import Pack
from registry.policy.scope import ScopeFinding, find_scope, scope_packs, weakest_reading
from registry.validations.independence import conflicts_of_validator, ensure_independent

LONGEST_DAYS = 366
CLERK = "daily review"
PERSONS_ANSWERS = (ScopeAnswer.INSIDE, ScopeAnswer.OUTSIDE)


@dataclass(frozen=True, kw_only=True, slots=True)
class CitableClause:
    """A clause that a determination may cite; ``is_stale`` when its instrument was rescinded or replaced."""

    ref: str
    citation: str
    is_stale: bool


def determine_scope(
    *, actor: Actor, at: datetime, correlation_id: str, registered_model: RegisteredModel
) -> list[ScopeDetermination]:
    """Compute the answer of every regime and record those that are new or rest on other facts or another pack."""
    cases = scope_cases(registered_model=registered_model)
    recorded = []
    with transaction.atomic():
        for pack in scope_packs(packs=released_packs(), on=at.date()):
            finding = find_scope(pack=pack, cases=cases)
            before = newest_computed(registered_model=registered_model, regime=pack.instrument)
            if before is None or _basis(before) != _found(finding):
                row = ScopeDetermination.objects.create(
                    registered_model=registered_model, **_columns(pack), answer=finding.answer,
                    reason=finding.reason, cites=list(finding.cites), verification=finding.verification,
                    facts=list(finding.facts), determined_at=at,
                )  # fmt: skip
                _log(actor, at, correlation_id, row)
                recorded.append(row)
    return recorded


def record_scope(
    *,
    actor: Actor,
    at: datetime,
    correlation_id: str,
    registered_model_uuid: UUID,
    regime: str,
    answer: str,
    reason: str,
    cites: Sequence[str],
    review_on: date,
) -> ScopeDetermination:
    """Record a person's determination. It holds until its review, or until the computed one changes.

    Raises ``INV010``, ``PEO001``, ``PEO004``, ``INV050``, ``INP001``,
    ``INP003``; ``SCO001`` where the regime is not determined for the model,
    ``SCO002`` for what the rules say and nobody departed from, ``SCO003`` for
    a clause of another instrument; ``PEO006`` for a token that puts outside.
    """
    model = get_model(actor=actor, uuid=registered_model_uuid)
    actor.require(Role.VALIDATOR, entity_key=model.entity.key, to="determine the scope of a regime")
    ensure_independent(
        actor=actor, conflicts=conflicts_of_scope(registered_model=model, person_uuid=actor.person_uuid),
        to="determine the scope of a regime",
    )  # fmt: skip
    said = ScopeAnswer(clean_member(answer, name="answer", among=PERSONS_ANSWERS))
    standing = _standing(actor, model, regime, at.date())
    if said is ScopeAnswer.OUTSIDE:
        actor.require_presence(to="put a model outside of a regime")
    if said == standing.computed.answer and standing.departure is None:
        raise InvalidInput(
            "SCO002",
            f"the rules say {said} already",
            remedy="Leave it to the rules; record only what differs from them.",
            field="answer",
        )
    pack, clean_cites = _pack_of(standing), _clean_cites(cites, regime=regime, on=at.date())
    with transaction.atomic():
        row = ScopeDetermination.objects.create(
            registered_model=model, **_columns(pack), answer=said,
            reason=clean_text(reason, name="reason"), cites=clean_cites,
            verification=weakest_reading(packs=released_packs(), cites=clean_cites),
            facts=standing.computed.facts, departs_from=standing.computed,
            review_on=clean_future(review_on, on=at.date(), name="review_on", longest_days=LONGEST_DAYS),
            determined_by=Person.objects.get(uuid=actor.person_uuid), determined_at=at,
        )  # fmt: skip
        _log(actor, at, correlation_id, row)
    return row


def renew_scope(*, at: datetime, limit: int = 200) -> int:
    """Determine anew the models that some pack in force has not judged; return how many models were looked at."""
    missing: dict[int, RegisteredModel] = {}
    for pack in scope_packs(packs=released_packs(), on=at.date()):
        judged = ScopeDetermination.objects.filter(
            pack_sha256=pack.content_hash, departs_from__isnull=True
        ).values("registered_model")
        rows = RegisteredModel.objects.exclude(pk__in=judged).order_by("id")[:limit]
        missing |= {row.pk: row for row in rows}
    actor = service_actor(name=CLERK, role=Role.SYSTEM)
    due = [missing[key] for key in sorted(missing)][:limit]
    for row in due:
        determine_scope(actor=actor, at=at, correlation_id=str(uuid4()), registered_model=row)
    return len(due)


def list_citable_clauses(*, regime: str, on: date) -> list[CitableClause]:
    """Return the clauses of the regime and of what it replaced."""
    packs = {pack.ref: pack for pack in released_packs()}
    ruling = [pack for pack in scope_packs(packs=list(packs.values()), on=on) if pack.instrument == regime]
    replaced = [packs[ref] for pack in ruling for ref in pack.supersedes if ref in packs]
    return [
        CitableClause(ref=ref, citation=clause.citation, is_stale=pack in replaced)
        for pack in (*ruling, *replaced)
        for ref, clause in pack.clauses_by_ref.items()
    ]


def conflicts_of_scope(*, registered_model: RegisteredModel, person_uuid: UUID) -> list[str]:
    """Return the reasons why the person may not judge the model's scope: those of a validator, over all its uses."""
    uses = IntendedUse.objects.filter(version__registered_model=registered_model).select_related(
        "version__registered_model", "version__developer", "use_case__owner", "declared_by"
    )
    found = [conflicts_of_validator(intended_use=use, person_uuid=person_uuid) for use in uses]
    return list(dict.fromkeys(words for conflicts in found for words in conflicts))


def _standing(actor: Actor, model: RegisteredModel, regime: str, on: date) -> ScopeStanding:
    for standing in list_scope(actor=actor, registered_model=model, on=on):
        if standing.computed.regime == regime:
            return standing
    raise NotFound(
        "SCO001",
        f"no regime {regime[:60]!r} was determined for this model",
        remedy="Choose one of the regimes that the model's page lists.",
    )


def _pack_of(standing: ScopeStanding) -> Pack:
    ref = f"{standing.computed.regime}/{standing.computed.pack_version}"
    return next(pack for pack in released_packs() if pack.ref == ref)


def _clean_cites(cites: Sequence[str], *, regime: str, on: date) -> list[str]:
    allowed = {clause.ref for clause in list_citable_clauses(regime=regime, on=on)}
    unknown = [cite for cite in cites if cite not in allowed]
    if unknown or not cites:
        raise InvalidInput(
            "SCO003",
            f"{unknown[0][:80]!r} is no clause of the regime" if unknown else "no clause is cited",
            remedy="Cite a clause of the regime's pack, as instrument/version#clause.",
            field="cites",
        )
    return sorted(set(cites))


def _columns(pack: Pack) -> dict[str, object]:
    return {
        "regime": pack.instrument,
        "pack_version": pack.version,
        "pack_sha256": pack.content_hash,
        "in_force_from": pack.effective_from,
        "binding_level": pack.binding_level,
    }


def _basis(row: ScopeDetermination) -> tuple[object, ...]:
    return (row.pack_sha256, row.answer, row.facts)


def _found(finding: ScopeFinding) -> tuple[object, ...]:
    return (finding.pack.content_hash, finding.answer, list(finding.facts))


def _log(actor: Actor, at: datetime, correlation_id: str, row: ScopeDetermination) -> None:
    record(
        action=AuditAction.SCOPE_DETERMINED,
        actor=actor,
        at=at,
        subject=subject_of(row.registered_model),
        payload={
            "determination": str(row.uuid),
            "regime": row.regime,
            "answer": str(row.answer),
            "reason": row.reason,
            "cites": row.cites,
            "pack": {f"{row.regime}/{row.pack_version}": row.pack_sha256},
            "departs_from": str(row.departs_from.uuid) if row.departs_from is not None else None,
            "review_on": row.review_on,
        },
        correlation_id=correlation_id,
    )
