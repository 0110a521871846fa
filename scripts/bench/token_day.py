"""A day of requests, drawn from stated shares with a seed: what is asked, when, and which tools an answer needs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

UTTERANCES = Path(__file__).parents[1] / "router_data" / "dev.jsonl"

INTENT_SHARES = {
    "trading_execution": 0.30,
    "market_research": 0.25,
    "news_analysis": 0.20,
    "general_query": 0.15,
    "strategy_generation": 0.10,
}
PLAIN_SHARES = {"trading_execution": 0.65, "market_research": 0.30, "general_query": 0.50}
"""Of an intent's requests, those in a plain form: 34.5 % of all. The others are hand-written utterances."""
KOREAN_SHARE = 0.8

NAMES = {
    "ko": ("삼성전자", "SK하이닉스", "네이버", "카카오", "현대차", "LG화학", "셀트리온", "기아"),
    "en": ("Samsung Electronics", "SK hynix", "NAVER", "Kakao", "Hyundai Motor", "LG Chem", "Celltrion", "Kia"),
}
BALANCE, FILLS, OPEN, QUOTE, ORDER = "account_balance", "todays_fills", "open_orders", "quote", "prepare_order"
PLAIN = {
    ("trading_execution", "ko"): (
        ("잔고 보여줘", (BALANCE,)),
        ("내 계좌 잔고 알려줘", (BALANCE,)),
        ("오늘 체결 내역 보여줘", (FILLS,)),
        ("미체결 주문 보여줘", (OPEN,)),
        ("{name} {shares}주 {price}원에 지정가 매수", (ORDER,)),
        ("{name} {shares}주 시장가 매도해줘", (ORDER,)),
    ),
    ("trading_execution", "en"): (
        ("show my balance", (BALANCE,)),
        ("show today's fills", (FILLS,)),
        ("show open orders", (OPEN,)),
        ("buy {shares} shares of {name} at {price} won", (ORDER,)),
        ("sell {shares} shares of {name} at market", (ORDER,)),
    ),
    ("market_research", "ko"): (("{name} 현재가 얼마야", (QUOTE,)), ("{name} 주가 알려줘", (QUOTE,))),
    ("market_research", "en"): (("what is the price of {name}", (QUOTE,)), ("{name} quote", (QUOTE,))),
    ("general_query", "ko"): (
        ("안녕하세요", ()),
        ("고마워", ()),
        ("도움말", ()),
        ("PER이 뭐야?", ()),
        ("공매도가 뭐야?", ()),
        ("배당수익률이 뭐야", ()),
    ),
    ("general_query", "en"): (
        ("hello", ()),
        ("thanks", ()),
        ("help", ()),
        ("what is PER?", ()),
        ("what is a limit order?", ()),
    ),
}
NEEDS = {
    "trading_execution": (BALANCE,),
    "market_research": (QUOTE, "financial_ratios"),
    "news_analysis": ("search_news",),
    "strategy_generation": ("backtest_strategy",),
    "general_query": (),
}
"""Tools an answer to a hand-written utterance needs; one that asks for an order needs a quote and the order tool."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; ``at_s`` is seconds since the day's first moment."""

    number: int
    at_s: float
    text: str
    language: str
    intent: str
    needs: tuple[str, ...]
    is_plain: bool


def requests_of_a_day(count: int, hours: float, seed: int, plain_factor: float = 1.0) -> list[Asked]:
    """Return ``count`` requests with Poisson arrivals over ``hours``; ``plain_factor`` scales the plain shares."""
    dice = Random(seed)
    times = sorted(dice.uniform(0, hours * 3_600) for _ in range(count))
    utterances = [json.loads(line) for line in UTTERANCES.read_text("utf-8").splitlines() if line.strip()]
    return [_one(number, at_s, dice, utterances, plain_factor) for number, at_s in enumerate(times)]


def _one(number: int, at_s: float, dice: Random, utterances: Sequence[dict[str, object]], factor: float) -> Asked:
    (intent,) = dice.choices(list(INTENT_SHARES), list(INTENT_SHARES.values()))
    language = "ko" if dice.random() < KOREAN_SHARE else "en"
    if dice.random() < min(PLAIN_SHARES.get(intent, 0.0) * factor, 1.0):
        form, needs = dice.choice(PLAIN[intent, language])
        price = f"{dice.randrange(50_000, 90_000, 100):,}"
        text = form.format(name=dice.choice(NAMES[language]), shares=dice.randrange(1, 50), price=price)
        return Asked(number, at_s, text, language, intent, needs, is_plain=True)
    row = dice.choice([row for row in utterances if row["intent"] == intent and row["lang"] == language])
    needs = (QUOTE, ORDER) if row["asks_order"] else NEEDS[intent]
    return Asked(number, at_s, str(row["text"]), language, intent, needs, is_plain=False)
