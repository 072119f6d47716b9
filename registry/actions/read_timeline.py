"""What the days ahead bring to a permission, as far as time alone moves it. A projection, stored nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from registry.actions.check_permission import Permission
from registry.actions.gather_facts import PairRecord, read_pair
from registry.actions.permission_over_time import ensure_within_reach, project
from registry.decisions.packs import released_packs
from registry.domain.canonical import Json
from registry.domain.vocab import PermissionState
from registry.inventory.models import IntendedUse
from registry.inventory.selectors import get_intended_use
from registry.people.actors import Actor
from registry.policy.condition_checks import ConditionCheck
from registry.policy.explain import unknown_text
from registry.policy.rules import Pack
from registry.policy.timeline import turning_days

HORIZON_DAYS = 3 * 366
LONGEST_GROUNDS = 2
PERMITTED = (PermissionState.ALLOWED, PermissionState.CONDITIONAL)


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
    """The permission from a day on, as far as time alone moves it; ``checks`` are the permit's conditions today."""

    intended_use: IntendedUse
    first: date
    last: date
    state: PermissionState
    summary: str
    checks: tuple[ConditionCheck, ...]
    turns: list[Turn]


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
    start = before = project(pair=pair, packs=packs, on=first)
    turns = []
    for day in ahead:
        now = project(pair=pair, packs=packs, on=day)
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
        checks=start.checks,
        turns=turns,
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
    begins = "Permitted" if start.state in PERMITTED else f"Not permitted now ({_WORDS[start.state].lower()})"
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
