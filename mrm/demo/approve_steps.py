"""Steps 5 and 6: safeguards, one fact that moves an outcome, separation of duties, approval, the gate."""

import json
import sys
from datetime import timedelta

from mrm.demo import opening
from mrm.demo.doors import RefusedError
from mrm.demo.journal import expect
from mrm.demo.story import ALLOWED, CARDS, DENIED, MAY_BE_VALIDATED, REFERRED, SCORECARD, Story
from registry.domain.clock import SystemClock

HELD_BACK = "human_oversight"
SAFEGUARDS = {
    "validation": "Validated against an interpretable challenger and on a pseudo-temporal sample.",
    "monitoring": "Score and inputs are compared with the reference every month; a breach stops the gate.",
    "data_governance": "Each data set is registered by digest with its origin; no personal attribute is used.",
    "circuit_breaker": "A breach falls back to the scorecard within a day; the last drill was this quarter.",
}
OVERSIGHT = "Underwriters see the reasons for each case and may overrule; the rate of overrules is reported."
COMPLEX_USES = ("card-underwriting", "pd-capital-qrre")
REFERRED_PAIR = (SCORECARD, "card-underwriting")
APPROVED = (REFERRED_PAIR, (CARDS, "collections"))
LEFT_OPEN = (SCORECARD, "limit-increases")
GATE = ((CARDS, "collections", 0), (CARDS, "equity", 1), (*LEFT_OPEN, 3))
ADVANTAGE = "evidence.advantage_gini_lower"
USAGE, UNDECIDED = 2, 3
GATE_S = 60.0
GATE_COMMAND = (sys.executable, "-m", "mrm.client", "gate")


def show_safeguards(story: Story) -> None:
    """Owen shows the five safeguards of the boosted model, and states what it earns. The scorecard lacks one."""
    with story.journal.step("Owen shows five safeguards, and what the boosted model earns") as step:
        owen, today = story.rest("owen"), SystemClock().now().date()
        for use_case in COMPLEX_USES:
            pair = story.intended_use(CARDS, use_case)
            for safeguard, statement in (SAFEGUARDS | {HELD_BACK: OVERSIGHT}).items():
                _show(story, pair, safeguard, statement)
            owen.post(
                f"intended-uses/{pair}/trade-offs",
                statement="Two Gini points over the best scorecard: fewer losses at the same acceptance rate.",
                benefit_eur="1200000.00",
                expires_on=(today + timedelta(days=360)).isoformat(),
            )
        step.facts["held_back"] = HELD_BACK


def _show(story: Story, pair: str, safeguard: str, statement: str) -> None:
    today = SystemClock().now().date()
    story.rest("owen").post(
        f"intended-uses/{pair}/safeguards",
        safeguard=safeguard,
        statement=statement,
        source="House record MR-17, minutes of the model committee",
        evidenced_on=today.isoformat(),
        expires_on=(today + timedelta(days=180)).isoformat(),
    )


def earn_no_place(story: Story) -> None:
    """The boosted model is set against interpretable models that the program tuned, and does not earn its place."""
    with story.journal.step("The boosted model must earn its place in underwriting, and does not") as step:
        use_case = "card-underwriting"
        permission, decision = story.expect_state(CARDS, use_case, DENIED), story.decision(CARDS, use_case)
        flips = [{change["fact"] for change in item["changes"]} for item in decision["counterfactuals"]]
        expect({ADVANTAGE} in flips, f"nothing is denied for the advantage alone: {flips}")
        (record,) = [
            row
            for row in story.validation(CARDS, use_case)["evidence"]
            if row["check_id"] == "challenger.advantage"
        ]
        step.facts = {"outcome": decision["outcome"], "verdict": record["verdict"]}
        story.say(f"{permission['sentence']}: {permission['page']}")
        story.say(f"{decision['counterfactual_statement']}")


def change_one_fact(story: Story) -> None:
    """A referred pair names the fact it lacks; Owen shows it, and the outcome moves as foretold."""
    with story.journal.step("One fact changes, and the outcome moves as the counterfactual said") as step:
        uri, use_case = REFERRED_PAIR
        before = story.expect_state(uri, use_case, REFERRED)
        fact = f"safeguard.{HELD_BACK}"
        expect(before["missing"] == [fact], f"missing are {before['missing']}")
        decision = story.decision(uri, use_case)
        foretold = [
            item["outcome"] for item in decision["counterfactuals"]
            if [change["fact"] for change in item["changes"]] == [fact]
        ]  # fmt: skip
        expect(foretold, f"no counterfactual names {fact}: {decision['counterfactuals']}")
        story.say(f"referred: {before['sentence']}")
        story.say(f"foretold: {decision['counterfactual_statement']}")
        gate = pass_gate(story, uri, use_case, UNDECIDED)
        today = SystemClock().now().date()
        pair = before["intended_use"]
        story.people.at_pages("owen").post(
            f"/intended-uses/{pair}/safeguards/new/",
            safeguard=HELD_BACK,
            statement=OVERSIGHT,
            source="Underwriting manual, chapter 4",
            evidenced_on=today.isoformat(),
            expires_on=(today + timedelta(days=180)).isoformat(),
        )
        after = story.decision(uri, use_case)
        expect(after["outcome"] == foretold[0], f"foretold {foretold[0]}, came {after['outcome']}")
        story.expect_state(uri, use_case, MAY_BE_VALIDATED)
        step.facts = {"fact": fact, "before": decision["outcome"], "foretold": foretold[0]} | {
            "after": after["outcome"],
            "gate": gate,
        }
        story.say(f"came: {after['outcome']}; {after['page']}")


def refuse_dana(story: Story) -> None:
    """Dana may neither sign the report on her model nor approve it."""
    with story.journal.step("Dana tries to sign and to approve, and is refused") as step:
        dana = story.people.at_pages("dana")
        request = story.validation(SCORECARD, "card-underwriting")["uuid"]
        approval = story.kept["approvals"][SCORECARD, "card-underwriting"]
        tries = {
            "sign": (f"/validations/{request}/report/new/", {"opinion": "fit", "summary": "It is good."}),
            "approve": (f"/approvals/{approval}/", {"decision": "grant", "comment": "It is good."}),
        }
        for name, (path, fields) in tries.items():
            try:
                dana.post(path, **fields)
            except RefusedError as refusal:
                expect("PEO" in refusal.text, f"refused without a code: {refusal}")
                code = next(word for word in refusal.text.split() if word.startswith("PEO"))
                step.facts[name] = code
                story.say(f"{name}: refused with {code}")
            else:
                expect(False, f"Dana could {name}")


def submit(story: Story) -> None:
    """Dana submits the pairs that may be approved."""
    with story.journal.step("Dana submits two pairs for approval") as step:
        approvals = {}
        for uri, use_case in APPROVED:
            answer = story.rest("dana").post("approvals", intended_use=story.intended_use(uri, use_case))
            approvals[uri, use_case] = answer["uuid"]
        story.kept["approvals"] = approvals
        step.facts["approvals"] = list(approvals.values())


def approve(story: Story) -> None:
    """Ada approves; a signed permit is issued and mirrored to MLflow."""
    with story.journal.step("5 Ada approves; signed permits are issued and mirrored to MLflow") as step:
        ada = story.people.at_pages("ada")
        for (uri, use_case), uuid in story.kept["approvals"].items():
            ada.post(
                f"/approvals/{uuid}/",
                decision="grant",
                comment="I read the report and the challenge, and rely on the measured evidence.",
            )
            permission = story.expect_state(uri, use_case, ALLOWED)
            step.facts[f"{uri} {use_case}"] = {
                "state": permission["state"],
                "until": permission["until"],
                "conditions": [item["kind"] for item in permission["conditions"]],
            }
            story.say(f"{permission['sentence']}: {permission['page']}")
        left = story.expect_state(*LEFT_OPEN, REFERRED)
        expect(f"safeguard.{HELD_BACK}" in left["missing"], f"missing are {left['missing']}")
        for use_case in (*COMPLEX_USES, "equity", "pd-large-corporate"):
            story.expect_state(CARDS, use_case, DENIED)


def ask_the_gate(story: Story) -> None:
    """The command says 0 allowed, 1 denied, 2 usage, 3 cannot decide."""
    with story.journal.step("6 mrm gate: 0 allowed, 1 denied, 2 usage, 3 cannot decide") as step:
        for uri, use_case, status in GATE:
            step.facts[use_case] = {"status": status, "sentence": pass_gate(story, uri, use_case, status)}
        done = opening.try_run(story.places, [*GATE_COMMAND], within_s=GATE_S, extra=story.as_dana())
        expect(done.returncode == USAGE, f"wrong usage ended with {done.returncode}")


def pass_gate(story: Story, uri: str, use_case: str, status: int) -> str:
    """Ask the gate as a pipeline would; return its reason. Raises ``ExpectationError`` for another status."""
    command = [*GATE_COMMAND, uri, "--use-case", use_case, "--json"]
    done = opening.try_run(story.places, command, within_s=GATE_S, extra=story.as_dana())
    expect(
        done.returncode == status,
        f"gate {use_case} ended with {done.returncode}, not {status}: {done.stdout}{done.stderr}",
    )
    sentence = str(json.loads(done.stdout)["sentence"])
    expect(sentence, "the gate gives its reason")
    story.say(f"exit {status}: {sentence}")
    return sentence
