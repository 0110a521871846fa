"""What a run rests on: hashes, seeds, data, who wrote the words, and each assumption with where it comes from."""

from daybook.contracts.base import KST
from daybook.contracts.scenario import ControlSpec, Scenario, ThreatSpec
from daybook.contracts.scenario_result import PlanName, ScenarioResult
from daybook.scenario_report.blocks import Head, Section, Table, Text, Tone
from daybook.scenario_report.wording import evidence_tag, name_pair, percent, short_id, won


def audit_section(result: ScenarioResult, scenario: Scenario) -> Section:
    """Return the section that lets someone else repeat the run and doubt its assumptions."""
    return Section(
        "audit",
        "9. 감사",
        "Audit",
        (
            Table((Head("항목", "item", weight=1), Head("값", "value", weight=3)), _facts(result, scenario)),
            Text(
                f"근거 꼬리표: {evidence_tag_legend()}. [expert]는 검증되지 않은 추정이며 바꿀 수 있습니다.",
                "[expert] numbers are guesses nobody has tested; put in your own.",
                Tone.WARN,
            ),
            Table(
                (
                    Head("가정", "assumption", weight=1.8), Head("근거", "evidence", weight=0.7),
                    Head("사건·햇수", "events, years", weight=0.7), Head("출처", "source", weight=2.6),
                    Head("기준일", "as of", weight=0.8),
                ),
                _assumptions(scenario),
            ),
        ),
    )  # fmt: skip


def evidence_tag_legend() -> str:
    """Return the tags and what they mean."""
    return "[data] 데이터, [literature] 문헌, [expert] 전문가 추정"


def _facts(result: ScenarioResult, scenario: Scenario) -> tuple[tuple[str, ...], ...]:
    data, words = result.data, result.explanation
    appetite = scenario.appetite
    plan = result.plan(PlanName.OPTIMISED)
    fresh = "" if plan is None else f", 새 시나리오 {won(plan.figures.cvar_krw.value)}원"
    written = "template" if words is None else words.source
    return (
        ("실행 / run", result.run_id),
        ("입력 해시 / input hash", result.input_hash),
        ("데이터 해시 / data hash", data.id),
        ("데이터 / data", f"{data.source}, {data.first_day} ~ {data.last_day}, {data.sessions} sessions"),
        ("기준 시각 / as of", f"{data.as_of.astimezone(KST):%Y-%m-%d %H:%M} KST"),
        ("빠진 종목 / missing", ", ".join(data.missing) or "없음 / none"),
        ("난수 씨앗 / seed", str(result.seed)),
        ("엔진 / engine", f"v{result.engine_version}, {scenario.model.value}, {scenario.objective.value}"),
        ("시나리오 / scenarios", f"{result.scenarios:,}, {result.horizon_days} days"),
        ("위험 성향 / appetite", f"alpha {appetite.alpha:g}, gamma {appetite.aversion:g}, "
                             f"파산선 {percent(appetite.ruin_floor_ratio, 0)}"),
        (
            "기대 수익 / expected return",
            f"시장 {percent(scenario.expected_return)}, 현금 {percent(scenario.cash_rate)} (연)",
        ),
        ("CVaR", f"만들 때 {won(result.in_sample_cvar_krw)}원{fresh}"),
        ("비용 기준일 / costs as of", scenario.costs_as_of.isoformat()),
        ("설명 / words by", written),
        ("메모 / note", scenario.note or "–"),
    )  # fmt: skip


def _assumptions(scenario: Scenario) -> tuple[tuple[str, ...], ...]:
    specs: tuple[ThreatSpec | ControlSpec, ...] = (*scenario.threats, *scenario.controls)
    return tuple(
        (
            f"{short_id(row.id)} {name_pair(row.name_ko, row.name_en)}",
            evidence_tag(row.evidence.kind),
            " / ".join("–" if value is None else f"{value:g}" for value in (row.evidence.n_events, row.evidence.years)),
            row.evidence.source,
            row.evidence.as_of.isoformat(),
        )
        for row in specs
    )
