"""Registering a version: what is recorded, what is refused, and that a refusal leaves nothing behind."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from registry import api
from registry.audit.models import AuditEvent
from registry.domain.errors import MrmError
from registry.domain.vocab import Role
from registry.mlflow_gateway import ArtifactFile, artifact_digest
from registry.people.models import RoleAssignment
from tests.builders.fake_mlflow import FakeMlflow, FakeVersion, manifest_of
from tests.builders.registry import DETAILS, ENTITY, OTHER_ENTITY, by

pytestmark = pytest.mark.usefixtures("bank")

URI = "models:/pd-cards/1"
Register = Callable[..., api.RegistrationResult]


def register(
    username: str = "dana", uri: str = URI, uses: tuple[str, ...] = ("collections",), **details: Any
) -> api.RegistrationResult:
    return api.register_version(**by(username), mlflow_uri=uri, use_case_keys=uses, details=DETAILS | details)


def rows() -> Counter[str]:
    return Counter(
        {
            model.__name__: model._default_manager.count()
            for model in apps.get_app_config("registry").get_models()
        }
    )


def events_since(count: int) -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)[count:])


@pytest.fixture
def version(mlflow: FakeMlflow) -> FakeVersion:
    return mlflow.add("pd-cards")


def test_a_new_version_is_recorded_with_digest_lineage_and_first_validation(version: FakeVersion) -> None:
    before = AuditEvent.objects.count()
    result = register(uses=("collections", "underwriting", "collections"))
    row = result.version
    files = [(entry["path"], entry["size"]) for entry in row.artifact_files]
    assert result.is_new
    assert files == [(name, len(data)) for name, data in sorted(version.files.items())]
    assert row.artifact_digest == artifact_digest(
        ArtifactFile(path=entry["path"], size=entry["size"], sha256=entry["sha256"])
        for entry in row.artifact_files
    )
    assert {entry["role"] for entry in row.datasets} == {"train", "test", "recent", "shifted"}
    assert (row.family, row.complexity, row.developer.username) == ("tree_ensemble", "high", "dana")
    assert [use.use_case.key for use in result.intended_uses] == ["collections", "underwriting"]
    assert {use.permission_state for use in result.intended_uses} == {"may_be_validated"}
    assert api.get_model(**only_actor("dana"), uuid=row.registered_model.uuid).risk_tier == 2
    per_use = ["policy.decided", "validation.requested"]
    per_regime = ["scope.determined"] * 3
    assert events_since(before) == [
        "model.registered", "model_version.registered", *per_use, *per_use, *per_regime
    ]  # fmt: skip


def only_actor(username: str) -> dict[str, api.Actor]:
    return {"actor": by(username)["actor"]}


@pytest.mark.usefixtures("version")
def test_a_repeat_adds_the_new_use_and_nothing_else() -> None:
    first = register()
    before, events = rows(), AuditEvent.objects.count()
    again = register(details_ignored="no, the record exists")
    assert (again.version, again.is_new, rows(), AuditEvent.objects.count()) == (
        first.version,
        False,
        before,
        events,
    )
    register(uses=("collections", "fraud"))
    assert events_since(events) == ["policy.decided", "validation.requested"]
    assert rows() - before == Counter(
        IntendedUse=1, PolicyDecision=1, ValidationRequest=1, ValidationBasis=1, AuditEvent=2
    )


def test_tags_in_mlflow_carry_the_details_and_the_call_overrides_them(mlflow: FakeMlflow) -> None:
    mlflow.add("pd-cards", tags={f"mrm.{name}": value for name, value in DETAILS.items()} | {"team": "cards"})
    result = api.register_version(
        **by("dana"), mlflow_uri=URI, use_case_keys=["collections"], details={"name": "PD of cards, second"}
    )
    model = result.version.registered_model
    assert (model.name, model.owner.username, model.jurisdictions) == ("PD of cards, second", "owen", ["EU"])


def test_a_banned_use_is_recorded_as_denied_and_nothing_is_run(version: FakeVersion) -> None:
    use = register(uses=("capital-equity",)).intended_uses[0]
    assert use.permission_state == "deny"
    assert not api.list_validation_requests(**only_actor("dana")).exists()


def test_dependencies_are_declared_between_models_that_exist(mlflow: FakeMlflow) -> None:
    for name in ("pd-cards", "el-cards"):
        mlflow.add(name)
    register()
    model = register(uri="models:/el-cards/1", depends_on="pd-cards").version.registered_model
    found = api.list_dependencies(**only_actor("dana"), registered_model=model)
    assert [(row.upstream.key, row.downstream.key) for row in found] == [("pd-cards", "el-cards")]


def changed_bytes(mlflow: FakeMlflow) -> None:
    mlflow.versions["pd-cards", "1"].files["model.json"] += b" "


def broken_manifest(mlflow: FakeMlflow) -> None:
    mlflow.versions["pd-cards", "1"].datasets["manifest.json"] = b'{"datasets": [{"name": "train"}]}'


def names(**columns: object) -> Callable[[FakeMlflow], None]:
    """Name these columns in each entry of the manifest."""

    def change(mlflow: FakeMlflow) -> None:
        datasets = mlflow.versions["pd-cards", "1"].datasets
        manifest = json.loads(datasets["manifest.json"])
        manifest["datasets"] = [{**entry, **columns} for entry in manifest["datasets"]]
        datasets["manifest.json"] = json.dumps(manifest).encode()

    return change


def test_the_columns_for_checks_are_recorded_with_the_data_sets(mlflow: FakeMlflow) -> None:
    mlflow.add("pd-cards")
    names(segment="region", vintage="opened", score_before="pd_2025")(mlflow)
    entry = register().version.datasets[0]
    named = [entry[key] for key in ("label", "segment", "vintage", "score_before")]
    assert named == ["default", "region", "opened", "pd_2025"]


def no_json(mlflow: FakeMlflow) -> None:
    mlflow.versions["pd-cards", "1"].datasets["manifest.json"] = b"\xff"


def other_data(mlflow: FakeMlflow) -> None:
    mlflow.versions["pd-cards", "1"].datasets["recent.parquet"] += b"!"


def lost_data(mlflow: FakeMlflow) -> None:
    datasets = mlflow.versions["pd-cards", "1"].datasets
    datasets["manifest.json"] = manifest_of(
        {name: data for name, data in datasets.items() if name != "manifest.json"}
    )
    del datasets["recent.parquet"]


def down(mlflow: FakeMlflow) -> None:
    mlflow.status = 503


def nothing(mlflow: FakeMlflow) -> None:
    pass


REFUSALS: list[tuple[str, str, Callable[[FakeMlflow], None], dict[str, Any]]] = [
    ("other bytes", "INV042", changed_bytes, {}),
    ("no use case", "INV040", nothing, {"uses": ()}),
    ("unknown use case", "INV012", nothing, {"uses": ("collections", "no-such-use")}),
    ("use case of an unseen entity", "INV012", nothing, {"uses": ("fjord-collections",)}),
    ("an alias", "INV001", nothing, {"uri": "models:/pd-cards@champion"}),
    ("a stage", "INV001", nothing, {"uri": "models:/pd-cards/Production"}),
    ("a file", "INV001", nothing, {"uri": "file:///etc/passwd"}),
    ("a path", "MLF011", nothing, {"uri": "models:/a/b/1"}),
    ("unknown version", "MLF010", nothing, {"uri": "models:/pd-cards/9"}),
    ("MLflow away", "MLF003", down, {}),
    ("manifest without fields", "INV030", broken_manifest, {}),
    ("manifest of other bytes", "INV030", no_json, {}),
    ("a segment that is no name", "INV030", names(segment=3), {}),
    ("the label as segment", "INV030", names(segment="default"), {}),
    ("one column for two things", "INV030", names(segment="region", score_before="region"), {}),
    ("one column for segment and vintage", "INV030", names(segment="region", vintage="region"), {}),
    ("a vintage that is no name", "INV030", names(vintage=2024), {}),
    ("data set changed", "INV031", other_data, {}),
    ("data set lost", "INV031", lost_data, {}),
    ("owner may not register", "PEO001", nothing, {"username": "owen"}),
    ("regulator may not register", "PEO001", nothing, {"username": "rex"}),
    ("nobody sees the use case", "INV012", nothing, {"username": "nia"}),
    ("developer of another entity", "INV012", nothing, {"username": "fred"}),
]


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("code", "spoil", "call"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_a_refused_repeat_changes_nothing(
    mlflow: FakeMlflow, code: str, spoil: Callable[[FakeMlflow], None], call: dict[str, Any]
) -> None:
    register()
    refuses(code, mlflow, spoil, call)


NEW_REFUSALS: list[tuple[str, str, dict[str, Any]]] = [
    ("no purpose", "INV041", {"purpose": " "}),
    ("unknown detail", "INV041", {"tier": "4"}),
    ("unknown origin", "INV044", {"origin": "borrowed"}),
    ("unknown entity", "INV014", {"entity": "no-such-entity"}),
    ("unseen entity", "INV014", {"entity": OTHER_ENTITY}),
    ("unknown owner", "PEO020", {"owner": "nobody"}),
    ("unknown dependency", "INV045", {"depends_on": "no-such-model"}),
    ("itself as dependency", "INV045", {"depends_on": "pd-cards"}),
    ("validated by its developer", "INV046", {"validator": "dana"}),
    ("validated by its owner", "INV046", {"validator": "owen"}),
    ("a name that no column holds", "INP001", {"name": "n" * 161}),
    ("control characters", "INP001", {"description": "a\0b"}),
    ("a vendor's name that no column holds", "INP001", {"vendor_name": "v" * 161}),
    ("as owner", "PEO001", {"username": "owen"}),
]


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("code", "call"), [case[1:] for case in NEW_REFUSALS], ids=[case[0] for case in NEW_REFUSALS]
)
def test_a_refused_first_registration_changes_nothing(
    mlflow: FakeMlflow, code: str, call: dict[str, Any]
) -> None:
    refuses(code, mlflow, nothing, call)
    assert register().is_new


def refuses(code: str, mlflow: FakeMlflow, spoil: Callable[[FakeMlflow], None], call: dict[str, Any]) -> None:
    spoil(mlflow)
    before = rows()
    with pytest.raises(MrmError) as caught:
        register(**call)
    assert caught.value.code == code
    assert caught.value.remedy
    assert rows() == before


def test_a_name_longer_than_its_column_is_refused(mlflow: FakeMlflow) -> None:
    name = "m" * 121
    mlflow.add(name)
    refuses("INV047", mlflow, nothing, {"uri": f"models:/{name}/1"})


def test_a_name_that_an_unseen_entity_holds_is_taken(mlflow: FakeMlflow, version: FakeVersion) -> None:
    api.register_version(
        **by("fred"),
        mlflow_uri=URI,
        use_case_keys=["fjord-collections"],
        details=DETAILS | {"entity": OTHER_ENTITY},
    )
    refuses("INV043", mlflow, nothing, {})


def test_a_developer_of_one_entity_registers_in_that_one_only(version: FakeVersion) -> None:
    dana = by("dana")["actor"]
    RoleAssignment.objects.create(
        person_id=person_id("dana"), role=Role.REGULATOR, entity_key=OTHER_ENTITY, valid_from=by("dana")["at"].date(),
        granted_by_name="set-up",
    )  # fmt: skip
    assert dana.holds(Role.DEVELOPER, entity_key=ENTITY)
    with pytest.raises(MrmError, match="PEO001"):
        register(entity=OTHER_ENTITY)


def person_id(username: str) -> int:
    return int(api.Person.objects.get(username=username).pk)


@pytest.mark.usefixtures("version")
def test_nothing_is_kept_when_its_event_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows()
    monkeypatch.setattr("registry.actions.register_version.record", refuse_to_record)
    with pytest.raises(RuntimeError, match="the log is gone"):
        register()
    assert rows() == before


def refuse_to_record(**event: object) -> None:
    raise RuntimeError("the log is gone")


def test_the_log_names_what_was_registered(version: FakeVersion) -> None:
    result = register()
    entry = AuditEvent.objects.get(action="model_version.registered").entry
    payload = json.loads(bytes(entry))["payload"]
    assert payload["artifact_digest"] == result.version.artifact_digest
    assert payload["mlflow_uri"] == URI
