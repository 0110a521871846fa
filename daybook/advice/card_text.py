"""The words of a card, in Korean and English; every number in them comes from the card."""

from daybook.contracts.factors import AdviceCard, CallChange, CallCode, ChangeKind, Driver, EvidenceCode, RatingCode

DRIVERS_SHOWN = 3

_CALLS = {
    CallCode.FAVOURABLE: ("긍정적", "favourable"),
    CallCode.UNFAVOURABLE: ("부정적", "unfavourable"),
    CallCode.INSUFFICIENT_EVIDENCE: ("근거 부족", "insufficient evidence"),
}
_EVIDENCE = {
    EvidenceCode.BELOW_COST: ("기대 초과수익이 거래비용보다 크지 않음", "the expected excess is not above the cost"),
    EvidenceCode.LOW_COVERAGE: ("확인된 요인이 적음", "few of the factors are known"),
    EvidenceCode.FEW_SYMBOLS: ("비교할 종목이 적음", "few symbols to compare with"),
    EvidenceCode.FAILED_VALIDATION: ("순위가 자체 검증을 통과하지 못함", "the ranking failed its own test"),
}


def card_text(card: AdviceCard, language: str = "ko") -> str:
    """Return the card as lines of text; ``language`` is ``ko`` or ``en``.

    Raises ``ValueError`` for another language.
    """
    if language not in ("ko", "en"):
        raise ValueError(f"language must be ko or en, not {language}")
    return "\n".join(_korean(card) if language == "ko" else _english(card))


def _korean(card: AdviceCard) -> list[str]:
    title = f"{card.name} ({card.symbol})" if card.name else card.symbol
    lines = [
        f"{title}: {_CALLS[card.call][0]}, {card.ranked_symbols}종목 중 {card.rank}위, {card.points:.1f}점"
        f" (뉴스 제외 {card.rank_without_news}위, LLM 제외 {card.rank_without_rating}위)",
        f"{card.horizon_sessions}거래일 기대 초과수익 {card.expected_excess_ratio:+.2%}"
        f" (80% 구간 {card.band_low_ratio:+.2%} ~ {card.band_high_ratio:+.2%}), 거래비용 {card.cost_ratio:.2%}",
    ]
    if card.evidence:
        lines.append("이유: " + ", ".join(_EVIDENCE[code][0] for code in card.evidence))
    lines.append("주요 요인: " + (", ".join(_driver(row, row.label_ko) for row in _top(card)) or "없음"))
    lines.append(
        f"뉴스 {card.news_points:+.1f}점, LLM {card.rating_points:+.1f}점{_rating(card)}, "
        f"비용 {card.cost_points:+.1f}점"
    )
    risk = "미산정" if card.risk_score is None else f"{card.risk_score:.0f}점"
    lines.append(
        f"위험 점수 {risk}, 연 변동성 {card.annual_volatility:.0%}, "
        f"유동성 한도 {card.liquidity_limit_krw:,}원 ({card.liquidity_limit_shares:,}주)"
    )
    if card.changes:
        lines.append("판단이 바뀌는 경우: " + "; ".join(_change_ko(change) for change in card.changes))
    news = "없음" if card.news_as_of is None else card.news_as_of.isoformat(timespec="minutes")
    lines.append(f"데이터: 시세 {card.prices_as_of} 종가, 뉴스 {news}, 요인 확보율 {card.coverage:.0%}")
    return lines


def _english(card: AdviceCard) -> list[str]:
    title = f"{card.name} ({card.symbol})" if card.name else card.symbol
    lines = [
        f"{title}: {_CALLS[card.call][1]}, rank {card.rank} of {card.ranked_symbols}, {card.points:.1f} points"
        f" (without news rank {card.rank_without_news}, without LLM rank {card.rank_without_rating})",
        f"expected excess over {card.horizon_sessions} sessions {card.expected_excess_ratio:+.2%}"
        f" (80% band {card.band_low_ratio:+.2%} to {card.band_high_ratio:+.2%}), cost {card.cost_ratio:.2%}",
    ]
    if card.evidence:
        lines.append("why: " + ", ".join(_EVIDENCE[code][1] for code in card.evidence))
    lines.append("main drivers: " + (", ".join(_driver(row, row.label_en) for row in _top(card)) or "none"))
    lines.append(
        f"news {card.news_points:+.1f} points, LLM {card.rating_points:+.1f} points{_rating(card)}, "
        f"cost {card.cost_points:+.1f} points"
    )
    risk = "not computed" if card.risk_score is None else f"{card.risk_score:.0f}"
    lines.append(
        f"risk score {risk}, volatility {card.annual_volatility:.0%} a year, "
        f"liquidity limit {card.liquidity_limit_krw:,} won ({card.liquidity_limit_shares:,} shares)"
    )
    if card.changes:
        lines.append("what would change the call: " + "; ".join(_change_en(change) for change in card.changes))
    news = "none" if card.news_as_of is None else card.news_as_of.isoformat(timespec="minutes")
    lines.append(f"data: closes of {card.prices_as_of}, news {news}, {card.coverage:.0%} of the evidence known")
    return lines


def _top(card: AdviceCard) -> tuple[Driver, ...]:
    return card.drivers[:DRIVERS_SHOWN]


def _driver(row: Driver, label: str) -> str:
    place = "" if row.percentile is None else f" ({row.percentile:.0%})"
    return f"{label}{place} {row.points:+.1f}"


def _rating(card: AdviceCard) -> str:
    if card.rating is None or card.rating.code is RatingCode.USED:
        return ""
    return f" [{card.rating.code}]"


def _change_ko(change: CallChange) -> str:
    match change.kind:
        case ChangeKind.DRIVER_FALLS:
            return f"{change.label_ko} 백분위가 {change.value:.0%}까지 하락"
        case ChangeKind.DRIVER_RISES:
            return f"{change.label_ko} 백분위가 {change.value:.0%}까지 상승"
        case ChangeKind.COST_FALLS:
            return f"거래비용이 {change.value:.2%} 미만"
        case ChangeKind.MORE_HISTORY:
            return f"{change.label_ko}에 필요한 이력 {change.value:.0f}거래일"
        case _:
            return f"요인 합계가 {change.value:+.1f}점 변화"


def _change_en(change: CallChange) -> str:
    match change.kind:
        case ChangeKind.DRIVER_FALLS:
            return f"{change.label_en} falls to the {change.value:.0%} place"
        case ChangeKind.DRIVER_RISES:
            return f"{change.label_en} rises to the {change.value:.0%} place"
        case ChangeKind.COST_FALLS:
            return f"the cost falls below {change.value:.2%}"
        case ChangeKind.MORE_HISTORY:
            return f"{change.value:.0f} sessions of history, for {change.label_en}"
        case _:
            return f"the factors move by {change.value:+.1f} points"
