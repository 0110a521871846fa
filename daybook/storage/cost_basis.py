"""Moving-average cost accounting of one position, in whole won."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """Signed shares and what they cost without fees; negative shares carry the proceeds as a negative cost."""

    shares: int
    cost_basis_krw: int


@dataclass(frozen=True, slots=True)
class Movement:
    """The holding after a trade and the result it realised, fees not counted."""

    holding: Holding
    realised_pnl_krw: int


def trade(holding: Holding, shares: int, amount_krw: int) -> Movement:
    """Book a trade of signed ``shares`` (positive bought, negative sold) for ``amount_krw`` (not negative).

    The part that reduces the holding realises its amount against its share of the cost basis, rounded down towards
    zero; selling everything takes the whole basis. A part beyond flat opens the other side. With 0 shares the amount
    is a later correction of what shares already booked cost (positive) and is added to the basis.
    """
    if shares == 0:
        return Movement(Holding(holding.shares, holding.cost_basis_krw + amount_krw), 0)
    closes = min(abs(shares), abs(holding.shares)) if shares * holding.shares < 0 else 0
    closing_amount_krw = amount_krw * closes // abs(shares)
    opening_amount_krw = amount_krw - closing_amount_krw
    realised_krw = 0
    cost_basis_krw = holding.cost_basis_krw
    if closes:
        sign = 1 if cost_basis_krw >= 0 else -1
        closed_basis_krw = sign * (abs(cost_basis_krw) * closes // abs(holding.shares))
        cost_basis_krw -= closed_basis_krw
        flow_krw = closing_amount_krw if shares < 0 else -closing_amount_krw
        realised_krw = flow_krw - closed_basis_krw
    cost_basis_krw += opening_amount_krw if shares > 0 else -opening_amount_krw
    return Movement(Holding(holding.shares + shares, cost_basis_krw), realised_krw)
