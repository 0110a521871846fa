"""Words for codes of a result, in Korean and English, and numbers as a report writes them."""

from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scenario_result import Estimate, PlanName, ScenarioResult

KO, EN = 0, 1
MINUS = "−"

PLAN_NAMES = {
    PlanName.OPTIMISED: ("이 계획", "this plan"),
    PlanName.CURRENT: ("현재 보유", "current holdings"),
    PlanName.NOTHING: ("아무것도 안 함", "doing nothing"),
    PlanName.THREAT_BLIND: ("위협을 무시한 계획", "a plan blind to threats"),
    PlanName.BLIND_ALL_CONTROLS: ("위협 무시 + 모든 통제", "blind to threats, every control"),
    PlanName.BLIND_PLAN_CONTROLS: ("위협 무시 + 이 계획의 통제", "blind to threats, this plan's controls"),
}
LEVEL_NAMES = (
    ("평온", "calm"),
    ("관심", "attention"),
    ("주의", "caution"),
    ("경계", "alert"),
    ("심각", "severe"),
    ("사고 진행 중", "incident under way"),
)
EVIDENCE = {
    EvidenceKind.DATA: ("데이터", "data"),
    EvidenceKind.LITERATURE: ("문헌", "literature"),
    EvidenceKind.EXPERT: ("전문가 추정", "expert"),
}
USES = {
    "best": ("가장 좋은 쓰임", "best use"),
    "stock": ("주식", "stocks"),
    "hedge": ("헤지", "hedges"),
    "cash": ("현금", "cash"),
}
DISCLAIMER = (
    "시뮬레이션이며 투자 자문이 아닙니다. 이 보고서는 주문을 내지 않습니다.",
    "This is a simulation, not advice. This report places no orders.",
)


WARNINGS = {
    "simulated_data": "가격은 모의로 만든 것이며 실제 시장이 아닙니다.",
    "survivorship": "지금의 종목으로 과거를 돌아봅니다. 사라진 종목은 들어 있지 않습니다.",
    "expert_priors": "위협 수치의 많은 부분이 전문가 추정입니다. 직접 값을 넣으세요.",
    "preview": "미리보기입니다. 경로가 적고 곡선이 없으니 믿기 전에 전체로 돌리세요.",
    "short_history": "가격 기록이 요청보다 짧습니다.",
    "few_prices": "자기 가격이 적어 베타와 변동성을 비슷한 종목에서 빌린 종목이 있습니다.",
    "no_turnover": "거래대금을 몰라 사지 않는 종목이 있습니다.",
    "stale_prices": "최근 20거래일에 가격이 없는 종목이 있습니다.",
    "missing_prices": "가격이 전혀 없는 종목이 있습니다.",
    "market_shocks_stay": "시장 전체의 충격은 어떤 통제로도 줄지 않습니다.",
    "no_lot_fits": "이 예산의 한도로는 한 주도 살 수 없는 종목이 있습니다.",
    "too_late": "기간이 끝난 뒤에야 효과가 나는 통제가 있습니다.",
    "spend_alarm": "한 해 보호 지출이 고든-로브 기준(막으려는 손실의 1/e)을 넘습니다.",
    "no_stock_held": "이 위험 성향에서는 위험을 감수할 만한 주식이 없습니다.",
}


def warning_words(warning: str) -> tuple[str, str]:
    """Return a warning in Korean with its own words below; alone where its code has no Korean words."""
    code, _, rest = warning.partition(":")
    return (f"⚠ {WARNINGS[code]}", rest.strip()) if code in WARNINGS else (f"⚠ {warning}", "")


def evidence_tag(kind: EvidenceKind) -> str:
    """Return where a number comes from as a tag: ``[data]``."""
    return f"[{kind.value}]"


def use_name(use: str, result: ScenarioResult) -> tuple[str, str]:
    """Return what a million is used for, in both languages."""
    if use in USES:
        return USES[use]
    control = next((row for row in result.controls if row.id == use), None)
    return (f"{control.name_ko} ({short_id(use)})", f"{control.name_en} ({short_id(use)})") if control else (use, use)


def short_id(identifier: str) -> str:
    """Return ``T06`` for ``T06_holding_breach``."""
    return identifier.partition("_")[0]


def won(amount_krw: float) -> str:
    """Return an amount in whole won: ``1,234,567``; a minus is a true one."""
    return f"{round(amount_krw):,}".replace("-", MINUS)


def signed_won(amount_krw: float) -> str:
    """Return a change with its sign; zero has none."""
    whole = round(amount_krw)
    return "0" if whole == 0 else f"{whole:+,}".replace("-", MINUS)


def short_won(amount_krw: float) -> str:
    """Return an amount as Korean readers say it, two digits behind the unit: ``1.23억``, ``456만``, ``7,890``."""
    size = abs(amount_krw)
    sign = MINUS if amount_krw < 0 and round(size) else ""
    if size >= 99_995_000:
        return f"{sign}{size / 1e8:,.2f}억"
    if size >= 1_000_000:
        return f"{sign}{size / 1e4:,.0f}만"
    return f"{sign}{round(size):,}"


def large_won(amount_krw: float) -> str:
    """Return an amount in whole won while it is short enough to read at a glance, in 억 above."""
    return won(amount_krw) if abs(amount_krw) < 1e10 else short_won(amount_krw)


def percent(ratio: float, digits: int = 1) -> str:
    """Return a ratio as a percentage: ``12.3 %``."""
    text = f"{ratio * 100:,.{digits}f} %"
    text = text.removeprefix("-") if not any(digit in text for digit in "123456789") else text
    return text.replace("-", MINUS)


def estimate_won(estimate: Estimate) -> str:
    """Return an amount with its standard error: ``1,234,567 ± 12,345``."""
    return f"{won(estimate.value)} ± {won(estimate.standard_error)}"


def estimate_percent(estimate: Estimate, digits: int = 2) -> str:
    """Return a probability with its standard error, in per cent."""
    return f"{estimate.value * 100:.{digits}f} ± {percent(estimate.standard_error, digits)}"


def name_pair(ko: str, en: str) -> str:
    """Return a Korean name with the English one behind it, once where they are the same."""
    return ko if ko == en or not en else f"{ko} / {en}"
