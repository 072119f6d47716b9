"""System checks: a wrong setting is reported before anybody meets it."""

from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

CHECKPOINT_KEY_SHARED = "mrm.E001"
BROKER_NOT_OURS = "mrm.E002"
CHECKPOINTS_BESIDE_DATABASE = "mrm.W001"


@register(Tags.security)
def check_keys(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """Permits and checkpoints must not be signed with the same key."""
    if settings.MRM_PERMIT_KEY and settings.MRM_PERMIT_KEY == settings.MRM_CHECKPOINT_KEY:
        return [
            Error(
                "The same key signs permits and audit checkpoints.",
                hint="Set MRM_PERMIT_KEY and MRM_CHECKPOINT_KEY to different keys.",
                id=CHECKPOINT_KEY_SHARED,
            )
        ]
    return []


@register()
def check_broker(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """The current Celery application must be ours, or doorbells ring in an empty house."""
    if current_app.conf.broker_url != settings.CELERY_BROKER_URL:
        return [
            Error(
                "The current Celery application does not use this project's broker.",
                hint="Import mrm.celery before any other Celery application is created.",
                id=BROKER_NOT_OURS,
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_checkpoint_folder(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001
    """Checkpoints kept beside the database convince nobody."""
    folder = settings.MRM_CHECKPOINT_DIR.resolve()
    if not settings.ENV.is_embedded and folder.is_relative_to(settings.MRM_VAR_DIR):
        return [
            Warning(
                "Audit checkpoints are exported beside the program's own data.",
                hint="Set MRM_CHECKPOINT_DIR to a place that a database administrator cannot write.",
                id=CHECKPOINTS_BESIDE_DATABASE,
            )
        ]
    return []
