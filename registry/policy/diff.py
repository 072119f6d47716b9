"""What changed between two packs, by rule and by clause, for reviewers."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.domain.canonical import Json
from registry.policy.rules import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDiff:
    """Differences between two packs. ``changed`` maps an id to its content before and after."""

    header: Mapping[str, tuple[Json, Json]]
    rules_added: tuple[str, ...]
    rules_removed: tuple[str, ...]
    rules_changed: Mapping[str, tuple[Json, Json]]
    clauses_added: tuple[str, ...]
    clauses_removed: tuple[str, ...]
    clauses_changed: Mapping[str, tuple[Json, Json]]

    @property
    def is_empty(self) -> bool:
        """Whether the packs rule alike."""
        return not any(
            (
                self.header,
                self.rules_added,
                self.rules_removed,
                self.rules_changed,
                self.clauses_added,
                self.clauses_removed,
                self.clauses_changed,
            )
        )


def pack_diff(*, old: Pack, new: Pack) -> PackDiff:
    """Return the difference. A rule's own version in its citations does not count as a change."""
    before, after = old.content(), new.content()
    rules = _compared(_localised(old, "rules"), _localised(new, "rules"))
    clauses = _compared(_localised(old, "clauses"), _localised(new, "clauses"))
    bulk = ("rules", "clauses", "examples")
    return PackDiff(
        header={
            key: (before.get(key), after.get(key))
            for key in sorted({*before, *after})
            if key not in bulk and before.get(key) != after.get(key)
        },
        rules_added=rules[0],
        rules_removed=rules[1],
        rules_changed=rules[2],
        clauses_added=clauses[0],
        clauses_removed=clauses[1],
        clauses_changed=clauses[2],
    )


def _localised(pack: Pack, part: str) -> dict[str, Json]:
    entries = _without_ref(pack.content()[part], f"{pack.ref}#")
    assert isinstance(entries, dict)
    return entries


def _without_ref(value: Json, prefix: str) -> Json:
    if isinstance(value, dict):
        return {key: _without_ref(item, prefix) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_ref(item, prefix) for item in value]
    return value.removeprefix(prefix) if isinstance(value, str) else value


def _compared(
    old: Mapping[str, Json], new: Mapping[str, Json]
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, tuple[Json, Json]]]:
    both = sorted(set(old) & set(new))
    return (
        tuple(sorted(set(new) - set(old))),
        tuple(sorted(set(old) - set(new))),
        {key: (old[key], new[key]) for key in both if old[key] != new[key]},
    )
