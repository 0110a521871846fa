"""Net buying by kind of investor: a simulation, a function of (symbol, session, its bar) alone.

Real flows follow prices a little: foreigners and institutions tend to buy what rises, individuals what falls. The
three kinds sum to zero but for a small rest, which KIS counts among "other corporations" and does not show.
"""

import random
import zlib
from collections.abc import Sequence
from datetime import time, timedelta

from daybook.paper.charts import PeriodBar, period_bars
from daybook.paper.envelope import Reply, Row, quote_reply
from daybook.paper.formats import change, change_sign, words, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall

INVESTOR_ROWS = 30
_FAR_ENOUGH = timedelta(days=75)
_KNOWN_FROM = time(15, 40)
"""When the figures of a session appear; until then its row is blank."""
_FOLLOWING = 1.2
"""Net share of the volume that follows a return of 100 %."""
_OWN_WILL = 0.06
"""Standard deviation of the net share that follows nothing."""
_MOST = 0.35
_REST = 0.01
_UNIT_KRW = 1_000_000
_KINDS = ("prsn", "frgn", "orgn")


def inquire_investor(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-investor`` (FHKST01010900): the last 30 sessions, newest first; today is blank until 15:40."""
    security = call.stock(front.engine)
    if security is None:
        return quote_reply(output=[])
    now = front.engine.now()
    bars = period_bars(front, security.symbol, now.date() - _FAR_ENOUGH, now.date(), "D", INVESTOR_ROWS)
    blank = now.date() if now.time() < _KNOWN_FROM else None
    rows = [_row(bar, None if bar.day == blank else _net_shares(security.symbol, bar)) for bar in bars]
    return quote_reply(output=rows)


def _net_shares(symbol: str, bar: PeriodBar) -> tuple[int, int, int]:
    """Return what individuals, foreigners and institutions bought net, in shares."""
    source = random.Random(zlib.crc32(f"{symbol} {bar.day.isoformat()} {bar.volume_shares}".encode()))  # noqa: S311
    change_ratio = bar.close_krw / bar.previous_close_krw - 1 if bar.previous_close_krw else 0.0
    foreign, institution = (
        max(-_MOST, min(_MOST, share * _FOLLOWING * change_ratio + source.gauss(0, _OWN_WILL))) for share in (0.6, 0.4)
    )
    rest = source.gauss(0, _REST)
    shares = [int(ratio * bar.volume_shares) for ratio in (foreign, institution, rest)]
    return -sum(shares), shares[0], shares[1]


def _row(bar: PeriodBar, net: Sequence[int] | None) -> Row:
    row: Row = {
        "stck_bsop_date": yyyymmdd(bar.day),
        "stck_clpr": str(bar.close_krw),
        "prdy_vrss": str(change(bar.close_krw, bar.previous_close_krw)),
        "prdy_vrss_sign": change_sign(bar.close_krw, bar.previous_close_krw or bar.close_krw),
    }
    if net is None:
        return row | dict.fromkeys(_FIELDS, "")
    price = bar.turnover_krw / bar.volume_shares if bar.volume_shares else float(bar.close_krw)
    for kind, shares in zip(_KINDS, net, strict=True):
        sold = (bar.volume_shares - abs(shares)) // 3 + max(0, -shares)
        bought = sold + shares
        for name, amount in (("ntby_qty", shares), ("shnu_vol", bought), ("seln_vol", sold)):
            row[f"{kind}_{name}"] = str(amount)
        for name, amount in (("ntby_tr_pbmn", shares), ("shnu_tr_pbmn", bought), ("seln_tr_pbmn", sold)):
            row[f"{kind}_{name}"] = str(round(amount * price / _UNIT_KRW))
    return row


_FIELDS = tuple(
    f"{kind}_{name}"
    for kind in _KINDS
    for name in words("ntby_qty ntby_tr_pbmn shnu_vol shnu_tr_pbmn seln_vol seln_tr_pbmn")
)
