"""The audit vocabulary is complete, well formed and documented."""

import re
from pathlib import Path

from registry.audit.events import SENTENCES, AuditAction, sentence

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "events.md"


def test_names_are_noun_dot_past_participle() -> None:
    assert [a for a in AuditAction if not re.fullmatch(r"[a-z_]+\.[a-z_]+", a.value)] == []
    assert max(len(action) for action in AuditAction) <= 64


def test_every_action_has_a_sentence_that_names_actor_and_subject() -> None:
    for action in AuditAction:
        told = sentence(action=action, actor_name="Vera {x}", subject_label="F-1")
        assert told.startswith("Vera {x} ")
        assert "F-1" in told
        assert told.endswith(".")
    assert set(SENTENCES) == set(AuditAction)


def test_the_documentation_lists_each_action_with_its_sentence() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert rows == [(action.value, SENTENCES[action]) for action in AuditAction]
