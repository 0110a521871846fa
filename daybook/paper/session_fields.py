"""Values of the running session that quotations, charts, rankings and the stream share."""

from daybook.paper.envelope import Row
from daybook.paper.formats import change, change_percent, change_sign
from daybook.paper.model import Security, TradeState

BOOK_LEVELS = 10
HUNDRED_MILLION = 100_000_000


def day_fields(state: TradeState) -> Row:
    """Return the fields of the running session that several services share."""
    return {
        "stck_prpr": str(state.last_krw),
        "prdy_vrss": str(change(state.last_krw, state.base_krw)),
        "prdy_vrss_sign": state_sign(state),
        "prdy_ctrt": change_percent(state.last_krw, state.base_krw),
        "acml_vol": str(state.volume_shares),
        "acml_tr_pbmn": str(state.turnover_krw),
        "stck_oprc": str(state.open_krw),
        "stck_hgpr": str(state.high_krw),
        "stck_lwpr": str(state.low_krw),
        "stck_mxpr": str(state.upper_limit_krw),
        "stck_llam": str(state.lower_limit_krw),
    }


def state_sign(state: TradeState) -> str:
    """Return ``prdy_vrss_sign`` of the running session."""
    return change_sign(state.last_krw, state.base_krw, state.upper_limit_krw, state.lower_limit_krw)


def vwap_krw(state: TradeState) -> float:
    """Return the volume-weighted average price of the session, 0 before the first trade."""
    return state.turnover_krw / state.volume_shares if state.volume_shares else 0.0


def market_value(state: TradeState, security: Security) -> str:
    """Return the market value in units of 100 million won, as ``hts_avls`` gives it."""
    return str(state.last_krw * security.shares_outstanding // HUNDRED_MILLION)
