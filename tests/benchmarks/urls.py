"""Our addresses and the peer's, behind the same middleware."""

from django.urls import include, path

from tests.benchmarks.drf_list import PeerList

urlpatterns = [path("peer/models", PeerList.as_view()), path("", include("mrm.urls"))]
