"""The packs that are in force here: released rows, read back from their text."""

from functools import lru_cache

from registry.decisions.models import PackRelease
from registry.domain.errors import IntegrityMismatch
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Pack


def released_packs() -> tuple[Pack, ...]:
    """Return every released pack. Raises ``DEC010`` when a stored text no longer has its hash."""
    rows = PackRelease.objects.order_by("instrument", "version").values_list(
        "instrument", "version", "content_sha256", "text"
    )
    return tuple(_read(*row) for row in rows)


@lru_cache(maxsize=64)
def _read(instrument: str, version: str, content_sha256: str, text: str) -> Pack:
    pack = read_pack(text=text, file=f"{instrument}/{version}.yaml")
    if pack.content_hash != content_sha256:
        raise IntegrityMismatch(
            "DEC010",
            f"the stored text of pack {instrument}/{version} does not have the hash it was released under",
            remedy="Restore the pack's row from a backup; run verify_audit to see when it changed.",
        )
    return pack
