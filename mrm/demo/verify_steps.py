"""Step 8: the log verifies; a byte changed underneath does not; the stranger's verifier catches five attacks."""

import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from mrm.demo import opening
from mrm.demo.journal import expect
from mrm.demo.places import CHECKOUT
from mrm.demo.read_steps import download_export, size_of
from mrm.demo.story import Story

VERIFIER = CHECKOUT / "registry" / "audit" / "standalone" / "verify_log.py"
VERIFY_S = 120.0
SOUND, TAMPERED = 0, 1

Lines = list[bytes]


def verify_database(story: Story) -> None:
    """The log in the database is sound; in a copy with one byte changed, the event is named."""
    with story.journal.step(
        "8 verify_audit passes; one byte changed underneath, and it names the event"
    ) as step:
        status, said = _verify(story, story.places.database)
        expect(status == SOUND, f"the log does not verify: {said}")
        story.say(said)
        step.facts["sound"] = said
        copy = story.places.folder / "tampered.sqlite3"
        index, event = change_one_byte(story.places.database, copy)
        status, said = _verify(story, copy)
        expect(status == TAMPERED, f"the changed byte passed: {said}")
        expect(event in said or f"event {index} " in said, f"event {index}, {event}, is not named: {said}")
        story.say(f"one byte of event {index} changed: {said}")
        step.facts |= {"tampered": said, "event": event, "index": index}


def verify_export(story: Story) -> None:
    """The stand-alone verifier accepts the export, and refuses it after each of five attacks."""
    with story.journal.step(
        "The stand-alone verifier catches edit, deletion, insertion, swap, truncation"
    ) as step:
        _sign_today(story)
        export = download_export(story, story.places.folder / "rex" / "today")
        status, said = _verify_alone(story, export)
        expect(status == SOUND, f"the honest export is refused: {said}")
        story.say(said)
        short = size_of(story.kept["checkpoint"]) - 1
        attacks = ATTACKS | {"truncation": lambda lines: lines[:short]}
        for name, attack in attacks.items():
            broken = export.with_name(f"audit-log-{name}")
            shutil.copytree(export, broken)
            _attack(broken, attack)
            status, said = _verify_alone(story, broken)
            expect(status == TAMPERED, f"{name} passed: {said}")
            story.say(f"{name}: {said}")
            step.facts[name] = said


def _sign_today(story: Story) -> None:
    """Have a checkpoint signed now: an export holds what the newest one covers, and no more."""
    done = opening.try_run(story.places, [sys.executable, "manage.py", "checkpoint"], within_s=VERIFY_S)
    expect(done.returncode == SOUND, f"no checkpoint was signed: {done.stdout}{done.stderr}")


def change_one_byte(database: Path, copy: Path) -> tuple[int, str]:
    """Copy a database and change one byte of one numbered event in the copy; return its index and identifier."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        triggers = target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            target.execute(f'DROP TRIGGER "{name}"')
        row = target.execute(
            'SELECT e.id, e.uuid, e.entry, l."index" FROM audit_event e JOIN audit_leaf l ON l.event_id = e.id '
            "WHERE e.action = 'policy.decided' ORDER BY e.id LIMIT 1"
        ).fetchone()
        identifier, uuid, entry, index = row
        at = len(entry) // 2
        changed = entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :]
        target.execute("UPDATE audit_event SET entry = ? WHERE id = ?", (changed, identifier))
        target.commit()
    text = uuid if "-" in uuid else "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
    return index, text


def _verify(story: Story, database: Path) -> tuple[int, str]:
    done = opening.try_run(
        story.places,
        [sys.executable, "manage.py", "verify_audit"],
        within_s=VERIFY_S,
        extra={"MRM_DATABASE_URL": f"sqlite:///{database}"},
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def _verify_alone(story: Story, export: Path) -> tuple[int, str]:
    """Run the verifier with the key and the checkpoint that Rex kept."""
    kept = ["--key", str(story.kept["key"]), "--checkpoint", str(story.kept["checkpoint"])]
    done = opening.try_run(
        story.places,
        [sys.executable, "-I", str(VERIFIER), str(export), *kept],
        within_s=VERIFY_S,
        cwd=export,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def _edit(lines: Lines) -> Lines:
    middle = len(lines) // 2
    return [*lines[:middle], lines[middle].replace(b"0", b"1", 1), *lines[middle + 1 :]]


def _delete(lines: Lines) -> Lines:
    return [*lines[:5], *lines[6:]]


def _insert(lines: Lines) -> Lines:
    return [*lines[:5], lines[3], *lines[5:]]


def _swap(lines: Lines) -> Lines:
    return [*lines[:5], lines[6], lines[5], *lines[7:]]


ATTACKS: dict[str, Callable[[Lines], Lines]] = {
    "edit": _edit,
    "deletion": _delete,
    "insertion": _insert,
    "swap": _swap,
}


def _attack(export: Path, attack: Callable[[Lines], Lines]) -> None:
    """Change the entries, make their hashes anew, and remove what was signed over more than is left."""
    path = export / "entries.jsonl"
    lines = attack(path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    leaves = [hashlib.sha256(b"\x00" + line).hexdigest() for line in lines]
    (export / "leaves.txt").write_text("".join(f"{leaf}\n" for leaf in leaves), encoding="utf-8")
    for note in (export / "checkpoints").iterdir():
        if size_of(note) > len(lines):
            note.unlink()
