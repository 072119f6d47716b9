"""Addresses of validation runs under ``/api/v1/``."""

from django.urls import path

from validation.rest import views

app_name = "validation_rest"
urlpatterns = [
    path("validation-requests/<uuid:uuid>/run", views.RunDetail.as_view(), name="run"),
    path("validation-requests/<uuid:uuid>/run/checks", views.CheckList.as_view(), name="checks"),
    path("validation-requests/<uuid:uuid>/cancellation", views.Cancellation.as_view(), name="cancellation"),
]
