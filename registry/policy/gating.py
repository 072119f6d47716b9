"""Whether a rule may gate, and if not, why, in words."""

from collections.abc import Sequence

from registry.domain.vocab import BindingLevel, Verification
from registry.policy.engine import NON_BINDING
from registry.policy.rules import Inform, Pack, Rule


def informs_because(*, pack: Pack, rule: Rule, packs: Sequence[Pack]) -> str:
    """Say why a rule informs only; empty where it may gate. ``packs`` are those that rule beside it."""
    if isinstance(rule.effect, Inform):
        return "it is written to inform"
    adopted = {ref for other in packs if other.binding_level is BindingLevel.HOUSE for ref in other.adopts}
    if pack.binding_level in NON_BINDING and pack.ref not in adopted:
        return "its instrument does not bind, and no house pack adopts it"
    clauses = {ref: clause for other in (pack, *packs) for ref, clause in other.clauses_by_ref.items()}
    if any(cite in clauses and clauses[cite].verification is Verification.UNVERIFIED for cite in rule.cites):
        return "nobody has verified a clause that it cites"
    return ""
