from datetime import date
from types import SimpleNamespace

from daybook.paper.charts import period_bars


def test_period_bars_when_a_symbol_has_no_history_then_there_are_no_rows():
    front = SimpleNamespace(engine=SimpleNamespace(daily_bars=lambda symbol, first, last: []))
    assert period_bars(front, "005930", date(2026, 3, 1), date(2026, 3, 6), "D", 100) == []
