"""The worker's Celery tasks: thin, ids only. The database is the queue; a message is a doorbell."""

import logging
import os
import socket
from uuid import UUID

from celery import shared_task

from registry import api as registry_api
from registry.domain.errors import NotFound
from validation.runs.perform import perform
from validation.runs.work import run_plan

logger = logging.getLogger(__name__)


@shared_task(name="validation.run", ignore_result=True)  # type: ignore[untyped-decorator]
def run_validation(request_uuid: str) -> None:
    """Run the validation request's plan, unless another worker does or it has ended."""
    request = UUID(request_uuid)
    try:
        registry_api.get_run_order(request_uuid=request)
    except NotFound:
        logger.warning("a doorbell rang for the unknown validation request %s", request)
        return
    perform(request_uuid=request, owner=f"{socket.gethostname()}:{os.getpid()}", work=run_plan)
