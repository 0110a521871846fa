"""Changing the trading state: halting is one step, coming back is two, and so is arming real orders."""

from datetime import timedelta

from daybook.contracts.base import TradingState
from daybook.contracts.reasons import TRANSIENT_BREAKERS
from daybook.contracts.response import THREAT_STATE_CODE
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.execution.arming import Arming
from daybook.execution.desk import ExecutionDesk

RESUME_VALID_FOR = timedelta(minutes=10)


class StateChanger:
    """Writes halts where the gateway reads them, and lifts them in two steps."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self._arming = Arming(desk)

    def change(self, request: StateChangeRequest) -> StateChangeResult:
        """Carry out one change; repeating a halt is harmless."""
        desk, at = self._desk, self._desk.real_now()
        if request.action in (StateAction.HALT, StateAction.REDUCE):
            state = TradingState.HALTED if request.action is StateAction.HALT else TradingState.REDUCING
            current = desk.states.current(request.account)
            repeated = (
                current.state is state and current.reason_code == request.code and current.reason == request.reason
            )
            if not repeated:
                desk.states.halt(request.account, state, request.code, request.reason, request.by, at)
            return self._result(request, accepted=True, text=request.reason)
        if request.action is StateAction.LIFT:
            lifted = [code for code in request.codes if code in TRANSIENT_BREAKERS or code == THREAT_STATE_CODE]
            if request.halts_too:
                # The playbook's own halt is a person's to end, also on a new day.
                lifted = [code for code in lifted if code != THREAT_STATE_CODE]
            desk.states.lift(request.account, lifted, request.by, at, halts_too=request.halts_too)
            return self._result(request, accepted=True, text=request.reason)
        if request.action in (StateAction.LOCK_SYMBOLS, StateAction.UNLOCK_SYMBOLS):
            return self._lock(request)
        if request.action.is_arming:
            answer = self._arming.change(request)
            return self._result(request, accepted=answer.accepted, text=answer.text, token=answer.token)
        if request.action is StateAction.REQUEST_RESUME:
            if self._is_active(request):
                return self._result(request, accepted=False, text="trading is active; there is nothing to resume")
            token = desk.states.request_resume(request.account, request.by, at, RESUME_VALID_FOR)
            return self._result(request, accepted=True, text="confirm within 10 minutes", token=token)
        confirmed = desk.states.confirm_resume(request.account, request.token, request.by, at)
        if not confirmed:
            return self._result(
                request, accepted=False, text="wrong, used or expired token; start again with: daybook resume"
            )
        desk.kill_switch.clear()
        return self._result(request, accepted=True, text=f"resumed by {request.by}")

    def _lock(self, request: StateChangeRequest) -> StateChangeResult:
        at = self._desk.real_now()
        for symbol in request.symbols:
            if request.action is StateAction.LOCK_SYMBOLS:
                self._desk.states.lock_symbol(request.account, symbol, request.code, request.reason, request.by, at)
            else:
                self._desk.states.unlock(request.account, symbol, request.by, at)
        return self._result(request, accepted=True, text=f"{request.action.value}: {', '.join(request.symbols)}")

    def _is_active(self, request: StateChangeRequest) -> bool:
        state = self._desk.states.current(request.account).state
        return state is TradingState.ACTIVE and not self._desk.kill_switch.is_on()

    def _result(self, request: StateChangeRequest, *, accepted: bool, text: str, token: str = "") -> StateChangeResult:
        state = self._desk.states.current(request.account).state
        if self._desk.kill_switch.is_on():
            state = TradingState.HALTED
        return StateChangeResult(state=state, accepted=accepted, text=text, token=token)
