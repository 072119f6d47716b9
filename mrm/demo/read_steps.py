"""Step 7: Rex reads in the portal; every page he reads is logged, and he can change nothing."""

import io
import zipfile
from pathlib import Path

from mrm.demo.doors import RefusedError
from mrm.demo.journal import expect
from mrm.demo.story import CARDS, DENIED, Story

KEPT = "rex"


def keep_checkpoint(story: Story) -> None:
    """Rex takes a copy of the log's key and of a signed checkpoint, to hold against later exports."""
    with story.journal.step("Rex keeps a signed checkpoint of the audit log") as step:
        folder = story.places.folder / KEPT / "kept"
        story.troupe.wait_until(lambda: _has_checkpoint(story), what="a signed checkpoint", within_s=60)
        export = download_export(story, folder)
        newest = max((export / "checkpoints").iterdir(), key=_size_of)
        story.kept |= {"key": export / "log.pub", "checkpoint": newest}
        step.facts["size"] = _size_of(newest)
        story.say(f"checkpoint over {_size_of(newest)} events: {newest}")


def read_portal(story: Story) -> None:
    """Rex reads inventory, decision, evidence, findings and audit trail with an inclusion proof."""
    with story.journal.step(
        "7 Rex reads in the portal; every page is logged, nothing can be changed"
    ) as step:
        rex = story.people.at_pages("rex")
        use_case = "card-underwriting"
        permission = story.permission(CARDS, use_case)
        validation = story.validation(CARDS, use_case)
        event = _covered_event(story)
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
        reads = [
            row for row in story.rest("rex").items("audit-events", action="portal.page_read")
            if row["actor_name"] == story.people.accounts["rex"]["name"]
        ]  # fmt: skip
        read = {str(row["payload"].get("path", "")) for row in reads}
        missing = [path for path in pages.values() if path not in read]
        expect(not missing, f"read, and not logged: {missing}")
        step.facts = {"pages": len(pages), "reads_logged": len(reads), "refused": _try_to_change(story)}


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
    try:
        story.rest("rex").post("validation-requests", intended_use=pair["intended_use"])
    except RefusedError as refusal:
        refused.append(f"REST {refusal.status}")
    else:
        expect(False, "Rex could request a validation")
    expect(story.permission(CARDS, "card-underwriting") == pair, "Rex changed the pair")
    story.expect_state(CARDS, "equity", DENIED)
    return refused


def download_export(story: Story, folder: Path) -> Path:
    """Download the whole log from the portal and unpack it."""
    archive = zipfile.ZipFile(io.BytesIO(story.people.at_pages("rex").download("/portal/audit/export.zip")))
    archive.extractall(folder)
    return folder / "audit-log"


def _has_checkpoint(story: Story) -> bool:
    try:
        story.people.at_pages("rex").download("/portal/audit/export.zip")
    except RefusedError:
        return False
    return True


def _covered_event(story: Story) -> str:
    """Return a policy decision that a checkpoint covers."""
    rows = story.rest("rex").items("audit-events", action="policy.decided")
    return str(rows[-1]["uuid"])


def _size_of(note: Path) -> int:
    return int(note.read_text(encoding="utf-8").splitlines()[1])
