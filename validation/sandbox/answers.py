"""The inside end of the pipes."""

import os
from collections.abc import Mapping

from validation.sandbox import protocol


class RefusedError(Exception):
    """What came from outside is not accepted; ``code`` and ``reason`` go back as they are."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Answers:
    """Reads requests, writes answers. Both ends are plain frames."""

    def __init__(self, *, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers

    def receive(self, *, max_payload: int) -> tuple[dict[str, object], bytearray]:
        """Wait for the next request. Raises ``EndOfStreamError`` when there will be none."""
        return protocol.read_frame(lambda size: os.read(self._requests, size), max_payload=max_payload)

    def send(self, header: Mapping[str, object], payload: bytes | memoryview = b"") -> None:
        """Write one answer."""
        protocol.write_all(self._answers, protocol.encode(header, memoryview(payload).nbytes))
        protocol.write_all(self._answers, payload)

    def fail(self, code: str, reason: str) -> None:
        """Write an error."""
        self.send({"event": "error", "code": code, "reason": reason[:500]})
