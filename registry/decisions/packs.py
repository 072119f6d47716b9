"""The packs that are released here: rows, read back from their text."""

from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from registry.decisions.models import PackRelease
from registry.domain.errors import IntegrityMismatch
from registry.policy.decision import Decision
from registry.policy.engine import packs_in_force
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Pack

_CONTENT = ("instrument", "version", "content_sha256", "text")


def released_packs() -> tuple[Pack, ...]:
    """Return every released pack, each with the day of its withdrawal if there is one.

    Raises ``DEC010`` when a stored text no longer has its hash.
    """
    rows = PackRelease.objects.order_by("instrument", "version")
    return tuple(_read(*row) for row in rows.values_list(*_CONTENT, "withdrawal__effective_from"))


def packs_given(*, decision: Decision, decided_at: datetime) -> tuple[Pack, ...]:
    """Return the packs that a stored decision was made with. Raises ``DEC010``.

    What was released or withdrawn later has no part in it, even where it rules
    on the same day: the decision names the packs that ruled.
    """
    named = {f"{pack.instrument}/{pack.version}" for pack in decision.packs}
    rows = PackRelease.objects.order_by("instrument", "version").values_list(
        *_CONTENT, "released_at", "withdrawal__withdrawn_at", "withdrawal__effective_from"
    )
    given = []
    for instrument, version, sha256, text, released_at, withdrawn_at, withdrawn_from in rows:
        has_ruled = f"{instrument}/{version}" in named
        if has_ruled or released_at <= decided_at:
            is_ended = not has_ruled and withdrawn_at is not None and withdrawn_at <= decided_at
            given.append(_read(instrument, version, sha256, text, withdrawn_from if is_ended else None))
    ruling = {pack.ref for pack in packs_in_force(packs=given, as_of=decision.as_of)}
    return tuple(pack for pack in given if pack.ref in named or pack.ref not in ruling)


@lru_cache(maxsize=64)
def _read(instrument: str, version: str, content_sha256: str, text: str, withdrawn_from: date | None) -> Pack:
    pack = read_pack(text=text, file=f"{instrument}/{version}.yaml")
    if pack.content_hash != content_sha256:
        raise IntegrityMismatch(
            "DEC010",
            f"the stored text of pack {instrument}/{version} does not have the hash it was released under",
            remedy="Restore the pack's row from a backup; run verify_audit to see when it changed.",
        )
    return pack if withdrawn_from is None else replace(pack, withdrawn_from=withdrawn_from)
