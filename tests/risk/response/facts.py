"""A desk with three holdings in a running session, and assessments made by the real fusion."""

from datetime import date, datetime, timedelta
from typing import Any

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import KST, Mode
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import Quote, SecurityKind
from daybook.contracts.response import ActionProposal, ActionRecord, OrdersWanted, ResponseFacts
from daybook.contracts.response_codes import ActionCode
from daybook.contracts.session import DayKind, Session
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import ThreatAssessment
from daybook.risk.response.machine import opened
from daybook.risk.response.planning import plan_responses
from tests.risk.threat.facts import NOW, Desk, account, breach, cyber, market, operations

DAY = date(2026, 3, 6)
SETTINGS = ResponseSettings()
A, B, C, HEDGE = "005930", "035720", "000660", "114800"
PRICES = {A: 70_000, B: 50_000, C: 200_000, HEDGE: 4_000}
BETAS = {A: 1.0, B: 1.5, C: 1.2}


def session() -> Session:
    def at(hour: int, minute: int) -> datetime:
        return datetime(2026, 3, 6, hour, minute, tzinfo=KST)

    return Session(
        day=DAY,
        kind=DayKind.REGULAR,
        order_entry_from=at(8, 0),
        opening_auction_from=at(8, 30),
        opens=at(9, 0),
        closing_auction_from=at(15, 20),
        closes=at(15, 30),
    )


def quote(symbol: str, at: datetime = NOW, **changes: Any) -> Quote:
    price_krw = PRICES.get(symbol, 10_000)
    values: dict[str, Any] = {
        "symbol": symbol,
        "price_krw": price_krw,
        "base_price_krw": price_krw,
        "open_krw": price_krw,
        "high_krw": price_krw,
        "low_krw": price_krw,
        "upper_limit_krw": price_krw * 13 // 10,
        "lower_limit_krw": price_krw * 7 // 10,
        "ask_krw": price_krw,
        "bid_krw": price_krw,
        "volume_shares": 1_000_000,
        "turnover_krw": 10**11,
        "kind": SecurityKind.ETF if symbol == HEDGE else SecurityKind.STOCK,
        "observed_at": at,
    }
    return Quote(**{**values, **changes})


def balance(shares: dict[str, int], cash_krw: int, at: datetime = NOW, **changes: Any) -> AccountSnapshot:
    holdings = tuple(
        Holding(
            symbol=symbol,
            shares=count,
            sellable_shares=count,
            average_price_krw=PRICES.get(symbol, 10_000),
            price_krw=PRICES.get(symbol, 10_000),
        )
        for symbol, count in shares.items()
    )
    values: dict[str, Any] = {
        "holdings": holdings,
        "deposit_krw": cash_krw,
        "settled_cash_krw": cash_krw,
        "orderable_cash_krw": cash_krw,
        "net_asset_krw": cash_krw,
        "observed_at": at,
    }
    return AccountSnapshot(**{**values, **changes})


def facts(at: datetime = NOW, shares: dict[str, int] | None = None, cash_krw: int = 1_000_000, **changes: Any) -> Any:
    """Return a desk of about 10,000,000 won, nearly fully invested."""
    held = {A: 50, B: 70, C: 10} if shares is None else shares
    values: dict[str, Any] = {
        "day": DAY,
        "mode": Mode.PAPER,
        "now": at,
        "market_now": at,
        "session": session(),
        "balance": balance(held, cash_krw, at),
        "equity_krw": cash_krw + sum(PRICES[symbol] * count for symbol, count in held.items()),
        "quotes": tuple(quote(symbol, at) for symbol in PRICES),
        "betas": BETAS,
        "limits": RiskLimits(),
    }
    return ResponseFacts(**{**values, **changes})


def seen(**changes: Any) -> ThreatAssessment:
    """Return the first assessment of a desk with these readings."""
    return Desk().look(**changes)


PANIC: dict[str, Any] = {"market": market(vkospi_percentile=0.98)}
CRASH: dict[str, Any] = {"market": market(vkospi_percentile=0.999)}
BROKEN: dict[str, Any] = {"operations": operations(worker_silent_s=400)}
BROKER_DOWN: dict[str, Any] = {"market": market(vkospi_percentile=0.98), "operations": operations(broker_errors=60)}
TAKEN_OVER: dict[str, Any] = {"account": account(incident=True)}
STRUCK: dict[str, Any] = {"cyber": cyber(warnings=(breach(publishers=2, severity=0.6),))}


def plan(
    assessment: ThreatAssessment,
    about: ResponseFacts | None = None,
    records: tuple[ActionRecord, ...] = (),
    settings: ResponseSettings = SETTINGS,
) -> dict[ActionCode, ActionProposal]:
    proposals = plan_responses(assessment, records, about or facts(), settings)
    assert len({proposal.code for proposal in proposals}) == len(proposals)
    return {proposal.code: proposal for proposal in proposals}


def record(code: ActionCode, assessment: ThreatAssessment, about: ResponseFacts | None = None) -> ActionRecord:
    """Return the freshly opened record of an action the assessment sets off."""
    return opened(plan(assessment, about)[code])


def shares_of(proposal: ActionProposal) -> dict[str, int]:
    assert isinstance(proposal.payload, OrdersWanted), proposal.blocked
    return {order.symbol: order.shares for order in proposal.payload.orders}


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)
