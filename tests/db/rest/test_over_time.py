"""The permission on another day over REST, the timeline, and the gate for one stated use."""

from datetime import timedelta
from typing import Any

import pytest

from registry.decisions.models import PolicyDecision
from tests.builders.web_world import AT, World
from tests.db.rest.conftest import CallerFor

TODAY = AT.date()
PAIR = "mlflow_uri=models:/pd-cards/1&use_case=pd-capital-qrre"


def test_a_day_is_read_by_the_names_that_a_pipeline_knows_and_nothing_is_stored(
    caller: CallerFor, world: World
) -> None:
    dana, before = caller("dana"), PolicyDecision.objects.count()
    ahead = dana.get(f"permission?{PAIR}&as_of={TODAY + timedelta(days=30)}")
    assert (ahead.status, ahead.body["is_projected"], ahead.body["decision"]) == (200, True, None)
    assert ahead.body["sentence"].startswith(f"Projected for {TODAY + timedelta(days=30)} from what is known")
    past = dana.get(f"permission?{PAIR}&as_of={TODAY - timedelta(days=1)}")
    assert (past.body["is_projected"], past.body["state"], past.body["decision"]) == (False, "refer", None)
    assert dana.get(f"permission?{PAIR}").body["as_of"] == TODAY.isoformat()
    assert PolicyDecision.objects.count() == before


def test_a_day_and_a_timeline_of_an_intended_use(caller: CallerFor, world: World) -> None:
    use, rex = world.uses["pd-capital-qrre"], caller("rex")
    answer = rex.get(
        f"intended-uses/{use.uuid}/permission?as_of=2027-01-01&exposure_eur=1000.00&overlays=a,b"
    )
    assert (answer.status, answer.body["intended_use"], answer.body["condition_checks"]) == (
        200,
        str(use.uuid),
        [],
    )
    found = rex.get(f"intended-uses/{use.uuid}/timeline")
    assert found.body["first"] == TODAY.isoformat()
    assert found.body["summary"].startswith("Not permitted now (referred to a person)")
    floors = [turn["on"] for turn in found.body["turns"] if "output floor" in str(turn["events"])]
    assert floors == ["2027-01-01", "2028-01-01", "2029-01-01"]
    same = rex.get(f"intended-uses/{use.uuid}/timeline", If_None_Match=found.headers["ETag"])
    assert same.status == 304


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"{PAIR}&as_of=2027-13-01", "DAY001"),
        (f"{PAIR}&as_of=2099-01-01", "DEC041"),
        (f"{PAIR}&as_off=2027-01-01", "API005"),
        (f"{PAIR}&as_of=2020-01-01&segment=x", "DEC040"),
        (f"{PAIR}&review_rate=1.5", "FAC002"),
        ("mlflow_uri=models:/pd-cards/1&use_case=unknown", "INV012"),
        ("mlflow_uri=models:/pd-cards/9&use_case=collections", "INV015"),
        ("use_case=collections", "INV001"),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_problem(caller: CallerFor, query: str, code: str) -> None:
    answer = caller("dana").get(f"permission?{query}")
    assert (answer.status >= 400, answer.code) == (True, code)


def test_what_one_may_not_see_does_not_exist(caller: CallerFor, world: World) -> None:
    nia, use = caller("nia"), world.uses["pd-capital-qrre"]
    for path in (f"intended-uses/{use.uuid}/permission", f"intended-uses/{use.uuid}/timeline"):
        assert nia.get(path).code == "INV013"
    assert nia.get(f"permission?{PAIR}").code == "INV012"


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"exposure_eur": "1000.00", "segment": "consumer", "overlays": ["a"], "review_rate": "0.12"}, ""),
        ({"exposure_eur": 1000}, "API002"),
        ({"exposure": "1000"}, "API002"),
        ({"review_rate": "12 %"}, "INP006"),
        ({"share_of_benchmark": "1.5"}, ""),
    ],
)
def test_the_gate_reads_what_is_stated_about_the_use(
    caller: CallerFor, world: World, stated: dict[str, Any], code: str
) -> None:
    body = {"mlflow_uri": "models:/pd-cards/1", "use_case": "pd-capital-qrre", **stated}
    answer = caller("dana").post("gate", body)
    assert answer.code == code
    if not code:
        kept = PolicyDecision.objects.get(uuid=answer.body["decision"]).stated
        assert set(kept) == set(stated)
        assert answer.body["condition_checks"] == []
