"""Files that a library made from data that came from outside: shown shut in, and each reading is recorded.

Such a page runs scripts and holds names of columns as they came, so it must be
taken for hostile. Two walls stand on their own: the frame is sandboxed without
our origin, and the response itself says ``sandbox``, which holds however it is
opened. Inside, the page has no cookies, no storage, no network and no parent.
"""

from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from registry import api as registry_api
from registry.domain.errors import NotFound
from validation import api
from validation.web.access import Visit, page, supervised

_DIRECTIVES = (
    "sandbox allow-scripts",
    "default-src 'none'",
    # The report is one file: its scripts and styles stand in it.
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
)
POLICY = "; ".join(_DIRECTIVES)


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
@page()
def show(visit: Visit, *, uuid: UUID, file: UUID) -> HttpResponse:
    """Show an attachment in a frame that has no part in our origin."""
    return _show(visit, uuid, file)


@page()
def content(visit: Visit, *, uuid: UUID, file: UUID) -> HttpResponse:
    """Return the bytes, to be shown in a frame or else to be kept; the reading is recorded first."""
    return _content(visit, uuid, file)


@page()
def of_check(visit: Visit, *, uuid: UUID, check: str, file: str) -> HttpResponse:
    """Lead to the attachment that the result of a check names."""
    return redirect("validation_web:attachment", uuid, _of_check(visit, uuid, check, file).uuid)


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
@supervised("Attachment of a check")
def show_in_portal(visit: Visit, *, uuid: UUID, file: UUID) -> HttpResponse:
    """Show an attachment to a supervisor, shut in as everywhere."""
    return _show(visit, uuid, file)


@supervised("Bytes of an attachment of a check")
def content_in_portal(visit: Visit, *, uuid: UUID, file: UUID) -> HttpResponse:
    """Return the bytes to a supervisor."""
    return _content(visit, uuid, file)


@supervised("Way to an attachment of a check")
def of_check_in_portal(visit: Visit, *, uuid: UUID, check: str, file: str) -> HttpResponse:
    """Lead a supervisor to the attachment that the result of a check names."""
    return redirect("validation_portal:attachment", uuid, _of_check(visit, uuid, check, file).uuid)


def _show(visit: Visit, uuid: UUID, file: UUID) -> HttpResponse:
    context = {
        "attachment": api.get_attachment(actor=visit.actor, request_uuid=uuid, uuid=file),
        "validation": registry_api.get_validation_request(actor=visit.actor, uuid=uuid),
    }
    return render(visit.request, "validation/attachment.html", context)


def _of_check(visit: Visit, uuid: UUID, check: str, file: str) -> api.Attachment:
    found = api.find_attachment(actor=visit.actor, request_uuid=uuid, check_id=check, file=file)
    if found is None:
        raise NotFound(
            "RUN020",
            f"the run holds no file {file[:80]} of {check[:60]}",
            remedy="Open the page of the run: it lists what its checks left.",
        )
    return found


def _content(visit: Visit, uuid: UUID, file: UUID) -> HttpResponse:
    """Return the bytes under a policy of their own.

    Alone in a window the page could lead itself to another site, and take its figures along in
    the address. In the frame our own page's ``frame-src`` forbids it.
    """
    found = api.get_attachment(actor=visit.actor, request_uuid=uuid, uuid=file)
    registry_api.record_attachment_read(
        actor=visit.actor,
        at=visit.at,
        correlation_id=visit.correlation_id,
        request_uuid=uuid,
        file=found.file,
        sha256=found.sha256,
    )
    is_kept = "download" in visit.request.GET or visit.request.headers.get("Sec-Fetch-Dest") == "document"
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=is_kept, filename=found.file)
        or "inline",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
    }
    return HttpResponse(bytes(found.content), content_type="text/html; charset=utf-8", headers=headers)
