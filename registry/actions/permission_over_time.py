"""The permission of a pair on another day, and the days ahead on which time alone changes it.

A past day is answered from the decision that stood at its end. Today and the
days ahead are projected: what the register knows now, with the calendar moved
on, decided by the engine at ``gate:use`` and stored nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max

from registry.actions.check_permission import Permission, permission_of, permission_of_row
from registry.actions.gather_facts import PairRecord, read_pair
from registry.actions.stated_use import UseStatement, facts_of_statement
from registry.decisions.models import PolicyDecision
from registry.decisions.packs import released_packs
from registry.decisions.standing import standing_of
from registry.domain.canonical import Json
from registry.domain.errors import InvalidInput
from registry.domain.vocab import PermissionState, Stage
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import get_intended_use, list_intended_uses
from registry.people.actors import Actor
from registry.policy.engine import decide
from registry.policy.explain import unknown_text
from registry.policy.rules import Pack
from registry.policy.timeline import turning_days

HORIZON_DAYS = 3 * 366
LONGEST_LOOK_DAYS = 30 * 366
LONGEST_GROUNDS = 2
PAGE_LENGTH = 50
PERMITTED = (PermissionState.ALLOWED, PermissionState.CONDITIONAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionOn:
    """The permission on a day: recorded then, or projected from what is known now."""

    on: date
    is_projected: bool
    sentence: str
    permission: Permission


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What a day ahead brings. ``because`` are the rules that then stand against the use and did not before."""

    on: date
    events: list[str]
    state: PermissionState
    sentence: str
    because: list[dict[str, str]]
    no_longer: list[dict[str, str]]
    is_change: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The permission from a day on, as far as time alone moves it."""

    intended_use: IntendedUse
    first: date
    last: date
    state: PermissionState
    summary: str
    turns: list[Turn]


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
        permission = _project(pair, released_packs(), on)
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


def get_timeline(
    *, actor: Actor, at: datetime, intended_use_uuid: UUID, days: int = HORIZON_DAYS
) -> Timeline:
    """Return what the days ahead bring to the permission. Raises ``INV013``, ``DEC041``."""
    use = get_intended_use(actor=actor, uuid=intended_use_uuid)
    first = at.date()
    last = first + timedelta(days=days)
    ensure_within_reach(on=last, today=first)
    pair, packs = read_pair(intended_use=use), released_packs()
    events = _events(pair, packs)
    facts = pair.facts_on(day=first)
    found = turning_days(packs=packs, facts=facts, counts=pair.day_counts(), first=first, last=last)
    ahead = sorted({*found, *(day for day in events if first < day <= last)})
    start = before = _project(pair, packs, first)
    turns = []
    for day in ahead:
        now = _project(pair, packs, day)
        turn = _turn(day, events.get(day, []), before, now)
        if turn.events or turn.because or turn.no_longer or turn.is_change:
            turns.append(turn)
        before = now
    return Timeline(
        intended_use=use,
        first=first,
        last=last,
        state=start.state,
        summary=_summary(start, turns, last),
        turns=turns,
    )


def _project(pair: PairRecord, packs: Sequence[Pack], on: date) -> Permission:
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


def _events(pair: PairRecord, packs: Sequence[Pack]) -> dict[date, list[str]]:
    days = pair.endings()
    for pack in packs:
        days.setdefault(pack.effective_from, []).append(f"The policy pack {pack.ref} comes into force")
        for old in pack.supersedes:
            days[pack.effective_from].append(f"The policy pack {old} is superseded")
        if pack.effective_to is not None:
            days.setdefault(pack.effective_to, []).append(f"The policy pack {pack.ref} ends")
    return days


def _turn(on: date, events: list[str], before: Permission, now: Permission) -> Turn:
    was, is_now = _against(before), _against(now)
    return Turn(
        on=on,
        events=events,
        state=now.state,
        sentence=now.sentence,
        because=[item for key, item in is_now.items() if key not in was],
        no_longer=[item for key, item in was.items() if key not in is_now],
        is_change=now.state is not before.state,
    )


def _against(permission: Permission) -> dict[tuple[str, str], dict[str, str]]:
    """Return what stands against the use, by rule and weight: blocks and referrals, no conditions."""
    return {
        (str(item["rule"]), str(item["outcome"])): {
            "rule": str(item["rule"]),
            "outcome": str(item["outcome"]),
            "text": _ground(item),
            "remedy": str(item["remedy"]),
        }
        for item in permission.reasons
        if item["outcome"] in (PermissionState.DENIED, PermissionState.REFERRED)
    }


def _ground(reason: Mapping[str, Json]) -> str:
    """Return a rule's words; where it could not be settled, which fact is not known."""
    missing = reason["missing"]
    names = missing if isinstance(missing, list) else []
    unknown = " and ".join(unknown_text(name=str(name)) for name in names)
    return f"{unknown[0].upper()}{unknown[1:]}" if unknown else str(reason["text"])


def _summary(start: Permission, turns: Sequence[Turn], last: date) -> str:
    change = next((turn for turn in turns if turn.is_change), None)
    begins = "Permitted" if start.state in PERMITTED else f"{_WORDS[start.state]} now"
    if change is None:
        return f"{begins}; up to {last} time alone changes nothing about that."
    became = _WORDS[change.state].lower()
    because = f" because {_grounds(change.because)}" if change.because else ""
    if start.state in PERMITTED:
        return f"Permitted up to and including {change.on - timedelta(days=1)}; from {change.on} {became}{because}."
    return f"{begins}; from {change.on} {became}{because}."


def _grounds(because: Sequence[Mapping[str, str]]) -> str:
    texts = list(dict.fromkeys(item["text"].removesuffix(".") for item in because))
    more = len(texts) - LONGEST_GROUNDS
    shown = [text[0].lower() + text[1:] for text in texts[:LONGEST_GROUNDS]]
    return "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


_WORDS = {
    PermissionState.ALLOWED: "Permitted",
    PermissionState.CONDITIONAL: "Permitted under conditions",
    PermissionState.MAY_BE_VALIDATED: "Open for validation only",
    PermissionState.REFERRED: "Referred to a person",
    PermissionState.DENIED: "Denied",
}


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
