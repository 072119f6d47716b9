"""Pages for what Django itself refuses: unknown addresses, missing tokens, crashes."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from registry.web.middleware import error_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be read (handler400)."""
    del exception
    return error_page(
        request,
        status=HTTPStatus.BAD_REQUEST,
        title="This cannot be understood",
        code="WEB400",
        message="The request is malformed, so nothing was done.",
        remedy="Go back, check the address or the form, and send it again.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that may not be made (handler403)."""
    del exception
    return error_page(
        request,
        status=HTTPStatus.FORBIDDEN,
        title="This is not yours to do",
        code="WEB403",
        message="The request was refused and nothing was changed.",
        remedy="Ask the model risk office for the role that this needs.",
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere (handler404)."""
    del exception
    return error_page(
        request,
        status=HTTPStatus.NOT_FOUND,
        title="Nothing to see here",
        code="WEB404",
        message="No page has this address, or none that you may see.",
        remedy="Check the address, or start from the inventory.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a crash (handler500)."""
    return error_page(
        request,
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        title="Something broke on our side",
        code="WEB500",
        message="The program failed while it made this page. What was recorded before shows in the audit log.",
        remedy="Try again. If it happens twice, report the correlation id below: it finds the log lines.",
    )


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or stale (``CSRF_FAILURE_VIEW``)."""
    del reason
    return error_page(
        request,
        status=HTTPStatus.FORBIDDEN,
        title="This form has gone stale",
        code="WEB419",
        message="The form did not carry the token of your session, so nothing was done.",
        remedy="Go back, reload the page, and send the form again.",
    )
