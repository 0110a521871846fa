"""One call of a KIS service, after the gateway has checked who is asking."""

from dataclasses import dataclass
from datetime import date

from daybook.paper.environment import Environment
from daybook.paper.errors import gateway, invalid_field, missing_field
from daybook.paper.formats import parse_day
from daybook.paper.model import ExchangeEngine, Security

STOCK_MARKETS = frozenset({"J", "NX", "UN"})
"""Market codes of stock services: KRX, NXT and both together. The exchange has no NXT, so NX knows no symbol."""

MAX_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class KisCall:
    """What a handler sees of a request. ``params`` are query or body with upper-case keys."""

    environment: Environment
    tr_id: str
    params: dict[str, str]
    continues: bool = False
    app_key: str = ""

    def text(self, name: str) -> str:
        """Return a parameter without surrounding spaces; blank when it is absent."""
        return self.params.get(name, "").strip()

    def required(self, name: str) -> str:
        """Return a parameter that must be sent, though it may be blank."""
        if name not in self.params:
            raise missing_field(name)
        return self.text(name)

    def day(self, name: str) -> date | None:
        """Return a date parameter, None when blank; refuses anything that is not a date."""
        value = self.required(name)
        if not value or value == "0":
            return None
        day = parse_day(value)
        if day is None:
            raise invalid_field(name)
        return day

    def number(self, name: str) -> int | None:
        """Return a whole number, or None when the parameter is absent, blank or not a whole number."""
        value = self.text(name)
        whole, _, fraction = value.partition(".")
        if not whole.isascii() or not whole.isdigit() or fraction.strip("0"):
            return None
        return int(whole)

    def stock(self, engine: ExchangeEngine) -> Security | None:
        """Return the security a stock quotation asks for, None for one the exchange does not list."""
        market = self.required("FID_COND_MRKT_DIV_CODE").upper()
        code = self.required("FID_INPUT_ISCD")
        if market not in STOCK_MARKETS:
            raise invalid_field("FID_COND_MRKT_DIV_CODE")
        return None if market == "NX" else listed(engine, code)


def listed(engine: ExchangeEngine, code: str) -> Security | None:
    """Return a listed security by its short code; an ETN also answers to its code without the leading Q."""
    if len(code) > MAX_CODE_LENGTH:
        raise gateway("OPSQ2002")
    return engine.security(code) or (engine.security(code[1:]) if code[:1] in {"A", "Q"} else None)
