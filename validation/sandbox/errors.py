"""Refusals of the box, by code, each with what to do."""

from registry.domain.errors import MrmError

REMEDIES = {
    "BOX001": "Save the model as data (XGBoost JSON), or run the worker where Landlock and seccomp are available.",
    "BOX002": "Log the model again with MLflow's log_model and check that it loads in a fresh environment.",
    "BOX003": "Check that the model answers in reasonable time, or ask the administrator to raise the limit.",
    "BOX004": "Check that the model stays within its limits of memory and processor time and does not end its process.",
    "BOX005": "The model must return one finite probability between 0 and 1 for each row.",
    "BOX006": "Check that the data hold the model's columns, as numbers, in the ranges it was trained on.",
    "BOX007": "See the worker's log: the box could not be started on this machine.",
    "BOX008": "Remove the model's printing: it wrote more than any log may hold.",
    "DAT001": "Write the data set again as one plain Parquet file.",
    "DAT002": "Log a smaller data set, or ask the administrator to raise the limit.",
    "DAT003": "Turn the column into numbers, or leave it out.",
    "DAT004": "Write the data set again; reading it took too long or too much.",
    "DAT005": "Log the data set and its manifest again, together.",
    "PRD010": "Save the table as CSV in UTF-8 with commas, or as one plain Parquet file.",
    "PRD011": "Name the columns in the first line, separated by commas, and say which is which when you send the file.",
    "PRD012": "Write plain numbers with a point, and as many cells in each row as the header has.",
    "PRD013": "Send a sample of the rows.",
    "PRD015": "Group the segments or vintages into fewer, or leave the column out.",
}


class BoxError(MrmError):
    """What ran inside was refused, failed or was killed. The codes are the keys of ``REMEDIES``."""

    kind = "box_error"


def box_error(code: str, message: str) -> BoxError:
    """Return the error for ``code``; a code that is not ours becomes ``BOX004``."""
    known = code if code in REMEDIES else "BOX004"
    return BoxError(known, message, remedy=REMEDIES[known])
