"""The facts of a closed day, and the bars its report draws."""

from datetime import date

from daybook.broker.port import BrokerError
from daybook.contracts.day import ClosingRequest, DayFacts
from daybook.contracts.market import IndexQuote
from daybook.execution.desk import ExecutionDesk


class DayCloser:
    """Collects figures and bars after the close."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def close(self, request: ClosingRequest) -> DayFacts:
        """Record closing equity and keep the minute bars of what was traded or held.

        Raises:
            BrokerError: when the account cannot be read.
        """
        desk, account_name = self._desk, request.desk.account
        account = desk.broker.account()
        equity_krw = account.settled_cash_krw + sum(row.shares * row.price_krw for row in account.holdings)
        index = self._index(request.desk.benchmark_index)
        desk.ledger.record_equity(
            request.day,
            request.session.times().closes,
            equity_krw,
            account.settled_cash_krw,
            index.level if index else None,
            account=account_name,
        )
        fills = desk.ledger.fills(request.day, account=account_name)
        traded = tuple(dict.fromkeys(fill.symbol for fill in fills))
        for symbol in traded:
            self._keep_bars(symbol, request.day)
        points = desk.ledger.equity_points(request.day, account=account_name)
        opening_krw = desk.statistics.equity_close(account_name, request.day)
        return DayFacts(
            opening_equity_krw=opening_krw if opening_krw is not None else points[0].equity_krw,
            closing_equity_krw=equity_krw,
            realised_pnl_krw=desk.ledger.realised_pnl(request.day, account=account_name),
            costs_krw=sum(fill.costs_krw for fill in fills),
            fills=len(fills),
            traded_symbols=traded,
            index_change_ratio=index.change_ratio if index else None,
        )

    def _keep_bars(self, symbol: str, day: date) -> None:
        """A chart without bars is poorer, not wrong: the report says that they are missing."""
        try:
            self._desk.bars.save_minutes(self._desk.broker.minute_bars(symbol, day))
        except BrokerError as error:
            self._desk.audit.append(
                at=self._desk.real_now(),
                actor="closing",
                action="bars.missing",
                subject=symbol,
                detail={"code": error.code, "text": str(error)[:200]},
            )

    def _index(self, code: str) -> IndexQuote | None:
        try:
            return self._desk.broker.index(code)
        except BrokerError:
            return None
