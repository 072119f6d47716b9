"""What every test shares: services that are skipped only where they are missing, and no unexplained skip."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import settings

from tests.surroundings import SERVICE_URLS, is_there

# A deadline is a clock in a test: it fails on a busy machine and says nothing on a quiet one.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

LIST = Path(__file__).parent / "skips.txt"


@dataclass(frozen=True)
class ListedSkip:
    """One line of the list."""

    pattern: str
    missing: str
    reason: str


def listed_skips(text: str) -> list[ListedSkip]:
    """Read the list of skips."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [ListedSkip(*(part.strip() for part in line.split("|", 2))) for line in lines]


def is_explained(nodeid: str, listed: list[ListedSkip]) -> bool:
    """Say whether a line explains the skip, and what it says is missing is missing."""
    return any(fnmatch(nodeid, line.pattern) and not is_there(line.missing) for line in listed)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a service or a browser that is not there."""
    needed = [name for mark in item.iter_markers("services") for name in mark.args]
    if item.get_closest_marker("browser"):
        needed.append("chromium")
    for name in needed:
        if not is_there(name):
            pytest.skip(f"{name} is not there{f' ({SERVICE_URLS[name]})' if name in SERVICE_URLS else ''}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a services mark that names none."""
    for item in items:
        mark = item.get_closest_marker("services")
        if mark is not None and not set(mark.args) & set(SERVICE_URLS):
            raise pytest.UsageError(f"{item.nodeid}: write services({' or '.join(SERVICE_URLS)})")


class SkipWatch:
    """Collects skips and fails the run on those that nothing explains."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a skipped test and its reason."""
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skipped[report.nodeid] = reason

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a module that was skipped as a whole."""
        if report.skipped:
            self.skipped[report.nodeid] = str(report.longrepr)

    def unexplained(self) -> list[str]:
        """Return the tests whose skip no line of the list explains."""
        listed = listed_skips(LIST.read_text(encoding="utf-8"))
        return [nodeid for nodeid in self.skipped if not is_explained(nodeid, listed)]

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Fail the run on an unexplained skip."""
        yield
        if self.unexplained() and session.exitstatus in (0, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List every skip with its reason, and say which are not in order."""
        if not self.skipped:
            return
        wrong = set(self.unexplained())
        terminalreporter.section(f"{len(self.skipped)} skipped, {len(wrong)} of them not in order")
        for nodeid, reason in sorted(self.skipped.items()):
            mark = "NOT IN tests/skips.txt, or nothing is missing: " if nodeid in wrong else ""
            terminalreporter.write_line(f"{mark}{nodeid}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Watch skips where results come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipWatch(), "skip-watch")
