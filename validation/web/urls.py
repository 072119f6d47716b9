"""Addresses of the validation pages."""

from django.urls import path

from validation.web import attachments, views

app_name = "validation_web"
urlpatterns = [
    path("<uuid:uuid>/", views.run, name="run"),
    path("<uuid:uuid>/progress/", views.progress, name="progress"),
    path("<uuid:uuid>/attachments/<uuid:file>/", attachments.show, name="attachment"),
    path("<uuid:uuid>/attachments/<uuid:file>/content/", attachments.content, name="attachment-content"),
    path("<uuid:uuid>/checks/<str:check>/<str:file>/", attachments.of_check, name="attachment-of-check"),
    path("<uuid:uuid>/cancellation/", views.cancel, name="cancel"),
]
