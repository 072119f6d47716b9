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
from django.shortcuts import render
from django.utils.http import content_disposition_header

from registry import api as registry_api
from validation import api
from validation.web.access import Visit, page

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
    context = {
        "attachment": api.get_attachment(actor=visit.actor, request_uuid=uuid, uuid=file),
        "validation": registry_api.get_validation_request(actor=visit.actor, uuid=uuid),
    }
    return render(visit.request, "validation/attachment.html", context)


@page()
def content(visit: Visit, *, uuid: UUID, file: UUID) -> HttpResponse:
    """Return the bytes, to be shown in a frame or else to be kept; the reading is recorded first.

    Alone in a window the page could lead itself to another site, and take its figures along in
    the address. In the frame our own page's ``frame-src`` forbids it.
    """
    found = api.get_attachment(actor=visit.actor, request_uuid=uuid, uuid=file)
    registry_api.record_attachment_read(
        actor=visit.actor,
        at=visit.at,
        correlation_id=str(getattr(visit.request, "correlation_id", "")),
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
