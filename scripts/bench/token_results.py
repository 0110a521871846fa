"""Results of tools in the sizes they have in use: rows of the tools' own fields, drawn with a seed."""

from random import Random
from typing import Any

_HEADLINE = "{name}, 3분기 영업이익 시장 전망 웃돌아… 외국인 {n}거래일 연속 순매수"
_SUMMARY = (
    "{name}가 고대역폭메모리 수요 회복에 힘입어 3분기 영업이익이 시장 전망치를 웃돌았다고 밝혔다. "
    "증권가는 내년 실적 전망을 상향하면서도 환율과 미국 관세 정책을 변수로 꼽았다. 외국인은 {n}거래일 연속 순매수했다."
)


def arguments_for(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return arguments a model would fill in: every required one."""
    samples: dict[str, Any] = {"integer": 10, "number": 1.5, "boolean": True, "array": ["005930"], "object": {}}
    return {
        name: parameters["properties"].get(name, {}).get("enum", [samples.get(_type(parameters, name), "005930")])[0]
        for name in parameters.get("required", ())
    }


def result_of(tool: str, dice: Random) -> Any:
    """Return a result of a tool."""
    n = dice.randrange(2, 9)
    if tool == "search_news":
        return [
            {
                "title": _HEADLINE.format(name="삼성전자", n=n + row),
                "summary": _SUMMARY.format(name="삼성전자", n=n + row),
                "publisher": "한국경제",
                "published_at": f"2026-11-23T0{row}:12:00+09:00",
                "url": f"https://news.example.co.kr/article/2026112300{row}{dice.randrange(10**6):06d}",
            }
            for row in range(8)
        ]
    if tool == "quote":
        return {name: dice.randrange(50_000, 90_000) for name in _QUOTE} | {"symbol": "005930", "status": "normal"}
    if tool == "financial_ratios":
        return [
            {"ratio": name, "value": round(dice.uniform(0.1, 60), 2), "basis": "2026-09-30 consolidated, annualised"}
            for name in ("per", "pbr", "roe", "roa", "eps", "bps", "debt ratio", "current ratio", "operating margin")
        ]
    if tool in {"account_balance", "todays_fills", "open_orders"}:
        rows = [{name: dice.randrange(10, 9_000_000) for name in _POSITION} | {"symbol": "005930"} for _ in range(6)]
        return {"cash_krw": 12_345_678, "orderable_cash_krw": 11_000_000, "equity_krw": 54_321_000, "positions": rows}
    if tool == "backtest_strategy":
        figures = {name: round(dice.uniform(-0.4, 0.9), 4) for name in _FIGURES}
        return figures | {"trades": 42, "equity_krw": [dice.randrange(10**7, 2 * 10**7) for _ in range(60)]}
    return {"status": "draft", "symbol": "005930", "side": "buy", "shares": 10, "limit_price_krw": 71_900}


_QUOTE = (
    "price_krw",
    "change_krw",
    "open_krw",
    "high_krw",
    "low_krw",
    "base_price_krw",
    "upper_limit_krw",
    "lower_limit_krw",
    "best_ask_krw",
    "best_bid_krw",
    "volume_shares",
)
_POSITION = ("shares", "average_price_krw", "price_krw", "value_krw", "unrealised_pnl_krw", "sellable_shares")
_FIGURES = ("total_return", "annual_return", "annual_volatility", "max_drawdown", "win_rate", "sharpe", "turnover")


def _type(parameters: dict[str, Any], name: str) -> str:
    return str(parameters["properties"].get(name, {}).get("type", "string"))
