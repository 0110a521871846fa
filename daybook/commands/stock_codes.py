"""KRX codes as a person types them."""

import re
from collections.abc import Iterable

from daybook.commands.support import fail

_SYMBOL = re.compile(r"[0-9A-Z]{6,7}", re.ASCII)
MOST_CODES = 100


def stock_codes(typed: Iterable[str] | None) -> tuple[str, ...]:
    """Return codes once each, in capitals.

    Raises:
        CommandError: for what is no KRX code, or too many of them.
    """
    codes = tuple(dict.fromkeys(code.strip().upper() for code in typed or ()))
    odd = [code for code in codes if not _SYMBOL.fullmatch(code)]
    if odd:
        fail(f"{odd[0][:40]!r} is no KRX code; write one as in 005930")
    if len(codes) > MOST_CODES:
        fail(f"{len(codes)} symbols are more than the {MOST_CODES} of one command; split them")
    return codes
