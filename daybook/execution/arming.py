"""Arming real orders: two steps within ten minutes, valid until the close of the same session."""

from dataclasses import dataclass
from datetime import datetime

from daybook.contracts.base import KST, Mode
from daybook.contracts.state import StateAction, StateChangeRequest
from daybook.execution.desk import ExecutionDesk
from daybook.krx.calendar import session_on


@dataclass(frozen=True, slots=True)
class ArmingAnswer:
    """What became of one step; ``token`` is the first step's, to be given back in the second."""

    accepted: bool
    text: str
    token: str = ""


class Arming:
    """Gives and takes back the permission to send real orders. Only a desk in mode live has it to give."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def change(self, request: StateChangeRequest) -> ArmingAnswer:
        """Take one step; repeating one that was carried out is harmless."""
        if self._desk.mode is not Mode.LIVE:
            return ArmingAnswer(False, f"arming is for mode live; this desk runs in mode {self._desk.mode.value}")
        at = self._desk.real_now()
        if request.action is StateAction.DISARM:
            self._desk.states.disarm_live(request.account, request.by, at)
            return ArmingAnswer(True, f"disarmed by {request.by}; no real order is sent from now on")
        expires_at = _close_of_session(at)
        if expires_at is None:
            return ArmingAnswer(False, "there is no session to arm now; arm on a trading day before its close")
        until = f"{expires_at:%Y-%m-%d %H:%M} KST"
        if self._desk.states.is_armed(request.account, at):
            return ArmingAnswer(True, f"armed until {until} already; take it back with: daybook disarm")
        if request.action is StateAction.REQUEST_ARM:
            self._desk.states.arm_live(request.account, request.by, at, expires_at, 1)
            return ArmingAnswer(True, f"confirm within 10 minutes to arm until {until}", _token(expires_at))
        right = request.token == _token(expires_at)
        if not (right and self._desk.states.arm_live(request.account, request.by, at, expires_at, 2)):
            return ArmingAnswer(False, "wrong or expired token; start again with: daybook arm")
        return ArmingAnswer(True, f"armed until {until} by {request.by}")


def _close_of_session(at: datetime) -> datetime | None:
    """Return when today's session (in Korea) closes; None on a day without one, and after its close."""
    session = session_on(at.astimezone(KST).date())
    return session.closes if session.closes is not None and at < session.closes else None


def _token(expires_at: datetime) -> str:
    return f"until-{expires_at.astimezone(KST):%Y%m%d-%H%M}"
