"""What each action without orders asks for, in messages the desk's existing machinery carries out."""

from daybook.contracts.base import Mode, TradingState
from daybook.contracts.response import (
    THREAT_STATE_CODE,
    DowngradeMode,
    Notice,
    ResponseFacts,
    RotateKeys,
    StateWanted,
    TakeEvidence,
    TightenLimits,
)
from daybook.contracts.state import StateAction, StateChangeRequest
from daybook.contracts.threat_readings import ACCOUNT_CODES, ThreatChannel
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import LEVEL_NAMES_EN, LEVEL_NAMES_KO, ThreatAssessment
from daybook.risk.response.trigger import Triggered

BY = "playbook"
_MOST_REASONS = 5
_URGENT_LEVEL = 4

ROTATE_STEPS_KO = (
    "KIS Developers에서 앱키를 재발급하고 이전 앱키를 폐기합니다.",
    "새 앱키를 비밀저장소에 넣고 트레이딩 워커만 다시 시작합니다.",
)
ROTATE_STEPS_EN = (
    "Issue a new application key at KIS Developers and withdraw the old one.",
    "Put the new key into the secret store and restart the trading worker only.",
)
FREEZE_STEPS_KO = (
    "카드 뒷면이나 증권사 앱에 적힌 고객센터 번호로 출금·이체 정지를 요청합니다. API로는 할 수 없습니다.",
    "MTS에서 접속 기록을 확인하고 모르는 기기를 해제한 뒤 비밀번호와 인증 수단을 바꿉니다.",
    "연계 은행 계좌의 이체 한도를 낮춥니다.",
    "모르는 주문·이체가 있으면 금융감독원과 경찰에 신고합니다.",
)
FREEZE_STEPS_EN = (
    "Call the number on your card, or the customer centre as printed in the broker's app, and have withdrawals and "
    "transfers stopped; there is no API for it.",
    "Look at the access log in the broker's app, remove unknown devices, change password and certificates.",
    "Lower the transfer limit of the linked bank account.",
    "Report unknown orders or transfers to the financial supervisor and the police.",
)
DOWNGRADE_STEPS_KO = (
    "이 프로세스의 모드는 바뀌지 않습니다: 워커를 멈추고 MODE=paper로 다시 시작해야 합니다.",
    "원래 모드로 돌아가려면: daybook resume, 실거래는 daybook arm 두 단계.",
)
DOWNGRADE_STEPS_EN = (
    "A process keeps its mode: stop the workers and start them with MODE=paper.",
    "To come back: daybook resume and, for live, the two steps of daybook arm.",
)


def notice(assessment: ThreatAssessment, set_off: Triggered | None) -> Notice:
    """Return the notice of a level (A1): its name, its move and the strongest reasons; every number is code's."""
    level = assessment.level
    reasons = assessment.reasons[:_MOST_REASONS]
    said_ko = "; ".join(reason.text_ko for reason in reasons) or "특이사항 없음"
    said_en = "; ".join(reason.text_en for reason in reasons) or "nothing to report"
    moved = level != assessment.previous_level
    from_ko = f" (이전 {assessment.previous_level})" if moved else ""
    from_en = f" (was {assessment.previous_level})" if moved else ""
    return Notice(
        level=level,
        urgent=level >= _URGENT_LEVEL or (set_off is not None and set_off.level >= _URGENT_LEVEL),
        text_ko=f"위협 수준 {level} {LEVEL_NAMES_KO[level]}{from_ko}: {said_ko}"[:1_000],
        text_en=f"threat level {level}, {LEVEL_NAMES_EN[level]}{from_en}: {said_en}"[:1_000],
    )


def stop_state(set_off: Triggered) -> TradingState:
    """Return how far A4 stops: a halt for operations and the own account, where no exit is safe, else reduce."""
    for reason in set_off.reasons:
        if reason.channel is ThreatChannel.OPERATIONS or reason.code in ACCOUNT_CODES:
            return TradingState.HALTED
    return TradingState.REDUCING


def stop_orders(set_off: Triggered, facts: ResponseFacts) -> StateWanted:
    """Return the change of state of A4, under the playbook's own code."""
    halts = stop_state(set_off) is TradingState.HALTED
    return StateWanted(
        request=StateChangeRequest(
            account=facts.account,
            action=StateAction.HALT if halts else StateAction.REDUCE,
            by=BY,
            reason=f"threat level {set_off.level}: {', '.join(set_off.causes)}"[:500],
            code=THREAT_STATE_CODE,
        )
    )


def lift_stop(facts: ResponseFacts, why: str) -> StateWanted:
    """Return the lifting of A4's reduction; reductions of breakers and of people stay."""
    return StateWanted(
        request=StateChangeRequest(
            account=facts.account, action=StateAction.LIFT, by=BY, reason=why[:500], codes=(THREAT_STATE_CODE,)
        )
    )


def rotate_keys(facts: ResponseFacts) -> RotateKeys:
    """Return A5: the token by machine, the application key by a person."""
    return RotateKeys(account=facts.account, mode=facts.mode, steps_ko=ROTATE_STEPS_KO, steps_en=ROTATE_STEPS_EN)


def downgrade(set_off: Triggered, facts: ResponseFacts) -> DowngradeMode:
    """Return A6: what a machine can do is to disarm and to halt; the mode itself changes with a person's restart."""
    reason = f"downgrade from {facts.mode.value} at threat level {set_off.level}"
    halt = StateChangeRequest(
        account=facts.account, action=StateAction.HALT, by=BY, reason=reason, code=THREAT_STATE_CODE
    )
    disarm = StateChangeRequest(account=facts.account, action=StateAction.DISARM, by=BY, reason=reason)
    is_live = facts.mode is Mode.LIVE
    return DowngradeMode(
        from_mode=facts.mode,
        to="paper" if is_live else "read_only",
        requests=(disarm, halt) if is_live else (halt,),
        steps_ko=DOWNGRADE_STEPS_KO,
        steps_en=DOWNGRADE_STEPS_EN,
    )


def freeze(set_off: Triggered) -> Notice:
    """Return A7: the checklist of a person."""
    return Notice(
        level=set_off.level,
        urgent=True,
        text_ko="계좌 사고 의심: 출금 정지는 사람이 증권사에 요청해야 합니다.",
        text_en="the account may be taken over: a person has to ask the broker to stop withdrawals",
        steps_ko=FREEZE_STEPS_KO,
        steps_en=FREEZE_STEPS_EN,
    )


def tighten(settings: ResponseSettings) -> TightenLimits:
    """Return A8: every order asked, less of everything bought."""
    return TightenLimits(scale=settings.limit_scale)


def evidence(action_id: str, assessment: ThreatAssessment) -> TakeEvidence:
    """Return A9: a snapshot under the action's name."""
    return TakeEvidence(label=f"{action_id} level {assessment.level}")
