"""Files that people send: written to a temporary file as they come in, and never beyond the limit."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from registry.domain.predictions import FILE_LIMIT


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps one byte more than is allowed and drops the rest, so that the action sees that it is too much."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write what still fits. The parser calls this before anybody knows how long the file is."""
        self.file.write(raw_data[: max(0, FILE_LIMIT + 1 - start)])

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Return the file with the size that was kept."""
        return super().file_complete(min(file_size, FILE_LIMIT + 1))
