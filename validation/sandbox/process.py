"""Starting, feeding and ending the process behind a box, from outside."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from validation.sandbox import protocol
from validation.sandbox.errors import box_error
from validation.sandbox.limits import BoxLimits

CODE = Path(__file__).resolve().parents[2]
SUPERVISOR = Path(__file__).with_name("supervisor.py")
END_PATIENCE_S = 5.0
READ_SIZE = 1 << 16


class BoxProcess:
    """One supervised, confined process. Closing it kills it and everything it started.

    ``what`` names the family of error codes: a box for data answers ``DAT004``
    where a box for models answers ``BOX003``, ``BOX004`` or ``BOX008``.
    """

    def __init__(self, *, task: Mapping[str, object], readable: Sequence[Path], limits: BoxLimits) -> None:
        self._limits = limits
        self._is_data = task["task"] != "model"
        self._born = time.monotonic()
        self._log = bytearray()
        self._log_size = 0
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._drain: threading.Thread | None = None
        self.exit_cause: str | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="box-"))
        try:
            self._process = self._start()
            self._drain = threading.Thread(
                target=self._keep_log, args=(self._process,), name="box-log", daemon=True
            )
            self._drain.start()
            self._write({**_settings(readable, self._folder, limits), **task}, b"", self._limits.start_s)
            self.confined = self.receive("confined", within_s=limits.start_s)[0]
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Return the id of the supervising process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Return the first part of what was printed inside. Text from outside: never markup."""
        return bytes(self._log).decode("utf-8", errors="replace")

    def send(self, header: Mapping[str, object], payload: bytes | memoryview, *, within_s: float) -> None:
        """Send one request."""
        with self._translated():
            self._write(header, payload, within_s)

    def receive(self, event: str, *, within_s: float, payload: int = 0) -> tuple[dict[str, Any], bytearray]:
        """Wait for the answer ``event`` with exactly ``payload`` bytes, or none and an error.

        Raises ``BoxError``; the box is dead then, unless the code is ``BOX006``.
        """
        with self._translated():
            read = protocol.deadline_reader(self._answers, self._deadline(within_s))
            header, data = protocol.read_frame(read, max_payload=payload)
            if header.get("event") == "error":
                raise self._told(header)
            if header.get("event") != event or len(data) != payload:
                raise protocol.FrameError(f"another answer than {event}")
            return header, data

    def refuse(self, why: str) -> Exception:
        """Kill the box for an answer that does not mean what it must, and return the error to raise."""
        return self._ended("bad answer", "BOX005", f"its answer is refused: {why}")

    def close(self) -> None:
        """Kill the box and what it started, wait for the end, remove its folder. Repeatable."""
        if self._process is not None and not self._closed:
            self._closed = True
            os.close(self._lifeline)
            os.close(self._requests)
            self._end(self._process)
            os.close(self._answers)
            if self._drain is not None:
                self._drain.join(timeout=END_PATIENCE_S)
            self.exit_cause = self.exit_cause or "closed"
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        for name in ("root", "scratch"):
            (self._folder / name).mkdir()
        self._folder.chmod(0o755)
        (self._folder / "scratch").chmod(0o700)
        lifeline_read, self._lifeline = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(SUPERVISOR), str(lifeline_read)],
                env={},
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(lifeline_read,),
                start_new_session=True,
                bufsize=0,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(lifeline_read)
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests = os.dup(process.stdin.fileno())
        self._answers = os.dup(process.stdout.fileno())
        process.stdin.close()
        process.stdout.close()
        os.set_blocking(self._requests, False)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(timeout=END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _write(self, header: Mapping[str, object], payload: bytes | memoryview, within_s: float) -> None:
        deadline = self._deadline(within_s)
        size = memoryview(payload).nbytes
        protocol.write_before(self._requests, protocol.encode(header, size), deadline)
        protocol.write_before(self._requests, payload, deadline)

    def _deadline(self, within_s: float) -> float:
        return min(time.monotonic() + within_s, self._born + self._limits.life_s)

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        stream = process.stderr
        assert stream
        with contextlib.suppress(OSError, ValueError):
            while part := os.read(stream.fileno(), READ_SIZE):
                self._log += part[: max(0, self._limits.log - len(self._log))]
                self._log_size += len(part)
                if self._log_size > self._limits.log_flood:
                    self.exit_cause = "flood"
                    os.killpg(process.pid, signal.SIGKILL)
        stream.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise self._ended("time limit", "BOX003", "it did not answer in time and was killed") from None
        except (protocol.EndOfStreamError, BrokenPipeError):
            if self.exit_cause == "flood":
                raise self._ended("flood", "BOX008", "it printed without end and was killed") from None
            assert self._process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=END_PATIENCE_S)
            cause = _cause(self._process.returncode)
            raise self._ended(cause, "BOX004", f"its process ended: {cause}") from None
        except protocol.FrameError as error:
            raise self.refuse(str(error)) from error

    def _told(self, header: Mapping[str, Any]) -> Exception:
        code, reason = str(header.get("code")), str(header.get("reason"))[:500]
        if code != "BOX006":
            self.exit_cause = "refused"
        return box_error(code, reason)

    def _ended(self, cause: str, code: str, message: str) -> Exception:
        self.exit_cause = cause
        self.close()
        return box_error("DAT004" if self._is_data else code, message)


def _settings(readable: Sequence[Path], folder: Path, limits: BoxLimits) -> dict[str, object]:
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    own = Path(__file__).resolve().parent
    return {
        "readable": [str(Path(sys.base_prefix)), *packages, str(own), *map(str, readable)],
        "site_packages": packages,
        "code": str(CODE),
        "folder": str(folder),
        "limits": limits.as_json(),
    }


def _cause(code: int | None) -> str:
    if code is None:
        return "it does not end"
    if code > 128:
        return f"killed by signal {code - 128}"
    return f"killed by signal {-code}" if code < 0 else f"exit status {code}"
