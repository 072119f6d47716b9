"""Steps 1 to 3: Dana trains and registers; policy decides each pair at once."""

from mrm.demo.journal import expect
from mrm.demo.story import CARDS, DENIED, MAY_BE_VALIDATED, SCORECARD, Story

USES = {
    CARDS: ("pd-capital-qrre", "card-underwriting", "collections", "pd-large-corporate", "equity"),
    SCORECARD: ("card-underwriting", "limit-increases"),
}
BANNED = ("pd-large-corporate", "equity")


def train(story: Story) -> None:
    """Dana trains a scorecard and a boosted model, and logs both to MLflow."""
    with story.journal.step("Dana trains two models and logs them to MLflow") as step:
        said = story.script("examples/train_credit_models.py")
        registered = [line.split("registered ")[1] for line in said.splitlines() if "registered " in line]
        expect(registered == [SCORECARD, CARDS], f"MLflow holds {registered}")
        step.facts["versions"] = registered
        story.say(f"MLflow holds {' and '.join(registered)}: {story.places.mlflow_url}")


def register(story: Story) -> None:
    """Dana registers both in three lines; every pair is decided at registration."""
    with story.journal.step("1-3 Dana registers both in three lines; policy decides every pair") as step:
        for uri, use_cases in USES.items():
            story.script("examples/register_models.py", uri, *use_cases)
            story.journal.mark("first_decision")
            for use_case, permission in story.permissions(uri).items():
                step.facts[f"{uri} {use_case}"] = permission["state"]
                story.say(f"{permission['state']}: {permission['sentence']}")
                story.say(f"    {permission['page']}")
        _expect_identity(story)
        for use_case in BANNED:
            story.expect_state(CARDS, use_case, DENIED)
        for use_case in set(USES[CARDS]) - set(BANNED):
            story.expect_state(CARDS, use_case, MAY_BE_VALIDATED)
        step.facts["flips"] = _flips(story)


def _expect_identity(story: Story) -> None:
    """The version records what MLflow says, and digests over the bytes."""
    dana = story.rest("dana")
    (version,) = dana.items("model-versions", mlflow_uri=CARDS)
    detail = dana.get(f"model-versions/{version['uuid']}")
    expect(detail["mlflow_run_id"], "the version knows its run")
    expect(detail["flavour"] == "xgboost", f"the flavour is {detail['flavour']}")
    expect(detail["signature"], "the version has a signature")
    expect(len(detail["artifact_digest"]) == 64, "the artefact is hashed")
    roles = {str(entry["role"]): str(entry["sha256"]) for entry in detail["datasets"]}
    expect(set(roles) == {"train", "test", "recent", "shifted"}, f"the data sets are {sorted(roles)}")
    expect(all(len(digest) == 64 for digest in roles.values()), "every data set is hashed")


def _flips(story: Story) -> dict[str, str]:
    """The ban on large corporates names the foundation approach; nothing flips the one on equity."""
    corporate = story.decision(CARDS, "pd-large-corporate")
    changes = [
        {change["fact"]: change["then"] for change in item["changes"]}
        for item in corporate["counterfactuals"]
    ]
    expect(
        any(change.get("capital.approach") == "F-IRB" for change in changes),
        f"no counterfactual names the foundation approach: {changes}",
    )
    equity = story.decision(CARDS, "equity")
    approaches = [
        item for item in equity["counterfactuals"]
        if {change["fact"] for change in item["changes"]} <= {"capital.approach", "capital.parameter"}
    ]  # fmt: skip
    expect(not approaches, f"an approach flips the ban on equity: {approaches}")
    story.say(f"large corporates: {corporate['counterfactual_statement']}")
    story.say(f"equity: {equity['counterfactual_statement']}")
    return {
        "pd-large-corporate": corporate["counterfactual_statement"],
        "equity": equity["counterfactual_statement"],
    }
