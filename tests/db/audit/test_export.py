"""An export convinces a stranger, and only if nobody changed it.

The verifier runs as a stranger runs it: the copy in the export, in a process
of its own, isolated from this checkout.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.audit.checkpoint import ORIGIN, note_name, publish_checkpoint
from registry.audit.export import export_log
from registry.audit.merkle import root_hash
from registry.audit.selectors import get_event, list_events
from registry.audit.signed_note import CheckpointBody, NoteSigner
from registry.domain.errors import MrmError
from tests.db.audit.conftest import AT, VERA, number_events, record_one

SIGNER = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
SQLITE_ONLY = pytest.mark.parametrize("vendor", ["sqlite"])
Lines = list[bytes]

ATTACKS: dict[str, Callable[[Lines], Lines]] = {
    "edit": lambda lines: [*lines[:2], lines[2].replace(b'"high"', b'"low!"'), *lines[3:]],
    "deletion": lambda lines: [*lines[:2], *lines[3:]],
    "insertion": lambda lines: [*lines[:2], lines[2].replace(b"F-2", b"F-9"), *lines[2:]],
    "swap": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "truncation": lambda lines: lines[:3],
}


class Stranger:
    """Someone with an export, the public key and a checkpoint that he kept when the log had four events."""

    def __init__(self, export: Path, earlier: Path, key: str) -> None:
        self.export, self.earlier, self.key = export, earlier, key

    def verify(self, *arguments: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", str(self.export / "verify_log.py"), *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.export.parent,
            env={"PATH": ""},
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def verify_export(self, *, with_earlier: bool = True) -> tuple[int, str]:
        earlier = ["--checkpoint", self.earlier] if with_earlier else []
        return self.verify(self.export, "--key", self.key, *earlier)

    def lines(self) -> Lines:
        return (self.export / "entries.jsonl").read_bytes().splitlines()

    def replace_entries(self, lines: Lines) -> None:
        (self.export / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))

    def replace_leaves(self, lines: Lines) -> None:
        text = "".join(hashlib.sha256(b"\x00" + line).hexdigest() + "\n" for line in lines)
        (self.export / "leaves.txt").write_text(text, encoding="ascii")

    def sign_anew(self, lines: Lines) -> None:
        """What an insider with the signing key can do: one new checkpoint over the changed history."""
        for note in (self.export / "checkpoints").iterdir():
            note.unlink()
        leaves = [hashlib.sha256(b"\x00" + line).digest() for line in lines]
        body = CheckpointBody(origin=ORIGIN, size=len(lines), root=root_hash(leaves))
        path = self.export / "checkpoints" / note_name(len(lines))
        path.write_text(SIGNER.sign(body.text), encoding="utf-8")


@pytest.fixture
def stranger(log: str, record_events: Callable[[int], list[UUID]], tmp_path: Path) -> Stranger:
    """Eight events: four, a checkpoint (its event is the fifth), three more, a checkpoint."""
    outside, export = tmp_path / "checkpoints", tmp_path / "export"
    record_events(4)
    publish(outside)
    earlier = tmp_path / "kept-by-the-regulator.txt"
    earlier.write_bytes((outside / note_name(4)).read_bytes())
    for number in (4, 5, 6):
        record_one(number)
    publish(outside)
    third = list_events(limit=100).events[-3].uuid
    report = export_log(directory=export, key=SIGNER.key, proofs_for=[third], since=4)
    assert (report.size, report.checkpoints) == (8, 2)
    return Stranger(export, earlier, SIGNER.key.text)


def publish(outside: Path) -> None:
    number_events()
    publish_checkpoint(signer=SIGNER, directory=outside, actor=VERA, at=AT, correlation_id="c")


def test_an_honest_export_is_sound(stranger: Stranger) -> None:
    status, told = stranger.verify_export()
    assert (status, told.startswith("Sound: 8 events lead to all 2 checkpoints")) == (0, True)
    assert "continues 1 earlier checkpoint" in told


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("attack", "told"),
    [
        ("edit", "An entry was changed: event 2 (finding.raised, {third})"),
        ("deletion", "Event 2 was removed: in its place stands event 2 (finding.raised, {fourth})"),
        ("insertion", "An entry was inserted: event 2 (finding.raised, {third})"),
        ("swap", "Events were moved: at 2 stands event 2 (finding.raised, {fourth}), which belongs at 3"),
        ("truncation", "The log was truncated: events 3 to 7 are missing"),
    ],
)
def test_each_attack_on_the_entries_is_caught_and_named(stranger: Stranger, attack: str, told: str) -> None:
    third, fourth = (get.uuid for get in reversed(list_events(limit=100).events[-4:-2]))
    stranger.replace_entries(ATTACKS[attack](stranger.lines()))
    status, output = stranger.verify_export(with_earlier=False)
    assert status == 1
    assert told.format(third=third, fourth=fourth) in output


@SQLITE_ONLY
@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_that_recomputes_the_leaves_is_caught(stranger: Stranger, attack: str) -> None:
    changed = ATTACKS[attack](stranger.lines())
    stranger.replace_entries(changed)
    stranger.replace_leaves(changed)
    status, output = stranger.verify_export(with_earlier=False)
    assert (status, output.startswith("TAMPERED: The ")) == (1, True)
    assert "event 0 (finding.raised" in output


@SQLITE_ONLY
@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_signed_anew_is_caught_by_the_earlier_checkpoint_alone(
    stranger: Stranger, attack: str
) -> None:
    changed = ATTACKS[attack](stranger.lines())
    stranger.replace_entries(changed)
    stranger.replace_leaves(changed)
    stranger.sign_anew(changed)
    assert stranger.verify_export(with_earlier=False)[0] == 0
    status, output = stranger.verify_export()
    assert (status, str(stranger.earlier) in output) == (1, True)


@SQLITE_ONLY
def test_what_is_added_beyond_the_newest_checkpoint_is_caught(stranger: Stranger) -> None:
    lines = [*stranger.lines(), b'{"action":"permit.issued","uuid":"forged"}']
    stranger.replace_entries(lines)
    assert "inserted at the end, from event 8 (permit.issued, forged)" in stranger.verify_export()[1]
    stranger.replace_leaves(lines)
    status, output = stranger.verify_export()
    assert status == 1
    assert "beyond the newest checkpoint, from event 8 (permit.issued, forged)" in output


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("leaves.txt", "", "00" * 32 + "\n"),
        ("leaves.txt", "", "no hash\n"),
        ("checkpoints/0000000000000000008.txt", "\n8\n", "\n9\n"),
        ("checkpoints/0000000000000000008.txt", "— ", "- "),
        ("checkpoints/0000000000000000008.txt", f"— {ORIGIN}", "— somebody/else"),
        ("checkpoints/0000000000000000004.txt", "\n", "\r\n"),
    ],
)
def test_any_other_altered_file_is_caught(stranger: Stranger, file: str, old: str, new: str) -> None:
    path = stranger.export / file
    text = path.read_bytes().decode()
    path.write_bytes((text.replace(old, new) if old else new + text).encode())
    assert stranger.verify_export()[0] == 1


@SQLITE_ONLY
def test_two_signed_histories_of_one_size_are_caught(stranger: Stranger) -> None:
    stranger.earlier.write_text(SIGNER.sign(f"{ORIGIN}\n4\n{'A' * 43}=\n"), encoding="utf-8")
    status, output = stranger.verify_export()
    assert (status, "two histories were signed" in output) == (1, True)


@SQLITE_ONLY
def test_an_export_older_than_the_checkpoint_that_was_kept_is_called_truncated(stranger: Stranger) -> None:
    newest = stranger.export / "checkpoints" / note_name(8)
    stranger.earlier.write_bytes(newest.read_bytes())
    lines = stranger.lines()[:4]
    newest.unlink()
    stranger.replace_entries(lines)
    stranger.replace_leaves(lines)
    assert stranger.verify_export(with_earlier=False)[0] == 0
    status, output = stranger.verify_export()
    assert (status, "covers 8 events, the export 4" in output) == (1, True)


@SQLITE_ONLY
def test_a_checkpoint_of_another_log_signed_by_the_same_key_is_refused(stranger: Stranger) -> None:
    note = stranger.earlier.read_text(encoding="utf-8").rpartition("\n\n")[0]
    stranger.earlier.write_text(SIGNER.sign(note.replace(ORIGIN, "another/log") + "\n"), encoding="utf-8")
    status, output = stranger.verify_export()
    assert (status, "is not a checkpoint of the log" in output) == (1, True)


@SQLITE_ONLY
def test_another_key_does_not_verify(stranger: Stranger) -> None:
    other = NoteSigner(name=ORIGIN, private=Ed25519PrivateKey.generate()).key.text
    assert stranger.verify(stranger.export, "--key", other)[0] == 1


@SQLITE_ONLY
def test_an_export_without_checkpoints_proves_nothing(stranger: Stranger) -> None:
    for note in (stranger.export / "checkpoints").iterdir():
        note.unlink()
    assert stranger.verify_export()[0] == 1


@SQLITE_ONLY
def test_wrong_usage_is_neither_sound_nor_tampered(stranger: Stranger) -> None:
    key = ["--key", stranger.key]
    for arguments in (
        [stranger.export],
        key,
        [stranger.export, *key, "--proof", "x"],
        [stranger.export, "--key", "nonsense"],
        [stranger.export, "--key", stranger.key[:-1] + "A"],
        [stranger.export / "nowhere", *key],
        [stranger.export, *key, "--checkpoint", "nowhere.txt"],
    ):
        assert stranger.verify(*arguments)[0] == 2, arguments
    (stranger.export / "entries.jsonl").unlink()
    assert stranger.verify_export()[0] == 2


@SQLITE_ONLY
def test_one_event_is_proved_without_the_rest_of_the_log(stranger: Stranger) -> None:
    proof, entry = (stranger.export / "proofs" / name for name in ("2.tlog-proof", "2.json"))
    key = str(stranger.export / "log.pub")
    arguments = ["--proof", proof, "--entry", entry, "--key", key]
    status, told = stranger.verify(*arguments)
    assert (status, told) == (0, f"Sound: the entry is event 2 of the 4 signed by {ORIGIN}.\n")
    good = entry.read_bytes()
    entry.write_bytes(good.replace(b'"high"', b'"low!"'))
    assert stranger.verify(*arguments)[0] == 1
    entry.write_bytes(good)
    text = proof.read_text(encoding="utf-8")
    for altered in (text.replace("index 2", "index 1"), text.replace("index 2", "index x"), "nothing"):
        proof.write_text(altered, encoding="utf-8")
        assert stranger.verify(*arguments)[0] == 1


@SQLITE_ONLY
def test_the_verifier_imports_only_the_standard_library_and_cryptography(stranger: Stranger) -> None:
    script = (
        "import runpy, sys; before = set(sys.modules); "
        f"runpy.run_path({str(stranger.export / 'verify_log.py')!r}); "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert set(done.stdout.split()) <= {"cryptography", "_cffi_backend", "_openssl"}


def test_an_unsigned_log_or_a_used_folder_is_not_exported(
    log: str, record_events: Callable[[int], list[UUID]], tmp_path: Path
) -> None:
    with pytest.raises(MrmError, match="AUD014"):
        export_log(directory=tmp_path / "export", key=SIGNER.key)
    record_events(1)
    publish(tmp_path / "checkpoints")
    with pytest.raises(MrmError, match="AUD015"):
        export_log(directory=tmp_path / "checkpoints", key=SIGNER.key)


def test_an_event_that_is_not_signed_yet_has_no_proof_in_the_export(
    log: str, record_events: Callable[[int], list[UUID]], tmp_path: Path
) -> None:
    record_events(1)
    publish(tmp_path / "checkpoints")
    late = record_one(1)
    export_log(directory=tmp_path / "export", key=SIGNER.key, proofs_for=[late])
    assert list((tmp_path / "export" / "proofs").iterdir()) == []
    assert get_event(uuid=late).index is None
