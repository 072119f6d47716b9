"""Packs on disk: load, check, lock.

``packs.lock`` maps ``instrument/version`` to the SHA-256 of the canonical
content. Released means frozen: a pack whose content differs from its lock is
not loaded. Codes: ``PAC020`` lock does not match, ``PAC021`` file name does
not match the content, ``PAC027`` no pack at all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from registry.domain.errors import IntegrityMismatch, InvalidInput
from registry.policy.pack_checks import check_pack
from registry.policy.pack_reader import read_pack
from registry.policy.rules import Pack

PACKS_FOLDER = Path(__file__).parent / "packs"
LOCK_NAME = "packs.lock"


def load_packs(*, folder: Path = PACKS_FOLDER) -> tuple[Pack, ...]:
    """Return every pack of the folder, each equal to its lock, sorted by reference.

    Does not repeat the proofs of ``check_pack``: the lock says that they were
    made. Raises ``InvalidInput`` (``PAC...``) or ``IntegrityMismatch``
    ``PAC020``.
    """
    packs = read_packs(folder=folder)
    ensure_locked(packs=packs, lock=read_lock(folder=folder))
    return packs


def read_packs(*, folder: Path = PACKS_FOLDER) -> tuple[Pack, ...]:
    """Return every pack of the folder without looking at the lock."""
    packs = [load_pack(path=path) for path in sorted(folder.glob("*/*.yaml"))]
    return tuple(sorted(packs, key=lambda pack: pack.ref))


def load_pack(*, path: Path) -> Pack:
    """Return the pack in one file ``<instrument>/<version>.yaml``."""
    name = f"{path.parent.name}/{path.name}"
    pack = read_pack(text=path.read_text(encoding="utf-8"), file=name)
    if f"{pack.ref}.yaml" != name:
        raise InvalidInput(
            "PAC021",
            f"{name} holds the pack `{pack.ref}`",
            remedy="Name the file after instrument and version.",
        )
    return pack


def check_packs(*, packs: Sequence[Pack]) -> tuple[InvalidInput, ...]:
    """Return all defects of all packs; empty when each is sound. No pack at all is ``PAC027``."""
    if not packs:
        return (InvalidInput("PAC027", "there is no pack", remedy="Name the folder that holds the packs."),)
    by_ref = {pack.ref: pack for pack in packs}
    return tuple(
        defect
        for pack in packs
        for defect in check_pack(
            pack=pack, others={ref: other for ref, other in by_ref.items() if ref != pack.ref}
        )
    )


def ensure_locked(*, packs: Sequence[Pack], lock: Mapping[str, str]) -> None:
    """Raise ``IntegrityMismatch`` ``PAC020`` unless lock and packs name the same contents."""
    found = {pack.ref: pack.content_hash for pack in packs}
    differing = sorted(ref for ref in {*found, *lock} if found.get(ref) != lock.get(ref))
    if differing:
        raise IntegrityMismatch(
            "PAC020",
            f"packs and lock differ: {', '.join(differing)}",
            remedy="A released pack is frozen: write a new version and lock it with `registry.policy.lint`.",
            packs=differing,
        )


def read_lock(*, folder: Path = PACKS_FOLDER) -> dict[str, str]:
    """Return the lock as a mapping of reference to hash; empty when there is none."""
    path = folder / LOCK_NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {ref: value for ref, _, value in (line.partition(" ") for line in lines)}


def write_lock(*, packs: Sequence[Pack], folder: Path = PACKS_FOLDER) -> None:
    """Write the lock for the packs given."""
    lines = [f"{pack.ref} {pack.content_hash}\n" for pack in sorted(packs, key=lambda pack: pack.ref)]
    (folder / LOCK_NAME).write_text("".join(lines), encoding="utf-8")
