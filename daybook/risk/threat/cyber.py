"""The cyber channel: the national alert, breach news of holdings, and access to the own account.

Text from outside never decides a level: code counts publishers, filings and ages. What the signals quote is made here.
"""

from collections.abc import Collection
from datetime import datetime

from daybook.contracts.news import ThreatKind
from daybook.contracts.threat_readings import AccountReadings, CyberReadings, NewsWarning, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.risk.threat.finding import Finding, Findings, Levels, by_key, number, of_ladder

ALERT_NAMES_KO = ("정상", "관심", "주의", "경계", "심각")
ALERT_NAMES_EN = ("normal", "attention", "caution", "alert", "serious")
MOST_BREACHES = 10
_ABOUT_US = frozenset({ThreatKind.BROKER_OUTAGE, ThreatKind.ACCOUNT_TAKEOVER, ThreatKind.EXCHANGE_OUTAGE})


def cyber_findings(
    readings: CyberReadings, settings: ThreatSettings, held_symbols: Collection[str], now: datetime
) -> Findings:
    """Return what the alert feed and the news say. News that was read and is silent is calm, unread news is unknown."""
    findings: list[Finding | None] = [_alert(readings, settings)]
    if readings.warnings is not None:
        current = [warning for warning in readings.warnings if _is_current(warning, settings, now)]
        breaches = [
            _breach(warning, symbol, settings)
            for warning in current
            if warning.kind is ThreatKind.HOLDING_BREACH
            for symbol in warning.symbols
            if symbol in held_symbols
        ]
        breaches.sort(key=lambda finding: (-finding.level, finding.symbol))
        kept = list(by_key(breaches).values())[:MOST_BREACHES]
        findings += [Finding(ThreatReasonCode.HOLDING_BREACH), *kept, _warning(current, held_symbols, settings)]
    return by_key(findings)


def account_findings(readings: AccountReadings, settings: ThreatSettings, levels: Levels) -> Findings:
    """Return what access to the desk and its account says. An incident is level 5 at once."""
    logins = number(readings.failed_logins, 0)
    failed = (
        None
        if logins is None
        else of_ladder(
            ThreatReasonCode.FAILED_LOGINS,
            logins,
            settings.failed_logins,
            levels,
            settings.hysteresis_ratio,
            text_ko=f"최근 1시간 로그인 실패 {logins:.0f}회",
            text_en=f"{logins:.0f} refused logins in the last hour",
        )
    )
    strange = _count(
        ThreatReasonCode.STRANGE_LOGIN,
        readings.strange_logins,
        settings.strange_login_level,
        "모르는 기기·주소의 로그인",
        "logins from an unknown device or address",
    )
    tokens = _count(
        ThreatReasonCode.STRANGE_TOKEN,
        readings.strange_tokens,
        settings.strange_token_level,
        "본인이 아닌 토큰 발급·폐기",
        "tokens issued or revoked by others",
    )
    return by_key([failed, strange, tokens, _incident(readings)])


def _alert(readings: CyberReadings, settings: ThreatSettings) -> Finding | None:
    if readings.alert is None:
        return None
    stage = readings.alert.level
    return Finding(
        ThreatReasonCode.CYBER_ALERT,
        settings.alert_levels[stage],
        value=stage,
        limit=1,
        text_ko=f"국가 사이버 위기경보 '{ALERT_NAMES_KO[stage]}'",
        text_en=f"national cyber alert: {ALERT_NAMES_EN[stage]}",
    )


def _is_current(warning: NewsWarning, settings: ThreatSettings, now: datetime) -> bool:
    if warning.newest_at is None:
        return False
    age_s = (now - warning.newest_at).total_seconds()
    return -settings.future_tolerance_s <= age_s <= settings.news_max_age_s


def _breach(warning: NewsWarning, symbol: str, settings: ThreatSettings) -> Finding:
    if warning.disclosed:
        level, said_ko, said_en = settings.disclosed_level, "회사 공시", "filed by the company"
    elif warning.publishers >= settings.confirmed_publishers:
        level = max(settings.confirmed_level, 4 if warning.severity >= settings.severe_severity else 0)
        said_ko, said_en = f"{warning.publishers}개 매체 확인", f"confirmed by {warning.publishers} publishers"
    else:
        strong = warning.severity >= settings.unconfirmed_severity
        level = settings.unconfirmed_max_level if strong else min(1, settings.unconfirmed_max_level)
        said_ko, said_en = "미확인 보도", "one publisher, not confirmed"
    return Finding(
        ThreatReasonCode.HOLDING_BREACH,
        level,
        symbol=symbol,
        value=float(warning.publishers),
        limit=float(settings.confirmed_publishers),
        text_ko=f"보유종목 {symbol} 침해사고 보도: {said_ko}, 심각도 {warning.severity:.2f}",
        text_en=f"breach reported at holding {symbol}: {said_en}, severity {warning.severity:.2f}",
    )


def _warning(current: list[NewsWarning], held_symbols: Collection[str], settings: ThreatSettings) -> Finding:
    """Return the weak signal of news that is not about a holding: at most level 2, and only when confirmed."""
    best = Finding(ThreatReasonCode.NEWS_WARNING)
    for warning in current:
        about_us = warning.kind in _ABOUT_US
        elsewhere = warning.kind is ThreatKind.HOLDING_BREACH and not set(warning.symbols) & set(held_symbols)
        if not (about_us or elsewhere):
            continue
        level = 2 if about_us and warning.publishers >= settings.confirmed_publishers else 1
        if level > best.level:
            best = Finding(
                ThreatReasonCode.NEWS_WARNING,
                level,
                value=float(warning.publishers),
                limit=float(settings.confirmed_publishers),
                text_ko=f"경고성 보도({warning.kind.value}), 매체 {warning.publishers}곳",
                text_en=f"news warns of {warning.kind.value.replace('_', ' ')}, publishers: {warning.publishers}",
            )
    return best


def _count(code: ThreatReasonCode, value: object, level: int, text_ko: str, text_en: str) -> Finding | None:
    count = number(value, 0)
    if count is None:
        return None
    return Finding(
        code,
        level if count >= 1 else 0,
        value=count,
        limit=1,
        text_ko=f"{text_ko} {count:.0f}건",
        text_en=f"{text_en}: {count:.0f}",
    )


def _incident(readings: AccountReadings) -> Finding | None:
    """Return an incident: confirmed, or a strange login together with orders nobody of the desk has made."""
    code = ThreatReasonCode.ACCOUNT_INCIDENT
    logins, tokens = number(readings.strange_logins, 0), number(readings.strange_tokens, 0)
    orders = number(readings.strange_orders, 0)
    if readings.incident:
        return Finding(code, 5, value=1, limit=1, text_ko="본인 계좌 사고 확인", text_en="incident on the own account")
    if orders and (logins or tokens):
        return Finding(
            code,
            5,
            value=orders,
            limit=1,
            text_ko=f"모르는 접속 뒤 설명되지 않는 주문 {orders:.0f}건",
            text_en=f"{orders:.0f} unexplained orders after a strange login or token",
        )
    return Finding(code) if readings.incident is False and orders is not None else None
