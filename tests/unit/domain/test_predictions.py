"""Columns of a file of predictions, named by whoever sends it; and what stands beside figures from one."""

import pytest

from registry.domain.errors import InvalidInput
from registry.domain.predictions import parse_columns
from registry.domain.vocab import ScoreSource


def test_names_are_kept_by_meaning_and_blank_ones_are_not_given() -> None:
    given = {"score": " pd_12m ", "outcome": "", "segment": "region", "sample": "  "}
    assert parse_columns(given=given) == {"score": "pd_12m", "segment": "region"}
    assert parse_columns(given={}) == {}
    assert parse_columns(given={"score": "outcome", "outcome": "score"}) == {
        "score": "outcome",
        "outcome": "score",
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scoer": "pd"}, "did you mean 'score'"),
        ({"score": "p" * 101}, "longer than 100"),
        ({"segment": "a\x00b"}, "not printable"),
        ({"score": "x", "segment": "x"}, "'x' is named for two things"),
        ({"score": "outcome"}, "'outcome' is named for two things"),
    ],
)
def test_names_that_no_reader_could_use_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match="PRD003") as refusal:
        parse_columns(given=given)
    assert says in refusal.value.message
    assert refusal.value.context["field"]


def test_each_source_says_where_its_scores_come_from() -> None:
    assert ScoreSource.PREDICTIONS.sentence == "from a file of predictions, not recomputed from the artefact"
    assert ScoreSource.ARTIFACT.sentence == "recomputed from the registered artefact"
