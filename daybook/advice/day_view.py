"""One day's view of a universe: who can be ranked, the model of the day, and what each symbol is expected to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from daybook.advice.assessment import Expectation
from daybook.advice.costs import Listings, TradingCosts
from daybook.advice.factor_model import FactorModel, fit_model
from daybook.advice.features.price import excess_deviation
from daybook.advice.momentum import MomentumAdvisor
from daybook.advice.panel import Panel
from daybook.advice.panel_build import Membership, build_panel
from daybook.contracts.advice import Abstention, AbstentionCode, Recommendation
from daybook.contracts.factors import EvidenceCode, FactorSettings, FundamentalFact, ModelEvidence
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar, InvestorFlow
from daybook.krx.fees import DEFAULT_COMMISSION_RATE

_MIN_DEVIATION = 0.005
"""Half a percent over a horizon: below it a stock does not move, and its cost in units of movement is no number."""


@dataclass(frozen=True, slots=True)
class FactorData:
    """What is known besides prices; all of it optional, all of it counted from when it was known."""

    flows: Sequence[InvestorFlow] = ()
    facts: Sequence[FundamentalFact] = ()
    sectors: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    listings: Listings = field(default_factory=dict)
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class DayView:
    """The panel of earlier sessions, its model (None: nothing can be ranked), plain facts by symbol, expectations.

    ``base`` holds what does not depend on factors (last close, volatility, turnover, the return of the window).
    """

    panel: Panel
    model: FactorModel | None
    base: Mapping[str, Recommendation]
    expectations: list[Expectation]
    abstentions: tuple[Abstention, ...]
    evidence: ModelEvidence


def view_day(
    history: Mapping[str, Sequence[DailyBar]],
    strategy: StrategySettings,
    day: date,
    settings: FactorSettings,
    data: FactorData,
    commission_rate: Decimal = DEFAULT_COMMISSION_RATE,
) -> DayView:
    """Return the view of ``day`` from what was known before it; never raises on bad bars, it abstains from them."""
    plain = MomentumAdvisor().rank(history, strategy, day)
    base = {row.symbol: row for row in plain.ranked}
    panel = build_panel(
        history,
        before=day,
        flows=[row for row in data.flows if row.day < day],
        facts=[row for row in data.facts if row.filed_on < day],
        sectors=data.sectors,
        membership=data.membership,
    )
    usable = np.array([symbol in base for symbol in panel.symbols], dtype=np.bool_)
    if not usable.any():
        nothing = ModelEvidence(
            sessions=len(panel.days), symbols=0, labelled_sessions=0, effective_rows=0.0, fitted_share=0.0
        )
        return DayView(panel, None, base, [], plain.abstentions, nothing)
    panel.member[-1] &= usable
    model = fit_model(panel, settings)
    costs = TradingCosts(commission_rate, settings.slippage_ratio, data.listings)
    rows, refused = _expectations(panel, model, base, settings, costs, day)
    return DayView(panel, model, base, rows, (*plain.abstentions, *refused), model.evidence)


def _expectations(
    panel: Panel,
    model: FactorModel,
    base: Mapping[str, Recommendation],
    settings: FactorSettings,
    costs: TradingCosts,
    day: date,
) -> tuple[list[Expectation], list[Abstention]]:
    deviations = excess_deviation(panel)[-1] * settings.horizon_sessions**0.5
    sells = costs.sell_ratios([day], panel.symbols)[0]
    few = int(panel.member[-1].sum()) < settings.min_symbols
    rows: list[Expectation] = []
    refused: list[Abstention] = []
    for column, symbol in enumerate(panel.symbols):
        if symbol not in base:
            continue
        deviation = float(deviations[column])
        if not panel.member[-1, column]:
            text = "no member of the universe on the last session"
            refused.append(Abstention(symbol=symbol, code=AbstentionCode.EXCLUDED, text=text))
            continue
        if not deviation >= _MIN_DEVIATION:
            flat = np.isfinite(deviation)
            text = "the price hardly differs from the market" if flat else "too few varying returns for a volatility"
            code = AbstentionCode.FLAT_PRICES if flat else AbstentionCode.SHORT_HISTORY
            refused.append(Abstention(symbol=symbol, code=code, text=text))
            continue
        doubts = {
            EvidenceCode.FEW_SYMBOLS: few,
            EvidenceCode.LOW_COVERAGE: bool(model.coverage[column] < settings.min_coverage),
            EvidenceCode.FAILED_VALIDATION: model.has_failed,
        }
        rows.append(
            Expectation(
                symbol=symbol,
                edge=float(model.edges[column]),
                edge_error=float(model.edge_errors[column]),
                deviation=deviation,
                buy_cost_ratio=float(sells[column]) + costs.buy_ratio,
                sell_cost_ratio=float(sells[column]),
                coverage=float(model.coverage[column]),
                doubts=tuple(code for code, is_so in doubts.items() if is_so),
            )
        )
    return rows, refused
