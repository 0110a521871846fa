"""What a person sees while a day runs: phase, market clock, orders, fills, profit and loss."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayState
from daybook.contracts.orders import IntentState
from daybook.storage.intents import IntentRecord

_ROWS = 14
_STYLES = {
    IntentState.FILLED: "green",
    IntentState.DENIED: "yellow",
    IntentState.REJECTED: "yellow",
    IntentState.CANCELLED: "dim",
    IntentState.UNKNOWN: "bold red",
    IntentState.NEEDS_HUMAN: "bold red",
}


@dataclass
class DayProgress:
    """Shows a day; a live panel on a terminal, plain lines of what changed elsewhere."""

    console: Console
    clock: MarketClock
    _live: Live | None = None
    _seen: dict[str, tuple[IntentState, int]] = field(default_factory=dict)
    _phase: str = ""
    _line_at: float = 0.0

    def __enter__(self) -> "DayProgress":
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=4, transient=False)
            self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)

    def say(self, text: str) -> None:
        """Show one event."""
        self.console.print(text, markup=False)

    def show(self, state: DayState, market_time: str, intents: Iterable[IntentRecord], real_s: float) -> None:
        """Show where the day stands."""
        rows = list(intents)
        if self._live is not None:
            self._live.update(self._panel(state, market_time, rows, real_s))
            return
        if state.phase.value != self._phase:
            self._phase = state.phase.value
            self.say(f"{market_time}  phase {self._phase}")
        for row in rows:
            now = (row.state, row.filled_shares)
            if self._seen.get(row.intent_id) != now:
                self._seen[row.intent_id] = now
                self.say(f"{market_time}  {self._line(row)}")
        if real_s - self._line_at >= 5:
            self._line_at = real_s
            self.say(f"{market_time}  {self._money(state)}")

    def _panel(self, state: DayState, market_time: str, rows: list[IntentRecord], real_s: float) -> RenderableType:
        table = Table(box=None, padding=(0, 1), expand=True)
        for name, justify in (
            ("symbol", "left"),
            ("side", "left"),
            ("shares", "right"),
            ("limit", "right"),
            ("filled", "right"),
            ("state", "left"),
        ):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]
        for row in rows[-_ROWS:]:
            table.add_row(
                row.ticket.symbol,
                Text(row.ticket.side.value, style="red" if row.ticket.side.value == "buy" else "blue"),
                f"{row.ticket.shares:,}",
                f"{row.ticket.limit_price_krw:,}",
                f"{row.filled_shares:,}",
                Text(row.state.value, style=_STYLES.get(row.state, "")),
            )
        head = Text.assemble(
            (market_time, "bold"),
            "  ",
            (state.phase.value, "bold cyan"),
            "  ",
            self._money(state),
        )
        body = Group(head, Text(state.note or " ", style="dim", overflow="ellipsis", no_wrap=True), table)
        return Panel(body, title=f"Daybook {state.day}", subtitle=f"{real_s:.0f} s")

    @staticmethod
    def _money(state: DayState) -> str:
        change = state.equity_krw - state.opening_equity_krw
        halted = "" if state.state.value == "active" else f"  {state.state.value.upper()} {state.state_reason}"
        return (
            f"equity {state.equity_krw:,} ({change:+,})  decisions {state.ticks}  "
            f"orders {state.orders_started}/{state.orders_filled} filled{halted}"
        )

    @staticmethod
    def _line(row: IntentRecord) -> str:
        ticket = row.ticket
        return (
            f"{ticket.side.value:4} {ticket.shares:>5} {ticket.symbol} @ {ticket.limit_price_krw:>9,}  "
            f"{row.state.value} {row.filled_shares}/{ticket.shares}"
        )
