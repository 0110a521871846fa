import pytest

from daybook.advice_desk.scores import ScoreDesk, portfolio_subject
from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.scores import RiskMetric, ScoreWarning
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.ledger import Ledger
from daybook.storage.scores import ScoreStore
from tests.advice_desk.facts import LAST, SYMBOLS, sessions, store_market, walk
from tests.advice_desk.test_advice import PLANNED_AT


def open_books(database: Database, **shares: int) -> None:
    snapshot = AccountSnapshot(
        deposit_krw=5_000_000,
        settled_cash_krw=5_000_000,
        orderable_cash_krw=5_000_000,
        net_asset_krw=5_000_000,
        holdings=tuple(
            Holding(
                symbol=symbol.strip("_"),
                shares=count,
                sellable_shares=count,
                average_price_krw=50_000,
                price_krw=50_000,
            )
            for symbol, count in shares.items()
        ),
        observed_at=PLANNED_AT,
    )
    Ledger(database).open_with("main", snapshot, PLANNED_AT)


def test_score_when_a_year_is_stored_then_only_the_threat_loss_is_missing(database: Database) -> None:
    store_market(database)
    book = ScoreDesk(database).score(SYMBOLS, "main", LAST)
    assert [row.missing for row in book.scores] == [(RiskMetric.THREAT_LOSS,)] * len(SYMBOLS)
    assert book.scores[0].subject == SYMBOLS[1]
    assert [row.score for row in book.scores] == sorted((row.score for row in book.scores), reverse=True)
    assert {row.as_of for row in book.scores} == {LAST}
    assert book.portfolio is None
    for row in book.scores:
        assert sum(part.points for part in row.contributions) == pytest.approx(row.score)
        assert row.baseline is not None


def test_score_when_stocks_are_held_then_the_portfolio_is_scored_and_kept(database: Database) -> None:
    store_market(database)
    open_books(database, **{f"_{SYMBOLS[0]}": 40, f"_{SYMBOLS[1]}": 20})
    desk = ScoreDesk(database)
    book = desk.score((), "main", LAST)
    assert {row.subject for row in book.scores} == set(SYMBOLS[:2])
    assert book.portfolio is not None
    assert book.portfolio.subject == portfolio_subject("main")
    assert desk.record(book) == 3
    kept = ScoreStore(database)
    assert kept.latest("portfolio:main", LAST) == book.portfolio
    assert desk.record(book) == 3
    assert len(kept.history(SYMBOLS[0], sessions(5)[0], LAST)) == 1
    assert kept.latest(SYMBOLS[0], sessions(2)[0]) is None


def test_score_when_a_holding_has_no_prices_then_there_is_no_portfolio_score_and_it_is_named(
    database: Database,
) -> None:
    store_market(database, symbols=SYMBOLS[:2])
    open_books(database, **{f"_{SYMBOLS[0]}": 40, "_123450": 5})
    book = ScoreDesk(database).score((), "main", LAST)
    assert (book.portfolio, book.missing) == (None, ("123450",))


def test_score_when_a_symbol_s_prices_end_early_then_its_score_says_so(database: Database) -> None:
    store_market(database, symbols=SYMBOLS[:2])
    old = sessions(30)[0]
    BarStore(database).save_daily(walk(SYMBOLS[2], sessions(60, old)))
    book = ScoreDesk(database).score(SYMBOLS[:3], "main", LAST)
    late = next(row for row in book.scores if row.subject == SYMBOLS[2])
    assert late.as_of == dict(book.prices_as_of)[SYMBOLS[2]] == old
    assert ScoreWarning.SHORT_HISTORY in late.warnings


def test_score_when_nothing_is_stored_then_all_is_missing(database: Database) -> None:
    book = ScoreDesk(database).score(SYMBOLS, "main", LAST)
    assert (book.scores, book.missing) == ((), SYMBOLS)
