"""Where everything is served."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns = [
    path("", include("registry.web.urls")),
    path("portal/", include("registry.portal.urls")),
    path("runs/", include("validation.web.urls")),
    path("api/v1/", include("registry.rest.urls")),
    path("api/v1/", include("validation.rest.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
]
handler400 = "registry.web.errors.bad_request"
handler403 = "registry.web.errors.permission_denied"
handler404 = "registry.web.errors.page_not_found"
handler500 = "registry.web.errors.server_error"
