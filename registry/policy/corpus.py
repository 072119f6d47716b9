"""Frozen decisions: the same facts and packs must give the same bytes for ever.

``python -m registry.policy.corpus FOLDER`` replays every case of the folder;
``--add FILE ...`` first freezes what the engine decides now, one case per
file, which holds ``title``, ``stage``, ``as_of`` and ``facts`` as JSON. Cases
and packs are only ever added. Packs lie under ``packs`` by their hash, so a
case outlives the pack that ruled it. Exit status 0 all alike, 1 otherwise.

Codes: ``COR001`` a case is there already, ``COR002`` a case or pack does not
have the name that its content gives it, ``COR003`` another decision than the
frozen one, ``COR004`` not a case, ``COR005`` no case at all; ``POL004`` the
engine that froze a case is not here.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from registry.domain.canonical import Json
from registry.domain.errors import IntegrityMismatch, InvalidInput, MrmError
from registry.domain.vocab import Stage
from registry.policy.engine import decide
from registry.policy.facts import Facts, facts_from_json, facts_to_json
from registry.policy.pack import PACKS_FOLDER, ensure_locked, read_lock, read_packs
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Pack
from registry.policy.versions import ENGINES, Engine, engine_of

_DRAFT = frozenset({"title", "stage", "as_of", "facts"})
_FROZEN = _DRAFT | {"packs", "outcome", "tier", "engine_version", "body_digest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What to decide."""

    title: str
    stage: Stage
    as_of: date
    facts: Facts


def main(*, arguments: Sequence[str]) -> int:
    """Add the cases named, replay all, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m registry.policy.corpus", description="Replay frozen decisions."
    )
    parser.add_argument("folder", type=Path, help="folder of frozen decisions")
    parser.add_argument("--add", type=Path, nargs="+", default=[], help="files that say what to decide")
    parser.add_argument("--packs", type=Path, default=PACKS_FOLDER, help="folder of packs for new cases")
    options = parser.parse_args(arguments)
    defects: list[MrmError] = []
    count = 0
    try:
        for path in options.add:
            added = add_case(
                draft=read_draft(text=path.read_text(encoding="utf-8")),
                folder=options.folder,
                packs_folder=options.packs,
            )
            sys.stdout.write(f"added {added.name}\n")
        count, defects = replay_corpus(folder=options.folder)
    except MrmError as found:
        defects = [found]
    for defect in defects:
        sys.stdout.write(f"{defect} {defect.remedy}\n")
    if not defects:
        sys.stdout.write(f"{count} frozen decisions: replayed to the same bytes\n")
    return 1 if defects else 0


def read_draft(*, text: str) -> Draft:
    """Read what to decide; raises ``InvalidInput`` ``COR004`` or ``FAC...``."""
    return _draft(_object(text, _DRAFT))


def add_case(*, draft: Draft, folder: Path, packs_folder: Path = PACKS_FOLDER) -> Path:
    """Freeze what the locked packs of ``packs_folder`` decide now and return the case's path.

    Raises ``InvalidInput`` ``COR001`` when a case of that title is there, and
    ``IntegrityMismatch`` ``PAC020`` when packs and lock differ.
    """
    packs = read_packs(folder=packs_folder)
    ensure_locked(packs=packs, lock=read_lock(folder=packs_folder))
    decision = decide(packs=packs, facts=draft.facts, stage=draft.stage, as_of=draft.as_of)
    slug = "-".join(re.findall(r"[a-z0-9]+", draft.title.lower()))
    if any(folder.glob(f"{slug}.*.json")):
        raise InvalidInput(
            "COR001",
            f"a frozen decision is called `{draft.title}` already",
            remedy="Add it under another title; a frozen decision is never written again.",
        )
    case: dict[str, Json] = {
        "title": draft.title,
        "stage": draft.stage.value,
        "as_of": draft.as_of.isoformat(),
        "facts": dict(facts_to_json(facts=draft.facts)),
        "packs": {pack.ref: pack.content_hash for pack in packs},
        "outcome": decision.outcome.value,
        "tier": decision.tier,
        "engine_version": decision.engine_version,
        "body_digest": decision.digest(),
    }
    (folder / "packs").mkdir(parents=True, exist_ok=True)
    for pack in packs:
        target = folder / "packs" / f"{pack.content_hash}.yaml"
        if not target.exists():
            target.write_bytes((packs_folder / f"{pack.ref}.yaml").read_bytes())
    path = folder / f"{slug}.{decision.digest()[:12]}.json"
    path.write_text(json.dumps(case, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def replay_corpus(*, folder: Path, engines: Mapping[str, Engine] = ENGINES) -> tuple[int, list[MrmError]]:
    """Decide every case again with the engine that froze it; return how many there are and every defect."""
    packs: dict[str, Pack] = {}
    defects: list[MrmError] = []
    for path in sorted((folder / "packs").glob("*.yaml")):
        pack = read_pack(text=path.read_text(encoding="utf-8"), file=path.name)
        packs[pack.content_hash] = pack
        if path.stem != pack.content_hash:
            defects.append(_misnamed(path, pack.content_hash))
    paths = sorted(folder.glob("*.json"))
    if not paths:
        remedy = "Name the folder that holds the cases."
        defects.append(InvalidInput("COR005", "there is no frozen decision", remedy=remedy))
    for path in paths:
        try:
            _replay(path, packs, engines)
        except MrmError as found:
            defects.append(found)
    return len(paths), defects


def _replay(path: Path, packs: Mapping[str, Pack], engines: Mapping[str, Engine]) -> None:
    case = _object(path.read_text(encoding="utf-8"), _FROZEN)
    named = case["packs"]
    if not isinstance(named, dict) or not set(named.values()) <= set(packs):
        raise _unreadable(f"{path.name} names packs that the corpus does not hold")
    if path.name.rpartition(".json")[0].rpartition(".")[2] != str(case["body_digest"])[:12]:
        raise _misnamed(path, str(case["body_digest"])[:12])
    draft, given = _draft(case), [packs[str(value)] for value in named.values()]
    decide_again = engine_of(version=str(case["engine_version"]), engines=engines)
    decision = decide_again(packs=given, facts=draft.facts, stage=draft.stage, as_of=draft.as_of)
    now: dict[str, Json] = {
        "outcome": decision.outcome.value,
        "tier": decision.tier,
        "engine_version": decision.engine_version,
        "body_digest": decision.digest(),
    }
    differing = [f"{name} was {case[name]}, is {now[name]}" for name in now if now[name] != case[name]]
    if differing:
        raise IntegrityMismatch(
            "COR003",
            f"{path.name} gives another decision: {'; '.join(differing)}",
            remedy="Put the new semantics beside the old ones, under a new engine version.",
        )


def _draft(data: Mapping[str, Json]) -> Draft:
    facts = data["facts"]
    try:
        stage, as_of = Stage(str(data["stage"])), date.fromisoformat(str(data["as_of"]))
    except ValueError as found:
        raise _unreadable(str(found)) from found
    if not isinstance(facts, dict):
        raise _unreadable("the facts are not an object")
    return Draft(title=str(data["title"]), stage=stage, as_of=as_of, facts=facts_from_json(data=facts))


def _object(text: str, keys: frozenset[str]) -> dict[str, Json]:
    try:
        data = json.loads(text)
    except ValueError as found:
        raise _unreadable(str(found)) from found
    if not isinstance(data, dict) or set(data) != keys:
        raise _unreadable(f"an object with {', '.join(sorted(keys))} is wanted")
    return data


def _unreadable(message: str) -> InvalidInput:
    return InvalidInput("COR004", f"not a case: {message}", remedy="Write it in the form of the other cases.")


def _misnamed(path: Path, wanted: str) -> IntegrityMismatch:
    return IntegrityMismatch(
        "COR002",
        f"{path.name} holds what belongs under `{wanted}`",
        remedy="Restore the file; frozen decisions and packs are only ever added.",
    )


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
