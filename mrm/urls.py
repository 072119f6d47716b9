"""Where everything is served."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from registry.rest.docs import ApiDocs, UnknownAddress

urlpatterns = [
    path("", include("registry.web.urls")),
    path("portal/", include("registry.portal.urls")),
    path("portal/validations/", include("validation.web.portal_urls")),
    path("runs/", include("validation.web.urls")),
    path("api/v1/", include("registry.rest.urls")),
    path("api/v1/", include("validation.rest.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", ApiDocs.as_view(), name="api-docs"),
    re_path(r"^api/", UnknownAddress.as_view()),
]
handler400 = "registry.web.errors.bad_request"
handler403 = "registry.web.errors.permission_denied"
handler404 = "registry.web.errors.page_not_found"
handler500 = "registry.web.errors.server_error"
