"""A tool's value as text a person reads: names carry their units, so one renderer serves every tool."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from daybook.contracts.base import KST

MOST_ROWS = 6
MOST_LINES = 24
_FEW_FACTS = 4
_LONGEST_TEXT = 160
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
_UNITS: Mapping[str, tuple[str, str]] = {"_krw": ("원", " KRW"), "_shares": ("주", " shares"), "_usd": (" USD", " USD")}
_LABELS = {
    "price": "현재가",
    "last price": "현재가",
    "change": "등락",
    "open": "시가",
    "high": "고가",
    "low": "저가",
    "close": "종가",
    "upper limit": "상한가",
    "lower limit": "하한가",
    "ask": "매도호가",
    "bid": "매수호가",
    "observed at": "기준",
    "as of": "기준",
    "unrealised profit": "평가손익",
    "realised today": "오늘 실현손익",
    "position value": "보유 평가액",
    "is halted": "거래정지",
    "vi active": "VI 발동",
    "passage": "내용",
    "copies": "같은 기사",
    "notional": "주문금액",
    "commission": "수수료",
    "tax": "세금",
    "cash change": "예상 현금 변동",
    "kind": "주문유형",
    "price rule": "가격 기준",
    "total": "합계",
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


NameOf = Callable[[str, str], str]
"""Gives the name of a symbol in a language; the symbol itself when it is not known."""


def render_value(value: Any, language: str, name_of: NameOf | None = None) -> str:
    """Return a JSON value as lines of text, at most ``MOST_LINES``; empty for an empty value."""
    lines = list(_Renderer(language, name_of).lines(value, 0))
    if len(lines) > MOST_LINES:
        more = f"… 외 {len(lines) - MOST_LINES}줄" if language == "ko" else f"… {len(lines) - MOST_LINES} more lines"
        lines = [*lines[:MOST_LINES], more]
    return "\n".join(lines)


class _Renderer:
    def __init__(self, language: str, name_of: NameOf | None) -> None:
        self._language = language
        self._name_of = name_of

    def lines(self, value: Any, depth: int) -> Iterable[str]:
        indent = "  " * depth
        if isinstance(value, Mapping):
            yield from self._facts(value, indent)
            for key, inner in value.items():
                if _is_scalar(inner) or not inner:
                    continue
                label = _label(key, self._language)
                if isinstance(inner, list) and all(_is_scalar(item) for item in inner):
                    yield f"{indent}{label}: {', '.join(self._scalar('', item) for item in inner[:MOST_ROWS])}"
                else:
                    yield f"{indent}{label}:"
                    yield from self.lines(inner, depth + 1)
        elif isinstance(value, list):
            for item in value[:MOST_ROWS]:
                shown = self._sentence(item) if isinstance(item, Mapping) else self._scalar("", item)
                yield f"{indent}- {shown}"
            if len(value) > MOST_ROWS:
                rest = len(value) - MOST_ROWS
                yield f"{indent}… 외 {rest}건" if self._language == "ko" else f"{indent}… {rest} more"
        elif value is not None:
            yield indent + self._scalar("", value)

    def _facts(self, row: Mapping[str, Any], indent: str) -> Iterable[str]:
        """One fact a line, under the title; few facts stand in one line."""
        title, parts = self._parts(row)
        if len(parts) <= _FEW_FACTS:
            line = " · ".join((*([title] if title else []), *parts))
            if line:
                yield indent + line
            return
        if title:
            yield indent + title
        for part in parts:
            yield f"{indent}  {part}"

    def _sentence(self, row: Mapping[str, Any]) -> str:
        title, parts = self._parts(row)
        return " · ".join((*([title] if title else []), *parts))

    def _parts(self, row: Mapping[str, Any]) -> tuple[str, list[str]]:
        title = next((key for key in _TITLES if isinstance(row.get(key), str) and row[key]), None)
        named = {title, "symbol"} if title == "name" else {title}
        parts = [
            f"{_label(key, self._language)} {self._scalar(key, value)}"
            for key, value in row.items()
            if key not in named and _is_told(key, value)
        ]
        return self._title(row, title), parts

    def _title(self, row: Mapping[str, Any], title: str | None) -> str:
        if title is None:
            return ""
        text, symbol = _clip(str(row[title])), row.get("symbol")
        if title == "symbol" and self._name_of is not None:
            name = self._name_of(text, self._language)
            return f"{name} ({text})" if name != text else text
        return f"{text} ({symbol})" if title == "name" and isinstance(symbol, str) else text

    def _scalar(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            return ("예" if value else "아니오") if self._language == "ko" else ("yes" if value else "no")
        if isinstance(value, int | float):
            return self._number(key, value)
        text = str(value)
        if _MOMENT.fullmatch(text):
            return f"{datetime.fromisoformat(text).astimezone(KST):%Y-%m-%d %H:%M}"
        return _LABELS.get(text, _clip(text)) if self._language == "ko" and text in ("buy", "sell") else _clip(text)

    def _number(self, key: str, value: float) -> str:
        signed = "+" if any(word in key for word in ("change", "return", "profit", "pnl")) else ""
        if key.endswith("_ratio"):
            return f"{value:{signed}.2%}"
        if key.endswith("_percent"):
            return f"{value:{signed}.2f} %"
        if isinstance(value, int):
            number = f"{value:{signed},}"
        else:
            number = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        unit = next((units[self._language != "ko"] for suffix, units in _UNITS.items() if key.endswith(suffix)), "")
        return number + unit


def _is_told(key: str, value: Any) -> bool:
    """Whether a fact is worth a line: not an address or a digest, nothing empty, no flag that is not set."""
    if not _is_scalar(value) or value is None or value == "" or value is False:
        return False
    return not (key.endswith(("url", "_id", "digest")) or (key == "warning_level" and value == 0))


def _label(key: str, language: str) -> str:
    stem = key
    for suffix in (*_UNITS, "_ratio", "_percent", "_points"):
        stem = stem.removesuffix(suffix)
    words = stem.replace("_", " ")
    return _LABELS.get(words, words) if language == "ko" else words


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
