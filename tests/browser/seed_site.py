"""Builds the small bank in a database of its own and prints where its pages are, as JSON. Run as a process."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.core.management import call_command

if TYPE_CHECKING:
    from uuid import UUID

    from registry.inventory.models import IntendedUse
    from registry.validations.models import EvidenceRecord, ValidationRequest
    from tests.builders.web_world import World


HOSTILE = """<!doctype html><meta charset="utf-8"><title>report</title><body><pre id="out"></pre><script>
const told = {ran: "yes"};
const attempt = (name, act) => { try { told[name] = String(act()); } catch (error) { told[name] = "refused"; } };
attempt("cookie", () => document.cookie || "empty");
attempt("storage", () => localStorage.length);
attempt("parent", () => parent.document.title);
attempt("top", () => top.document.title);
attempt("origin", () => self.origin);
attempt("deface", () => { parent.document.body.innerHTML = "owned"; return "done"; });
attempt("navigate", () => { top.location = "/accounts/"; return "asked"; });
attempt("popup", () => String(window.open("/") !== null));
attempt("form", () => { const form = document.createElement("form"); form.method = "post"; form.action = "/sign-out/";
  document.body.append(form); form.submit(); return "asked"; });
fetch("/models/", {credentials: "include"}).then(() => "answered", () => "refused").then(said => { told.fetch = said;
  const image = new Image(); image.onload = () => done("loaded"); image.onerror = () => done("refused");
  image.src = "/static/mrm/site.css?leak"; });
function done(said) { told.image = said; document.getElementById("out").textContent = JSON.stringify(told); }
</script>"""
"""What a report could hold whose column names came from outside: it tries all that a page of ours could do."""

LISTS = (
    *("/findings/", "/policy/", "/capital/", "/capital/output-floor/"),
    "/capital/output-floor/?jurisdiction=UK&as_of=tomorrow&lines=credit;+all;+x",
)
"""Pages whose address is known before anything is built."""


def main() -> int:
    """Migrate, build, sign a checkpoint, and print the addresses."""
    django.setup()
    call_command("migrate", verbosity=0)

    from registry import api
    from registry.audit.checkpoint import KEY_FILE_NAME, ensure_key_file
    from registry.audit.models import AuditEvent
    from registry.findings.models import Finding
    from tests.builders.attached import plant
    from tests.builders.web_evidence import submissions
    from tests.builders.web_policy import propose_policy
    from tests.builders.web_world import AT, bring_to_approval, build_world, start_run
    from validation.runs.models import ValidationRun

    ensure_key_file(path=Path(settings.MRM_KEY_DIR) / KEY_FILE_NAME)
    world = build_world()
    approval = bring_to_approval(world)
    assert world.running is not None
    assert world.validated is not None
    start_run(world.running, submissions()[:2])
    done = ValidationRun.objects.create(request_uuid=world.validated.uuid, status="succeeded", queued_at=AT)
    hostile = plant(done, content=HOSTILE.encode(), at=AT)
    _hire_iris()
    proposal = propose_policy(world).uuid
    house = api.PackRelease.objects.get(instrument="house").uuid
    again = _repeat(world)
    predicted = _predict(world)
    drift, reports = _reports(world)
    api.publish_log(at=AT)
    use = world.uses["pd-capital-qrre"]
    use.refresh_from_db()
    ordered = _judge(world)
    event = AuditEvent.objects.get(action="validation.signed").uuid
    json.dump(
        {
            "running": str(world.running.uuid),
            "hostile": f"/runs/{world.validated.uuid}/attachments/{hostile.uuid}/",
            "drift": str(drift),
            "pages": {
                "vera": [
                    "/",
                    "/models/",
                    f"/models/{use.version.registered_model.uuid}/",
                    f"/versions/{use.version.uuid}/",
                    f"/models/{use.version.registered_model.uuid}/scope/us-sr-26-2/new/",
                    f"/decisions/{use.permission_decision_uuid}/",
                    f"/runs/{world.validated.uuid}/",
                    f"/runs/{predicted.uuid}/",
                    f"/evidence/{predicted.evidence.order_by('position')[0].uuid}/",
                    f"/intended-uses/{predicted.intended_use.uuid}/",
                    f"/intended-uses/{predicted.intended_use.uuid}/predictions/new/",
                    f"/findings/{Finding.objects.get().uuid}/",
                    *LISTS,
                    f"/capital/floor-path/?{_example('floor-path')}",
                    f"/policy/{house}/",
                    f"/policy/proposals/new/?from={house}",
                    "/use-cases/pd-capital-qrre/",
                    "/entities/meridian-eu/",
                    "/audit/",
                    f"/audit/{event}/",
                    f"/validations/{world.running.uuid}/comparison/?with={world.validated.uuid}",
                    f"/runs/{again}/",
                    f"/validations/{again}/comparison/?with={world.validated.uuid}",
                    *reports["vera"],
                    "/account/",
                    "/models/00000000-0000-0000-0000-000000000000/",
                ],
                "iris": ["/people/", "/people/vera/"],
                "owen": [f"/intended-uses/{use.uuid}/", f"/intended-uses/{use.uuid}/safeguards/new/"],
                "ada": [
                    "/approvals/",
                    f"/approvals/{approval.uuid}/",
                    f"/intended-uses/{ordered.uuid}/",
                    f"/intended-uses/{ordered.uuid}/tier/new/",
                    f"/intended-uses/{ordered.uuid}/tier/withdrawal/",
                    f"/decisions/{ordered.permission_decision_uuid}/",
                    *policy(proposal),
                ],
                "rex": [
                    "/portal/",
                    "/portal/permissions/",
                    f"/portal/intended-uses/{use.uuid}/?as_of=2027-06-30&exposure_eur=1000000",
                    f"/portal/models/{use.version.registered_model.uuid}/",
                    f"/portal/intended-uses/{ordered.uuid}/",
                    f"/portal/decisions/{use.permission_decision_uuid}/",
                    f"/portal/validations/{world.validated.uuid}/",
                    f"/portal/validations/{again}/comparison/?with={world.validated.uuid}",
                    *reports["rex"],
                    "/portal/entities/meridian-eu/",
                    f"/portal/capital/irb-exposures/?{_example('irb-exposures')}",
                    "/portal/reading/",
                    f"/portal/policy/{house}/",
                    *(f"/portal{address}" for address in policy(proposal)),
                ],
            },
        },
        sys.stdout,
    )
    return 0


def _hire_iris() -> None:
    """Let an administrator sign in."""
    from registry import api
    from registry.domain.vocab import Role
    from registry.people.models import RoleAssignment
    from tests.builders.web_world import AT, PASSWORD

    iris = api.Person(username="iris", full_name="Iris Lindqvist")
    iris.set_password(PASSWORD)
    iris.save()
    RoleAssignment.objects.create(
        person=iris, role=Role.ADMINISTRATOR, entity_key="", valid_from=AT.date(), granted_by_name="set-up"
    )


def _repeat(world: "World") -> object:
    """Have the validation repeated with one figure and one library other than before; return the repetition."""
    from registry import api
    from tests.builders.web_evidence import repeated
    from tests.builders.web_world import AT, record_run

    assert world.validated is not None
    again = api.reperform_validation(
        actor=world.actor("vera"), at=AT, correlation_id="repeat", request_uuid=world.validated.uuid
    )
    record_run(again, repeated(notes=["another note"], versions={"numpy": "9.9.9"}))
    return again.uuid


def _reports(world: "World") -> "tuple[UUID, dict[str, list[str]]]":
    """Let one report be made and one wait; return a record of which none was asked for, and the pages of all three."""
    assert world.validated is not None
    unasked: UUID = world.validated.evidence.get(check_id="drift.data").uuid
    waiting, made = _report_on(world, "test", is_made=False), _report_on(world, "shifted", is_made=True)
    runs = [row.reported_by.get().uuid for row in (waiting, made)]
    way = f"{runs[1]}/checks/drift.data/evidently-drift.html/"
    evidence = [f"/evidence/{uuid}/" for uuid in (unasked, waiting.uuid, made.uuid)]
    return unasked, {
        "vera": [*evidence, *(f"/runs/{uuid}/" for uuid in runs), f"/runs/{way}"],
        "rex": [f"/portal/evidence/{made.uuid}/", f"/portal/validations/{way}"],
    }


def _report_on(world: "World", batch: str, *, is_made: bool) -> "EvidenceRecord":
    """Monitor a batch for drift and ask for Evidently's own report; return the record that it is about."""
    from registry import api
    from tests.browser.make_report import make
    from tests.builders.web_evidence import submissions
    from tests.builders.web_world import AT, record_run

    monitoring = api.request_validation(
        actor=world.actor("dana"), at=AT, correlation_id="monitor",
        intended_use_uuid=world.uses["card-underwriting"].uuid, batch=batch,
    )  # fmt: skip
    record_run(monitoring, [one for one in submissions() if one["check"] == "drift.data"])
    record: EvidenceRecord = monitoring.evidence.get()
    api.request_library_report(
        actor=world.actor("vera"), at=AT, correlation_id="report", evidence_uuid=record.uuid
    )
    if is_made:
        make(record, content=b"<!doctype html><html lang=en><title>report</title><p>Drift by column</p>")
    return record


def _example(key: str) -> str:
    """Return the query of a calculation's first example."""
    from registry.api import calculator

    sheet = calculator.fill_sheet(calculation=calculator.get_calculation(key=key), query={})
    return sheet.examples[0].query


def _judge(world: "World") -> "IntendedUse":
    """Let people set a tier and depart from a regime's rules; return the use whose tier was set."""
    from registry import api
    from registry.domain.clock import SystemClock

    now = SystemClock().now()
    ordered = world.uses["collections"]
    api.override_tier(
        actor=world.actor("ada"), at=now, correlation_id="tier", intended_use_uuid=ordered.uuid, tier=4,
        reason="The order of calls changes no limit and no price; the book is in run-off.",
        expires_on=now.date() + timedelta(days=180),
    )  # fmt: skip
    api.record_scope(
        actor=world.actor("vera"), at=now, correlation_id="scope",
        registered_model_uuid=ordered.version.registered_model.uuid, regime="us-sr-26-2", answer="outside",
        reason="The branch in the United States reads the order of calls and decides nothing with it.",
        cites=["us-sr-11-7/2011-04#VI", "us-sr-26-2/2026-04#II"], review_on=now.date() + timedelta(days=90),
    )  # fmt: skip
    ordered.refresh_from_db()
    return ordered


def _predict(world: "World") -> "ValidationRequest":
    """Validate the boosted model from a file of predictions, with one check that could not be made."""
    from registry import api
    from tests.builders.predictions import csv_file
    from tests.builders.web_evidence import submissions
    from tests.builders.web_world import AT, record_run

    request = api.submit_predictions(
        actor=world.actor("vera"), at=AT, correlation_id="predictions",
        intended_use_uuid=world.uses["card-underwriting"].uuid, content=csv_file(),
        file_name="vendor-scores-2026-q3.csv", columns={"score": "pd_12m", "segment": "region"},
    )  # fmt: skip
    detail = (
        "this check reads explanations computed with the artefact (explainer), and a file of predictions holds "
        "scores and outcomes only; register the artefact with its data sets and ask for a validation of it"
    )
    said = {
        "verdict": "not_applicable",
        "reason": "needs_artifact",
        "detail": detail,
        "metrics": [],
        "facts": {},
    }
    blind = [
        one | {"facts": {}, "body": one["body"] | {"facts": {}, "notes": [request.scores_from_sentence]}}
        for one in submissions()[:2]
    ]
    bare = {"check": "explain.shap", "tables": [], "figures": [], "thresholds": [], **said}
    missing = blind[0] | said | {"check": "explain.shap", "body": blind[0]["body"] | bare}
    record_run(request, [*blind, missing])
    return request


def policy(proposal: object) -> list[str]:
    """Return where a proposal is decided on."""
    return [f"/policy/proposals/{proposal}/", f"/policy/proposals/{proposal}/impact/"]


if __name__ == "__main__":
    raise SystemExit(main())
