"""Why an input is not there, in words that say what would bring it: a stable reason and a sentence."""

NEEDS_ARTIFACT = "needs_artifact"
NEEDS_COLUMN = "needs_column"
NEEDS_ROWS = "needs_rows"
MISSING_INPUT = "missing_input"

_OF_ARTIFACT = {
    "features": "the inputs of the model, row by row",
    "scores_repeat": "a second answer of the artefact for the same rows",
    "artifact": "the artefact itself",
    "claims": "what the model's run claims about scores of the artefact",
    "explainer": "explanations computed with the artefact",
    "drift": "the inputs of the model, row by row",
    "separator": "the inputs of the model, row by row",
    "challenger": "the inputs of the model, row by row",
}
_OF_COLUMN = {
    "labels": "outcome",
    "segments": "segment",
    "vintages": "vintage",
    "scores_before": "score_before",
}
_DECLARED = {
    "portfolio": "no portfolio is declared for the use case; its owner declares one",
    "capital": "no portfolio is declared for the use case; its owner declares one",
    "grade_edges": "there are no limits of grades, and no scores from which to take them",
}


def why_absent(*, name: str, from_predictions: bool, has_rows: bool) -> tuple[str, str]:
    """Return the reason and the sentence for an input such as ``train.features``, or for a tool.

    ``has_rows`` says whether the input's sample holds any scores.
    """
    sample, _, part = name.rpartition(".")
    if part in _DECLARED:
        return MISSING_INPUT, _DECLARED[part]
    if not from_predictions:
        return MISSING_INPUT, f"the input {name} was not given"
    if part in _OF_ARTIFACT:
        return NEEDS_ARTIFACT, (
            f"this check reads {_OF_ARTIFACT[part]} ({name}), and a file of predictions holds scores and "
            "outcomes only; register the artefact with its data sets and ask for a validation of it"
        )
    if not has_rows:
        return NEEDS_ROWS, (
            f"the file holds no row of the sample {sample}; mark rows as {sample} in a column `sample`"
        )
    column = _OF_COLUMN.get(part, part)
    return NEEDS_COLUMN, (
        f"the file says no `{column}` of the rows of {sample}; add that column, or name it when you send the file"
    )
