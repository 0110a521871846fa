"""The explanation without a model: every sentence is made of figures of the result."""

from daybook.contracts.base import KST
from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scenario_result import (
    ControlRow,
    Explanation,
    NextMillion,
    PlanName,
    ScenarioResult,
    ThreatRow,
)
from daybook.scenario_report.wording import (
    DISCLAIMER,
    EN,
    EVIDENCE,
    KO,
    LEVEL_NAMES,
    PLAN_NAMES,
    estimate_percent,
    estimate_won,
    evidence_tag,
    short_id,
    signed_won,
    use_name,
    won,
)

_TOP_THREATS = 3
_BASES = (PlanName.CURRENT, PlanName.NOTHING, PlanName.THREAT_BLIND)


def template_explanation(result: ScenarioResult, rejected_because: str = "") -> Explanation:
    """Return the explanation by rules, in both languages."""
    return Explanation(
        text_ko="\n\n".join(part for part in _paragraphs(result, KO) if part),
        text_en="\n\n".join(part for part in _paragraphs(result, EN) if part),
        source="template",
        checked_numbers=True,
        rejected_because=rejected_because[:300],
    )


def base_plan_name(result: ScenarioResult) -> PlanName | None:
    """Return the plan a result is compared with: current holdings, else doing nothing, else the blind plan."""
    return next((name for name in _BASES if result.plan(name) is not None), None)


def taken_controls(result: ScenarioResult) -> tuple[ControlRow, ...]:
    """Return the controls the plan takes or finds installed."""
    return tuple(row for row in result.controls if row.step > 0)


def worst_threats(result: ScenarioResult) -> tuple[ThreatRow, ...]:
    """Return the threats by what they add to the plan's CVaR, the largest first; those that add nothing left out."""
    ranked = sorted(result.by_threat, key=lambda row: (-row.cvar_contribution_krw, row.id))
    return tuple(row for row in ranked if row.cvar_contribution_krw > 0)


def best_use(result: ScenarioResult) -> NextMillion | None:
    """Return the single use of one more million that gains most; None where there is none."""
    single = [row for row in result.next_million if row.use != "best"]
    return max(single, key=lambda row: row.gain_krw.value) if single else None


def _paragraphs(result: ScenarioResult, language: int) -> tuple[str, ...]:
    return (
        _found(result, language),
        _plan(result, language),
        _protection(result, language),
        _before_after(result, language),
        _million(result, language),
        _threats(result, language),
        _to_do(result, language),
        _caveats(result, language),
        DISCLAIMER[language],
    )


def _found(result: ScenarioResult, language: int) -> str:
    level = LEVEL_NAMES[result.threat_level][language]
    plan = result.plan(PlanName.OPTIMISED)
    if language == KO:
        text = (
            f"위협 단계 {result.threat_level}({level})에서 예산 {won(result.budget_krw)}원을 앞으로 "
            f"{result.horizon_days}거래일 동안 어떻게 나눌지 시나리오 {result.scenarios:,}개로 계산했습니다."
        )
        if plan:
            text += (
                f" 기대 자산은 {estimate_won(plan.figures.expected_wealth_krw)}원, "
                f"CVaR(나쁜 경우의 평균 손실)는 {estimate_won(plan.figures.cvar_krw)}원입니다."
            )
        return text
    text = (
        f"At threat level {result.threat_level} ({level}), a budget of {won(result.budget_krw)} won was split for the "
        f"next {result.horizon_days} trading days over {result.scenarios:,} scenarios."
    )
    if plan:
        text += (
            f" Expected wealth is {estimate_won(plan.figures.expected_wealth_krw)} won; CVaR, the mean loss of the bad "
            f"cases, is {estimate_won(plan.figures.cvar_krw)} won."
        )
    return text


def _plan(result: ScenarioResult, language: int) -> str:
    stocks = sum(row.amount_krw for row in result.allocation)
    hedges = sum(row.amount_krw for row in result.hedges)
    held = sum(1 for row in result.allocation if row.amount_krw)
    if language == KO:
        return (
            f"계획: 주식 {held}종목 {won(stocks)}원, 헤지 {won(hedges)}원, "
            f"현금 {won(result.cash_krw)}원, "
            f"거래 비용 {won(result.fees_krw)}원, 보호 통제 {won(result.protection.spend_krw)}원."
        )
    return (
        f"Plan: {won(stocks)} won in stocks ({held} names), {won(hedges)} won in hedges, "
        f"{won(result.cash_krw)} won in cash, {won(result.fees_krw)} won of fees, "
        f"{won(result.protection.spend_krw)} won for controls."
    )


def _protection(result: ScenarioResult, language: int) -> str:
    taken, costs = taken_controls(result), result.protection
    if language == KO:
        names = ", ".join(
            f"{row.name_ko}({short_id(row.id)}{', 이미 설치됨' if row.already_installed else ''})" for row in taken
        )
        text = f"보호: {names or '선택된 통제 없음'}."
        text += (
            f" 위협으로 인한 연간 기대 손실은 {won(costs.annual_loss_before_krw)}원에서 "
            f"{won(costs.annual_loss_after_krw)}원이 됩니다."
        )
        over = " 한 해 지출이 고든-로브 기준(기대 손실의 1/e)을 넘습니다."
    else:
        names = ", ".join(
            f"{row.name_en} ({short_id(row.id)}{', installed already' if row.already_installed else ''})"
            for row in taken
        )
        text = f"Protection: {names or 'no control is taken'}."
        text += (
            f" The expected loss a year from threats goes from {won(costs.annual_loss_before_krw)} won to "
            f"{won(costs.annual_loss_after_krw)} won."
        )
        over = " Spending of a year is above the Gordon-Loeb limit (1/e of the expected loss)."
    return text + (over if costs.alarm_share > 1 else "")


def _before_after(result: ScenarioResult, language: int) -> str:
    name = base_plan_name(result)
    plan = result.plan(PlanName.OPTIMISED)
    base = result.plan(name) if name else None
    if name is None or base is None or plan is None:
        return ""
    old, new, label = base.figures, plan.figures, PLAN_NAMES[name][language]
    if language == KO:
        return (
            f"전후 비교 (기준: {label}, 같은 난수, ±는 표준오차): "
            f"기대 자산 {estimate_won(old.expected_wealth_krw)}원 → "
            f"{estimate_won(new.expected_wealth_krw)}원, CVaR {estimate_won(old.cvar_krw)}원 → "
            f"{estimate_won(new.cvar_krw)}원, 파산선 아래로 갈 확률 {estimate_percent(old.ruin_probability)} → "
            f"{estimate_percent(new.ruin_probability)}."
        )
    return (
        f"Before and after (against {label}, same random numbers, ± is the standard error): expected wealth "
        f"{estimate_won(old.expected_wealth_krw)} won → {estimate_won(new.expected_wealth_krw)} won, CVaR "
        f"{estimate_won(old.cvar_krw)} won → {estimate_won(new.cvar_krw)} won, probability of ruin "
        f"{estimate_percent(old.ruin_probability)} → {estimate_percent(new.ruin_probability)}."
    )


def _million(result: ScenarioResult, language: int) -> str:
    use = best_use(result)
    if use is None:
        return ""
    name = use_name(use.use, result)[language]
    gain = f"{signed_won(use.gain_krw.value)} ± {won(use.gain_krw.standard_error)}"
    if language == KO:
        tail = "" if use.measurable else " 표준오차의 2배에 못 미쳐 측정 가능한 이득이 아닙니다."
        return f"다음 100만 원: 가장 나은 쓰임은 {name}, 목적함수 변화 {gain}원.{tail}"
    tail = "" if use.measurable else " That is below 2 standard errors: no measurable benefit."
    return f"The next 1,000,000 won: best used for {name}, a change of the objective of {gain} won.{tail}"


def _threats(result: ScenarioResult, language: int) -> str:
    rows = worst_threats(result)[:_TOP_THREATS]
    if not rows:
        return ""
    if language == KO:
        listed = ", ".join(
            f"{row.name_ko}({short_id(row.id)}) {won(row.cvar_contribution_krw)}원 {evidence_tag(row.evidence)}"
            for row in rows
        )
        return f"가장 큰 위협 (CVaR 기여): {listed}."
    listed = ", ".join(
        f"{row.name_en} ({short_id(row.id)}) {won(row.cvar_contribution_krw)} won {evidence_tag(row.evidence)}"
        for row in rows
    )
    return f"Largest threats (share of CVaR): {listed}."


def _to_do(result: ScenarioResult, language: int) -> str:
    install = [row for row in taken_controls(result) if not row.already_installed]
    trades = [row for row in (*result.allocation, *result.hedges) if row.change_shares]
    saving = [row for row in result.playbook if row.loss_avoided_krw.value > 0]
    if language == KO:
        parts = [
            f"통제 {len(install)}가지 도입을 검토" if install else "",
            f"매매 {len(trades)}건을 검토" if trades else "",
        ]
        parts += [", ".join(f"{row.action} {row.name_ko}" for row in saving) + " 훈련" if saving else ""]
        listed = "; ".join(part for part in parts if part) or "바꿀 것이 없습니다"
        return f"할 일: {listed}. 주문은 사람의 승인 뒤에만 나갑니다."
    parts = [f"review installing {len(install)} controls" if install else ""]
    parts += [f"review {len(trades)} trades" if trades else ""]
    parts += ["drill " + ", ".join(f"{row.action} {row.name_en}" for row in saving) if saving else ""]
    listed = "; ".join(part for part in parts if part) or "nothing changes"
    return f"What to do: {listed}. Orders go out only after a person approves."


def _caveats(result: ScenarioResult, language: int) -> str:
    counts = {kind: sum(1 for row in result.by_threat if row.evidence is kind) for kind in EvidenceKind}
    tags = ", ".join(f"{EVIDENCE[kind][language]} [{kind.value}] {count}" for kind, count in counts.items() if count)
    data = result.data
    day = data.as_of.astimezone(KST).date().isoformat()
    if language == KO:
        simulated = " 가격은 모의로 만든 것이며 실제 시장이 아닙니다." if data.simulated else ""
        return (
            f"한계: 위협의 근거는 {tags or '없음'}. 데이터 기준일 {day}, {data.sessions}거래일, "
            f"빠진 종목 {len(data.missing)}개.{simulated} 계획을 만들 때 쓰지 않은 시나리오로 평가했습니다."
        )
    simulated = " Prices are simulated, not a real market." if data.simulated else ""
    return (
        f"Limits: evidence of the threats: {tags or 'none'}. Data as of {day}, "
        f"{data.sessions} sessions, {len(data.missing)} stocks missing.{simulated} "
        f"Judged on scenarios the plan was not made from."
    )
