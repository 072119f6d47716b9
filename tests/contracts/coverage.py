"""``python -m tests.contracts.coverage``: the pure packages are covered to the last branch by their own tests."""

import subprocess
import sys

from tests.contracts.sources import ROOT

PURE = (
    "registry.domain",
    "registry.policy",
    "registry.capital",
    "registry.audit.merkle",
    "validation.domain",
    "validation.stats",
)
TESTS = ("tests/unit", "tests/oracle")


def main() -> int:
    """Run the unit and oracle tests under coverage and return pytest's status."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        *TESTS,
        "--cov-branch",
        "--cov-fail-under=100",
    ]
    return subprocess.run(
        [*command, *(f"--cov={name}" for name in PURE), "--cov-report=term-missing:skip-covered"],
        cwd=ROOT,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
