"""Tiers and scope over HTTP: read with their grounds; set where no presence is needed."""

from datetime import timedelta

from tests.builders.web_world import World
from tests.db.rest.conftest import NOW, CallerFor


def test_a_stricter_tier_is_set_and_read_over_http_and_a_milder_one_is_not(
    caller: CallerFor, world: World
) -> None:
    dana, ada = caller("dana"), caller("ada")
    path = f"intended-uses/{world.uses['collections'].uuid}/tier"
    before = dana.get(path).body
    assert (before["computed"], before["is_override_holding"], before["entries"]) == (3, False, [])
    assert (before["method"]["tier"], before["method"]["points"], before["method"]["standing"]) == (
        3,
        "30",
        "beside",
    )
    assert [mark["applies"] for mark in before["method"]["falls_short"]] == [False, False]
    later = (NOW.date() + timedelta(days=30)).isoformat()
    assert ada.post(path, {"tier": 4, "reason": "Run-off.", "expires_on": later}).code == "PEO006"
    assert dana.post(path, {"tier": "1", "reason": "As text."}).code == "API002"
    assert dana.post(path, {"tier": 9, "reason": "No tier."}).code == "API002"
    assert dana.post(path, {"tier": 3, "reason": "The same."}).code == "TIE004"
    done = dana.post(path, {"tier": 1, "reason": "A new market."})
    assert (done.status, done.body["is_override_holding"], done.body["entries"][0]["tier"]) == (201, True, 1)
    assert done.body["entries"][0]["set_by"] == "dana"
    assert dana.post(f"{path}/withdrawal", {"reason": "Gone."}).code == "TIE006"
    assert ada.post(f"{path}/withdrawal", {"reason": "Gone."}).code == "PEO006"
    assert dana.get(path).body == done.body


def test_the_scope_of_a_model_is_read_with_its_grounds_and_departed_from_inwards_only(
    caller: CallerFor, world: World
) -> None:
    vera, model = caller("vera"), world.versions["pd-cards"].registered_model
    path = f"models/{model.uuid}/scope"
    found = {one["regime"]: one for one in vera.get(path).body["regimes"]}
    assert {regime: one["answer"] for regime, one in found.items()} == {
        "us-sr-26-2": "inside", "uk-ss1-23": "not_reached", "ca-e-23": "not_reached"
    }  # fmt: skip
    computed = found["us-sr-26-2"]["computed"]
    assert computed["binding_level"] == "non_enforceable_guidance"
    assert computed["cites"] == [f"us-sr-26-2/2026-04#{name}" for name in ("FN3-IN", "I", "II")]
    assert {"model.is_generative": False, "use.jurisdiction": "US"} in computed["facts"]
    judged = {
        "regime": "uk-ss1-23", "answer": "inside", "reason": "The London desk reads it.",
        "cites": ["uk-ss1-23/2024-05#P1.1"], "review_on": (NOW.date() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    assert caller("dana").post(path, judged).code == "PEO001"
    assert vera.post(path, judged | {"regime": "us-sr-26-2", "answer": "outside"}).code == "PEO006"
    assert vera.post(path, judged | {"cites": []}).code == "API002"
    done = vera.post(path, judged)
    assert done.status == 201
    regime = next(one for one in done.body["regimes"] if one["regime"] == "uk-ss1-23")
    assert (regime["answer"], regime["computed"]["answer"], regime["departure"]["stale_cites"]) == (
        "inside",
        "not_reached",
        [],
    )
    assert regime["departure"]["determined_by"] == "vera"
    assert len(done.body["history"]) == 4
