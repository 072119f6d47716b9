"""The browsable description of the API, without inline script or style, and the answer to unknown addresses."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request

from registry.rest.views import ApiView


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, under the policy that holds for every page."""

    url_name = "schema"
    title = "Model risk registry: API"
    template_name = "rest/docs.html"


@extend_schema(exclude=True)
class UnknownAddress(ApiView):
    """Stands behind every other address under /api/, so that even this error is a problem document."""

    authentication_classes: ClassVar[list[Any]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[Any]] = []  # type: ignore[misc]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - DRF's signature
        """Refuse before the method or the body matters."""
        raise Http404
