"""What a box may use."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLimits:
    """Caps of one box. Sizes in bytes, times in seconds.

    ``start_s`` runs until the box is confined, ``load_s`` until the model is
    loaded, ``call_s`` per call, ``life_s`` over all, by the wall clock and from
    outside. ``cpu_s``, ``memory``, ``file_size``, ``open_files`` and ``tasks``
    are kernel limits inside.
    """

    start_s: float = 20.0
    load_s: float = 60.0
    call_s: float = 60.0
    life_s: float = 600.0
    cpu_s: int = 300
    memory: int = 4 * 2**30
    file_size: int = 64 * 2**20
    scratch: int = 128 * 2**20
    open_files: int = 256
    tasks: int = 64
    log: int = 2**16
    log_flood: int = 16 * 2**20
    rows: int = 2_000_000
    payload: int = 2**30

    def as_json(self) -> dict[str, float | int]:
        """Return the limits as plain data for the process inside."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, float | int]) -> "BoxLimits":
        """Read what ``as_json`` wrote."""
        return cls(**{field.name: data[field.name] for field in fields(cls)})  # type: ignore[arg-type]
