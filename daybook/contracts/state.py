"""Halting, reducing and the two-step way back; arming real orders, in two steps as well."""

from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import Message, Symbol, TradingState


class StateAction(StrEnum):
    """What is asked of the trading state."""

    HALT = "halt"
    REDUCE = "reduce"
    REQUEST_RESUME = "request_resume"
    CONFIRM_RESUME = "confirm_resume"
    LOCK_SYMBOLS = "lock_symbols"
    UNLOCK_SYMBOLS = "unlock_symbols"
    LIFT = "lift"
    REQUEST_ARM = "request_arm"
    CONFIRM_ARM = "confirm_arm"
    DISARM = "disarm"

    @property
    def is_arming(self) -> bool:
        """Whether it concerns the permission to send real orders, which leaves the trading state as it is."""
        return self in (StateAction.REQUEST_ARM, StateAction.CONFIRM_ARM, StateAction.DISARM)


class StateChangeRequest(Message):
    """A change of the trading state, by a person or a breaker (``code``)."""

    account: str = "main"
    action: StateAction
    by: str = Field(min_length=1, max_length=80)
    reason: str = Field(default="", max_length=500)
    code: str = Field(default="KILL_SWITCH", max_length=40)
    token: str = Field(default="", max_length=100, description="second step of a resume or of arming")
    codes: tuple[str, ...] = Field(default=(), description="breakers that no longer trip, to be lifted")
    halts_too: bool = Field(default=False, description="lift halts of these codes as well: a new, reconciled day")
    symbols: tuple[Symbol, ...] = Field(default=(), description="symbols to lock or unlock")


class StateChangeResult(Message):
    """The trading state after a change; ``token`` is set by the first step of a resume or of arming."""

    state: TradingState
    accepted: bool
    text: str = ""
    token: str = ""


class StateChangeInput(Message):
    """Input of StateChange. ``day_workflow_id`` is the running day, if any, to be told."""

    request: StateChangeRequest
    day_workflow_id: str = ""
