"""A small result with every table, the rehearsed market of a test: figures are invented, their sums are right."""

from datetime import UTC, date, datetime

from daybook.contracts.scenario import Budget, EvidenceKind, Scenario, Universe
from daybook.contracts.scenario_result import (
    AllocationRow,
    BudgetPoint,
    ControlRow,
    DataSnapshot,
    Estimate,
    FrontierPoint,
    LossFigures,
    NextMillion,
    PlanFigures,
    PlanName,
    PlaybookRow,
    ProtectionSummary,
    ScenarioResult,
    SensitivityCell,
    StressRow,
    ThreatRow,
    TornadoBar,
)
from daybook.scenario.threats.catalogue import default_controls, default_threats

DATA, EXPERT = EvidenceKind.DATA, EvidenceKind.EXPERT


def scenario(**changes: object) -> Scenario:
    """A scenario on two stocks."""
    values: dict[str, object] = {
        "name": "시험 시나리오",
        "universe": Universe(codes=("005930", "000660")),
        "budget": Budget(total_krw=100_000_000),
        "threats": default_threats(),
        "controls": default_controls(),
        "costs_as_of": date(2026, 1, 2),
    }
    return Scenario.model_validate(values | changes)


def figures(expected: float, cvar: float) -> LossFigures:
    """Loss figures with a histogram, curve and fan."""
    return LossFigures(
        expected_wealth_krw=Estimate(value=expected, standard_error=21_345.6),
        sd_krw=3_456_789,
        var_krw=Estimate(value=cvar * 0.7, standard_error=43_210),
        cvar_krw=Estimate(value=cvar, standard_error=65_432.1),
        loss_probability=Estimate(value=0.3217, standard_error=0.0047),
        ruin_probability=Estimate(value=0.0123, standard_error=0.0011),
        objective_krw=expected - 0.7 * cvar,
        max_drawdown_quantiles=(0.03, 0.05, 0.07, 0.09, 0.14),
        histogram_edges_krw=(-cvar, 0.0, cvar, 2 * cvar),
        histogram_counts=(400, 550, 50),
        exceedance=((-cvar, 1.0), (0.0, 0.32), (cvar, 0.03), (2 * cvar, 0.0)),
        fan=tuple(
            (float(day), *(1e8 * (1 + day * step) for step in (-0.002, -0.001, 0, 0.001, 0.002))) for day in (0, 1, 2)
        ),
    )


def plan(name: PlanName, expected: float, cvar: float, spend: int) -> PlanFigures:
    """A plan's row."""
    return PlanFigures(
        name=name, controls=("C01_mfa_key",) if spend else (), spend_krw=spend, stocks_krw=48_200_000, hedges_krw=0,
        cash_krw=51_700_000 - spend, fees_krw=7_000, figures=figures(expected, cvar),
    )  # fmt: skip


def result(**changes: object) -> ScenarioResult:
    """A result whose books balance."""
    values: dict[str, object] = {
        "run_id": "run-20260102-a1",
        "name": "시험 시나리오",
        "input_hash": "ab" * 32,
        "seed": 20_260_101,
        "scenarios": 10_000,
        "horizon_days": 60,
        "threat_level": 3,
        "data": DataSnapshot(
            id="cd" * 32, source="fixture", as_of=datetime(2025, 12, 30, 6, 30, tzinfo=UTC), sessions=750,
            first_day=date(2022, 12, 1), last_day=date(2025, 12, 30), simulated=True,
        ),
        "budget_krw": 100_000_000,
        "allocation": (
            AllocationRow(code="005930", name="삼성전자", sector="반도체", shares=400, price_krw=71_500,
                          amount_krw=28_600_000, weight=0.286, change_shares=100, reasons=("at_max_weight",)),
            AllocationRow(code="000660", name="SK하이닉스", sector="반도체", shares=98, price_krw=200_000,
                          amount_krw=19_600_000, weight=0.196),
        ),
        "hedges": (AllocationRow(code="114800", name="KODEX 인버스", shares=1_000, price_krw=4_100,
                                 amount_krw=4_100_000, weight=0.041, change_shares=1_000),),
        "cash_krw": 47_506_660,
        "fees_krw": 7_340,
        "controls": (
            ControlRow(id="C01_mfa_key", name_ko="MFA·하드웨어키", name_en="Hardware security key", step=1,
                       cost_krw=186_000, loss_avoided_krw=Estimate(value=412_345.6, standard_error=9_876),
                       evidence=DATA),
            ControlRow(id="C05_kill_switch", name_ko="킬 스위치", name_en="Kill switch", step=0, cost_krw=0,
                       loss_avoided_krw=Estimate(value=51_234, standard_error=1_234), evidence=EXPERT),
        ),
        "protection": ProtectionSummary(spend_krw=186_000, annual_loss_before_krw=2_345_678,
                                        annual_loss_after_krw=654_321, alarm_share=0.86),
        "plans": (plan(PlanName.OPTIMISED, 101_234_567.8, 5_432_109.8, 186_000),
                  plan(PlanName.NOTHING, 100_612_345.6, 9_876_543.2, 0)),
        "in_sample_cvar_krw": 5_321_000.0,
        "by_threat": (
            ThreatRow(id="T01_market_crash", name_ko="시장 급락", name_en="Market crash", events_a_year=0.19,
                      annual_loss_before_krw=1_900_000, annual_loss_after_krw=540_000,
                      cvar_contribution_krw=2_111_222.3, evidence=DATA),
            ThreatRow(id="T07_account_takeover", name_ko="계정 탈취", name_en="Account takeover", events_a_year=0.11,
                      annual_loss_before_krw=445_678, annual_loss_after_krw=114_321, cvar_contribution_krw=-1_500.0,
                      evidence=EXPERT),
        ),
        "noise_cvar_contribution_krw": 3_322_387.5,
        "reduction": (SensitivityCell(threat="T07_account_takeover", control="C01_mfa_key", reduction=0.82),),
        "frontier": tuple(
            FrontierPoint(gamma=gamma, expected_wealth_krw=1e8 + 1e6 / gamma, cvar_krw=4e6 / gamma, stocks_ratio=0.4,
                          hedges_ratio=0.1, cash_ratio=0.5)
            for gamma in (0.5, 1.0, 2.0)
        ),
        "budget_curve": tuple(
            BudgetPoint(budget_krw=budget, objective_krw=Estimate(value=budget * 1.01, standard_error=20_000),
                        controls=("C01_mfa_key",), spend_krw=186_000)
            for budget in (50_000_000, 100_000_000, 200_000_000)
        ),
        "next_million": (
            NextMillion(use="best", gain_krw=Estimate(value=21_234.5, standard_error=1_500), measurable=True),
            NextMillion(use="stock", gain_krw=Estimate(value=20_111, standard_error=1_400), measurable=True),
            NextMillion(use="C05_kill_switch", gain_krw=Estimate(value=-9_321, standard_error=8_000), measurable=False),
        ),
        "tornado": (
            TornadoBar(assumption="rate:T01_market_crash", label_ko="시장 급락 빈도 (배)",
                       label_en="Rate of Market crash",
                       low_value=0.5, high_value=2, low_objective_krw=97_800_000, high_objective_krw=95_500_000,
                       evidence=DATA),
        ),
        "stress": (
            StressRow(name="2008-10-24", label_ko="2008-10-24 금융위기", label_en="2008-10-24 financial crisis",
                      market_return=-0.1057, loss_krw=4_712_345, loss_without_plan_krw=-12_345),
        ),
        "playbook": (
            PlaybookRow(action="A4", name_ko="신규 주문 중지·미체결 취소", name_en="Stop new orders, cancel open ones",
                        runs_a_year=3.31, unavailable_share=0.012,
                        loss_avoided_krw=Estimate(value=5_880, standard_error=680), loss_avoided_if_perfect_krw=6_255),
        ),
    }  # fmt: skip
    return ScenarioResult.model_validate(values | changes)
