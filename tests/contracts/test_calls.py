from datetime import timedelta

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from daybook.contracts.base import Message
from daybook.contracts.calls import CALLS, SUBMIT_ORDER, WATCH_ACCOUNT, Call, Effect, Layer, calls_of
from daybook.contracts.orders import SubmitOutcome, SubmitRequest

NAMES = [entry.name for entry in CALLS]


def test_table_when_read_then_names_are_unique_and_start_with_their_layer() -> None:
    assert len(set(NAMES)) == len(NAMES) > 20
    assert all(entry.name.split(".")[0] == entry.layer.value for entry in CALLS)


def test_table_when_read_then_only_submit_places_orders_and_it_has_one_attempt() -> None:
    assert [entry for entry in CALLS if entry.effect is Effect.ORDER] == [SUBMIT_ORDER]
    assert (SUBMIT_ORDER.attempts, SUBMIT_ORDER.layer) == (1, Layer.TRADING)


def test_table_when_read_then_the_control_layer_serves_nothing_and_the_sandbox_changes_nothing() -> None:
    assert calls_of(Layer.CONTROL) == ()
    assert all(entry.effect is Effect.READ for entry in calls_of(Layer.SANDBOX))


@pytest.mark.parametrize("entry", CALLS, ids=NAMES)
def test_call_when_made_then_its_messages_are_frozen_and_its_times_bounded(entry: Call[object, object]) -> None:
    assert issubclass(entry.argument, Message)
    assert entry.result is type(None) or issubclass(entry.result, Message)
    longest = timedelta(hours=16) if entry is WATCH_ACCOUNT else timedelta(minutes=15)
    assert timedelta(0) < entry.heartbeat <= timedelta(seconds=30)
    assert entry.heartbeat <= entry.timeout <= longest
    assert "Configuration" in entry.not_retryable


def test_call_when_named_after_another_layer_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="must be named after its layer"):
        Call("trading.read_news", Layer.PIPELINE, SubmitRequest, SubmitOutcome, timedelta(seconds=1))


@pytest.mark.parametrize("attempts", [0, 2])
def test_call_when_an_order_could_be_sent_twice_then_it_is_refused(attempts: int) -> None:
    with pytest.raises(ValueError, match="exactly one attempt"):
        Call(
            "trading.send",
            Layer.TRADING,
            SubmitRequest,
            SubmitOutcome,
            timedelta(seconds=1),
            attempts=attempts,
            effect=Effect.ORDER,
        )


async def test_converter_when_a_message_is_sent_then_it_arrives_as_it_was() -> None:
    outcome = SubmitOutcome(outcome="unknown", text="no reply")
    payloads = await pydantic_data_converter.encode([outcome])
    assert await pydantic_data_converter.decode(payloads, [SubmitOutcome]) == [outcome]
