"""Every KIS call the client makes: method, path, transaction id per mode, and how it pages.

Paths and ids are those of the KIS portal (2026-09). An id of ``None`` means that the mode does not offer the
service. The paper exchange serves the mock ids and, as an extension, some quote services that mock lacks.
"""

from dataclasses import dataclass

from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import Mode, Side

_TRADING = "/uapi/domestic-stock/v1/trading/"
_QUOTATIONS = "/uapi/domestic-stock/v1/quotations/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service. ``page_suffix`` is the tail of its ``CTX_AREA_FK``/``NK`` keys, or None when it has no pages."""

    name: str
    method: str
    path: str
    live_id: str | None
    mock_id: str | None
    paper_id: str | None
    page_suffix: str | None = None

    def tr_id(self, mode: Mode) -> str:
        """Return the transaction id in ``mode``; raises ``BrokerConfigurationError`` where it is not served."""
        found = self.served_id(mode)
        if found is None:
            raise BrokerConfigurationError(
                f"KIS does not serve {self.name} in {mode.value} mode",
                code="NOT_SERVED",
                advice="use paper or live mode, or name the universe and the calendar in the settings",
            )
        return found

    def served_id(self, mode: Mode) -> str | None:
        """Return the transaction id in ``mode``, or None where it is not served."""
        return {Mode.LIVE: self.live_id, Mode.MOCK: self.mock_id, Mode.PAPER: self.paper_id}[mode]


def _quotation(name: str, path: str, tr_id: str, *, in_mock: bool, page_suffix: str | None = None) -> Endpoint:
    return Endpoint(name, "GET", _QUOTATIONS + path, tr_id, tr_id if in_mock else None, tr_id, page_suffix)


def _trading(name: str, method: str, path: str, live_id: str, *, page_suffix: str | None = None) -> Endpoint:
    mock_id = "V" + live_id[1:]
    return Endpoint(name, method, _TRADING + path, live_id, mock_id, mock_id, page_suffix)


TOKEN = Endpoint("token", "POST", "/oauth2/tokenP", "", "", "")
REVOKE = Endpoint("token revocation", "POST", "/oauth2/revokeP", "", "", "")
APPROVAL = Endpoint("approval key", "POST", "/oauth2/Approval", "", "", "")

PRICE = _quotation("price", "inquire-price", "FHKST01010100", in_mock=True)
BOOK = _quotation("order book", "inquire-asking-price-exp-ccn", "FHKST01010200", in_mock=True)
DAILY_BARS = _quotation("daily bars", "inquire-daily-itemchartprice", "FHKST03010100", in_mock=True)
MINUTE_BARS = _quotation("minute bars", "inquire-time-itemchartprice", "FHKST03010200", in_mock=True)
PAST_MINUTE_BARS = _quotation("past minute bars", "inquire-time-dailychartprice", "FHKST03010230", in_mock=False)
INDEX = _quotation("index price", "inquire-index-price", "FHPUP02100000", in_mock=False)
INDEX_BARS = _quotation("index bars", "inquire-daily-indexchartprice", "FHKUP03500100", in_mock=True)
INVESTORS = _quotation("investor flows", "inquire-investor", "FHKST01010900", in_mock=True)
VOLUME_RANK = _quotation("volume rank", "volume-rank", "FHPST01710000", in_mock=False)
HOLIDAYS = _quotation("holidays", "chk-holiday", "CTCA0903R", in_mock=False, page_suffix="")

BUY = _trading("cash buy", "POST", "order-cash", "TTTC0012U")
SELL = _trading("cash sell", "POST", "order-cash", "TTTC0011U")
MODIFY_OR_CANCEL = _trading("modify or cancel", "POST", "order-rvsecncl", "TTTC0013U")
BALANCE = _trading("balance", "GET", "inquire-balance", "TTTC8434R", page_suffix="100")
ORDERABLE = _trading("orderable cash", "GET", "inquire-psbl-order", "TTTC8908R")
DAILY_ORDERS = _trading("daily orders", "GET", "inquire-daily-ccld", "TTTC0081R", page_suffix="100")
OPEN_ORDERS = Endpoint("open orders", "GET", _TRADING + "inquire-psbl-rvsecncl", "TTTC0084R", None, None, "100")

ENDPOINTS: tuple[Endpoint, ...] = (
    TOKEN,
    REVOKE,
    APPROVAL,
    PRICE,
    BOOK,
    DAILY_BARS,
    MINUTE_BARS,
    PAST_MINUTE_BARS,
    INDEX,
    INDEX_BARS,
    INVESTORS,
    VOLUME_RANK,
    HOLIDAYS,
    BUY,
    SELL,
    MODIFY_OR_CANCEL,
    BALANCE,
    ORDERABLE,
    DAILY_ORDERS,
    OPEN_ORDERS,
)

TRADES_ID = "H0STCNT0"
BOOKS_ID = "H0STASP0"
"""WebSocket ids of KRX trades and order books, the same in all modes."""


def order_endpoint(side: Side) -> Endpoint:
    """Return the order service of a side."""
    return BUY if side is Side.BUY else SELL


def notices_id(mode: Mode) -> str:
    """Return the WebSocket id of the account's own notices: H0STCNI0 in live, H0STCNI9 elsewhere."""
    return "H0STCNI0" if mode is Mode.LIVE else "H0STCNI9"


def allowed_calls(mode: Mode) -> frozenset[tuple[str, str, str]]:
    """Return all (method, path, transaction id) that may be sent in ``mode``."""
    return frozenset(
        (endpoint.method, endpoint.path, tr_id)
        for endpoint in ENDPOINTS
        if (tr_id := endpoint.served_id(mode)) is not None
    )
