"""After approval: the customers change, the drift checks fail, and the gate stops what it let pass."""

from mrm.demo.approve_steps import pass_gate
from mrm.demo.journal import expect
from mrm.demo.story import SCORECARD, Story
from mrm.demo.validate_steps import verdicts, wait_until_ended

PAIR = (SCORECARD, "card-underwriting")
BATCH = "shifted"
DRIFT_CHECKS = {"drift.data", "drift.score"}
ALLOWED, UNDECIDED = 0, 3


def monitor_shifted_batch(story: Story) -> None:
    """On the shifted batch the drift checks fail and no other; on the unshifted one they did not."""
    with story.journal.step(
        "4 A batch shifts: only the drift checks fail, and the gate stops the model"
    ) as step:
        before = pass_gate(story, *PAIR, ALLOWED)
        pair = story.intended_use(*PAIR)
        story.people.at_pages("vera").post(
            f"/intended-uses/{pair}/validations/", form=f"/intended-uses/{pair}/", batch=BATCH
        )
        wait_until_ended(story)
        shifted = verdicts(story.validation(*PAIR, batch=BATCH))
        plain = verdicts(story.validation(*PAIR))
        step.facts |= {"shifted": shifted, "unshifted": plain, "findings": _findings(story, pair)}
        failed = {check for check, verdict in shifted.items() if verdict == "fail"}
        expect(failed == DRIFT_CHECKS, f"on the shifted batch {sorted(failed)} fail")
        expect("fail" not in plain.values(), f"on the unshifted batch: {plain}")
        story.say(f"failed: {', '.join(sorted(failed))}; findings: {story.places.web_url}/findings/")
        step.facts["gate"] = {"before": before, "after": pass_gate(story, *PAIR, UNDECIDED)}


def _findings(story: Story, pair: str) -> list[str]:
    """Return the checks behind the pair's findings: the drift checks, none twice."""
    rows = [row for row in story.rest("vera").items("findings") if row["intended_use"] == pair]
    raised = sorted(row["check_id"] for row in rows)
    expect(set(raised) == DRIFT_CHECKS, f"findings were raised for {raised}")
    expect(len(raised) == len(set(raised)), f"a finding was raised twice: {raised}")
    return raised
