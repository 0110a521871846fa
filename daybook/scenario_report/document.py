"""A run as a report, in the order an operator asks: how bad, what changes, what next, what to do, and then why."""

from datetime import datetime, timedelta

from daybook.contracts.base import KST
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import PlanName, ScenarioResult
from daybook.scenario_report.actions import to_do_section
from daybook.scenario_report.audit import audit_section
from daybook.scenario_report.blocks import (
    Bar,
    Bars,
    Block,
    Document,
    Figure,
    Head,
    Picture,
    Section,
    Strip,
    Table,
    Text,
    Tone,
)
from daybook.scenario_report.loss_charts import draw_exceedance, draw_fan, draw_histogram
from daybook.scenario_report.money import allocation_section
from daybook.scenario_report.reasons import assumptions_section, threats_section
from daybook.scenario_report.template import base_plan_name, template_explanation
from daybook.scenario_report.wording import (
    DISCLAIMER,
    KO,
    LEVEL_NAMES,
    MINUS,
    PLAN_NAMES,
    estimate_percent,
    estimate_won,
    large_won,
    name_pair,
    percent,
    short_id,
    signed_won,
    use_name,
    warning_words,
    won,
)

_OLD = timedelta(days=4)
"""Data older than this is called old: a long weekend is not."""


def document_of(result: ScenarioResult, scenario: Scenario, *, now: datetime | None = None) -> Document:
    """Return the report of a run; ``now`` tells the age of the data, without it the run alone decides."""
    return Document(
        title=f"보안·투자 시뮬레이션: {result.name}",
        subtitle=DISCLAIMER[KO],
        run_id=result.run_id,
        sections=(
            _level(result, scenario, now),
            _before_after(result, scenario),
            _next_million(result),
            to_do_section(result),
            _words(result),
            _losses(result, scenario),
            threats_section(result),
            assumptions_section(result),
            allocation_section(result, scenario),
            audit_section(result, scenario),
        ),
    )


def _level(result: ScenarioResult, scenario: Scenario, now: datetime | None) -> Section:
    ko, en = LEVEL_NAMES[result.threat_level]
    data = result.data
    as_of = f"{data.as_of.astimezone(KST):%Y-%m-%d %H:%M} KST"
    age = "" if now is None else _age(now - data.as_of)
    level_tone = Tone.BAD if result.threat_level >= 4 else Tone.WARN if result.threat_level >= 3 else Tone.PLAIN
    is_old = data.simulated or (now is not None and now - data.as_of > _OLD)
    source = "모의 가격 / simulated" if data.simulated else data.source
    blocks: list[Block] = [
        Strip(
            (
                Figure(
                    "위협 단계", "threat level", f"{result.threat_level} / 5", f"{ko} / {en}", "시나리오에 정한 값",
                    level_tone,
                ),
                Figure("데이터", "data", source, as_of, age, Tone.WARN if is_old else Tone.PLAIN),
                Figure(
                    "엔진", "engine", f"v{result.engine_version} · {scenario.model.value}",
                    f"{result.scenarios:,} 시나리오 · {result.horizon_days}거래일",
                ),
            )
        )
    ]  # fmt: skip
    blocks += [Text(*warning_words(warning), Tone.WARN) for warning in result.warnings]
    if data.simulated and not any(warning.startswith("simulated_data") for warning in result.warnings):
        blocks.append(
            Text(
                "가격은 모의로 만든 것입니다. 실제 시장에 대한 결론이 아닙니다.",
                "Prices are simulated: nothing here is about the real market.",
                Tone.WARN,
            )
        )
    return Section("level", "1. 위협 단계와 근거", "Level, data, engine", tuple(blocks))


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours}시간 전 / {hours} h old" if hours < 48 else f"{hours // 24}일 전 / {hours // 24} days old"


def _before_after(result: ScenarioResult, scenario: Scenario) -> Section:
    plan = result.plan(PlanName.OPTIMISED)
    base_name = base_plan_name(result)
    base = result.plan(base_name) if base_name else None
    blocks: list[Block] = []
    if plan is not None and base is not None and base_name is not None:
        new, old = plan.figures, base.figures
        tail = f"{scenario.appetite.alpha * 100:g} %"
        gain = new.expected_wealth_krw.value - old.expected_wealth_krw.value
        risk = new.cvar_krw.value - old.cvar_krw.value
        ruin = new.ruin_probability.value - old.ruin_probability.value
        figures = (
            Figure(
                "기대 자산", "expected wealth", f"{large_won(new.expected_wealth_krw.value)}원",
                f"이전 {large_won(old.expected_wealth_krw.value)}원 · ± {won(new.expected_wealth_krw.standard_error)}",
                f"{signed_won(gain)}원", _tone(gain),
            ),
            Figure(
                f"CVaR {tail}", "mean of the worst", f"{large_won(new.cvar_krw.value)}원",
                f"이전 {large_won(old.cvar_krw.value)}원 · ± {won(new.cvar_krw.standard_error)}",
                f"{signed_won(risk)}원", _tone(-risk),
            ),
            Figure(
                "파산선 이탈", "P(ruin)", percent(new.ruin_probability.value, 2),
                f"이전 {percent(old.ruin_probability.value, 2)} · ± {percent(new.ruin_probability.standard_error, 2)}",
                _points(ruin), _tone(-ruin),
            ),
            Figure(
                "보호 지출", "spent on controls", f"{won(plan.spend_krw)}원", f"이전 {won(base.spend_krw)}원",
                f"통제 {len(plan.controls)}가지",
            ),
        )  # fmt: skip
        blocks.append(Strip(figures))
        blocks.append(
            Text(
                f"기준은 ‘{PLAN_NAMES[base_name][KO]}’. 같은 난수로, 계획을 만들 때 쓰지 않은 시나리오에서 "
                "평가했습니다. ±는 표준오차.",
                f"Compared with {PLAN_NAMES[base_name][1]} on the same fresh random numbers; ± is the standard error.",
                Tone.QUIET,
            )
        )
    rows = tuple(
        (
            name_pair(*PLAN_NAMES[row.name]),
            estimate_won(row.figures.expected_wealth_krw),
            estimate_won(row.figures.cvar_krw),
            estimate_percent(row.figures.loss_probability),
            estimate_percent(row.figures.ruin_probability),
            won(row.spend_krw),
        )
        for row in result.plans
    )
    heads = (
        Head("계획", "plan", weight=1.7),
        Head("기대 자산", "expected wealth", True, 1.6),
        Head("CVaR", "won", True, 1.5),
        Head("손실 확률", "P(loss)", True, 1.1),
        Head("파산선 이탈", "P(ruin)", True, 1.1),
        Head("통제 비용", "controls", True, 0.8),
    )
    blocks.append(Table(heads, rows))
    return Section("before-after", "2. 전후 비교", "Before and after", tuple(blocks))


def _tone(better: float) -> Tone:
    return Tone.PLAIN if better == 0 else Tone.GOOD if better > 0 else Tone.BAD


def _points(change: float) -> str:
    return f"{change * 100:+.2f} %p".replace("-", MINUS)


def _next_million(result: ScenarioResult) -> Section:
    bars = tuple(
        Bar(
            label=_use(row.use, result),
            amount=row.gain_krw.value,
            error=row.gain_krw.standard_error,
            text=f"{signed_won(row.gain_krw.value)} ± {won(row.gain_krw.standard_error)}원"
            + ("" if row.measurable else " · 측정 가능한 이득 없음 / no measurable benefit"),
            tone=Tone.QUIET if not row.measurable else _tone(row.gain_krw.value),
        )
        for row in sorted(result.next_million, key=lambda row: (row.use != "best", -row.gain_krw.value, row.use))
    )
    note = Text(
        "100만 원을 더 넣고 같은 난수로 다시 최적화했을 때 목적함수의 변화 (100만 원 자체는 뺌). "
        "표준오차 2배 미만은 이득으로 보지 않습니다.",
        "Change of the objective when one more million won is planned with the same random numbers, the million itself "
        "taken out. Below two standard errors there is no measurable benefit.",
        Tone.QUIET,
    )
    empty = Text("이 실행에는 계산되지 않았습니다.", "Not computed in this run.", Tone.QUIET)
    return Section("next-million", "3. 다음 100만 원", "The next 1M won", (Bars(bars), note) if bars else (empty,))


def _use(use: str, result: ScenarioResult) -> str:
    control = next((row for row in result.controls if row.id == use), None)
    if control is None:
        return name_pair(*use_name(use, result))
    return f"{short_id(control.id)} {name_pair(control.name_ko, control.name_en)}"


def _words(result: ScenarioResult) -> Section:
    words = result.explanation or template_explanation(result)
    source = (
        "규칙 기반 문장 / template" if words.source == "template" else f"모델 {words.source}, 숫자 대조함 / checked"
    )
    blocks: list[Block] = [Text(words.text_ko), Text(words.text_en, tone=Tone.QUIET), Text(source, tone=Tone.QUIET)]
    if words.rejected_because:
        blocks.append(Text(f"모델 문장을 쓰지 않은 까닭: {words.rejected_because}", tone=Tone.WARN))
    return Section("words", "설명", "In words", tuple(blocks))


def _losses(result: ScenarioResult, scenario: Scenario) -> Section:
    floor = scenario.appetite.ruin_floor_ratio * result.budget_krw
    return Section(
        "losses",
        "5. 손실과 자산의 분포",
        "Losses and wealth",
        (
            Picture(draw_exceedance(result), "손실이 이보다 클 확률", "probability of a larger loss"),
            Picture(draw_fan(result, floor), "자산의 경로와 파산선", "paths of wealth and the ruin floor"),
            Picture(draw_histogram(result), "손실 분포, VaR와 CVaR", "losses with VaR and CVaR"),
        ),
    )
