"""Every message of the contracts is frozen, refuses unknown fields, and its times carry an offset."""

import importlib
import pkgutil
import typing
from datetime import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

import daybook.contracts
from daybook.contracts.base import AwareDatetime, Message, Symbol
from daybook.contracts.execution import BrokerOrderId
from daybook.contracts.orders import IntentState

MODULES = [
    importlib.import_module(f"daybook.contracts.{module.name}")
    for module in pkgutil.iter_modules(daybook.contracts.__path__)
]
MESSAGES = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Message) and value is not Message
    },
    key=lambda message: message.__name__,
)


def names_datetime(annotation: object) -> bool:
    return annotation is datetime or any(names_datetime(part) for part in typing.get_args(annotation))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_message_when_declared_then_it_is_frozen_strict_and_documented(message: type[Message]) -> None:
    assert (message.model_config.get("frozen"), message.model_config.get("extra")) == (True, "forbid")
    assert message.__doc__
    assert message.__name__ not in ("", "Message")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_message_when_it_names_a_time_then_a_time_without_offset_is_refused(message: type[Message]) -> None:
    hints = typing.get_type_hints(message, include_extras=True)
    naive = datetime(2026, 3, 6, 9)  # noqa: DTZ001
    for name, field in message.model_fields.items():
        if names_datetime(field.annotation) and typing.get_origin(hints[name]) is not tuple:
            with pytest.raises(ValidationError) as refused:
                message(**{name: naive})
            assert any(error["loc"] == (name,) and "offset" in error["msg"] for error in refused.value.errors()), name


def test_message_when_changed_then_it_is_refused() -> None:
    order = BrokerOrderId(branch="06010", number="0000000101")
    with pytest.raises(ValidationError, match="frozen"):
        order.number = "1"  # type: ignore[misc]


def test_message_when_a_field_is_unknown_then_it_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        BrokerOrderId(branch="06010", number="1", mode="live")  # type: ignore[call-arg]


@pytest.mark.parametrize("symbol", ["", "5930", "00593A!", "005930.KS", "0059300000", "삼성전자"])
def test_symbol_when_it_is_no_krx_code_then_it_is_refused(symbol: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Symbol).validate_python(symbol)


@pytest.mark.parametrize("symbol", ["005930", "00088K", "0000D0", "Q500001"])
def test_symbol_when_it_is_a_krx_code_then_it_passes(symbol: str) -> None:
    assert TypeAdapter(Symbol).validate_python(symbol) == symbol


def test_aware_datetime_when_given_an_offset_then_it_keeps_the_moment() -> None:
    moment = TypeAdapter(AwareDatetime).validate_python("2026-03-06T09:00:00+09:00")
    assert moment.isoformat() == "2026-03-06T09:00:00+09:00"


@pytest.mark.parametrize("state", IntentState)
def test_intent_state_when_looked_at_then_it_is_either_final_or_in_flight(state: IntentState) -> None:
    assert state.is_final is not state.is_in_flight


@pytest.mark.parametrize(("number", "key"), [("0000000101", "101"), ("101", "101"), ("0000", "0"), ("0", "0")])
def test_order_number_when_compared_then_leading_zeros_do_not_count(number: str, key: str) -> None:
    assert BrokerOrderId(branch="", number=number).key == key
