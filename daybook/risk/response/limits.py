"""The limits of a tightened desk (A8): every order asked, less of everything that can be bought, sells untouched."""

import math
from collections.abc import Iterable

from daybook.contracts.base import Mode
from daybook.contracts.limits import RiskLimits
from daybook.contracts.response import ActionRecord, TightenLimits
from daybook.contracts.response_codes import ActionCode, ActionState


def tightened(limits: RiskLimits, wanted: TightenLimits) -> RiskLimits:
    """Return stricter limits; never looser ones, and never any that would keep a position from being sold."""
    if not wanted.active:
        return limits
    modes = tuple(Mode) if wanted.approve_every_order else limits.approval_modes
    return limits.model_copy(
        update={
            "approval_modes": modes,
            "max_order_notional_krw": math.floor(limits.max_order_notional_krw * wanted.scale),
            "max_order_equity_ratio": limits.max_order_equity_ratio * wanted.scale,
            "max_daily_turnover_ratio": limits.max_daily_turnover_ratio * wanted.scale,
            "max_daily_orders": math.floor(limits.max_daily_orders * wanted.scale),
            "exit_order_reserve": limits.exit_order_reserve
            + limits.max_daily_orders
            - math.floor(limits.max_daily_orders * wanted.scale),
        }
    )


def tightening_in_force(records: Iterable[ActionRecord]) -> TightenLimits | None:
    """Return the tightening that is done and not undone; None when there is none."""
    wanted = [
        record.proposal.payload
        for record in records
        if record.code is ActionCode.TIGHTEN_LIMITS and record.state is ActionState.DONE
    ]
    tight = [payload for payload in wanted if isinstance(payload, TightenLimits) and payload.active]
    return min(tight, key=lambda payload: payload.scale, default=None)
