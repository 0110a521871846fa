"""The closed lists of the response playbook: its nine actions, their states, who approves, why they are blocked."""

from enum import StrEnum


class ActionCode(StrEnum):
    """The nine actions. There is no tenth: nothing outside this list is ever proposed."""

    NOTIFY = "A1"
    RAISE_CASH = "A2"
    HEDGE = "A3"
    STOP_ORDERS = "A4"
    ROTATE_KEYS = "A5"
    DOWNGRADE_MODE = "A6"
    FREEZE_WITHDRAWALS = "A7"
    TIGHTEN_LIMITS = "A8"
    SNAPSHOT_EVIDENCE = "A9"


class ActionState(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    DRY_RUN = "dry_run"
    BLOCKED = "blocked"

    @property
    def is_open(self) -> bool:
        """Whether the action is still on its way: asked, approved or being carried out."""
        return self in _OPEN

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to it; a done action can still be undone."""
        return not self.is_open and self is not ActionState.DONE


_OPEN = frozenset({ActionState.PROPOSED, ActionState.WAITING, ActionState.APPROVED, ActionState.EXECUTING})


class Approver(StrEnum):
    """Who has to say yes before an action is carried out."""

    NOBODY = "nobody"
    PERSON = "person"
    TWO_STEP = "two_step"


class GuardCode(StrEnum):
    """Why a triggered action is not proposed for execution now."""

    ALREADY_OPEN = "ALREADY_OPEN"
    ALREADY_DONE = "ALREADY_DONE"
    COOLING_DOWN = "COOLING_DOWN"
    REJECTED_BY_PERSON = "REJECTED_BY_PERSON"
    NOT_IN_SESSION = "NOT_IN_SESSION"
    CHANNEL_DOWN = "CHANNEL_DOWN"
    STALE_DATA = "STALE_DATA"
    TRADING_HALTED = "TRADING_HALTED"
    TRADING_REDUCING = "TRADING_REDUCING"
    NO_POSITIONS = "NO_POSITIONS"
    NOTHING_TO_SELL = "NOTHING_TO_SELL"
    ENOUGH_CASH = "ENOUGH_CASH"
    DAILY_SELL_LIMIT = "DAILY_SELL_LIMIT"
    NO_BETA = "NO_BETA"
    NO_QUOTE = "NO_QUOTE"
    ORDER_OPEN = "ORDER_OPEN"
    NO_ROOM = "NO_ROOM"


class TransitionRefusal(StrEnum):
    """Why an action does not move."""

    ILLEGAL_MOVE = "ILLEGAL_MOVE"
    WRONG_ACTION = "WRONG_ACTION"
    NOT_WAITING = "NOT_WAITING"
    OUT_OF_TIME = "OUT_OF_TIME"
    NOT_YET_DUE = "NOT_YET_DUE"
    SECOND_STEP_TOO_EARLY = "SECOND_STEP_TOO_EARLY"


class UndoReason(StrEnum):
    """Why an action is undone."""

    FALSE_ALARM = "false_alarm"
    LEVEL_FELL = "level_fell"
