"""The files of an artefact, and the one digest over them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from registry.domain.canonical import digest
from registry.domain.errors import InvalidInput

MAX_NAME_BYTES = 255
CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True, order=True)
class ArtifactFile:
    """One file: path relative to the artefact's root, size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArtifactManifest:
    """All files of an artefact, sorted by path, and their digest."""

    files: tuple[ArtifactFile, ...]
    digest: str

    @classmethod
    def of(cls, files: Iterable[ArtifactFile]) -> "ArtifactManifest":
        """Sort the files and compute the digest."""
        ordered = tuple(sorted(files))
        return cls(files=ordered, digest=artifact_digest(ordered))

    @property
    def size(self) -> int:
        """Return the sum of the files' sizes, in bytes."""
        return sum(file.size for file in self.files)


def artifact_digest(files: Iterable[ArtifactFile]) -> str:
    """Return the SHA-256 over the canonical JSON of path, size and SHA-256 of each file, by path.

    ``{"files":[{"path":...,"sha256":...,"size":...},...],"version":1}``: any
    file added, removed, renamed or changed gives another digest.
    """
    entries = [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in sorted(files)]
    return digest({"version": 1, "files": entries})


def ensure_plain_name(name: object) -> str:
    """Return ``name`` if it is one ordinary path component. Raises ``InvalidInput`` ``MLF041``."""
    if (
        not isinstance(name, str)
        or name in ("", ".", "..")
        or "/" in name
        or CONTROL.search(name)
        or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES
    ):
        raise InvalidInput(
            "MLF041",
            f"an artefact is called {str(name)[:80]!r}, which is no plain file name",
            remedy="Log the model again with ordinary file names: no '..', no slash, no backslash.",
        )
    return name


def ensure_plain_path(path: str) -> str:
    """Return ``path`` if each of its components is a plain name. Raises ``InvalidInput`` ``MLF041``."""
    return "/".join(ensure_plain_name(part) for part in path.split("/"))
