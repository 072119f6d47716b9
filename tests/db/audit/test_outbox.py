"""Outward effects are performed at least once, and a lost ring costs nothing."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from registry.domain.errors import MrmError
from registry.domain.vocab import OutboxStatus
from registry.outbox.api import ATTEMPTS, CLAIM, Delivery, DeliveryReport, deliver, enqueue
from registry.outbox.doorbell import ring
from registry.outbox.models import OutboxMessage
from tests.db.audit.conftest import AT


@pytest.fixture
def message(log: str) -> UUID:
    with transaction.atomic():
        return enqueue(kind="mlflow.tag", payload={"key": "permit", "digest": "ab"}, at=AT)


def fail(delivery: Delivery) -> None:
    raise ConnectionError("MLflow does not answer")


def outcome(*, delivered: int = 0, retried: int = 0, dead: int = 0) -> DeliveryReport:
    return DeliveryReport(delivered=delivered, retried=retried, dead=dead)


def test_a_message_is_delivered_once_with_its_identifier(message: UUID) -> None:
    seen: list[Delivery] = []
    handlers = {"mlflow.tag": seen.append}
    assert deliver(limit=10, handlers=handlers, at=AT) == outcome(delivered=1)
    assert deliver(limit=10, handlers=handlers, at=AT + timedelta(days=1)) == outcome()
    payload = {"key": "permit", "digest": "ab"}
    assert seen == [Delivery(uuid=message, kind="mlflow.tag", payload=payload, attempt=1)]
    row = OutboxMessage.objects.get()
    assert (row.status, row.delivered_at) == (OutboxStatus.DELIVERED, AT)


def test_outside_a_transaction_nothing_is_enqueued(log: str) -> None:
    with pytest.raises(MrmError, match="OUT001"):
        enqueue(kind="mlflow.tag", payload={}, at=AT)
    assert OutboxMessage.objects.count() == 0


def test_an_effect_of_a_rolled_back_act_is_never_performed(log: str) -> None:
    with transaction.atomic():
        enqueue(kind="mlflow.tag", payload={}, at=AT)
        transaction.set_rollback(True)
    assert deliver(limit=10, handlers={"mlflow.tag": fail}, at=AT) == outcome()


def test_a_failure_is_tried_again_after_a_growing_wait_and_then_delivered(message: UUID) -> None:
    waits = []
    at = AT
    for _ in range(3):
        assert deliver(limit=10, handlers={"mlflow.tag": fail}, at=at) == outcome(retried=1)
        due = OutboxMessage.objects.get().next_attempt_at
        assert deliver(limit=10, handlers={"mlflow.tag": fail}, at=due - timedelta(seconds=1)) == outcome()
        waits.append((due - at).total_seconds())
        at = due
    assert waits == [30, 60, 120]
    assert OutboxMessage.objects.get().last_error == "ConnectionError: MLflow does not answer"
    attempts: list[Delivery] = []
    assert deliver(limit=10, handlers={"mlflow.tag": attempts.append}, at=at) == outcome(delivered=1)
    assert attempts[0].attempt == 4


@pytest.mark.parametrize("handlers", [{"mlflow.tag": fail}, {}])
def test_after_the_last_attempt_the_message_is_dead_and_kept(
    message: UUID, handlers: dict[str, Callable[[Delivery], None]]
) -> None:
    at = AT
    for _ in range(ATTEMPTS - 1):
        assert deliver(limit=10, handlers=handlers, at=at) == outcome(retried=1)
        at += timedelta(hours=3)
    assert deliver(limit=10, handlers=handlers, at=at) == outcome(dead=1)
    assert deliver(limit=10, handlers=handlers, at=at + timedelta(days=9)) == outcome()
    row = OutboxMessage.objects.get()
    assert (row.status, row.attempts) == (OutboxStatus.DEAD, ATTEMPTS)
    assert row.last_error.startswith(("ConnectionError", "MrmError: OUT002"))


def crash(delivery: Delivery) -> None:
    raise SystemExit


def test_a_worker_that_dies_in_mid_delivery_loses_nothing(message: UUID) -> None:
    with pytest.raises(SystemExit):
        deliver(limit=10, handlers={"mlflow.tag": crash}, at=AT)
    seen: list[Delivery] = []
    assert deliver(limit=10, handlers={"mlflow.tag": seen.append}, at=AT) == outcome()
    assert deliver(limit=10, handlers={"mlflow.tag": seen.append}, at=AT + CLAIM) == outcome(delivered=1)
    assert [delivery.uuid for delivery in seen] == [message]


def test_a_message_that_kills_every_worker_ends_dead(message: UUID) -> None:
    at = AT
    for _ in range(ATTEMPTS):
        with pytest.raises(SystemExit):
            deliver(limit=10, handlers={"mlflow.tag": crash}, at=at)
        at += CLAIM
    assert deliver(limit=10, handlers={"mlflow.tag": crash}, at=at) == outcome(dead=1)
    assert OutboxMessage.objects.get().last_error == "every attempt ended without an answer"


def test_a_second_worker_leaves_a_claimed_message_alone(message: UUID) -> None:
    inner: list[DeliveryReport] = []

    def deliver_again(delivery: Delivery) -> None:
        inner.append(deliver(limit=10, handlers={"mlflow.tag": fail}, at=AT))

    assert deliver(limit=10, handlers={"mlflow.tag": deliver_again}, at=AT) == outcome(delivered=1)
    assert inner == [outcome()]


def test_a_message_that_another_worker_just_attempted_is_not_attempted_again(log: str) -> None:
    with transaction.atomic():
        enqueue(kind="first", payload={}, at=AT)
        enqueue(kind="second", payload={}, at=AT)
    seen: list[Delivery] = []

    def while_another_fails(delivery: Delivery) -> None:
        assert deliver(limit=10, handlers={"second": fail}, at=AT) == outcome(retried=1)

    handlers = {"first": while_another_fails, "second": seen.append}
    assert deliver(limit=10, handlers=handlers, at=AT) == outcome(delivered=1)
    assert seen == []


def test_the_oldest_message_goes_first_and_the_limit_holds(log: str) -> None:
    with transaction.atomic():
        for number in range(3):
            enqueue(kind="mail", payload={"number": number}, at=AT)
    seen: list[object] = []
    handlers = {"mail": lambda delivery: seen.append(delivery.payload["number"])}
    assert deliver(limit=2, handlers=handlers, at=AT) == outcome(delivered=2)
    assert seen == [0, 1]


def test_the_doorbell_rings_after_commit_only(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, tuple[object, ...], str]] = []
    monkeypatch.setattr(
        current_app._get_current_object(),
        "send_task",
        lambda name, *, args, queue, **options: rung.append((name, args, queue)),
    )
    with transaction.atomic():
        ring("validation.run", "a-uuid", queue="heavy")
        assert rung == []
    assert rung == [("validation.run", ("a-uuid",), "heavy")]
    with transaction.atomic():
        ring("validation.run", "never", queue="heavy")
        transaction.set_rollback(True)
    assert len(rung) == 1


def test_a_broker_that_is_away_does_not_undo_the_act(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app._get_current_object(), "send_task", refuse)
    with transaction.atomic():
        enqueue(kind="mail", payload={}, at=AT)
        ring("registry.dispatch", queue="light")
    assert OutboxMessage.objects.count() == 1
