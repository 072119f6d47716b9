"""The dispatcher's memory and the supervised loop."""

from uuid import uuid4

import pytest

from registry.management.commands.loops import Loop
from registry.tasks import Doorbells

FIRST, SECOND = uuid4(), uuid4()


def test_a_waiting_request_is_rung_at_once_and_then_left_alone_for_a_while() -> None:
    doorbells = Doorbells(again_s=8.0)

    assert doorbells.due(waiting=[FIRST], now_s=100.0) == [FIRST]
    assert doorbells.due(waiting=[FIRST, SECOND], now_s=104.0) == [SECOND]
    assert doorbells.due(waiting=[FIRST, SECOND], now_s=108.0) == [FIRST]


def test_a_request_that_ended_is_forgotten() -> None:
    doorbells = Doorbells(again_s=8.0)
    doorbells.due(waiting=[FIRST], now_s=100.0)
    doorbells.due(waiting=[], now_s=101.0)

    assert doorbells.due(waiting=[FIRST], now_s=102.0) == [FIRST]


@pytest.mark.django_db
def test_a_failing_act_rests_ever_longer_and_never_ends_the_loop() -> None:
    turns = []

    def act() -> None:
        turns.append(len(turns))
        if len(turns) < 3:
            raise ConnectionError

    loop = Loop(act=act, every_s=1.0)
    for now_s in (0.0, 1.0, 2.0, 5.0, 6.0, 7.0):
        loop.turn(now_s=now_s)

    # Fails at 0 (rests 2 s) and at 2 (rests 4 s), succeeds at 6 and, one period later, at 7.
    assert len(turns) == 4
    assert loop.failures == 0
