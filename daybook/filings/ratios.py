"""Financial ratios by code, each with its formula and, where it cannot be computed, the reason.

Formulas are the usual ones of Korean practice (한국은행 기업경영분석, KRX): totals include minority interests on both
sides of a fraction. Ratios of an annual report only; nothing is annualised.
"""

from dataclasses import dataclass

from daybook.filings.dart_statements import Account, Statement

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio as a fraction (0.12 is 12 %) or, for multiples, a factor. Without a value there is a reason."""

    name: str
    value: float | None
    formula: str
    reason: str = ""


def ratios(statement: Statement) -> tuple[Ratio, ...]:
    """Return margins, returns, leverage and growth of an annual report."""
    revenue, operating = statement.current(Account.REVENUE), statement.current(Account.OPERATING_INCOME)
    net, equity = statement.current(Account.NET_INCOME), statement.current(Account.EQUITY)
    return (
        _divide("operating_margin", "operating income / revenue", operating, revenue),
        _divide("net_margin", "net income / revenue", net, revenue),
        _divide("roe", "net income / average equity", net, _average(statement, Account.EQUITY)),
        _divide("roa", "net income / average assets", net, _average(statement, Account.ASSETS)),
        _divide("debt_ratio", "liabilities / equity", statement.current(Account.LIABILITIES), equity),
        _divide(
            "current_ratio",
            "current assets / current liabilities",
            statement.current(Account.CURRENT_ASSETS),
            statement.current(Account.CURRENT_LIABILITIES),
        ),
        _growth("revenue_growth", statement, Account.REVENUE),
        _growth("operating_income_growth", statement, Account.OPERATING_INCOME),
        _growth("net_income_growth", statement, Account.NET_INCOME),
    )


def _average(statement: Statement, account: Account) -> float | None:
    """Return the mean of a balance at the year's beginning and end; None unless both are there."""
    current, previous = statement.current(account), statement.previous(account)
    return None if current is None or previous is None else (current + previous) / 2


def _divide(name: str, formula: str, above: float | None, below: float | None) -> Ratio:
    parts = formula.split(" / ")
    missing = [part for part, value in zip(parts, (above, below), strict=True) if value is None]
    if above is None or below is None:
        return Ratio(name, None, formula, f"the report gives no {' and no '.join(missing)}")
    if below <= 0:
        return Ratio(name, None, formula, f"{parts[1]} is not positive")
    return Ratio(name, round(above / below, _DIGITS), formula)


def _growth(name: str, statement: Statement, account: Account) -> Ratio:
    formula = "this year / last year - 1"
    current, previous = statement.current(account), statement.previous(account)
    if current is None or previous is None:
        which = "this year's" if current is None else "last year's"
        return Ratio(name, None, formula, f"the report gives no {which} {account.value.replace('_', ' ')}")
    if previous <= 0:
        return Ratio(name, None, formula, "last year's value is not positive, so a rate means nothing")
    return Ratio(name, round(current / previous - 1, _DIGITS), formula)
