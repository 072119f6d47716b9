"""Builds the small bank in a database of its own and prints where its pages are, as JSON. Run as a process."""

import json
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main() -> int:
    """Migrate, build, sign a checkpoint, and print the addresses."""
    django.setup()
    call_command("migrate", verbosity=0)

    from registry import api
    from registry.audit.checkpoint import KEY_FILE_NAME, ensure_key_file
    from registry.audit.models import AuditEvent
    from registry.findings.models import Finding
    from tests.builders.web_evidence import submissions
    from tests.builders.web_policy import propose_policy
    from tests.builders.web_world import AT, bring_to_approval, build_world, start_run

    ensure_key_file(path=Path(settings.MRM_KEY_DIR) / KEY_FILE_NAME)
    world = build_world()
    approval = bring_to_approval(world)
    assert world.running is not None
    assert world.validated is not None
    start_run(world.running, submissions()[:2])
    proposal = propose_policy(world).uuid
    house = api.PackRelease.objects.get(instrument="house").uuid
    api.publish_log(at=AT)
    use = world.uses["pd-capital-qrre"]
    use.refresh_from_db()
    event = AuditEvent.objects.get(action="validation.signed").uuid
    json.dump(
        {
            "running": str(world.running.uuid),
            "pages": {
                "vera": [
                    "/",
                    "/models/",
                    f"/models/{use.version.registered_model.uuid}/",
                    f"/versions/{use.version.uuid}/",
                    f"/decisions/{use.permission_decision_uuid}/",
                    f"/runs/{world.validated.uuid}/",
                    f"/findings/{Finding.objects.get().uuid}/",
                    "/findings/",
                    "/policy/",
                    f"/policy/{house}/",
                    f"/policy/proposals/new/?from={house}",
                    "/use-cases/pd-capital-qrre/",
                    "/audit/",
                    f"/audit/{event}/",
                    "/models/00000000-0000-0000-0000-000000000000/",
                ],
                "owen": [f"/intended-uses/{use.uuid}/", f"/intended-uses/{use.uuid}/safeguards/new/"],
                "ada": ["/approvals/", f"/approvals/{approval.uuid}/", *policy(proposal)],
                "rex": [
                    "/portal/",
                    f"/portal/decisions/{use.permission_decision_uuid}/",
                    f"/portal/validations/{world.validated.uuid}/",
                    "/portal/reading/",
                    f"/portal/policy/{house}/",
                    *(f"/portal{address}" for address in policy(proposal)),
                ],
            },
        },
        sys.stdout,
    )
    return 0


def policy(proposal: object) -> list[str]:
    """Return where a proposal is decided on."""
    return [f"/policy/proposals/{proposal}/", f"/policy/proposals/{proposal}/impact/"]


if __name__ == "__main__":
    raise SystemExit(main())
