"""``mrm explain``: what it prints of a decision, and what it says where there is none."""

import json

import pytest

import mrm
from mrm.client.cli import main
from mrm.client.errors import MrmApiError
from tests.unit.client.conftest import FakeRegistry, permission

DECISION = "22222222-2222-4222-8222-222222222222"
DOCUMENT = {
    "uuid": DECISION,
    "sentence": "pd version 1 may not be used for collections.",
    "stage": "gate:use",
    "outcome": "deny",
    "reasons": [
        {"rule": "house/1#auc", "text": "Too little discrimination", "remedy": "Improve it.", "outcome": "deny",
         "missing": [], "citations": ["House policy, Discrimination"]},
    ],
    "tree": [
        {"text": "Too little discrimination", "truth": "true", "observed": [], "children": [
            {"text": "the AUC is below 0.60", "truth": "true", "children": [],
             "observed": [{"fact": "evidence.auc", "value": "0.55", "source": "evidence 1"}]},
        ]},
        {"text": "A silent rule", "truth": "false", "observed": [], "children": []},
    ],
    "citations": {
        "house/1#H5": {"citation": "House policy, Discrimination", "verification": "VERIFIED", "text": "Levels."},
    },
    "counterfactuals": [
        {"changes": [{"fact": "evidence.auc", "label": "AUC", "now": "0.55", "then": "0.60"}],
         "outcome": "allow_with_conditions"},
    ],
    "counterfactual_statement": "1 smallest, of size 1; none smaller",
    "counterfactual_target": "allow_with_conditions",
    "page": "http://registry/decisions/2/",
}  # fmt: skip
PRINTED = """\
pd version 1 may not be used for collections.

Reasons
  deny: Too little discrimination. To do: Improve it. [House policy, Discrimination]

What would change it
  AUC: 0.60 instead of 0.55 gives allow with conditions
  Smallest sets of changes that lead to allow with conditions: 1 smallest, of size 1; none smaller.

Rules in effect, and what each saw
  true: Too little discrimination
    true: the AUC is below 0.60 (evidence.auc = 0.55)

Citations
  House policy, Discrimination (VERIFIED): Levels.

http://registry/decisions/2/
"""
ASK = ["explain", "models:/pd/1", "--use-case", "collections"]


def hold(registry: FakeRegistry, *permissions: dict[str, object]) -> None:
    registry.answers["model-versions?mlflow_uri=models%3A%2Fpd%2F1"] = [(200, {"items": [{"uuid": "v-1"}]})]
    registry.answers["model-versions/v-1"] = [(200, {"permissions": list(permissions)})]


def test_it_prints_reasons_rules_citations_and_what_would_flip_it(
    registry: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(registry, permission("deny"), permission("allow", "fraud"))
    registry.answers[f"decisions/{DECISION}"] = [(200, DOCUMENT)]
    assert main(ASK) == 0
    assert capsys.readouterr().out == PRINTED
    assert {asked.method for asked in registry.asked} == {"GET"}
    assert main([*ASK, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ([permission("allow", "fraud")], "CLI010"),
        ([permission("may_be_validated", decision=None)], "CLI012"),
    ],
    ids=["another use", "nothing decided"],
)
def test_what_was_not_decided_cannot_be_explained(
    registry: FakeRegistry, held: list[dict[str, object]], code: str
) -> None:
    hold(registry, *held)
    with pytest.raises(MrmApiError) as refused:
        mrm.explain("models:/pd/1", "collections")
    assert refused.value.code == code
    assert refused.value.remedy
    assert main(ASK) == 3


def test_an_answer_of_another_program_is_not_taken_for_one(registry: FakeRegistry) -> None:
    hold(registry, permission("deny"))
    registry.answers[f"decisions/{DECISION}"] = [(200, {"sentence": "Fine."})]
    with pytest.raises(MrmApiError, match="CLI004"):
        mrm.explain("models:/pd/1", "collections")
