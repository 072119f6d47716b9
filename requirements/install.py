"""Creates ``.venv`` and installs one lock file into it: ``python3 requirements/install.py worker|dev``.

``bench`` goes to a folder of its own, for it holds what benchmarks compare
with and nothing else may import.

Runs on the system's Python with nothing but its standard library. The lock
files are closed and carry hashes, so pip resolves nothing. A stamp keeps it
from being repeated until the lock changes.
"""

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
INTERRUPTED = 130
PROGRESS_S = 5.0
PEERS = ROOT / "var" / "bench-peers"
LAYERS = ("client", "web", "worker", "dev", "bench")


class InstallError(RuntimeError):
    """The installation cannot go on; the message says what to do."""


def main(*, layer: str) -> int:
    """Install the layer unless it is installed; return the exit status."""
    if layer not in LAYERS:
        sys.stderr.write(f"There is no lock file {layer!r}; use one of {', '.join(LAYERS)}.\n")
        return 2
    try:
        lock = ROOT / "requirements" / f"{layer}.txt"
        stamp = (PEERS if layer == "bench" else VENV) / f".installed-{layer}"
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            return 0
        ensure_venv()
        if layer == "bench":
            shutil.rmtree(PEERS, ignore_errors=True)
            install(lock=lock, target=PEERS)
        else:
            install(lock=lock)
            run([str(PYTHON), "-m", "pip", "check"], problem="The installed packages do not fit together")
        stamp.write_text(digest)
    except InstallError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command goes on from here.\n")
        return INTERRUPTED
    return 0


def ensure_venv() -> None:
    """Create the virtual environment if it is not there, or is there without pip (Debian without python3-venv)."""
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise InstallError(
            f"This is Python {sys.version.split()[0]}; {wanted} or newer is needed. Set PYTHON=..."
        )
    if not has_pip():
        say("creating .venv")
        run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            problem="python3 -m venv failed; on Debian install python3-venv",
        )


def has_pip() -> bool:
    """Say whether the virtual environment was made to its end."""
    if not PYTHON.exists():
        return False
    done = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    return done.returncode == 0


def install(*, lock: Path, target: Path | None = None) -> None:
    """Install exactly what the lock names, showing which package of how many is at work."""
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    say(
        f"installing {total} packages from requirements/{lock.name} into {(target or VENV).relative_to(ROOT)}"
    )
    command = [
        str(PYTHON), "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-input",
        "--disable-pip-version-check", "--progress-bar", "off", "-r", str(lock),
        *(("--target", str(target)) if target else ()),
    ]  # fmt: skip
    last: list[str] = []
    started, seen, shown = time.monotonic(), 0, 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in lines_of(pip):
            last = [*last[-30:], line]
            seen += line.startswith(("Collecting ", "Processing ", "Requirement already satisfied"))
            if line.startswith("Installing collected"):
                say(f"  {time.monotonic() - started:4.0f} s  unpacking all; this takes a minute or two")
            elif line.startswith("Collecting") and time.monotonic() - shown > PROGRESS_S:
                shown = time.monotonic()
                say(f"  {shown - started:4.0f} s  {seen} of {total}")
    if pip.returncode != 0:
        raise InstallError("pip could not install the lock file:\n" + "\n".join(last))
    say(f"installed in {time.monotonic() - started:.0f} s")


def lines_of(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Yield what the process says, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line.rstrip()


def run(command: list[str], *, problem: str) -> None:
    """Run a command quietly; raise with its output when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallError(f"{problem}:\n{done.stdout}{done.stderr}")


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(layer=sys.argv[1] if len(sys.argv) == 2 else ""))
