"""Check all packs and their lock: ``python -m registry.policy.lint [--write-lock]``.

Exit status 0 sound, 1 defects. ``--write-lock`` writes the lock once the
packs are sound.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from registry.domain.errors import MrmError
from registry.policy.pack import (
    PACKS_FOLDER,
    check_packs,
    ensure_locked,
    read_lock,
    read_packs,
    write_lock,
)


def main(*, arguments: Sequence[str]) -> int:
    """Lint the packs and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m registry.policy.lint", description="Check policy packs.")
    parser.add_argument("--write-lock", action="store_true", help="write packs.lock when the packs are sound")
    parser.add_argument("--folder", type=Path, default=PACKS_FOLDER, help="folder of packs")
    options = parser.parse_args(arguments)
    try:
        packs = read_packs(folder=options.folder)
        defects: Sequence[MrmError] = check_packs(packs=packs)
        if options.write_lock and not defects:
            write_lock(packs=packs, folder=options.folder)
        if not defects:
            ensure_locked(packs=packs, lock=read_lock(folder=options.folder))
    except MrmError as found:
        defects = (found,)
    for defect in defects:
        sys.stdout.write(f"{defect} {defect.remedy}\n")
    if not defects:
        rules = sum(len(pack.rules) for pack in packs)
        examples = sum(len(pack.examples) for pack in packs)
        sys.stdout.write(f"{len(packs)} packs, {rules} rules, {examples} examples: sound and locked\n")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
