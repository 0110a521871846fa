"""The target portfolio: every trade earns more than it costs, and every limit holds.

Maximises sum a_i w_i - gamma / 2 sum s_i^2 w_i^2 - cost of trading, with a_i the expected excess and s_i the own
deviation over the horizon. With one-way costs each name has a band: below b = (a - buy cost - v) / (gamma s^2) it is
bought up to b, above (a + sell cost - v) / (gamma s^2) it is sold down to that, in between it is left alone
(Constantinides, Journal of Political Economy 94, 1986, for the shape). v is the price of the sector's and the
portfolio's room, found by bisection: the exact optimum, since the limits are nested. Correlations beyond the sector
limit are not modelled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from daybook.advice.errors import AdviceError
from daybook.contracts.factors import TargetCode, TargetPortfolio, TargetRow

_BISECTIONS = 60

_FEES_RESERVE = 1.01
"""Fees are set aside before the room is shared out; making room for them causes some fees more."""


@dataclass(frozen=True, slots=True)
class TargetAsset:
    """One stock: what is expected of it over the horizon, before cost, and what holding and trading it takes.

    ``has_evidence`` False: neither bought nor sold, unless a limit demands a sale.
    """

    symbol: str
    sector: str
    expected_excess_ratio: float
    deviation: float
    buy_cost_ratio: float
    sell_cost_ratio: float
    average_turnover_krw: int
    current_krw: int = 0
    has_evidence: bool = True


@dataclass(frozen=True, slots=True)
class TargetLimits:
    """Limits as shares of equity; liquidity as a share of the average daily turnover over some sessions."""

    max_position_ratio: float = 0.15
    max_sector_ratio: float = 0.35
    min_cash_ratio: float = 0.05
    max_names: int = 20
    participation_ratio: float = 0.10
    exit_sessions: int = 1
    risk_aversion: float = 10.0


@dataclass(frozen=True, slots=True)
class _Bounds:
    asset: TargetAsset
    current: float
    low: float
    high: float

    def weight(self, price: float, risk_aversion: float) -> float:
        """Return the best weight when room costs ``price``."""
        asset = self.asset
        curvature = risk_aversion * asset.deviation**2
        if asset.has_evidence:
            buy_to = (asset.expected_excess_ratio - asset.buy_cost_ratio - price) / curvature
            sell_to = (asset.expected_excess_ratio + asset.sell_cost_ratio - price) / curvature
            wanted = min(max(self.current, buy_to), sell_to)
        else:
            wanted = self.current - max(0.0, price - asset.sell_cost_ratio) / curvature
        return min(max(wanted, self.low), self.high)


def target_portfolio(assets: Sequence[TargetAsset], equity_krw: int, limits: TargetLimits) -> TargetPortfolio:
    """Return the target of every asset, in the order given.

    A position above its limit is sold down as far as one day's liquidity allows. Raises ``AdviceError`` for an equity
    that is not positive, an asset named twice, or a deviation that is not positive.
    """
    if equity_krw <= 0:
        raise AdviceError(f"equity_krw must be above 0, not {equity_krw}")
    if len({asset.symbol for asset in assets}) < len(assets):
        raise AdviceError("an asset is named twice")
    bounds = [_bounds(asset, equity_krw, limits) for asset in assets]
    surplus = _beyond_names(bounds, _solve(bounds, limits, 0.0), limits)
    kept = [replace(row, high=row.low) if row.asset.symbol in surplus else row for row in bounds]
    weights = _solve(kept, limits, 0.0)
    weights = _solve(kept, limits, _FEES_RESERVE * _fees(kept, weights))
    full = _full_sectors(kept, weights, limits)
    rows = tuple(
        _row(row, weight, equity_krw, _code(row, weight, limits, surplus, full))
        for row, weight in zip(bounds, weights, strict=True)
    )
    cost_krw = sum(row.cost_krw for row in rows)
    return TargetPortfolio(
        equity_krw=equity_krw,
        rows=rows,
        cash_krw=equity_krw - sum(row.target_krw for row in rows) - cost_krw,
        cost_krw=cost_krw,
        turnover_ratio=sum(abs(row.trade_krw) for row in rows) / equity_krw,
        capacity_krw=_capacity(assets, rows, equity_krw, limits),
    )


def _bounds(asset: TargetAsset, equity_krw: int, limits: TargetLimits) -> _Bounds:
    if not asset.deviation > 0:
        raise AdviceError(f"the deviation of {asset.symbol} must be above 0, not {asset.deviation:g}")
    current = asset.current_krw / equity_krw
    tradable = _tradable_krw(asset, limits) / equity_krw
    low = max(0.0, current - tradable)
    return _Bounds(asset, current, low, max(low, min(limits.max_position_ratio, current + tradable)))


def _tradable_krw(asset: TargetAsset, limits: TargetLimits) -> float:
    return asset.average_turnover_krw * limits.participation_ratio * limits.exit_sessions


def _solve(bounds: list[_Bounds], limits: TargetLimits, fees: float) -> list[float]:
    """Return the weights with the lowest prices of room at which every sector and, with ``fees``, the whole fit."""
    top = 1.0 + max((abs(row.asset.expected_excess_ratio) for row in bounds), default=0.0)
    top += limits.risk_aversion * max((row.asset.deviation**2 for row in bounds), default=0.0)
    sectors: dict[str, list[int]] = {}
    for number, row in enumerate(bounds):
        sectors.setdefault(row.asset.sector or row.asset.symbol, []).append(number)

    def at(price: float) -> list[float]:
        weights = [0.0] * len(bounds)
        for members in sectors.values():

            def sector(extra: float, members: list[int] = members) -> list[float]:
                return [bounds[number].weight(price + extra, limits.risk_aversion) for number in members]

            for number, weight in zip(members, _priced(sector, limits.max_sector_ratio, top), strict=True):
                weights[number] = weight
        return weights

    return _priced(at, 1.0 - limits.min_cash_ratio - fees, top)


def _fees(bounds: list[_Bounds], weights: list[float]) -> float:
    """Return what trading to ``weights`` costs as a share of equity."""
    changes = [(row.asset, weight - row.current) for row, weight in zip(bounds, weights, strict=True)]
    return sum(
        abs(change) * (asset.buy_cost_ratio if change > 0 else asset.sell_cost_ratio) for asset, change in changes
    )


def _full_sectors(bounds: list[_Bounds], weights: list[float], limits: TargetLimits) -> frozenset[str]:
    totals: dict[str, float] = {}
    for row, weight in zip(bounds, weights, strict=True):
        totals[row.asset.sector] = totals.get(row.asset.sector, 0.0) + weight
    return frozenset(name for name, total in totals.items() if name and total >= limits.max_sector_ratio - 1e-6)


def _priced(weights_at: Callable[[float], list[float]], room: float, top: float) -> list[float]:
    """Return the weights at the lowest price at which they fit into ``room`` (at ``top`` if they never do)."""
    weights = weights_at(0.0)
    if sum(weights) <= room:
        return weights
    low, high = 0.0, top
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if sum(weights_at(middle)) > room:
            low = middle
        else:
            high = middle
    return weights_at(high)


def _beyond_names(bounds: list[_Bounds], weights: list[float], limits: TargetLimits) -> frozenset[str]:
    """Return the symbols left out because too many would be held: new ones of the smallest expected gain."""
    held = [row for row, weight in zip(bounds, weights, strict=True) if weight > 1e-9]
    surplus = len(held) - limits.max_names
    if surplus <= 0:
        return frozenset()
    gains = {
        row.asset.symbol: (row.asset.expected_excess_ratio - row.asset.buy_cost_ratio) * weight
        for row, weight in zip(bounds, weights, strict=True)
        if weight > 1e-9 and row.current <= 0
    }
    return frozenset(sorted(gains, key=lambda symbol: (gains[symbol], symbol))[:surplus])


def _row(row: _Bounds, weight: float, equity_krw: int, code: TargetCode) -> TargetRow:
    asset = row.asset
    target_krw = int(weight * equity_krw + 1e-6) if weight != row.current else asset.current_krw
    trade_krw = target_krw - asset.current_krw
    rate = asset.buy_cost_ratio if trade_krw > 0 else asset.sell_cost_ratio
    return TargetRow(
        symbol=asset.symbol,
        current_krw=asset.current_krw,
        target_krw=target_krw,
        trade_krw=trade_krw,
        target_weight=min(1.0, target_krw / equity_krw),
        expected_gain_krw=round(asset.expected_excess_ratio * trade_krw),
        cost_krw=round(rate * abs(trade_krw)),
        code=code,
    )


def _code(
    row: _Bounds, weight: float, limits: TargetLimits, surplus: frozenset[str], full: frozenset[str]
) -> TargetCode:
    if row.asset.symbol in surplus:
        return TargetCode.NAMES_LIMIT
    if weight < row.weight(0.0, limits.risk_aversion) - 1e-9:
        return TargetCode.SECTOR_LIMIT if row.asset.sector in full else TargetCode.BUDGET
    if weight == row.current:
        return TargetCode.HOLD_BAND if row.asset.has_evidence else TargetCode.NO_EVIDENCE
    if weight == row.low and 0 < weight < row.current:
        return TargetCode.LIQUIDITY_LIMIT
    if weight == row.high:
        at_position = row.high >= limits.max_position_ratio - 1e-12
        return TargetCode.POSITION_LIMIT if at_position else TargetCode.LIQUIDITY_LIMIT
    return TargetCode.BUY if weight > row.current else TargetCode.SELL


def _capacity(
    assets: Sequence[TargetAsset], rows: Sequence[TargetRow], equity_krw: int, limits: TargetLimits
) -> int | None:
    """Return the equity at which the first of these trades would reach its liquidity limit."""
    room = [
        _tradable_krw(asset, limits) * equity_krw / abs(row.trade_krw)
        for asset, row in zip(assets, rows, strict=True)
        if row.trade_krw
    ]
    return int(min(room)) if room else None
