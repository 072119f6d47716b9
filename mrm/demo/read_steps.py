"""Step 7: Rex reads in the portal; every page he reads is logged, and he can change nothing."""

import io
import json
import zipfile
from pathlib import Path

from mrm.demo.doors import RefusedError, text_of
from mrm.demo.journal import expect
from mrm.demo.story import CARDS, DENIED, Story

KEPT = "rex"


def keep_checkpoint(story: Story) -> None:
    """Rex takes a copy of the log's key and of a signed checkpoint, to hold against later exports."""
    with story.journal.step("Rex keeps a signed checkpoint of the audit log") as step:
        story.troupe.wait_until(
            lambda: _keep_export(story), what="a checkpoint over the decisions", within_s=90, every_s=3
        )
        export = story.kept["export"]
        newest = max((export / "checkpoints").iterdir(), key=size_of)
        story.kept |= {"key": export / "log.pub", "checkpoint": newest}
        step.facts["size"] = size_of(newest)
        story.say(f"checkpoint over {size_of(newest)} events: {newest}")


def read_portal(story: Story) -> None:
    """Rex reads inventory, decision, evidence, findings and audit trail with an inclusion proof."""
    with story.journal.step(
        "7 Rex reads in the portal; every page is logged, nothing can be changed"
    ) as step:
        rex = story.people.at_pages("rex")
        use_case = "card-underwriting"
        permission = story.permission(CARDS, use_case)
        validation = story.validation(CARDS, use_case)
        event = _decisions(story)[-1]
        pages = {
            "inventory": "/portal/models/",
            "intended use": f"/portal/intended-uses/{permission['intended_use']}/",
            "decision": f"/portal/decisions/{permission['decision']}/",
            "validation": f"/portal/validations/{validation['uuid']}/",
            "evidence": f"/portal/evidence/{validation['evidence'][0]['uuid']}/",
            "findings": "/portal/findings/",
            "audit trail": "/portal/audit/",
            "audit event": f"/portal/audit/{event}/",
        }
        for name, path in pages.items():
            rex.get(path)
            story.say(f"{name}: {story.places.web_url}{path}")
        proof = zipfile.ZipFile(io.BytesIO(rex.download(f"/portal/audit/{event}/proof.zip")))
        story.kept["proof"] = proof
        read = text_of(rex.get("/portal/reading/"))
        missing = [path for path in pages.values() if path not in read]
        expect(not missing, f"read, and not logged: {missing}")
        step.facts = {"pages": len(pages), "refused": _try_to_change(story)}


def _try_to_change(story: Story) -> list[str]:
    """Rex tries what others may do; each is refused and leaves things as they were."""
    pair = story.permission(CARDS, "card-underwriting")
    rex, refused = story.people.at_pages("rex"), []
    approval = next(iter(story.kept["approvals"].values()))
    tries = (
        f"/approvals/{approval}/",
        f"/intended-uses/{pair['intended_use']}/validations/",
        f"/portal/decisions/{pair['decision']}/",
    )
    for path in tries:
        try:
            source = rex.post(path, form="/portal/", decision="grant", batch="recent", comment="Mine now.")
        except RefusedError as refusal:
            refused.append(f"{path} {refusal.status}")
        else:
            expect("Supervis" in source or "ortal" in source, f"{path} took Rex somewhere: {source[:200]}")
            refused.append(f"{path} led back to the portal")
    expect(story.permission(CARDS, "card-underwriting") == pair, "Rex changed the pair")
    story.expect_state(CARDS, "equity", DENIED)
    return refused


def download_export(story: Story, folder: Path) -> Path:
    """Download the whole log from the portal and unpack it."""
    archive = zipfile.ZipFile(io.BytesIO(story.people.at_pages("rex").download("/portal/audit/export.zip")))
    archive.extractall(folder)
    return folder / "audit-log"


def _keep_export(story: Story) -> bool:
    """Download the log and keep it once a checkpoint covers a decision."""
    try:
        story.kept["export"] = download_export(story, story.places.folder / KEPT / "kept")
    except RefusedError:
        return False
    return bool(_decisions(story))


def _decisions(story: Story) -> list[str]:
    """Return the policy decisions that the kept checkpoint covers."""
    entries = (story.kept["export"] / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    return [str(row["uuid"]) for row in map(json.loads, entries) if row["action"] == "policy.decided"]


def size_of(note: Path) -> int:
    """Return how many events a checkpoint covers."""
    return int(note.read_text(encoding="utf-8").splitlines()[1])
