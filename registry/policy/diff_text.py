"""What changed between two packs in plain English: rule by rule, condition by condition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from registry.domain.canonical import Json
from registry.policy.diff import pack_diff
from registry.policy.explain import condition_text, effect_text, rule_text
from registry.policy.rules import Pack, Rule

_CONNECTIVES = {"all": "All of these", "any": "At least one of these"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing that differs; ``before`` or ``after`` is empty where there was or will be none."""

    what: str
    before: str
    after: str

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {"what": self.what, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """A rule, a clause or the head of the pack that was ``added``, ``removed`` or ``changed``."""

    part: str
    id: str
    change: str
    text: str
    details: tuple[Detail, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return canonical JSON values."""
        return {
            "part": self.part,
            "id": self.id,
            "change": self.change,
            "text": self.text,
            "details": [detail.to_json() for detail in self.details],
        }


def explain_diff(*, old: Pack, new: Pack) -> tuple[EntryChange, ...]:
    """Return every difference, the rules first. Examples are proofs and not compared."""
    diff = pack_diff(old=old, new=new)
    before, after = ({rule.id: rule for rule in pack.rules} for pack in (old, new))
    clauses = {clause.id: clause.text for pack in (old, new) for clause in pack.clauses}
    found = [_rule("changed", after[key], _details(*sides)) for key, sides in diff.rules_changed.items()]
    found += [_rule("added", after[key]) for key in diff.rules_added]
    found += [_rule("removed", before[key]) for key in diff.rules_removed]
    found += [
        EntryChange(part="clause", id=key, change="changed", text=clauses[key], details=_fields(*sides))
        for key, sides in diff.clauses_changed.items()
    ]
    for change, keys in (("added", diff.clauses_added), ("removed", diff.clauses_removed)):
        found += [EntryChange(part="clause", id=key, change=change, text=clauses[key]) for key in keys]
    if diff.header:
        details = tuple(
            Detail(what=key.replace("_", " "), before=_plain(one), after=_plain(other))
            for key, (one, other) in diff.header.items()
        )
        found.append(EntryChange(part="head", id="", change="changed", text=new.title, details=details))
    return tuple(found)


def _rule(change: str, rule: Rule, details: tuple[Detail, ...] = ()) -> EntryChange:
    return EntryChange(part="rule", id=rule.id, change=change, text=rule_text(rule=rule), details=details)


def _details(before: Json, after: Json) -> tuple[Detail, ...]:
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    whens, effects = (before["when"], after["when"]), (before["effect"], after["effect"])
    return (*_fields(_rest(before), _rest(after)), *_conditions(*whens), *_effects(*effects))


def _rest(rule: Mapping[str, Json]) -> dict[str, Json]:
    return {key: rule[key] for key in ("stage", "title", "cites")}


def _fields(before: Json, after: Json) -> tuple[Detail, ...]:
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    return tuple(
        Detail(what=key, before=_plain(before.get(key)), after=_plain(after.get(key)))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    )


def _conditions(before: Json, after: Json) -> Iterator[Detail]:
    """Yield what differs among the members at the top, pairing those that look at the same fact."""
    (joint, members), (new_joint, new_members) = _members(before), _members(after)
    if joint != new_joint and len(members) > 1 and len(new_members) > 1:
        yield Detail(what="how conditions join", before=_CONNECTIVES[joint], after=_CONNECTIVES[new_joint])
    gone = [item for item in members if item not in new_members]
    come = [item for item in new_members if item not in members]
    for item in gone:
        twin = next((other for other in come if _subject(other) == _subject(item)), None)
        if twin is not None:
            come.remove(twin)
        yield Detail(what="condition", before=_condition(item), after=_condition(twin))
    for item in come:
        yield Detail(what="condition", before="", after=_condition(item))


def _members(node: Json) -> tuple[str, Sequence[Json]]:
    assert isinstance(node, dict)
    for joint in _CONNECTIVES:
        members = node.get(joint)
        if isinstance(members, list):
            return joint, members
    return "all", [node]


def _subject(node: Json) -> Json:
    return node.get("fact") if isinstance(node, dict) else None


def _condition(node: Json) -> str:
    return condition_text(condition=node) if isinstance(node, dict) else ""


def _effects(before: Json, after: Json) -> Iterator[Detail]:
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    texts = effect_text(effect=before), effect_text(effect=after)
    if texts[0] != texts[1]:
        yield Detail(what="effect", before=texts[0], after=texts[1])
    (kind, old), (new_kind, new) = next(iter(before.items())), next(iter(after.items()))
    if kind != new_kind or not isinstance(old, dict) or not isinstance(new, dict):
        return
    for key in old:
        if key == "thresholds":
            yield from _thresholds(old[key], new[key])
        elif old[key] != new[key]:
            yield Detail(what=key.replace("_", " "), before=_plain(old[key]), after=_plain(new[key]))


def _thresholds(before: Json, after: Json) -> Iterator[Detail]:
    assert isinstance(before, list)
    assert isinstance(after, list)
    gone = [_threshold(item) for item in before if item not in after]
    come = [_threshold(item) for item in after if item not in before]
    for one, other in zip_longest(gone, come, fillvalue=""):
        yield Detail(what="threshold", before=one, after=other)


def _threshold(item: Json) -> str:
    assert isinstance(item, dict)
    side = str(item["direction"]).replace("_", " ")
    edge = "" if item["inclusive"] else ", the limit itself excluded"
    return (
        f"{item['metric']} {side} {item['value']}{edge}, or else {item['verdict']} ({_plain(item['cites'])})"
    )


def _plain(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
