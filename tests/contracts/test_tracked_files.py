"""What is published names no machine, no index and no secret."""

import re

from tests.contracts.sources import name_of, tracked_files

TEXT = {
    ".py", ".md", ".txt", ".in", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".json", ".csv", ".sh", ".cfg", "",
}  # fmt: skip
MACHINE_PATHS = re.compile(r"/(work|home/\w+|Users/\w+|opt/(pypi|wheels))/")
INDEX = re.compile(r"(--index-url|--extra-index-url|--find-links|files\.pythonhosted\.org|pypi\.org/simple)")
KEYS = re.compile(r"-----BEGIN (EC |RSA |OPENSSH )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}")
THIS = "tests/contracts/test_tracked_files.py"


def test_no_file_names_a_machine_an_index_or_holds_a_key() -> None:
    found = []
    for path in tracked_files():
        if path.suffix not in TEXT or name_of(path) == THIS:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{name_of(path)}: {hit.group(0)}"
            for pattern in (MACHINE_PATHS, INDEX, KEYS)
            if (hit := pattern.search(text))
        ]
    assert not found


def test_every_requirement_is_pinned_with_hashes() -> None:
    for layer in ("client", "web", "worker", "dev", "bench"):
        (path,) = [p for p in tracked_files() if name_of(p) == f"requirements/{layer}.txt"]
        blocks = [block for block in path.read_text().replace("\\\n", " ").splitlines() if block.strip()]
        loose = [block for block in blocks if not block.startswith("#") and "--hash=sha256:" not in block]
        assert not loose
