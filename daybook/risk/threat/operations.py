"""The operations channel: broker, token, feed, workers, orders of unknown outcome, clock, database."""

from collections.abc import Sequence
from dataclasses import dataclass

from daybook.contracts.threat_readings import OperationReadings, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.risk.threat.finding import Finding, Findings, Levels, by_key, number, of_ladder


@dataclass(frozen=True, slots=True)
class _Gauge:
    code: ThreatReasonCode
    value: object
    ladder: Sequence[float]
    text_ko: str
    text_en: str


def operation_findings(readings: OperationReadings, settings: ThreatSettings, levels: Levels) -> Findings:
    """Return what the desk's health says; a missing or senseless figure says nothing."""
    code = ThreatReasonCode
    skew_s = number(readings.clock_skew_s)
    gauges = (
        _Gauge(
            code.BROKER_LATENCY,
            readings.broker_latency_s,
            settings.broker_latencies_s,
            "증권사 응답 95%가 {:.1f}초 이내",
            "95 % of the broker's answers within {:.1f} s",
        ),
        _Gauge(
            code.TOKEN_FAILURES,
            readings.token_failures,
            settings.token_failures,
            "토큰 발급 {:.0f}회 연속 실패",
            "{:.0f} failed token issues in a row",
        ),
        _Gauge(
            code.FEED_GAP,
            readings.feed_gap_s,
            settings.feed_gaps_s,
            "시세 {:.0f}초째 없음",
            "no market data for {:.0f} s",
        ),
        _Gauge(
            code.WORKER_SILENT,
            readings.worker_silent_s,
            settings.worker_silences_s,
            "작업자 {:.0f}초째 무응답",
            "a worker silent for {:.0f} s",
        ),
        _Gauge(
            code.UNKNOWN_OUTCOME,
            readings.unknown_order_s,
            settings.unknown_orders_s,
            "결과를 모르는 주문 {:.0f}초째",
            "an order's outcome unknown for {:.0f} s",
        ),
        _Gauge(
            code.CLOCK_SKEW,
            None if skew_s is None else abs(skew_s),
            settings.clock_skews_s,
            "시계 오차 {:.2f}초",
            "the clock is {:.2f} s off",
        ),
        _Gauge(
            code.DATABASE_LATENCY,
            readings.database_latency_s,
            settings.database_latencies_s,
            "데이터베이스 쓰기 {:.2f}초",
            "a database write takes {:.2f} s",
        ),
    )
    findings = [_finding(gauge, settings, levels) for gauge in gauges]
    return by_key([_broker_errors(readings, settings, levels), *findings])


def _finding(gauge: _Gauge, settings: ThreatSettings, levels: Levels) -> Finding | None:
    value = number(gauge.value, 0)
    if value is None:
        return None
    return of_ladder(
        gauge.code,
        value,
        gauge.ladder,
        levels,
        settings.hysteresis_ratio,
        text_ko=gauge.text_ko.format(value),
        text_en=gauge.text_en.format(value),
    )


def _broker_errors(readings: OperationReadings, settings: ThreatSettings, levels: Levels) -> Finding | None:
    calls, errors = number(readings.broker_calls, 0), number(readings.broker_errors, 0)
    if calls is None or errors is None or errors > calls or calls < settings.broker_min_calls:
        return None
    ratio = errors / calls
    return of_ladder(
        ThreatReasonCode.BROKER_ERRORS,
        ratio,
        settings.broker_error_ratios,
        levels,
        settings.hysteresis_ratio,
        text_ko=f"증권사 호출 {calls:.0f}건 중 {errors:.0f}건 실패 ({ratio:.0%})",
        text_en=f"{errors:.0f} of {calls:.0f} broker calls failed ({ratio:.0%})",
    )
