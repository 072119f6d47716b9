"""Addresses of attachments in the supervisory portal. Every one of them is read-only and logged."""

from django.urls import path

from validation.web import attachments

app_name = "validation_portal"
urlpatterns = [
    path("<uuid:uuid>/attachments/<uuid:file>/", attachments.show_in_portal, name="attachment"),
    path(
        "<uuid:uuid>/attachments/<uuid:file>/content/",
        attachments.content_in_portal,
        name="attachment-content",
    ),
    path(
        "<uuid:uuid>/checks/<str:check>/<str:file>/",
        attachments.of_check_in_portal,
        name="attachment-of-check",
    ),
]
