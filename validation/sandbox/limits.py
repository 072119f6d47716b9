"""What a box may use."""

from dataclasses import asdict, dataclass, fields, replace

SLOWEST_READING = 16 * 2**20
"""Bytes of a file that a box for data reads in a second at the very least; an honest one is many times faster."""
ROWS_OF_A_LIFE = 8_000_000
"""Rows that a model answers within one ``life_s`` and one ``cpu_s``: 37 microseconds of CPU a row."""
MAX_DATA_ROWS = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLimits:
    """Caps of one box. Sizes in bytes, times in seconds.

    ``start_s`` runs until the box is confined, ``load_s`` until the model is
    loaded, ``call_s`` per call, ``life_s`` over all, by the wall clock and from
    outside. ``cpu_s``, ``memory``, ``file_size``, ``open_files`` and ``tasks``
    are kernel limits inside. ``rows`` and ``payload`` bound one call of a model, or a whole file of
    predictions; a data set may hold ``rows`` too, and ``table`` bytes once it is read, of which ``frame``
    are on their way at once.
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
    table: int = 16 * 2**30
    frame: int = 8 * 2**20

    def rows_at_once(self, *, columns: int) -> int:
        """Return how many rows of doubles travel in one frame; both ends count on it."""
        return max(1, self.frame // (8 * columns))

    def as_json(self) -> dict[str, float | int]:
        """Return the limits as plain data for the process inside."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, float | int]) -> "BoxLimits":
        """Read what ``as_json`` wrote."""
        return cls(**{field.name: data[field.name] for field in fields(cls)})  # type: ignore[arg-type]


def limits_for_data(*, size: int) -> BoxLimits:
    """Return the limits of the box that reads a data set of ``size`` bytes: time grows with what there is to read."""
    base = BoxLimits()
    more = size / SLOWEST_READING
    return replace(
        base,
        rows=MAX_DATA_ROWS,
        load_s=base.load_s + more,
        life_s=base.life_s + more,
        cpu_s=base.cpu_s + int(more),
    )


def limits_for_rows(*, rows: int) -> BoxLimits:
    """Return the limits of the box of a model that is asked for ``rows``: a row gets no more time than before.

    Calls are bounded as ever; only a life of more than ``ROWS_OF_A_LIFE`` is as many times longer.
    """
    base = BoxLimits()
    lives = max(1.0, rows / ROWS_OF_A_LIFE)
    return replace(base, life_s=base.life_s * lives, cpu_s=int(base.cpu_s * lives))
