import pytest

from registry.domain.errors import InvalidInput, InvalidTransition
from registry.domain.lifecycle import TABLES, ensure_transition, next_states
from registry.domain.vocab import FindingStatus, RunStatus


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("registered_model", "registered", "in_validation"),
        ("registered_model", "suspended", "in_use"),
        ("finding", "open", "risk_accepted"),
        ("finding", "closed", "open"),
        ("validation_request", "requested", "cancelled"),
        ("validation_run", "running", "queued"),
        ("validation_run", "running", "succeeded"),
        ("validation_report", "draft", "signed"),
        ("approval", "pending", "granted"),
        ("permit", "suspended", "issued"),
    ],
)
def test_steps_that_lead_on(kind: str, before: str, after: str) -> None:
    ensure_transition(kind, before, after)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("registered_model", "decommissioned", "in_use"),
        ("registered_model", "registered", "approved"),
        ("finding", "closed", "risk_accepted"),
        ("finding", "open", "open"),
        ("validation_request", "completed", "requested"),
        ("validation_run", "succeeded", "running"),
        ("validation_run", "queued", "succeeded"),
        ("validation_report", "signed", "draft"),
        ("approval", "void", "granted"),
        ("permit", "revoked", "issued"),
    ],
)
def test_steps_that_do_not_lead_on_name_those_that_do(kind: str, before: str, after: str) -> None:
    with pytest.raises(InvalidTransition) as refusal:
        ensure_transition(kind, before, after)
    assert refusal.value.code == "LIF001"
    assert refusal.value.remedy.startswith(f"From {before} it may become: ")


def test_members_serve_as_well_as_their_text() -> None:
    ensure_transition("finding", FindingStatus.OPEN, FindingStatus.CLOSED)
    assert next_states(kind="validation_run", state=RunStatus.FAILED) == ()


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("LIF002", ("thought", "open", "closed")),
        ("LIF003", ("finding", "lost", "closed")),
        ("LIF003", ("finding", "open", "lost")),
    ],
)
def test_what_does_not_exist_is_refused(code: str, step: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidInput, match=code):
        ensure_transition(*step)


def test_every_state_has_its_line_and_leads_to_states_of_its_kind() -> None:
    for table in TABLES.values():
        members = set(type(next(iter(table))))
        assert set(table) == members
        assert {state for following in table.values() for state in following} <= members


def test_terminal_runs_stay_terminal() -> None:
    for status in RunStatus:
        assert (next_states(kind="validation_run", state=status) == ()) is status.is_terminal
