"""MLmodel files, honest and not, and the digest over an artefact."""

import pytest

from registry.domain.errors import InvalidInput
from registry.mlflow_gateway import ArtifactFile, ArtifactManifest, artifact_digest, parse_mlmodel
from tests.unit.gateway.fake_mlflow import MLMODEL

FILE = ArtifactFile(path="MLmodel", size=3, sha256="a" * 64)


def test_reads_flavours_and_signature() -> None:
    model = parse_mlmodel(MLMODEL)
    assert set(model.flavours) == {"python_function", "xgboost"}
    assert model.input_names == ("income", "debt")
    assert model.signature is not None
    assert (model.run_id, model.mlflow_version) == ("r1", "3.17.2")


def test_a_signature_may_be_absent_or_unnamed() -> None:
    bare = parse_mlmodel(b"flavors: {xgboost: {}}")
    assert (bare.signature, bare.input_names, bare.run_id) == (None, (), "")
    unnamed = parse_mlmodel(b'flavors: {a: {}}\nsignature: {inputs: \'[{"type": "double"}]\'}')
    assert unnamed.input_names == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"a: &x 1\nb: *x\nflavors: {a: {}}", "anchor"),
        (b"flavors: &f {a: {}}", "anchor"),
        (b"flavors: !!python/object/apply:os.system ['true']", "not plain YAML"),
        (b"\xff\xfe\x00", "not plain YAML"),
        (b"[1, 2", "not plain YAML"),
        (b"[" * 5_000, "nested"),
        (b"just text", "not a mapping"),
        (b"", "not a mapping"),
        (b"flavors: {}", "names no flavour"),
        (b"flavors: [a]", "names no flavour"),
        (b"flavors: {a: 1}", "not a mapping"),
        (b"flavors: {a: {data: /etc/passwd}}", "points outside"),
        (b"flavors: {a: {data: ../x}}", "points outside"),
        (b"flavors: {a: {artifacts: {x: {path: 'a/../../b'}}}}", "points outside"),
        (b"flavors: {a: {code: ['C:\\x']}}", "points outside"),
        (b"flavors: {a: {}}\nsignature: 3", "signature"),
        (b"flavors: {a: {}}\nsignature: {inputs: 'no json'}", "signature"),
        (b"flavors: {a: {}}\nsignature: {inputs: '[1]'}", "signature"),
        (b"flavors: {a: {}}\nsignature: {inputs: [1]}", "signature"),
        (b"#" * (2**20 + 1), "more than"),
    ],
)
def test_refuses_with_the_reason(text: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        parse_mlmodel(text)
    assert refused.value.code == "MLF040"


def test_the_digest_is_that_of_the_published_form() -> None:
    # printf '{"files":[{"path":"MLmodel","sha256":"aaa...","size":3}],"version":1}' | sha256sum
    assert artifact_digest([FILE]) == "335f2d7f86bd59553163c704a1a9667ca6bef4017a3fde5f5d9c9f043045d2ed"


def test_any_change_of_the_files_changes_the_digest() -> None:
    other = ArtifactFile(path="model.json", size=1, sha256="b" * 64)
    digests = {
        artifact_digest(files)
        for files in (
            [FILE],
            [FILE, other],
            [ArtifactFile(path="MLmodeL", size=3, sha256="a" * 64)],
            [ArtifactFile(path="MLmodel", size=4, sha256="a" * 64)],
            [ArtifactFile(path="MLmodel", size=3, sha256="c" * 64)],
        )
    }
    assert len(digests) == 5
    assert ArtifactManifest.of([other, FILE]) == ArtifactManifest.of([FILE, other])
    assert ArtifactManifest.of([other, FILE]).size == 4
