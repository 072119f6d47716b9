"""The peer of the inventory list: what a good Django REST framework project writes.

Model serialisers, django-filter, page numbers, and relations fetched ahead.
It authenticates and checks scopes with our classes, so that both sides pay
the same for those.
"""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django_filters.rest_framework import CharFilter, DjangoFilterBackend, FilterSet, NumberFilter
from rest_framework import serializers
from rest_framework.filters import OrderingFilter
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination

from registry.inventory.models import IntendedUse, ModelVersion, RegisteredModel

PAGE = 50


class UseSerializer(serializers.ModelSerializer[IntendedUse]):
    """A use of a version with its permission."""

    intended_use = serializers.UUIDField(source="uuid")
    use_case = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    state = serializers.CharField(source="permission_state")
    sentence = serializers.CharField(source="permission_sentence")
    until = serializers.DateField(source="permission_until")

    class Meta:
        model = IntendedUse
        fields = ("intended_use", "use_case", "state", "sentence", "until")


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version with its uses."""

    permissions = UseSerializer(source="intended_uses", many=True)

    class Meta:
        model = ModelVersion
        fields = ("uuid", "number", "mlflow_uri", "artifact_digest", "permissions")


class ModelSerializer(serializers.ModelSerializer[RegisteredModel]):
    """A model with its newest version."""

    tier = serializers.IntegerField(source="risk_tier")
    state = serializers.CharField(source="lifecycle_state")
    entity = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    owner = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    developer = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    validator = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    newest_version = serializers.SerializerMethodField()

    class Meta:
        model = RegisteredModel
        fields = (
            *("uuid", "key", "name", "description", "tier", "state", "origin", "entity", "jurisdictions"),
            *("owner", "developer", "validator", "registered_at", "newest_version"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep one serialiser of versions: making one for each row would cost the peer a third of its time."""
        super().__init__(*args, **kwargs)
        self._version = VersionSerializer()

    def get_newest_version(self, row: RegisteredModel) -> Any:
        """Return the first of the versions that were fetched ahead, newest first."""
        versions = list(row.versions.all())
        return self._version.to_representation(versions[0]) if versions else None


class ModelFilter(FilterSet):  # type: ignore[misc]
    """The filters of the list."""

    tier = NumberFilter(field_name="risk_tier")
    state = CharFilter(field_name="lifecycle_state")
    entity = CharFilter(field_name="entity__key")

    class Meta:
        model = RegisteredModel
        fields = ("origin",)


class Pages(PageNumberPagination):
    """Pages of fifty, with the count that the class always makes."""

    page_size = PAGE


class PeerList(ListAPIView):  # type: ignore[type-arg]
    """The list."""

    scopes: ClassVar = {"GET": "read"}
    serializer_class = ModelSerializer
    pagination_class = Pages
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    filterset_class = ModelFilter
    ordering = ("key",)

    def get_queryset(self) -> QuerySet[RegisteredModel]:
        """Return the models with everything that the serialisers touch."""
        uses = IntendedUse.objects.select_related("use_case").order_by("use_case__key")
        versions = ModelVersion.objects.order_by("-number").prefetch_related(Prefetch("intended_uses", uses))
        return RegisteredModel.objects.select_related(
            "entity", "owner", "developer", "validator"
        ).prefetch_related(Prefetch("versions", versions))
