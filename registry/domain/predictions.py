"""A file of predictions: scores and outcomes of a model whose artefact nobody here has run."""

from collections.abc import Mapping

from registry.domain.errors import InvalidInput, unknown_name

FILE_LIMIT = 24 * 2**20
"""Most bytes of one file: what all threads of a web process receive at once fits into its scratch space."""

ROW_LIMIT = 2_000_000
"""Most rows of one file."""

NEEDED = ("score", "outcome")
COLUMNS = (*NEEDED, "sample", "segment", "vintage", "score_before")
"""What a file may say of a row; a column has this name unless the sender gives another."""

NAME_LIMIT = 100


def parse_columns(*, given: Mapping[str, str]) -> dict[str, str]:
    """Return the column names that the sender gave, by what they mean; a blank one counts as not given.

    Raises ``PRD003`` for an unknown meaning, for a name that no reader could
    use, and when two meanings share a column.
    """
    named = {}
    for meaning, name in given.items():
        if meaning not in COLUMNS:
            raise _refused(f"{meaning[:60]!r} is {unknown_name(meaning, COLUMNS)}", meaning)
        if not name.strip():
            continue
        if len(name) > NAME_LIMIT or not name.isprintable():
            raise _refused(
                f"the column of {meaning} is longer than {NAME_LIMIT} characters or not printable", meaning
            )
        named[meaning] = name.strip()
    # A meaning without a name of its own still claims the column of that name, if the file has it.
    claimed = [named.get(meaning, meaning) for meaning in COLUMNS if meaning in named or meaning in NEEDED]
    for name in claimed:
        if claimed.count(name) > 1:
            raise _refused(f"the column {name!r} is named for two things", "score")
    return named


def _refused(message: str, meaning: str) -> InvalidInput:
    return InvalidInput(
        "PRD003",
        message,
        remedy=f"Name the columns of {', '.join(COLUMNS)}, each by one column of the file.",
        field=meaning,
    )
