"""The words of a summary, in both languages."""

WORDS: dict[str, dict[str, str]] = {
    "ko": {
        "task": (
            "Summarise the news for a Korean individual investor in Korean, in at most five sentences of plain text. "
            "Use only numbers that stand in FACTS or in a headline, exactly as they stand there. Name the source's "
            "claim as a claim. No advice to buy or sell, no addresses, no markup, no lists."
        ),
        "label": "[규칙 기반 요약]",
        "nothing": "최근 {days}일 동안 해당하는 기사가 없습니다.",
        "market": "최근 {days}일 기사 {articles}건(중복 제외 {stories}건)의 전체 분위기는 {tone}({score:+.2f})입니다.",
        "symbols": "종목별: {rows}.",
        "symbol": "{name} {tone} {score:+.2f}({stories}건)",
        "threats": "주의 신호: {rows}.",
        "good": "긍정적",
        "bad": "부정적",
        "mixed": "중립",
        "market_crash": "시장 급락",
        "volatility": "변동성 확대",
        "sector_shock": "업종 충격",
        "geopolitics": "지정학 위험",
        "exchange_outage": "거래소 장애",
        "holding_breach": "보유 기업 침해 사고",
        "account_takeover": "계좌 탈취",
        "broker_outage": "증권사 장애",
        "liquidity_freeze": "유동성 경색",
    },
    "en": {
        "task": (
            "Summarise the news for an individual investor in Korean stocks in English, in at most five sentences of "
            "plain text. Use only numbers that stand in FACTS or in a headline, exactly as they stand there. Name the "
            "source's claim as a claim. No advice to buy or sell, no addresses, no markup, no lists."
        ),
        "label": "[rule-based summary]",
        "nothing": "No matching article in the last {days} days.",
        "market": "{articles} articles ({stories} stories) of the last {days} days read {tone} ({score:+.2f}).",
        "symbols": "By symbol: {rows}.",
        "symbol": "{name} {tone} {score:+.2f} ({stories} stories)",
        "threats": "Warnings: {rows}.",
        "good": "positive",
        "bad": "negative",
        "mixed": "neutral",
        "market_crash": "market crash",
        "volatility": "volatility",
        "sector_shock": "sector shock",
        "geopolitics": "geopolitics",
        "exchange_outage": "exchange outage",
        "holding_breach": "breach at a company",
        "account_takeover": "account takeover",
        "broker_outage": "broker outage",
        "liquidity_freeze": "liquidity freeze",
    },
}
