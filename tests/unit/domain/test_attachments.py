"""The files that a recorded result names, and which checks can leave a library's report."""

from registry.domain.attachments import REPORT_PARAMS, NamedFile, named_files, without_files
from registry.domain.canonical import Json
from validation.catalog import list_specs
from validation.domain.attached import Attached, table_of

FILES = table_of(attached=Attached(file="page.html", sha256="a" * 64, size=12), what="a page").to_json()
FIGURES: Json = {"id": "columns", "rows": [["age", "0.1"]]}


def test_a_result_names_its_files_in_a_table_of_their_own() -> None:
    named = NamedFile(file="page.html", what="a page", size=12, sha256="a" * 64)
    assert named_files(body={"tables": [FIGURES, FILES]}) == (named,)
    assert named_files(body={"tables": [FIGURES]}) == ()
    assert named_files(body={"detail": "no table at all"}) == ()


def test_without_its_files_a_result_is_what_it_is_without_the_request_for_them() -> None:
    plain: dict[str, Json] = {"tables": [FIGURES], "params": {"bins": "10"}, "verdict": "pass"}
    asked: dict[str, Json] = {
        "tables": [FIGURES, FILES],
        "params": {"bins": "10", "attach_report": "1"},
        "verdict": "pass",
    }
    assert without_files(body=asked) == without_files(body=plain) == plain
    assert without_files(body={}) == {"tables": [], "params": {}}


def test_the_checks_named_are_those_of_the_catalogue_that_can_attach_a_report() -> None:
    able = {
        check: param.name
        for check, spec in list_specs().items()
        for param in spec.params
        if param.name.startswith("attach_")
    }
    assert able == dict(REPORT_PARAMS)
