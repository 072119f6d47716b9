"""The permission of a pair on another day.

A past day is answered from the decision that stood at its end. Today and the
days ahead are projected: what the register knows now, with the calendar moved
on, decided by the engine at ``gate:use`` and stored nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from registry.actions.check_permission import Permission, permission_of, permission_of_row
from registry.actions.gather_facts import PairRecord, read_pair
from registry.actions.stated_use import STATED, UseStatement, facts_of_statement
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import released_packs
from registry.decisions.standing import standing_of
from registry.domain.clock import parse_day
from registry.domain.errors import InvalidInput
from registry.domain.vocab import PermissionState, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import get_intended_use, list_intended_uses
from registry.people.actors import Actor
from registry.policy.engine import decide
from registry.policy.rules import Pack

AS_OF = "as_of"
LONGEST_LOOK_DAYS = 30 * 366
PAGE_LENGTH = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionOn:
    """The permission on a day: recorded then, or projected from what is known now."""

    on: date
    is_projected: bool
    sentence: str
    permission: Permission


def get_permission_on(
    *,
    actor: Actor,
    at: datetime,
    intended_use_uuid: UUID,
    on: date,
    statement: UseStatement | None = None,
) -> PermissionOn:
    """Return the permission on a day; nothing is stored.

    Raises ``INV013``, ``DEC040`` when a use is stated for a past day,
    ``DEC041`` for a day too far ahead, and what ``facts_of_statement`` does.
    """
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    today = at.date()
    stated = facts_of_statement(statement=statement or UseStatement(), actor=actor)
    if on >= today:
        ensure_within_reach(on=on, today=today)
        pair = read_pair(intended_use=use, stated=stated)
        permission = project(pair=pair, packs=released_packs(), on=on)
        return PermissionOn(
            on=on,
            is_projected=True,
            sentence=f"Projected for {on} from what is known on {today}: {permission.sentence}",
            permission=permission,
        )
    if stated:
        raise InvalidInput(
            "DEC040",
            f"{on} is past, and a use cannot be stated for it",
            remedy="Leave the statement out: the decision of that day is on record. Or ask for today or later.",
        )
    row = standing_rows(uses=[use], on=on).get(use.pk)
    permission = _unrecorded(use, on) if row is None else permission_of_row(row=row)
    return PermissionOn(
        on=on,
        is_projected=False,
        sentence=permission.sentence if row is None else f"On record for {on}: {permission.sentence}",
        permission=permission,
    )


def find_permission_asked(
    *, actor: Actor, at: datetime, intended_use_uuid: UUID, query: Mapping[str, str]
) -> PermissionOn | None:
    """Return the answer to an address: ``as_of`` and the facts of one use. None where it asks for neither.

    Raises ``DAY001``, and what ``get_permission_on`` does.
    """
    if not any(query.get(name) for name in (AS_OF, *STATED)):
        return None
    return get_permission_on(
        actor=actor,
        at=at,
        intended_use_uuid=intended_use_uuid,
        on=parse_day(query[AS_OF]) if query.get(AS_OF) else at.date(),
        statement=UseStatement.read(query),
    )


def ensure_within_reach(*, on: date, today: date) -> None:
    """Refuse a day so far ahead that a projection says nothing. Raises ``DEC041``."""
    if (on - today).days > LONGEST_LOOK_DAYS:
        raise InvalidInput(
            "DEC041",
            f"{on} lies more than {LONGEST_LOOK_DAYS // 366} years ahead",
            remedy="Ask for an earlier day.",
        )


def standing_rows(*, uses: Iterable[IntendedUse], on: date) -> dict[int, PolicyDecision]:
    """Return, by pair, the decision that stood at the end of a day, in one query."""
    moved = PolicyDecision.objects.filter(
        intended_use__in=list(uses),
        as_of_date__lte=on,
        stated__isnull=True,
        permission_state__isnull=False,
    )
    newest = moved.order_by().values("intended_use").annotate(newest=Max("id")).values("newest")
    rows = PolicyDecision.objects.filter(id__in=newest).select_related(
        "intended_use__version__registered_model", "intended_use__use_case__entity"
    )
    return {row.intended_use.pk: row for row in rows}


def project(*, pair: PairRecord, packs: Sequence[Pack], on: date) -> Permission:
    """Return what the engine would answer at the gate on a day, if nothing but time passed until then."""
    facts, use = pair.facts_on(day=on), pair.intended_use
    decision = decide(packs=packs, facts=facts, stage=Stage.GATE_USE, as_of=on)
    return permission_of(
        intended_use=use,
        decision=decision,
        standing=standing_of(intended_use=use, decision=decision, permit=pair.permit.permit, on=on),
        permit=pair.permit.permit,
        checks=pair.checks(facts=facts),
        row=None,
    )


def _unrecorded(use: IntendedUse, on: date) -> Permission:
    return Permission(
        intended_use=use,
        state=PermissionState.REFERRED,
        sentence=f"No decision on {use} was on record on {on}.",
        until=None,
        decision=None,
        permit=None,
        checks=(),
        conditions=[],
        reasons=[],
        missing=[],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionsPage:
    """The pairs of the register on a day, each with the decision that stood; ``next_cursor`` is empty on the last."""

    on: date
    rows: list[tuple[IntendedUse, PolicyDecision | None]]
    next_cursor: str


def list_permissions_on(*, actor: Actor, at: datetime, on: date, after: int = 0) -> PermissionsPage:
    """Return one page of the pairs that were declared by the end of a day, with what was on record for each.

    Two queries a page, whatever its length. Raises ``DEC042`` for a day ahead.
    """
    if on > at.date():
        raise InvalidInput(
            "DEC042",
            f"{on} lies ahead, and the register holds no decision of that day",
            remedy="Choose today or a past day; the page of an intended use projects days ahead.",
        )
    declared = list_intended_uses(actor=actor).filter(declared_at__date__lte=on, pk__gt=after)
    found = list(declared.order_by("pk")[: PAGE_LENGTH + 1])
    page = found[:PAGE_LENGTH]
    rows = standing_rows(uses=page, on=on)
    return PermissionsPage(
        on=on,
        rows=[(use, rows.get(use.pk)) for use in page],
        next_cursor=str(page[-1].pk) if len(found) > PAGE_LENGTH else "",
    )
