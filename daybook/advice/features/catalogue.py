"""The features a ranking is made of, and what is assumed of each before anything is fitted.

A sign is assumed only where a study of Korea, or of many emerging or developed markets, found it. Plain twelve-month
momentum, the year's high, turnover shocks and investor flows carry no assumption in Korea: they count as far as they
have been fitted, and no further.
"""

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.features import filings, price, trading
from daybook.advice.features.feature import Evidence, Feature
from daybook.advice.panel import Panel
from daybook.advice.ranks import rank_rows

PRICE_FEATURES: tuple[Feature, ...] = (
    Feature(
        "momentum_12_7",
        "12-7개월 모멘텀",
        "12-7 month momentum",
        price.YEAR + 1,
        price.momentum_12_7,
        1,
        Evidence.KOREA,
        "Novy-Marx 2012 (JFE 103); positive in Korea 1999-2015 (ARFR 30(3))",
    ),
    Feature(
        "momentum_12_1",
        "12-1개월 모멘텀",
        "12-1 month momentum",
        price.YEAR + 1,
        price.momentum_12_1,
        source="Jegadeesh and Titman 1993; weak in Korea (EMFT 2022), nothing assumed",
    ),
    Feature(
        "reversal_5",
        "5일 반전",
        "5-day reversal",
        price.WEEK + 1,
        price.reversal_5,
        source="Lehmann 1990; shorter than the horizon, nothing assumed",
    ),
    Feature(
        "reversal_20",
        "20일 반전",
        "20-day reversal",
        21,
        price.reversal_20,
        1,
        Evidence.ABROAD,
        "Jegadeesh 1990 (Journal of Finance 45)",
    ),
    Feature(
        "low_volatility",
        "저변동성",
        "low volatility",
        price.MIN_VOLATILITY_SESSIONS + 1,
        price.low_volatility,
        1,
        Evidence.ABROAD,
        "Blitz, Pang and van Vliet 2013 (Emerging Markets Review 16), Korea among the markets",
    ),
    Feature(
        "year_high",
        "52주 신고가 근접도",
        "closeness to the 52-week high",
        price.YEAR,
        price.year_high,
        source="George and Hwang 2004; follows momentum, nothing assumed",
    ),
    Feature(
        "illiquidity",
        "비유동성(Amihud)",
        "illiquidity (Amihud)",
        trading.MONTH_SESSIONS,
        trading.illiquidity,
        source="Amihud 2002; a premium that trading it uses up, nothing assumed",
    ),
    Feature(
        "turnover_shock",
        "거래대금 급변",
        "turnover shock",
        trading.MONTH_SESSIONS,
        trading.turnover_shock,
        source="Gervais, Kaniel and Mingelgrin 2001; nothing assumed",
    ),
)

FLOW_FEATURES: tuple[Feature, ...] = (
    Feature(
        "foreign_buying",
        "외국인 순매수",
        "foreigners' net buying",
        trading.MONTH_SESSIONS // 2,
        trading.foreign_buying,
        source="nothing assumed",
        needs="flows",
    ),
    Feature(
        "institution_buying",
        "기관 순매수",
        "institutions' net buying",
        trading.MONTH_SESSIONS // 2,
        trading.institution_buying,
        source="nothing assumed",
        needs="flows",
    ),
)

FILING_FEATURES: tuple[Feature, ...] = (
    Feature(
        "book_to_price",
        "장부가/시가",
        "book to price",
        1,
        filings.book_to_price,
        1,
        Evidence.ABROAD,
        "Fama and French 1992; emerging markets: Cakici, Fabozzi and Tan 2013 (Emerging Markets Review 16)",
        "book_equity+shares",
    ),
    Feature(
        "earnings_yield",
        "이익수익률",
        "earnings yield",
        1,
        filings.earnings_yield,
        source="Basu 1977; close to book to price, nothing assumed",
        needs="net_income+shares",
    ),
    Feature(
        "gross_profitability",
        "총이익/자산",
        "gross profitability",
        1,
        filings.gross_profitability,
        1,
        Evidence.ABROAD,
        "Novy-Marx 2013 (JFE 108)",
        "gross_profit+total_assets",
    ),
)

FEATURES: tuple[Feature, ...] = PRICE_FEATURES + FLOW_FEATURES + FILING_FEATURES


def signal_feature(name: str, label_ko: str = "", label_en: str = "") -> Feature:
    """Return the feature that is one of the panel's own signals; nothing is assumed of it."""

    def compute(panel: Panel) -> FloatArray:
        return panel.signals[name]

    return Feature(name, label_ko or name, label_en or name, 1, compute, needs=name)


def available(panel: Panel, features: tuple[Feature, ...] = FEATURES) -> tuple[Feature, ...]:
    """Return the features whose data the panel has."""
    return tuple(feature for feature in features if feature.is_available(panel))


def raw_values(panel: Panel, features: tuple[Feature, ...]) -> FloatArray:
    """Return raw values, features x sessions x symbols; nan where a symbol is no member or lacks history."""
    if not features:
        return np.empty((0, *panel.shape))
    return np.stack([np.where(panel.member, feature.compute(panel), np.nan) for feature in features])


def ranked_values(raw: FloatArray, panel: Panel) -> FloatArray:
    """Return raw values as ranks of unit variance, sessions x symbols x features; missing ones are neutral (0)."""
    if not len(raw):
        return np.empty((*panel.shape, 0))
    return np.stack([rank_rows(values, panel.member) for values in raw], axis=2)
