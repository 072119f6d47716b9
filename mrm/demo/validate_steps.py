"""Step 4: workers measure what the decision asks for; Vera reads, challenges, signs."""

import os

from mrm.demo.journal import expect
from mrm.demo.opening import HEAVY, WEB
from mrm.demo.processes import children_of
from mrm.demo.story import CARDS, HOSTILE, SCORECARD, Json, Story

RUNS_S = 300.0
DRIFT_CHECKS = {"drift.data", "drift.score"}
VALIDATED = (
    (SCORECARD, "card-underwriting", "fit"),
    (SCORECARD, "limit-increases", "fit"),
    (CARDS, "collections", "fit"),
    (CARDS, "card-underwriting", "fit_with_conditions"),
    (CARDS, "pd-capital-qrre", "fit_with_conditions"),
)


def wait_for_runs(story: Story) -> None:
    """Wait until every validation has ended, showing each as it does."""
    with story.journal.step("4 The workers run the plans; results stream in") as step:
        wait_until_ended(story)
        for uri, use_case, _opinion in VALIDATED:
            row = story.validation(uri, use_case)
            expect(row["status"] == "completed", f"{use_case} ended {row['status']}: {row['ended_reason']}")
            step.facts[f"{uri} {use_case}"] = verdicts(row)
        step.facts["processes"] = _processes(story)


def wait_until_ended(story: Story) -> None:
    """Show each validation as it ends."""
    shown: set[str] = story.kept.setdefault("shown", set())

    def all_ended() -> bool:
        rows = story.rest("vera").items("validation-requests")
        for row in rows:
            if row["status"] != "requested" and row["uuid"] not in shown:
                shown.add(row["uuid"])
                story.say(f"{row['status']}: {row['ended_reason']}; {row['page']}")
        return all(row["uuid"] in shown for row in rows)

    story.troupe.wait_until(all_ended, what="the validations", within_s=RUNS_S, every_s=1)


def challenge_and_sign(story: Story) -> None:
    """Vera challenges each validation and signs her report."""
    with story.journal.step("5 Vera challenges and signs the validation reports") as step:
        vera = story.people.at_pages("vera")
        for uri, use_case, opinion in VALIDATED:
            uuid = story.validation(uri, use_case)["uuid"]
            vera.post(
                f"/validations/{uuid}/challenges/new/",
                question="The sample called recent is the end of one cohort. Does it show stability over time?",
                answer="No. It takes the row number for time; the figures show stability over rows only.",
                disposition="Limitation recorded; monitoring by quarter once dated data exist.",
            )
            vera.post(
                f"/validations/{uuid}/report/new/",
                opinion=opinion,
                summary="Every figure was computed by the program from the registered bytes, apart from the model. "
                "Discrimination and calibration hold on the pseudo-temporal sample within their intervals.",
            )
            permission = story.permission(uri, use_case)
            step.facts[f"{uri} {use_case}"] = permission["state"]
            story.say(f"{use_case}: {permission['sentence']}")


def verdicts(validation: Json) -> dict[str, str]:
    """Return verdict by check."""
    return {row["check_id"]: row["verdict"] for row in validation["evidence"]}


def _processes(story: Story) -> dict[str, list[int]]:
    """Return the process ids of web, worker and boxes; they are all different."""
    web = children_of(story.troupe.pid(WEB))
    heavy = [story.troupe.pid(HEAVY), *children_of(story.troupe.pid(HEAVY))]
    found: dict[str, list[int]] = {"demo": [os.getpid()], "web": web, "worker": [], "box": [], "engine": []}
    for uri, use_case in ((CARDS, "collections"), (HOSTILE, "collections")):
        run = story.rest("vera").get(f"validation-requests/{story.validation(uri, use_case)['uuid']}/run")
        processes = run["processes"]
        found["worker"].append(processes["worker"]["pid"])
        found["box"].append(processes["model_box"]["pid"])
        if "engine" in processes:
            found["engine"] += processes["engine"]["pid"]
    expect(
        set(found["worker"]) <= set(heavy), f"a run was done by {found['worker']}, not by a worker {heavy}"
    )
    kinds = [set(ids) for ids in found.values()]
    expect(sum(map(len, kinds)) == len(set.union(*kinds)), f"processes are shared: {found}")
    return found
