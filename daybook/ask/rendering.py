"""A tool's value as text a person reads: names carry their units, so one renderer serves every tool."""

from collections.abc import Iterable, Mapping
from typing import Any

MOST_ROWS = 6
MOST_LINES = 24
_LONGEST_TEXT = 160
_UNITS: Mapping[str, tuple[str, str]] = {"_krw": ("원", " KRW"), "_shares": ("주", " shares"), "_usd": (" USD", " USD")}
_LABELS = {
    "price": "현재가",
    "last price": "현재가",
    "change": "등락",
    "open": "시가",
    "high": "고가",
    "low": "저가",
    "close": "종가",
    "volume": "거래량",
    "turnover": "거래대금",
    "previous close": "전일 종가",
    "base price": "기준가",
    "symbol": "종목코드",
    "name": "종목",
    "market": "시장",
    "sector": "업종",
    "cash": "현금",
    "orderable cash": "주문가능현금",
    "equity": "총자산",
    "positions": "보유종목",
    "average price": "평균단가",
    "value": "평가금액",
    "profit": "평가손익",
    "unrealised pnl": "평가손익",
    "realised pnl": "실현손익",
    "side": "구분",
    "shares": "수량",
    "amount": "금액",
    "title": "제목",
    "publisher": "출처",
    "published at": "시각",
    "sentiment": "감성",
    "day": "날짜",
    "date": "날짜",
    "fills": "체결",
    "orders": "주문",
    "limit price": "지정가",
    "filled shares": "체결수량",
    "total return": "수익률",
    "annual return": "연수익률",
    "max drawdown": "최대낙폭",
    "win rate": "승률",
    "trades": "거래수",
    "volatility": "변동성",
    "annual volatility": "연변동성",
    "revenue": "매출",
    "operating profit": "영업이익",
    "net income": "순이익",
    "per": "PER",
    "pbr": "PBR",
    "eps": "EPS",
    "bps": "BPS",
    "roe": "ROE",
    "roa": "ROA",
    "buy": "매수",
    "sell": "매도",
}
_TITLES = ("title", "name", "symbol", "label", "indicator", "event", "account_name", "concept", "day", "date")


def render_value(value: Any, language: str) -> str:
    """Return a JSON value as lines of text, at most ``MOST_LINES``; empty for an empty value."""
    lines = list(_lines(value, language, 0))
    if len(lines) > MOST_LINES:
        more = f"… 외 {len(lines) - MOST_LINES}줄" if language == "ko" else f"… {len(lines) - MOST_LINES} more lines"
        lines = [*lines[:MOST_LINES], more]
    return "\n".join(lines)


def _lines(value: Any, language: str, depth: int) -> Iterable[str]:
    indent = "  " * depth
    if isinstance(value, Mapping):
        scalars = {key: inner for key, inner in value.items() if _is_scalar(inner) and inner not in (None, "")}
        if scalars:
            yield indent + _sentence(scalars, language)
        for key, inner in value.items():
            if _is_scalar(inner) or not inner:
                continue
            if isinstance(inner, list) and all(_is_scalar(item) for item in inner):
                shown = ", ".join(_scalar("", item, language) for item in inner[:MOST_ROWS])
                yield f"{indent}{_label(key, language)}: {shown}"
            else:
                yield f"{indent}{_label(key, language)}:"
                yield from _lines(inner, language, depth + 1)
    elif isinstance(value, list):
        for item in value[:MOST_ROWS]:
            if isinstance(item, Mapping):
                yield f"{indent}- {_sentence(item, language)}"
            else:
                yield f"{indent}- {_scalar('', item, language)}"
        if len(value) > MOST_ROWS:
            rest = len(value) - MOST_ROWS
            yield f"{indent}… 외 {rest}건" if language == "ko" else f"{indent}… {rest} more"
    elif value is not None:
        yield indent + _scalar("", value, language)


def _sentence(row: Mapping[str, Any], language: str) -> str:
    title = next((key for key in _TITLES if isinstance(row.get(key), str) and row[key]), None)
    parts = [_clip(str(row[title]))] if title else []
    for key, value in row.items():
        if key == title or not _is_scalar(value) or value in (None, "") or key.endswith(("url", "_id", "digest")):
            continue
        parts.append(f"{_label(key, language)} {_scalar(key, value, language)}")
    return " · ".join(parts)


def _label(key: str, language: str) -> str:
    stem = key
    for suffix in (*_UNITS, "_ratio", "_percent", "_points"):
        stem = stem.removesuffix(suffix)
    words = stem.replace("_", " ")
    return _LABELS.get(words, words) if language == "ko" else words


def _scalar(key: str, value: Any, language: str) -> str:
    if isinstance(value, bool):
        return ("예" if value else "아니오") if language == "ko" else ("yes" if value else "no")
    if isinstance(value, int | float):
        if key.endswith("_ratio"):
            return f"{value:+.2%}" if "return" in key or "change" in key else f"{value:.2%}"
        if key.endswith("_percent"):
            return f"{value:.2f} %"
        number = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        unit = next((units[language != "ko"] for suffix, units in _UNITS.items() if key.endswith(suffix)), "")
        return number + unit
    text = _clip(str(value))
    return _LABELS.get(text, text) if language == "ko" and text in ("buy", "sell") else text


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
