"""The market channel: VKOSPI, the fall of KOSPI today and from its high, sidecar, circuit breaker, mood of the news."""

from daybook.contracts.threat_readings import MarketReadings, Sidecar, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.risk.threat.finding import Finding, Findings, Levels, by_key, number, of_ladder

_STAGE_FALLS = {1: "8 %", 2: "15 %", 3: "20 %"}


def market_findings(readings: MarketReadings, settings: ThreatSettings, levels: Levels) -> Findings:
    """Return what the market's figures say; a missing or senseless figure says nothing."""
    return by_key(
        [
            _vkospi(readings, settings, levels),
            _drawdown(readings, settings, levels),
            _fall(readings, settings, levels),
            _sidecar(readings, settings),
            _circuit_breaker(readings, settings),
            _sentiment(readings, settings),
        ]
    )


def _vkospi(readings: MarketReadings, settings: ThreatSettings, levels: Levels) -> Finding | None:
    percentile = number(readings.vkospi_percentile, 0, 1)
    age = number(readings.vkospi_age_sessions, 0)
    if percentile is None or age is None or age > settings.vkospi_max_age_sessions:
        return None
    points = number(readings.vkospi, 0)
    shown = f" {points:.1f}" if points is not None else ""
    return of_ladder(
        ThreatReasonCode.VKOSPI_HIGH,
        percentile,
        settings.vkospi_percentiles,
        levels,
        # The distance to 1 is what counts of a percentile: 0.97 less a tenth would be an ordinary day.
        0.0,
        text_ko=f"VKOSPI{shown}, 과거 종가의 {percentile:.1%}보다 높음",
        text_en=f"VKOSPI{shown} is above {percentile:.1%} of its past closes",
    )


def _drawdown(readings: MarketReadings, settings: ThreatSettings, levels: Levels) -> Finding | None:
    drawdown = number(readings.index_drawdown_ratio, 0, 1)
    if drawdown is None:
        return None
    return of_ladder(
        ThreatReasonCode.INDEX_DRAWDOWN,
        drawdown,
        settings.index_drawdowns,
        levels,
        settings.hysteresis_ratio,
        text_ko=f"코스피가 연중 고점보다 {drawdown:.1%} 낮음",
        text_en=f"KOSPI is {drawdown:.1%} below its year's high",
    )


def _fall(readings: MarketReadings, settings: ThreatSettings, levels: Levels) -> Finding | None:
    change = number(readings.index_change_ratio, -1)
    if change is None:
        return None
    return of_ladder(
        ThreatReasonCode.INDEX_FALL,
        max(0.0, -change),
        settings.index_falls,
        levels,
        settings.hysteresis_ratio,
        text_ko=f"코스피 전일 대비 {change:+.1%}",
        text_en=f"KOSPI at {change:+.1%} since the last close",
    )


def _sidecar(readings: MarketReadings, settings: ThreatSettings) -> Finding | None:
    code = ThreatReasonCode.SIDECAR
    if readings.sidecar is Sidecar.NONE:
        return Finding(code)
    if readings.sidecar is Sidecar.SELL:
        return Finding(
            code, settings.sidecar_level, text_ko="매도 사이드카 발동", text_en="a sell-side sidecar is in force"
        )
    if readings.sidecar is Sidecar.BUY:
        return Finding(code, 1, text_ko="매수 사이드카 발동", text_en="a buy-side sidecar is in force")
    return None


def _circuit_breaker(readings: MarketReadings, settings: ThreatSettings) -> Finding | None:
    code = ThreatReasonCode.CIRCUIT_BREAKER
    stage = number(readings.circuit_breaker_stage, 0, 3)
    if stage is None:
        return None
    if stage < 1:
        return Finding(code)
    whole = int(stage)
    return Finding(
        code,
        settings.circuit_breaker_levels[whole - 1],
        value=whole,
        limit=1,
        text_ko=f"서킷브레이커 {whole}단계 ({_STAGE_FALLS[whole]} 하락)",
        text_en=f"market circuit breaker, stage {whole} ({_STAGE_FALLS[whole]} fall)",
    )


def _sentiment(readings: MarketReadings, settings: ThreatSettings) -> Finding | None:
    mood = number(readings.sentiment, -1, 1)
    stories = number(readings.sentiment_stories, 0)
    if mood is None or stories is None or stories < settings.sentiment_min_stories:
        return None
    return Finding(
        ThreatReasonCode.MARKET_SENTIMENT,
        1 if mood <= settings.sentiment_floor else 0,
        value=mood,
        limit=settings.sentiment_floor,
        text_ko=f"시장 뉴스 감성 {mood:+.2f} ({int(stories)}건)",
        text_en=f"the market's news at {mood:+.2f} over {int(stories)} stories",
    )
